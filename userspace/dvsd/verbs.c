// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What clients can ask for: each request is checked, started, and looked at
 * again whenever something has changed, until it can be answered or its time is
 * up. The verbs themselves are in reading.c and changing.c.
 */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	return json_pack("{s:i, s:s, s:I, s:I, s:o, s:o}", "version",
			 DVSD_PROTOCOL, "cluster", daemon->cluster.name, "node",
			 (json_int_t)daemon->cluster.self, "revision",
			 (json_int_t)revision, "error",
			 error ? error : json_null(), "data",
			 data ? data : json_null());
}

void request_answer(struct request *request, json_t *error, json_t *data)
{
	struct client *client = request->client;

	request->client = NULL;
	client_answer(client, envelope(request->daemon, error, data));
}

static json_t *error_object(enum dvsd_error code, json_t *nodes,
			    const char *format, va_list args)
{
	char message[512];

	vsnprintf(message, sizeof(message), format, args);
	return json_pack("{s:s, s:s, s:b, s:o}", "code", errors[code].code,
			 "message", message, "retryable",
			 errors[code].retryable, "nodes",
			 nodes ? nodes : json_array());
}

json_t *request_error(enum dvsd_error code, json_t *nodes, const char *format,
		      ...)
{
	json_t *error;
	va_list args;

	va_start(args, format);
	error = error_object(code, nodes, format, args);
	va_end(args);
	return error;
}

void request_fail(struct request *request, enum dvsd_error code, json_t *nodes,
		  const char *format, ...)
{
	json_t *error;
	va_list args;

	va_start(args, format);
	error = error_object(code, nodes, format, args);
	va_end(args);
	request_answer(request, error, NULL);
}

void request_fail_no_quorum(struct request *request)
{
	request_fail(
		request, DVSD_E_NO_QUORUM, NULL,
		"this node is in no quorate view: see \"dvsctl status\" for what it waits for");
}

bool request_has_name(struct request *request, const char *field)
{
	const char *name =
		json_string_value(json_object_get(request->fields, field));

	if (name && container_name_valid(name))
		return true;
	request_fail(
		request, DVSD_E_USAGE, NULL,
		"\"%s\" must be a name of 1 to %d characters of [A-Za-z0-9._-], the first a letter or digit",
		field, DVSD_NAME_MAX);
	return false;
}

static void start_status(struct request *request)
{
	request_answer(request, NULL, status_data(request->daemon));
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
	const char *object =
		json_string_value(json_object_get(fields, "object"));
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
		request_fail(request, DVSD_E_USAGE, NULL,
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
		request_fail(
			request, DVSD_E_USAGE, NULL,
			"the request is no JSON object with a \"version\"");
		return false;
	}
	if (json_integer_value(version) != DVSD_PROTOCOL) {
		request_fail(
			request, DVSD_E_VERSION, NULL,
			"the client speaks version %lld of the protocol, this dvsd version %d: use those of one release",
			(long long)json_integer_value(version), DVSD_PROTOCOL);
		return false;
	}
	request->verb = find_verb(request->fields);
	if (!request->verb) {
		request_fail(
			request, DVSD_E_USAGE, NULL,
			"\"object\" and \"verb\" name nothing this dvsd can do");
		return false;
	}
	if (request->verb->change && client_uid(request->client)) {
		request_fail(request, DVSD_E_PERMISSION, NULL,
			     "%s %s: only root may do that",
			     request->verb->object, request->verb->verb);
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

void verbs_request(struct verbs *verbs, struct client *client, json_t *fields)
{
	struct request *request = xalloc(sizeof(*request));

	request->daemon = verbs->daemon;
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
	/* Whoever goes through the list now reaps it afterwards. */
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
