// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs-fetch: list and read everything a file service has, through nothing but
 * its slot number, and print the checksums.
 */
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remote.h"
#include "walk.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static const char *explain(int failed, bool in_call)
{
	if (in_call)
		return dvs_strerror(DVS_OP_SENDREC, failed);
	return failed == EPROTO ? "the service does not speak the protocol" : strerror(failed);
}

static void print_figures(const struct walk *walk, uint64_t ns, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		error(EXIT_FAILURE, errno, "%s", path);
	fprintf(out, "{\"files\": %llu, \"directories\": %llu, \"others\": %llu, \"bytes\": %llu, "
		"\"large_files\": %llu, \"calls\": %llu, \"jobs\": %u, \"seconds\": %.3f}\n",
		(unsigned long long)walk->files, (unsigned long long)walk->directories,
		(unsigned long long)walk->others, (unsigned long long)walk->bytes,
		(unsigned long long)walk->large, (unsigned long long)walk->calls, walk->jobs,
		ns / 1e9);
	if (fclose(out))
		error(EXIT_FAILURE, errno, "%s", path);
}

static int fetch_all(struct walk *walk, const char *figures)
{
	uint64_t begin = now_ns();

	if (walk_tree(walk))
		error(EXIT_FAILURE, 0, "slot %u, %s, after %llu files: %s (%s)", walk->slot,
		      walk->failed_path, (unsigned long long)walk->files,
		      explain(walk->failed, walk->in_call), dvs_strerrorname(walk->failed));
	if (figures)
		print_figures(walk, now_ns() - begin, figures);
	if (fflush(stdout) || ferror(stdout))
		error(EXIT_FAILURE, errno, "standard output");
	return EXIT_SUCCESS;
}

/* Over and over until a call ends with an error: what it was, and how long that call took. */
static int fetch_until_error(const struct walk *walk)
{
	struct remote remote = { .slot = walk->slot, .timeout_ms = walk->timeout_ms };
	struct files_reply reply;
	uint64_t begin;
	char *list = malloc(LIST_SIZE);
	int failed;

	if (!list)
		error(EXIT_FAILURE, errno, "no memory for the buffer");
	do {
		begin = now_ns();
		failed = remote_stat(&remote, ".", &reply);
		if (failed)
			break;
		begin = now_ns();
		failed = remote_list(&remote, ".", 0, list, LIST_SIZE, &reply);
	} while (!failed);
	printf("%s after %llu calls; the last one took %.3f s: %s\n", dvs_strerrorname(failed),
	       (unsigned long long)remote.calls, (now_ns() - begin) / 1e9,
	       explain(failed, remote.call_error));
	free(list);
	return remote.call_error ? EXIT_SUCCESS : EXIT_FAILURE;
}

static unsigned long parse_number(const char *text, unsigned long max, const char *what)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end == text || *end || !number || number > max)
		error(2, 0, "%s: %s is not a number from 1 to %lu", text, what, max);
	return number;
}

static void usage(FILE *out)
{
	fprintf(out, "usage: dvs-fetch [OPTION]... SLOT\n\n"
		"Read all files of the file service at SLOT of the container and print their\n"
		"SHA-256 sums, in the format of sha256sum(1).\n"
		"  -c, --chunk BYTES    most to read with one call (default 1048576)\n"
		"  -f, --figures FILE   write files, bytes, calls and time as JSON to FILE\n"
		"  -j, --jobs N         calls at a time, each of a thread of its own (default 8)\n"
		"  -l, --loop           instead, call until a call fails and say how; exit status\n"
		"                       0 when a call failed, 1 when the service refused one\n"
		"  -t, --timeout SEC    time limit of each call (default none)\n"
		"  -w, --wait SEC       wait at first until the slot is bound\n"
		"  -h, --help           explain\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "chunk", required_argument, NULL, 'c' },
		{ "figures", required_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "loop", no_argument, NULL, 'l' },
		{ "timeout", required_argument, NULL, 't' },
		{ "wait", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct walk walk = { .timeout_ms = -1, .jobs = 8, .chunk = 1024 * 1024 };
	const char *figures = NULL;
	unsigned long wait = 0;
	bool loop = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:f:j:lt:w:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			walk.chunk = parse_number(optarg, 1UL << 30, "the chunk");
			break;
		case 'f':
			figures = optarg;
			break;
		case 'j':
			walk.jobs = parse_number(optarg, 256, "the number of jobs");
			break;
		case 'l':
			loop = true;
			break;
		case 't':
			walk.timeout_ms = 1000 * (int)parse_number(optarg, 86400, "the time");
			break;
		case 'w':
			wait = parse_number(optarg, 86400, "the time");
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return 2;
	}
	walk.slot = parse_number(argv[optind], DVS_SLOT_MAX, "the slot");
	if (wait && dvs_await(DVS_SELF, walk.slot, DVS_WAIT_BOUND, (int)wait * 1000))
		error(EXIT_FAILURE, 0, "waiting for slot %u: %s (%s)", walk.slot,
		      dvs_strerror(DVS_OP_WAIT, errno), dvs_strerrorname(errno));
	return loop ? fetch_until_error(&walk) : fetch_all(&walk, figures);
}
