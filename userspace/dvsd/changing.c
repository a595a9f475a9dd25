// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verbs that change the state: each gives a command, waits until it is
 * applied, and then until the nodes have done what follows from it.
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void submit(struct request *request, const struct buf *command)
{
	struct daemon *daemon = request->daemon;

	request->sequence = agree_submit(&daemon->agree, now_ms(),
					 command->data, command->len);
	if (!request->sequence)
		request_fail(
			request, DVSD_E_BUSY, NULL,
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
		request_fail(request, DVSD_E_USAGE, NULL,
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
	const struct state *state = request->daemon->agree.state;
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
		request_fail(request, DVSD_E_USAGE, NULL,
			     "\"nodes\" must be a list of 1 to %d node numbers",
			     NODES_MAX);
		return false;
	}
	json_array_foreach(list, i, node)
	{
		json_int_t number = json_integer_value(node);

		if (number < 1 || number > 65535 ||
		    !state_elector(state, number)) {
			request_fail(
				request, DVSD_E_NOT_FOUND, NULL,
				"node %lld: there is no such node in the cluster",
				(long long)number);
			return false;
		}
		nodes[(*count)++] = number;
	}
	return true;
}

void start_dc_create(struct request *request)
{
	struct daemon *daemon = request->daemon;
	uint32_t endpoints = DVSD_ENDPOINT_LIMIT, calls = DVSD_CALL_LIMIT;
	uint32_t nodes[NODES_MAX], count;
	AUTO_BUF command = {};

	if (!request_has_name(request, "name") ||
	    !read_limit(request, "endpoint_limit", &endpoints) ||
	    !read_limit(request, "call_limit", &calls))
		return;
	if (!agree_running(&daemon->agree)) {
		request_fail_no_quorum(request);
		return;
	}
	if (!read_nodes(request, nodes, &count))
		return;
	command_dc_create(
		&command,
		json_string_value(json_object_get(request->fields, "name")),
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
		request_fail(request, DVSD_E_EXISTS, NULL,
			     "dc %s: it exists already", name);
		break;
	case EBUSY:
		request_fail(
			request, DVSD_E_BUSY, NULL,
			"dc %s: one of this name is being deleted: try again",
			name);
		break;
	case ENOENT:
		request_fail(request, DVSD_E_NOT_FOUND, NULL,
			     "dc %s: there is no such container", name);
		break;
	case ENXIO:
		request_fail(request, DVSD_E_NOT_FOUND, NULL,
			     "dc %s: a node is not in the cluster", name);
		break;
	case ENOSPC:
		request_fail(
			request, DVSD_E_LIMIT, NULL,
			"dc %s: there are %d containers already: delete one",
			name, CONTAINERS_MAX);
		break;
	default:
		request_fail(request, DVSD_E_FAILED, NULL, "dc %s: %s", name,
			     strerror(request->result.error));
	}
}

static json_t *parts_in(const struct container *container,
			enum part_state reached)
{
	json_t *nodes = json_array();

	for (uint32_t i = 0; i < container->part_count; i++)
		if (container->parts[i].state == reached)
			json_array_append_new(
				nodes, json_integer(container->parts[i].node));
	return nodes;
}

void step_dc_create(struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct container *container;
	json_t *failed;

	if (!request->decided)
		return;
	if (request->result.error) {
		fail_command(request);
		return;
	}
	container = state_container(daemon->agree.state, request->result.value);
	if (!container || container->deleting) {
		request_fail(
			request, DVSD_E_NOT_FOUND, NULL,
			"dc %s: it was created, and has been deleted since",
			request_name(request));
		return;
	}
	if (!agree_running(&daemon->agree) ||
	    !container_settled(daemon->agree.state, container, false))
		return;
	failed = parts_in(container, PART_FAILED);
	if (json_array_size(failed)) {
		request_fail(
			request, DVSD_E_FAILED, failed,
			"dc %s: it was created, but not on all of its nodes: see \"dvsctl dc show %s\"",
			container->name, container->name);
		return;
	}
	json_decref(failed);
	request_answer(request, NULL, report_container(daemon, container));
}

void expire_command(struct request *request)
{
	struct daemon *daemon = request->daemon;
	const struct container *container = NULL;

	if (request->decided)
		container = state_container(daemon->agree.state,
					    request->result.value);
	if (container)
		request_fail(
			request, DVSD_E_TIMEOUT,
			parts_in(container, PART_PENDING),
			"dc %s: it is agreed on, but not done on all nodes after %llu ms: see \"dvsctl dc show %s\"",
			request_name(request),
			(unsigned long long)request->timeout,
			request_name(request));
	else
		request_fail(
			request, DVSD_E_TIMEOUT, NULL,
			"dc %s: not agreed on within %llu ms: it may still happen, see \"dvsctl dc list\"",
			request_name(request),
			(unsigned long long)request->timeout);
}

void start_dc_delete(struct request *request)
{
	AUTO_BUF command = {};

	if (!request_has_name(request, "name"))
		return;
	if (!agree_running(&request->daemon->agree)) {
		request_fail_no_quorum(request);
		return;
	}
	command_dc_delete(&command, request_name(request));
	submit(request, &command);
}

void step_dc_delete(struct request *request)
{
	char id[17];

	if (!request->decided)
		return;
	if (request->result.error) {
		fail_command(request);
		return;
	}
	if (state_container(request->daemon->agree.state,
			    request->result.value))
		return;
	format_id(id, request->result.value);
	request_answer(request, NULL,
		       json_pack("{s:s, s:s}", "name", request_name(request),
				 "dcid", id));
}
