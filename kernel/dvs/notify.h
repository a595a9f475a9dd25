/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notifications: bits from one endpoint to another.
 */
#ifndef _DVS_NOTIFY_H
#define _DVS_NOTIFY_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct dvs_endpoint;
struct pid;

/* Bits 0 to 62 are the sender's. */
#define DVS_NOTIFY_BITS	(~0ULL >> 1)

/**
 * struct dvs_note - bits from one source to one destination
 * @ref: references: one of @notes, one of @arrived
 * @notes: in &dvs_endpoint.notes of the source; under its lock
 * @destination: key in there: the endpoint number on this node, or the number
 *	as given when the slot is another node's; constant
 * @target: destination on this node, referenced; constant. NULL for another node
 * @source: endpoint number of the source; constant
 * @node: node of the source, 0 in a local container; constant
 * @arrived: in &dvs_endpoint.arrived of the target; under its lock, as is
 *	what follows
 * @bits: bits that nobody has received
 * @uid: effective user of the thread that notified last
 * @gid: effective group, likewise
 * @pid: its process, referenced; NULL when it is on another node
 * @wire_uid: for another node's: as seen in the container
 * @wire_gid: likewise
 * @wire_pid: likewise
 * @remote: the way to another node, or NULL; constant
 */
struct dvs_note {
	refcount_t ref;
	struct rb_node notes;
	u32 destination;
	struct dvs_endpoint *target;
	u32 source;
	u32 node;
	struct list_head arrived;
	u64 bits;
	kuid_t uid;
	kgid_t gid;
	struct pid *pid;
	u32 wire_uid;
	u32 wire_gid;
	s32 wire_pid;
	struct dvs_remote_note *remote;
};

struct dvs_note *dvs_note_create(u32 source, u32 node, gfp_t gfp);
struct dvs_note *dvs_note_hold(struct dvs_note *note);
void dvs_note_put(struct dvs_note *note);

/* dvs_notify() */
int dvs_notify(struct dvs_endpoint *source, u32 destination, u64 bits);

/* Put bits at their destination; under the target's lock. */
void dvs_note_arrive(struct dvs_endpoint *target, struct dvs_note *note, u64 bits);

/* The endpoint was closed: nobody will receive what arrived. */
void dvs_notify_close(struct dvs_endpoint *endpoint);

#endif /* _DVS_NOTIFY_H */
