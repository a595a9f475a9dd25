// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients: libqb's IPC server. See protocol.h for what goes over it.
 */
#include "ipc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <qb/qbipcs.h>
#include <qb/qblog.h>

#include "codec.h"
#include "protocol.h"
#include "verbs.h"

/* An answer in one piece stays below the limits of a datagram. */
#define PIECE_MAX	(DVSD_IPC_MESSAGE_MAX - 1024)
#define CLIENTS_MAX	64
#define START_TRIES	10
#define START_PAUSE_US	200000

struct ipc {
	qb_ipcs_service_t *service;
	qb_loop_t *loop;
	struct verbs *verbs;
	uint32_t clients;
};

/**
 * struct client - a connection
 * @connection: libqb's; owns this
 * @uid: who it is
 * @busy: a request is not answered yet
 * @answer: text not sent yet
 * @len: its length
 * @sent: how much of it is
 */
struct client {
	struct ipc *ipc;
	qb_ipcs_connection_t *connection;
	uid_t uid;
	bool busy;
	char *answer;
	size_t len;
	size_t sent;
};

/* libqb's tables of functions have no context: there is one server. */
static struct ipc *server;

uid_t client_uid(const struct client *client)
{
	return client->uid;
}

static void send_piece(struct client *client)
{
	struct qb_ipc_response_header header __attribute__((aligned(8))) = {};
	size_t len = client->len - client->sent;
	struct iovec parts[2];
	ssize_t sent;

	header.id = DVSD_IPC_ANSWER;
	if (len > PIECE_MAX) {
		len = PIECE_MAX;
		header.id = DVSD_IPC_ANSWER_PART;
	}
	header.size = sizeof(header) + len;
	parts[0] = (struct iovec){ &header, sizeof(header) };
	parts[1] = (struct iovec){ client->answer + client->sent, len };
	sent = qb_ipcs_response_sendv(client->connection, parts, 2);
	if (sent < 0) {
		qb_ipcs_disconnect(client->connection);
		return;
	}
	client->sent += len;
	if (client->sent < client->len)
		return;
	free(client->answer);
	client->answer = NULL;
}

void client_answer(struct client *client, json_t *answer)
{
	free(client->answer);
	client->answer = json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(answer);
	if (!client->answer)
		client->answer = xstrdup("{}");
	client->len = strlen(client->answer);
	client->sent = 0;
	client->busy = false;
	send_piece(client);
}

static int32_t accept_client(qb_ipcs_connection_t *connection, uid_t uid,
			     gid_t gid)
{
	struct client *client;

	if (server->clients == CLIENTS_MAX)
		return -EAGAIN;
	client = xalloc(sizeof(*client));
	client->ipc = server;
	client->connection = connection;
	client->uid = uid;
	server->clients++;
	qb_ipcs_connection_auth_set(connection, uid, gid, 0600);
	qb_ipcs_context_set(connection, client);
	return 0;
}

static void created(qb_ipcs_connection_t *connection)
{
	(void)connection;
}

static int32_t process(qb_ipcs_connection_t *connection, void *data,
		       size_t size)
{
	struct client *client = qb_ipcs_context_get(connection);
	const struct qb_ipc_request_header *header = data;
	json_error_t error;
	json_t *request;

	if (size < sizeof(*header) || header->size < (int)sizeof(*header) ||
	    (size_t)header->size > size)
		return 0;
	if (header->id == DVSD_IPC_NEXT) {
		if (client->answer)
			send_piece(client);
		return 0;
	}
	if (header->id != DVSD_IPC_REQUEST || client->busy || client->answer)
		return 0;
	client->busy = true;
	request = json_loadb((const char *)(header + 1),
			     header->size - sizeof(*header), 0, &error);
	verbs_request(client->ipc->verbs, client, request);
	json_decref(request);
	return 0;
}

static int32_t closed(qb_ipcs_connection_t *connection)
{
	struct client *client = qb_ipcs_context_get(connection);

	if (client)
		verbs_forget(client->ipc->verbs, client);
	return 0;
}

static void destroyed(qb_ipcs_connection_t *connection)
{
	struct client *client = qb_ipcs_context_get(connection);

	if (!client)
		return;
	client->ipc->clients--;
	free(client->answer);
	free(client);
}

static int32_t add_job(enum qb_loop_priority priority, void *data,
		       qb_loop_job_dispatch_fn job)
{
	return qb_loop_job_add(server->loop, priority, data, job);
}

static int32_t add_poll(enum qb_loop_priority priority, int32_t fd,
			int32_t events, void *data, qb_ipcs_dispatch_fn_t call)
{
	return qb_loop_poll_add(server->loop, priority, fd, events, data,
				call);
}

static int32_t change_poll(enum qb_loop_priority priority, int32_t fd,
			   int32_t events, void *data,
			   qb_ipcs_dispatch_fn_t call)
{
	return qb_loop_poll_mod(server->loop, priority, fd, events, data,
				call);
}

static int32_t delete_poll(int32_t fd)
{
	return qb_loop_poll_del(server->loop, fd);
}

static int start_service(struct ipc *ipc,
			 struct qb_ipcs_service_handlers *handlers,
			 struct qb_ipcs_poll_handlers *polls)
{
	int error;

	ipc->service = qb_ipcs_create(DVSD_IPC_NAME, 0, QB_IPC_SOCKET,
				      handlers);
	if (!ipc->service)
		return -errno;
	qb_ipcs_poll_handlers_set(ipc->service, polls);
	qb_ipcs_enforce_buffer_size(ipc->service, DVSD_IPC_MESSAGE_MAX);
	/* libqb drops the service when this fails. */
	error = qb_ipcs_run(ipc->service);
	if (error)
		ipc->service = NULL;
	return error;
}

struct ipc *ipc_new(qb_loop_t *loop, struct verbs *verbs)
{
	static struct qb_ipcs_service_handlers handlers = {
		.connection_accept = accept_client,
		.connection_created = created,
		.msg_process = process,
		.connection_closed = closed,
		.connection_destroyed = destroyed,
	};
	static struct qb_ipcs_poll_handlers polls = {
		.job_add = add_job,
		.dispatch_add = add_poll,
		.dispatch_mod = change_poll,
		.dispatch_del = delete_poll,
	};
	struct ipc *ipc = xalloc(sizeof(*ipc));
	int error;

	ipc->loop = loop;
	ipc->verbs = verbs;
	server = ipc;
	error = start_service(ipc, &handlers, &polls);
	/* The name is the one before's until the kernel has buried it. */
	for (int i = 0; i < START_TRIES && error == -EADDRINUSE; i++) {
		usleep(START_PAUSE_US);
		error = start_service(ipc, &handlers, &polls);
	}
	if (error) {
		qb_log(LOG_ERR, "ipc: service \"%s\" cannot be started: %s%s",
		       DVSD_IPC_NAME, strerror(-error),
		       error == -EADDRINUSE ?
		       "; is another dvsd running?" : "");
		free(ipc);
		return NULL;
	}
	return ipc;
}

void ipc_free(struct ipc *ipc)
{
	qb_ipcs_destroy(ipc->service);
	free(ipc);
}
