/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of the verbs: a request on its way to an answer.
 */
#ifndef DVSD_REQUEST_H
#define DVSD_REQUEST_H

#include "ipc.h"
#include "query.h"
#include "verbs.h"

struct request;

/**
 * struct verb - something that can be asked for
 * @object: its first word
 * @verb: its second
 * @change: it changes the state, and only root may do that
 * @start: check the fields, begin; the request may be answered at once
 * @step: something has changed
 * @expire: the time is up; the request must be answered
 */
struct verb {
	const char *object;
	const char *verb;
	bool change;
	void (*start)(struct request *request);
	void (*step)(struct request *request);
	void (*expire)(struct request *request);
};

/**
 * struct request - a request that is not answered yet
 * @client: whose; NULL when answered or gone
 * @fields: the request as it came
 * @sequence: its command, 0: none
 * @decided: the command was applied
 * @result: with this result
 * @query: its question to the nodes
 */
struct request {
	struct request *next;
	struct daemon *daemon;
	struct client *client;
	json_t *fields;
	const struct verb *verb;
	uint64_t timeout;
	uint64_t deadline;
	uint64_t sequence;
	bool decided;
	struct result result;
	struct query *query;
};

/* Answer the request; takes @error and @data over. */
void request_answer(struct request *request, json_t *error, json_t *data);
/* Answer with an error, and the nodes it is about; takes @nodes over. */
__attribute__((format(printf, 4, 5)))
void request_fail(struct request *request, enum dvsd_error code,
		  json_t *nodes, const char *format, ...);
void request_fail_no_quorum(struct request *request);
__attribute__((format(printf, 3, 4)))
json_t *request_error(enum dvsd_error code, json_t *nodes,
		      const char *format, ...);
/* Whether the field is a name of a container; else the request is answered. */
bool request_has_name(struct request *request, const char *field);

/* reading.c */
void start_read(struct request *request);
void expire_read(struct request *request);
void step_nodes(struct request *request);
void step_dc_list(struct request *request);
void start_dc_show(struct request *request);
void step_dc_show(struct request *request);
void start_endpoints(struct request *request);
void step_endpoints(struct request *request);
void start_links(struct request *request);
void step_links(struct request *request);

/* changing.c */
void start_dc_create(struct request *request);
void step_dc_create(struct request *request);
void start_dc_delete(struct request *request);
void step_dc_delete(struct request *request);
void expire_command(struct request *request);

#endif /* DVSD_REQUEST_H */
