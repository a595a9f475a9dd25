/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server's and a client's endpoint, in one container on one node (local) or
 * on two (remote). When a test is over nothing may be left of it.
 *
 * IPC_FIXTURE_REMOTE_ONLY leaves out the first, for what only two nodes can do.
 */
#ifndef DVS_SELFTESTS_IPC_FIXTURE_H
#define DVS_SELFTESTS_IPC_FIXTURE_H

#include "common.h"

FIXTURE(ipc)
{
	struct world world;
	int server;
	int client;
	__u32 to;	/* number of the server's endpoint */
	__u32 from;	/* number of the client's */
};

FIXTURE_VARIANT(ipc)
{
	bool remote;
};

#ifndef IPC_FIXTURE_REMOTE_ONLY
FIXTURE_VARIANT_ADD(ipc, local)
{
	.remote = false,
};
#endif

FIXTURE_VARIANT_ADD(ipc, remote)
{
	.remote = true,
};

FIXTURE_SETUP(ipc)
{
	int error = world_create(&self->world, variant->remote);

	if (error == -EOPNOTSUPP || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	self->client = world_bind(&self->world, CLIENT, 0, &self->from);
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(ipc)
{
	close(self->server);
	close(self->client);
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

#endif /* DVS_SELFTESTS_IPC_FIXTURE_H */
