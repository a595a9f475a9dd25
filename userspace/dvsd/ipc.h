/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of the daemon, as bytes; what they ask for is in verbs.c. The
 * protocol is described in protocol.h.
 */
#ifndef DVSD_IPC_H
#define DVSD_IPC_H

#include <jansson.h>
#include <qb/qbloop.h>
#include <sys/types.h>

struct client;
struct ipc;
struct verbs;

struct ipc *ipc_new(qb_loop_t *loop, struct verbs *verbs);
void ipc_free(struct ipc *ipc);
uid_t client_uid(const struct client *client);
/* Send the answer to the request of the client; takes @answer over. */
void client_answer(struct client *client, json_t *answer);

#endif /* DVSD_IPC_H */
