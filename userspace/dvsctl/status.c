// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl status
 */
#include "dvsctl.h"

#include <stdio.h>
#include <string.h>

static const struct column members[] = {
	{ "NODE", "node", .right = true },
	{ "NAME", "name" },
	{ "IN RING", "in_ring" },
	{ "IN VIEW", "in_view" },
	{ "SYNCED", "synced" },
	{ "SESSION", "session", .right = true },
	{ "ACKED", "acked", .right = true },
	{ NULL }
};

static void print_waiting(const json_t *waiting)
{
	char *nodes = join_numbers(json_object_get(waiting, "nodes"));

	printf("Waiting     for %s: %s", text_of(waiting, "for"), text_of(waiting, "text"));
	if (*nodes)
		printf(" (nodes %s)", nodes);
	putchar('\n');
	free(nodes);
}

static void print_quorum(const json_t *data)
{
	const json_t *electorate = json_object_get(data, "electorate");
	long long survived = number_of(electorate, "failures_survived");

	printf("Quorum      %s: %lld of %lld nodes present, %lld needed; ",
	       is_true(data, "quorate") ? "yes" : "no", number_of(electorate, "present"),
	       number_of(electorate, "size"), number_of(electorate, "majority"));
	if (survived > 0)
		printf("survives the loss of %lld\n", survived);
	else
		printf("survives no failure\n");
}

static void print_status(const json_t *data)
{
	const json_t *log = json_object_get(data, "log");
	const json_t *ring = json_object_get(data, "ring");

	printf("Cluster     %s (%s)\n", text_of(data, "cluster"), text_of(data, "cluster_id"));
	printf("Node        %lld %s, dvsd %s\n", number_of(data, "node"), text_of(data, "name"),
	       text_of(data, "daemon"));
	printf("Phase       %s\n", text_of(data, "phase"));
	if (json_is_object(json_object_get(data, "waiting")))
		print_waiting(json_object_get(data, "waiting"));
	print_quorum(data);
	printf("View        %lld, leader %lld, ring %lld.%llx\n", number_of(data, "view"),
	       number_of(data, "leader"), number_of(ring, "rep"),
	       (unsigned long long)number_of(ring, "seq"));
	printf("Log         %lld applied, %lld committed, %lld appended; state %s\n",
	       number_of(log, "applied"), number_of(log, "committed"),
	       number_of(log, "appended"), text_of(data, "hash"));
	putchar('\n');
}

int status_show(struct context *context, int argc, char **argv)
{
	const json_t *data;
	json_t *answer;
	int status;

	(void)argc;
	(void)argv;
	status = request(context, "status", "show", json_object(), &answer);
	if (status)
		return status;
	data = json_object_get(answer, "data");
	if (context->json) {
		status = report_json(answer);
	} else {
		print_status(data);
		status = print_table(json_object_get(data, "members"), members);
	}
	if (!status && strcmp(text_of(data, "phase"), "running"))
		status = EXIT_NO_QUORUM;
	json_decref(answer);
	return status;
}
