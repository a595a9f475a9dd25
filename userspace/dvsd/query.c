// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions to all nodes of the view. See query.h.
 *
 * A question: its kind (1). An answer: pieces of a flag that says whether it was
 * cut off (1) and the records.
 */
#include "query.h"

#include <stdlib.h>
#include <string.h>

#define QUERY_REPEAT_MS		1000
/* Answers that wait to be sent; a question that finds no room is repeated. */
#define OUTGOING_MAX		32

struct outgoing {
	struct outgoing *next;
	uint32_t to;
	uint64_t sequence;
	uint64_t view;
	uint64_t index;
	struct buf data;
	size_t sent;
};

struct queries {
	struct daemon *daemon;
	struct query *open;
	uint64_t sequence;
	struct outgoing *outgoing;
	uint32_t outgoing_count;
};

struct queries *queries_new(struct daemon *daemon)
{
	struct queries *queries = xalloc(sizeof(*queries));

	queries->daemon = daemon;
	/* An answer to the daemon before this one must not be taken for ours. */
	queries->sequence = daemon->incarnation;
	return queries;
}

static void drop_outgoing(struct queries *queries)
{
	struct outgoing *outgoing = queries->outgoing;

	queries->outgoing = outgoing->next;
	queries->outgoing_count--;
	buf_free(&outgoing->data);
	free(outgoing);
}

void queries_free(struct queries *queries)
{
	while (queries->outgoing)
		drop_outgoing(queries);
	while (queries->open)
		query_free(queries, queries->open);
	free(queries);
}

/* --- asking --------------------------------------------------------------- */

static void ask(struct queries *queries, struct query *query)
{
	uint8_t kind = query->kind;
	struct message message = {
		.type = MESSAGE_QUERY,
		.view = query->view,
		.sequence = query->sequence,
		.data = &kind,
		.len = sizeof(kind),
	};

	query->sent = now_ms();
	agree_send(&queries->daemon->agree, &message);
}

struct query *query_start(struct queries *queries, enum query_kind kind,
			  uint64_t deadline)
{
	struct agree *agree = &queries->daemon->agree;
	struct query *query;

	if (!queries->daemon->has_agree || !agree_running(agree))
		return NULL;
	query = xalloc(sizeof(*query));
	query->sequence = ++queries->sequence;
	query->kind = kind;
	query->view = agree->promised;
	query->deadline = deadline;
	for (uint32_t i = 0; i < agree->member_count; i++)
		query->answers[i].node = agree->members[i].node;
	query->count = agree->member_count;
	query->next = queries->open;
	queries->open = query;
	ask(queries, query);
	return query;
}

void query_free(struct queries *queries, struct query *query)
{
	struct query **at = &queries->open;

	while (*at && *at != query)
		at = &(*at)->next;
	if (*at)
		*at = query->next;
	for (uint32_t i = 0; i < query->count; i++)
		buf_free(&query->answers[i].data);
	free(query);
}

static bool enough(struct queries *queries, const struct query *query)
{
	struct agree *agree = &queries->daemon->agree;
	uint32_t complete = 0, electors = 0;
	uint64_t index = 0;

	for (uint32_t i = 0; i < query->count; i++) {
		const struct answer *answer = &query->answers[i];

		if (!answer->complete)
			continue;
		complete++;
		electors += state_elector(agree->state, answer->node) != NULL;
		if (answer->index > index)
			index = answer->index;
	}
	if (electors < state_majority(agree->state) ||
	    agree->committed < index)
		return false;
	return query->kind == QUERY_BARRIER || complete == query->count;
}

enum query_result query_check(struct queries *queries, struct query *query)
{
	struct agree *agree = &queries->daemon->agree;

	if (query->result != QUERY_OPEN)
		return query->result;
	if (!agree_running(agree) || agree->promised != query->view)
		query->result = QUERY_LOST;
	else if (enough(queries, query))
		query->result = QUERY_DONE;
	else if (now_ms() >= query->deadline)
		query->result = QUERY_TIMEOUT;
	return query->result;
}

static void take_answer(struct queries *queries,
			const struct message *message)
{
	struct answer *answer = NULL;
	struct query *query;

	for (query = queries->open; query; query = query->next)
		if (query->sequence == message->sequence)
			break;
	if (!query || message->view != query->view)
		return;
	for (uint32_t i = 0; i < query->count; i++)
		if (query->answers[i].node == message->from)
			answer = &query->answers[i];
	if (!answer || answer->complete)
		return;
	if (!message->offset) {
		buf_free(&answer->data);
		answer->total = message->total;
		answer->index = message->index;
	}
	if (message->offset != answer->data.len ||
	    message->total != answer->total ||
	    message->total > ANSWER_MAX + 1 ||
	    message->len > message->total - message->offset)
		return;
	put_bytes(&answer->data, message->data, message->len);
	if (answer->data.len < answer->total)
		return;
	answer->complete = true;
	answer->cut = answer->data.len && answer->data.data[0];
}

/* --- answering ------------------------------------------------------------ */

static void answer_query(struct queries *queries,
			 const struct message *message)
{
	struct agree *agree = &queries->daemon->agree;
	struct outgoing **end = &queries->outgoing, *outgoing;
	bool cut = false;

	if (!agree_running(agree) || message->view != agree->promised ||
	    message->len != 1 || queries->outgoing_count == OUTGOING_MAX)
		return;
	for (; *end; end = &(*end)->next)
		if ((*end)->to == message->from &&
		    (*end)->sequence == message->sequence)
			return;
	outgoing = xalloc(sizeof(*outgoing));
	outgoing->to = message->from;
	outgoing->sequence = message->sequence;
	outgoing->view = agree->promised;
	outgoing->index = log_last(&agree->log).index;
	put_u8(&outgoing->data, 0);
	gather(queries->daemon, message->data[0], &outgoing->data, &cut);
	outgoing->data.data[0] = cut;
	*end = outgoing;
	queries->outgoing_count++;
}

void queries_deliver(struct queries *queries, const struct message *message)
{
	struct daemon *daemon = queries->daemon;

	if (message->type == MESSAGE_QUERY)
		answer_query(queries, message);
	else if (message->to == daemon->cluster.self)
		take_answer(queries, message);
}

static void send_piece(struct queries *queries, struct outgoing *outgoing)
{
	struct message message = {
		.type = MESSAGE_ANSWER,
		.view = outgoing->view,
		.sequence = outgoing->sequence,
		.to = outgoing->to,
		.index = outgoing->index,
		.total = outgoing->data.len,
		.offset = outgoing->sent,
		.data = outgoing->data.data + outgoing->sent,
		.len = outgoing->data.len - outgoing->sent,
	};

	if (message.len > MESSAGE_CHUNK)
		message.len = MESSAGE_CHUNK;
	outgoing->sent += message.len;
	agree_send(&queries->daemon->agree, &message);
}

void queries_flush(struct queries *queries)
{
	struct daemon *daemon = queries->daemon;

	while (queries->outgoing) {
		struct outgoing *outgoing = queries->outgoing;
		bool is_short = outgoing->data.len - outgoing->sent < 1024;

		if (!is_short && corosync_room(daemon->corosync) < MESSAGE_MAX)
			return;
		send_piece(queries, outgoing);
		if (outgoing->sent == outgoing->data.len)
			drop_outgoing(queries);
	}
}

void queries_config(struct queries *queries)
{
	struct agree *agree = &queries->daemon->agree;

	while (queries->outgoing && (!agree_running(agree) ||
	       queries->outgoing->view != agree->promised))
		drop_outgoing(queries);
}

void queries_tick(struct queries *queries)
{
	for (struct query *query = queries->open; query; query = query->next)
		if (query->result == QUERY_OPEN &&
		    now_ms() - query->sent >= QUERY_REPEAT_MS)
			ask(queries, query);
}
