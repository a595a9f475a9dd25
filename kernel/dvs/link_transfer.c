// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of a link: taking them from their owners, choosing which one is sent
 * next, putting in order and delivering what arrives. Which connection serves
 * the link, and the locking, is in link.c.
 */
#include "link_private.h"

#include <kunit/visibility.h>
#include <linux/export.h>
#include <trace/events/dvs.h>

#include "node.h"

/* Give frames that have left the queue back to their owners. */
void dvs_link_release(struct list_head *frames, bool acked, bool sent)
{
	struct dvs_frame *frame;

	while ((frame = list_first_entry_or_null(frames, struct dvs_frame,
						 list))) {
		list_del_init(&frame->list);
		frame->release(frame, acked, sent);
	}
}

/**
 * dvs_link_send - send a frame
 * @link: the link
 * @frame: the frame, in %DVS_FRAME_IDLE
 *
 * Return: 0, and the frame is the link's until it is withdrawn or released; or
 * %-EHOSTUNREACH when the link is stopped.
 */
int dvs_link_send(struct dvs_link *link, struct dvs_frame *frame)
{
	struct dvs_connection *conn;

	spin_lock_bh(&link->lock);
	if (dvs_link_state(link) == DVS_LINK_STATE_DOWN) {
		spin_unlock_bh(&link->lock);
		return -EHOSTUNREACH;
	}

	dvs_link_queue_add(&link->queue, frame);
	conn = link->connection;
	if (conn && conn->ready && dvs_link_state(link) == DVS_LINK_STATE_UP)
		dvs_connection_run_tx(conn);
	spin_unlock_bh(&link->lock);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_send);

/**
 * dvs_link_withdraw - take back a frame that was not sent
 * @link: the link
 * @frame: a frame given to dvs_link_send(); may have been released meanwhile if
 *	the caller knows that its memory is still there
 *
 * Return: true when it is the caller's again, and will not be released.
 */
bool dvs_link_withdraw(struct dvs_link *link, struct dvs_frame *frame)
{
	bool withdrawn;

	spin_lock_bh(&link->lock);
	withdrawn = dvs_link_queue_withdraw(&link->queue, frame);
	spin_unlock_bh(&link->lock);

	return withdrawn;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_withdraw);

void dvs_link_get_stats(struct dvs_link *link, struct dvs_link_stats *stats)
{
	spin_lock_bh(&link->lock);
	*stats = link->stats;
	stats->queued_frames = link->queue.frames;
	stats->queued_bytes = link->queue.bytes;
	spin_unlock_bh(&link->lock);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_get_stats);

static bool is_current(const struct dvs_link *link,
		       const struct dvs_connection *conn)
{
	lockdep_assert_held(&link->lock);

	return link->connection == conn && !conn->dead;
}

bool dvs_link_may_receive(struct dvs_link *link, struct dvs_connection *conn)
{
	bool may = false;

	spin_lock_bh(&link->lock);
	if (is_current(link, conn)) {
		if (dvs_link_state(link) == DVS_LINK_STATE_UP)
			may = true;
		else if (dvs_link_state(link) == DVS_LINK_STATE_CONNECTING)
			may = !conn->greeted;
	}
	spin_unlock_bh(&link->lock);

	return may;
}

/* Acknowledge and put in order; true when the frame is to be delivered. */
static bool accept_frame(struct dvs_link *link, struct dvs_connection *conn,
			 const struct dvs_wire_header *header,
			 struct list_head *done, const char **error)
{
	lockdep_assert_held(&link->lock);

	link->stats.rx_frames++;
	link->stats.rx_bytes += sizeof(*header) + le32_to_cpu(header->length);

	*error = dvs_link_queue_ack(&link->queue, le32_to_cpu(header->ack),
				    done);
	if (*error || header->type == DVS_WIRE_ACK)
		return false;

	switch (dvs_link_order(link->received, le32_to_cpu(header->sequence))) {
	case DVS_LINK_NEXT:
		return true;
	case DVS_LINK_DUPLICATE:
		link->stats.duplicate_frames++;
		/* Its sender has not seen the acknowledgment. */
		conn->ack_due = true;
		dvs_connection_run_tx(conn);
		return false;
	case DVS_LINK_GAP:
		*error = "a frame is missing";
	}
	return false;
}

static void received(struct dvs_link *link, struct dvs_connection *conn,
		     u32 sequence)
{
	spin_lock_bh(&link->lock);
	link->received = sequence;
	conn->acks++;
	if (conn->acks == 1)
		queue_delayed_work(link->node->workqueue, &conn->ack,
				   msecs_to_jiffies(DVS_ACK_DELAY));
	if (conn->acks >= DVS_ACK_FRAMES && !conn->ack_due) {
		conn->ack_due = true;
		dvs_connection_run_tx(conn);
	}
	spin_unlock_bh(&link->lock);
}

/**
 * dvs_link_receive - a frame has come, and its form is good
 * @link: the link
 * @conn: its connection, in whose work item this is called
 * @header: header of the frame
 * @payload: its payload; set to NULL by whoever keeps it
 *
 * Return: NULL, or why the frame is bad.
 */
const char *dvs_link_receive(struct dvs_link *link,
			     struct dvs_connection *conn,
			     const struct dvs_wire_header *header,
			     void **payload)
{
	const char *error;
	LIST_HEAD(done);
	bool deliver;

	trace_dvs_frame_rx(link->node->id, link->peer->id, header);

	spin_lock_bh(&link->lock);
	deliver = accept_frame(link, conn, header, &done, &error);
	spin_unlock_bh(&link->lock);

	dvs_link_release(&done, true, true);
	if (!deliver)
		return error;

	error = link->ops->receive(link->peer, header, payload);
	if (!error)
		received(link, conn, le32_to_cpu(header->sequence));
	return error;
}

void dvs_link_ack_due(struct dvs_link *link, struct dvs_connection *conn)
{
	spin_lock_bh(&link->lock);
	if (is_current(link, conn) && conn->acks) {
		conn->ack_due = true;
		dvs_connection_run_tx(conn);
	}
	spin_unlock_bh(&link->lock);
}

static void begin(struct dvs_connection *conn, const void *payload, u32 length)
{
	conn->tx_header.length = cpu_to_le32(length);
	conn->tx_payload = payload;
	conn->tx_length = length;
	conn->tx_done = 0;
	conn->tx_busy = true;
}

/* A frame that has no place in the sequence. */
static void begin_unsequenced(struct dvs_connection *conn,
			      enum dvs_wire_type type, const void *payload,
			      u32 length)
{
	conn->tx_header = (struct dvs_wire_header) { .type = type };
	begin(conn, payload, length);
}

static bool begin_queued(struct dvs_link *link, struct dvs_connection *conn)
{
	struct dvs_frame *frame;
	bool resent;

	frame = dvs_link_queue_begin(&link->queue, &resent);
	if (!frame)
		return false;

	if (resent)
		link->stats.resent_frames++;
	conn->tx_header = frame->header;
	begin(conn, frame->payload, frame->length);
	return true;
}

static bool begin_any(struct dvs_link *link, struct dvs_connection *conn)
{
	if (conn->hello_due) {
		conn->hello_due = false;
		conn->tx_hello.received = cpu_to_le32(link->received);
		begin_unsequenced(conn, DVS_WIRE_HELLO, &conn->tx_hello,
				  sizeof(conn->tx_hello));
	} else if (!conn->ready) {
		return false;
	} else if (!begin_queued(link, conn)) {
		if (!conn->ack_due)
			return false;
		begin_unsequenced(conn, DVS_WIRE_ACK, NULL, 0);
	}

	conn->tx_header.version = DVS_WIRE_VERSION;
	conn->tx_header.session = cpu_to_le64(link->session);
	conn->tx_header.ack = cpu_to_le32(link->received);
	conn->acks = 0;
	conn->ack_due = false;
	return true;
}

bool dvs_link_tx_begin(struct dvs_link *link, struct dvs_connection *conn)
{
	bool may = false;

	spin_lock_bh(&link->lock);
	if (is_current(link, conn) &&
	    (dvs_link_state(link) == DVS_LINK_STATE_CONNECTING ||
	     dvs_link_state(link) == DVS_LINK_STATE_UP))
		may = conn->tx_busy || begin_any(link, conn);
	spin_unlock_bh(&link->lock);

	return may;
}

void dvs_link_tx_end(struct dvs_link *link, struct dvs_connection *conn)
{
	LIST_HEAD(done);

	trace_dvs_frame_tx(link->node->id, link->peer->id, &conn->tx_header);

	spin_lock_bh(&link->lock);
	conn->tx_busy = false;
	link->stats.tx_frames++;
	link->stats.tx_bytes += conn->tx_done;
	dvs_link_queue_end(&link->queue, &done);
	spin_unlock_bh(&link->lock);

	dvs_link_release(&done, true, true);
}
