/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: frames to and from one other node, in order, none lost and none
 * doubled while both nodes keep their sessions, whatever happens to the TCP
 * connection under them.
 */
#ifndef _DVS_LINK_H
#define _DVS_LINK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <uapi/linux/dvs_netlink.h>

#include "wire.h"

struct dvs_node;
struct dvs_peer;
struct socket;

/**
 * enum dvs_frame_state - where a frame is
 * @DVS_FRAME_IDLE: owned by whoever made it
 * @DVS_FRAME_QUEUED: on the link, not yet given to a connection
 * @DVS_FRAME_SENT: given to a connection at least once, not yet acknowledged
 */
enum dvs_frame_state {
	DVS_FRAME_IDLE,
	DVS_FRAME_QUEUED,
	DVS_FRAME_SENT,
};

/**
 * struct dvs_frame - an outgoing sequenced frame, embedded in what it speaks of
 * @list: place in the link's queue; protected by the link's lock
 * @state: &enum dvs_frame_state; protected by the link's lock
 * @header: the header. The owner sets type, attempt, dcid, call, epoch, trace,
 *	source and destination, the link the rest
 * @payload: payload in kernel memory that does not move until @release
 * @length: bytes in @payload
 * @release: called once, in process context, without the link's locks but
 *	perhaps under &dvs_node.mutex, when the link is done with the frame: it
 *	was acknowledged (@acked), or the link was stopped, in which case @sent
 *	says whether the frame may have reached the other node. Not called for
 *	a frame that was withdrawn
 */
struct dvs_frame {
	struct list_head list;
	enum dvs_frame_state state;
	struct dvs_wire_header header;
	const void *payload;
	u32 length;
	void (*release)(struct dvs_frame *frame, bool acked, bool sent);
};

/**
 * struct dvs_link_stats - counters of a link; protected by the link's lock
 * @connects: connections that became ready
 * @tx_frames: frames sent, with those that were sent again
 * @tx_bytes: bytes of them
 * @rx_frames: frames received, with duplicates
 * @rx_bytes: bytes of them
 * @resent_frames: frames sent again on another connection
 * @duplicate_frames: frames received again
 * @bad_frames: connections closed because of what came on them
 * @queued_bytes: bytes of frames that wait or are not acknowledged
 * @queued_frames: how many those are
 * @state: &enum dvs_link_state
 * @last_error: why the last connection or attempt at one ended: a literal, or
 *	NULL
 */
struct dvs_link_stats {
	u64 connects;
	u64 tx_frames;
	u64 tx_bytes;
	u64 rx_frames;
	u64 rx_bytes;
	u64 resent_frames;
	u64 duplicate_frames;
	u64 bad_frames;
	u64 queued_bytes;
	u32 queued_frames;
	enum dvs_link_state state;
	const char *last_error;
};

struct dvs_link;

/*
 * Life of a link. All of these are called in process context under
 * &dvs_node.mutex, and return when what they say is true.
 */
struct dvs_link *dvs_link_create(struct dvs_peer *peer, gfp_t gfp);
void dvs_link_destroy(struct dvs_link *link);

/* Accept and make connections between these two sessions. From 0 sequence numbers. */
void dvs_link_start(struct dvs_link *link, u64 session, u64 peer_session);
/* Nothing is sent or delivered any more until dvs_link_resume() or _stop(). */
void dvs_link_suspend(struct dvs_link *link);
void dvs_link_resume(struct dvs_link *link);
/* Close, release every frame, forget the sessions. */
void dvs_link_stop(struct dvs_link *link);

/* The peer's address has changed: used for the next connection. */
void dvs_link_kick(struct dvs_link *link);

/*
 * Frames. Any context but hard interrupts; takes the link's lock. dvs_link_send()
 * fails with -EHOSTUNREACH when the link is stopped; the frame then stays the
 * caller's. dvs_link_withdraw() returns true when the frame was still
 * DVS_FRAME_QUEUED and now is the caller's again.
 */
int dvs_link_send(struct dvs_link *link, struct dvs_frame *frame);
bool dvs_link_withdraw(struct dvs_link *link, struct dvs_frame *frame);

void dvs_link_get_stats(struct dvs_link *link, struct dvs_link_stats *stats);

/*
 * The listening socket of a node. Called under &dvs_node.mutex.
 */
struct dvs_listener;
struct dvs_listener *dvs_listener_create(struct dvs_node *node);
void dvs_listener_destroy(struct dvs_listener *listener);

/*
 * Upcall, implemented in remote.c: a sequenced frame that passed
 * dvs_wire_check_header() and dvs_wire_check_payload(), in order, once. The
 * payload was allocated with kvmalloc() (NULL when the length is 0); a callee
 * that keeps it sets *payload to NULL. May sleep for memory, must not wait for
 * other nodes or for user space. Returns NULL, or why the frame is bad: the
 * connection is then closed.
 */
const char *dvs_remote_receive(struct dvs_peer *peer,
			       const struct dvs_wire_header *header,
			       void **payload);

#endif /* _DVS_LINK_H */
