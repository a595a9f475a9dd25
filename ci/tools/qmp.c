// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * qmp: give commands to a running QEMU and wait for each one's answer.
 *
 *	qmp SOCKET JSON...
 *
 * Answers are printed, events are not. Exit codes: 0 all were done, 1 one was refused,
 * 2 QEMU cannot be reached or did not answer within 10 s.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* QEMU writes one object per line, and its first key tells what it is. */
static int answer(FILE *f)
{
	char line[65536];

	while (fgets(line, sizeof(line), f)) {
		bool error = !strncmp(line, "{\"error\"", 8);

		if (!error && strncmp(line, "{\"return\"", 9))
			continue;
		fputs(line, error ? stderr : stdout);
		return error;
	}
	fprintf(stderr, "qmp: no answer\n");
	return 2;
}

static int command(FILE *f, const char *json)
{
	if (fprintf(f, "%s\n", json) < 0 || fflush(f)) {
		perror("qmp");
		return 2;
	}
	return answer(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int rc;
	FILE *f;

	if (argc < 3 || strlen(argv[1]) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "usage: qmp SOCKET JSON...\n");
		return 2;
	}
	strcpy(addr.sun_path, argv[1]);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror(argv[1]);
		return 2;
	}
	f = fdopen(fd, "r+");
	setvbuf(f, NULL, _IOLBF, 0);
	rc = command(f, "{\"execute\": \"qmp_capabilities\"}");
	for (int i = 2; i < argc && !rc; i++)
		rc = command(f, argv[i]);
	return rc;
}
