// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log within a view. Only the leader makes entries, so a view and an index
 * name one entry; the others hold what it sends and acknowledge it. An entry is
 * committed when a majority of the electorate holds it and the entry of the
 * view, which is what the next proposer will be judged by.
 */
#include "agree.h"

#include <stdlib.h>
#include <string.h>

static void apply(struct agree *agree, const struct entry *entry)
{
	struct command_id id;
	struct result result;

	if (state_apply(agree->state, entry, &id, &result))
		submit_applied(agree, &id, &result);
	agree->committed = entry->index;
	agree->changed = true;
	if (entry->index != agree->view_index || agree->running)
		return;
	agree->step = STEP_OPEN;
	agree->wait = DVSD_WAIT_NOTHING;
	agree_log(agree, "view %llu installed: %u of %u nodes, leader %u",
		  (unsigned long long)agree->promised, agree->member_count,
		  agree->state->elector_count, agree->leader);
	agree_set_running(agree, true);
}

static void commit_to(struct agree *agree, uint64_t index)
{
	while (agree->committed < index) {
		const struct entry *entry = log_entry(&agree->log,
						      agree->committed + 1);

		if (!entry)
			break;
		apply(agree, entry);
	}
	log_trim(&agree->log, agree->committed);
}

static int descending(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? 1 : left > right ? -1 : 0;
}

static void check_commit(struct agree *agree)
{
	uint64_t acked[NODES_MAX], index;
	uint32_t count;

	if (!agree->view_index || agree->want_state)
		return;
	count = agree->state->elector_count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = agree->state->electors[i].node;

		acked[i] = agree_node(agree, number)->acked;
		if (number == agree->self)
			acked[i] = agree->matched;
	}
	qsort(acked, count, sizeof(*acked), descending);
	index = acked[count / 2];
	if (index > agree->matched)
		index = agree->matched;
	if (index >= agree->view_index)
		commit_to(agree, index);
}

/* --- leader --------------------------------------------------------------- */

void append_start(struct agree *agree)
{
	agree->matched = log_last(&agree->log).index;
	agree_node(agree, agree->self)->acked = agree->matched;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node = agree_node(agree,
						     agree->members[i].node);
		const struct message *promise = &node->promise;

		if (node->node == agree->self)
			continue;
		node->progress = agree->now;
		if (!promise->synced || promise->history != agree->history) {
			node->needs_snapshot = true;
		} else if (log_holds(&agree->log, promise->last)) {
			node->next = promise->last.index + 1;
		} else {
			node->next = promise->committed + 1;
			node->needs_snapshot =
				node->next <= agree->log.base.index;
		}
	}
	agree->heartbeat_wanted = true;
}

void append_local(struct agree *agree, const void *data, size_t len)
{
	log_append(&agree->log, agree->promised, data, len);
	agree->matched = log_last(&agree->log).index;
	agree_node(agree, agree->self)->acked = agree->matched;
	check_commit(agree);
}

static struct position before(const struct agree *agree, uint64_t index)
{
	const struct entry *entry = log_entry(&agree->log, index - 1);

	if (!entry)
		return agree->log.base;
	return (struct position){ entry->view, entry->index };
}

/* The first entry a member has not been sent; 0: all have been. */
static uint64_t first_unsent(struct agree *agree)
{
	uint64_t first = 0, last = log_last(&agree->log).index;

	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node = agree_node(agree,
						     agree->members[i].node);

		if (node->node == agree->self || node->needs_snapshot)
			continue;
		if (node->next <= agree->log.base.index) {
			node->needs_snapshot = true;
			continue;
		}
		if (node->next <= last && (!first || node->next < first))
			first = node->next;
	}
	return first;
}

static void send_entries(struct agree *agree, uint64_t first)
{
	struct message message = {
		.type = MESSAGE_APPEND,
		.view = agree->promised,
		.committed = agree->committed,
		.last = before(agree, first),
	};
	uint64_t end;

	agree_send(agree, &message);
	agree->heartbeat_wanted = false;
	agree->heartbeat_sent = agree->now;
	end = first + message.total;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node = agree_node(agree,
						     agree->members[i].node);

		if (!node->needs_snapshot && node->next >= first &&
		    node->next < end)
			node->next = end;
	}
}

void append_flush(struct agree *agree)
{
	uint64_t first;

	if (agree->ack_wanted) {
		struct message message = {
			.type = MESSAGE_ACK,
			.view = agree->promised,
			.index = agree->matched,
		};

		agree->ack_wanted = false;
		agree_send(agree, &message);
	}
	if (agree->leader != agree->self || !agree->ready)
		return;
	while ((first = first_unsent(agree)) &&
	       agree->ops->bulk_room(agree->context) >= MESSAGE_MAX)
		send_entries(agree, first);
	if (agree->heartbeat_wanted)
		send_entries(agree, log_last(&agree->log).index + 1);
}

void append_acked(struct agree *agree, const struct message *message)
{
	struct agree_node *node = agree_node(agree, message->from);

	if (message->view != agree->promised || node->node == agree->self ||
	    !agree_is_member(agree, message->from))
		return;
	if (message->index > node->acked) {
		node->acked = message->index;
		node->progress = agree->now;
		agree->install_since = agree->now;
	}
	if (agree->leader == agree->self && agree->ready) {
		if (node->needs_snapshot && agree->sent_state.len &&
		    message->index >= agree->sent_index) {
			node->needs_snapshot = false;
			node->next = message->index + 1;
		}
		if (!node->needs_snapshot && node->next <= message->index)
			node->next = message->index + 1;
		install_advance(agree);
	}
	check_commit(agree);
}

/* A member that has not taken what it was sent is sent it again. */
static void repeat_entries(struct agree *agree, struct agree_node *node)
{
	uint64_t known = node->acked;

	if (node->needs_snapshot ||
	    node->acked >= log_last(&agree->log).index ||
	    agree->now - node->progress < APPEND_REPEAT)
		return;
	node->progress = agree->now;
	if (known < node->promise.committed &&
	    node->promise.history == agree->history)
		known = node->promise.committed;
	node->next = known + 1;
}

void append_tick(struct agree *agree)
{
	const struct agree_node *leader = agree_node(agree, agree->leader);

	if (agree->leader == agree->self && agree->ready) {
		if (agree->now - agree->heartbeat_sent >= HEARTBEAT)
			agree->heartbeat_wanted = true;
		for (uint32_t i = 0; i < agree->member_count; i++) {
			struct agree_node *node;

			node = agree_node(agree, agree->members[i].node);
			if (node->node == agree->self)
				continue;
			repeat_entries(agree, node);
			if (agree->running && !agree->round_open &&
			    !agree->grace_until &&
			    agree->now - node->heard >= MEMBER_SILENCE) {
				agree_log(agree, "node %u: its daemon is silent",
					  node->node);
				round_want(agree);
			}
		}
		return;
	}
	if (agree->running && !agree->round_open && !agree->grace_until &&
	    agree->now - leader->heard >= LEADER_SILENCE) {
		agree_log(agree, "node %u: the leader's daemon is silent",
			  agree->leader);
		round_start(agree);
	}
}

/* --- followers ------------------------------------------------------------ */

/* Whether the entry fits where it belongs; then it is held. */
static bool take(struct agree *agree, const struct entry *entry,
		 uint64_t index)
{
	const struct entry *held = log_entry(&agree->log, index);

	if (index <= agree->committed)
		return true;
	if (!held || held->view != entry->view) {
		if (entry->len > ENTRY_MAX)
			return false;
		log_cut(&agree->log, index);
		if (log_last(&agree->log).index + 1 != index)
			return false;
		log_append(&agree->log, entry->view, entry->data, entry->len);
	}
	/* The first entry a leader makes is the one of its view. */
	if (!agree->view_index && entry->view == agree->promised) {
		agree->view_index = index;
		agree->synced = true;
	}
	return true;
}

void append_received(struct agree *agree, struct message *message)
{
	uint64_t index = message->last.index;
	struct entry entry;

	if (message->view != agree->promised ||
	    message->from != agree->leader || agree->leader == agree->self ||
	    agree->want_state)
		return;
	agree->ack_wanted = true;
	if (index > agree->committed && !log_holds(&agree->log, message->last))
		return;
	while (message_entry(message, &entry) &&
	       take(agree, &entry, index + 1))
		index++;
	if (index > agree->matched) {
		agree->matched = index;
		agree->install_since = agree->now;
	}
	check_commit(agree);
	if (agree->view_index && message->committed >= agree->view_index)
		commit_to(agree, message->committed < agree->matched ?
				 message->committed : agree->matched);
}
