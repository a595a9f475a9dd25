/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls: messages on their way, and what is open until a reply comes.
 */
#ifndef _DVS_CALL_H
#define _DVS_CALL_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <uapi/linux/dvs.h>

struct dvs_dc;
struct dvs_endpoint;
struct mm_struct;
struct pid;

/**
 * enum dvs_call_state - life of a call
 * @DVS_CALL_NEW: not yet sent, or refused because nobody waited
 * @DVS_CALL_PENDING: queued at the destination, on this node
 * @DVS_CALL_REMOTE: sent to another node
 * @DVS_CALL_TAKING: a receiver on this node is copying the message out
 * @DVS_CALL_TAKEN: held by a receiver on this node
 * @DVS_CALL_DONE: over: @error and the reply are final
 */
enum dvs_call_state {
	DVS_CALL_NEW,
	DVS_CALL_PENDING,
	DVS_CALL_REMOTE,
	DVS_CALL_TAKING,
	DVS_CALL_TAKEN,
	DVS_CALL_DONE,
};

struct dvs_call;

/**
 * struct dvs_call_ops - calls that come from or go to another node
 * @done: the call is over; called once, without locks, any context
 * @free: the last reference is gone
 */
struct dvs_call_ops {
	void (*done)(struct dvs_call *call);
	void (*free)(struct dvs_call *call);
};

/**
 * struct dvs_call - a message, with the call it opens if it is a request
 * @ref: references
 * @ops: for calls that involve another node, else NULL; constant
 * @dc: container; its namespace is held by @source or @target
 * @source: endpoint that made the call, referenced; NULL when it came from
 *	another node
 * @target: endpoint on this node the call was queued at, referenced, or NULL;
 *	set once, before the call is visible there
 * @id: cluster-wide name; constant
 * @destination: endpoint number it is sent to; constant
 * @request: opens a call (dvs_sendrec()), else a plain message; constant
 * @segment_count: entries in @segments; constant
 * @segments: the caller's memory; addresses are 0 when it came from another
 *	node; constant
 * @mm: address space of the caller (mmgrab()), or NULL; constant
 * @uid: sender's effective user; constant. Set for local senders
 * @gid: sender's effective group; likewise
 * @pid: sender's process, referenced; likewise
 * @wire_uid: for calls from another node: as seen in the container
 * @wire_gid: likewise
 * @wire_pid: likewise
 * @node: node of the sender; 0 in a local container
 * @trace: names what this call is part of: that of the call its source took last
 *	and still has open, or a random number
 * @pending: in &dvs_endpoint.pending of @target; under its lock
 * @open: in &dvs_endpoint.open of @target; under its lock
 * @token: key in there; under its lock
 * @home: in &dvs_endpoint.calls of @source; under its lock
 * @lock: protects what follows, with softirqs disabled. Innermost but for a
 *	peer's and a link's lock
 * @state: &enum dvs_call_state
 * @copies: copies that run from or to @segments on this node
 * @waiter: thread of the source that waits, or NULL
 * @error: 0 or a negative errno, with %DVS_CALL_DONE
 * @map_version: with an @error of -DVS_EMOVED: what the other node knows
 * @msg: the message; with %DVS_CALL_DONE and no error the reply
 */
struct dvs_call {
	refcount_t ref;
	const struct dvs_call_ops *ops;
	struct dvs_dc *dc;
	struct dvs_endpoint *source;
	struct dvs_endpoint *target;
	struct dvs_call_id id;
	u32 destination;
	bool request;
	u8 segment_count;
	struct dvs_segment segments[DVS_SEGMENTS_MAX];
	struct mm_struct *mm;
	kuid_t uid;
	kgid_t gid;
	struct pid *pid;
	u32 wire_uid;
	u32 wire_gid;
	s32 wire_pid;
	u32 node;
	u64 trace;

	struct list_head pending;
	struct rb_node open;
	u64 token;
	struct rb_node home;

	spinlock_t lock;	/* see above */
	enum dvs_call_state state;
	u32 copies;
	struct task_struct *waiter;
	int error;
	u64 map_version;
	struct dvs_msg msg;
};

void dvs_call_init(struct dvs_call *call);
struct dvs_call *dvs_call_hold(struct dvs_call *call);
void dvs_call_put(struct dvs_call *call);

/* Change the state; false when the call is over. */
bool dvs_call_advance(struct dvs_call *call, enum dvs_call_state state);

/*
 * End a call; only the first to do so succeeds (true). @reply may be NULL.
 */
bool dvs_call_finish(struct dvs_call *call, int error,
		     const struct dvs_msg *reply);

/* Likewise: with @untaken when nobody can have taken it, else -EOWNERDEAD. */
bool dvs_call_cancel(struct dvs_call *call, int untaken);

/*
 * Bracket a copy from or to the segments: -ESRCH when the call is over. A call
 * that is over is not given back to its caller before the last copy ended.
 */
int dvs_call_copy_begin(struct dvs_call *call);
void dvs_call_copy_end(struct dvs_call *call);

static inline bool dvs_call_is_done(struct dvs_call *call)
{
	return READ_ONCE(call->state) == DVS_CALL_DONE;
}

/* Wait until none runs; killable. */
void dvs_call_wait_copies(struct dvs_call *call);

#endif /* _DVS_CALL_H */
