// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs-bench: figures of the system calls next to those of their peers, taken in
 * one boot. In a guest whose clock counts instructions, ci/bench.sh, a
 * nanosecond is an instruction and the figures repeat on any machine.
 */
#include "bench.h"

#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *name;
	const char *text;
	double (*run)(unsigned int rounds);
	struct {
		const char *name;
		double (*run)(unsigned int rounds);
	} peers[3];
	unsigned int rounds;
} rows[] = {
	{ "local.rtt", "64 bytes there and back", rtt_dvs,
	  { { "eventfd", rtt_eventfd }, { "pipe", rtt_pipe }, { "unix", rtt_unix } }, 5000 },
	{ "local.copy", "1 MiB from another process", copy_dvs,
	  { { "process_vm_readv", copy_process_vm } }, 40 },
};

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void run(const char *unit, FILE *json)
{
	const char *separator = "";
	size_t i, k;

	printf("%-14s %-28s %14s  %-18s %14s %8s\n", "NAME", "WHAT", unit, "PEER", unit, "RATIO");
	if (json)
		fprintf(json, "[");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = rows[i].run(rows[i].rounds);

		for (k = 0; k < 3 && rows[i].peers[k].name; k++) {
			double peer = rows[i].peers[k].run(rows[i].rounds);

			printf("%-14s %-28s %14.0f  %-18s %14.0f %8.3f\n", rows[i].name,
			       rows[i].text, value, rows[i].peers[k].name, peer, value / peer);
			fflush(stdout);
			if (json)
				fprintf(json, "%s\n {\"name\": \"%s\", \"unit\": \"%s\", \"value\": %.1f,"
					" \"peer\": \"%s\", \"peer_value\": %.1f, \"ratio\": %.4f}",
					separator, rows[i].name, unit, value,
					rows[i].peers[k].name, peer, value / peer);
			separator = ",";
		}
	}
	if (json)
		fprintf(json, "\n]\n");
}

static void usage(FILE *out)
{
	fprintf(out, "usage: dvs-bench [--unit NAME] [--json FILE]\n\n"
		"Measure the system calls and their peers.\n"
		"  -u, --unit NAME   what a nanosecond of this machine's clock is (default ns)\n"
		"  -j, --json FILE   write the rows to FILE as well\n"
		"  -h, --help        explain\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "unit", required_argument, NULL, 'u' },
		{ "json", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *unit = "ns", *path = NULL;
	FILE *json = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "u:j:h", options, NULL)) != -1) {
		switch (c) {
		case 'u':
			unit = optarg;
			break;
		case 'j':
			path = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (path) {
		json = fopen(path, "w");
		if (!json)
			error(EXIT_FAILURE, errno, "%s", path);
	}
	run(unit, json);
	if (json && fclose(json))
		error(EXIT_FAILURE, errno, "%s", path);
	return EXIT_SUCCESS;
}
