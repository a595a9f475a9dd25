// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsd-poke TEXT: send TEXT to dvsd as a request, whatever it is, and print the
 * answer. Status 3 when there is no daemon, 8 when no answer comes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include <qb/qbipcc.h>

#include "../protocol.h"

static union {
	struct qb_ipc_response_header header;
	char bytes[DVSD_IPC_MESSAGE_MAX];
} answer;

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "";
	struct qb_ipc_request_header header __attribute__((aligned(8))) = {
		.id = DVSD_IPC_REQUEST,
		.size = sizeof(header) + strlen(text),
	};
	struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ (void *)text, strlen(text) },
	};
	qb_ipcc_connection_t *connection;
	ssize_t len;

	connection = qb_ipcc_connect(DVSD_IPC_NAME, DVSD_IPC_MESSAGE_MAX);
	if (!connection)
		return 3;
	if (qb_ipcc_sendv(connection, parts, 2) < 0)
		return 3;
	len = qb_ipcc_recv(connection, &answer, sizeof(answer), 3000);
	if (len < (ssize_t)sizeof(answer.header))
		return 8;
	printf("%.*s\n", (int)(len - sizeof(answer.header)),
	       answer.bytes + sizeof(answer.header));
	qb_ipcc_disconnect(connection);
	return 0;
}
