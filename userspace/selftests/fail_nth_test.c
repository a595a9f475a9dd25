// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every call and every netlink command without memory, and with user memory
 * that cannot be reached: each of its allocations and copies fails once. It must
 * then fail cleanly or work all the same, and leave nothing behind. What leaks
 * is found by kmemleak when the tests are over.
 */
#include "common.h"
#include "fault.h"

FIXTURE(fail_nth)
{
	struct world world;
	int server;
	int client;
	__u32 to;
	__u32 from;
};

FIXTURE_VARIANT(fail_nth)
{
	bool remote;
};

FIXTURE_VARIANT_ADD(fail_nth, local)
{
	.remote = false,
};

FIXTURE_VARIANT_ADD(fail_nth, remote)
{
	.remote = true,
};

FIXTURE_SETUP(fail_nth)
{
	int error = world_create(&self->world, variant->remote);

	if (error == -EOPNOTSUPP || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	self->client = world_bind(&self->world, CLIENT, 0, &self->from);
	ASSERT_LE(0, self->client);
	if (!fault_setup())
		SKIP(return, "needs CONFIG_FAULT_INJECTION");
}

FIXTURE_TEARDOWN(fail_nth)
{
	close(self->server);
	close(self->client);
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

/* One round is over: it ended well, and so far something could fail in it. */
#define CHECK_FAULT(f) do {						\
	EXPECT_TRUE(fault_is_clean(&(f)))				\
		TH_LOG("fault %d ended with %ld", (f).nth, (f).result);	\
} while (0)

TEST_F(fail_nth, bind)
{
	each_fault(f) {
		under_fault(f, bind_slot(DVS_SLOT_ANY, NULL));
		CHECK_FAULT(f);
		if (f.result >= 0)
			close(f.result);
		EXPECT_EQ(variant->remote ? 1 : 2, info(-1).endpoints);
	}
}

TEST_F(fail_nth, bind_a_well_known_slot_and_close)
{
	ASSERT_EQ(0, world_enter(&self->world, SERVER));
	each_fault(f) {
		int epfd;

		under_fault(f, bind_slot(SERVER_SLOT + 1, NULL));
		CHECK_FAULT(f);
		epfd = f.result;
		if (epfd >= 0) {
			under_fault(f, close(epfd));
			EXPECT_EQ(0, f.result);
		}
		EXPECT_EQ(variant->remote ? 1 : 2, info(-1).endpoints);
	}
}

/* A server that never fails, in a process of its own */
static int echo(struct job *job)
{
	struct dvs_replyrec_args args = {};
	int error;

	do {
		error = sys_dvs_replyrec(job->epfd, &args, sizeof(args));
		args.token = args.receive.msg.token;
		args.reply = args.receive.msg;
	} while (!error);
	return error;
}

TEST_F(fail_nth, sendrec)
{
	char memory[64] = {};
	struct dvs_segment segment = {
		.addr = P(memory),
		.length = sizeof(memory),
		.flags = DVS_SEGMENT_READ | DVS_SEGMENT_WRITE,
	};
	struct job *server = job_start(job_new(), self->server, echo);

	each_fault(f) {
		struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = CLOCK_MONOTONIC,
			.timeout = P(&timeout),
			.segment_count = 1,
			.segments = P(&segment),
			.msg.type = f.nth,
		};

		under_fault(f, sys_dvs_sendrec(self->client, &args, sizeof(args)));
		CHECK_FAULT(f);
		if (f.result == 0)
			EXPECT_EQ(f.nth, args.msg.type);
		EXPECT_TRUE(eventually(info(self->client).calls == 0));
	}
	job_kill(server);
}

TEST_F(fail_nth, send)
{
	struct job *server = job_start(job_new(), self->server, echo);

	each_fault(f) {
		struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = CLOCK_MONOTONIC,
			.timeout = P(&timeout),
		};

		under_fault(f, sys_dvs_send(self->client, &args, sizeof(args)));
		CHECK_FAULT(f);
		EXPECT_TRUE(eventually(info(self->client).calls == 0));
	}
	job_kill(server);
}

TEST_F(fail_nth, receive)
{
	struct job *job = start_sendrec(self->client, self->to, 7);
	struct dvs_receive_args m;

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	/* Nothing is lost: what fails leaves the request where it was. */
	each_fault(f) {
		m = (struct dvs_receive_args){ .flags = DVS_NOWAIT };
		under_fault(f, sys_dvs_receive(self->server, &m, sizeof(m)));
		CHECK_FAULT(f);
		if (f.result == 0)
			break;
		EXPECT_TRUE(readable(self->server, 0));
	}
	EXPECT_EQ(7, m.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(fail_nth, receive_a_notification)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->client, self->to, 5));
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	each_fault(f) {
		m = (struct dvs_receive_args){ .flags = DVS_NOWAIT };
		under_fault(f, sys_dvs_receive(self->server, &m, sizeof(m)));
		CHECK_FAULT(f);
		if (f.result == 0)
			break;
		EXPECT_TRUE(readable(self->server, 0));
	}
	EXPECT_EQ(5, m.notified);
}

TEST_F(fail_nth, reply)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	each_fault(f) {
		under_fault(f, reply(self->server, m.msg.token, 9));
		CHECK_FAULT(f);
		if (f.result == 0)
			break;
	}
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
}

TEST_F(fail_nth, replyrec)
{
	each_fault(f) {
		struct dvs_receive_args m;
		struct dvs_replyrec_args args = { .receive.flags = DVS_NOWAIT };
		struct job *one, *two;

		one = start_sendrec(self->client, self->to, 1);
		ASSERT_EQ(0, take(self->server, &m));
		two = start_send(self->client, self->to, 2);
		ASSERT_TRUE(readable(self->server, PATIENCE_MS));
		args.token = m.msg.token;
		under_fault(f, sys_dvs_replyrec(self->server, &args, sizeof(args)));
		CHECK_FAULT(f);
		/* Whatever failed: the token says whether it was replied. */
		if (args.token)
			EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
		if (f.result < 0)
			EXPECT_EQ(0, take(self->server, &m));
		EXPECT_EQ(0, job_result(one));
		EXPECT_EQ(0, job_result(two));
	}
}

TEST_F(fail_nth, notify)
{
	__u64 bits = 0;

	each_fault(f) {
		struct dvs_receive_args m;
		/* The first notification of a source is the one that allocates. */
		int source = world_bind(&self->world, CLIENT, 0, NULL);

		ASSERT_LE(0, source);
		under_fault(f, notify(source, self->to, 1));
		CHECK_FAULT(f);
		if (f.result == 0) {
			ASSERT_EQ(0, take(self->server, &m));
			EXPECT_EQ(1, m.notified);
		}
		bits |= f.result == 0;
		close(source);
	}
	EXPECT_EQ(1, bits);
}

TEST_F(fail_nth, vcopy)
{
	const size_t length = 300000;
	unsigned char *theirs = shared_memory(length), *ours = shared_memory(length);
	struct dvs_receive_args m;
	struct job *job = job_new();

	memset(theirs, 0x5a, length);
	memset(ours, 0, length);
	job->send.destination = self->to;
	job_grant(job, theirs, length, DVS_SEGMENT_READ | DVS_SEGMENT_WRITE);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	each_fault(f) {
		under_fault(f, copy_in(self->server, m.msg.token, 0, 0, ours, length));
		CHECK_FAULT(f);
		if (f.result > 0)
			EXPECT_EQ(0, memcmp(ours, theirs, f.result));
		if (!f.injected)
			EXPECT_EQ(length, f.result);
	}
	memset(ours, 0xa5, length);
	each_fault(f) {
		under_fault(f, copy_out(self->server, m.msg.token, 0, 0, ours, length));
		CHECK_FAULT(f);
		if (f.result > 0)
			EXPECT_EQ(0, memcmp(ours, theirs, f.result));
		if (!f.injected)
			EXPECT_EQ(length, f.result);
	}
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(fail_nth, wait)
{
	each_fault(f) {
		under_fault(f, wait_for(self->client, SERVER_SLOT, DVS_WAIT_BOUND, PATIENCE_MS));
		CHECK_FAULT(f);
	}
}

TEST_F(fail_nth, getinfo)
{
	each_fault(f) {
		struct dvs_info i = {};

		under_fault(f, sys_dvs_getinfo(self->client, &i, sizeof(i)));
		CHECK_FAULT(f);
	}
}

TEST_F(fail_nth, unshare)
{
	each_fault(f) {
		under_fault(f, unshare(CLONE_NEWDC) ? -errno : 0);
		CHECK_FAULT(f);
		ASSERT_EQ(0, world_enter(&self->world, CLIENT));
	}
}

TEST_F(fail_nth, setns)
{
	each_fault(f) {
		under_fault(f, setns(self->world.dc[SERVER], CLONE_NEWDC) ? -errno : 0);
		CHECK_FAULT(f);
		ASSERT_EQ(0, world_enter(&self->world, CLIENT));
	}
}

TEST_F(fail_nth, closing_with_calls_open_on_both_sides)
{
	each_fault(f) {
		struct dvs_receive_args m;
		int epfd = world_bind(&self->world, SERVER, 0, NULL);
		struct job *taken = start_sendrec(self->client, info(epfd).endpoint, 1);
		struct job *pending, *made;
		int result;

		ASSERT_LE(0, epfd);
		ASSERT_EQ(0, take(epfd, &m));
		pending = start_sendrec(self->client, info(epfd).endpoint, 2);
		ASSERT_TRUE(readable(epfd, PATIENCE_MS));
		made = start_sendrec(epfd, self->from, 3);
		ASSERT_EQ(0, take(self->client, &m));
		ASSERT_TRUE(job_interrupt(made));
		ASSERT_EQ(-EINTR, job_result(made));
		under_fault(f, close(epfd));
		EXPECT_EQ(0, f.result);
		EXPECT_EQ(-EOWNERDEAD, job_result(taken));
		result = job_result(pending);
		EXPECT_EQ(-EIDRM, result);
		EXPECT_TRUE(eventually(reply(self->client, m.msg.token, 0) == -ESRCH));
	}
}

/* The commands. Each attempt has a socket of its own: answers may get lost. */

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
	EXPECT_EQ(0, cluster_enter(&self->cluster, -1));
	cluster_destroy(&self->cluster);
}

/* The address of a node that is not there */
#define NOWHERE "10.255.255.1"

#define with_fresh_socket(f, call) do {					\
	ASSERT_EQ(0, netlink_open(&self->nl));				\
	under_fault(f, call);						\
	CHECK_FAULT(f);							\
	netlink_close(&self->nl);					\
} while (0)

TEST_F(fail_nth_netlink, node_set_and_del)
{
	struct netlink *nl = &self->cluster.nl[0];

	each_fault(f) {
		int error = test_node_del(nl);

		ASSERT_TRUE(error == 0 || error == -ENODEV);
		with_fresh_socket(f, test_node_set(&self->nl, CLUSTER_NUMBER, 1, cluster_address(0),
						   CLUSTER_PORT));
	}
	ASSERT_EQ(0, test_node_get(nl));
	each_fault(f) {
		ASSERT_EQ(0, test_node_set(nl, CLUSTER_NUMBER, 1, cluster_address(0), CLUSTER_PORT));
		with_fresh_socket(f, test_node_del(&self->nl));
	}
}

TEST_F(fail_nth_netlink, node_get)
{
	each_fault(f)
		with_fresh_socket(f, test_node_get(&self->nl));
}

TEST_F(fail_nth_netlink, peer_set_and_del)
{
	struct netlink *nl = &self->cluster.nl[0];

	each_fault(f) {
		int error = test_peer_del(nl, 9);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		with_fresh_socket(f, test_peer_set(&self->nl, 9, NOWHERE, CLUSTER_PORT));
	}
	EXPECT_EQ(0, test_peer_get(nl, 9));
	each_fault(f) {
		ASSERT_EQ(0, test_peer_set(nl, 9, NOWHERE, CLUSTER_PORT));
		with_fresh_socket(f, test_peer_del(&self->nl, 9));
	}
	EXPECT_EQ(-ENOENT, test_peer_get(nl, 9));
}

TEST_F(fail_nth_netlink, peer_get)
{
	each_fault(f)
		with_fresh_socket(f, test_peer_get(&self->nl, 2));
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
		each_fault(f) {
			ASSERT_EQ(0, netlink_open(&self->nl));
			under_fault(f, dump(&self->nl, dumps[i].command, dumps[i].dcid_attribute));
			CHECK_FAULT(f);
			netlink_close(&self->nl);
		}
	}
	close(epfd);
	close(self->dc);
}

TEST_F(fail_nth_netlink, dc_new_and_del)
{
	struct netlink *nl = &self->cluster.nl[0];

	each_fault(f) {
		int error = test_dc_del(nl, 7);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		with_fresh_socket(f, test_dc_new(&self->nl, 7, "seven", 10, 10));
	}
	EXPECT_EQ(0, test_dc_get(nl, 7));
	each_fault(f) {
		ASSERT_EQ(0, test_dc_new(nl, 7, "seven", 10, 10));
		with_fresh_socket(f, test_dc_del(&self->nl, 7));
	}
	EXPECT_EQ(-ENOENT, test_dc_get(nl, 7));
}

TEST_F(fail_nth_netlink, dc_attach_and_del)
{
	struct netlink *nl = &self->cluster.nl[0];
	__u64 dcid = 100;

	each_fault(f) {
		ASSERT_EQ(0, test_dc_new(nl, ++dcid, "selftest", 0, 0));
		ASSERT_EQ(0, unshare(CLONE_NEWDC));
		self->dc = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, self->dc);
		with_fresh_socket(f, test_dc_attach(&self->nl, dcid, self->dc));
		close(self->dc);
	}
	while (dcid > 100) {
		each_fault(f) {
			with_fresh_socket(f, test_dc_del(&self->nl, dcid));
			if (f.result == 0)
				break;
		}
		dcid--;
	}
}

TEST_F(fail_nth_netlink, slot_set)
{
	struct netlink *nl = &self->cluster.nl[0];
	const struct test_range ranges[] = {
		{ .first = 1, .last = 1023, .node = 1, .epoch = 1, .floor = 1, .ceiling = 100 },
		{ .first = 2000, .last = 2999, .node = 2, .epoch = 1, .floor = 1, .ceiling = 100 },
		{ .first = 3000, .last = 3000, .node = 0, .epoch = 1, .floor = 1, .ceiling = 100 },
	};
	__u64 version = 0;

	each_fault(f) {
		int error = test_dc_del(nl, 7);

		ASSERT_TRUE(error == 0 || error == -ENOENT);
		ASSERT_EQ(0, test_dc_new(nl, 7, "seven", 0, 0));
		with_fresh_socket(f, test_slots_set(&self->nl, 7, ++version, true, ranges,
						    ARRAY_SIZE(ranges)));
	}
	/* What failed can be repeated on the map it left behind. */
	each_fault(f) {
		with_fresh_socket(f, test_slots_set(&self->nl, 7, ++version, true, ranges,
						    ARRAY_SIZE(ranges)));
		ASSERT_EQ(0, test_slots_set(nl, 7, ++version, true, ranges, ARRAY_SIZE(ranges)));
	}
	ASSERT_EQ(0, test_dc_del(nl, 7));
}

TEST_F(fail_nth_netlink, view_stop_and_start)
{
	struct netlink *nl = &self->cluster.nl[0];
	struct test_member members[] = { { .node = 1 }, { .node = 2 } };
	__u64 view = self->cluster.view;

	for (int i = 0; i < 2; i++)
		members[i].session = self->cluster.session[i];
	each_fault(f) {
		with_fresh_socket(f, test_view_stop(&self->nl, ++view, members, 2));
		ASSERT_EQ(0, test_view_stop(nl, view, members, 2));
		ASSERT_EQ(0, test_view_start(nl, view, members, 2));
	}
	each_fault(f) {
		ASSERT_EQ(0, test_view_stop(nl, ++view, members, 2));
		with_fresh_socket(f, test_view_start(&self->nl, view, members, 2));
	}
	/* Another node out and in again makes and ends a link. */
	each_fault(f) {
		ASSERT_EQ(0, test_view_stop(nl, ++view, members, 1));
		with_fresh_socket(f, test_view_start(&self->nl, view, members, 1));
		members[1].session = ++view;
		ASSERT_EQ(0, test_view_stop(nl, view, members, 2));
		ASSERT_EQ(0, test_view_start(nl, view, members, 2));
	}
}

TEST_F(fail_nth_netlink, claim_get_and_refuse)
{
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
	each_fault(f)
		with_fresh_socket(f, test_claim_get(&self->nl, WORLD_DCID, SERVER_SLOT));
	each_fault(f) {
		with_fresh_socket(f, test_claim_refuse(&self->nl, WORLD_DCID, SERVER_SLOT, EADDRINUSE));
		if (test_claim_get(nl, WORLD_DCID, SERVER_SLOT) == -ENOENT)
			break;
	}
	EXPECT_EQ(-EADDRINUSE, job_result(job));
	close(self->dc);
}

TEST_HARNESS_MAIN
