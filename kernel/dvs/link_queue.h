/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frames of a link that are not acknowledged yet, and their numbers. Knows
 * no sockets and takes no locks: the caller holds the link's.
 */
#ifndef _DVS_LINK_QUEUE_H
#define _DVS_LINK_QUEUE_H

#include "link.h"

/**
 * struct dvs_link_queue - outgoing frames
 * @sent: frames in %DVS_FRAME_SENT, by sequence number
 * @waiting: frames in %DVS_FRAME_QUEUED, oldest first
 * @resend: first frame in @sent that the present connection has not begun, or
 *	NULL
 * @busy: frame that the present connection is writing, or NULL. Its owner must
 *	not get it back before it is written, even if it is acknowledged
 * @last: sequence number given out last, 0 when none was
 * @acked: highest sequence number acknowledged
 * @begun: highest sequence number the other side can have: those up to it were
 *	begun on the present connection or acknowledged
 * @frames: frames in @sent and @waiting
 * @bytes: bytes of these frames with their headers
 */
struct dvs_link_queue {
	struct list_head sent;
	struct list_head waiting;
	struct dvs_frame *resend;
	struct dvs_frame *busy;
	u32 last;
	u32 acked;
	u32 begun;
	u32 frames;
	u64 bytes;
};

void dvs_link_queue_init(struct dvs_link_queue *queue);
void dvs_link_queue_add(struct dvs_link_queue *queue, struct dvs_frame *frame);
bool dvs_link_queue_withdraw(struct dvs_link_queue *queue,
			     struct dvs_frame *frame);

/* Can the other side have everything up to @received? */
const char *dvs_link_queue_check(const struct dvs_link_queue *queue,
				 u32 received);
/* A connection is ready: the other side has everything up to @received. */
const char *dvs_link_queue_resume(struct dvs_link_queue *queue, u32 received,
				  struct list_head *done);
/* The next frame to write, numbered, or NULL. */
struct dvs_frame *dvs_link_queue_begin(struct dvs_link_queue *queue,
				       bool *resent);
/* It is written, or its connection is gone. */
void dvs_link_queue_end(struct dvs_link_queue *queue, struct list_head *done);

const char *dvs_link_queue_ack(struct dvs_link_queue *queue, u32 ack,
			       struct list_head *done);

/* Take all frames, those that may have arrived and the others; start from 0. */
void dvs_link_queue_take(struct dvs_link_queue *queue, struct list_head *sent,
			 struct list_head *waiting);

static inline bool dvs_link_queue_pending(const struct dvs_link_queue *queue)
{
	return queue->resend || !list_empty(&queue->waiting);
}

/**
 * enum dvs_link_order - where a frame that arrived belongs
 * @DVS_LINK_NEXT: it is the next one
 * @DVS_LINK_DUPLICATE: it was received before
 * @DVS_LINK_GAP: another one is missing before it
 */
enum dvs_link_order {
	DVS_LINK_NEXT,
	DVS_LINK_DUPLICATE,
	DVS_LINK_GAP,
};

static inline enum dvs_link_order dvs_link_order(u32 received, u32 sequence)
{
	if (sequence == dvs_wire_next(received))
		return DVS_LINK_NEXT;
	return dvs_wire_after(sequence, received) ? DVS_LINK_GAP :
						    DVS_LINK_DUPLICATE;
}

#endif /* _DVS_LINK_QUEUE_H */
