// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every netlink command without memory, as fail_nth_test.c does with the system
 * calls. Each attempt has a socket of its own: answers may get lost.
 */
#include "common.h"
#include "fault.h"

FIXTURE(fail_nth_netlink)
{
	struct cluster cluster;
	struct netlink nl;
	int dc;
};

FIXTURE_SETUP(fail_nth_netlink)
{
	int error = cluster_create(&self->cluster, 2);

	if (error == -ENOENT || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, cluster_enter(&self->cluster, 0));
	if (!fault_setup())
		SKIP(return, "needs CONFIG_FAULT_INJECTION");
}

FIXTURE_TEARDOWN(fail_nth_netlink)
{
	EXPECT_LT(0, fault_count());
	EXPECT_EQ(0, cluster_enter(&self->cluster, -1));
	cluster_destroy(&self->cluster);
}

/* The address of a node that is not there */
#define NOWHERE "10.255.255.1"

#define with_fresh_socket(attempt, call) do {				\
	struct fault *_round = (attempt);				\
									\
	ASSERT_EQ(0, netlink_open(&self->nl));				\
	under_fault(_round, call);					\
	CHECK_FAULT(_round);						\
	netlink_close(&self->nl);					\
} while (0)

TEST_F(fail_nth_netlink, node_set_and_del)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];

	while (fault_next(&f)) {
		int error = test_node_del(nl);

		ASSERT_TRUE(error == 0 || error == -ENODEV);
		ASSERT_EQ(0, netlink_open(&self->nl));
		under_fault(&f, test_node_set(&self->nl, CLUSTER_NUMBER, 1,
					      cluster_address(0), CLUSTER_PORT));
		/* What sockets say when they have no memory */
		if (f.result != -ENFILE && f.result != -EADDRINUSE)
			CHECK_FAULT(&f);
		netlink_close(&self->nl);
	}
	ASSERT_EQ(0, test_node_get(nl));
	f = (struct fault){};
	while (fault_next(&f)) {
		ASSERT_EQ(0, test_node_set(nl, CLUSTER_NUMBER, 1, cluster_address(0),
					   CLUSTER_PORT));
		with_fresh_socket(&f, test_node_del(&self->nl));
	}
}

TEST_F(fail_nth_netlink, node_get)
{
	struct fault f = {};

	while (fault_next(&f))
		with_fresh_socket(&f, test_node_get(&self->nl));
}

TEST_F(fail_nth_netlink, peer_set_and_del)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];

	while (fault_next(&f)) {
		int error = test_peer_del(nl, 9);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		with_fresh_socket(&f, test_peer_set(&self->nl, 9, NOWHERE, CLUSTER_PORT));
	}
	EXPECT_EQ(0, test_peer_get(nl, 9));
	f = (struct fault){};
	while (fault_next(&f)) {
		ASSERT_EQ(0, test_peer_set(nl, 9, NOWHERE, CLUSTER_PORT));
		with_fresh_socket(&f, test_peer_del(&self->nl, 9));
	}
	EXPECT_EQ(-ENOENT, test_peer_get(nl, 9));
}

TEST_F(fail_nth_netlink, peer_get)
{
	struct fault f = {};

	while (fault_next(&f))
		with_fresh_socket(&f, test_peer_get(&self->nl, 2));
}

static int count(const struct genlmsghdr *message, size_t length, void *data)
{
	(void)message;
	(void)length;
	++*(int *)data;
	return 0;
}

static int dump(struct netlink *nl, __u8 command, __u16 dcid_attribute)
{
	struct request r;
	int messages = 0;

	request_begin(&r, nl, command);
	if (dcid_attribute)
		request_uint(&r, dcid_attribute, WORLD_DCID);
	return netlink_dump(nl, &r, count, &messages) ?: messages;
}

TEST_F(fail_nth_netlink, dumps)
{
	struct fault f = {};
	static const struct {
		__u8 command;
		__u16 dcid_attribute;
	} dumps[] = {
		{ DVS_CMD_PEER_GET, 0 },
		{ DVS_CMD_DC_GET, 0 },
		{ DVS_CMD_SLOT_GET, DVS_A_SLOTS_DCID },
		{ DVS_CMD_CLAIM_GET, 0 },
		{ DVS_CMD_ENDPOINT_GET, 0 },
	};
	struct test_range range = { .first = 1, .last = DVS_SLOT_MAX, .node = 1 };
	int epfd;

	ASSERT_EQ(0, cluster_dc_new(&self->cluster, WORLD_DCID, "selftest"));
	ASSERT_EQ(0, cluster_slots(&self->cluster, WORLD_DCID, &range, 1));
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	self->dc = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, cluster_dc_attach(&self->cluster, 0, WORLD_DCID, self->dc));
	epfd = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, epfd);
	for (unsigned int i = 0; i < ARRAY_SIZE(dumps); i++) {
		f = (struct fault){};
		while (fault_next(&f)) {
			ASSERT_EQ(0, netlink_open(&self->nl));
			under_fault(&f, dump(&self->nl, dumps[i].command, dumps[i].dcid_attribute));
			CHECK_FAULT(&f);
			netlink_close(&self->nl);
		}
	}
	close(epfd);
	close(self->dc);
}

TEST_F(fail_nth_netlink, dc_new_and_del)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];

	while (fault_next(&f)) {
		int error = test_dc_del(nl, 7);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		with_fresh_socket(&f, test_dc_new(&self->nl, 7, "seven", 10, 10));
	}
	EXPECT_EQ(0, test_dc_get(nl, 7));
	f = (struct fault){};
	while (fault_next(&f)) {
		ASSERT_EQ(0, test_dc_new(nl, 7, "seven", 10, 10));
		with_fresh_socket(&f, test_dc_del(&self->nl, 7));
	}
	EXPECT_EQ(-ENOENT, test_dc_get(nl, 7));
}

TEST_F(fail_nth_netlink, dc_attach_and_del)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];
	__u64 dcid = 100;

	while (fault_next(&f)) {
		ASSERT_EQ(0, test_dc_new(nl, ++dcid, "selftest", 0, 0));
		ASSERT_EQ(0, unshare(CLONE_NEWDC));
		self->dc = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, self->dc);
		with_fresh_socket(&f, test_dc_attach(&self->nl, dcid, self->dc));
		close(self->dc);
	}
	while (dcid > 100) {
		f = (struct fault){};
		while (fault_next(&f)) {
			with_fresh_socket(&f, test_dc_del(&self->nl, dcid));
			if (f.result == 0)
				break;
		}
		dcid--;
	}
}

TEST_F(fail_nth_netlink, slot_set)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];
	const struct test_range ranges[] = {
		{ .first = 1, .last = 1023, .node = 1, .epoch = 1, .floor = 1, .ceiling = 100 },
		{ .first = 2000, .last = 2999, .node = 2, .epoch = 1, .floor = 1, .ceiling = 100 },
		{ .first = 3000, .last = 3000, .node = 0, .epoch = 1, .floor = 1, .ceiling = 100 },
	};
	__u64 version = 0;

	while (fault_next(&f)) {
		int error = test_dc_del(nl, 7);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		ASSERT_EQ(0, test_dc_new(nl, 7, "seven", 0, 0));
		++version;
		with_fresh_socket(&f, test_slots_set(&self->nl, 7, version, true, ranges, 3));
	}
	/* What failed can be repeated on the map it left behind. */
	f = (struct fault){};
	while (fault_next(&f)) {
		++version;
		with_fresh_socket(&f, test_slots_set(&self->nl, 7, version, true, ranges, 3));
		ASSERT_EQ(0, test_slots_set(nl, 7, ++version, true, ranges, 3));
	}
	ASSERT_EQ(0, test_dc_del(nl, 7));
}

TEST_F(fail_nth_netlink, view_stop_and_start)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];
	struct test_member members[] = { { .node = 1 }, { .node = 2 } };
	__u64 view = self->cluster.view;

	for (int i = 0; i < 2; i++)
		members[i].session = self->cluster.session[i];
	while (fault_next(&f)) {
		with_fresh_socket(&f, test_view_stop(&self->nl, ++view, members, 2));
		ASSERT_EQ(0, test_view_stop(nl, view, members, 2));
		ASSERT_EQ(0, test_view_start(nl, view, members, 2));
	}
	f = (struct fault){};
	while (fault_next(&f)) {
		ASSERT_EQ(0, test_view_stop(nl, ++view, members, 2));
		with_fresh_socket(&f, test_view_start(&self->nl, view, members, 2));
	}
	/* Another node out and in again makes and ends a link. */
	f = (struct fault){};
	while (fault_next(&f)) {
		ASSERT_EQ(0, test_view_stop(nl, ++view, members, 1));
		with_fresh_socket(&f, test_view_start(&self->nl, view, members, 1));
		members[1].session = ++view;
		ASSERT_EQ(0, test_view_stop(nl, view, members, 2));
		ASSERT_EQ(0, test_view_start(nl, view, members, 2));
	}
}

TEST_F(fail_nth_netlink, claim_get_and_refuse)
{
	struct fault f = {};
	struct netlink *nl = &self->cluster.nl[0];
	struct job *job;

	ASSERT_EQ(0, cluster_dc_new(&self->cluster, WORLD_DCID, "selftest"));
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	self->dc = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, cluster_dc_attach(&self->cluster, 0, WORLD_DCID, self->dc));
	job = job_new();
	job->bind.slot = SERVER_SLOT;
	ASSERT_NE(NULL, job_start(job, -1, job_bind));
	ASSERT_TRUE(eventually(test_claim_get(nl, WORLD_DCID, SERVER_SLOT) == 0));
	while (fault_next(&f))
		with_fresh_socket(&f, test_claim_get(&self->nl, WORLD_DCID, SERVER_SLOT));
	f = (struct fault){};
	while (fault_next(&f)) {
		with_fresh_socket(&f, test_claim_refuse(&self->nl, WORLD_DCID, SERVER_SLOT,
							EADDRINUSE));
		if (test_claim_get(nl, WORLD_DCID, SERVER_SLOT) == -ENOENT)
			break;
	}
	EXPECT_EQ(-EADDRINUSE, job_result(job));
	close(self->dc);
}

TEST_HARNESS_MAIN
