/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clients can ask for. See protocol.h for requests and answers.
 */
#ifndef DVSD_VERBS_H
#define DVSD_VERBS_H

#include <jansson.h>

#include "daemon.h"

struct client;
struct query;

struct verbs *verbs_new(struct daemon *daemon);
void verbs_free(struct verbs *verbs);
/* @request is NULL when it was no JSON. */
void verbs_request(struct verbs *verbs, struct client *client,
		   json_t *request);
/* The client has gone. */
void verbs_forget(struct verbs *verbs, struct client *client);
void verbs_done(struct verbs *verbs, uint64_t sequence,
		const struct result *result);
void verbs_flush(struct verbs *verbs);
void verbs_tick(struct verbs *verbs);

/* status.c */
json_t *status_data(struct daemon *daemon);

/* report.c: the agreed state, and what nodes have answered */
json_t *report_nodes(struct daemon *daemon);
json_t *report_containers(struct daemon *daemon);
json_t *report_container(struct daemon *daemon,
			 const struct container *container);
json_t *report_endpoints(struct daemon *daemon, const struct query *query,
			 uint64_t dcid);
json_t *report_links(struct daemon *daemon, const struct query *query);
void format_id(char *text, uint64_t id);

#endif /* DVSD_VERBS_H */
