// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_notify(): bits that never block the sender.
 */
#include "ipc_fixture.h"

TEST_F(ipc, bits_arrive_with_their_source)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->client, self->to, 0x11));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(DVS_KIND_NOTIFICATION, m.kind);
	EXPECT_EQ(0x11, m.notified);
	EXPECT_EQ(self->from, m.msg.source);
	EXPECT_EQ(0, m.msg.token);
	EXPECT_EQ(0, m.segment_count);
	EXPECT_EQ(getuid(), m.uid);
	EXPECT_EQ(getgid(), m.gid);
	EXPECT_EQ(getpid(), m.pid);
	EXPECT_EQ(world_node(&self->world, CLIENT), m.node);
}

/* Remote notifications may arrive in several parts, but nothing is lost. */
static __u64 collect(int epfd, __u64 wanted)
{
	struct dvs_receive_args m;
	__u64 bits = 0;

	while (bits != wanted && !take(epfd, &m) && m.kind == DVS_KIND_NOTIFICATION)
		bits |= m.notified;
	return bits;
}

TEST_F(ipc, bits_of_one_source_merge)
{
	struct dvs_receive_args m;

	for (int bit = 0; bit < 8; bit++)
		ASSERT_EQ(0, notify(self->client, self->to, 1ULL << bit));
	if (variant->remote) {
		EXPECT_EQ(0xff, collect(self->server, 0xff));
	} else {
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(0xff, m.notified);
	}
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, bits_that_were_received_can_be_set_again)
{
	struct dvs_receive_args m;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, notify(self->client, self->to, 1));
		ASSERT_EQ(0, take(self->server, &m));
		EXPECT_EQ(1, m.notified);
	}
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, bits_of_several_sources_stay_apart)
{
	struct dvs_receive_args one, two;
	__u32 number = 0;
	int other = world_bind(&self->world, CLIENT, 0, &number);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, notify(self->client, self->to, 1));
	ASSERT_EQ(0, notify(other, self->to, 2));
	ASSERT_EQ(0, take(self->server, &one));
	ASSERT_EQ(0, take(self->server, &two));
	EXPECT_EQ(3, one.notified | two.notified);
	EXPECT_EQ(one.notified == 1 ? self->from : number, one.msg.source);
	EXPECT_EQ(two.notified == 1 ? self->from : number, two.msg.source);
	close(other);
}

TEST_F(ipc, every_bit_but_63_is_the_senders)
{
	EXPECT_EQ(0, notify(self->client, self->to, ~0ULL >> 1));
	EXPECT_EQ(~0ULL >> 1, collect(self->server, ~0ULL >> 1));
	EXPECT_EQ(-EINVAL, notify(self->client, self->to, 1ULL << 63));
	EXPECT_EQ(-EINVAL, notify(self->client, self->to, ~0ULL));
}

TEST_F(ipc, no_bits_are_refused)
{
	EXPECT_EQ(-EINVAL, notify(self->client, self->to, 0));
}

TEST_F(ipc, notifying_a_slot_nobody_bound)
{
	struct dvs_receive_args m;

	/* On another node the kernel there counts it; the sender does not wait. */
	EXPECT_EQ(variant->remote ? 0 : -ENXIO, notify(self->client, SERVER_UNBOUND, 1));
	EXPECT_EQ(-EAGAIN, take_now(self->client, &m));
}

TEST_F(ipc, notifying_an_older_generation)
{
	__u32 before = self->to;
	struct dvs_receive_args m;

	close(self->server);
	self->server = world_bind(&self->world, SERVER, SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	EXPECT_EQ(variant->remote ? 0 : -ESTALE, notify(self->client, before, 1));
	ASSERT_EQ(0, notify(self->client, self->to, 2));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(2, m.notified);
}

TEST_F(ipc, a_waiting_receiver_gets_the_bits)
{
	struct job *job = start_receive(self->server, 0, 0);

	ASSERT_TRUE(job_blocked(job));
	ASSERT_EQ(0, notify(self->client, self->to, 4));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(4, job->receive.notified);
}

TEST_F(ipc, an_endpoint_may_notify_itself)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->server, self->to, 8));
	ASSERT_EQ(0, take_now(self->server, &m));
	EXPECT_EQ(8, m.notified);
	EXPECT_EQ(self->to, m.msg.source);
}

TEST_F(ipc, poll_says_when_bits_are_there)
{
	struct dvs_receive_args m;

	EXPECT_EQ(0, poll_events(self->server, 0));
	ASSERT_EQ(0, notify(self->client, self->to, 1));
	EXPECT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_EQ(0, take_now(self->server, &m));
	EXPECT_EQ(0, poll_events(self->server, 0));
}

TEST_F(ipc, a_receiver_for_requests_gets_no_bits)
{
	struct job *job = start_receive(self->server, DVS_RECEIVE_REQUESTS, 0);
	struct dvs_receive_args m;

	ASSERT_TRUE(job_blocked(job));
	ASSERT_EQ(0, notify(self->client, self->to, 1));
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(1, m.notified);
	job_kill(job);
}

TEST_F(ipc, bits_of_a_closed_source_still_arrive)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, notify(self->client, self->to, 1));
	if (variant->remote)
		ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	close(self->client);
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(1, m.notified);
	EXPECT_EQ(self->from, m.msg.source);
}

TEST_F(ipc, thousands_of_notifications_are_not_lost)
{
	__u64 bits = 0;

	for (int i = 0; i < 5000; i++)
		ASSERT_EQ(0, notify(self->client, self->to, 1ULL << i % 62));
	ASSERT_EQ(0, notify(self->client, self->to, 1ULL << 62));
	while (!(bits & 1ULL << 62)) {
		struct dvs_receive_args m;

		ASSERT_EQ(0, take(self->server, &m));
		bits |= m.notified;
	}
	EXPECT_EQ(~0ULL >> 1, bits);
}

TEST_F(ipc, notifying_does_not_wait_for_room)
{
	/* Nobody receives; the sender goes on all the same. */
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(0, notify(self->client, self->to, 1));
}

#define DESTINATIONS_MAX 1024

static int raise_descriptor_limit(void)
{
	struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };

	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

TEST_F(ipc, the_destinations_of_one_source_are_limited)
{
	int epfds[DESTINATIONS_MAX + 1];
	__u32 number = 0;

	ASSERT_EQ(0, raise_descriptor_limit());
	/* What counts is what has not arrived. */
	if (variant->remote)
		ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	for (int i = 0; i <= DESTINATIONS_MAX; i++) {
		epfds[i] = world_bind(&self->world, SERVER, 0, &number);
		ASSERT_LE(0, epfds[i]);
		ASSERT_EQ(i < DESTINATIONS_MAX ? 0 : -EDQUOT, notify(self->client, number, 1));
	}
	/* Those that were reached before still are. */
	EXPECT_EQ(0, notify(self->client, info(epfds[0]).endpoint, 2));
	for (int i = 0; i <= DESTINATIONS_MAX; i++)
		close(epfds[i]);
}

TEST_F(ipc, destinations_that_are_gone_do_not_count)
{
	struct dvs_receive_args m;
	__u32 number = 0;

	for (int i = 0; i < 2 * DESTINATIONS_MAX; i++) {
		int epfd = world_bind(&self->world, SERVER, 0, &number);

		ASSERT_LE(0, epfd);
		ASSERT_EQ(0, notify(self->client, number, 1));
		ASSERT_EQ(0, take(epfd, &m));
		close(epfd);
		/* Another node learns of it with the next one. */
		EXPECT_EQ(variant->remote ? 0 : -ESTALE, notify(self->client, number, 1));
	}
}

TEST_F(ipc, unknown_flags_of_a_notification_are_refused)
{
	for (int bit = 0; bit < 64; bit++) {
		struct dvs_notify_args args = {
			.flags = 1ULL << bit,
			.destination = self->to,
			.bits = 1,
		};

		EXPECT_EQ(-EINVAL, sys_dvs_notify(self->client, &args, sizeof(args)));
	}
}

TEST_F(ipc, a_reserved_field_of_a_notification_is_refused)
{
	struct dvs_notify_args args = {
		.destination = self->to,
		.reserved = 1,
		.bits = 1,
	};

	EXPECT_EQ(-EINVAL, sys_dvs_notify(self->client, &args, sizeof(args)));
}

TEST_HARNESS_MAIN
