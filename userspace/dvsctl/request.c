// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request to dvsd and its answer, over libqb's IPC (see protocol.h).
 */
#include "dvsctl.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <qb/qbipcc.h>

#include "protocol.h"

static inline void disconnect(qb_ipcc_connection_t **connection)
{
	if (*connection)
		qb_ipcc_disconnect(*connection);
}

static inline void free_text(char **text)
{
	free(*text);
}

static int connect_daemon(const struct context *context, qb_ipcc_connection_t **connection)
{
	uid_t uid;
	int error;

	*connection = qb_ipcc_connect(DVSD_IPC_NAME, DVSD_IPC_MESSAGE_MAX);
	if (!*connection) {
		switch (errno) {
		case EACCES:
		case EPERM:
			return report_error(context, "permission",
					    "dvsd refuses user %u: run as root", getuid());
		case ECONNREFUSED:
		case ENOENT:
			return report_error(context, "no-daemon",
					    "dvsd is not running on this node, or in another network namespace: start it (dvsd(8))");
		default:
			return report_error(context, "no-daemon", "cannot connect to dvsd: %s",
					    strerror(errno));
		}
	}
	/* Anybody may take a name in the abstract namespace. */
	error = qb_ipcc_auth_get(*connection, NULL, &uid, NULL);
	if (error)
		return report_error(context, "no-daemon", "cannot tell who serves '%s': %s",
				    DVSD_IPC_NAME, strerror(-error));
	if (uid)
		return report_error(context, "permission",
				    "the service '%s' belongs to user %u instead of root: not using it",
				    DVSD_IPC_NAME, uid);
	return EXIT_OK;
}

static int send_message(const struct context *context, qb_ipcc_connection_t *connection, int32_t id,
			const char *text)
{
	struct qb_ipc_request_header header __attribute__((aligned(8))) = { .id = id };
	size_t length = text ? strlen(text) : 0;
	struct iovec parts[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)text, .iov_len = length },
	};
	ssize_t done;

	if (sizeof(header) + length > DVSD_IPC_REQUEST_MAX)
		return report_error(context, "usage", "the request is longer than %d bytes",
				    DVSD_IPC_REQUEST_MAX);
	header.size = sizeof(header) + length;
	/* A full socket empties as soon as dvsd looks at it; the time limit ends the rest. */
	do {
		done = qb_ipcc_sendv(connection, parts, text ? 2 : 1);
	} while (done == -EAGAIN || done == -EINTR);
	if (done < 0)
		return report_error(context, "no-daemon", "dvsd went away: %s",
				    strerror((int)-done));
	return EXIT_OK;
}

/* Put the pieces of an answer together. */
static int receive_text(const struct context *context, qb_ipcc_connection_t *connection,
			char **text, size_t *length)
{
	static union {
		struct qb_ipc_response_header header;
		char bytes[DVSD_IPC_MESSAGE_MAX];
	} message;

	for (;;) {
		size_t piece;
		char *longer;
		ssize_t done;
		int status;

		done = qb_ipcc_recv(connection, &message, sizeof(message), -1);
		if (done == -EAGAIN || done == -EINTR || done == -ETIMEDOUT)
			continue;
		if (done < 0)
			return report_error(context, "timeout",
					    "dvsd went away before it answered (%s): what was asked may or may not have been done",
					    strerror((int)-done));
		if ((size_t)done < sizeof(message.header) || message.header.size != done ||
		    (message.header.id != DVSD_IPC_ANSWER &&
		     message.header.id != DVSD_IPC_ANSWER_PART))
			return report_error(context, "version",
					    "dvsd speaks another protocol: a message of %zd bytes with the id %d",
					    done, message.header.id);

		piece = done - sizeof(message.header);
		longer = realloc(*text, *length + piece + 1);
		if (!longer)
			return report_error(context, "failed", "out of memory");
		*text = longer;
		memcpy(*text + *length, message.bytes + sizeof(message.header), piece);
		*length += piece;
		if (message.header.id == DVSD_IPC_ANSWER)
			return EXIT_OK;
		status = send_message(context, connection, DVSD_IPC_NEXT, NULL);
		if (status)
			return status;
	}
}

int request(struct context *context, const char *object, const char *verb, json_t *fields,
	    json_t **answer)
{
	__attribute__((cleanup(disconnect))) qb_ipcc_connection_t *connection = NULL;
	__attribute__((cleanup(free_text))) char *text = NULL;
	__attribute__((cleanup(free_text))) char *reply = NULL;
	int timeout_ms = context->timeout_ms;
	size_t length = 0;
	json_error_t why;
	int status;

	*answer = NULL;
	status = connect_daemon(context, &connection);
	if (status) {
		json_decref(fields);
		return status;
	}

	/* dvsd is to answer before the time limit of this program. */
	timeout_ms = timeout_ms > 2000 ? timeout_ms - 1000 : timeout_ms / 2;
	json_object_set_new(fields, "version", json_integer(DVSD_PROTOCOL));
	json_object_set_new(fields, "object", json_string(object));
	json_object_set_new(fields, "verb", json_string(verb));
	json_object_set_new(fields, "timeout_ms", json_integer(timeout_ms));
	text = json_dumps(fields, JSON_COMPACT);
	json_decref(fields);
	if (!text)
		return report_error(context, "usage", "an argument is not valid UTF-8");

	context->sent = true;
	status = send_message(context, connection, DVSD_IPC_REQUEST, text);
	if (!status)
		status = receive_text(context, connection, &reply, &length);
	if (status)
		return status;

	*answer = json_loadb(reply, length, 0, &why);
	if (!json_is_object(*answer))
		return report_error(context, "version", "dvsd's answer is not a JSON object: %s",
				    why.text);
	if (number_of(*answer, "version") != DVSD_PROTOCOL)
		return report_error(context, "version",
				    "dvsd speaks version %lld of the protocol and dvsctl version %d: install the same version of both",
				    number_of(*answer, "version"), DVSD_PROTOCOL);
	if (json_is_object(json_object_get(*answer, "error"))) {
		status = report_answer_error(context, *answer);
		if (context->json || json_is_null(json_object_get(*answer, "data")) ||
		    !json_object_get(*answer, "data")) {
			json_decref(*answer);
			*answer = NULL;
		}
		return status;
	}
	return EXIT_OK;
}
