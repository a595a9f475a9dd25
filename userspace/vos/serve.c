// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs-files: serve a tree of files, read-only, at a slot of the container.
 */
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "tree.h"

/* What a thread reads of a file at a time; the caller's segment may be larger. */
#define CHUNK	(256 * 1024)

struct server {
	int endpoint;
	int root;
};

/* The path of a request; 0 or an errno. */
static int read_path(const struct server *server, const struct dvs_receive_args *in, char *path)
{
	uint64_t length;

	if (in->segment_count <= FILES_PATH)
		return EINVAL;
	length = in->segments[FILES_PATH].length;
	if (length >= FILES_PATH_MAX)
		return ENAMETOOLONG;
	if (dvs_read_segment(server->endpoint, in->msg.token, FILES_PATH, 0, path, length, -1))
		return errno;
	path[length] = '\0';
	return strlen(path) == length ? 0 : EINVAL;
}

static int has_data_segment(const struct dvs_receive_args *in)
{
	return in->segment_count > FILES_DATA &&
	       in->segments[FILES_DATA].flags & DVS_SEGMENT_WRITE;
}

static void answer_list(const struct server *server, const struct dvs_receive_args *in,
			const char *path, uint64_t offset, char *buffer, struct files_reply *reply)
{
	size_t size = in->segments[FILES_DATA].length;

	tree_list(server->root, path, offset, buffer, size < CHUNK ? size : CHUNK, reply);
	if (!reply->error && reply->length &&
	    dvs_write_segment(server->endpoint, in->msg.token, FILES_DATA, 0, buffer,
			      reply->length, -1))
		*reply = (struct files_reply){ .error = errno };
}

static void answer_read(const struct server *server, const struct dvs_receive_args *in,
			const char *path, uint64_t offset, char *buffer, struct files_reply *reply)
{
	uint64_t left = in->segments[FILES_DATA].length;
	int fd = tree_open_file(server->root, path, reply);

	if (fd < 0)
		return;
	while (left) {
		ssize_t done = pread(fd, buffer, left < CHUNK ? left : CHUNK, (off_t)offset);

		if (done < 0 || (done && dvs_write_segment(server->endpoint, in->msg.token,
							   FILES_DATA, reply->length, buffer,
							   done, -1))) {
			*reply = (struct files_reply){ .error = errno };
			break;
		}
		if (!done)
			break;
		reply->length += done;
		offset += done;
		left -= done;
	}
	close(fd);
}

static void answer(const struct server *server, const struct dvs_receive_args *in, char *buffer,
		   struct files_reply *reply)
{
	struct files_request request;
	char path[FILES_PATH_MAX];

	memcpy(&request, in->msg.payload, sizeof(request));
	reply->error = read_path(server, in, path);
	if (!reply->error && in->msg.type != FILES_STAT && !has_data_segment(in))
		reply->error = EINVAL;
	if (reply->error)
		return;
	switch (in->msg.type) {
	case FILES_STAT:
		tree_stat(server->root, path, reply);
		break;
	case FILES_LIST:
		answer_list(server, in, path, request.offset, buffer, reply);
		break;
	case FILES_READ:
		answer_read(server, in, path, request.offset, buffer, reply);
		break;
	default:
		reply->error = EOPNOTSUPP;
	}
}

/* A thread: all of them wait on the one endpoint, the kernel wakes one. */
static void *serve(void *arg)
{
	const struct server *server = arg;
	struct dvs_msg msg = { .type = FILES_DONE };
	struct dvs_receive_args in;
	char *buffer = malloc(CHUNK);
	uint64_t token = 0;

	if (!buffer)
		error(EXIT_FAILURE, errno, "no memory for a thread");
	for (;;) {
		/* A caller that has gone is no concern of the others: no reply error. */
		if (dvs_answer_next(server->endpoint, token, &msg, NULL, &in, -1)) {
			token = 0;
			if (errno == EINTR)
				continue;
			error(EXIT_FAILURE, 0, "cannot receive: %s",
			      dvs_strerror(DVS_OP_REPLYREC, errno));
		}
		token = in.msg.token;
		if (in.kind == DVS_KIND_REQUEST) {
			struct files_reply reply = { 0 };

			answer(server, &in, buffer, &reply);
			memcpy(msg.payload, &reply, sizeof(reply));
		}
	}
	return NULL;
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
	fprintf(out, "usage: dvs-files [--threads N] SLOT DIRECTORY\n\n"
		"Serve the files under DIRECTORY, read-only, at SLOT of the container.\n"
		"  -t, --threads N   requests answered at the same time (default 8)\n"
		"  -h, --help        explain\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "threads", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	unsigned long threads = 8, slot, i;
	struct server server;
	int c;

	while ((c = getopt_long(argc, argv, "t:h", options, NULL)) != -1) {
		switch (c) {
		case 't':
			threads = parse_number(optarg, 1024, "the number of threads");
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind != 2) {
		usage(stderr);
		return 2;
	}
	slot = parse_number(argv[optind], DVS_SLOT_MAX, "the slot");
	server.root = tree_open(argv[optind + 1]);
	if (server.root < 0)
		error(EXIT_FAILURE, -server.root, "%s", argv[optind + 1]);
	server.endpoint = dvs_open((unsigned int)slot, 30000);
	if (server.endpoint < 0)
		error(EXIT_FAILURE, 0, "cannot bind slot %lu: %s (%s)", slot,
		      dvs_strerror(DVS_OP_BIND, errno), dvs_strerrorname(errno));

	printf("dvs-files: serving %s at slot %lu, endpoint 0x%08x, with %lu threads\n",
	       argv[optind + 1], slot, dvs_number(server.endpoint), threads);
	fflush(stdout);
	for (i = 1; i < threads; i++) {
		pthread_t thread;
		int failed = pthread_create(&thread, NULL, serve, &server);

		if (failed)
			error(EXIT_FAILURE, failed, "cannot start a thread");
	}
	serve(&server);
	return EXIT_FAILURE;
}
