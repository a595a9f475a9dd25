// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients and servers that die. Somebody who waits for them learns of it, and
 * nothing is left behind: the fixture checks that no endpoint is bound and no
 * call is open afterwards.
 */
#include "ipc_fixture.h"

TEST_F(ipc, a_server_that_dies_before_taking_is_EIDRM)
{
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	close(self->server);
	EXPECT_EQ(-EIDRM, job_result(job));
}

TEST_F(ipc, a_server_that_dies_after_taking_is_EOWNERDEAD)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_EQ(0, take(self->server, &m));
	close(self->server);
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
}

TEST_F(ipc, a_killed_server_is_noticed)
{
	struct job *server, *job;

	server = start_receive(self->server, 0, 0);
	ASSERT_TRUE(job_blocked(server));
	close(self->server);
	job_kill(server);
	job = start_sendrec(self->client, DVS_SLOT(self->to), 0);
	EXPECT_EQ(-ENXIO, job_result(job));
}

static int take_and_hang(struct job *job)
{
	struct dvs_receive_args m;
	int result = take(job->epfd, &m);

	__atomic_store_n(&job->eintr, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return result;
}

TEST_F(ipc, a_server_killed_while_it_holds_a_call_is_EOWNERDEAD)
{
	struct job *server = job_new(), *job;

	ASSERT_NE(NULL, job_start(server, self->server, take_and_hang));
	close(self->server);
	job = start_sendrec(self->client, self->to, 0);
	ASSERT_TRUE(eventually(server->eintr == 1));
	EXPECT_TRUE(job_waits(job));
	job_kill(server);
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
}

TEST_F(ipc, one_of_two_servers_that_dies_is_not_noticed)
{
	struct dvs_receive_args m;
	struct job *server, *job;

	server = start_receive(self->server, 0, 0);
	ASSERT_TRUE(job_blocked(server));
	job_kill(server);
	job = start_sendrec(self->client, self->to, 0);
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_client_killed_before_its_call_was_taken_leaves_nothing)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	job_kill(job);
	EXPECT_TRUE(eventually(take_now(self->server, &m) == -EAGAIN));
	EXPECT_TRUE(eventually(info(self->server).calls == 0));
}

TEST_F(ipc, a_client_killed_after_its_call_was_taken_is_gone)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_EQ(0, take(self->server, &m));
	job_kill(job);
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
	EXPECT_TRUE(eventually(info(self->server).calls == 0));
}

#define PAUSE "DVS_SELFTESTS_PAUSE"

static void __attribute__((constructor)) pause_when_executed(void)
{
	if (getenv(PAUSE))
		for (;;)
			pause();
}

static int call_and_exec(struct job *job)
{
	static char *const argv[] = { "pause", NULL }, *const envp[] = { PAUSE "=1", NULL };
	struct dvs_send_args args = { .destination = job->send.destination };

	/* The handler of SIGUSR1 makes it return with the call open. */
	if (sys_dvs_sendrec(job->epfd, &args, sizeof(args)) != -EINTR)
		return -EINVAL;
	execve("/proc/self/exe", argv, envp);
	return -errno;
}

TEST_F(ipc, exec_ends_the_open_calls_of_an_endpoint_that_closes_on_it)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, call_and_exec));
	close(self->client);
	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_TRUE(job_blocked(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
	job_kill(job);
}

static int call_forever(struct job *job)
{
	struct dvs_send_args args = { .destination = job->send.destination };
	int result;

	do
		result = sys_dvs_sendrec(job->epfd, &args, sizeof(args));
	while (!result);
	return result;
}

static int serve_forever(struct job *job)
{
	struct dvs_replyrec_args args = {};

	for (;;) {
		int result = sys_dvs_replyrec(job->epfd, &args, sizeof(args));

		if (result)
			return result;
		args.token = args.receive.msg.token;
	}
}

TEST_F_TIMEOUT(ipc, clients_killed_at_random_points_leave_nothing, 300)
{
	struct job *server = job_new();

	ASSERT_NE(NULL, job_start(server, self->server, serve_forever));
	for (int i = 0; i < 60; i++) {
		struct job *client = job_new();

		client->send.destination = self->to;
		ASSERT_NE(NULL, job_start(client, self->client, call_forever));
		/* Every part of a call is hit in the long run. */
		sleep_ms(rand() % 8);
		job_kill(client);
	}
	EXPECT_TRUE(eventually(info(self->client).calls == 0));
	EXPECT_TRUE(eventually(info(self->server).calls == 0));
	EXPECT_FALSE(server->done);
	job_kill(server);
}

TEST_F_TIMEOUT(ipc, servers_killed_at_random_points_end_the_calls, 300)
{
	for (int i = 0; i < 40; i++) {
		struct job *client = job_new(), *server = job_new();
		int result;

		client->send.destination = self->to;
		ASSERT_NE(NULL, job_start(server, self->server, serve_forever));
		close(self->server);
		ASSERT_NE(NULL, job_start(client, self->client, call_forever));
		sleep_ms(rand() % 8);
		job_kill(server);
		result = job_result(client);
		EXPECT_TRUE(result == -EIDRM || result == -EOWNERDEAD || result == -ESTALE)
			TH_LOG("result %d", result);
		self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
		ASSERT_LE(0, self->server);
		EXPECT_TRUE(eventually(info(self->client).calls == 0));
	}
}

TEST_F(ipc, a_process_that_dies_unbinds_everything)
{
	pid_t child;

	close(self->server);
	close(self->client);
	child = fork();
	if (!child) {
		for (int i = 0; i < 50; i++)
			if (world_bind(&self->world, i % 2, 0, NULL) < 0)
				_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	EXPECT_TRUE(world_empty(&self->world));
}

TEST_HARNESS_MAIN
