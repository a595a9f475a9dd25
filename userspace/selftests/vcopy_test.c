// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_vcopy(): between the memory of whoever holds a call and the segments its
 * caller granted.
 */
#include "ipc_fixture.h"

#define READ	DVS_SEGMENT_READ
#define WRITE	DVS_SEGMENT_WRITE
#define MEGABYTE (1024 * 1024)

/* A call with one segment, taken by the server */
struct granted {
	struct job *job;
	__u64 token;
	unsigned char *memory;	/* the client's, which the test sees too */
};

static int grant(struct granted *g, int server, int client, __u32 to, size_t length, __u32 flags)
{
	struct dvs_receive_args m;
	int error;

	g->job = job_new();
	if (!g->memory)
		g->memory = shared_memory(length);
	g->job->send.destination = to;
	job_grant(g->job, g->memory, length, flags);
	if (!job_start(g->job, client, job_sendrec))
		return -EAGAIN;
	error = take(server, &m);
	g->token = m.msg.token;
	return error;
}

static int finish(struct granted *g, int server)
{
	int error = reply(server, g->token, 0);

	return job_result(g->job) ?: error;
}

/* Contents that tell every place from its neighbours */
static void fill(unsigned char *memory, size_t length, unsigned int seed)
{
	for (size_t i = 0; i < length; i++)
		memory[i] = i * 7 + (i >> 8) * 13 + seed;
}

TEST_F(ipc, reads_what_the_caller_granted)
{
	unsigned char expected[100], seen[100] = {};
	struct granted g = { .memory = shared_memory(100) };

	fill(expected, 100, 1);
	memcpy(g.memory, expected, 100);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 100, READ));
	EXPECT_EQ(100, copy_in(self->server, g.token, 0, 0, seen, 100));
	EXPECT_EQ(0, memcmp(expected, seen, 100));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, writes_where_the_caller_granted)
{
	unsigned char expected[100];
	struct granted g = {};

	fill(expected, 100, 2);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 100, WRITE));
	EXPECT_EQ(100, copy_out(self->server, g.token, 0, 0, expected, 100));
	EXPECT_EQ(0, finish(&g, self->server));
	EXPECT_EQ(0, memcmp(expected, g.memory, 100));
}

TEST_F(ipc, offsets_count_from_the_start_of_the_segment)
{
	unsigned char seen[10] = {};
	struct granted g = { .memory = shared_memory(100) };

	fill(g.memory, 100, 3);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 100, READ | WRITE));
	EXPECT_EQ(10, copy_in(self->server, g.token, 0, 42, seen, 10));
	EXPECT_EQ(0, memcmp(g.memory + 42, seen, 10));
	EXPECT_EQ(10, copy_out(self->server, g.token, 0, 90, seen, 10));
	EXPECT_EQ(0, finish(&g, self->server));
	EXPECT_EQ(0, memcmp(g.memory + 90, seen, 10));
	EXPECT_EQ((unsigned char)(89 * 7 + 3), g.memory[89]);
}

TEST_F(ipc, each_segment_has_its_own_memory)
{
	unsigned char seen[3];
	unsigned char *memory = shared_memory(3 * 4096);
	struct dvs_receive_args m;
	struct job *job = job_new();

	job->send.destination = self->to;
	for (int i = 0; i < 3; i++) {
		memory[i * 4096] = i + 1;
		job_grant(job, memory + i * 4096, 16, READ);
	}
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(1, copy_in(self->server, m.msg.token, i, 0, &seen[i], 1));
		EXPECT_EQ(i + 1, seen[i]);
	}
	EXPECT_EQ(-EINVAL, copy_in(self->server, m.msg.token, 3, 0, seen, 1));
	EXPECT_EQ(-EINVAL, copy_in(self->server, m.msg.token, DVS_SEGMENTS_MAX, 0, seen, 1));
	EXPECT_EQ(-EINVAL, copy_in(self->server, m.msg.token, ~0U, 0, seen, 1));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, nothing_beyond_the_end_of_a_segment)
{
	unsigned char seen[200];
	struct granted g = {};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 100, READ | WRITE));
	EXPECT_EQ(-EINVAL, copy_in(self->server, g.token, 0, 0, seen, 101));
	EXPECT_EQ(-EINVAL, copy_in(self->server, g.token, 0, 100, seen, 1));
	EXPECT_EQ(-EINVAL, copy_in(self->server, g.token, 0, 50, seen, 51));
	EXPECT_EQ(-EINVAL, copy_in(self->server, g.token, 0, ~0ULL, seen, 1));
	EXPECT_EQ(-EINVAL, copy_in(self->server, g.token, 0, ~0ULL - 1, seen, 2));
	EXPECT_EQ(-EINVAL, copy_out(self->server, g.token, 0, 0, seen, 101));
	EXPECT_EQ(-EINVAL, copy_out(self->server, g.token, 0, 100, seen, 1));
	EXPECT_EQ(1, copy_in(self->server, g.token, 0, 99, seen, 1));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, a_direction_that_was_not_granted_is_EPERM)
{
	unsigned char seen[16] = {};
	struct granted readable = {}, writable = {};

	ASSERT_EQ(0, grant(&readable, self->server, self->client, self->to, 16, READ));
	ASSERT_EQ(0, grant(&writable, self->server, self->client, self->to, 16, WRITE));
	EXPECT_EQ(-EPERM, copy_out(self->server, readable.token, 0, 0, seen, 16));
	EXPECT_EQ(-EPERM, copy_in(self->server, writable.token, 0, 0, seen, 16));
	EXPECT_EQ(0, finish(&readable, self->server));
	EXPECT_EQ(0, finish(&writable, self->server));
}

TEST_F(ipc, only_the_holder_of_the_call_may_copy)
{
	unsigned char seen[16];
	struct granted g = {};
	int other = world_bind(&self->world, SERVER, 0, NULL);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	EXPECT_EQ(-ESRCH, copy_in(other, g.token, 0, 0, seen, 16));
	EXPECT_EQ(-ESRCH, copy_in(self->client, g.token, 0, 0, seen, 16));
	EXPECT_EQ(-ESRCH, copy_in(self->server, g.token + 1, 0, 0, seen, 16));
	EXPECT_EQ(0, finish(&g, self->server));
	close(other);
}

TEST_F(ipc, nothing_is_copied_after_the_reply)
{
	unsigned char seen[16];
	struct granted g = {};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	EXPECT_EQ(0, finish(&g, self->server));
	EXPECT_EQ(-ESRCH, copy_in(self->server, g.token, 0, 0, seen, 16));
}

TEST_F(ipc, nothing_is_copied_after_the_caller_died)
{
	unsigned char seen[16];
	struct granted g = {};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	job_kill(g.job);
	EXPECT_TRUE(eventually(copy_in(self->server, g.token, 0, 0, seen, 16) == -ESRCH));
}

TEST_F(ipc, between_two_segments_is_refused)
{
	struct granted one = {}, two = {};
	struct dvs_vcopy_args args = { .length = 16 };

	ASSERT_EQ(0, grant(&one, self->server, self->client, self->to, 16, READ));
	ASSERT_EQ(0, grant(&two, self->server, self->client, self->to, 16, WRITE));
	args.from.token = one.token;
	args.to.token = two.token;
	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	EXPECT_EQ(0, finish(&one, self->server));
	EXPECT_EQ(0, finish(&two, self->server));
}

TEST_F(ipc, between_local_memory_is_refused)
{
	unsigned char from[16] = {}, to[16];
	struct dvs_vcopy_args args = {
		.length = 16,
		.from.offset = P(from),
		.to.offset = P(to),
	};

	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
}

TEST_F(ipc, bad_memory_of_the_holder_is_EFAULT)
{
	struct granted g = {};
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, nothing);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ | WRITE));
	EXPECT_EQ(-EFAULT, copy_in(self->server, g.token, 0, 0, nothing, 16));
	EXPECT_EQ(-EFAULT, copy_out(self->server, g.token, 0, 0, nothing, 16));
	EXPECT_EQ(-EFAULT, copy_in(self->server, g.token, 0, 0, NULL, 16));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, memory_the_caller_does_not_have_is_EFAULT)
{
	unsigned char seen[16] = {};
	struct granted g = {
		.memory = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	};

	ASSERT_NE(MAP_FAILED, g.memory);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ | WRITE));
	EXPECT_EQ(-EFAULT, copy_in(self->server, g.token, 0, 0, seen, 16));
	EXPECT_EQ(-EFAULT, copy_out(self->server, g.token, 0, 0, seen, 16));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, granting_a_write_does_not_make_memory_writable)
{
	unsigned char seen[16] = {};
	struct granted g = {
		.memory = readonly_memory(),
	};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ | WRITE));
	EXPECT_EQ(16, copy_in(self->server, g.token, 0, 0, seen, 16));
	EXPECT_EQ(-EFAULT, copy_out(self->server, g.token, 0, 0, seen, 16));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, a_copy_that_fails_half_way_says_how_far_it_got)
{
	unsigned char *memory = shared_memory(3 * 4096);
	unsigned char *seen = shared_memory(3 * 4096);
	struct granted g = { .memory = memory };
	long copied;

	fill(memory, 2 * 4096, 5);
	ASSERT_EQ(0, mprotect(memory + 2 * 4096, 4096, PROT_NONE));
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 3 * 4096, READ));
	copied = copy_in(self->server, g.token, 0, 0, seen, 3 * 4096);
	EXPECT_TRUE(copied == -EFAULT || (copied > 0 && copied <= 2 * 4096))
		TH_LOG("copied %ld", copied);
	if (copied > 0)
		EXPECT_EQ(0, memcmp(memory, seen, copied));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, nothing_is_copied_in_no_time)
{
	unsigned char seen[16];
	struct granted g = {};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	EXPECT_EQ(0, copy_in(self->server, g.token, 0, 0, seen, 0));
	EXPECT_EQ(0, copy_in(self->server, g.token, 0, 16, seen, 0));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F_TIMEOUT(ipc, every_size_and_alignment, 300)
{
	static const size_t sizes[] = { 1, 2, 7, 63, 64, 65, 4095, 4096, 4097, 65535, 65536, 65537,
					262143, 262144, 262145, MEGABYTE - 1, MEGABYTE,
					4 * MEGABYTE - 3, 4 * MEGABYTE };
	unsigned char *theirs = shared_memory(4 * MEGABYTE + 4096);
	unsigned char *ours = shared_memory(4 * MEGABYTE + 4096);

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t length = sizes[i];
		struct granted g = { .memory = theirs + i * 37 };
		unsigned char *memory = ours + i * 101;

		fill(g.memory, length, i);
		memset(memory, 0, length + 1);
		ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, length, READ | WRITE));
		ASSERT_EQ(length, copy_in(self->server, g.token, 0, 0, memory, length));
		EXPECT_EQ(0, memcmp(g.memory, memory, length));
		EXPECT_EQ(0, memory[length]);
		fill(memory, length, i + 100);
		memory[length] = 0x55;
		g.memory[length] = 0xaa;
		ASSERT_EQ(length, copy_out(self->server, g.token, 0, 0, memory, length));
		EXPECT_EQ(0, memcmp(g.memory, memory, length));
		EXPECT_EQ(0xaa, g.memory[length]);
		EXPECT_EQ(0, finish(&g, self->server));
	}
}

TEST_F(ipc, private_memory_that_was_never_touched)
{
	unsigned char seen[8192], expected[8192] = {};
	struct granted g = {
		.memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0),
	};

	ASSERT_NE(MAP_FAILED, g.memory);
	memset(seen, 1, sizeof(seen));
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 8192, READ | WRITE));
	EXPECT_EQ(8192, copy_in(self->server, g.token, 0, 0, seen, 8192));
	EXPECT_EQ(0, memcmp(expected, seen, 8192));
	EXPECT_EQ(8192, copy_out(self->server, g.token, 0, 0, seen, 8192));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, copies_from_a_caller_that_is_stopped)
{
	unsigned char seen[16] = {};
	struct granted g = { .memory = shared_memory(16) };

	fill(g.memory, 16, 9);
	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	ASSERT_TRUE(job_blocked(g.job));
	kill(g.job->pid, SIGSTOP);
	EXPECT_EQ(16, copy_in(self->server, g.token, 0, 0, seen, 16));
	EXPECT_EQ(0, memcmp(g.memory, seen, 16));
	kill(g.job->pid, SIGCONT);
	EXPECT_EQ(0, finish(&g, self->server));
}

struct copier {
	int epfd;
	__u64 token;
	unsigned char *memory;
};

static void *copy_until_it_fails(void *data)
{
	struct copier *c = data;

	while (copy_in(c->epfd, c->token, 0, 0, c->memory, MEGABYTE) > 0)
		;
	return NULL;
}

TEST_F_TIMEOUT(ipc, callers_killed_during_copies, 300)
{
	struct copier c = { .epfd = self->server, .memory = shared_memory(MEGABYTE) };

	for (int i = 0; i < 20; i++) {
		struct granted g = {};
		pthread_t thread;

		ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, MEGABYTE, READ));
		c.token = g.token;
		ASSERT_EQ(0, pthread_create(&thread, NULL, copy_until_it_fails, &c));
		sleep_ms(i % 5);
		job_kill(g.job);
		pthread_join(thread, NULL);
		munmap(g.memory, MEGABYTE);
	}
	EXPECT_TRUE(eventually(info(self->server).calls == 0));
}

static void *write_until_it_fails(void *data)
{
	struct copier *c = data;

	while (copy_out(c->epfd, c->token, 0, 0, c->memory, MEGABYTE) > 0)
		++*c->memory;
	return NULL;
}

TEST_F_TIMEOUT(ipc, a_reply_ends_the_copies_for_its_call, 300)
{
	struct copier c = { .epfd = self->server, .memory = shared_memory(MEGABYTE) };
	unsigned char *before = shared_memory(MEGABYTE);

	for (int i = 0; i < 20; i++) {
		struct granted g = {};
		pthread_t thread;

		ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, MEGABYTE, WRITE));
		c.token = g.token;
		ASSERT_EQ(0, pthread_create(&thread, NULL, write_until_it_fails, &c));
		sleep_ms(i % 10);
		EXPECT_EQ(0, reply(self->server, g.token, 0));
		EXPECT_EQ(0, job_result(g.job));
		/* The caller is back: from here on its memory is its own. */
		memcpy(before, g.memory, MEGABYTE);
		pthread_join(thread, NULL);
		sleep_ms(5);
		EXPECT_EQ(0, memcmp(before, g.memory, MEGABYTE));
		munmap(g.memory, MEGABYTE);
	}
}

TEST_F(ipc, unknown_flags_of_a_copy_are_refused)
{
	unsigned char seen[16];
	struct granted g = {};

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	for (int bit = 0; bit < 64; bit++) {
		struct dvs_vcopy_args args = {
			.flags = 1ULL << bit,
			.length = 16,
			.from.token = g.token,
			.to.offset = P(seen),
		};

		EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	}
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_F(ipc, reserved_fields_of_a_copy_are_refused)
{
	unsigned char seen[16];
	struct granted g = {};
	struct dvs_vcopy_args good, args;

	ASSERT_EQ(0, grant(&g, self->server, self->client, self->to, 16, READ));
	good = (struct dvs_vcopy_args){ .length = 16, .from.token = g.token, .to.offset = P(seen) };
	args = good;
	args.reserved = 1;
	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	args = good;
	args.from.reserved = 1;
	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	args = good;
	args.to.reserved = 1;
	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	args = good;
	args.to.segment = 1;
	EXPECT_EQ(-EINVAL, sys_dvs_vcopy(self->server, &args, sizeof(args)));
	EXPECT_EQ(16, sys_dvs_vcopy(self->server, &good, sizeof(good)));
	EXPECT_EQ(0, finish(&g, self->server));
}

TEST_HARNESS_MAIN
