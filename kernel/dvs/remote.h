/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What crosses a link: calls, copies, notifications and watches between nodes.
 */
#ifndef _DVS_REMOTE_H
#define _DVS_REMOTE_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "link.h"
#include "wire.h"

struct dvs_call;
struct dvs_copy_request;
struct dvs_dc;
struct dvs_node;
struct dvs_note;
struct dvs_peer;
struct dvs_remote;
struct dvs_remote_note;
struct dvs_timeout;
struct iov_iter;

/**
 * struct dvs_remote_ops - kinds of exchange with another node
 * @get: take a reference to what embeds the exchange
 * @put: drop it
 * @expel: the other node is gone; whether a frame has reached it is told to the
 *	frame's release()
 * @cancel: the other node gives up what it began here; NULL where it cannot
 */
struct dvs_remote_ops {
	void (*get)(struct dvs_remote *remote);
	void (*put)(struct dvs_remote *remote);
	void (*expel)(struct dvs_remote *remote);
	void (*cancel)(struct dvs_remote *remote);
};

/**
 * struct dvs_remote - an exchange with another node, embedded in a call, copy,
 *	notification or watch
 * @hash: in &dvs_peer.out or &dvs_peer.in; under &dvs_peer.lock. The table
 *	holds a reference
 * @ops: kind
 * @peer: the other node; referenced by what embeds this
 * @key: number at the node that began it
 */
struct dvs_remote {
	struct hlist_node hash;
	const struct dvs_remote_ops *ops;
	struct dvs_peer *peer;
	u64 key;
};

/* Tables (remote.c). Adding to @in fails with -EEXIST when the key is in use. */
void dvs_remote_add_out(struct dvs_remote *remote);
int dvs_remote_add_in(struct dvs_remote *remote);
/* Take it out of its table: true when it was there; drops the table's reference. */
bool dvs_remote_remove_out(struct dvs_remote *remote);
bool dvs_remote_remove_in(struct dvs_remote *remote);
/* With a reference, or NULL. */
struct dvs_remote *dvs_remote_find_out(struct dvs_peer *peer, u64 key,
				       const struct dvs_remote_ops *ops);
/* The node is expelled and its link stopped: end everything. view.c */
void dvs_remote_expel(struct dvs_peer *peer);
/* The errno of a call that never left: the other node is gone, or this one is out. */
int dvs_remote_lost(struct dvs_peer *peer);
/* A member of the current view by number, referenced: -EHOSTUNREACH, -ENOTCONN */
struct dvs_peer *dvs_remote_peer(struct dvs_node *node, u32 id);

/*
 * Answer a frame with a payload of at most 64 bytes. Cannot fail for want of
 * memory: the answer is small, and without it the other node would wait.
 */
void dvs_remote_answer(struct dvs_peer *peer, const struct dvs_wire_header *to,
		       enum dvs_wire_type type, const void *payload, u32 length);

/*
 * Does the slot of @header belong to this node, as the other believes? 0, or
 * -DVS_EMOVED, or -ENXIO for a container that is unknown, or of which no
 * namespace is attached here. *version is that of the slot map, 0 when there is
 * none; *dc is NULL, or has its namespace referenced.
 */
int dvs_remote_resolve(struct dvs_peer *peer, const struct dvs_wire_header *header,
		       struct dvs_dc **dc, u64 *version);

/* Calls (remote_call.c) */
struct dvs_call *dvs_remote_call_create(struct dvs_node *node, u32 id, u16 attempt);
int dvs_remote_call_send(struct dvs_call *call, bool nowait, u64 epoch);
bool dvs_remote_call_withdraw(struct dvs_call *call);
void dvs_remote_call_cancel(struct dvs_call *call, int untaken);
const char *dvs_remote_call_request(struct dvs_peer *peer,
				    const struct dvs_wire_header *header,
				    const struct dvs_wire_request *request);
const char *dvs_remote_call_reply(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  const struct dvs_wire_reply *reply);
/* For a call this node made there: referenced, or NULL. */
struct dvs_call *dvs_remote_call_find(struct dvs_peer *peer, u64 key);

/*
 * Copies (remote_copy.c): bytes copied, or, when there are none, -ESRCH when the
 * call is over or the caller's node is gone, -EFAULT, -ENOMEM, -ETIMEDOUT,
 * -ERESTARTSYS. Waits while the caller's node has too many copies of the call.
 */
ssize_t dvs_remote_copy(struct dvs_call *call, unsigned int segment, u64 offset,
			struct iov_iter *iter, bool write,
			const struct dvs_timeout *timeout);
const char *dvs_remote_copy_begin(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  void **payload);
const char *dvs_remote_copy_done(struct dvs_peer *peer,
				 const struct dvs_wire_header *header,
				 void **payload);
/**
 * struct dvs_remote_copies - copies of the holder's node that wait for the memory
 *	of the caller of an outgoing call
 * @lock: protects @waiting and @count
 * @waiting: in order
 * @count: entries in @waiting
 * @work: carries them out; each holds a reference to the call
 */
struct dvs_remote_copies {
	spinlock_t lock;	/* see above */
	struct list_head waiting;
	u32 count;
	struct work_struct work;
};

void dvs_remote_copies_init(struct dvs_remote_copies *copies);
struct dvs_remote_copies *dvs_remote_call_copies(struct dvs_call *call);
/* The peer that made an incoming call; NULL for a call from this node. */
struct dvs_peer *dvs_remote_call_peer(struct dvs_call *call);
u64 dvs_remote_call_key(struct dvs_call *call);

/* Notifications (remote_notify.c) */
int dvs_remote_notify(struct dvs_remote_note *rn, u64 bits);
int dvs_remote_note_init(struct dvs_note *note, struct dvs_dc *dc);
void dvs_remote_note_free(struct dvs_remote_note *rn);
/* No bits are under way. */
bool dvs_remote_note_idle(struct dvs_remote_note *rn);
const char *dvs_remote_notify_receive(struct dvs_peer *peer,
				      const struct dvs_wire_header *header,
				      const struct dvs_wire_notify *notify);
const char *dvs_remote_notify_done(struct dvs_peer *peer,
				   const struct dvs_wire_header *header,
				   const struct dvs_wire_notify *notify);

/* Watches (remote_watch.c) */
struct dvs_watch;
struct dvs_watch *dvs_remote_watch_begin(struct dvs_dc *dc, u32 node, u32 endpoint,
					 u32 events, bool nowait, u64 epoch);
/* True when the answer is here: then *error, *events and *endpoint are set. */
bool dvs_remote_watch_result(struct dvs_watch *watch, int *error, u32 *events,
			     u32 *endpoint, u64 *version);
void dvs_remote_watch_end(struct dvs_watch *watch);
const char *dvs_remote_watch_receive(struct dvs_peer *peer,
				     const struct dvs_wire_header *header,
				     const struct dvs_wire_watch *wire);
const char *dvs_remote_watch_done(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  const struct dvs_wire_watch *wire);
void dvs_remote_watch_work(struct work_struct *work);

#endif /* _DVS_REMOTE_H */
