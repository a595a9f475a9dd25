// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_getinfo(): who and where an endpoint is.
 */
#include "ipc_fixture.h"

TEST_F(ipc, an_endpoint_knows_itself)
{
	struct dvs_info i = info(self->server);
	bool remote = variant->remote;

	EXPECT_EQ(0, i.flags);
	EXPECT_EQ(0, i.slot);
	EXPECT_EQ(self->to, i.endpoint);
	EXPECT_EQ(DVS_ABI_VERSION, i.abi_version);
	EXPECT_EQ(remote ? WORLD_DCID : 0, i.dcid);
	EXPECT_EQ(world_node(&self->world, SERVER), i.node);
	EXPECT_EQ(remote, i.view != 0);
	EXPECT_EQ(remote, i.session != 0);
	EXPECT_EQ(remote, i.map_version != 0);
	EXPECT_EQ(remote ? 1 : 2, i.endpoints);
	EXPECT_EQ(0, i.calls);
	EXPECT_EQ(0, i.slot_node);
	EXPECT_EQ(0, i.slot_epoch);
	EXPECT_EQ(0, i.reserved);
}

TEST_F(ipc, without_an_endpoint_the_container_is_described)
{
	struct dvs_info i = world_info(&self->world, CLIENT);

	EXPECT_EQ(0, i.endpoint);
	EXPECT_EQ(variant->remote ? WORLD_DCID : 0, i.dcid);
	EXPECT_EQ(world_node(&self->world, CLIENT), i.node);
	EXPECT_EQ(variant->remote ? 1 : 2, i.endpoints);
}

TEST_F(ipc, a_slot_can_be_looked_up)
{
	struct dvs_info i = { .slot = SERVER_SLOT };

	ASSERT_EQ(0, sys_dvs_getinfo(self->client, &i, sizeof(i)));
	EXPECT_EQ(SERVER_SLOT, i.slot);
	EXPECT_EQ(world_node(&self->world, SERVER), i.slot_node);
	EXPECT_EQ(variant->remote, i.slot_epoch != 0);
	i = (struct dvs_info){ .slot = DVS_SLOT_MAX + 1 };
	EXPECT_EQ(-EINVAL, sys_dvs_getinfo(self->client, &i, sizeof(i)));
}

TEST_F(ipc, endpoints_are_counted)
{
	unsigned int before = info(self->client).endpoints;
	int more[5];

	for (unsigned int i = 0; i < ARRAY_SIZE(more); i++) {
		more[i] = world_bind(&self->world, CLIENT, 0, NULL);
		ASSERT_LE(0, more[i]);
		EXPECT_EQ(before + i + 1, info(self->client).endpoints);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(more); i++)
		close(more[i]);
	EXPECT_EQ(before, info(self->client).endpoints);
}

TEST_F(ipc, open_calls_are_counted)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(1, info(self->client).calls);
	EXPECT_EQ(1, info(self->server).calls);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	EXPECT_TRUE(eventually(info(self->client).calls == 0));
	EXPECT_TRUE(eventually(info(self->server).calls == 0));
}

TEST_F(ipc, a_descriptor_that_is_no_endpoint)
{
	struct dvs_info i = {};

	EXPECT_EQ(-EBADF, sys_dvs_getinfo(999, &i, sizeof(i)));
	EXPECT_EQ(-EBADF, sys_dvs_getinfo(-2, &i, sizeof(i)));
	EXPECT_EQ(-EINVAL, sys_dvs_getinfo(STDERR_FILENO, &i, sizeof(i)));
}

TEST_F(ipc, flags_and_reserved_fields_are_refused)
{
	struct dvs_info i;

	for (int bit = 0; bit < 64; bit++) {
		i = (struct dvs_info){ .flags = 1ULL << bit };
		EXPECT_EQ(-EINVAL, sys_dvs_getinfo(self->client, &i, sizeof(i)));
	}
	i = (struct dvs_info){ .reserved = 1 };
	EXPECT_EQ(-EINVAL, sys_dvs_getinfo(self->client, &i, sizeof(i)));
}

TEST_F(ipc, the_descriptor_describes_itself_in_proc)
{
	unsigned long value, slot = 0, generation = 0;
	char path[64], line[128], key[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->server);
	file = fopen(path, "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]: %lu", key, &value) != 2)
			continue;
		if (!strcmp(key, "dvs-slot"))
			slot = value;
		else if (!strcmp(key, "dvs-generation"))
			generation = value;
	}
	fclose(file);
	EXPECT_EQ(self->to, DVS_ENDPOINT(slot, generation));
}

TEST_HARNESS_MAIN
