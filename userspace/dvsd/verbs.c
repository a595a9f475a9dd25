// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What clients can ask for: each request is checked, started, and looked at
 * again whenever something has changed, until it can be answered or its time is
 * up.
 */
#include "verbs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ipc.h"
#include "query.h"

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
	struct verbs *verbs;
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

struct verbs {
	struct daemon *daemon;
	struct request *requests;
};

static const struct {
	const char *code;
	bool retryable;
} errors[] = {
#define ERROR_CODE(symbol, code, status, retryable) \
	[symbol] = { code, retryable },
	DVSD_ERRORS(ERROR_CODE)
#undef ERROR_CODE
};

/* --- answers -------------------------------------------------------------- */

static json_t *envelope(struct daemon *daemon, json_t *error, json_t *data)
{
	uint64_t revision = daemon->has_agree ? daemon->agree.committed : 0;

	return json_pack("{s:i, s:s, s:I, s:I, s:o, s:o}",
			 "version", DVSD_PROTOCOL,
			 "cluster", daemon->cluster.name,
			 "node", (json_int_t)daemon->cluster.self,
			 "revision", (json_int_t)revision,
			 "error", error ? error : json_null(),
			 "data", data ? data : json_null());
}

static void answer(struct request *request, json_t *error, json_t *data)
{
	struct client *client = request->client;

	request->client = NULL;
	client_answer(client, envelope(request->verbs->daemon, error, data));
}

static json_t *error_object(enum dvsd_error code, json_t *nodes,
			    const char *format, va_list args)
{
	char message[512];

	vsnprintf(message, sizeof(message), format, args);
	return json_pack("{s:s, s:s, s:b, s:o}", "code", errors[code].code,
			 "message", message, "retryable",
			 errors[code].retryable,
			 "nodes", nodes ? nodes : json_array());
}

__attribute__((format(printf, 4, 5)))
static void fail(struct request *request, enum dvsd_error code, json_t *nodes,
		 const char *format, ...)
{
	json_t *error;
	va_list args;

	va_start(args, format);
	error = error_object(code, nodes, format, args);
	va_end(args);
	answer(request, error, NULL);
}

static void fail_no_quorum(struct request *request)
{
	fail(request, DVSD_E_NO_QUORUM, NULL,
	     "this node is in no quorate view: see \"dvsctl status\" for what it waits for");
}

/* --- reading -------------------------------------------------------------- */

static void start_query(struct request *request, enum query_kind kind)
{
	struct queries *queries = request->verbs->daemon->queries;
	uint64_t deadline = request->deadline;

	/* Leave time for the answer that says who is missing. */
	if (kind != QUERY_BARRIER)
		deadline -= request->timeout / 4;
	request->query = query_start(queries, kind, deadline);
	if (!request->query)
		fail_no_quorum(request);
}

/* Whether the question is answered well enough; else the request may be. */
static bool query_answered(struct request *request)
{
	switch (query_check(request->verbs->daemon->queries,
			    request->query)) {
	case QUERY_DONE:
		return true;
	case QUERY_TIMEOUT:
		return request->query->kind != QUERY_BARRIER;
	case QUERY_LOST:
		fail_no_quorum(request);
		return false;
	case QUERY_OPEN:
		break;
	}
	return false;
}

static void start_read(struct request *request)
{
	start_query(request, QUERY_BARRIER);
}

static void expire_read(struct request *request)
{
	fail(request, DVSD_E_TIMEOUT, NULL,
	     "a majority of the nodes did not answer within %llu ms: try again",
	     (unsigned long long)request->timeout);
}

static void step_nodes(struct request *request)
{
	if (query_answered(request))
		answer(request, NULL,
		       report_nodes(request->verbs->daemon));
}

static void step_dc_list(struct request *request)
{
	if (query_answered(request))
		answer(request, NULL,
		       report_containers(request->verbs->daemon));
}

/* The container a request names; NULL: the request was answered. */
static const struct container *named(struct request *request,
				     const char *field)
{
	struct daemon *daemon = request->verbs->daemon;
	const char *name = json_string_value(json_object_get(request->fields,
							     field));
	const struct container *container;

	container = state_container_by_name(daemon->agree.state, name);
	if (!container)
		fail(request, DVSD_E_NOT_FOUND, NULL,
		     "dc %s: there is no such container", name);
	return container;
}

static bool has_name(struct request *request, const char *field)
{
	const char *name = json_string_value(json_object_get(request->fields,
							     field));

	if (name && container_name_valid(name))
		return true;
	fail(request, DVSD_E_USAGE, NULL,
	     "\"%s\" must be a name of 1 to %d characters of [A-Za-z0-9._-], the first a letter or digit",
	     field, DVSD_NAME_MAX);
	return false;
}

static void start_dc_show(struct request *request)
{
	if (has_name(request, "name"))
		start_read(request);
}

static void step_dc_show(struct request *request)
{
	const struct container *container;

	if (!query_answered(request))
		return;
	container = named(request, "name");
	if (container)
		answer(request, NULL,
		       report_container(request->verbs->daemon, container));
}

/* The error that goes with data of which some nodes' part is missing. */
static json_t *missing_error(struct request *request, ...)
{
	const struct query *query = request->query;
	json_t *nodes = json_array(), *error;
	va_list args;

	for (uint32_t i = 0; i < query->count; i++)
		if (!query->answers[i].complete || query->answers[i].cut)
			json_array_append_new(nodes, json_integer(
				query->answers[i].node));
	if (!json_array_size(nodes)) {
		json_decref(nodes);
		return NULL;
	}
	va_start(args, request);
	error = error_object(DVSD_E_INCOMPLETE, nodes,
			     "some nodes did not answer in time or had too much to say: see \"missing\"",
			     args);
	va_end(args);
	return error;
}

static void start_endpoints(struct request *request)
{
	if (json_object_get(request->fields, "dc") && !has_name(request, "dc"))
		return;
	start_query(request, QUERY_ENDPOINTS);
}

static void step_endpoints(struct request *request)
{
	const struct container *container = NULL;

	if (!query_answered(request))
		return;
	if (json_object_get(request->fields, "dc")) {
		container = named(request, "dc");
		if (!container)
			return;
	}
	answer(request, missing_error(request),
	       report_endpoints(request->verbs->daemon, request->query,
				container ? container->dcid : 0));
}

static void start_links(struct request *request)
{
	start_query(request, QUERY_LINKS);
}

static void step_links(struct request *request)
{
	if (query_answered(request))
		answer(request, missing_error(request),
		       report_links(request->verbs->daemon, request->query));
}

static void start_status(struct request *request)
{
	answer(request, NULL, status_data(request->verbs->daemon));
}

/* --- changing ------------------------------------------------------------- */

static void submit(struct request *request, const struct buf *command)
{
	struct daemon *daemon = request->verbs->daemon;

	request->sequence = agree_submit(&daemon->agree, now_ms(),
					 command->data, command->len);
	if (!request->sequence)
		fail(request, DVSD_E_BUSY, NULL,
		     "too many commands wait to be agreed on: try again");
}

/* An integer in [1, max]; @value keeps the default when it is absent. */
static bool read_limit(struct request *request, const char *field,
		       uint32_t *value)
{
	json_t *limit = json_object_get(request->fields, field);

	if (!limit)
		return true;
	if (!json_is_integer(limit) || json_integer_value(limit) < 1 ||
	    json_integer_value(limit) > INT32_MAX) {
		fail(request, DVSD_E_USAGE, NULL,
		     "\"%s\" must be an integer from 1 to %d", field,
		     INT32_MAX);
		return false;
	}
	*value = json_integer_value(limit);
	return true;
}

static bool read_nodes(struct request *request, uint32_t *nodes,
		       uint32_t *count)
{
	const struct state *state = request->verbs->daemon->agree.state;
	json_t *list = json_object_get(request->fields, "nodes"), *node;
	size_t i;

	*count = 0;
	if (!list) {
		for (i = 0; i < state->elector_count; i++)
			nodes[(*count)++] = state->electors[i].node;
		return true;
	}
	if (!json_is_array(list) || !json_array_size(list) ||
	    json_array_size(list) > NODES_MAX) {
		fail(request, DVSD_E_USAGE, NULL,
		     "\"nodes\" must be a list of 1 to %d node numbers",
		     NODES_MAX);
		return false;
	}
	json_array_foreach(list, i, node) {
		json_int_t number = json_integer_value(node);

		if (number < 1 || number > 65535 ||
		    !state_elector(state, number)) {
			fail(request, DVSD_E_NOT_FOUND, NULL,
			     "node %lld: there is no such node in the cluster",
			     (long long)number);
			return false;
		}
		nodes[(*count)++] = number;
	}
	return true;
}

static void start_dc_create(struct request *request)
{
	struct daemon *daemon = request->verbs->daemon;
	uint32_t endpoints = DVSD_ENDPOINT_LIMIT, calls = DVSD_CALL_LIMIT;
	uint32_t nodes[NODES_MAX], count;
	AUTO_BUF command = {};

	if (!has_name(request, "name") ||
	    !read_limit(request, "endpoint_limit", &endpoints) ||
	    !read_limit(request, "call_limit", &calls))
		return;
	if (!agree_running(&daemon->agree)) {
		fail_no_quorum(request);
		return;
	}
	if (!read_nodes(request, nodes, &count))
		return;
	command_dc_create(&command,
			  json_string_value(json_object_get(request->fields,
							    "name")),
			  nodes, count, endpoints, calls);
	submit(request, &command);
}

static const char *request_name(const struct request *request)
{
	return json_string_value(json_object_get(request->fields, "name"));
}

static void fail_command(struct request *request)
{
	const char *name = request_name(request);

	switch (request->result.error) {
	case EEXIST:
		fail(request, DVSD_E_EXISTS, NULL, "dc %s: it exists already",
		     name);
		break;
	case EBUSY:
		fail(request, DVSD_E_BUSY, NULL,
		     "dc %s: one of this name is being deleted: try again",
		     name);
		break;
	case ENOENT:
		fail(request, DVSD_E_NOT_FOUND, NULL,
		     "dc %s: there is no such container", name);
		break;
	case ENXIO:
		fail(request, DVSD_E_NOT_FOUND, NULL,
		     "dc %s: a node is not in the cluster", name);
		break;
	case ENOSPC:
		fail(request, DVSD_E_LIMIT, NULL,
		     "dc %s: there are %d containers already: delete one",
		     name, CONTAINERS_MAX);
		break;
	default:
		fail(request, DVSD_E_FAILED, NULL, "dc %s: %s", name,
		     strerror(request->result.error));
	}
}

static json_t *parts_in(const struct container *container,
			enum part_state reached)
{
	json_t *nodes = json_array();

	for (uint32_t i = 0; i < container->part_count; i++)
		if (container->parts[i].state == reached)
			json_array_append_new(nodes, json_integer(
				container->parts[i].node));
	return nodes;
}

static void step_dc_create(struct request *request)
{
	struct daemon *daemon = request->verbs->daemon;
	struct container *container;
	json_t *failed;

	if (!request->decided)
		return;
	if (request->result.error) {
		fail_command(request);
		return;
	}
	container = state_container(daemon->agree.state,
				    request->result.value);
	if (!container || container->deleting) {
		fail(request, DVSD_E_NOT_FOUND, NULL,
		     "dc %s: it was created, and has been deleted since",
		     request_name(request));
		return;
	}
	if (!agree_running(&daemon->agree) ||
	    !container_settled(daemon->agree.state, container, false))
		return;
	failed = parts_in(container, PART_FAILED);
	if (json_array_size(failed)) {
		fail(request, DVSD_E_FAILED, failed,
		     "dc %s: it was created, but not on all of its nodes: see \"dvsctl dc show %s\"",
		     container->name, container->name);
		return;
	}
	json_decref(failed);
	answer(request, NULL, report_container(daemon, container));
}

static void expire_command(struct request *request)
{
	struct daemon *daemon = request->verbs->daemon;
	const struct container *container = NULL;

	if (request->decided)
		container = state_container(daemon->agree.state,
					    request->result.value);
	if (container)
		fail(request, DVSD_E_TIMEOUT,
		     parts_in(container, PART_PENDING),
		     "dc %s: it is agreed on, but not done on all nodes after %llu ms: see \"dvsctl dc show %s\"",
		     request_name(request),
		     (unsigned long long)request->timeout,
		     request_name(request));
	else
		fail(request, DVSD_E_TIMEOUT, NULL,
		     "dc %s: not agreed on within %llu ms: it may still happen, see \"dvsctl dc list\"",
		     request_name(request),
		     (unsigned long long)request->timeout);
}

static void start_dc_delete(struct request *request)
{
	AUTO_BUF command = {};

	if (!has_name(request, "name"))
		return;
	if (!agree_running(&request->verbs->daemon->agree)) {
		fail_no_quorum(request);
		return;
	}
	command_dc_delete(&command, request_name(request));
	submit(request, &command);
}

static void step_dc_delete(struct request *request)
{
	char id[17];

	if (!request->decided)
		return;
	if (request->result.error) {
		fail_command(request);
		return;
	}
	if (state_container(request->verbs->daemon->agree.state,
			    request->result.value))
		return;
	format_id(id, request->result.value);
	answer(request, NULL, json_pack("{s:s, s:s}", "name",
					request_name(request), "dcid", id));
}

/* --- requests ------------------------------------------------------------- */

static const struct verb verb_table[] = {
	{ "status", "show", false, start_status, NULL, NULL },
	{ "node", "list", false, start_read, step_nodes, expire_read },
	{ "dc", "create", true, start_dc_create, step_dc_create,
	  expire_command },
	{ "dc", "delete", true, start_dc_delete, step_dc_delete,
	  expire_command },
	{ "dc", "list", false, start_read, step_dc_list, expire_read },
	{ "dc", "show", false, start_dc_show, step_dc_show, expire_read },
	{ "endpoint", "list", false, start_endpoints, step_endpoints,
	  expire_read },
	{ "link", "list", false, start_links, step_links, expire_read },
};

static const struct verb *find_verb(json_t *fields)
{
	const char *object = json_string_value(json_object_get(fields,
							       "object"));
	const char *word = json_string_value(json_object_get(fields, "verb"));

	if (!object || !word)
		return NULL;
	for (size_t i = 0; i < sizeof(verb_table) / sizeof(*verb_table); i++)
		if (!strcmp(verb_table[i].object, object) &&
		    !strcmp(verb_table[i].verb, word))
			return &verb_table[i];
	return NULL;
}

static bool read_timeout(struct request *request)
{
	json_t *timeout = json_object_get(request->fields, "timeout_ms");
	json_int_t ms = DVSD_TIMEOUT_DEFAULT_MS;

	if (timeout)
		ms = json_integer_value(timeout);
	if (ms < DVSD_TIMEOUT_MIN_MS || ms > DVSD_TIMEOUT_MAX_MS) {
		fail(request, DVSD_E_USAGE, NULL,
		     "\"timeout_ms\" must be an integer from %d to %d",
		     DVSD_TIMEOUT_MIN_MS, DVSD_TIMEOUT_MAX_MS);
		return false;
	}
	request->timeout = ms;
	request->deadline = now_ms() + ms;
	return true;
}

/* Whether the request may be started; else it is answered. */
static bool admit(struct request *request)
{
	json_t *version = json_object_get(request->fields, "version");

	if (!json_is_object(request->fields) || !json_is_integer(version)) {
		fail(request, DVSD_E_USAGE, NULL,
		     "the request is no JSON object with a \"version\"");
		return false;
	}
	if (json_integer_value(version) != DVSD_PROTOCOL) {
		fail(request, DVSD_E_VERSION, NULL,
		     "the client speaks version %lld of the protocol, this dvsd version %d: use those of one release",
		     (long long)json_integer_value(version), DVSD_PROTOCOL);
		return false;
	}
	request->verb = find_verb(request->fields);
	if (!request->verb) {
		fail(request, DVSD_E_USAGE, NULL,
		     "\"object\" and \"verb\" name nothing this dvsd can do");
		return false;
	}
	if (request->verb->change && client_uid(request->client)) {
		fail(request, DVSD_E_PERMISSION, NULL,
		     "%s %s: only root may do that", request->verb->object,
		     request->verb->verb);
		return false;
	}
	return read_timeout(request);
}

static void step(struct request *request)
{
	if (request->client && request->verb->step)
		request->verb->step(request);
}

static void reap(struct verbs *verbs)
{
	struct request **at = &verbs->requests;

	while (*at) {
		struct request *request = *at;

		if (request->client) {
			at = &request->next;
			continue;
		}
		*at = request->next;
		if (request->query)
			query_free(verbs->daemon->queries, request->query);
		json_decref(request->fields);
		free(request);
	}
}

void verbs_request(struct verbs *verbs, struct client *client,
		   json_t *fields)
{
	struct request *request = xalloc(sizeof(*request));

	request->verbs = verbs;
	request->client = client;
	request->fields = json_incref(fields);
	request->next = verbs->requests;
	verbs->requests = request;
	if (admit(request)) {
		request->verb->start(request);
		step(request);
	}
	reap(verbs);
	corosync_tick(verbs->daemon->corosync);
}

void verbs_forget(struct verbs *verbs, struct client *client)
{
	for (struct request *request = verbs->requests; request;
	     request = request->next)
		if (request->client == client)
			request->client = NULL;
	reap(verbs);
}

void verbs_done(struct verbs *verbs, uint64_t sequence,
		const struct result *result)
{
	for (struct request *request = verbs->requests; request;
	     request = request->next) {
		if (request->sequence != sequence)
			continue;
		request->decided = true;
		request->result = *result;
	}
}

void verbs_flush(struct verbs *verbs)
{
	for (struct request *request = verbs->requests; request;
	     request = request->next)
		step(request);
	reap(verbs);
}

void verbs_tick(struct verbs *verbs)
{
	uint64_t now = now_ms();

	for (struct request *request = verbs->requests; request;
	     request = request->next) {
		step(request);
		if (request->client && now >= request->deadline)
			request->verb->expire(request);
	}
	reap(verbs);
}

struct verbs *verbs_new(struct daemon *daemon)
{
	struct verbs *verbs = xalloc(sizeof(*verbs));

	verbs->daemon = daemon;
	return verbs;
}

void verbs_free(struct verbs *verbs)
{
	for (struct request *request = verbs->requests; request;
	     request = request->next)
		request->client = NULL;
	reap(verbs);
	free(verbs);
}
