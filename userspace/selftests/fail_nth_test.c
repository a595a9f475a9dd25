// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every call without memory, and with user memory that cannot be reached: each
 * of its allocations and copies fails once. It must then fail cleanly or work
 * all the same, and leave nothing behind. What leaks is found by kmemleak when
 * the tests are over. The netlink commands are in fail_nth_netlink_test.c.
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
	/* A series in which nothing failed would show nothing. */
	EXPECT_LT(0, fault_count());
	close(self->server);
	close(self->client);
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

TEST_F(fail_nth, bind)
{
	struct fault f = {};

	while (fault_next(&f)) {
		under_fault(&f, bind_slot(DVS_SLOT_ANY, NULL));
		CHECK_FAULT(&f);
		if (f.result >= 0)
			close(f.result);
		EXPECT_EQ(variant->remote ? 1 : 2, info(-1).endpoints);
	}
}

TEST_F(fail_nth, bind_a_well_known_slot_and_close)
{
	struct fault f = {};

	ASSERT_EQ(0, world_enter(&self->world, SERVER));
	while (fault_next(&f)) {
		int epfd;

		under_fault(&f, bind_slot(SERVER_SLOT + 1, NULL));
		CHECK_FAULT(&f);
		epfd = f.result;
		if (epfd >= 0) {
			under_fault(&f, close(epfd));
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
	struct fault f = {};
	char memory[64] = {};
	struct dvs_segment segment = {
		.addr = P(memory),
		.length = sizeof(memory),
		.flags = DVS_SEGMENT_READ | DVS_SEGMENT_WRITE,
	};
	struct job *server = job_start(job_new(), self->server, echo);

	while (fault_next(&f)) {
		struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = CLOCK_MONOTONIC,
			.timeout = P(&timeout),
			.segment_count = 1,
			.segments = P(&segment),
			.msg.type = f.nth,
		};

		under_fault(&f, sys_dvs_sendrec(self->client, &args, sizeof(args)));
		CHECK_FAULT(&f);
		if (f.result == 0)
			EXPECT_EQ(f.nth, args.msg.type);
		EXPECT_TRUE(eventually(info(self->client).calls == 0));
	}
	job_kill(server);
}

TEST_F(fail_nth, send)
{
	struct fault f = {};
	struct job *server = job_start(job_new(), self->server, echo);

	while (fault_next(&f)) {
		struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = CLOCK_MONOTONIC,
			.timeout = P(&timeout),
		};

		under_fault(&f, sys_dvs_send(self->client, &args, sizeof(args)));
		CHECK_FAULT(&f);
		EXPECT_TRUE(eventually(info(self->client).calls == 0));
	}
	job_kill(server);
}

TEST_F(fail_nth, receive)
{
	struct fault f = {};
	struct job *job = start_sendrec(self->client, self->to, 7);
	struct dvs_receive_args m;

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	/* Nothing is lost: what fails leaves the request where it was. */
	while (fault_next(&f)) {
		m = (struct dvs_receive_args){ .flags = DVS_NOWAIT };
		under_fault(&f, sys_dvs_receive(self->server, &m, sizeof(m)));
		CHECK_FAULT(&f);
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
	struct fault f = {};
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->client, self->to, 5));
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	while (fault_next(&f)) {
		m = (struct dvs_receive_args){ .flags = DVS_NOWAIT };
		under_fault(&f, sys_dvs_receive(self->server, &m, sizeof(m)));
		CHECK_FAULT(&f);
		if (f.result == 0)
			break;
		EXPECT_TRUE(readable(self->server, 0));
	}
	EXPECT_EQ(5, m.notified);
}

TEST_F(fail_nth, reply)
{
	struct fault f = {};
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	while (fault_next(&f)) {
		under_fault(&f, reply(self->server, m.msg.token, 9));
		CHECK_FAULT(&f);
		if (f.result == 0)
			break;
	}
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
}

TEST_F(fail_nth, replyrec)
{
	struct fault f = {};

	while (fault_next(&f)) {
		struct dvs_receive_args m;
		struct dvs_replyrec_args args = { .receive.flags = DVS_NOWAIT };
		struct job *one, *two;

		one = start_sendrec(self->client, self->to, 1);
		ASSERT_EQ(0, take(self->server, &m));
		two = start_send(self->client, self->to, 2);
		ASSERT_TRUE(readable(self->server, PATIENCE_MS));
		args.token = m.msg.token;
		under_fault(&f, sys_dvs_replyrec(self->server, &args, sizeof(args)));
		CHECK_FAULT(&f);
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
	struct fault f = {};
	__u64 bits = 0;

	while (fault_next(&f)) {
		struct dvs_receive_args m;
		/* The first notification of a source is the one that allocates. */
		int source = world_bind(&self->world, CLIENT, 0, NULL);

		ASSERT_LE(0, source);
		under_fault(&f, notify(source, self->to, 1));
		CHECK_FAULT(&f);
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
	struct fault f = {};
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
	while (fault_next(&f)) {
		under_fault(&f, copy_in(self->server, m.msg.token, 0, 0, ours, length));
		CHECK_FAULT(&f);
		if (f.result > 0)
			EXPECT_EQ(0, memcmp(ours, theirs, f.result));
		if (!f.injected)
			EXPECT_EQ(length, f.result);
	}
	memset(ours, 0xa5, length);
	f = (struct fault){};
	while (fault_next(&f)) {
		under_fault(&f, copy_out(self->server, m.msg.token, 0, 0, ours, length));
		CHECK_FAULT(&f);
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
	struct fault f = {};

	while (fault_next(&f)) {
		under_fault(&f, wait_for(self->client, SERVER_SLOT, DVS_WAIT_BOUND, PATIENCE_MS));
		CHECK_FAULT(&f);
	}
}

TEST_F(fail_nth, getinfo)
{
	struct fault f = {};

	while (fault_next(&f)) {
		struct dvs_info i = {};

		under_fault(&f, sys_dvs_getinfo(self->client, &i, sizeof(i)));
		CHECK_FAULT(&f);
	}
}

TEST_F(fail_nth, unshare)
{
	struct fault f = {};

	while (fault_next(&f)) {
		under_fault(&f, unshare(CLONE_NEWDC) ? -errno : 0);
		CHECK_FAULT(&f);
		ASSERT_EQ(0, world_enter(&self->world, CLIENT));
	}
}

TEST_F(fail_nth, setns)
{
	struct fault f = {};

	while (fault_next(&f)) {
		under_fault(&f, setns(self->world.dc[SERVER], CLONE_NEWDC) ? -errno : 0);
		CHECK_FAULT(&f);
		ASSERT_EQ(0, world_enter(&self->world, CLIENT));
	}
}

TEST_F(fail_nth, closing_with_calls_open_on_both_sides)
{
	struct fault f = {};

	while (fault_next(&f)) {
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
		under_fault(&f, close(epfd));
		EXPECT_EQ(0, f.result);
		EXPECT_EQ(-EOWNERDEAD, job_result(taken));
		result = job_result(pending);
		EXPECT_EQ(-EIDRM, result);
		EXPECT_TRUE(eventually(reply(self->client, m.msg.token, 0) == -ESRCH));
	}
}

TEST_HARNESS_MAIN
