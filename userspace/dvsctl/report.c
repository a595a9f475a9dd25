// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errors, documents and the time limit: everything that ends a run.
 */
#include "dvsctl.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "protocol.h"

static const struct {
	const char *code;
	int status;
	bool retryable;
} codes[] = {
#define CODE(symbol, code, status, retryable) { code, status, retryable },
	DVSD_ERRORS(CODE)
#undef CODE
	{ "no-daemon", EXIT_NO_DAEMON, true },
};

char *format_text(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0) {
		fputs("dvsctl: out of memory\n", stderr);
		_exit(EXIT_FAILED);
	}
	va_end(args);
	return text;
}

int report_status(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i].code, code))
			return codes[i].status;
	return EXIT_FAILED;
}

static bool is_retryable(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i].code, code))
			return codes[i].retryable;
	return false;
}

/* The document of an error that dvsctl itself found: as dvsd's, without a node. */
static json_t *error_document(const char *code, const char *message)
{
	return json_pack("{s:i, s:n, s:{s:s, s:s, s:b, s:[]}}",
			 "version", DVSD_PROTOCOL, "data", "error", "code", code,
			 "message", message, "retryable", is_retryable(code), "nodes");
}

int report_finish(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "dvsctl: cannot write to standard output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int report_json(const json_t *answer)
{
	if (json_dumpf(answer, stdout, JSON_INDENT(2)) || putchar('\n') == EOF) {
		fprintf(stderr, "dvsctl: cannot write the JSON document\n");
		return EXIT_FAILED;
	}
	return report_finish();
}

int report_error(const struct context *context, const char *code, const char *format, ...)
{
	char *message;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);

	fprintf(stderr, "dvsctl: %s\n", message ?: "out of memory");
	if (context->json) {
		json_t *document = error_document(code, message ?: "out of memory");

		report_json(document);
		json_decref(document);
	}
	free(message);
	return report_status(code);
}

int report_answer_error(const struct context *context, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *object = context->verb ? context->verb->object : "";
	const char *verb = context->verb && context->verb->name ? context->verb->name : "";

	fprintf(stderr, "dvsctl: %s%s%s: %s\n", object, *verb ? " " : "", verb,
		text_of(error, "message"));
	if (context->json)
		report_json(answer);
	return report_status(text_of(error, "code"));
}

/*
 * The clock of the whole run is a signal: whatever the program is doing then,
 * be it inside a library, it ends. What is to be said is prepared beforehand,
 * because a signal handler can only write().
 */
static struct {
	char *text[2];		/* [context.sent] */
	char *document[2];
	const struct context *context;
} expiry;

static void write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t done = write(fd, text, length);

		if (done <= 0)
			return;
		text += done;
		length -= done;
	}
}

static void expire(int signo)
{
	bool sent = expiry.context->sent;

	(void)signo;
	write_all(STDERR_FILENO, expiry.text[sent]);
	if (expiry.document[sent])
		write_all(STDOUT_FILENO, expiry.document[sent]);
	_exit(sent ? EXIT_TIMEOUT : EXIT_NO_DAEMON);
}

void report_arm_timeout(struct context *context)
{
	static const char *const code[2] = { "no-daemon", "timeout" };
	static const char *const format[2] = {
		"dvsd took no request within %.1f s; is it stopped? (ps, /var/log/dvsd.log)",
		"dvsd did not answer within %.1f s: what was asked may or may not have been done"
		" (dvsctl status)",
	};
	struct itimerval timer = {
		.it_value = { .tv_sec = context->timeout_ms / 1000,
			      .tv_usec = context->timeout_ms % 1000 * 1000 },
	};
	struct sigaction action = { .sa_handler = expire };
	int i;

	expiry.context = context;
	for (i = 0; i < 2; i++) {
		char *message = format_text(i ? format[1] : format[0],
					    context->timeout_ms / 1000.0);

		expiry.text[i] = format_text("dvsctl: %s\n", message);
		if (context->json) {
			json_t *document = error_document(code[i], message);
			char *dump = json_dumps(document, JSON_INDENT(2));

			expiry.document[i] = format_text("%s\n", dump ?: "null");
			free(dump);
			json_decref(document);
		}
		free(message);
	}
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void report_disarm_timeout(void)
{
	struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
}
