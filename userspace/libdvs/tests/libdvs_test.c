// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libdvs: what the functions add to the system calls. Each test has a container
 * of its own.
 */
#include <dvs.h>
#include <errno.h>
#include <fcntl.h>
#include <kselftest_harness.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWDC
#define CLONE_NEWDC 0x00000040
#endif

#define SLOT	100
#define LARGE	(3 * 1024 * 1024 + 5)

FIXTURE(library) {
	int endpoint;
};

FIXTURE_SETUP(library)
{
	ASSERT_EQ(0, unshare(CLONE_NEWDC)) TH_LOG("unshare: %m");
	self->endpoint = dvs_open(SLOT, -1);
	ASSERT_LE(0, self->endpoint);
}

FIXTURE_TEARDOWN(library)
{
	close(self->endpoint);
}

static uint32_t endpoints(void)
{
	struct dvs_info info = { 0 };

	return dvs_getinfo(-1, &info, sizeof(info)) ? 0 : info.endpoints;
}

static void *tell_number(void *number)
{
	*(uint32_t *)number = dvs_number(DVS_SELF);
	return NULL;
}

TEST_F(library, a_thread_keeps_its_endpoint)
{
	int fd = dvs_self();

	ASSERT_LE(0, fd);
	EXPECT_EQ(fd, dvs_self());
	EXPECT_EQ(dvs_number(fd), dvs_number(DVS_SELF));
	EXPECT_LE(DVS_SLOT_DYNAMIC_FIRST, DVS_SLOT(dvs_number(fd)));
	EXPECT_EQ(2, endpoints());
}

TEST_F(library, each_thread_has_its_own_endpoint_until_it_ends)
{
	uint32_t mine = dvs_number(DVS_SELF), other = 0;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, tell_number, &other));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_NE(0, mine);
	EXPECT_NE(0, other);
	EXPECT_NE(mine, other);
	EXPECT_EQ(2, endpoints());
}

TEST_F(library, a_child_does_not_use_its_parents_endpoint)
{
	uint32_t mine = dvs_number(DVS_SELF);
	int status;
	pid_t pid;

	ASSERT_NE(0, mine);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		uint32_t own = dvs_number(DVS_SELF);

		_exit(!own || own == mine);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(mine, dvs_number(DVS_SELF));
}

TEST_F(library, an_endpoint_that_was_closed_behind_its_back_is_not_closed_again)
{
	int fd = dvs_self(), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Another file has taken the number; it must stay open. */
		dup2(STDIN_FILENO, fd);
		_exit(dvs_self() < 0 || fcntl(fd, F_GETFD) < 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A server for one request: waits a moment, then answers with the next type. */
static void *serve_one(void *arg)
{
	int endpoint = *(int *)arg;
	struct dvs_receive_args in;

	if (dvs_next(endpoint, &in, -1))
		return NULL;
	usleep(200000);
	in.msg.type++;
	dvs_answer(endpoint, in.msg.token, &in.msg);
	return NULL;
}

TEST_F(library, a_call_brings_the_reply)
{
	struct dvs_msg msg = { .type = 41, .payload = "as it was" };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, serve_one, &self->endpoint));
	EXPECT_EQ(0, dvs_call(DVS_SELF, SLOT, &msg, NULL, 0, -1));
	EXPECT_EQ(42, msg.type);
	EXPECT_STREQ("as it was", (char *)msg.payload);
	EXPECT_EQ(dvs_number(self->endpoint), msg.source);
	pthread_join(thread, NULL);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

TEST_F(library, a_call_survives_signals)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, never = { 0 };
	struct sigaction action = { .sa_handler = count_alarm };	/* no SA_RESTART */
	struct dvs_msg msg = { .type = 1 };
	pthread_t thread;
	sigset_t alarm_set;

	/* Only this thread gets the signals. */
	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm_set, NULL);
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve_one, &self->endpoint));
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm_set, NULL);
	EXPECT_EQ(0, dvs_call(DVS_SELF, SLOT, &msg, NULL, 0, 20000));
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_EQ(2, msg.type);
	EXPECT_LT(0, alarms);
	pthread_join(thread, NULL);
}

TEST_F(library, a_call_that_fails_leaves_the_message)
{
	struct dvs_msg msg = { .type = 7 };

	EXPECT_EQ(-1, dvs_call(DVS_SELF, SLOT + 1, &msg, NULL, 0, -1));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(7, msg.type);
	EXPECT_EQ(-1, dvs_call(DVS_SELF, SLOT, &msg, NULL, 0, 50));
	EXPECT_EQ(ETIMEDOUT, errno);
}

TEST_F(library, zero_means_not_to_wait)
{
	struct dvs_receive_args in;
	struct dvs_msg msg = { 0 };

	EXPECT_EQ(-1, dvs_next(self->endpoint, &in, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, dvs_tell(DVS_SELF, SLOT, &msg, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, dvs_await(DVS_SELF, SLOT + 1, DVS_WAIT_BOUND, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, dvs_await(DVS_SELF, SLOT, DVS_WAIT_BOUND, 0));
}

TEST_F(library, raised_bits_arrive_once)
{
	struct dvs_receive_args in;

	ASSERT_EQ(0, dvs_raise(DVS_SELF, SLOT, 1));
	ASSERT_EQ(0, dvs_raise(DVS_SELF, SLOT, 4));
	ASSERT_EQ(0, dvs_next(self->endpoint, &in, -1));
	EXPECT_EQ(DVS_KIND_NOTIFICATION, in.kind);
	EXPECT_EQ(5, in.notified);
	EXPECT_EQ(dvs_number(DVS_SELF), in.msg.source);
	EXPECT_EQ(-1, dvs_next(self->endpoint, &in, 0));
}

TEST_F(library, a_reply_that_failed_is_told_and_the_next_message_taken)
{
	struct dvs_receive_args in;
	struct dvs_msg msg = { 0 };
	int reply_error = 0;

	ASSERT_EQ(0, dvs_raise(DVS_SELF, SLOT, 1));
	EXPECT_EQ(0, dvs_answer_next(self->endpoint, 12345, &msg, &reply_error, &in, -1));
	EXPECT_EQ(ESRCH, reply_error);
	EXPECT_EQ(DVS_KIND_NOTIFICATION, in.kind);
}

struct segments {
	int endpoint;
	char *in;
	int error;
};

/* Copies segment 0 to segment 1, by way of memory of its own. */
static void *serve_segments(void *arg)
{
	struct segments *segments = arg;
	struct dvs_receive_args in;

	if (dvs_next(segments->endpoint, &in, -1) ||
	    dvs_read_segment(segments->endpoint, in.msg.token, 0, 0, segments->in, LARGE, -1) ||
	    dvs_write_segment(segments->endpoint, in.msg.token, 1, 0, segments->in, LARGE, -1) ||
	    dvs_answer(segments->endpoint, in.msg.token, &in.msg))
		segments->error = errno;
	return NULL;
}

TEST_F(library, segments_of_any_size_are_copied_whole)
{
	char *from = malloc(LARGE), *to = calloc(1, LARGE);
	struct segments segments = { self->endpoint, malloc(LARGE), 0 };
	struct dvs_segment grants[] = { dvs_readable(from, LARGE), dvs_writable(to, LARGE) };
	struct dvs_msg msg = { 0 };
	pthread_t thread;
	int i;

	ASSERT_TRUE(from && to && segments.in);
	for (i = 0; i < LARGE; i++)
		from[i] = (char)(i * 31 + i / 4096);
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve_segments, &segments));
	EXPECT_EQ(0, dvs_call(DVS_SELF, SLOT, &msg, grants, 2, -1));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, segments.error);
	EXPECT_EQ(0, memcmp(from, to, LARGE));
	free(from);
	free(to);
	free(segments.in);
}

TEST(a_deadline_is_in_the_future_by_the_time_given)
{
	struct __kernel_timespec deadline;
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	dvs_deadline(12345678, &deadline);
	ms = (deadline.tv_sec - now.tv_sec) * 1000 + (deadline.tv_nsec - now.tv_nsec) / 1000000;
	EXPECT_LE(12345677, ms);
	EXPECT_GT(12345678 + 60000, ms);
	EXPECT_LE(0, deadline.tv_nsec);
	EXPECT_GT(1000000000, deadline.tv_nsec);
}

TEST(errors_have_a_meaning_in_each_call)
{
	EXPECT_STRNE(dvs_strerror(DVS_OP_BIND, EDQUOT), dvs_strerror(DVS_OP_SENDREC, EDQUOT));
	EXPECT_STRNE(dvs_strerror(DVS_OP_SENDREC, EOWNERDEAD), strerror(EOWNERDEAD));
	EXPECT_STREQ("Is a directory", dvs_strerror(DVS_OP_BIND, EISDIR));
	EXPECT_STREQ("unknown error", dvs_strerror(DVS_OP_BIND, 100000));
	EXPECT_STREQ("EHOSTUNREACH", dvs_strerrorname(EHOSTUNREACH));
	EXPECT_STREQ("E?", dvs_strerrorname(100000));
}

TEST_HARNESS_MAIN
