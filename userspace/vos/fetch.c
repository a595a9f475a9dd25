// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs-fetch: list and read everything a file service has, through nothing but
 * its slot number, and print the checksums.
 */
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "remote.h"

#define LIST_SIZE	(64 * 1024)

/**
 * struct fetch - one run
 * @remote: the service
 * @list: buffer for entries
 * @data: buffer for data
 * @data_size: its size
 * @quiet: print no checksums
 * @files: regular files read
 * @directories: directories listed
 * @others: links and special files, which are listed and not read
 * @bytes: bytes read
 * @large: files that took more than one call
 */
struct fetch {
	struct remote remote;
	char *list;
	char *data;
	size_t data_size;
	bool quiet;
	uint64_t files, directories, others, bytes, large;
};

struct directory {
	struct directory *next;
	char path[];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void print_checksum(EVP_MD_CTX *digest, const char *path)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int length, i;

	if (!EVP_DigestFinal_ex(digest, sum, &length))
		error(EXIT_FAILURE, 0, "cannot compute a checksum");
	for (i = 0; i < length; i++)
		printf("%02x", sum[i]);
	printf("  %s\n", path);
}

static int fetch_file(struct fetch *fetch, const char *path)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	struct files_reply reply = { 0 };
	uint64_t offset = 0, calls = 0;
	int failed;

	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
		error(EXIT_FAILURE, 0, "cannot compute a checksum");
	do {
		failed = remote_read(&fetch->remote, path, offset, fetch->data, fetch->data_size,
				     &reply);
		if (failed)
			goto out;
		EVP_DigestUpdate(digest, fetch->data, reply.length);
		offset += reply.length;
		calls++;
	} while (reply.length == fetch->data_size && offset < reply.size);
	if (!fetch->quiet)
		print_checksum(digest, path);
	fetch->files++;
	fetch->bytes += offset;
	fetch->large += calls > 1;
out:
	EVP_MD_CTX_free(digest);
	return failed;
}

static struct directory *push(struct directory *stack, const char *parent,
			      const struct files_entry *entry)
{
	struct directory *directory;
	size_t size = strlen(parent) + 1 + entry->name_length + 1;

	directory = malloc(sizeof(*directory) + size);
	if (!directory)
		error(EXIT_FAILURE, errno, "no memory for the path of a directory");
	snprintf(directory->path, size, "%s/%.*s", parent, entry->name_length, entry->name);
	directory->next = stack;
	return directory;
}

/* One piece of a directory: read its files, remember its directories. */
static int fetch_entries(struct fetch *fetch, const char *parent, size_t length,
			 struct directory **stack)
{
	const struct files_entry *entry;
	char path[FILES_PATH_MAX];
	size_t at;
	int failed;

	for (at = 0; at < length; at += entry->length) {
		entry = (const struct files_entry *)(fetch->list + at);
		if (length - at < sizeof(*entry) || !entry->length || entry->length % 8 ||
		    entry->length > length - at ||
		    entry->name_length > entry->length - sizeof(*entry))
			return EPROTO;
		if (S_ISDIR(entry->mode)) {
			*stack = push(*stack, parent, entry);
		} else if (!S_ISREG(entry->mode)) {
			fetch->others++;
		} else {
			if (snprintf(path, sizeof(path), "%s/%.*s", parent, entry->name_length,
				     entry->name) >= (int)sizeof(path))
				return ENAMETOOLONG;
			failed = fetch_file(fetch, path);
			if (failed) {
				if (!fetch->remote.call_error)
					error(0, failed, "%s", path);
				return failed;
			}
		}
	}
	return 0;
}

static int fetch_directory(struct fetch *fetch, const char *path, struct directory **stack)
{
	struct files_reply reply = { 0 };
	int failed;

	fetch->directories++;
	do {
		failed = remote_list(&fetch->remote, path, reply.next, fetch->list, LIST_SIZE,
				     &reply);
		if (!failed)
			failed = fetch_entries(fetch, path, reply.length, stack);
	} while (!failed && reply.next);
	return failed;
}

/* All of the tree; 0 or an errno. */
static int fetch_tree(struct fetch *fetch)
{
	struct directory *stack = NULL, *directory;
	struct files_reply root;
	int failed;

	failed = remote_stat(&fetch->remote, ".", &root);
	if (!failed && !S_ISDIR(root.mode))
		failed = ENOTDIR;
	if (!failed)
		failed = fetch_directory(fetch, ".", &stack);
	while ((directory = stack)) {
		stack = directory->next;
		if (!failed)
			failed = fetch_directory(fetch, directory->path, &stack);
		free(directory);
	}
	return failed;
}

/* Over and over until a call ends with an error: what it was, and how long that call took. */
static int fetch_until_error(struct fetch *fetch)
{
	uint64_t begin, calls = fetch->remote.calls;
	struct files_reply reply;
	int failed;

	do {
		begin = now_ns();
		failed = remote_stat(&fetch->remote, ".", &reply);
		if (failed)
			break;
		begin = now_ns();
		failed = remote_list(&fetch->remote, ".", 0, fetch->list, LIST_SIZE, &reply);
	} while (!failed);
	printf("%s after %llu calls; the last one took %.3f s: %s\n", dvs_strerrorname(failed),
	       (unsigned long long)(fetch->remote.calls - calls), (now_ns() - begin) / 1e9,
	       dvs_strerror(DVS_OP_SENDREC, failed));
	return fetch->remote.call_error ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print_figures(const struct fetch *fetch, uint64_t ns, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		error(EXIT_FAILURE, errno, "%s", path);
	fprintf(out, "{\"files\": %llu, \"directories\": %llu, \"others\": %llu, \"bytes\": %llu, "
		"\"large_files\": %llu, \"calls\": %llu, \"seconds\": %.3f}\n",
		(unsigned long long)fetch->files, (unsigned long long)fetch->directories,
		(unsigned long long)fetch->others, (unsigned long long)fetch->bytes,
		(unsigned long long)fetch->large, (unsigned long long)fetch->remote.calls,
		ns / 1e9);
	if (fclose(out))
		error(EXIT_FAILURE, errno, "%s", path);
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
		{ "loop", no_argument, NULL, 'l' },
		{ "timeout", required_argument, NULL, 't' },
		{ "wait", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct fetch fetch = { .remote.timeout_ms = -1, .data_size = 1024 * 1024 };
	const char *figures = NULL;
	unsigned long wait = 0;
	bool loop = false;
	uint64_t begin;
	int c, failed;

	while ((c = getopt_long(argc, argv, "c:f:lt:w:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			fetch.data_size = parse_number(optarg, 1UL << 30, "the chunk");
			break;
		case 'f':
			figures = optarg;
			break;
		case 'l':
			loop = true;
			break;
		case 't':
			fetch.remote.timeout_ms = 1000 * (int)parse_number(optarg, 86400, "the time");
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
	fetch.remote.slot = parse_number(argv[optind], DVS_SLOT_MAX, "the slot");
	fetch.list = malloc(LIST_SIZE);
	fetch.data = malloc(fetch.data_size);
	if (!fetch.list || !fetch.data)
		error(EXIT_FAILURE, errno, "no memory for the buffers");

	if (wait && dvs_await(DVS_SELF, fetch.remote.slot, DVS_WAIT_BOUND, (int)wait * 1000))
		error(EXIT_FAILURE, 0, "waiting for slot %u: %s (%s)", fetch.remote.slot,
		      dvs_strerror(DVS_OP_WAIT, errno), dvs_strerrorname(errno));
	if (loop)
		return fetch_until_error(&fetch);

	begin = now_ns();
	failed = fetch_tree(&fetch);
	if (failed)
		error(EXIT_FAILURE, 0, "slot %u after %llu files: %s (%s)", fetch.remote.slot,
		      (unsigned long long)fetch.files, fetch.remote.call_error ?
		      dvs_strerror(DVS_OP_SENDREC, failed) : strerror(failed),
		      dvs_strerrorname(failed));
	if (figures)
		print_figures(&fetch, now_ns() - begin, figures);
	if (fflush(stdout) || ferror(stdout))
		error(EXIT_FAILURE, errno, "standard output");
	return EXIT_SUCCESS;
}
