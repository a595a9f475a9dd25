/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dvsctl: what its files share.
 */
#ifndef DVSCTL_H
#define DVSCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit status; part of the interface. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
	EXIT_NO_QUORUM = 4,
	EXIT_NOT_FOUND = 5,
	EXIT_EXISTS = 6,
	EXIT_PERMISSION = 7,
	EXIT_TIMEOUT = 8,
	EXIT_VERSION = 9,
};

/* Options that belong to some verbs only */
enum verb_option {
	OPTION_NODES,
	OPTION_ENDPOINT_LIMIT,
	OPTION_CALL_LIMIT,
	OPTION_COUNT
};

/**
 * struct context - one run of the program
 * @json: print one JSON document instead of text
 * @timeout_ms: time limit of the whole run
 * @verb: what is to be done
 * @option: arguments of the options given, by enum verb_option
 * @sent: a request has been sent: from then on its outcome may be unknown
 */
struct context {
	bool json;
	int timeout_ms;
	const struct verb *verb;
	const char *option[OPTION_COUNT];
	volatile bool sent;
};

/**
 * struct verb - an entry of the table of verbs
 * @object: what it is about
 * @name: what it does; NULL where the object has one verb that needs no name
 * @arguments: as shown in the usage
 * @min: least number of arguments
 * @max: greatest number of arguments
 * @options: bit mask of enum verb_option
 * @program: the arguments are a program's: they are not looked at for options
 * @dc_first: the first argument is the name of a container
 * @summary: one line
 * @details: more for --help, or NULL
 * @run: does it; returns the exit status
 */
struct verb {
	const char *object;
	const char *name;
	const char *arguments;
	int min;
	int max;
	unsigned int options;
	bool program;
	bool dc_first;
	const char *summary;
	const char *details;
	int (*run)(struct context *context, int argc, char **argv);
};

extern const struct verb verbs[];	/* ends with an object of NULL */

/* status.c, node.c, dc.c, endpoint.c, link.c, exec.c */
int status_show(struct context *context, int argc, char **argv);
int node_list(struct context *context, int argc, char **argv);
int dc_create(struct context *context, int argc, char **argv);
int dc_delete(struct context *context, int argc, char **argv);
int dc_list(struct context *context, int argc, char **argv);
int dc_show(struct context *context, int argc, char **argv);
int endpoint_list(struct context *context, int argc, char **argv);
int link_list(struct context *context, int argc, char **argv);
int exec_program(struct context *context, int argc, char **argv);

/* complete.c: print the words that may follow, for the shell */
int complete(struct context *context, int argc, char **argv);

/* usage.c */
extern const struct option_text {
	const char *name;
	const char *argument;
	const char *text;
} option_texts[OPTION_COUNT];
void usage_all(void);
void usage_object(const char *object);
void usage_verb(const struct verb *verb);

/*
 * request.c: ask dvsd. The request has the fields of the verb and is consumed.
 * Returns EXIT_OK with the answer in *answer, or what to exit with, in which
 * case the error has been reported. An answer that comes with an error and
 * data is stored in *answer too.
 */
int request(struct context *context, const char *object, const char *verb, json_t *fields,
	    json_t **answer);

/*
 * report.c: the only place that writes documents and errors. report_error()
 * prints the error to stderr and, with --json, a document to stdout; it returns
 * the exit status. The code is one of DVSD_ERRORS, or "no-daemon".
 */
int report_error(const struct context *context, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The answer as a document. Returns EXIT_OK, or EXIT_FAILED when it cannot be written. */
int report_json(const json_t *answer);
/* Did stdout take everything? EXIT_OK or EXIT_FAILED. */
int report_finish(void);
/* Exit status that belongs to an error code. */
int report_status(const char *code);
/* Report the error of an answer, as dvsd put it. */
int report_answer_error(const struct context *context, const json_t *answer);
/* Give up with a timeout when the time limit is over; 0 stops the clock. */
void report_arm_timeout(struct context *context);
void report_disarm_timeout(void);

/* table.c: tables of JSON objects */
struct column {
	const char *heading;
	const char *key;
	/* Text of the cell, to be freed; NULL: by the type of the value. */
	char *(*format)(const json_t *row);
	bool right;
};
int print_table(const json_t *rows, const struct column *columns);
/*
 * The verb "list" of an object: ask, and print the array that is the answer's
 * data, or its @member. Consumes @fields.
 */
int list(struct context *context, const char *object, json_t *fields, const char *member,
	 const struct column *columns);
/* "1,2,3" of an array of numbers; to be freed. */
char *join_numbers(const json_t *numbers);

/* Fields of objects, with a value for those that are missing. */
const char *text_of(const json_t *object, const char *key);
long long number_of(const json_t *object, const char *key);
bool is_true(const json_t *object, const char *key);

/* printf() into memory to be freed; never NULL */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* DVSCTL_H */
