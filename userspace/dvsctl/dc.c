// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl dc
 */
#include "dvsctl.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "protocol.h"

static const struct column list_columns[] = {
	{ "NAME", "name" },
	{ "DCID", "dcid" },
	{ "STATE", "state" },
	{ "NODES", "nodes" },
	{ "MAP", "map_version", .right = true },
	{ "ENDPOINT LIMIT", "endpoint_limit", .right = true },
	{ "CALL LIMIT", "call_limit", .right = true },
	{ NULL }
};

static const struct column part_columns[] = {
	{ "NODE", "node", .right = true },
	{ "STATE", "state" },
	{ "ERROR", "error" },
	{ NULL }
};

static char *format_slots(const json_t *row)
{
	long long first = number_of(row, "first"), last = number_of(row, "last");

	if (first == last)
		return format_text("%lld", first);
	return format_text("%lld-%lld", first, last);
}

static const struct column slot_columns[] = {
	{ "SLOTS", "first", format_slots },
	{ "OWNER", "node", .right = true },
	{ "EPOCH", "epoch", .right = true },
	{ "FLOOR", "generation_floor", .right = true },
	{ "CEILING", "generation_ceiling", .right = true },
	{ NULL }
};

/* A number from 1 to @max, all of the text; 0 when it is none. */
static long long parse_number(const char *text, size_t length, long long max)
{
	long long number = 0;

	if (!length)
		return 0;
	for (; length; length--, text++) {
		if (*text < '0' || *text > '9')
			return 0;
		number = number * 10 + (*text - '0');
		if (number > max)
			return 0;
	}
	return number;
}

static int add_nodes(const struct context *context, json_t *fields)
{
	const char *text = context->option[OPTION_NODES];
	json_t *nodes = json_array();

	for (;;) {
		size_t length = strcspn(text, ",");
		long long node = parse_number(text, length, UINT16_MAX);

		if (!node) {
			json_decref(nodes);
			return report_error(context, "usage",
					    "--nodes %s: not a list of node numbers such as 1,2,3",
					    context->option[OPTION_NODES]);
		}
		json_array_append_new(nodes, json_integer(node));
		if (!text[length])
			break;
		text += length + 1;
	}
	json_object_set_new(fields, "nodes", nodes);
	return EXIT_OK;
}

static int add_limit(const struct context *context, json_t *fields, enum verb_option option,
		     const char *key)
{
	const char *text = context->option[option];
	long long limit;

	if (!text)
		return EXIT_OK;
	limit = parse_number(text, strlen(text), UINT32_MAX);
	if (!limit)
		return report_error(context, "usage", "--%s %s: not a number above 0",
				    option_texts[option].name, text);
	json_object_set_new(fields, key, json_integer(limit));
	return EXIT_OK;
}

/* Ask about the container NAME. */
static int request_named(struct context *context, const char *verb, const char *name,
			 json_t **answer)
{
	json_t *fields = json_pack("{s:s}", "name", name);
	int status;

	if (!fields)
		return report_error(context, "usage", "the name is not valid UTF-8");
	status = request(context, "dc", verb, fields, answer);
	if (status) {
		json_decref(*answer);
		*answer = NULL;
	}
	return status;
}

int dc_create(struct context *context, int argc, char **argv)
{
	json_t *fields = json_pack("{s:s}", "name", argv[0]);
	int status = EXIT_OK;
	json_t *answer;

	(void)argc;
	if (!fields)
		return report_error(context, "usage", "the name is not valid UTF-8");
	if (context->option[OPTION_NODES])
		status = add_nodes(context, fields);
	if (!status)
		status = add_limit(context, fields, OPTION_ENDPOINT_LIMIT, "endpoint_limit");
	if (!status)
		status = add_limit(context, fields, OPTION_CALL_LIMIT, "call_limit");
	if (status) {
		json_decref(fields);
		return status;
	}

	status = request(context, "dc", "create", fields, &answer);
	if (status) {
		json_decref(answer);
		return status;
	}
	if (context->json) {
		status = report_json(answer);
	} else {
		const json_t *data = json_object_get(answer, "data");
		char *nodes = join_numbers(json_object_get(data, "nodes"));

		printf("container %s (%s) created on nodes %s\n", text_of(data, "name"),
		       text_of(data, "dcid"), nodes);
		free(nodes);
	}
	json_decref(answer);
	return status;
}

int dc_delete(struct context *context, int argc, char **argv)
{
	json_t *answer;
	int status;

	(void)argc;
	status = request_named(context, "delete", argv[0], &answer);
	if (status)
		return status;
	if (context->json)
		status = report_json(answer);
	else
		printf("container %s deleted\n", argv[0]);
	json_decref(answer);
	return status;
}

int dc_list(struct context *context, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return list(context, "dc", json_object(), NULL, list_columns);
}

static int print_dc(const json_t *data)
{
	char *nodes = join_numbers(json_object_get(data, "nodes"));
	int status;

	printf("Container       %s (%s)\n", text_of(data, "name"), text_of(data, "dcid"));
	printf("State           %s\n", text_of(data, "state"));
	printf("Nodes           %s\n", nodes);
	printf("Slot map        version %lld\n", number_of(data, "map_version"));
	printf("Limits          %lld endpoints, %lld calls on each node\n\n",
	       number_of(data, "endpoint_limit"), number_of(data, "call_limit"));
	free(nodes);
	status = print_table(json_object_get(data, "parts"), part_columns);
	if (status)
		return status;
	putchar('\n');
	return print_table(json_object_get(data, "slots"), slot_columns);
}

int dc_show(struct context *context, int argc, char **argv)
{
	json_t *answer;
	int status;

	(void)argc;
	status = request_named(context, "show", argv[0], &answer);
	if (status)
		return status;
	if (context->json)
		status = report_json(answer);
	else
		status = print_dc(json_object_get(answer, "data"));
	json_decref(answer);
	return status;
}
