// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_sendrec() and dvs_reply(): the life of a call. Signals are in
 * signal_test.c, deaths in death_test.c.
 */
#include "ipc_fixture.h"

TEST_F(ipc, the_reply_reaches_the_caller)
{
	struct dvs_receive_args m;
	struct dvs_reply_args answer = { .msg.type = 9 };
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(DVS_KIND_REQUEST, m.kind);
	EXPECT_EQ(7, m.msg.type);
	EXPECT_EQ(self->from, m.msg.source);
	EXPECT_NE(0, m.msg.token);
	answer.token = m.msg.token;
	for (int i = 0; i < DVS_PAYLOAD_SIZE; i++)
		answer.msg.payload[i] = i + 1;
	ASSERT_EQ(0, sys_dvs_reply(self->server, &answer, sizeof(answer)));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
	EXPECT_EQ(self->to, job->send.msg.source);
	EXPECT_EQ(0, job->send.msg.token);
	EXPECT_EQ(0, job->send.call);
	EXPECT_EQ(0, memcmp(job->send.msg.payload, answer.msg.payload, DVS_PAYLOAD_SIZE));
}

TEST_F(ipc, a_waiting_server_gets_the_request_at_once)
{
	struct job *server = start_receive(self->server, 0, 0);
	struct job *job;

	ASSERT_TRUE(job_blocked(server));
	job = start_sendrec(self->client, self->to, 7);
	ASSERT_EQ(0, job_result(server));
	EXPECT_EQ(0, reply(self->server, server->receive.msg.token, 8));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(8, job->send.msg.type);
}

TEST_F(ipc, calls_are_answered_in_any_order)
{
	struct dvs_receive_args m[3];
	struct job *jobs[3];

	for (__u32 i = 0; i < 3; i++) {
		jobs[i] = start_sendrec(self->client, self->to, i);
		ASSERT_EQ(0, take(self->server, &m[i]));
		ASSERT_EQ(i, m[i].msg.type);
	}
	for (int i = 2; i >= 0; i--) {
		EXPECT_EQ(0, reply(self->server, m[i].msg.token, 100 + i));
		EXPECT_EQ(0, job_result(jobs[i]));
		EXPECT_EQ(100 + i, jobs[i]->send.msg.type);
	}
}

TEST_F(ipc, a_call_is_counted_while_it_is_open)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_LE(1, world_info(&self->world, CLIENT).calls);
	EXPECT_LE(1, world_info(&self->world, SERVER).calls);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	EXPECT_TRUE(eventually(world_info(&self->world, CLIENT).calls == 0));
	EXPECT_TRUE(eventually(world_info(&self->world, SERVER).calls == 0));
}

TEST_F(ipc, calling_a_slot_nobody_bound_is_ENXIO)
{
	__u32 number = DVS_ENDPOINT(SERVER_UNBOUND, 3);

	EXPECT_EQ(-ENXIO, job_result(start_sendrec(self->client, SERVER_UNBOUND, 0)));
	EXPECT_EQ(-ENXIO, job_result(start_sendrec(self->client, number, 0)));
}

TEST_F(ipc, calling_an_older_generation_is_ESTALE)
{
	__u32 before = self->to;

	close(self->server);
	EXPECT_EQ(-ESTALE, job_result(start_sendrec(self->client, before, 0)));
	EXPECT_EQ(-ENXIO, job_result(start_sendrec(self->client, DVS_SLOT(before), 0)));
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	EXPECT_EQ(-ESTALE, job_result(start_sendrec(self->client, before, 0)));
}

TEST_F(ipc, calling_a_generation_that_never_was_is_ENXIO)
{
	__u32 later = DVS_ENDPOINT(DVS_SLOT(self->to), DVS_GENERATION(self->to) + 1);
	int result = job_result(start_sendrec(self->client, later, 0));

	/* It is nobody's number; which of the two says so is the kernel's. */
	EXPECT_TRUE(result == -ENXIO || result == -ESTALE);
}

TEST_F(ipc, a_call_nobody_takes_times_out)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	EXPECT_EQ(variant->remote ? -EOWNERDEAD : -ETIMEDOUT, job_result(job));
	EXPECT_TRUE(eventually(take_now(self->server, &m) == -EAGAIN));
}

TEST_F(ipc, a_timeout_after_it_was_taken_is_EOWNERDEAD)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->timeout = in_ms(30 * MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, a_call_is_answered_once)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 1));
	EXPECT_EQ(-ESRCH, reply(self->server, m.msg.token, 2));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(1, job->send.msg.type);
}

TEST_F(ipc, nothing_is_answered_with_a_token_never_given)
{
	EXPECT_EQ(-ESRCH, reply(self->server, 0, 0));
	EXPECT_EQ(-ESRCH, reply(self->server, 1, 0));
	EXPECT_EQ(-ESRCH, reply(self->server, ~0ULL, 0));
}

TEST_F(ipc, nothing_is_answered_with_anothers_token)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);
	int other = world_bind(&self->world, SERVER, 0, NULL);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(-ESRCH, reply(other, m.msg.token, 1));
	EXPECT_EQ(-ESRCH, reply(self->client, m.msg.token, 2));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 3));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(3, job->send.msg.type);
	close(other);
}

TEST_F(ipc, a_cancelled_call_cannot_be_answered)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	job_kill(job);
	close(self->client);
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, a_message_cannot_be_answered)
{
	struct dvs_receive_args m;
	struct job *job = start_send(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(-ESRCH, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, whoever_holds_the_descriptor_may_answer)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);
	pid_t child;
	int status;

	ASSERT_EQ(0, take(self->server, &m));
	child = fork();
	if (!child)
		_exit(-reply(self->server, m.msg.token, 3));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(3, job->send.msg.type);
}

TEST_F(ipc, a_server_may_call_its_client_meanwhile)
{
	struct dvs_receive_args m, back;
	struct job *job = start_sendrec(self->client, self->to, 7), *inner;

	ASSERT_EQ(0, take(self->server, &m));
	inner = start_sendrec(self->server, self->from, 8);
	ASSERT_EQ(0, take(self->client, &back));
	EXPECT_EQ(8, back.msg.type);
	EXPECT_EQ(0, reply(self->client, back.msg.token, 9));
	EXPECT_EQ(0, job_result(inner));
	EXPECT_EQ(9, inner->send.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 10));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(10, job->send.msg.type);
}

TEST_F(ipc, calls_do_not_take_nowait)
{
	struct dvs_send_args args = {
		.flags = DVS_NOWAIT,
		.destination = self->to,
	};

	EXPECT_EQ(-EINVAL, sys_dvs_sendrec(self->client, &args, sizeof(args)));
}

TEST_F(ipc, unknown_flags_of_a_call_are_refused)
{
	for (int bit = 0; bit < 64; bit++) {
		struct dvs_send_args args = {
			.flags = 1ULL << bit,
			.destination = self->to,
		};

		EXPECT_EQ(-EINVAL, sys_dvs_sendrec(self->client, &args, sizeof(args)));
	}
}

TEST_F(ipc, unknown_flags_of_a_reply_are_refused)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	for (int bit = 0; bit < 64; bit++) {
		struct dvs_reply_args args = {
			.flags = 1ULL << bit,
			.token = m.msg.token,
		};

		EXPECT_EQ(-EINVAL, sys_dvs_reply(self->server, &args, sizeof(args)));
	}
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_request_says_what_it_grants)
{
	char memory[3][64];
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job_grant(job, memory[0], 1, DVS_SEGMENT_READ);
	job_grant(job, memory[1], 33, DVS_SEGMENT_WRITE);
	job_grant(job, memory[2], 64, DVS_SEGMENT_READ | DVS_SEGMENT_WRITE);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(3, m.segment_count);
	EXPECT_EQ(1, m.segments[0].length);
	EXPECT_EQ(33, m.segments[1].length);
	EXPECT_EQ(64, m.segments[2].length);
	EXPECT_EQ(DVS_SEGMENT_READ, m.segments[0].flags);
	EXPECT_EQ(DVS_SEGMENT_WRITE, m.segments[1].flags);
	EXPECT_EQ(DVS_SEGMENT_READ | DVS_SEGMENT_WRITE, m.segments[2].flags);
	EXPECT_EQ(0, m.segments[3].length);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, malformed_segments_are_refused)
{
	char memory[16];
	const struct dvs_segment bad[] = {
		{ .addr = P(memory), .length = 0, .flags = DVS_SEGMENT_READ },
		{ .addr = P(memory), .length = 16, .flags = 0 },
		{ .addr = P(memory), .length = 16, .flags = 4 },
		{ .addr = P(memory), .length = 16, .flags = DVS_SEGMENT_READ, .reserved = 1 },
		{ .addr = ~0ULL - 7, .length = 16, .flags = DVS_SEGMENT_READ },
		{ .addr = P(memory), .length = ~0ULL, .flags = DVS_SEGMENT_READ },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct dvs_send_args args = {
			.destination = self->to,
			.segment_count = 1,
			.segments = P(&bad[i]),
		};
		long result = sys_dvs_sendrec(self->client, &args, sizeof(args));

		EXPECT_TRUE(result == -EINVAL || result == -EFAULT)
			TH_LOG("segment %u: %ld", i, result);
	}
}

TEST_F(ipc, at_most_eight_segments)
{
	char memory[DVS_SEGMENTS_MAX + 1];
	struct dvs_segment segments[DVS_SEGMENTS_MAX + 1];
	struct dvs_receive_args m;
	struct dvs_send_args args = {
		.destination = self->to,
		.segment_count = DVS_SEGMENTS_MAX + 1,
		.segments = P(segments),
	};
	struct job *job = job_new();

	for (int i = 0; i <= DVS_SEGMENTS_MAX; i++)
		segments[i] = (struct dvs_segment){
			.addr = P(&memory[i]),
			.length = 1,
			.flags = DVS_SEGMENT_READ,
		};
	EXPECT_EQ(-EINVAL, sys_dvs_sendrec(self->client, &args, sizeof(args)));
	args.segment_count = ~0U;
	EXPECT_EQ(-EINVAL, sys_dvs_sendrec(self->client, &args, sizeof(args)));
	job->send.destination = self->to;
	for (int i = 0; i < DVS_SEGMENTS_MAX; i++)
		job_grant(job, &memory[i], 1, DVS_SEGMENT_READ);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(DVS_SEGMENTS_MAX, m.segment_count);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_HARNESS_MAIN
