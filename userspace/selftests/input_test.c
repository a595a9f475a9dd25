// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bad input, for every call the same: sizes, pointers, descriptors. What each
 * call's own fields may hold is in its own test.
 */
#include "common.h"

union arguments {
	struct dvs_bind_args bind;
	struct dvs_send_args send;
	struct dvs_receive_args receive;
	struct dvs_reply_args reply;
	struct dvs_replyrec_args replyrec;
	struct dvs_notify_args notify;
	struct dvs_vcopy_args vcopy;
	struct dvs_wait_args wait;
	struct dvs_info info;
	__u8 bytes[8192];
};

/* What a call is made with */
struct input {
	int epfd;
	__u32 number;
	char memory[16];
	struct dvs_segment segment;
	union arguments *args;	/* pages, and an unmapped one after them */
};

FIXTURE(input)
{
	struct world world;
	struct input input;
};

/* One harmless call of each kind, how it ends, and where its timeout is (0: none) */
static const struct call {
	const char *name;
	int number;
	size_t size;
	long result;
	size_t timeout;
} calls[] = {
	{ "bind", __NR_dvs_bind, sizeof(struct dvs_bind_args), -EADDRINUSE,
	  offsetof(struct dvs_bind_args, timeout) },
	{ "send", __NR_dvs_send, sizeof(struct dvs_send_args), -EAGAIN,
	  offsetof(struct dvs_send_args, timeout) },
	{ "receive", __NR_dvs_receive, sizeof(struct dvs_receive_args), -EAGAIN,
	  offsetof(struct dvs_receive_args, timeout) },
	{ "sendrec", __NR_dvs_sendrec, sizeof(struct dvs_send_args), -ENXIO,
	  offsetof(struct dvs_send_args, timeout) },
	{ "reply", __NR_dvs_reply, sizeof(struct dvs_reply_args), -ESRCH, 0 },
	{ "replyrec", __NR_dvs_replyrec, sizeof(struct dvs_replyrec_args), -EAGAIN,
	  offsetof(struct dvs_replyrec_args, receive.timeout) },
	{ "notify", __NR_dvs_notify, sizeof(struct dvs_notify_args), -ENXIO, 0 },
	{ "vcopy", __NR_dvs_vcopy, sizeof(struct dvs_vcopy_args), -ESRCH,
	  offsetof(struct dvs_vcopy_args, timeout) },
	{ "wait", __NR_dvs_wait, sizeof(struct dvs_wait_args), -EAGAIN,
	  offsetof(struct dvs_wait_args, timeout) },
	{ "getinfo", __NR_dvs_getinfo, sizeof(struct dvs_info), 0, 0 },
};

static const struct call *const calls_on_endpoints = calls + 1;
static const struct call *const calls_end = calls + ARRAY_SIZE(calls);

/* Which of the calls broke the rule? */
#define EXPECT_RESULT(call, expected, seen) do {			\
	const char *_name = (call)->name;				\
									\
	EXPECT_EQ(expected, seen)					\
		TH_LOG("in dvs_%s()", _name);				\
} while (0)

#define PAGE 8192

FIXTURE_SETUP(input)
{
	int error = world_create(&self->world, false);

	if (error == -EOPNOTSUPP || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	self->input.epfd = world_bind(&self->world, SERVER, SERVER_SLOT, &self->input.number);
	ASSERT_LE(0, self->input.epfd);
	self->input.args = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->input.args);
	ASSERT_EQ(0, munmap((char *)self->input.args + PAGE, PAGE));
}

FIXTURE_TEARDOWN(input)
{
	close(self->input.epfd);
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

static long call_with(const struct call *c, int epfd, void *args, size_t size)
{
	if (c->number == __NR_dvs_bind)
		return sys_dvs(syscall(c->number, args, size));
	return sys_dvs(syscall(c->number, epfd, args, size));
}

static void prepare(struct input *input, const struct call *c)
{
	union arguments *args = input->args;

	memset(args, 0, sizeof(*args));
	switch (c->number) {
	case __NR_dvs_bind:
		args->bind.slot = SERVER_SLOT;
		break;
	case __NR_dvs_send:
		args->send.flags = DVS_NOWAIT;
		args->send.destination = input->number;
		break;
	case __NR_dvs_receive:
		args->receive.flags = DVS_NOWAIT;
		break;
	case __NR_dvs_sendrec:
		args->send.destination = SERVER_UNBOUND;
		args->send.segment_count = 1;
		args->send.segments = P(&input->segment);
		input->segment = (struct dvs_segment){
			.addr = P(input->memory),
			.length = sizeof(input->memory),
			.flags = DVS_SEGMENT_READ,
		};
		break;
	case __NR_dvs_reply:
		args->reply.token = 4711;
		break;
	case __NR_dvs_replyrec:
		args->replyrec.receive.flags = DVS_NOWAIT;
		break;
	case __NR_dvs_notify:
		args->notify.destination = SERVER_UNBOUND;
		args->notify.bits = 1;
		break;
	case __NR_dvs_vcopy:
		args->vcopy.length = sizeof(input->memory);
		args->vcopy.from.token = 4711;
		args->vcopy.to.offset = P(input->memory);
		break;
	case __NR_dvs_wait:
		args->wait.flags = DVS_NOWAIT;
		args->wait.endpoint = SERVER_SLOT;
		args->wait.events = DVS_WAIT_UNBOUND;
		break;
	}
}

/* A call with the arguments it likes, but for what is said here */
static long call_normally(struct input *input, const struct call *c, int epfd, size_t size)
{
	prepare(input, c);
	return call_with(c, epfd, input->args, size);
}

TEST_F(input, the_size_of_this_version_is_taken)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++)
		EXPECT_RESULT(c, c->result, call_normally(in, c, in->epfd, c->size));
}

TEST_F(input, a_shorter_structure_is_refused)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++)
		for (size_t size = 0; size < c->size; size++)
			EXPECT_RESULT(c, -EINVAL, call_normally(in, c, in->epfd, size));
}

TEST_F(input, a_longer_structure_is_taken_when_its_end_is_zero)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++) {
		for (size_t size = c->size + 1; size < c->size + 64; size++)
			EXPECT_RESULT(c, c->result, call_normally(in, c, in->epfd, size));
		EXPECT_RESULT(c, c->result, call_normally(in, c, in->epfd, 4096));
	}
}

TEST_F(input, a_longer_structure_is_E2BIG_when_its_end_is_not_zero)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++)
		for (size_t size = c->size + 1; size < c->size + 64; size++) {
			prepare(in, c);
			in->args->bytes[size - 1] = 1;
			EXPECT_RESULT(c, -E2BIG, call_with(c, in->epfd, in->args, size));
		}
}

TEST_F(input, a_structure_longer_than_a_page_is_E2BIG)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++) {
		EXPECT_RESULT(c, -E2BIG, call_normally(in, c, in->epfd, 4097));
		EXPECT_RESULT(c, -E2BIG, call_normally(in, c, in->epfd, ~0UL));
	}
}

TEST_F(input, a_structure_that_is_not_there_is_EFAULT)
{
	struct input *in = &self->input;
	void *const wild[] = { NULL, (void *)8, (void *)~0xfffUL, (void *)(~0UL >> 1),
			       (char *)in->args + PAGE };

	for (const struct call *c = calls; c < calls_end; c++)
		for (unsigned int i = 0; i < ARRAY_SIZE(wild); i++)
			EXPECT_RESULT(c, -EFAULT, call_with(c, in->epfd, wild[i], c->size));
}

TEST_F(input, a_structure_that_is_half_there_is_EFAULT)
{
	struct input *in = &self->input;
	char *end = (char *)in->args + PAGE;

	for (const struct call *c = calls; c < calls_end; c++)
		for (size_t part = 8; part < c->size; part += 8)
			EXPECT_RESULT(c, -EFAULT, call_with(c, in->epfd, end - part, c->size));
}

TEST_F(input, a_structure_may_lie_anywhere)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++)
		for (int shift = 1; shift < 8; shift++) {
			prepare(in, c);
			memmove(in->args->bytes + shift, in->args, c->size);
			EXPECT_RESULT(c, c->result,
				      call_with(c, in->epfd, in->args->bytes + shift, c->size));
		}
}

TEST_F(input, a_descriptor_that_is_none_is_EBADF)
{
	struct input *in = &self->input;
	static const int bad[] = { -100, 999, 0x7fffffff };

	for (const struct call *c = calls_on_endpoints; c < calls_end; c++)
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
			EXPECT_RESULT(c, -EBADF, call_normally(in, c, bad[i], c->size));
	close(in->epfd);
	for (const struct call *c = calls_on_endpoints; c < calls_end; c++)
		EXPECT_RESULT(c, -EBADF, call_normally(in, c, in->epfd, c->size));
}

TEST_F(input, only_getinfo_does_without_a_descriptor)
{
	struct input *in = &self->input;

	for (const struct call *c = calls_on_endpoints; c < calls_end; c++)
		EXPECT_RESULT(c, c->number == __NR_dvs_getinfo ? 0 : -EBADF,
			      call_normally(in, c, -1, c->size));
}

TEST_F(input, a_descriptor_of_another_kind_is_EINVAL)
{
	struct input *in = &self->input;
	int other[2];

	ASSERT_EQ(0, pipe(other));
	for (const struct call *c = calls_on_endpoints; c < calls_end; c++) {
		EXPECT_RESULT(c, -EINVAL, call_normally(in, c, other[0], c->size));
		EXPECT_RESULT(c, -EINVAL, call_normally(in, c, self->world.dc[SERVER], c->size));
	}
}

TEST_F(input, a_descriptor_that_is_only_a_path_is_EBADF)
{
	struct input *in = &self->input;
	int path = open("/", O_PATH);

	for (const struct call *c = calls_on_endpoints; c < calls_end; c++)
		EXPECT_RESULT(c, -EBADF, call_normally(in, c, path, c->size));
	close(path);
}

static const __u64 wild_addresses[] = { 1, 8, ~0ULL, ~0ULL - 15, 1ULL << 63,
					0xffff888000000000ULL, 1ULL << 47 };

TEST_F(input, a_wild_timeout_is_EFAULT)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++)
		for (unsigned int i = 0; c->timeout && i < ARRAY_SIZE(wild_addresses); i++) {
			prepare(in, c);
			memcpy(in->args->bytes + c->timeout, &wild_addresses[i], sizeof(__u64));
			EXPECT_RESULT(c, -EFAULT, call_with(c, in->epfd, in->args, c->size));
		}
}

TEST_F(input, wild_segments_are_EFAULT)
{
	struct input *in = &self->input;

	for (unsigned int i = 0; i < ARRAY_SIZE(wild_addresses); i++) {
		struct dvs_send_args args = {
			.destination = SERVER_UNBOUND,
			.segment_count = 1,
			.segments = wild_addresses[i],
		};

		EXPECT_EQ(-EFAULT, sys_dvs_sendrec(in->epfd, &args, sizeof(args)));
	}
}

TEST_F(input, results_that_cannot_be_stored_are_EFAULT)
{
	struct input *in = &self->input;
	struct dvs_info *readonly = readonly_memory();

	EXPECT_EQ(-EFAULT, sys_dvs_getinfo(in->epfd, readonly, sizeof(*readonly)));
}

static __u64 random_number(void)
{
	static const __u64 interesting[] = { 0, 1, 2, 3, 4, 7, 8, 63, 1023, 1024, 65535, 65536,
					     1ULL << 31, 1ULL << 32, 1ULL << 63, ~0ULL, ~0ULL - 7,
					     0x7fffffffffffffffULL };

	switch (rand() % 3) {
	case 0:
		return interesting[rand() % ARRAY_SIZE(interesting)];
	case 1:
		return rand() % 64;
	default:
		return ((__u64)rand() << 32) ^ rand();
	}
}

struct noise {
	struct input *input;
	const struct call *call;
};

/* Arguments that are mostly right get further than pure noise. */
static int call_at_random(struct job *job)
{
	const struct noise *noise = job->data;
	const struct call *c = noise->call;
	__u8 *bytes = noise->input->args->bytes;

	srand(getpid());
	alarm(PATIENCE_MS / 2000);
	for (int i = 0; i < 3000; i++) {
		int changes = 1 + rand() % 3, result;

		prepare(noise->input, c);
		while (changes--) {
			__u64 value = random_number();

			if (rand() % 2)
				memcpy(bytes + rand() % (c->size / 8) * 8, &value, 8);
			else
				memcpy(bytes + rand() % (c->size / 4) * 4, &value, 4);
		}
		/* Nobody would end a wait without a limit. */
		if (c->timeout) {
			struct __kernel_timespec soon = in_ms(1);
			__u64 address = P(&soon);

			memcpy(bytes + c->timeout, &address, 8);
		}
		result = call_with(c, job->epfd, bytes, c->size);
		if (c->number == __NR_dvs_bind && result >= 0)
			close(result);
	}
	return 0;
}

TEST_F_TIMEOUT(input, noise_does_no_harm, 300)
{
	struct input *in = &self->input;

	for (const struct call *c = calls; c < calls_end; c++) {
		struct noise noise = { .input = in, .call = c };
		struct job *job = job_new();

		job->data = &noise;
		ASSERT_NE(NULL, job_start(job, in->epfd, call_at_random));
		EXPECT_RESULT(c, 0, job_result(job));
		EXPECT_EQ(1, info(in->epfd).endpoints);
		EXPECT_TRUE(eventually(info(in->epfd).calls == 0));
	}
}

TEST_HARNESS_MAIN
