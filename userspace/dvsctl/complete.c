// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl __complete WORD...: the words that may follow, one a line, for the
 * completion of a shell. Says nothing where it does not know.
 */
#include "dvsctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

static void print_containers(struct context *context)
{
	const struct verb *verb;
	json_t *answer, *dc;
	size_t i;

	for (verb = verbs; verb->object; verb++)
		if (verb->run == dc_list)
			context->verb = verb;
	/* A shell that waits for a word waits for nothing else. */
	context->timeout_ms = 300;
	if (!freopen("/dev/null", "w", stderr))
		return;
	report_arm_timeout(context);
	if (request(context, "dc", "list", json_object(), &answer))
		return;
	report_disarm_timeout();
	json_array_foreach(json_object_get(answer, "data"), i, dc)
		printf("%s\n", text_of(dc, "name"));
	json_decref(answer);
}

static void print_options(const struct verb *verb)
{
	int i;

	printf("--json\n--timeout\n--help\n--version\n");
	for (i = 0; verb && i < OPTION_COUNT; i++)
		if (verb->options & 1u << i)
			printf("--%s\n", option_texts[i].name);
}

/* Is the word an option that takes the next word? */
static bool takes_word(const char *word)
{
	int i;

	if (!strcmp(word, "-t") || !strcmp(word, "--timeout"))
		return true;
	for (i = 0; i < OPTION_COUNT; i++)
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, option_texts[i].name))
			return true;
	return false;
}

int complete(struct context *context, int argc, char **argv)
{
	const char *object = NULL, *last = argc ? argv[argc - 1] : "";
	const struct verb *verb, *found = NULL;
	int i, arguments = 0;

	/* The last word is the one to complete, the others are given. */
	for (i = 0; i < argc - 1; i++) {
		if (takes_word(argv[i])) {
			i++;
			if (i == argc - 1)
				return EXIT_OK;
		} else if (argv[i][0] == '-' || !*argv[i]) {
			continue;
		} else if (!object) {
			object = argv[i];
			for (verb = verbs; verb->object; verb++)
				if (!verb->name && !strcmp(verb->object, object))
					found = verb;
		} else if (!found) {
			for (verb = verbs; verb->object; verb++)
				if (!strcmp(verb->object, object) && !strcmp(verb->name ?: "", argv[i]))
					found = verb;
			if (!found)
				return EXIT_OK;
		} else {
			arguments++;
		}
	}

	if (*last == '-') {
		print_options(found);
	} else if (!object) {
		for (verb = verbs; verb->object; verb++)
			if (verb == verbs || strcmp(verb->object, verb[-1].object))
				printf("%s\n", verb->object);
	} else if (!found) {
		for (verb = verbs; verb->object; verb++)
			if (verb->name && !strcmp(verb->object, object))
				printf("%s\n", verb->name);
	} else if (found->dc_first && !arguments) {
		print_containers(context);
	}
	return report_finish();
}
