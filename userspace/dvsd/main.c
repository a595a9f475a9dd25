// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsd - the cluster daemon of DVS: options, log, loop.
 */
#include "daemon.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* Corosync's libraries put messages of 1 MiB on the stack. */
#define STACK_SIZE	(8u << 20)

struct program {
	bool foreground;
	/* Where the process that was started waits for the outcome. */
	int ready_fd;
	int status;
};

static void usage(FILE *out)
{
	fputs("Usage: dvsd [-f]\n"
	      "The cluster daemon of DVS: makes this node part of the cluster Corosync forms.\n"
	      "\n"
	      "  -f, --foreground  do not become a daemon, log to stderr instead of syslog\n"
	      "  -h, --help        print this and exit\n"
	      "  -V, --version     print the version and exit\n"
	      "\n"
	      "It needs root, a kernel with CONFIG_DVS and a running Corosync, whose\n"
	      "configuration is the only one there is. See dvsd(8), dvsctl(8).\n", out);
}

static void parse_options(struct program *program, int argc, char **argv)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "fhV", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			program->foreground = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			printf("dvsd %s, protocol %d\n", DVS_VERSION,
			       DVSD_PROTOCOL);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "dvsd: unexpected argument \"%s\"\n",
			argv[optind]);
		usage(stderr);
		exit(2);
	}
}

static void open_log(const struct program *program)
{
	static const char *const files[] = {
		"main.c", "daemon.c", "sync.c", "corosync.c",
	};
	int target = program->foreground ? QB_LOG_STDERR : QB_LOG_SYSLOG;

	qb_log_init("dvsd", LOG_DAEMON, LOG_INFO);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	/* libqb's own lines only when they matter, and always ours. */
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*",
			  LOG_WARNING);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[4096];

		/* As the compiler was given it, which is how libqb knows it. */
		snprintf(path, sizeof(path), "%.*s%s",
			 (int)(strlen(__FILE__) - strlen("main.c")), __FILE__,
			 files[i]);
		qb_log_filter_ctl(target, QB_LOG_FILTER_ADD,
				  QB_LOG_FILTER_FILE, path, LOG_INFO);
	}
	qb_log_format_set(target, program->foreground ? "%t dvsd: %b" : "%b");
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
}

static int32_t end_loop(int32_t signal, void *data)
{
	qb_log(LOG_INFO, "ending on signal %d", signal);
	qb_loop_stop(data);
	return 0;
}

static void tell_ready(struct program *program)
{
	ssize_t written;

	if (program->ready_fd < 0)
		return;
	do {
		written = write(program->ready_fd, "", 1);
	} while (written < 0 && errno == EINTR);
	close(program->ready_fd);
}

static void *run(void *data)
{
	struct program *program = data;
	qb_loop_t *loop = qb_loop_create();
	qb_loop_signal_handle signals[2];
	struct daemon *daemon;

	program->status = 1;
	if (!loop)
		return NULL;
	qb_loop_signal_add(loop, QB_LOOP_HIGH, SIGTERM, loop, end_loop,
			   &signals[0]);
	qb_loop_signal_add(loop, QB_LOOP_HIGH, SIGINT, loop, end_loop,
			   &signals[1]);
	daemon = daemon_new(loop);
	if (!daemon_start(daemon)) {
		qb_log(LOG_INFO, "dvsd %s started", DVS_VERSION);
		tell_ready(program);
		qb_loop_run(loop);
		program->status = 0;
	}
	daemon_free(daemon);
	qb_loop_destroy(loop);
	return NULL;
}

/* The first process ends when the daemon serves its clients, or cannot. */
static void become_daemon(struct program *program)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) || (pid = fork()) < 0) {
		fprintf(stderr, "dvsd: %s\n", strerror(errno));
		exit(1);
	}
	if (pid) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) == 1)
			exit(0);
		fprintf(stderr, "dvsd: not started, see the log or use -f\n");
		exit(1);
	}
	close(ready[0]);
	program->ready_fd = ready[1];
	setsid();
	if (chdir("/") || !freopen("/dev/null", "r", stdin) ||
	    !freopen("/dev/null", "w", stdout) ||
	    !freopen("/dev/null", "w", stderr))
		exit(1);
}

int main(int argc, char **argv)
{
	struct program program = { .ready_fd = -1 };
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	parse_options(&program, argc, argv);
	if (geteuid()) {
		fprintf(stderr, "dvsd: must be started by root\n");
		return 1;
	}
	if (!program.foreground)
		become_daemon(&program);
	signal(SIGPIPE, SIG_IGN);
	open_log(&program);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	error = pthread_create(&thread, &attributes, run, &program);
	if (error) {
		qb_log(LOG_ERR, "cannot start: %s", strerror(error));
		return 1;
	}
	pthread_join(thread, NULL);
	qb_log_fini();
	return program.status;
}
