// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications to other nodes. Bits collect in &dvs_remote_note.pending and
 * travel in one NOTIFY at a time. The next is sent when the other node has said
 * NOTIFIED and the link has released the frame; a destination that moved, or
 * a node short of memory, gets the bits again a moment later.
 */
#include <linux/cred.h>
#include <linux/memcontrol.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "node.h"
#include "notify.h"
#include "remote.h"

#define RETRY_MS	10

/**
 * struct dvs_remote_note - the way of a note to another node
 * @note: the note, which owns this
 * @dc: container; its namespace is referenced
 * @remote: exchange; its peer changes from one NOTIFY to the next, between them
 * @frame: the NOTIFY
 * @body: its payload
 * @retry: sends again; holds a reference to the note while it is scheduled
 * @lock: protects what follows
 * @pending: bits to send
 * @busy: a NOTIFY is being made, under way, or to be retried
 * @unanswered: no NOTIFIED yet
 * @unreleased: the link has the frame
 * @uid: of the thread that notified last, as seen in the container
 * @gid: likewise
 * @pid: likewise
 */
struct dvs_remote_note {
	struct dvs_note *note;
	struct dvs_dc *dc;
	struct dvs_remote remote;
	struct dvs_frame frame;
	struct dvs_wire_notify body;
	struct delayed_work retry;
	spinlock_t lock;	/* see above */
	u64 pending;
	bool busy;
	bool unanswered;
	bool unreleased;
	u32 uid;
	u32 gid;
	s32 pid;
};

static int send_pending(struct dvs_remote_note *rn);

static struct dvs_remote_note *from_remote(struct dvs_remote *remote)
{
	return container_of(remote, struct dvs_remote_note, remote);
}

static void note_get(struct dvs_remote *remote)
{
	dvs_note_hold(from_remote(remote)->note);
}

static void note_put(struct dvs_remote *remote)
{
	dvs_note_put(from_remote(remote)->note);
}

/* One of the two things a NOTIFY waits for has come. */
static void step(struct dvs_remote_note *rn, bool *flag, bool again)
{
	bool more = false;

	spin_lock_bh(&rn->lock);
	if (again)
		rn->pending |= le64_to_cpu(rn->body.bits);
	*flag = false;
	if (!rn->unanswered && !rn->unreleased) {
		more = rn->pending;
		rn->busy = more;
	}
	spin_unlock_bh(&rn->lock);
	if (!more)
		return;
	dvs_note_hold(rn->note);
	if (!queue_delayed_work(system_unbound_wq, &rn->retry,
				again ? msecs_to_jiffies(RETRY_MS) : 0))
		dvs_note_put(rn->note);
}

static void retry_work(struct work_struct *work)
{
	struct dvs_remote_note *rn = container_of(to_delayed_work(work),
						  struct dvs_remote_note, retry);

	/* The node is gone or the slot nobody's: then so is the destination. */
	send_pending(rn);
	dvs_note_put(rn->note);
}

static void notify_release(struct dvs_frame *frame, bool acked, bool sent)
{
	struct dvs_remote_note *rn = container_of(frame, struct dvs_remote_note, frame);
	struct dvs_note *note = rn->note;

	step(rn, &rn->unreleased, false);
	dvs_note_put(note);
}

static void note_expel(struct dvs_remote *remote)
{
	struct dvs_remote_note *rn = from_remote(remote);

	step(rn, &rn->unanswered, false);
}

static const struct dvs_remote_ops note_ops = {
	.get = note_get,
	.put = note_put,
	.expel = note_expel,
};

int dvs_remote_note_init(struct dvs_note *note, struct dvs_dc *dc)
{
	struct dvs_remote_note *rn = kzalloc(sizeof(*rn), GFP_KERNEL_ACCOUNT);

	if (!rn)
		return -ENOMEM;
	rn->note = note;
	rn->dc = dc;
	get_dc_ns(dc->ns);
	rn->remote.ops = &note_ops;
	INIT_DELAYED_WORK(&rn->retry, retry_work);
	spin_lock_init(&rn->lock);
	note->remote = rn;
	return 0;
}

void dvs_remote_note_free(struct dvs_remote_note *rn)
{
	if (rn->remote.peer)
		dvs_peer_put(rn->remote.peer);
	put_dc_ns(rn->dc->ns);
	kfree(rn);
}

bool dvs_remote_note_idle(struct dvs_remote_note *rn)
{
	return !READ_ONCE(rn->busy);
}

/* Give up the bits: their destination does not exist. */
static int drop_pending(struct dvs_remote_note *rn, int error)
{
	spin_lock_bh(&rn->lock);
	rn->pending = 0;
	rn->busy = false;
	rn->unanswered = false;
	rn->unreleased = false;
	spin_unlock_bh(&rn->lock);
	return error;
}

/* Send what is pending; the caller has set @busy. */
static int send_pending(struct dvs_remote_note *rn)
{
	struct dvs_container *container = dvs_dc_container(rn->dc);
	struct dvs_note *note = rn->note;
	struct dvs_range range;
	struct dvs_peer *peer;

	if (!dvs_slotmap_lookup(&container->map, DVS_SLOT(note->destination), &range) ||
	    !range.node)
		return drop_pending(rn, -ENXIO);
	peer = dvs_remote_peer(container->node, range.node);
	if (IS_ERR(peer))
		return drop_pending(rn, PTR_ERR(peer));
	if (rn->remote.peer)
		dvs_peer_put(rn->remote.peer);
	rn->remote.peer = peer;
	rn->remote.key = dvs_node_sequence(container->node);

	spin_lock_bh(&rn->lock);
	rn->body = (struct dvs_wire_notify){
		.bits = cpu_to_le64(rn->pending),
		.uid = cpu_to_le32(rn->uid),
		.gid = cpu_to_le32(rn->gid),
		.pid = cpu_to_le32(rn->pid),
	};
	rn->pending = 0;
	rn->unanswered = true;
	rn->unreleased = true;
	spin_unlock_bh(&rn->lock);

	rn->frame.header.type = DVS_WIRE_NOTIFY;
	rn->frame.header.dcid = cpu_to_le64(container->dcid);
	rn->frame.header.call = cpu_to_le64(rn->remote.key);
	rn->frame.header.epoch = cpu_to_le64(range.epoch);
	rn->frame.header.source = cpu_to_le32(note->source);
	rn->frame.header.destination = cpu_to_le32(note->destination);
	rn->frame.payload = &rn->body;
	rn->frame.length = sizeof(rn->body);
	rn->frame.release = notify_release;

	dvs_remote_add_out(&rn->remote);
	dvs_note_hold(note);
	if (!dvs_link_send(peer->link, &rn->frame))
		return 0;
	dvs_note_put(note);
	if (!dvs_remote_remove_out(&rn->remote)) {
		/* Expelled in between; the frame has not been the link's. */
		step(rn, &rn->unreleased, false);
		return dvs_remote_lost(peer);
	}
	return drop_pending(rn, dvs_remote_lost(peer));
}

int dvs_remote_notify(struct dvs_remote_note *rn, u64 bits)
{
	u32 uid, gid;
	bool send;
	s32 pid;

	dvs_ipc_credentials(rn->dc, current_euid(), current_egid(), task_tgid(current),
			    &uid, &gid, &pid);
	spin_lock_bh(&rn->lock);
	rn->pending |= bits;
	rn->uid = uid;
	rn->gid = gid;
	rn->pid = pid;
	send = !rn->busy;
	rn->busy = true;
	spin_unlock_bh(&rn->lock);
	return send ? send_pending(rn) : 0;
}

const char *dvs_remote_notify_done(struct dvs_peer *peer,
				   const struct dvs_wire_header *header,
				   const struct dvs_wire_notify *wire)
{
	int error = dvs_wire_errno(le32_to_cpu(wire->error));
	struct dvs_remote *remote;

	remote = dvs_remote_find_out(peer, le64_to_cpu(header->call), &note_ops);
	if (!remote)
		return NULL;
	if (dvs_remote_remove_out(remote))
		step(from_remote(remote), &from_remote(remote)->unanswered,
		     error == -DVS_EMOVED || error == -ENOMEM);
	note_put(remote);
	return NULL;
}

/*
 * At the destination
 */

/* The record of bits from that source which nobody has received yet */
static struct dvs_note *find_arrived(struct dvs_endpoint *target, u32 source, u32 node)
{
	struct dvs_note *note;

	list_for_each_entry(note, &target->arrived, arrived) {
		if (note->source == source && note->node == node)
			return note;
	}
	return NULL;
}

static int deliver(struct dvs_peer *peer, const struct dvs_wire_header *header,
		   const struct dvs_wire_notify *wire, struct dvs_endpoint *target)
{
	u32 source = le32_to_cpu(header->source);
	struct dvs_note *fresh, *note;
	struct mem_cgroup *old;
	int error = 0;

	old = set_active_memcg(target->memcg);
	fresh = dvs_note_create(source, peer->id,
				GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
	set_active_memcg(old);
	if (!fresh)
		return -ENOMEM;
	spin_lock_bh(&target->lock);
	if (target->dead) {
		error = -ENXIO;
	} else {
		note = find_arrived(target, source, peer->id) ?: fresh;
		note->wire_uid = le32_to_cpu(wire->uid);
		note->wire_gid = le32_to_cpu(wire->gid);
		note->wire_pid = le32_to_cpu(wire->pid);
		dvs_note_arrive(target, note, le64_to_cpu(wire->bits));
	}
	spin_unlock_bh(&target->lock);
	dvs_note_put(fresh);
	return error;
}

const char *dvs_remote_notify_receive(struct dvs_peer *peer,
				      const struct dvs_wire_header *header,
				      const struct dvs_wire_notify *wire)
{
	struct dvs_wire_notify answer = { .bits = wire->bits };
	struct dvs_endpoint *target;
	struct dvs_dc *dc;
	u64 version;
	int error;

	error = dvs_remote_resolve(peer, header, &dc, &version);
	if (!error) {
		target = dvs_dc_lookup(dc, le32_to_cpu(header->destination));
		if (IS_ERR(target)) {
			error = PTR_ERR(target);
		} else {
			error = deliver(peer, header, wire, target);
			dvs_endpoint_put(target);
		}
		put_dc_ns(dc->ns);
	}
	if (error == -ENXIO || error == -ESTALE)
		atomic64_inc(&peer->node->dropped_notifications);
	answer.error = cpu_to_le32(dvs_wire_error(error));
	dvs_remote_answer(peer, header, DVS_WIRE_NOTIFIED, &answer, sizeof(answer));
	return NULL;
}
