// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots: the leader sends its state in pieces to all members that need it,
 * as fast as the sender lets it. A node keeps what it has until it holds the
 * whole of the new one.
 */
#include "agree.h"

#include <string.h>

static bool anybody_needs(struct agree *agree)
{
	for (uint32_t i = 0; i < agree->member_count; i++)
		if (agree_node(agree, agree->members[i].node)->needs_snapshot)
			return true;
	return false;
}

void transfer_reset(struct agree *agree)
{
	buf_free(&agree->sent_state);
	buf_free(&agree->got_state);
	agree->got_total = 0;
}

static void send_piece(struct agree *agree)
{
	struct message message = {
		.type = MESSAGE_SNAPSHOT,
		.view = agree->promised,
		.index = agree->sent_index,
		.total = agree->sent_state.len,
		.offset = agree->sent_offset,
		.data = agree->sent_state.data + agree->sent_offset,
		.len = agree->sent_state.len - agree->sent_offset,
	};

	if (message.len > MESSAGE_CHUNK)
		message.len = MESSAGE_CHUNK;
	agree->sent_offset += message.len;
	agree->sent_at = agree->now;
	agree->install_since = agree->now;
	agree_send(agree, &message);
}

void transfer_flush(struct agree *agree)
{
	if (agree->leader != agree->self || !agree->ready)
		return;
	if (!anybody_needs(agree)) {
		buf_free(&agree->sent_state);
		return;
	}
	if (agree->sent_state.len &&
	    agree->sent_offset == agree->sent_state.len) {
		/* Sent, and not acknowledged yet. */
		if (agree->now - agree->sent_at < SNAPSHOT_REPEAT)
			return;
		buf_free(&agree->sent_state);
	}
	if (!agree->sent_state.len) {
		state_encode(agree->state, &agree->sent_state);
		agree->sent_index = agree->committed;
		agree->sent_offset = 0;
	}
	while (agree->sent_offset < agree->sent_state.len &&
	       agree->ops->bulk_room(agree->context) >= MESSAGE_MAX)
		send_piece(agree);
}

static void load(struct agree *agree, uint32_t from)
{
	struct state *state = state_decode(agree->got_state.data,
					   agree->got_state.len);

	if (!state || state->history != agree->history ||
	    state->index != agree->got_index) {
		agree_log(agree, "snapshot from node %u cannot be used: waiting for another",
			  from);
		state_free(state);
		return;
	}
	if (agree->synced && agree->state->history != state->history)
		agree_log(agree, "this node's state, history %016llx, is discarded: the quorate nodes' is %016llx",
			  (unsigned long long)agree->state->history,
			  (unsigned long long)state->history);
	/* Until it holds the entry of the view, too, it has nothing to say. */
	if (agree->want_state)
		agree->synced = false;
	agree->want_state = false;
	state_free(agree->state);
	agree->state = state;
	log_reset(&agree->log, (struct position){ state->entry_view,
						  state->index });
	agree->committed = state->index;
	agree->matched = state->index;
	agree->ack_wanted = true;
	agree->changed = true;
	submit_check(agree);
}

void transfer_received(struct agree *agree, const struct message *message)
{
	if (message->view != agree->promised ||
	    message->from != agree->leader || agree->leader == agree->self)
		return;
	if (!agree->want_state &&
	    message->index <= log_last(&agree->log).index)
		return;
	agree->install_since = agree->now;
	if (!message->offset) {
		buf_free(&agree->got_state);
		agree->got_index = message->index;
		agree->got_total = message->total;
	}
	/* Something was lost: the whole comes again. */
	if (message->offset != agree->got_state.len ||
	    message->index != agree->got_index ||
	    message->total != agree->got_total ||
	    message->len > message->total - message->offset)
		return;
	put_bytes(&agree->got_state, message->data, message->len);
	if (agree->got_state.len < agree->got_total)
		return;
	load(agree, message->from);
	buf_free(&agree->got_state);
	agree->got_total = 0;
}
