/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of a test: a container with a server's and a client's side. In a
 * local world both sides are one DC namespace that is attached to nothing. In
 * a remote one they are the parts of one container on two nodes, each in a
 * network namespace of its own.
 */
#ifndef DVS_SELFTESTS_WORLD_H
#define DVS_SELFTESTS_WORLD_H

#include "cluster.h"
#include "message.h"

enum side { SERVER, CLIENT, SIDES };

/* Well-known slots the sides own from the start */
#define SERVER_SLOT		10
#define CLIENT_SLOT		600

/* A slot of a side nobody binds by chance */
#define SERVER_UNBOUND		20000
#define CLIENT_UNBOUND		50000

#define WORLD_DCID		0x1234567890abcdefULL

struct world {
	bool remote;
	int dc[SIDES];		/* the DC namespaces */
	struct cluster cluster;	/* of a remote world; sides are its nodes */
};

/* 0 or a negated errno; -EOPNOTSUPP and -EPERM when tests cannot be run here. */
int world_create(struct world *world, bool remote);
void world_destroy(struct world *world);

/* Make a side's container this process's. */
int world_enter(struct world *world, enum side side);

/* Bind a slot, any of the side when it is 0. */
int world_bind(struct world *world, enum side side, __u32 slot, __u32 *number);

struct dvs_info world_info(struct world *world, enum side side);

/* The node number of a side; 0 in a local world */
__u32 world_node(struct world *world, enum side side);

/* Nothing is bound and no call is open on either side, soon. */
bool world_empty(struct world *world);

#endif /* DVS_SELFTESTS_WORLD_H */
