// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals and calls: a call outlives them.
 */
#include "ipc_fixture.h"

TEST_F(ipc, a_signal_withdraws_a_call_unless_it_left_the_node)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->flags = JOB_RESUME;
	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_TRUE(eventually(job->eintr == 1));
	if (variant->remote) {
		EXPECT_NE(0, job->handle);
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
		EXPECT_EQ(0, job_result(job));
		EXPECT_EQ(9, job->send.msg.type);
	} else {
		EXPECT_EQ(-EINTR, job_result(job));
		EXPECT_EQ(0, job->handle);
	}
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, a_call_that_was_taken_stays_open_after_a_signal)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->flags = JOB_RESUME;
	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	for (unsigned int i = 1; i <= 3; i++) {
		ASSERT_TRUE(job_blocked(job));
		ASSERT_TRUE(job_interrupt(job));
		ASSERT_TRUE(eventually(job->eintr == i));
		EXPECT_NE(0, job->handle);
	}
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
	EXPECT_EQ(0, job->send.call);
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, an_open_call_can_be_answered_while_nobody_waits)
{
	struct dvs_receive_args m;
	struct dvs_send_args resume = {};
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_EQ(-EINTR, job_result(job));
	ASSERT_NE(0, job->handle);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	/* The endpoint has it, not the process that made it. */
	resume.call = job->handle;
	EXPECT_EQ(0, sys_dvs_sendrec(self->client, &resume, sizeof(resume)));
	EXPECT_EQ(9, resume.msg.type);
	EXPECT_EQ(0, resume.call);
	resume.call = job->handle;
	EXPECT_EQ(-ESRCH, sys_dvs_sendrec(self->client, &resume, sizeof(resume)));
}

TEST_F(ipc, an_open_call_ends_with_its_endpoint)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_EQ(-EINTR, job_result(job));
	close(self->client);
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, a_restarting_signal_is_not_seen_by_a_taken_call)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->flags = JOB_RESTART;
	job->send.destination = self->to;
	job->send.msg.type = 7;
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(job_blocked(job));
		ASSERT_TRUE(job_interrupt(job));
	}
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(0, job->eintr);
	EXPECT_EQ(9, job->send.msg.type);
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, a_restarting_signal_sends_a_call_nobody_took_once)
{
	struct dvs_receive_args m, none;
	struct job *job = job_new();

	job->flags = JOB_RESTART;
	job->send.destination = self->to;
	job->send.msg.type = 7;
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(job_blocked(job));
		ASSERT_TRUE(job_interrupt(job));
	}
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(7, m.msg.type);
	EXPECT_EQ(-EAGAIN, take_now(self->server, &none));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
}

TEST_F(ipc, signals_do_not_lengthen_a_timeout)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->flags = JOB_RESTART;
	job->timeout = in_ms(10 * MOMENT_MS);
	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	for (int i = 0; i < 50 && !job->done; i++) {
		kill(job->pid, SIGUSR1);
		sleep_ms(MOMENT_MS);
	}
	EXPECT_TRUE(job->done);
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, one_thread_waits_for_a_call_at_a_time)
{
	struct dvs_receive_args m;
	struct dvs_send_args resume = {};
	struct job *job = start_sendrec(self->client, self->to, 7), *waiter;

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_EQ(-EINTR, job_result(job));
	waiter = job_new();
	waiter->send.call = job->handle;
	ASSERT_NE(NULL, job_start(waiter, self->client, job_sendrec));
	ASSERT_TRUE(job_blocked(waiter));
	resume.call = job->handle;
	EXPECT_EQ(-EBUSY, sys_dvs_sendrec(self->client, &resume, sizeof(resume)));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(waiter));
	EXPECT_EQ(9, waiter->send.msg.type);
}

TEST_F(ipc, a_handle_is_nothing_to_another_endpoint)
{
	struct dvs_receive_args m;
	struct dvs_send_args resume = {};
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_EQ(-EINTR, job_result(job));
	resume.call = job->handle;
	EXPECT_EQ(-ESRCH, sys_dvs_sendrec(self->server, &resume, sizeof(resume)));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, sys_dvs_sendrec(self->client, &resume, sizeof(resume)));
}

TEST_F(ipc, a_resumed_call_can_time_out)
{
	struct dvs_receive_args m;
	struct __kernel_timespec soon;
	struct dvs_send_args resume = {
		.clockid = CLOCK_MONOTONIC,
		.timeout = P(&soon),
	};
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_EQ(-EINTR, job_result(job));
	resume.call = job->handle;
	soon = in_ms(MOMENT_MS);
	EXPECT_EQ(-EOWNERDEAD, sys_dvs_sendrec(self->client, &resume, sizeof(resume)));
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, a_stopped_and_continued_process_waits_on)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	kill(job->pid, SIGSTOP);
	sleep_ms(MOMENT_MS);
	kill(job->pid, SIGCONT);
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
}

TEST_HARNESS_MAIN
