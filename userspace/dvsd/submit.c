// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands: each node multicasts its own until it sees them applied, the
 * leader makes entries of those it has not seen before.
 */
#include "agree.h"

#include <stdlib.h>
#include <string.h>

static void send_command(struct agree *agree, struct pending *pending)
{
	struct message message = {
		.type = MESSAGE_COMMAND,
		.view = agree->promised,
		.sequence = pending->sequence,
		.data = pending->command,
		.len = pending->len,
	};

	pending->sent = agree->now;
	agree_send(agree, &message);
}

/* The table of results remembers only so many of a node's commands. */
static bool may_send(const struct agree *agree, const struct pending *pending)
{
	return agree->running &&
	       pending->sequence < agree->pending->sequence + COMMANDS_OPEN;
}

uint64_t agree_submit(struct agree *agree, uint64_t now, const void *command,
		      size_t len)
{
	struct pending **end = &agree->pending, *pending;

	agree->now = now;
	if (agree->pending_count == PENDING_MAX || len > ENTRY_MAX / 2)
		return 0;
	pending = xalloc(sizeof(*pending) + len);
	pending->sequence = ++agree->sequence;
	pending->len = len;
	memcpy(pending->command, command, len);
	while (*end)
		end = &(*end)->next;
	*end = pending;
	agree->pending_count++;
	if (may_send(agree, pending))
		send_command(agree, pending);
	return pending->sequence;
}

static void finish(struct agree *agree, struct pending **at,
		   const struct result *result)
{
	struct pending *pending = *at;
	uint64_t sequence = pending->sequence;

	*at = pending->next;
	agree->pending_count--;
	free(pending);
	agree->ops->done(agree->context, sequence, result);
}

void submit_applied(struct agree *agree, const struct command_id *id,
		    const struct result *result)
{
	struct pending **at = &agree->pending;

	if (id->node != agree->self || id->incarnation != agree->incarnation)
		return;
	while (*at && (*at)->sequence != id->sequence)
		at = &(*at)->next;
	if (*at)
		finish(agree, at, result);
}

void submit_check(struct agree *agree)
{
	struct pending **at = &agree->pending;

	while (*at) {
		struct command_id id = {
			.node = agree->self,
			.incarnation = agree->incarnation,
			.sequence = (*at)->sequence,
		};
		struct result result;

		if (state_done(agree->state, &id, &result))
			finish(agree, at, &result);
		else
			at = &(*at)->next;
	}
}

void submit_tick(struct agree *agree)
{
	for (struct pending *pending = agree->pending; pending;
	     pending = pending->next)
		if (may_send(agree, pending) &&
		    (!pending->sent ||
		     agree->now - pending->sent >= COMMAND_REPEAT))
			send_command(agree, pending);
}

static bool in_tail(const struct agree *agree, const struct command_id *id)
{
	for (uint64_t i = agree->committed + 1;; i++) {
		const struct entry *entry = log_entry(&agree->log, i);
		struct command_id held;

		if (!entry)
			return false;
		if (entry_command_id(entry->data, entry->len, &held) &&
		    held.node == id->node &&
		    held.incarnation == id->incarnation &&
		    held.sequence == id->sequence)
			return true;
	}
}

void submit_received(struct agree *agree, const struct message *message)
{
	struct command_id id = {
		.node = message->from,
		.incarnation = message->incarnation,
		.sequence = message->sequence,
	};
	AUTO_BUF entry = {};
	struct result result;

	/* Not the leader, or a command for another view: its giver repeats. */
	if (agree->leader != agree->self || !agree->view_index ||
	    message->view != agree->promised ||
	    !agree_is_member(agree, message->from))
		return;
	if (state_done(agree->state, &id, &result) || in_tail(agree, &id) ||
	    log_last(&agree->log).index - agree->committed >= TAIL_MAX)
		return;
	entry_command(&entry, &id, message->data, message->len);
	if (entry.len > ENTRY_MAX)
		return;
	append_local(agree, entry.data, entry.len);
}
