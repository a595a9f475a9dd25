// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl: manage distributed containers. The table of verbs, and the way to one.
 */
#include "dvsctl.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

#define OPTION(name)	(1u << OPTION_##name)

const struct verb verbs[] = {
	{ "status", NULL, "", 0, 0, 0, false, false,
	  "show the state of the cluster as this node sees it",
	  "Says what dvsd is waiting for when it is not running. Exit status 4 then.",
	  status_show },
	{ "node", "list", "", 0, 0, 0, false, false,
	  "list the nodes of the cluster", NULL, node_list },
	{ "dc", "create", "NAME", 1, 1,
	  OPTION(NODES) | OPTION(ENDPOINT_LIMIT) | OPTION(CALL_LIMIT), false, false,
	  "create a container over all nodes, or some",
	  "Returns when the container exists on all of its nodes that are there.", dc_create },
	{ "dc", "delete", "NAME", 1, 1, 0, false, true,
	  "delete a container",
	  "Its endpoints are closed and its calls end. Returns when that is done on every node.",
	  dc_delete },
	{ "dc", "list", "", 0, 0, 0, false, false,
	  "list the containers", NULL, dc_list },
	{ "dc", "show", "NAME", 1, 1, 0, false, true,
	  "show a container, its parts and who owns its slots", NULL, dc_show },
	{ "endpoint", "list", "[NAME]", 0, 1, 0, false, true,
	  "list the bound endpoints of all containers, or of one", NULL, endpoint_list },
	{ "link", "list", "", 0, 0, 0, false, false,
	  "list the links between nodes, as each end sees them", NULL, link_list },
	{ "exec", NULL, "NAME [--] PROGRAM [ARGUMENT]...", 2, INT_MAX, 0, true, true,
	  "run a program in a container, on this node",
	  "The program takes the place of dvsctl; its exit status is that of the command.",
	  exec_program },
	{ NULL }
};

enum { GLOBAL_JSON = 'j', GLOBAL_TIMEOUT = 't', GLOBAL_HELP = 'h', GLOBAL_VERSION = 'V',
       VERB_OPTION = 256 };

/* Seconds with a fraction, at least the shortest time dvsd accepts. */
static bool parse_timeout(const char *text, int *timeout_ms)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (errno || end == text || *end || !(seconds >= 0.2) ||
	    seconds > DVSD_TIMEOUT_MAX_MS / 1000.0)
		return false;
	*timeout_ms = (int)(seconds * 1000);
	return true;
}

/* Long options: the global ones, and those of the verb. */
static void list_options(const struct verb *verb, struct option *options)
{
	static const struct option global[] = {
		{ "json", no_argument, NULL, GLOBAL_JSON },
		{ "timeout", required_argument, NULL, GLOBAL_TIMEOUT },
		{ "help", no_argument, NULL, GLOBAL_HELP },
		{ "version", no_argument, NULL, GLOBAL_VERSION },
	};
	size_t count = sizeof(global) / sizeof(global[0]);
	int i;

	memcpy(options, global, sizeof(global));
	for (i = 0; verb && i < OPTION_COUNT; i++)
		if (verb->options & 1u << i)
			options[count++] = (struct option){ option_texts[i].name,
							    required_argument, NULL,
							    VERB_OPTION + i };
	options[count] = (struct option){ 0 };
}

/*
 * Take the options after argv[0], in front of the next word that is none (@stop)
 * or all up to the end; optind is the word after them. Returns -1 to go on, or
 * an exit status.
 */
static int parse_options(struct context *context, int argc, char **argv, bool stop,
			 const char *object, bool *help)
{
	struct option options[8 + OPTION_COUNT];
	int c;

	list_options(context->verb, options);
	opterr = 0;
	optind = 0;	/* glibc: begin anew, with another order of words */
	while ((c = getopt_long(argc, argv, stop ? "+:jt:hV" : ":jt:hV", options, NULL)) != -1) {
		if (c >= VERB_OPTION) {
			context->option[c - VERB_OPTION] = optarg;
			continue;
		}
		switch (c) {
		case GLOBAL_JSON:
			context->json = true;
			break;
		case GLOBAL_TIMEOUT:
			if (!parse_timeout(optarg, &context->timeout_ms))
				return report_error(context, "usage",
						    "--timeout %s: not a number of seconds from 0.2 to %d",
						    optarg, DVSD_TIMEOUT_MAX_MS / 1000);
			break;
		case GLOBAL_HELP:
			*help = true;
			break;
		case GLOBAL_VERSION:
			printf("dvsctl %s, protocol %d\n", DVS_VERSION, DVSD_PROTOCOL);
			return report_finish();
		case ':':
			return report_error(context, "usage",
					    "option '%s' needs an argument (see 'dvsctl%s%s --help')",
					    argv[optind - 1], *object ? " " : "", object);
		default:
			return report_error(context, "usage",
					    "unknown option '%s' (see 'dvsctl%s%s --help')",
					    argv[optind - 1], *object ? " " : "", object);
		}
	}
	return -1;
}

static bool is_object(const char *word)
{
	const struct verb *verb;

	for (verb = verbs; verb->object; verb++)
		if (!strcmp(verb->object, word))
			return true;
	return false;
}

static const struct verb *find_verb(const char *object, const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->object; verb++)
		if (!strcmp(verb->object, object) &&
		    (!verb->name || (name && !strcmp(verb->name, name))))
			return verb;
	return NULL;
}

static int run_verb(struct context *context, int argc, char **argv, bool help)
{
	const struct verb *verb = context->verb;
	int status;

	status = parse_options(context, argc, argv, verb->program, verb->object, &help);
	if (status >= 0)
		return status;
	if (help) {
		usage_verb(verb);
		return report_finish();
	}
	argc -= optind;
	argv += optind;
	/* "exec NAME -- PROGRAM": getopt has only seen what is in front of NAME. */
	if (verb->program && argc > 1 && !strcmp(argv[1], "--")) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	if (argc < verb->min || argc > verb->max)
		return report_error(context, "usage",
				    argc < verb->min ?
				    "%s%s%s: an argument is missing; usage: dvsctl %s%s%s %s" :
				    "%s%s%s: too many arguments; usage: dvsctl %s%s%s %s",
				    verb->object, verb->name ? " " : "", verb->name ?: "",
				    verb->object, verb->name ? " " : "", verb->name ?: "",
				    verb->arguments);

	report_arm_timeout(context);
	status = verb->run(context, argc, argv);
	if (status == EXIT_OK)
		status = report_finish();
	return status;
}

int main(int argc, char **argv)
{
	struct context context = { .timeout_ms = 10000 };
	const char *object = "", *name = NULL;
	bool help = false;
	int status;

	if (argc > 1 && !strcmp(argv[1], "__complete"))
		return complete(&context, argc - 2, argv + 2);

	status = parse_options(&context, argc, argv, true, object, &help);
	if (status >= 0)
		return status;
	if (optind == argc) {
		if (help) {
			usage_all();
			return report_finish();
		}
		return report_error(&context, "usage",
				    "say what to do, such as 'dvsctl status' (see 'dvsctl --help')");
	}

	argc -= optind;
	argv += optind;
	object = argv[0];
	if (!is_object(object))
		return report_error(&context, "usage",
				    "unknown object '%s' (see 'dvsctl --help')", object);
	if (find_verb(object, NULL)) {
		context.verb = find_verb(object, NULL);
		return run_verb(&context, argc, argv, help);
	}

	status = parse_options(&context, argc, argv, true, object, &help);
	if (status >= 0)
		return status;
	if (optind == argc) {
		if (help) {
			usage_object(object);
			return report_finish();
		}
		return report_error(&context, "usage",
				    "%s: say what to do with it (see 'dvsctl %s --help')",
				    object, object);
	}
	argc -= optind;
	argv += optind;
	name = argv[0];
	context.verb = find_verb(object, name);
	if (!context.verb)
		return report_error(&context, "usage",
				    "%s: unknown verb '%s' (see 'dvsctl %s --help')",
				    object, name, object);
	return run_verb(&context, argc, argv, help);
}
