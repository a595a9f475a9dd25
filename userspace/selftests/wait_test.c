// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_wait(): what happens to a slot.
 */
#include "ipc_fixture.h"

TEST_F(ipc, a_bound_slot_is_bound)
{
	struct job *job = start_wait(self->client, DVS_SLOT(self->to), DVS_WAIT_BOUND);

	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_BOUND, job->wait.events);
	EXPECT_EQ(self->to, job->wait.endpoint);
	EXPECT_EQ(world_node(&self->world, SERVER), job->wait.node);
}

TEST_F(ipc, an_unbound_slot_is_unbound)
{
	struct job *job = start_wait(self->client, SERVER_UNBOUND, DVS_WAIT_UNBOUND);

	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_UNBOUND, job->wait.events);
	EXPECT_EQ(0, job->wait.endpoint);
	EXPECT_EQ(world_node(&self->world, SERVER), job->wait.node);
}

TEST_F(ipc, waits_until_somebody_binds)
{
	struct job *job = start_wait(self->client, SERVER_UNBOUND, DVS_WAIT_BOUND);
	__u32 number = 0;
	int late;

	ASSERT_TRUE(job_waits(job));
	late = world_bind(&self->world, SERVER, SERVER_UNBOUND, &number);
	ASSERT_LE(0, late);
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(number, job->wait.endpoint);
	close(late);
}

TEST_F(ipc, waits_until_it_is_unbound)
{
	struct job *job = start_wait(self->client, self->to, DVS_WAIT_UNBOUND);

	ASSERT_TRUE(job_waits(job));
	close(self->server);
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_UNBOUND, job->wait.events);
}

TEST_F(ipc, waits_for_a_generation)
{
	struct job *job = start_wait(self->client, self->to, DVS_WAIT_UNBOUND);
	__u32 number = 0;

	ASSERT_TRUE(job_waits(job));
	close(self->server);
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &number);
	ASSERT_LE(0, self->server);
	/* Somebody is bound there, but not who was waited for. */
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_UNBOUND, job->wait.events);
	job = start_wait(self->client, self->to, DVS_WAIT_UNBOUND);
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(number, job->wait.endpoint);
}

TEST_F(ipc, one_of_several_events_is_enough)
{
	struct job *job = start_wait(self->client, SERVER_UNBOUND,
				     DVS_WAIT_BOUND | DVS_WAIT_UNBOUND);

	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_UNBOUND, job->wait.events);
}

TEST_F(ipc, moved_means_another_owner_than_the_one_given)
{
	struct dvs_wait_args args = {
		.flags = DVS_NOWAIT,
		.endpoint = SERVER_SLOT,
		.events = DVS_WAIT_MOVED,
		.node = world_node(&self->world, SERVER),
	};

	EXPECT_EQ(-EAGAIN, sys_dvs_wait(self->client, &args, sizeof(args)));
	args.events = DVS_WAIT_MOVED;
	args.endpoint = SERVER_SLOT;
	args.node = 4711;
	EXPECT_EQ(0, sys_dvs_wait(self->client, &args, sizeof(args)));
	EXPECT_EQ(DVS_WAIT_MOVED, args.events);
	EXPECT_EQ(world_node(&self->world, SERVER), args.node);
}

TEST_F(ipc, nowait_does_not_wait)
{
	EXPECT_EQ(-EAGAIN, wait_for(self->client, SERVER_UNBOUND, DVS_WAIT_BOUND, 0));
	EXPECT_EQ(0, wait_for(self->client, SERVER_SLOT, DVS_WAIT_BOUND, 0));
}

TEST_F(ipc, a_wait_for_nothing_times_out)
{
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->client, SERVER_UNBOUND, DVS_WAIT_BOUND, MOMENT_MS));
}

TEST_F(ipc, a_signal_ends_a_wait)
{
	struct job *job = start_wait(self->client, SERVER_UNBOUND, DVS_WAIT_BOUND);

	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_EQ(-EINTR, job_result(job));
}

TEST_F(ipc, a_restarting_signal_does_not_end_a_wait)
{
	struct job *job = job_new();
	int late;

	job->flags = JOB_RESTART;
	job->wait.endpoint = SERVER_UNBOUND;
	job->wait.events = DVS_WAIT_BOUND;
	ASSERT_NE(NULL, job_start(job, self->client, job_wait));
	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_TRUE(job_waits(job));
	late = world_bind(&self->world, SERVER, SERVER_UNBOUND, NULL);
	ASSERT_LE(0, late);
	EXPECT_EQ(0, job_result(job));
	close(late);
}

TEST_F(ipc, many_may_wait_for_one_slot)
{
	struct job *jobs[8];
	int late;

	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = start_wait(i % 2 ? self->client : self->server, SERVER_UNBOUND,
				     DVS_WAIT_BOUND);
		ASSERT_TRUE(job_blocked(jobs[i]));
	}
	late = world_bind(&self->world, SERVER, SERVER_UNBOUND, NULL);
	ASSERT_LE(0, late);
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++)
		EXPECT_EQ(0, job_result(jobs[i]));
	close(late);
}

TEST_F(ipc, a_killed_waiter_leaves_nothing)
{
	struct job *job = start_wait(self->client, SERVER_UNBOUND, DVS_WAIT_BOUND);
	int late;

	ASSERT_TRUE(job_waits(job));
	job_kill(job);
	late = world_bind(&self->world, SERVER, SERVER_UNBOUND, NULL);
	EXPECT_LE(0, late);
	close(late);
}

TEST_F(ipc, waiting_for_nothing_is_refused)
{
	EXPECT_EQ(-EINVAL, wait_for(self->client, SERVER_SLOT, 0, 0));
}

TEST_F(ipc, waiting_for_no_slot_is_refused)
{
	EXPECT_EQ(-EINVAL, wait_for(self->client, 0, DVS_WAIT_BOUND, 0));
}

TEST_F(ipc, unknown_events_are_refused)
{
	for (int bit = 3; bit < 32; bit++) {
		__u32 events = DVS_WAIT_BOUND | 1U << bit;

		EXPECT_EQ(-EINVAL, wait_for(self->client, SERVER_SLOT, events, 0));
	}
}

TEST_F(ipc, unknown_flags_of_a_wait_are_refused)
{
	for (int bit = 1; bit < 64; bit++) {
		struct dvs_wait_args args = {
			.flags = DVS_NOWAIT | 1ULL << bit,
			.endpoint = SERVER_SLOT,
			.events = DVS_WAIT_BOUND,
		};

		EXPECT_EQ(-EINVAL, sys_dvs_wait(self->client, &args, sizeof(args)));
	}
}

TEST_HARNESS_MAIN
