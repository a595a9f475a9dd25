// SPDX-License-Identifier: GPL-2.0
/*
 * Calls between nodes. At the caller's node, its home, the call is in
 * &dvs_peer.out until the answer comes; at the other node a call without a
 * source stands for it in &dvs_peer.in, queues at its destination like a local
 * one, and answers when it ends.
 *
 * The frames are part of the call, so nothing is allocated when it is
 * answered or cancelled, and neither can fail.
 */
#include <linux/memcontrol.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "call.h"
#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "node.h"
#include "remote.h"

/**
 * struct dvs_remote_call - a call to or from another node
 * @call: the call
 * @remote: its exchange
 * @frame: outgoing: the request. incoming: the reply
 * @cancel: outgoing: the cancellation
 * @submitted: outgoing: the request was given to the link; under &dvs_call.lock
 * @cancelled: outgoing: the other node must be told; likewise
 * @copies: outgoing: what the other node wants of the segments
 * @request: payload of @frame, outgoing
 * @reply: payload of @frame, incoming
 */
struct dvs_remote_call {
	struct dvs_call call;
	struct dvs_remote remote;
	struct dvs_frame frame;
	struct dvs_frame cancel;
	bool submitted;
	bool cancelled;
	struct dvs_remote_copies copies;
	union {
		struct dvs_wire_request request;
		struct dvs_wire_reply reply;
	};
};

static const struct dvs_call_ops outgoing_call_ops;
static const struct dvs_call_ops incoming_call_ops;
static const struct dvs_remote_ops outgoing_ops;
static const struct dvs_remote_ops incoming_ops;

static struct dvs_remote_call *from_call(struct dvs_call *call)
{
	return container_of(call, struct dvs_remote_call, call);
}

static struct dvs_remote_call *from_remote(struct dvs_remote *remote)
{
	return container_of(remote, struct dvs_remote_call, remote);
}

static void remote_get(struct dvs_remote *remote)
{
	dvs_call_hold(&from_remote(remote)->call);
}

static void remote_put(struct dvs_remote *remote)
{
	dvs_call_put(&from_remote(remote)->call);
}

static void call_free(struct dvs_call *call)
{
	struct dvs_remote_call *rc = from_call(call);

	dvs_peer_put(rc->remote.peer);
	kfree(rc);
}

static struct dvs_remote_call *create(struct dvs_peer *peer, gfp_t gfp)
{
	struct dvs_remote_call *rc = kzalloc(sizeof(*rc), gfp);

	if (!rc)
		return NULL;
	dvs_call_init(&rc->call);
	rc->remote.peer = dvs_peer_hold(peer);
	return rc;
}

struct dvs_peer *dvs_remote_call_peer(struct dvs_call *call)
{
	return call->ops == &incoming_call_ops ? from_call(call)->remote.peer : NULL;
}

struct dvs_remote_copies *dvs_remote_call_copies(struct dvs_call *call)
{
	return &from_call(call)->copies;
}

u64 dvs_remote_call_key(struct dvs_call *call)
{
	return from_call(call)->remote.key;
}

/*
 * The home
 */

struct dvs_call *dvs_remote_call_create(struct dvs_node *node, u32 id, u16 attempt)
{
	struct dvs_remote_call *rc;
	struct dvs_peer *peer;

	peer = dvs_remote_peer(node, id);
	if (IS_ERR(peer))
		return ERR_CAST(peer);
	rc = create(peer, GFP_KERNEL_ACCOUNT);
	dvs_peer_put(peer);
	if (!rc)
		return ERR_PTR(-ENOMEM);
	rc->call.ops = &outgoing_call_ops;
	rc->remote.ops = &outgoing_ops;
	dvs_remote_copies_init(&rc->copies);
	rc->frame.header.attempt = cpu_to_le16(attempt);
	return &rc->call;
}

static void request_release(struct dvs_frame *frame, bool acked, bool sent)
{
	struct dvs_remote_call *rc = container_of(frame, struct dvs_remote_call, frame);

	/* If it was sent the expulsion that follows says: outcome unknown. */
	if (!acked && !sent && dvs_remote_remove_out(&rc->remote))
		dvs_call_finish(&rc->call, dvs_remote_lost(rc->remote.peer), NULL);
	dvs_call_put(&rc->call);
}

static void cancel_release(struct dvs_frame *frame, bool acked, bool sent)
{
	dvs_call_put(&container_of(frame, struct dvs_remote_call, cancel)->call);
}

static void encode(struct dvs_remote_call *rc, bool nowait)
{
	struct dvs_wire_request *request = &rc->request;
	struct dvs_call *call = &rc->call;
	u32 uid, gid;
	unsigned int i;
	s32 pid;

	dvs_ipc_credentials(call->dc, call->uid, call->gid, call->pid,
			    &uid, &gid, &pid);
	request->type = cpu_to_le32(call->msg.type);
	request->uid = cpu_to_le32(uid);
	request->gid = cpu_to_le32(gid);
	request->pid = cpu_to_le32(pid);
	request->segment_count = cpu_to_le32(call->segment_count);
	request->flags = cpu_to_le32(nowait ? DVS_WIRE_NOWAIT : 0);
	memcpy(request->payload, call->msg.payload, DVS_PAYLOAD_SIZE);
	for (i = 0; i < call->segment_count; i++) {
		request->segments[i].length = cpu_to_le64(call->segments[i].length);
		request->segments[i].flags = cpu_to_le32(call->segments[i].flags);
	}
}

static void send_cancel(struct dvs_remote_call *rc)
{
	rc->cancel.header.type = DVS_WIRE_CANCEL;
	rc->cancel.header.dcid = rc->frame.header.dcid;
	rc->cancel.header.call = cpu_to_le64(rc->remote.key);
	rc->cancel.header.trace = rc->frame.header.trace;
	rc->cancel.header.source = rc->frame.header.source;
	rc->cancel.header.destination = rc->frame.header.destination;
	rc->cancel.release = cancel_release;
	dvs_call_hold(&rc->call);
	if (dvs_link_send(rc->remote.peer->link, &rc->cancel))
		dvs_call_put(&rc->call);
}

int dvs_remote_call_send(struct dvs_call *call, bool nowait, u64 epoch)
{
	struct dvs_remote_call *rc = from_call(call);
	struct dvs_wire_header *header = &rc->frame.header;
	bool cancelled;
	int error;

	encode(rc, nowait);
	rc->remote.key = call->id.sequence;
	header->type = call->request ? DVS_WIRE_REQUEST : DVS_WIRE_MESSAGE;
	header->dcid = cpu_to_le64(dvs_dc_container(call->dc)->dcid);
	header->call = cpu_to_le64(rc->remote.key);
	header->epoch = cpu_to_le64(epoch);
	header->trace = cpu_to_le64(call->trace);
	header->source = cpu_to_le32(call->msg.source);
	header->destination = cpu_to_le32(call->destination);
	rc->frame.payload = &rc->request;
	rc->frame.length = offsetof(struct dvs_wire_request, segments) +
			   call->segment_count * sizeof(struct dvs_wire_segment);
	rc->frame.release = request_release;

	if (!dvs_call_advance(call, DVS_CALL_REMOTE))
		return -ESRCH;
	dvs_remote_add_out(&rc->remote);
	dvs_call_hold(call);
	error = dvs_link_send(rc->remote.peer->link, &rc->frame);
	if (error) {
		dvs_remote_remove_out(&rc->remote);
		dvs_call_put(call);
		return dvs_remote_lost(rc->remote.peer);
	}
	/* The endpoint may have been closed meanwhile: see dvs_remote_call_cancel(). */
	spin_lock_bh(&call->lock);
	rc->submitted = true;
	cancelled = rc->cancelled;
	spin_unlock_bh(&call->lock);
	if (cancelled && dvs_remote_remove_out(&rc->remote))
		send_cancel(rc);
	return 0;
}

bool dvs_remote_call_withdraw(struct dvs_call *call)
{
	struct dvs_remote_call *rc = from_call(call);

	if (!dvs_link_withdraw(rc->remote.peer->link, &rc->frame))
		return false;
	dvs_remote_remove_out(&rc->remote);
	dvs_call_finish(call, -ECANCELED, NULL);
	dvs_call_put(call);
	return true;
}

void dvs_remote_call_cancel(struct dvs_call *call, int untaken)
{
	struct dvs_remote_call *rc = from_call(call);
	bool submitted;

	if (dvs_link_withdraw(rc->remote.peer->link, &rc->frame)) {
		dvs_remote_remove_out(&rc->remote);
		dvs_call_finish(call, untaken, NULL);
		dvs_call_put(call);
		return;
	}
	dvs_call_cancel(call, untaken);
	/* The cancellation must not overtake the request: see dvs_remote_call_send(). */
	spin_lock_bh(&call->lock);
	rc->cancelled = true;
	submitted = rc->submitted;
	spin_unlock_bh(&call->lock);
	if (submitted && dvs_remote_remove_out(&rc->remote))
		send_cancel(rc);
}

static void outgoing_expel(struct dvs_remote *remote)
{
	dvs_call_finish(&from_remote(remote)->call, -EOWNERDEAD, NULL);
}

struct dvs_call *dvs_remote_call_find(struct dvs_peer *peer, u64 key)
{
	struct dvs_remote *remote = dvs_remote_find_out(peer, key, &outgoing_ops);

	return remote ? &from_remote(remote)->call : NULL;
}

const char *dvs_remote_call_reply(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  const struct dvs_wire_reply *wire)
{
	struct dvs_call *call;
	struct dvs_msg reply = {
		.source = le32_to_cpu(header->source),
		.type = le32_to_cpu(wire->type),
	};

	call = dvs_remote_call_find(peer, le64_to_cpu(header->call));
	if (!call)
		return NULL;		/* cancelled meanwhile */
	if (dvs_remote_remove_out(&from_call(call)->remote)) {
		memcpy(reply.payload, wire->payload, DVS_PAYLOAD_SIZE);
		call->map_version = le64_to_cpu(wire->map_version);
		dvs_call_finish(call, dvs_wire_errno(le32_to_cpu(wire->error)), &reply);
	}
	dvs_call_put(call);
	return NULL;
}

static const struct dvs_call_ops outgoing_call_ops = {
	.free = call_free,
};

static const struct dvs_remote_ops outgoing_ops = {
	.get = remote_get,
	.put = remote_put,
	.expel = outgoing_expel,
};

/*
 * The holder's side
 */

static void reply_release(struct dvs_frame *frame, bool acked, bool sent)
{
	dvs_call_put(&container_of(frame, struct dvs_remote_call, frame)->call);
}

static void incoming_done(struct dvs_call *call)
{
	struct dvs_remote_call *rc = from_call(call);
	struct dvs_wire_reply *reply = &rc->reply;

	/* Whoever takes it out of the table decides whether it is answered. */
	if (!dvs_remote_remove_in(&rc->remote))
		return;
	reply->error = cpu_to_le32(dvs_wire_error(call->error));
	reply->map_version = 0;
	if (!call->error && call->request) {
		reply->type = cpu_to_le32(call->msg.type);
		memcpy(reply->payload, call->msg.payload, DVS_PAYLOAD_SIZE);
		rc->frame.header.source = cpu_to_le32(call->msg.source);
	}
	rc->frame.payload = reply;
	rc->frame.length = sizeof(*reply);
	rc->frame.release = reply_release;
	dvs_call_hold(call);
	if (dvs_link_send(rc->remote.peer->link, &rc->frame))
		dvs_call_put(call);
}

static void incoming_end(struct dvs_remote *remote)
{
	dvs_ipc_cancel(&from_remote(remote)->call, -ECANCELED);
}

static void decode(struct dvs_remote_call *rc, const struct dvs_wire_header *header,
		   const struct dvs_wire_request *request)
{
	struct dvs_call *call = &rc->call;
	unsigned int i;

	call->destination = le32_to_cpu(header->destination);
	call->request = header->type == DVS_WIRE_REQUEST;
	call->segment_count = le32_to_cpu(request->segment_count);
	for (i = 0; i < call->segment_count; i++) {
		call->segments[i].length = le64_to_cpu(request->segments[i].length);
		call->segments[i].flags = le32_to_cpu(request->segments[i].flags);
	}
	call->wire_uid = le32_to_cpu(request->uid);
	call->wire_gid = le32_to_cpu(request->gid);
	call->wire_pid = le32_to_cpu(request->pid);
	call->node = rc->remote.peer->id;
	call->id.origin = ((u64)call->node << 48) |
			  (le64_to_cpu(header->session) & GENMASK_ULL(47, 0));
	call->id.sequence = le64_to_cpu(header->call);
	call->trace = le64_to_cpu(header->trace);
	call->msg.source = le32_to_cpu(header->source);
	call->msg.type = le32_to_cpu(request->type);
	memcpy(call->msg.payload, request->payload, DVS_PAYLOAD_SIZE);

	rc->remote.key = le64_to_cpu(header->call);
	rc->frame.header.type = DVS_WIRE_REPLY;
	rc->frame.header.dcid = header->dcid;
	rc->frame.header.call = header->call;
	rc->frame.header.trace = header->trace;
	rc->frame.header.source = header->destination;
	rc->frame.header.destination = header->source;
}

static void refuse(struct dvs_peer *peer, const struct dvs_wire_header *header,
		   int error, u64 version)
{
	struct dvs_wire_reply reply = {
		.error = cpu_to_le32(dvs_wire_error(error)),
		.map_version = cpu_to_le64(version),
	};

	dvs_remote_answer(peer, header, DVS_WIRE_REPLY, &reply, sizeof(reply));
}

/* An incoming call at its destination, charged to the destination's cgroup */
static int accept(struct dvs_peer *peer, const struct dvs_wire_header *header,
		  const struct dvs_wire_request *request,
		  struct dvs_endpoint *target)
{
	bool nowait = le32_to_cpu(request->flags) & DVS_WIRE_NOWAIT;
	struct dvs_remote_call *rc;
	struct mem_cgroup *old;
	int error;

	error = dvs_dc_charge_call(target->dc);
	if (error)
		return error;
	old = set_active_memcg(target->memcg);
	/* Without reclaim: the link serves others, too. */
	rc = create(peer, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	set_active_memcg(old);
	if (!rc) {
		dvs_dc_uncharge_call(target->dc);
		return -ENOMEM;
	}
	rc->call.ops = &incoming_call_ops;
	rc->remote.ops = &incoming_ops;
	rc->call.dc = target->dc;
	decode(rc, header, request);
	error = dvs_remote_add_in(&rc->remote);
	if (error) {
		dvs_dc_uncharge_call(target->dc);
		dvs_call_put(&rc->call);
		return error;
	}
	/* From here on it answers for itself. */
	error = dvs_ipc_queue(&rc->call, target, nowait);
	if (error)
		dvs_call_finish(&rc->call, error, NULL);
	dvs_call_put(&rc->call);
	return 0;
}

const char *dvs_remote_call_request(struct dvs_peer *peer,
				    const struct dvs_wire_header *header,
				    const struct dvs_wire_request *request)
{
	struct dvs_endpoint *target;
	struct dvs_dc *dc;
	u64 version;
	int error;

	error = dvs_remote_resolve(peer, header, &dc, &version);
	if (error) {
		refuse(peer, header, error, version);
		return NULL;
	}
	target = dvs_dc_lookup(dc, le32_to_cpu(header->destination));
	if (IS_ERR(target)) {
		error = PTR_ERR(target);
	} else {
		error = accept(peer, header, request, target);
		dvs_endpoint_put(target);
	}
	put_dc_ns(dc->ns);
	if (error == -EEXIST)
		return "number of a call that is open";
	if (error)
		refuse(peer, header, error, 0);
	return NULL;
}

static const struct dvs_call_ops incoming_call_ops = {
	.done = incoming_done,
	.free = call_free,
};

static const struct dvs_remote_ops incoming_ops = {
	.get = remote_get,
	.put = remote_put,
	.expel = incoming_end,
	.cancel = incoming_end,
};
