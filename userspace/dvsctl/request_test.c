// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl against a daemon that says what a test wants: answers in pieces, every
 * error, silence, and not even accepting. Run by `make check`; in a network
 * namespace of its own, where the service's name is free.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>

#include "protocol.h"

/* So small that every answer needs several messages. */
#define PIECE	100

static qb_loop_t *loop;
static const char *scenario;
static char *answer;
static size_t answer_length, answer_sent;

/*
 * The daemon
 */

static json_t *rows(void)
{
	json_t *array = json_array();
	int i;

	for (i = 1; i <= 50; i++)
		json_array_append_new(array, json_pack(
			"{s:i, s:s, s:s, s:i, s:s, s:i, s:b, s:i}", "node", i, "name",
			i == 7 ? "bad\033[31mname" : "n", "address", "10.0.0.1", "port", 4711,
			"state", "member", "session", 1, "leader", i == 1, "containers", 0));
	return array;
}

static json_t *status_data(const char *phase)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:{s:s, s:[i], s:s}, s:b, s:{s:i, s:i, s:i,"
			 " s:i}, s:i, s:i, s:{s:i, s:i}, s:{s:i, s:i, s:i}, s:s, s:[]}",
			 "cluster", "test", "cluster_id", "0123456789abcdef", "node", 1, "name",
			 "node1", "daemon", "1", "phase", phase, "waiting", "for", "hello",
			 "nodes", 3, "text", "the hello of node 3", "quorate", 1, "electorate",
			 "size", 3, "majority", 2, "present", 2, "failures_survived", 0, "view", 4,
			 "leader", 1, "ring", "rep", 1, "seq", 0x1c, "log", "applied", 1,
			 "committed", 2, "appended", 3, "hash", "00", "members");
}

static json_t *make_data(void)
{
	if (!strcmp(scenario, "rows"))
		return rows();
	if (!strcmp(scenario, "waiting") || !strcmp(scenario, "running"))
		return status_data(scenario);
	if (!strcmp(scenario, "incomplete"))
		return json_pack("{s:[{s:s, s:i}], s:[{s:i, s:s}]}", "endpoints", "dc", "web", "slot",
				 80, "missing", "node", 2, "reason", "no answer");
	return json_null();
}

static json_t *make_error(void)
{
	static const char *const kinds[] = { "rows", "running", "waiting", "silent", "version" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(scenario, kinds[i]))
			return json_null();
	return json_pack("{s:s, s:s, s:b, s:[]}", "code", scenario, "message",
			 "the reason and the remedy", "retryable", 0, "nodes");
}

static void make_answer(void)
{
	json_t *document = json_pack("{s:i, s:s, s:i, s:i, s:o, s:o}", "version",
				     !strcmp(scenario, "version") ? DVSD_PROTOCOL + 1 : DVSD_PROTOCOL,
				     "cluster", "test", "node", 1, "revision", 9, "error",
				     make_error(), "data", make_data());

	free(answer);
	answer = json_dumps(document, JSON_COMPACT);
	if (!answer)
		error(EXIT_FAILURE, 0, "the fake daemon cannot make an answer");
	answer_length = strlen(answer);
	answer_sent = 0;
	json_decref(document);
}

static void send_piece(qb_ipcs_connection_t *connection)
{
	struct {
		struct qb_ipc_response_header header;
		char text[PIECE];
	} message;
	size_t length = answer_length - answer_sent;

	if (length > PIECE)
		length = PIECE;
	memcpy(message.text, answer + answer_sent, length);
	answer_sent += length;
	message.header = (struct qb_ipc_response_header){
		.id = answer_sent < answer_length ? DVSD_IPC_ANSWER_PART : DVSD_IPC_ANSWER,
		.size = sizeof(message.header) + length,
	};
	qb_ipcs_response_send(connection, &message, message.header.size);
}

static int32_t take(qb_ipcs_connection_t *connection, void *data, size_t size)
{
	const struct qb_ipc_request_header *header = data;

	if (header->id == DVSD_IPC_REQUEST) {
		json_t *request = json_loadb((char *)data + sizeof(*header),
					     header->size - sizeof(*header), 0, NULL);

		if ((size_t)header->size > size || !json_is_object(request) ||
		    json_integer_value(json_object_get(request, "version")) != DVSD_PROTOCOL ||
		    !json_integer_value(json_object_get(request, "timeout_ms")))
			error(EXIT_FAILURE, 0, "the fake daemon got a request that is none");
		json_decref(request);
		if (!strcmp(scenario, "silent"))
			return 0;
		make_answer();
	}
	send_piece(connection);
	return 0;
}

static int32_t accept_all(qb_ipcs_connection_t *connection, uid_t uid, gid_t gid)
{
	(void)connection;
	(void)uid;
	(void)gid;
	return 0;
}

static int32_t job_add(enum qb_loop_priority p, void *data, qb_loop_job_dispatch_fn fn)
{
	return qb_loop_job_add(loop, p, data, fn);
}

static int32_t dispatch_add(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
			    qb_ipcs_dispatch_fn_t fn)
{
	return qb_loop_poll_add(loop, p, fd, events, data, fn);
}

static int32_t dispatch_mod(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
			    qb_ipcs_dispatch_fn_t fn)
{
	return qb_loop_poll_mod(loop, p, fd, events, data, fn);
}

static int32_t dispatch_del(int32_t fd)
{
	return qb_loop_poll_del(loop, fd);
}

static void serve(int ready)
{
	struct qb_ipcs_service_handlers handlers = {
		.connection_accept = accept_all,
		.msg_process = take,
	};
	struct qb_ipcs_poll_handlers poll_handlers = {
		.job_add = job_add,
		.dispatch_add = dispatch_add,
		.dispatch_mod = dispatch_mod,
		.dispatch_del = dispatch_del,
	};
	qb_ipcs_service_t *service;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	loop = qb_loop_create();
	service = qb_ipcs_create(DVSD_IPC_NAME, 0, QB_IPC_SOCKET, &handlers);
	qb_ipcs_enforce_buffer_size(service, DVSD_IPC_MESSAGE_MAX);
	qb_ipcs_poll_handlers_set(service, &poll_handlers);
	if (qb_ipcs_run(service) || write(ready, "", 1) != 1)
		error(EXIT_FAILURE, 0, "the fake daemon cannot serve");
	qb_loop_run(loop);
}

static pid_t start(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		error(EXIT_FAILURE, errno, "pipe");
	scenario = name;
	pid = fork();
	if (!pid) {
		serve(ready[1]);
		_exit(EXIT_FAILURE);
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		error(EXIT_FAILURE, errno, "the fake daemon did not start");
	close(ready[0]);
	return pid;
}

/*
 * The tests
 */

struct test {
	const char *scenario;
	const char *arguments;
	int status;
	const char *out;	/* must be in the output; NULL: no output */
	const char *err;	/* must be in what is said; NULL: nothing is */
	bool document;		/* the output is a JSON document */
	bool stopped;		/* the daemon does not run */
};

static const struct test tests[] = {
	{ "rows", "node list", 0, "10.0.0.1:4711", NULL },
	{ "rows", "node list", 0, "bad?[31mname", NULL },
	{ "rows", "--json node list", 0, "\"revision\": 9", NULL, true },
	{ "running", "status", 0, "survives no failure", NULL },
	{ "waiting", "status", 4, "the hello of node 3", NULL },
	{ "waiting", "-j status", 4, "\"phase\": \"waiting\"", NULL, true },
	{ "incomplete", "endpoint list", 1, "web", "the reason and the remedy" },
	{ "incomplete", "endpoint list -j", 1, "\"missing\"", "the reason", true },
	{ "failed", "dc create web", 1, NULL, "dc create: the reason and the remedy" },
	{ "limit", "dc create web", 1, NULL, "the reason" },
	{ "usage", "dc create web", 2, NULL, "the reason" },
	{ "no-quorum", "dc create web", 4, NULL, "the reason" },
	{ "not-found", "dc show web", 5, NULL, "the reason" },
	{ "not-found", "-j dc show web", 5, "\"code\": \"not-found\"", "the reason", true },
	{ "exists", "dc create web", 6, NULL, "the reason" },
	{ "busy", "dc delete web", 6, NULL, "the reason" },
	{ "permission", "dc create web", 7, NULL, "the reason" },
	{ "timeout", "dc create web", 8, NULL, "the reason" },
	{ "silent", "-t 0.4 dc create web", 8, NULL, "may or may not have been done" },
	{ "silent", "-t 0.4 -j dc list", 8, "\"code\": \"timeout\"", "did not answer", true },
	{ "version", "dc list", 9, NULL, "version 2 of the protocol" },
	{ "rows", "-t 0.4 node list", 3, NULL, "is it stopped?", false, true },
	{ "rows", "-t 0.4 -j node list", 3, "\"code\": \"no-daemon\"", "stopped", true, true },
};

static char *read_file(FILE *file)
{
	static char text[65536];
	size_t length;

	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	return text;
}

static int run(const char *dvsctl, const char *arguments, FILE *out, FILE *err)
{
	char *words = strdup(arguments), *argv[16] = { (char *)dvsctl };
	int argc = 1, status = 0;
	char *word;
	pid_t pid;

	for (word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	pid = fork();
	if (!pid) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		execv(dvsctl, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		error(EXIT_FAILURE, errno, "cannot run %s", dvsctl);
	free(words);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool contains(const char *text, const char *wanted)
{
	return wanted ? strstr(text, wanted) != NULL : !*text;
}

static bool check(const char *dvsctl, const struct test *test)
{
	FILE *out = tmpfile(), *err = tmpfile();
	pid_t pid = start(test->scenario);
	bool ok = true;
	int status;

	if (!out || !err)
		error(EXIT_FAILURE, errno, "tmpfile");
	if (test->stopped)
		kill(pid, SIGSTOP);
	status = run(dvsctl, test->arguments, out, err);
	if (status != test->status) {
		printf("not ok: exit status %d instead of %d\n", status, test->status);
		ok = false;
	}
	if (!contains(read_file(err), test->err)) {
		printf("not ok: it says \"%s\"\n", read_file(err));
		ok = false;
	}
	if (!contains(read_file(out), test->out)) {
		printf("not ok: it prints \"%s\"\n", read_file(out));
		ok = false;
	}
	if (test->document) {
		json_t *document = json_loads(read_file(out), 0, NULL);

		if (!json_is_object(document)) {
			printf("not ok: no JSON document\n");
			ok = false;
		}
		json_decref(document);
	}
	if (!ok)
		printf("not ok: dvsctl %s, daemon: %s\n", test->arguments, test->scenario);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fclose(out);
	fclose(err);
	return ok;
}

/* Root in a network of its own; false where the system does not allow it. */
static bool enter_namespaces(void)
{
	char map[64];
	uid_t uid = getuid();
	FILE *file;

	if (!uid)
		return !unshare(CLONE_NEWNET);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	file = fopen("/proc/self/uid_map", "w");
	return file && fputs(map, file) >= 0 && !fclose(file);
}

int main(int argc, char **argv)
{
	char dvsctl[4096];
	int failed = 0;
	size_t i;

	(void)argc;
	snprintf(dvsctl, sizeof(dvsctl), "%.*s/../bin/dvsctl",
		 (int)(strrchr(argv[0], '/') ? strrchr(argv[0], '/') - argv[0] : 0), argv[0]);
	if (!enter_namespaces()) {
		printf("skipped: a network namespace is not allowed here: %s\n", strerror(errno));
		return 0;
	}
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		failed += !check(dvsctl, &tests[i]);
	return failed != 0;
}
