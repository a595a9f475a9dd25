// SPDX-License-Identifier: GPL-2.0
/*
 * Watching slots of other nodes, for dvs_wait(). The watching node sends a
 * WATCH and keeps a struct dvs_watch; the owner of the slot keeps one too, in
 * &dvs_dc.watches, and answers it once when one of its events holds, or when
 * the slot is not its own any more.
 */
#include <linux/slab.h>

#include "dc.h"
#include "endpoint.h"
#include "limits.h"
#include "node.h"
#include "remote.h"
#include "wait.h"

/**
 * struct dvs_watch - one end of a watch
 * @ref: references
 * @remote: exchange
 * @frame: outgoing: the WATCH. incoming: the WATCHED
 * @cancel: outgoing: the CANCEL
 * @body: payload of @frame
 * @dc: container; its namespace is referenced
 * @list: incoming: in &dvs_dc.watches; under &dvs_dc.watch_lock
 * @epoch: incoming: owner epoch the watching node knows
 * @endpoint: incoming: number watched
 * @events: incoming: events watched for
 * @done: outgoing: answered; written once, with release
 * @error: outgoing: 0 or a negative errno, with @done
 * @bound: outgoing: number bound to the slot, with @done
 * @held: outgoing: events that hold, with @done
 * @version: outgoing: slot map of the owner, with @done
 */
struct dvs_watch {
	refcount_t ref;
	struct dvs_remote remote;
	struct dvs_frame frame;
	struct dvs_frame cancel;
	struct dvs_wire_watch body;
	struct dvs_dc *dc;
	struct list_head list;
	u64 epoch;
	u32 endpoint;
	u32 events;
	bool done;
	int error;
	u32 bound;
	u32 held;
	u64 version;
};

static struct dvs_watch *from_remote(struct dvs_remote *remote)
{
	return container_of(remote, struct dvs_watch, remote);
}

static void watch_put(struct dvs_watch *watch)
{
	if (!refcount_dec_and_test(&watch->ref))
		return;
	dvs_peer_put(watch->remote.peer);
	put_dc_ns(watch->dc->ns);
	kfree(watch);
}

static void remote_get(struct dvs_remote *remote)
{
	refcount_inc(&from_remote(remote)->ref);
}

static void remote_put(struct dvs_remote *remote)
{
	watch_put(from_remote(remote));
}

static struct dvs_watch *create(struct dvs_dc *dc, struct dvs_peer *peer,
				const struct dvs_remote_ops *ops, gfp_t gfp)
{
	struct dvs_watch *watch = kzalloc(sizeof(*watch), gfp);

	if (!watch)
		return NULL;
	refcount_set(&watch->ref, 1);
	INIT_LIST_HEAD(&watch->list);
	watch->dc = dc;
	get_dc_ns(dc->ns);
	watch->remote.ops = ops;
	watch->remote.peer = dvs_peer_hold(peer);
	return watch;
}

static void frame_release(struct dvs_frame *frame, bool acked, bool sent)
{
	watch_put(container_of(frame, struct dvs_watch, frame));
}

static void cancel_release(struct dvs_frame *frame, bool acked, bool sent)
{
	watch_put(container_of(frame, struct dvs_watch, cancel));
}

static void send(struct dvs_watch *watch, struct dvs_frame *frame)
{
	refcount_inc(&watch->ref);
	/* A stopped link: the other node is being expelled. */
	if (dvs_link_send(watch->remote.peer->link, frame))
		watch_put(watch);
}

/*
 * The watching node
 */

static void finish(struct dvs_watch *watch, int error)
{
	watch->error = error;
	/* Pairs with the acquire in dvs_remote_watch_result(). */
	smp_store_release(&watch->done, true);
	wake_up_all(&watch->dc->wait);
}

static void outgoing_expel(struct dvs_remote *remote)
{
	finish(from_remote(remote), -EHOSTUNREACH);
}

static const struct dvs_remote_ops outgoing_ops = {
	.get = remote_get,
	.put = remote_put,
	.expel = outgoing_expel,
};

/**
 * dvs_remote_watch_begin - ask another node to watch a slot
 * @dc: container
 * @node: owner of the slot
 * @endpoint: number to watch
 * @events: &dvs_wait_args.events. That the slot moved is said for any of them
 * @nowait: answer at once
 * @epoch: owner epoch of the slot
 *
 * Return: a watch for dvs_remote_watch_end(), or an ERR_PTR: %EHOSTUNREACH,
 * %ENOTCONN, %ENOMEM.
 */
struct dvs_watch *dvs_remote_watch_begin(struct dvs_dc *dc, u32 node, u32 endpoint,
					 u32 events, bool nowait, u64 epoch)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_watch *watch;
	struct dvs_peer *peer;

	peer = dvs_remote_peer(container->node, node);
	if (IS_ERR(peer))
		return ERR_CAST(peer);
	watch = create(dc, peer, &outgoing_ops, GFP_KERNEL_ACCOUNT);
	dvs_peer_put(peer);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->remote.key = dvs_node_sequence(container->node);
	watch->body.events = cpu_to_le32(events);
	watch->body.endpoint = cpu_to_le32(endpoint);
	watch->body.flags = cpu_to_le32(nowait ? DVS_WIRE_NOWAIT : 0);
	watch->frame.header.type = DVS_WIRE_WATCH;
	watch->frame.header.dcid = cpu_to_le64(container->dcid);
	watch->frame.header.call = cpu_to_le64(watch->remote.key);
	watch->frame.header.epoch = cpu_to_le64(epoch);
	watch->frame.header.destination = cpu_to_le32(endpoint);
	watch->frame.payload = &watch->body;
	watch->frame.length = sizeof(watch->body);
	watch->frame.release = frame_release;
	dvs_remote_add_out(&watch->remote);
	refcount_inc(&watch->ref);
	if (dvs_link_send(peer->link, &watch->frame)) {
		watch_put(watch);
		dvs_remote_remove_out(&watch->remote);
		watch_put(watch);
		return ERR_PTR(-EHOSTUNREACH);
	}
	return watch;
}

bool dvs_remote_watch_result(struct dvs_watch *watch, int *error, u32 *events,
			     u32 *endpoint, u64 *version)
{
	/* Pairs with the release in finish(). */
	if (!smp_load_acquire(&watch->done))
		return false;
	*error = watch->error;
	*events = watch->held;
	*endpoint = watch->bound;
	*version = watch->version;
	return true;
}

void dvs_remote_watch_end(struct dvs_watch *watch)
{
	if (dvs_remote_remove_out(&watch->remote)) {
		watch->cancel.header.type = DVS_WIRE_CANCEL;
		watch->cancel.header.dcid = watch->frame.header.dcid;
		watch->cancel.header.call = watch->frame.header.call;
		watch->cancel.release = cancel_release;
		send(watch, &watch->cancel);
	}
	watch_put(watch);
}

const char *dvs_remote_watch_done(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  const struct dvs_wire_watch *wire)
{
	struct dvs_remote *remote;
	struct dvs_watch *watch;

	remote = dvs_remote_find_out(peer, le64_to_cpu(header->call), &outgoing_ops);
	if (!remote)
		return NULL;
	watch = from_remote(remote);
	if (dvs_remote_remove_out(remote)) {
		watch->held = le32_to_cpu(wire->events);
		watch->bound = le32_to_cpu(wire->endpoint);
		watch->version = le64_to_cpu(wire->map_version);
		finish(watch, dvs_wire_errno(le32_to_cpu(wire->error)));
	}
	watch_put(watch);
	return NULL;
}

/*
 * The owner of the slot
 */

static void unlist(struct dvs_watch *watch)
{
	struct dvs_dc *dc = watch->dc;
	bool listed;

	spin_lock_bh(&dc->watch_lock);
	listed = !list_empty(&watch->list);
	list_del_init(&watch->list);
	if (listed)
		dc->watch_count--;
	spin_unlock_bh(&dc->watch_lock);
	if (!listed)
		return;
	spin_lock_bh(&watch->remote.peer->lock);
	watch->remote.peer->watches--;
	spin_unlock_bh(&watch->remote.peer->lock);
	watch_put(watch);
}

static void incoming_end(struct dvs_remote *remote)
{
	unlist(from_remote(remote));
}

static const struct dvs_remote_ops incoming_ops = {
	.get = remote_get,
	.put = remote_put,
	.expel = incoming_end,
	.cancel = incoming_end,
};

/* What to answer: true when it is time to. */
static bool judge(struct dvs_watch *watch, struct dvs_wire_watch *body)
{
	struct dvs_container *container = dvs_dc_container(watch->dc);
	bool nowait = le32_to_cpu(watch->body.flags) & DVS_WIRE_NOWAIT;
	struct dvs_range range;
	int error = 0;
	u32 events = 0, bound = 0;

	if (READ_ONCE(watch->dc->closed)) {
		error = -EIDRM;
	} else if (!dvs_slotmap_lookup(&container->map, DVS_SLOT(watch->endpoint), &range) ||
		   range.node != container->node->id || range.epoch != watch->epoch) {
		error = -DVS_EMOVED;
	} else {
		events = dvs_wait_look(watch->dc, watch->endpoint, &bound) & watch->events;
		if (!events) {
			if (!nowait)
				return false;
			error = -EAGAIN;
		}
	}
	*body = (struct dvs_wire_watch){
		.events = cpu_to_le32(events),
		.endpoint = cpu_to_le32(bound),
		.error = cpu_to_le32(dvs_wire_error(error)),
		.map_version = cpu_to_le64(dvs_slotmap_version(&container->map)),
	};
	return true;
}

/* Answer a watch if it is time to. */
static void check(struct dvs_watch *watch)
{
	struct dvs_wire_watch body;

	if (!judge(watch, &body))
		return;
	if (!dvs_remote_remove_in(&watch->remote))
		return;		/* cancelled */
	unlist(watch);
	watch->body = body;
	watch->frame.payload = &watch->body;
	watch->frame.length = sizeof(watch->body);
	watch->frame.release = frame_release;
	send(watch, &watch->frame);
}

void dvs_remote_watch_work(struct work_struct *work)
{
	struct dvs_dc *dc = container_of(work, struct dvs_dc, watch_work);
	struct dvs_watch *watch;
	LIST_HEAD(seen);

	/* Each watch goes to @seen once, and back to the list at the end. */
	spin_lock_bh(&dc->watch_lock);
	while (!list_empty(&dc->watches)) {
		watch = list_first_entry(&dc->watches, struct dvs_watch, list);
		list_move_tail(&watch->list, &seen);
		refcount_inc(&watch->ref);
		spin_unlock_bh(&dc->watch_lock);
		check(watch);
		watch_put(watch);
		cond_resched();
		spin_lock_bh(&dc->watch_lock);
	}
	list_splice(&seen, &dc->watches);
	spin_unlock_bh(&dc->watch_lock);
}

static int admit(struct dvs_watch *watch)
{
	struct dvs_peer *peer = watch->remote.peer;
	struct dvs_dc *dc = watch->dc;
	int error = 0;

	spin_lock_bh(&peer->lock);
	if (peer->watches >= DVS_WATCHES_PER_PEER)
		error = -EDQUOT;
	else
		peer->watches++;
	spin_unlock_bh(&peer->lock);
	if (error)
		return error;
	error = dvs_remote_add_in(&watch->remote);
	if (error) {
		spin_lock_bh(&peer->lock);
		peer->watches--;
		spin_unlock_bh(&peer->lock);
		return error;
	}
	refcount_inc(&watch->ref);
	spin_lock_bh(&dc->watch_lock);
	list_add_tail(&watch->list, &dc->watches);
	dc->watch_count++;
	spin_unlock_bh(&dc->watch_lock);
	check(watch);
	return 0;
}

const char *dvs_remote_watch_receive(struct dvs_peer *peer,
				     const struct dvs_wire_header *header,
				     const struct dvs_wire_watch *wire)
{
	struct dvs_wire_watch refusal = {};
	struct dvs_watch *watch;
	struct dvs_dc *dc;
	u64 version;
	int error;

	error = dvs_remote_resolve(peer, header, &dc, &version);
	if (!error) {
		watch = create(dc, peer, &incoming_ops, GFP_NOWAIT | __GFP_NOWARN);
		if (watch) {
			watch->remote.key = le64_to_cpu(header->call);
			watch->body = *wire;
			watch->epoch = le64_to_cpu(header->epoch);
			watch->endpoint = le32_to_cpu(wire->endpoint);
			watch->events = le32_to_cpu(wire->events);
			watch->frame.header.type = DVS_WIRE_WATCHED;
			watch->frame.header.dcid = header->dcid;
			watch->frame.header.call = header->call;
			watch->frame.header.source = header->destination;
			watch->frame.header.destination = header->source;
			error = admit(watch);
			watch_put(watch);
		} else {
			error = -ENOMEM;
		}
		put_dc_ns(dc->ns);
	} else if (error == -ENXIO && (le32_to_cpu(wire->events) & DVS_WAIT_UNBOUND)) {
		/* No process of the container is here: nothing is bound. */
		refusal.events = cpu_to_le32(DVS_WAIT_UNBOUND);
		error = 0;
	} else if (error == -ENXIO) {
		/* Nothing here to hang a watch on: the other node asks again. */
		error = -DVS_EMOVED;
	} else {
		refusal.map_version = cpu_to_le64(version);
	}
	if (error == -EEXIST)
		return "number of a watch that is open";
	if (!error && !refusal.events)
		return NULL;
	refusal.error = cpu_to_le32(dvs_wire_error(error));
	dvs_remote_answer(peer, header, DVS_WIRE_WATCHED, &refusal, sizeof(refusal));
	return NULL;
}
