// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A service that answers with what it was asked, and clients that say what
 * became of each call, one line each: for tests that take a cluster apart.
 *
 *	dvs-echo serve SLOT
 *	dvs-echo call SLOT [COUNT [PAUSE_MS [TIMEOUT_MS]]]
 *	dvs-echo hold SLOT		a call that is taken and never answered
 *	dvs-echo until SLOT SECONDS	call until somebody answers
 *
 * A line is "NUMBER RESULT MILLISECONDS NODE": RESULT is "ok" or the name of an
 * errno, NODE the one that answered.
 */
#include <dvs.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ECHO = 1, HOLD };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static uint32_t own_node(int endpoint)
{
	struct dvs_info info = { 0 };

	return dvs_getinfo(endpoint, &info, sizeof(info)) ? 0 : info.node;
}

static int serve(unsigned int slot)
{
	struct dvs_replyrec_args args = { 0 };
	uint32_t node;
	int endpoint = dvs_open(slot, 30000);

	if (endpoint < 0)
		errx(1, "slot %u: %s", slot, strerrorname_np(errno));
	node = own_node(endpoint);
	printf("serving slot %u on node %u\n", slot, node);
	for (;;) {
		if (dvs_replyrec(endpoint, &args, sizeof(args)))
			errx(1, "receive: %s", strerrorname_np(errno));
		args.token = 0;
		if (args.receive.kind == DVS_KIND_REQUEST && args.receive.msg.type == ECHO) {
			args.token = args.receive.msg.token;
			args.reply = args.receive.msg;
			memcpy(args.reply.payload, &node, sizeof(node));
		}
	}
}

/* One call, one line; its errno */
static int call(unsigned int number, unsigned int slot, uint32_t type, int timeout_ms)
{
	struct dvs_msg msg = { .type = type };
	int64_t start = now_ms();
	int error = dvs_call(DVS_SELF, slot, &msg, NULL, 0, timeout_ms) ? errno : 0;
	uint32_t node = 0;

	if (!error)
		memcpy(&node, msg.payload, sizeof(node));
	printf("%u %s %lld %u\n", number, error ? strerrorname_np(error) : "ok",
	       (long long)(now_ms() - start), node);
	return error;
}

static int call_often(unsigned int slot, unsigned int count, unsigned int pause_ms, int timeout_ms)
{
	int failed = 0;

	for (unsigned int i = 1; i <= count; i++) {
		if (call(i, slot, ECHO, timeout_ms))
			failed = 1;
		usleep(pause_ms * 1000);
	}
	return failed;
}

static int call_until(unsigned int slot, unsigned int seconds)
{
	int64_t end = now_ms() + seconds * INT64_C(1000);
	unsigned int number = 0;

	do {
		if (!call(++number, slot, ECHO, 5000))
			return 0;
		usleep(200 * 1000);
	} while (now_ms() < end);
	return 1;
}

static int number(char **argv, int index, int otherwise)
{
	for (int i = 0; i <= index; i++)
		if (!argv[i])
			return otherwise;
	return atoi(argv[index]);
}

int main(int argc, char **argv)
{
	unsigned int slot;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		errx(2, "usage: dvs-echo serve|call|hold|until SLOT ...");
	slot = atoi(argv[2]);
	if (!strcmp(argv[1], "serve"))
		return serve(slot);
	if (!strcmp(argv[1], "call"))
		return call_often(slot, number(argv, 3, 1), number(argv, 4, 0),
				  number(argv, 5, 10000));
	if (!strcmp(argv[1], "hold"))
		return call(1, slot, HOLD, -1) ? 1 : 0;
	if (!strcmp(argv[1], "until"))
		return call_until(slot, number(argv, 3, 30));
	errx(2, "unknown verb: %s", argv[1]);
}
