// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_receive(): what comes out, in which order, and how a thread waits for it.
 */
#include <linux/capability.h>
#include <poll.h>
#include <sys/epoll.h>

#include "ipc_fixture.h"

TEST_F(ipc, nothing_to_receive_is_EAGAIN_with_nowait)
{
	struct dvs_receive_args m;

	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, nothing_to_receive_is_EAGAIN_with_O_NONBLOCK)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, fcntl(self->server, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, take(self->server, &m));
	ASSERT_EQ(0, fcntl(self->server, F_SETFL, 0));
}

TEST_F(ipc, nothing_to_receive_is_a_timeout)
{
	struct job *job = job_new();

	job->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->server, job_receive));
	EXPECT_EQ(-ETIMEDOUT, job_result(job));
}

TEST_F(ipc, what_is_there_is_received_after_the_time_is_up)
{
	struct __kernel_timespec past = { .tv_sec = 1 };
	struct dvs_receive_args m = {
		.clockid = CLOCK_MONOTONIC,
		.timeout = P(&past),
	};
	struct job *job = start_send(self->client, self->to, 7);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	EXPECT_EQ(0, sys_dvs_receive(self->server, &m, sizeof(m)));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_signal_ends_a_receive)
{
	struct job *job = start_receive(self->server, 0, 0);

	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_EQ(-EINTR, job_result(job));
}

TEST_F(ipc, a_restarting_signal_does_not_end_a_receive)
{
	struct job *job = job_new();

	job->flags = JOB_RESTART;
	ASSERT_NE(NULL, job_start(job, self->server, job_receive));
	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	ASSERT_TRUE(job_waits(job));
	EXPECT_EQ(0, send_now(self->client, self->to, 7));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(7, job->receive.msg.type);
}

TEST_F(ipc, a_restart_does_not_lengthen_a_timeout)
{
	struct job *job = job_new();

	job->flags = JOB_RESTART;
	job->timeout = in_ms(10 * MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->server, job_receive));
	/* As long as signals keep coming, a relative timeout would start anew. */
	for (int i = 0; i < 50 && !job->done; i++) {
		kill(job->pid, SIGUSR1);
		sleep_ms(MOMENT_MS);
	}
	EXPECT_TRUE(job->done);
	EXPECT_EQ(-ETIMEDOUT, job_result(job));
}

TEST_F(ipc, a_message_arrives_whole)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	job->send.msg.type = 0x89abcdef;
	job->send.msg.source = 4711;
	job->send.msg.token = 4711;
	for (int i = 0; i < DVS_PAYLOAD_SIZE; i++)
		job->send.msg.payload[i] = i + 1;
	ASSERT_NE(NULL, job_start(job, self->client, job_send));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(0x89abcdef, m.msg.type);
	EXPECT_EQ(self->from, m.msg.source);
	EXPECT_EQ(0, m.msg.token);
	EXPECT_EQ(0, memcmp(m.msg.payload, job->send.msg.payload, DVS_PAYLOAD_SIZE));
}

TEST_F(ipc, every_out_field_is_set)
{
	struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
	struct dvs_receive_args m;
	struct job *job = start_send(self->client, self->to, 7);

	memset(&m, 0xff, sizeof(m));
	m.flags = 0;
	m.clockid = CLOCK_MONOTONIC;
	m.timeout = P(&timeout);
	m.source = 0;
	ASSERT_EQ(0, sys_dvs_receive(self->server, &m, sizeof(m)));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(0, m.segment_count);
	EXPECT_EQ(getuid(), m.uid);
	EXPECT_EQ(getgid(), m.gid);
	EXPECT_EQ(job->pid, m.pid);
	EXPECT_EQ(world_node(&self->world, CLIENT), m.node);
	EXPECT_EQ(0, m.notified);
	for (int i = 0; i < DVS_SEGMENTS_MAX; i++)
		EXPECT_EQ(0, m.segments[i].length);
}

TEST_F(ipc, the_calls_name_is_its_callers_node_and_a_number_of_its_own)
{
	struct dvs_receive_args one, two;
	struct job *job;

	job = start_send(self->client, self->to, 1);
	ASSERT_EQ(0, take(self->server, &one));
	EXPECT_EQ(0, job_result(job));
	job = start_send(self->client, self->to, 2);
	ASSERT_EQ(0, take(self->server, &two));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(world_node(&self->world, CLIENT), one.id.origin >> 48);
	EXPECT_EQ(one.id.origin, two.id.origin);
	EXPECT_LT(one.id.sequence, two.id.sequence);
}

static int send_as_somebody(struct job *job)
{
	if (setresgid(1001, 1002, 1003) || setresuid(2001, 2002, 2003))
		return -errno;
	return job_send(job);
}

TEST_F(ipc, credentials_are_those_of_the_sending_thread)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, send_as_somebody));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(2002, m.uid);
	EXPECT_EQ(1002, m.gid);
	EXPECT_EQ(job->pid, m.pid);
	EXPECT_EQ(0, job_result(job));
}

static int send_from_new_pid_namespace(struct job *job)
{
	int status;

	if (unshare(CLONE_NEWPID))
		return -errno;
	if (!fork())
		_exit(-job_send(job));
	wait(&status);
	return -WEXITSTATUS(status);
}

TEST_F(ipc, the_pid_is_that_in_the_containers_pid_namespace)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, send_from_new_pid_namespace));
	ASSERT_EQ(0, take(self->server, &m));
	/* Not 1, which it is in its own. */
	EXPECT_LT(job->pid, m.pid);
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, requests_only_leaves_messages_where_they_are)
{
	struct dvs_receive_args m = { .flags = DVS_NOWAIT | DVS_RECEIVE_REQUESTS };
	struct job *message = start_send(self->client, self->to, 1);
	struct job *request;

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	EXPECT_EQ(-EAGAIN, sys_dvs_receive(self->server, &m, sizeof(m)));
	request = start_sendrec(self->client, self->to, 2);
	EXPECT_TRUE(eventually(sys_dvs_receive(self->server, &m, sizeof(m)) == 0));
	EXPECT_EQ(DVS_KIND_REQUEST, m.kind);
	EXPECT_EQ(2, m.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(request));
	EXPECT_EQ(0, take_now(self->server, &m));
	EXPECT_EQ(1, m.msg.type);
	EXPECT_EQ(0, job_result(message));
}

TEST_F(ipc, a_receiver_for_requests_is_not_woken_by_a_message)
{
	struct job *receiver = start_receive(self->server, DVS_RECEIVE_REQUESTS, 0);
	struct job *message, *request;
	struct dvs_receive_args m;

	ASSERT_TRUE(job_blocked(receiver));
	message = start_send(self->client, self->to, 1);
	EXPECT_TRUE(job_waits(receiver));
	request = start_sendrec(self->client, self->to, 2);
	EXPECT_EQ(0, job_result(receiver));
	EXPECT_EQ(2, receiver->receive.msg.type);
	EXPECT_EQ(0, reply(self->server, receiver->receive.msg.token, 0));
	EXPECT_EQ(0, job_result(request));
	EXPECT_EQ(0, take_now(self->server, &m));
	EXPECT_EQ(0, job_result(message));
}

TEST_F(ipc, one_source_leaves_the_others_where_they_are)
{
	struct dvs_receive_args m;
	struct job *first, *second;
	__u32 number = 0;
	int other = world_bind(&self->world, CLIENT, 0, &number);

	ASSERT_LE(0, other);
	first = start_send(self->client, self->to, 1);
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	second = start_send(other, self->to, 2);
	EXPECT_EQ(0, take_from(self->server, number, &m));
	EXPECT_EQ(2, m.msg.type);
	EXPECT_EQ(0, job_result(second));
	EXPECT_EQ(0, take_from(self->server, DVS_SLOT(self->from), &m));
	EXPECT_EQ(1, m.msg.type);
	EXPECT_EQ(0, job_result(first));
	close(other);
}

TEST_F(ipc, one_source_with_its_generation)
{
	struct dvs_receive_args m = {
		.flags = DVS_NOWAIT | DVS_RECEIVE_SOURCE,
		.source = DVS_ENDPOINT(DVS_SLOT(self->from), DVS_GENERATION(self->from) + 1),
	};
	struct job *job = start_send(self->client, self->to, 1);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	EXPECT_EQ(-EAGAIN, sys_dvs_receive(self->server, &m, sizeof(m)));
	m.source = self->from;
	EXPECT_EQ(0, sys_dvs_receive(self->server, &m, sizeof(m)));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, one_source_hears_its_notifications)
{
	struct dvs_receive_args m;
	__u32 number = 0;
	int other = world_bind(&self->world, CLIENT, 0, &number);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, notify(self->client, self->to, 1));
	ASSERT_EQ(0, notify(other, self->to, 2));
	EXPECT_EQ(0, take_from(self->server, number, &m));
	EXPECT_EQ(DVS_KIND_NOTIFICATION, m.kind);
	EXPECT_EQ(2, m.notified);
	EXPECT_EQ(0, take(self->server, &m));
	EXPECT_EQ(1, m.notified);
	close(other);
}

TEST_F(ipc, one_source_that_is_bound_to_nothing_is_waited_for)
{
	struct job *receiver = start_receive(self->server, DVS_RECEIVE_SOURCE, CLIENT_UNBOUND);
	struct job *sender;
	int late;

	ASSERT_TRUE(job_waits(receiver));
	late = world_bind(&self->world, CLIENT, CLIENT_UNBOUND, NULL);
	ASSERT_LE(0, late);
	sender = start_send(late, self->to, 9);
	EXPECT_EQ(0, job_result(sender));
	EXPECT_EQ(0, job_result(receiver));
	close(late);
}

TEST_F(ipc, oldest_first)
{
	struct dvs_receive_args m;
	struct job *jobs[8];

	for (__u32 i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = start_send(self->client, self->to, i);
		ASSERT_TRUE(job_blocked(jobs[i]));
	}
	for (__u32 i = 0; i < ARRAY_SIZE(jobs); i++) {
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(i, m.msg.type);
		EXPECT_EQ(0, job_result(jobs[i]));
	}
}

TEST_F(ipc, a_message_that_cannot_be_stored_stays_queued)
{
	struct dvs_receive_args *readonly = readonly_memory();
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	EXPECT_EQ(-EFAULT, sys_dvs_receive(self->server, readonly, sizeof(*readonly)));
	EXPECT_TRUE(readable(self->server, 0));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(7, m.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_notification_that_cannot_be_stored_stays_queued)
{
	struct dvs_receive_args *readonly = readonly_memory();
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->client, self->to, 5));
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	EXPECT_EQ(-EFAULT, sys_dvs_receive(self->server, readonly, sizeof(*readonly)));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(5, m.notified);
}

TEST_F(ipc, poll_says_when_there_is_something)
{
	struct dvs_receive_args m;
	struct job *job;

	EXPECT_EQ(0, poll_events(self->server, 0));
	job = start_send(self->client, self->to, 1);
	EXPECT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, poll_events(self->server, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, poll_is_quiet_after_a_message_was_withdrawn)
{
	struct job *job = start_send(self->client, self->to, 1);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	job_kill(job);
	EXPECT_TRUE(eventually(poll_events(self->server, 0) == 0));
}

TEST_F(ipc, epoll_says_when_there_is_something)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int set = epoll_create1(0);
	struct dvs_receive_args m;

	ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_ADD, self->server, &event));
	EXPECT_EQ(0, epoll_wait(set, &event, 1, 0));
	for (int i = 0; i < 2; i++) {
		struct job *job = start_send(self->client, self->to, i);

		EXPECT_EQ(1, epoll_wait(set, &event, 1, PATIENCE_MS));
		EXPECT_TRUE(event.events & EPOLLIN);
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(0, job_result(job));
	}
	close(set);
}

TEST_F(ipc, each_message_wakes_one_of_several_receivers)
{
	struct job *receivers[3];
	__u32 types = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(receivers); i++) {
		receivers[i] = start_receive(self->server, 0, 0);
		ASSERT_TRUE(job_blocked(receivers[i]));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(receivers); i++) {
		struct job *job = start_send(self->client, self->to, 1U << i);

		EXPECT_EQ(0, job_result(job));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(receivers); i++) {
		EXPECT_EQ(0, job_result(receivers[i]));
		types |= receivers[i]->receive.msg.type;
	}
	EXPECT_EQ(7, types);
}

TEST_F(ipc, the_longest_waiting_receiver_is_served_first)
{
	struct job *first, *second;

	first = start_receive(self->server, 0, 0);
	ASSERT_TRUE(job_blocked(first));
	second = start_receive(self->server, 0, 0);
	ASSERT_TRUE(job_blocked(second));
	EXPECT_EQ(0, send_now(self->client, self->to, 1));
	EXPECT_EQ(0, job_result(first));
	EXPECT_TRUE(job_waits(second));
	job_kill(second);
}

struct pool {
	int epfd;
	unsigned int served;
};

static void *serve(void *data)
{
	struct pool *pool = data;
	struct dvs_receive_args m;

	while (!take(pool->epfd, &m) && m.msg.type) {
		if (reply(pool->epfd, m.msg.token, m.msg.type))
			break;
		__atomic_add_fetch(&pool->served, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

TEST_F(ipc, threads_can_share_an_endpoint)
{
	struct pool pool = { .epfd = self->server };
	pthread_t threads[4];

	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, serve, &pool));
	for (__u32 i = 1; i <= 50; i++) {
		struct job *one = start_sendrec(self->client, self->to, i);
		struct job *two = start_sendrec(self->client, self->to, i + 100);

		ASSERT_EQ(0, job_result(one));
		EXPECT_EQ(i, one->send.msg.type);
		ASSERT_EQ(0, job_result(two));
		EXPECT_EQ(i + 100, two->send.msg.type);
	}
	EXPECT_EQ(100, pool.served);
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, job_result(start_send(self->client, self->to, 0)));
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

TEST_F(ipc, unknown_receive_flags_are_refused)
{
	for (int bit = 3; bit < 64; bit++) {
		struct dvs_receive_args m = { .flags = DVS_NOWAIT | 1ULL << bit };

		EXPECT_EQ(-EINVAL, sys_dvs_receive(self->server, &m, sizeof(m)));
	}
}

TEST_F(ipc, receiving_from_another_descriptor_is_EBADF_or_EINVAL)
{
	struct dvs_receive_args m;

	EXPECT_EQ(-EBADF, take_now(-1, &m));
	EXPECT_EQ(-EBADF, take_now(999, &m));
	EXPECT_EQ(-EINVAL, take_now(STDERR_FILENO, &m));
}

TEST_HARNESS_MAIN
