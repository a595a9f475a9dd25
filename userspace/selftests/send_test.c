// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_send(): a rendezvous. How a receiver sees the message is in
 * receive_test.c.
 */
#include "ipc_fixture.h"

TEST_F(ipc, a_send_returns_when_the_message_is_taken)
{
	struct dvs_receive_args m;
	struct job *job = start_send(self->client, self->to, 7);

	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_KIND_MESSAGE, m.kind);
	EXPECT_EQ(7, m.msg.type);
	EXPECT_EQ(0, m.msg.token);
}

TEST_F(ipc, a_send_to_a_waiting_receiver_returns_at_once)
{
	struct job *receiver = start_receive(self->server, 0, 0);
	struct job *sender;

	ASSERT_TRUE(job_blocked(receiver));
	sender = start_send(self->client, self->to, 7);
	EXPECT_EQ(0, job_result(sender));
	EXPECT_EQ(0, job_result(receiver));
	EXPECT_EQ(7, receiver->receive.msg.type);
}

TEST_F(ipc, generation_0_means_whoever_holds_the_slot)
{
	struct dvs_receive_args m;
	struct job *job = start_send(self->client, DVS_SLOT(self->to), 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_slot_nobody_bound_is_ENXIO)
{
	struct job *job = start_send(self->client, SERVER_UNBOUND, 0);

	EXPECT_EQ(-ENXIO, job_result(job));
}

TEST_F(ipc, a_slot_nobody_binds_any_more_is_ENXIO)
{
	struct job *job;

	close(self->server);
	job = start_send(self->client, DVS_SLOT(self->to), 0);
	EXPECT_EQ(-ENXIO, job_result(job));
}

TEST_F(ipc, an_older_generation_is_ESTALE)
{
	__u32 before = self->to;
	struct job *job;

	close(self->server);
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	job = start_send(self->client, before, 0);
	EXPECT_EQ(-ESTALE, job_result(job));
}

TEST_F(ipc, slot_0_is_nobody)
{
	EXPECT_EQ(-EINVAL, send_now(self->client, 0, 0));
	EXPECT_EQ(-EINVAL, send_now(self->client, DVS_ENDPOINT(0, 1), 0));
}

TEST_F(ipc, a_receiver_that_closes_before_taking_is_EIDRM)
{
	struct job *job = start_send(self->client, self->to, 0);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	close(self->server);
	EXPECT_EQ(-EIDRM, job_result(job));
}

TEST_F(ipc, a_timeout_before_it_is_taken)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->client, job_send));
	EXPECT_EQ(variant->remote ? -EOWNERDEAD : -ETIMEDOUT, job_result(job));
	EXPECT_TRUE(eventually(take_now(self->server, &m) == -EAGAIN));
}

/* A remote message whose time is up at once may or may not have left. */
static bool timed_out(bool remote, long result)
{
	return result == -ETIMEDOUT || (remote && result == -EOWNERDEAD);
}

TEST_F(ipc, a_time_in_the_past_is_a_timeout_at_once)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->timeout.tv_sec = 1;
	ASSERT_NE(NULL, job_start(job, self->client, job_send));
	EXPECT_TRUE(timed_out(variant->remote, job_result(job)));
	EXPECT_TRUE(eventually(take_now(self->server, &m) == -EAGAIN));
}

TEST_F(ipc, each_clock_can_time_a_send)
{
	static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };

	for (unsigned int i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timespec now;
		struct __kernel_timespec then;
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = clocks[i],
			.timeout = P(&then),
		};

		ASSERT_EQ(0, clock_gettime(clocks[i], &now));
		then.tv_sec = now.tv_sec;
		then.tv_nsec = now.tv_nsec;
		EXPECT_TRUE(timed_out(variant->remote,
				      sys_dvs_send(self->client, &args, sizeof(args))));
	}
}

TEST_F(ipc, other_clocks_are_refused)
{
	static const __u32 clocks[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_TAI,
					99, -1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct __kernel_timespec then = in_ms(0);
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = clocks[i],
			.timeout = P(&then),
		};

		EXPECT_EQ(-EINVAL, sys_dvs_send(self->client, &args, sizeof(args)));
	}
}

TEST_F(ipc, malformed_times_are_refused)
{
	static const struct __kernel_timespec times[] = {
		{ .tv_nsec = 1000000000 },
		{ .tv_nsec = -1 },
		{ .tv_sec = -1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		struct dvs_send_args args = {
			.destination = self->to,
			.clockid = CLOCK_MONOTONIC,
			.timeout = P(&times[i]),
		};

		EXPECT_EQ(-EINVAL, sys_dvs_send(self->client, &args, sizeof(args)));
	}
}

TEST_F(ipc, nowait_fails_unless_a_receiver_waits)
{
	struct job *receiver;

	EXPECT_EQ(-EAGAIN, send_now(self->client, self->to, 3));
	receiver = start_receive(self->server, 0, 0);
	ASSERT_TRUE(job_blocked(receiver));
	EXPECT_EQ(0, send_now(self->client, self->to, 4));
	EXPECT_EQ(0, job_result(receiver));
	EXPECT_EQ(4, receiver->receive.msg.type);
}

TEST_F(ipc, nowait_fails_when_the_receiver_waits_for_others)
{
	struct job *receiver = start_receive(self->server, DVS_RECEIVE_SOURCE, self->to);

	ASSERT_TRUE(job_blocked(receiver));
	EXPECT_EQ(-EAGAIN, send_now(self->client, self->to, 3));
	job_kill(receiver);
}

TEST_F(ipc, a_signal_withdraws_a_message_unless_it_left_the_node)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->send.msg.type = 7;
	job->flags = JOB_RESUME;
	ASSERT_NE(NULL, job_start(job, self->client, job_send));
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_TRUE(eventually(job->eintr == 1));
	if (variant->remote) {
		EXPECT_NE(0, job->handle);
		ASSERT_TRUE(job_waits(job));
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(7, m.msg.type);
		EXPECT_EQ(0, job_result(job));
	} else {
		EXPECT_EQ(-EINTR, job_result(job));
		EXPECT_EQ(0, job->handle);
	}
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, a_restarting_signal_changes_nothing)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->flags = JOB_RESTART;
	ASSERT_NE(NULL, job_start(job, self->client, job_send));
	for (int i = 0; i < 5; i++) {
		ASSERT_TRUE(job_blocked(job));
		ASSERT_TRUE(job_interrupt(job));
	}
	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(0, job->eintr);
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, segments_need_a_call)
{
	char memory[16];
	struct dvs_segment segment = {
		.addr = P(memory),
		.length = sizeof(memory),
		.flags = DVS_SEGMENT_READ,
	};
	struct dvs_send_args args = {
		.destination = self->to,
		.segment_count = 1,
		.segments = P(&segment),
	};

	EXPECT_EQ(-EINVAL, sys_dvs_send(self->client, &args, sizeof(args)));
}

TEST_F(ipc, unknown_send_flags_are_refused)
{
	for (int bit = 1; bit < 64; bit++) {
		struct dvs_send_args args = {
			.flags = 1ULL << bit,
			.destination = self->to,
		};

		EXPECT_EQ(-EINVAL, sys_dvs_send(self->client, &args, sizeof(args)));
	}
}

TEST_F(ipc, a_reserved_field_is_refused)
{
	struct dvs_send_args args = {
		.flags = DVS_NOWAIT,
		.destination = self->to,
		.reserved = 1,
	};

	EXPECT_EQ(-EINVAL, sys_dvs_send(self->client, &args, sizeof(args)));
}

TEST_F(ipc, an_unknown_handle_is_ESRCH)
{
	struct dvs_send_args args = {
		.destination = self->to,
		.call = 4711,
	};

	EXPECT_EQ(-ESRCH, sys_dvs_send(self->client, &args, sizeof(args)));
	EXPECT_EQ(-ESRCH, sys_dvs_sendrec(self->client, &args, sizeof(args)));
}

TEST_F(ipc, another_descriptor_is_EBADF_or_EINVAL)
{
	EXPECT_EQ(-EBADF, send_now(-1, self->to, 0));
	EXPECT_EQ(-EBADF, send_now(999, self->to, 0));
	EXPECT_EQ(-EINVAL, send_now(STDERR_FILENO, self->to, 0));
}

TEST_F(ipc, a_hundred_messages_arrive_in_order)
{
	struct dvs_receive_args m;

	for (__u32 i = 0; i < 100; i++) {
		struct job *job = start_send(self->client, self->to, i);

		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(i, m.msg.type);
		ASSERT_EQ(0, job_result(job));
	}
}

TEST_HARNESS_MAIN
