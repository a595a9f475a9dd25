// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_replyrec(): reply and wait for the next request in one call.
 */
#include "ipc_fixture.h"

static void prepare(struct dvs_replyrec_args *args, __u64 token, __u32 type, __u64 flags)
{
	memset(args, 0, sizeof(*args));
	args->token = token;
	args->reply.type = type;
	args->receive.flags = flags;
}

TEST_F(ipc, replies_and_receives_the_next)
{
	struct dvs_receive_args m;
	struct dvs_replyrec_args args;
	struct job *one = start_sendrec(self->client, self->to, 1), *two;

	ASSERT_EQ(0, take(self->server, &m));
	two = start_sendrec(self->client, self->to, 2);
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	prepare(&args, m.msg.token, 11, 0);
	ASSERT_EQ(0, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	EXPECT_EQ(0, args.reply_error);
	EXPECT_EQ(0, args.token);
	EXPECT_EQ(2, args.receive.msg.type);
	EXPECT_EQ(0, job_result(one));
	EXPECT_EQ(11, one->send.msg.type);
	prepare(&args, args.receive.msg.token, 12, DVS_NOWAIT);
	EXPECT_EQ(-EAGAIN, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	EXPECT_EQ(0, args.reply_error);
	EXPECT_EQ(0, args.token);
	EXPECT_EQ(0, job_result(two));
	EXPECT_EQ(12, two->send.msg.type);
}

TEST_F(ipc, token_0_only_receives)
{
	struct dvs_replyrec_args args;
	struct job *job = start_send(self->client, self->to, 5);

	prepare(&args, 0, 0, 0);
	ASSERT_EQ(0, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	EXPECT_EQ(0, args.reply_error);
	EXPECT_EQ(5, args.receive.msg.type);
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_reply_that_fails_does_not_stop_the_receive)
{
	struct dvs_replyrec_args args;
	struct job *job = start_send(self->client, self->to, 5);

	prepare(&args, 4711, 0, 0);
	ASSERT_EQ(0, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	EXPECT_EQ(-ESRCH, args.reply_error);
	EXPECT_EQ(0, args.token);
	EXPECT_EQ(5, args.receive.msg.type);
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_receive_that_times_out_has_replied)
{
	struct dvs_receive_args m;
	struct job *call = start_sendrec(self->client, self->to, 1);
	struct job *server = job_new();

	ASSERT_EQ(0, take(self->server, &m));
	prepare(&server->replyrec, m.msg.token, 11, 0);
	server->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(server, self->server, job_replyrec));
	EXPECT_EQ(-ETIMEDOUT, job_result(server));
	EXPECT_EQ(0, server->replyrec.reply_error);
	EXPECT_EQ(0, server->replyrec.token);
	EXPECT_EQ(0, job_result(call));
	EXPECT_EQ(11, call->send.msg.type);
}

TEST_F(ipc, a_signal_does_not_reply_twice)
{
	struct dvs_receive_args m;
	struct job *call = start_sendrec(self->client, self->to, 1);
	struct job *server = job_new();

	ASSERT_EQ(0, take(self->server, &m));
	prepare(&server->replyrec, m.msg.token, 11, 0);
	server->flags = JOB_RESTART;
	ASSERT_NE(NULL, job_start(server, self->server, job_replyrec));
	EXPECT_EQ(0, job_result(call));
	ASSERT_TRUE(job_blocked(server));
	ASSERT_TRUE(job_interrupt(server));
	EXPECT_TRUE(job_waits(server));
	EXPECT_EQ(0, send_now(self->client, self->to, 5));
	EXPECT_EQ(0, job_result(server));
	EXPECT_EQ(0, server->replyrec.reply_error);
	EXPECT_EQ(5, server->replyrec.receive.msg.type);
}

TEST_F(ipc, a_signal_without_restart_has_replied)
{
	struct dvs_receive_args m;
	struct job *call = start_sendrec(self->client, self->to, 1);
	struct job *server = job_new();

	ASSERT_EQ(0, take(self->server, &m));
	prepare(&server->replyrec, m.msg.token, 11, 0);
	ASSERT_NE(NULL, job_start(server, self->server, job_replyrec));
	EXPECT_EQ(0, job_result(call));
	ASSERT_TRUE(job_blocked(server));
	ASSERT_TRUE(job_interrupt(server));
	EXPECT_EQ(-EINTR, job_result(server));
	EXPECT_EQ(0, server->replyrec.reply_error);
	EXPECT_EQ(0, server->replyrec.token);
}

TEST_F(ipc, a_loop_serves_a_thousand_calls)
{
	struct dvs_replyrec_args args;
	pid_t child = fork();
	int status;

	if (!child) {
		struct dvs_send_args call = { .destination = self->to };
		int error = 0;

		for (__u32 i = 0; i < 1000; i++) {
			call.msg.type = i;
			error = sys_dvs_sendrec(self->client, &call, sizeof(call));
			if (error || call.msg.type != i + 1)
				_exit(1);
		}
		_exit(0);
	}
	prepare(&args, 0, 0, 0);
	for (__u32 i = 0; i < 1000; i++) {
		ASSERT_EQ(0, sys_dvs_replyrec(self->server, &args, sizeof(args)));
		ASSERT_EQ(0, args.reply_error);
		args.token = args.receive.msg.token;
		args.reply.type = args.receive.msg.type + 1;
	}
	ASSERT_EQ(0, reply(self->server, args.token, args.reply.type));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(ipc, unknown_flags_and_reserved_fields_are_refused_before_the_reply)
{
	struct dvs_receive_args m;
	struct dvs_replyrec_args args;
	struct job *job = start_sendrec(self->client, self->to, 1);

	ASSERT_EQ(0, take(self->server, &m));
	for (int bit = 3; bit < 64; bit++) {
		prepare(&args, m.msg.token, 11, DVS_NOWAIT | 1ULL << bit);
		EXPECT_EQ(-EINVAL, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	}
	prepare(&args, m.msg.token, 11, DVS_NOWAIT);
	args.reserved = 1;
	EXPECT_EQ(-EINVAL, sys_dvs_replyrec(self->server, &args, sizeof(args)));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 12));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(12, job->send.msg.type);
}

TEST_HARNESS_MAIN
