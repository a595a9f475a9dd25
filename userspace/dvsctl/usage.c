// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --help on every level, from the table of verbs.
 */
#include "dvsctl.h"

#include <stdio.h>
#include <string.h>

const struct option_text option_texts[OPTION_COUNT] = {
	[OPTION_NODES] = { "nodes", "N,N...", "nodes of the container (default: all)" },
	[OPTION_ENDPOINT_LIMIT] = { "endpoint-limit", "N",
				    "endpoints each node may bind in it" },
	[OPTION_CALL_LIMIT] = { "call-limit", "N", "calls that may be open in it on each node" },
};

static void print_verb_line(const struct verb *verb)
{
	char *words = format_text("%s%s%s%s%s", verb->object, verb->name ? " " : "",
				  verb->name ?: "", *verb->arguments ? " " : "",
				  verb->arguments);

	printf("  %-40s %s\n", words, verb->summary);
	free(words);
}

static void print_global_options(void)
{
	printf("\nOptions everywhere:\n"
	       "  -j, --json               print one JSON document\n"
	       "  -t, --timeout SECONDS    give up after this time (default 10)\n"
	       "  -h, --help               explain\n"
	       "  -V, --version            print the version\n");
}

void usage_all(void)
{
	const struct verb *verb;

	printf("usage: dvsctl [OPTION]... OBJECT VERB [ARGUMENT]...\n\n"
	       "Manage the distributed containers of a cluster, from any of its nodes.\n\n");
	for (verb = verbs; verb->object; verb++)
		print_verb_line(verb);
	print_global_options();
	printf("\nExit status: 0 done, 1 failed, 2 usage, 3 no daemon, 4 no quorum, 5 not found,\n"
	       "6 exists or busy, 7 permission, 8 timeout with unknown outcome, 9 version mismatch.\n");
}

void usage_object(const char *object)
{
	const struct verb *verb;

	printf("usage: dvsctl [OPTION]... %s VERB [ARGUMENT]...\n\n", object);
	for (verb = verbs; verb->object; verb++)
		if (!strcmp(verb->object, object))
			print_verb_line(verb);
	print_global_options();
}

void usage_verb(const struct verb *verb)
{
	int i;

	printf("usage: dvsctl [OPTION]... %s%s%s%s%s\n\n", verb->object, verb->name ? " " : "",
	       verb->name ?: "", *verb->arguments ? " " : "", verb->arguments);
	printf("%c%s.\n", verb->summary[0] - 'a' + 'A', verb->summary + 1);
	if (verb->details)
		printf("%s\n", verb->details);
	if (verb->options)
		printf("\nOptions:\n");
	for (i = 0; i < OPTION_COUNT; i++) {
		char *words;

		if (!(verb->options & 1u << i))
			continue;
		words = format_text("--%s %s", option_texts[i].name, option_texts[i].argument);
		printf("      %-20s %s\n", words, option_texts[i].text);
		free(words);
	}
	print_global_options();
}
