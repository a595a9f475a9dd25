// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verbs that read: each asks the nodes of the view first, so that what is
 * read was still true when the request came.
 */
#include "request.h"

#include <stdlib.h>
#include <string.h>

static void start_query(struct request *request, enum query_kind kind)
{
	struct queries *queries = request->daemon->queries;
	uint64_t deadline = request->deadline;

	/* Leave time for the answer that says who is missing. */
	if (kind != QUERY_BARRIER)
		deadline -= request->timeout / 4;
	request->query = query_start(queries, kind, deadline);
	if (!request->query)
		request_fail_no_quorum(request);
}

/* Whether the question is answered well enough; else the request may be. */
static bool query_answered(struct request *request)
{
	switch (query_check(request->daemon->queries, request->query)) {
	case QUERY_DONE:
		return true;
	case QUERY_TIMEOUT:
		return request->query->kind != QUERY_BARRIER;
	case QUERY_LOST:
		request_fail_no_quorum(request);
		return false;
	case QUERY_OPEN:
		break;
	}
	return false;
}

void start_read(struct request *request)
{
	start_query(request, QUERY_BARRIER);
}

void expire_read(struct request *request)
{
	request_fail(
		request, DVSD_E_TIMEOUT, NULL,
		"a majority of the nodes did not answer within %llu ms: try again",
		(unsigned long long)request->timeout);
}

void step_nodes(struct request *request)
{
	if (query_answered(request))
		request_answer(request, NULL, report_nodes(request->daemon));
}

void step_dc_list(struct request *request)
{
	if (query_answered(request))
		request_answer(request, NULL,
			       report_containers(request->daemon));
}

/* The container a request names; NULL: the request was answered. */
static const struct container *named(struct request *request, const char *field)
{
	struct daemon *daemon = request->daemon;
	const char *name =
		json_string_value(json_object_get(request->fields, field));
	const struct container *container;

	container = state_container_by_name(daemon->agree.state, name);
	if (!container)
		request_fail(request, DVSD_E_NOT_FOUND, NULL,
			     "dc %s: there is no such container", name);
	return container;
}

void start_dc_show(struct request *request)
{
	if (request_has_name(request, "name"))
		start_read(request);
}

void step_dc_show(struct request *request)
{
	const struct container *container;

	if (!query_answered(request))
		return;
	container = named(request, "name");
	if (container)
		request_answer(request, NULL,
			       report_container(request->daemon, container));
}

/* The error that goes with data of which some nodes' part is missing. */
static json_t *missing_error(const struct query *query)
{
	json_t *nodes = json_array();

	for (uint32_t i = 0; i < query->count; i++)
		if (!query->answers[i].complete || query->answers[i].cut)
			json_array_append_new(
				nodes, json_integer(query->answers[i].node));
	if (json_array_size(nodes))
		return request_error(
			DVSD_E_INCOMPLETE, nodes,
			"some nodes did not answer in time or had too much to say: see \"missing\"");
	json_decref(nodes);
	return NULL;
}

void start_endpoints(struct request *request)
{
	if (json_object_get(request->fields, "dc") &&
	    !request_has_name(request, "dc"))
		return;
	start_query(request, QUERY_ENDPOINTS);
}

void step_endpoints(struct request *request)
{
	const struct container *container = NULL;

	if (!query_answered(request))
		return;
	if (json_object_get(request->fields, "dc")) {
		container = named(request, "dc");
		if (!container)
			return;
	}
	request_answer(request, missing_error(request->query),
		       report_endpoints(request->daemon, request->query,
					container ? container->dcid : 0));
}

void start_links(struct request *request)
{
	start_query(request, QUERY_LINKS);
}

void step_links(struct request *request)
{
	if (query_answered(request))
		request_answer(request, missing_error(request->query),
			       report_links(request->daemon, request->query));
}
