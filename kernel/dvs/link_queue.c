// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers, acknowledgments and resending of the frames of a link.
 *
 * A frame waits until a connection takes it, gets its number then, and stays
 * until it is acknowledged. A new connection begins after what the other side
 * says it has, with the frames that have numbers, in order, before those that
 * wait.
 */
#include "link_queue.h"

#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/bug.h>
#include <linux/export.h>

static u32 sequence_of(const struct dvs_frame *frame)
{
	return le32_to_cpu(frame->header.sequence);
}

static u64 bytes_of(const struct dvs_frame *frame)
{
	return sizeof(frame->header) + frame->length;
}

static void reset(struct dvs_link_queue *queue)
{
	queue->resend = NULL;
	queue->last = 0;
	queue->acked = 0;
	queue->begun = 0;
	queue->frames = 0;
	queue->bytes = 0;
}

void dvs_link_queue_init(struct dvs_link_queue *queue)
{
	INIT_LIST_HEAD(&queue->sent);
	INIT_LIST_HEAD(&queue->waiting);
	queue->busy = NULL;
	reset(queue);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_init);

void dvs_link_queue_add(struct dvs_link_queue *queue, struct dvs_frame *frame)
{
	frame->state = DVS_FRAME_QUEUED;
	list_add_tail(&frame->list, &queue->waiting);
	queue->frames++;
	queue->bytes += bytes_of(frame);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_add);

static void leave(struct dvs_link_queue *queue, struct dvs_frame *frame)
{
	frame->state = DVS_FRAME_IDLE;
	queue->frames--;
	queue->bytes -= bytes_of(frame);
}

bool dvs_link_queue_withdraw(struct dvs_link_queue *queue,
			     struct dvs_frame *frame)
{
	if (frame->state != DVS_FRAME_QUEUED)
		return false;

	list_del_init(&frame->list);
	leave(queue, frame);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_withdraw);

struct dvs_frame *dvs_link_queue_begin(struct dvs_link_queue *queue,
				       bool *resent)
{
	struct dvs_frame *frame = queue->resend;

	if (WARN_ON_ONCE(queue->busy))
		return NULL;

	*resent = frame;
	if (frame) {
		queue->resend = list_is_last(&frame->list, &queue->sent) ?
				NULL : list_next_entry(frame, list);
	} else {
		frame = list_first_entry_or_null(&queue->waiting,
						 struct dvs_frame, list);
		if (!frame)
			return NULL;
		queue->last = dvs_wire_next(queue->last);
		frame->header.sequence = cpu_to_le32(queue->last);
		frame->state = DVS_FRAME_SENT;
		list_move_tail(&frame->list, &queue->sent);
	}

	queue->begun = sequence_of(frame);
	queue->busy = frame;
	return frame;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_begin);

/* Move what is acknowledged and not being written from @sent to @done. */
static void release_acked(struct dvs_link_queue *queue, struct list_head *done)
{
	struct dvs_frame *frame, *next;

	list_for_each_entry_safe(frame, next, &queue->sent, list) {
		if (frame == queue->busy ||
		    dvs_wire_after(sequence_of(frame), queue->acked))
			break;
		list_move_tail(&frame->list, done);
		leave(queue, frame);
	}
}

void dvs_link_queue_end(struct dvs_link_queue *queue, struct list_head *done)
{
	queue->busy = NULL;
	release_acked(queue, done);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_end);

static const char *check(const struct dvs_link_queue *queue, u32 ack, u32 limit)
{
	if (ack == queue->acked)
		return NULL;
	if (!ack || !dvs_wire_after(ack, queue->acked))
		return "acknowledges less than before";
	if (dvs_wire_after(ack, limit))
		return "acknowledges a frame that was not sent";
	return NULL;
}

const char *dvs_link_queue_ack(struct dvs_link_queue *queue, u32 ack,
			       struct list_head *done)
{
	const char *error = check(queue, ack, queue->begun);

	if (error)
		return error;

	queue->acked = ack;
	release_acked(queue, done);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_ack);

const char *dvs_link_queue_check(const struct dvs_link_queue *queue,
				 u32 received)
{
	/* It may have got on earlier connections whatever has a number. */
	return check(queue, received, queue->last);
}

const char *dvs_link_queue_resume(struct dvs_link_queue *queue, u32 received,
				  struct list_head *done)
{
	const char *error;

	if (WARN_ON_ONCE(queue->busy))
		return "frame of the last connection is still being written";

	error = dvs_link_queue_check(queue, received);
	if (error)
		return error;

	queue->acked = received;
	queue->begun = received;
	release_acked(queue, done);
	queue->resend = list_first_entry_or_null(&queue->sent,
						 struct dvs_frame, list);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_resume);

static void take(struct list_head *from, struct list_head *to)
{
	struct dvs_frame *frame;

	/* Nobody may withdraw a frame that is about to be released. */
	list_for_each_entry(frame, from, list)
		frame->state = DVS_FRAME_IDLE;
	list_splice_tail_init(from, to);
}

void dvs_link_queue_take(struct dvs_link_queue *queue, struct list_head *sent,
			 struct list_head *waiting)
{
	WARN_ON_ONCE(queue->busy);
	take(&queue->sent, sent);
	take(&queue->waiting, waiting);
	reset(queue);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_queue_take);
