/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to all nodes of the view. Nothing is agreed on here: each node
 * answers for itself.
 *
 * A barrier makes reads linearizable: when a majority says that it is in the
 * view, whatever was committed before is at or below the highest entry one of
 * them holds; when that is applied here, the state may be read.
 */
#ifndef DVSD_QUERY_H
#define DVSD_QUERY_H

#include "daemon.h"

/* The longest answer of one node; what is beyond is cut off and said to be. */
#define ANSWER_MAX		(1u << 20)

enum query_kind {
	QUERY_BARRIER = 1,
	QUERY_ENDPOINTS,
	QUERY_LINKS,
};

enum query_result {
	QUERY_OPEN,
	/* Everybody, or for a barrier a majority, has answered. */
	QUERY_DONE,
	QUERY_TIMEOUT,
	/* The view has ended. */
	QUERY_LOST,
};

struct answer {
	uint32_t node;
	struct buf data;
	uint32_t total;
	uint64_t index;
	bool complete;
	bool cut;
};

/**
 * struct query - a question under way
 * @kind: what is asked
 * @result: how it stands
 * @view: view it is asked in
 * @answers: one for each member
 * @count: entries in @answers
 */
struct query {
	struct query *next;
	uint64_t sequence;
	enum query_kind kind;
	enum query_result result;
	uint64_t view;
	uint64_t deadline;
	uint64_t sent;
	struct answer answers[NODES_MAX];
	uint32_t count;
};

struct queries *queries_new(struct daemon *daemon);
void queries_free(struct queries *queries);
/* Ask; NULL when no view runs. query_free() gives it up. */
struct query *query_start(struct queries *queries, enum query_kind kind,
			  uint64_t deadline);
void query_free(struct queries *queries, struct query *query);
enum query_result query_check(struct queries *queries, struct query *query);

void queries_deliver(struct queries *queries, const struct message *message);
/* The configuration may have changed. */
void queries_config(struct queries *queries);
void queries_flush(struct queries *queries);
void queries_tick(struct queries *queries);

/* gather.c: what a node answers with, and what it says. */
void gather(struct daemon *daemon, enum query_kind kind, struct buf *data,
	    bool *cut);
bool get_endpoint(struct reader *reader, struct kernel_endpoint *endpoint);
bool get_peer(struct reader *reader, struct kernel_peer *peer);

#endif /* DVSD_QUERY_H */
