// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_bind() and the cluster: slots that are claimed, refused, moved and given
 * back, generations that are used up, and the limits of a container. The test
 * is the daemon.
 */
#include "common.h"

#define CLAIMED		100	/* a well-known slot that is nobody's */
#define FEW		2000	/* the only dynamic slots of the server's node, ... */
#define FEW_LAST	2003	/* ... of which there are four */

FIXTURE(claim)
{
	struct world world;
	struct cluster *cluster;
	struct netlink *daemon;	/* of the server's node */
};

FIXTURE_SETUP(claim)
{
	static const struct test_range ranges[] = {
		{ .first = CLAIMED, .last = CLAIMED, .node = 0, .epoch = 2 },
		{ .first = DVS_SLOT_DYNAMIC_FIRST, .last = FEW - 1, .node = 2, .epoch = 2 },
		{ .first = FEW_LAST + 1, .last = DVS_SLOT_MAX, .node = 2, .epoch = 2 },
	};
	int error = world_create(&self->world, true);

	if (error == -EOPNOTSUPP || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	self->cluster = &self->world.cluster;
	self->daemon = &self->cluster->nl[SERVER];
	ASSERT_EQ(0, cluster_slots(self->cluster, WORLD_DCID, ranges, ARRAY_SIZE(ranges)));
	ASSERT_EQ(0, world_enter(&self->world, SERVER));
}

FIXTURE_TEARDOWN(claim)
{
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

static struct job *start_bind(__u32 slot)
{
	struct job *job = job_new();

	job->bind.slot = slot;
	return job_start(job, -1, job_bind);
}

/* What the kernel wants of a slot, or a negated errno */
static int wanted(struct netlink *daemon, __u32 slot)
{
	return test_claim_get(daemon, WORLD_DCID, slot) ?: reply_uint(daemon, DVS_A_CLAIM_KIND);
}

static int give(struct cluster *cluster, __u32 slot, enum side side, __u64 epoch, __u32 floor,
		__u32 ceiling)
{
	struct test_range range = {
		.first = slot,
		.last = slot,
		.node = side + 1,
		.epoch = epoch,
		.floor = floor,
		.ceiling = ceiling,
	};

	return cluster_slots(cluster, WORLD_DCID, &range, 1);
}

TEST_F(claim, a_slot_nobody_owns_is_claimed)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	EXPECT_EQ(DVS_CLAIM_KIND_CLAIM, wanted(self->daemon, CLAIMED));
	ASSERT_EQ(0, give(self->cluster, CLAIMED, SERVER, 3, 0, 0));
	EXPECT_LE(0, job_result(job));
	EXPECT_EQ(CLAIMED, DVS_SLOT(job->bind.endpoint));
}

TEST_F(claim, the_daemon_is_told_of_a_claim)
{
	struct job *job;

	ASSERT_EQ(0, netlink_subscribe(self->daemon));
	job = start_bind(CLAIMED);
	EXPECT_EQ(DVS_CMD_CLAIM_NTF, netlink_event(self->daemon, PATIENCE_MS));
	EXPECT_EQ(WORLD_DCID, reply_uint(self->daemon, DVS_A_CLAIM_DCID));
	EXPECT_EQ(CLAIMED, reply_uint(self->daemon, DVS_A_CLAIM_SLOT));
	EXPECT_EQ(DVS_CLAIM_KIND_CLAIM, reply_uint(self->daemon, DVS_A_CLAIM_KIND));
	job_kill(job);
}

TEST_F(claim, many_may_wait_for_one_claim)
{
	struct job *jobs[4];
	int bound = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = start_bind(CLAIMED);
		ASSERT_TRUE(job_waits(jobs[i]));
	}
	ASSERT_EQ(0, give(self->cluster, CLAIMED, SERVER, 3, 0, 0));
	for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++) {
		int result = job_result(jobs[i]);

		/* Each leaves the slot as it ends, so another may get it then. */
		EXPECT_TRUE(result >= 0 || result == -EADDRINUSE);
		bound += result >= 0;
	}
	EXPECT_LE(1, bound);
}

TEST_F(claim, a_refused_claim_ends_with_the_reason)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, test_claim_refuse(self->daemon, WORLD_DCID, CLAIMED, EADDRINUSE));
	EXPECT_EQ(-EADDRINUSE, job_result(job));
	EXPECT_EQ(-ENOENT, wanted(self->daemon, CLAIMED));
}

TEST_F(claim, a_slot_of_another_node_is_claimed_too)
{
	struct job *job = start_bind(CLIENT_SLOT);

	ASSERT_TRUE(job_waits(job));
	EXPECT_EQ(DVS_CLAIM_KIND_CLAIM, wanted(self->daemon, CLIENT_SLOT));
	ASSERT_EQ(0, test_claim_refuse(self->daemon, WORLD_DCID, CLIENT_SLOT, EADDRINUSE));
	EXPECT_EQ(-EADDRINUSE, job_result(job));
}

TEST_F(claim, nothing_is_refused_that_was_not_claimed)
{
	EXPECT_EQ(-ENOENT, test_claim_refuse(self->daemon, WORLD_DCID, CLAIMED, EADDRINUSE));
}

TEST_F(claim, an_unanswered_claim_times_out)
{
	struct job *job = job_new();

	job->bind.slot = CLAIMED;
	job->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, -1, job_bind));
	EXPECT_EQ(-ETIMEDOUT, job_result(job));
	EXPECT_EQ(-ENOENT, wanted(self->daemon, CLAIMED));
}

TEST_F(claim, a_signal_ends_a_claim)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_EQ(-EINTR, job_result(job));
	EXPECT_EQ(-ENOENT, wanted(self->daemon, CLAIMED));
}

TEST_F(claim, a_restarting_signal_does_not_end_a_claim)
{
	struct job *job = job_new();

	job->bind.slot = CLAIMED;
	job->flags = JOB_RESTART;
	ASSERT_NE(NULL, job_start(job, -1, job_bind));
	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, give(self->cluster, CLAIMED, SERVER, 3, 0, 0));
	EXPECT_LE(0, job_result(job));
}

TEST_F(claim, a_killed_claimant_leaves_nothing)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	job_kill(job);
	EXPECT_EQ(-ENOENT, wanted(self->daemon, CLAIMED));
}

TEST_F(claim, outside_of_the_cluster_nothing_is_claimed)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, cluster_view(self->cluster, 1U << CLIENT));
	EXPECT_EQ(-ENOTCONN, job_result(job));
	EXPECT_EQ(-ENOTCONN, bind_slot(CLAIMED, NULL));
}

TEST_F(claim, a_claim_ends_with_the_container)
{
	struct job *job = start_bind(CLAIMED);

	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, cluster_dc_del(self->cluster, WORLD_DCID));
	EXPECT_EQ(-EIDRM, job_result(job));
}

TEST_F(claim, a_well_known_slot_nobody_binds_any_more_is_offered_back)
{
	int epfd = bind_slot(SERVER_SLOT, NULL);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(-ENOENT, wanted(self->daemon, SERVER_SLOT));
	close(epfd);
	EXPECT_EQ(DVS_CLAIM_KIND_RELEASE, wanted(self->daemon, SERVER_SLOT));
	ASSERT_EQ(0, give(self->cluster, SERVER_SLOT, CLIENT, 2, 0, 0));
	EXPECT_EQ(-ENOENT, wanted(self->daemon, SERVER_SLOT));
}

TEST_F(claim, a_slot_that_is_offered_back_is_claimed_again)
{
	int epfd = bind_slot(SERVER_SLOT, NULL);
	struct job *job;

	ASSERT_LE(0, epfd);
	close(epfd);
	ASSERT_EQ(DVS_CLAIM_KIND_RELEASE, wanted(self->daemon, SERVER_SLOT));
	job = start_bind(SERVER_SLOT);
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, give(self->cluster, SERVER_SLOT, SERVER, 2, 0, 0));
	EXPECT_LE(0, job_result(job));
}

TEST_F(claim, a_slot_that_was_not_offered_yet_is_just_bound_again)
{
	int epfd;

	for (int i = 0; i < 5; i++) {
		epfd = bind_slot(SERVER_SLOT, NULL);
		ASSERT_LE(0, epfd);
		close(epfd);
	}
}

TEST_F(claim, dynamic_slots_are_never_claimed)
{
	EXPECT_EQ(-EADDRNOTAVAIL, bind_slot(FEW_LAST + 1, NULL));
	EXPECT_EQ(-ENOENT, wanted(self->daemon, FEW_LAST + 1));
}

TEST_F(claim, without_a_free_slot_it_is_EADDRNOTAVAIL)
{
	int epfds[FEW_LAST - FEW + 1];

	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, NULL);
		ASSERT_LE(0, epfds[i]);
	}
	EXPECT_EQ(-EADDRNOTAVAIL, bind_slot(DVS_SLOT_ANY, NULL));
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++)
		close(epfds[i]);
}

TEST_F(claim, the_oldest_free_slot_is_given_first)
{
	static const int order[] = { 2, 0, 3, 1 };
	__u32 numbers[4], number = 0;
	int epfds[4];

	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, &numbers[i]);
		ASSERT_LE(0, epfds[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++)
		close(epfds[order[i]]);
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, &number);
		ASSERT_LE(0, epfds[i]);
		EXPECT_EQ(DVS_SLOT(numbers[order[i]]), DVS_SLOT(number));
		EXPECT_EQ(DVS_GENERATION(numbers[order[i]]) + 1, DVS_GENERATION(number));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++)
		close(epfds[i]);
}

TEST_F(claim, a_slot_bound_by_number_is_not_given_to_another)
{
	__u32 numbers[4], number = 0;
	int epfds[4], given;

	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, &numbers[i]);
		ASSERT_LE(0, epfds[i]);
	}
	close(epfds[0]);
	close(epfds[1]);
	close(epfds[2]);
	given = bind_slot(DVS_SLOT(numbers[1]), NULL);
	ASSERT_LE(0, given);
	epfds[0] = bind_slot(DVS_SLOT_ANY, &number);
	EXPECT_EQ(DVS_SLOT(numbers[0]), DVS_SLOT(number));
	epfds[2] = bind_slot(DVS_SLOT_ANY, &number);
	EXPECT_EQ(DVS_SLOT(numbers[2]), DVS_SLOT(number));
	EXPECT_EQ(-EADDRNOTAVAIL, bind_slot(DVS_SLOT_ANY, NULL));
	close(given);
	epfds[1] = bind_slot(DVS_SLOT_ANY, &number);
	EXPECT_EQ(DVS_SLOT(numbers[1]), DVS_SLOT(number));
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++)
		close(epfds[i]);
}

TEST_F(claim, slots_given_to_the_node_later_are_used)
{
	int epfds[FEW_LAST - FEW + 1], late;
	__u32 number = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, NULL);
		ASSERT_LE(0, epfds[i]);
	}
	ASSERT_EQ(-EADDRNOTAVAIL, bind_slot(DVS_SLOT_ANY, NULL));
	ASSERT_EQ(0, give(self->cluster, 1500, SERVER, 3, 0, 0));
	late = bind_slot(DVS_SLOT_ANY, &number);
	EXPECT_LE(0, late);
	EXPECT_EQ(1500, DVS_SLOT(number));
	close(late);
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++)
		close(epfds[i]);
}

TEST_F(claim, generations_start_at_the_floor)
{
	__u32 number = 0;
	int epfd;

	ASSERT_EQ(0, give(self->cluster, FEW, SERVER, 3, 50, 60));
	epfd = bind_slot(FEW, &number);
	ASSERT_LE(0, epfd);
	EXPECT_EQ(50, DVS_GENERATION(number));
	close(epfd);
}

TEST_F(claim, at_the_ceiling_a_higher_one_is_asked_for)
{
	struct job *job;
	__u32 number = 0;
	int epfd;

	ASSERT_EQ(0, give(self->cluster, FEW, SERVER, 3, 50, 52));
	for (int i = 0; i < 2; i++) {
		epfd = bind_slot(FEW, &number);
		ASSERT_LE(0, epfd);
		EXPECT_EQ(50 + i, DVS_GENERATION(number));
		close(epfd);
	}
	job = start_bind(FEW);
	ASSERT_TRUE(job_waits(job));
	EXPECT_EQ(DVS_CLAIM_KIND_RAISE, wanted(self->daemon, FEW));
	ASSERT_EQ(0, give(self->cluster, FEW, SERVER, 3, 50, 54));
	EXPECT_LE(0, job_result(job));
	EXPECT_EQ(52, DVS_GENERATION(job->bind.endpoint));
}

TEST_F(claim, a_raise_that_is_refused_ends_with_the_reason)
{
	struct job *job;
	int epfd;

	ASSERT_EQ(0, give(self->cluster, FEW, SERVER, 3, 50, 51));
	epfd = bind_slot(FEW, NULL);
	ASSERT_LE(0, epfd);
	close(epfd);
	job = start_bind(FEW);
	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, test_claim_refuse(self->daemon, WORLD_DCID, FEW, EADDRNOTAVAIL));
	EXPECT_EQ(-EADDRNOTAVAIL, job_result(job));
}

/* Limits */

TEST_F(claim, no_more_endpoints_than_the_limit)
{
	int one, two;

	ASSERT_EQ(0, test_dc_new(self->daemon, WORLD_DCID, "selftest", 2, 0));
	one = bind_slot(DVS_SLOT_ANY, NULL);
	two = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_EQ(-EDQUOT, bind_slot(DVS_SLOT_ANY, NULL));
	EXPECT_EQ(-EDQUOT, bind_slot(FEW_LAST, NULL));
	close(two);
	two = bind_slot(DVS_SLOT_ANY, NULL);
	EXPECT_LE(0, two);
	close(one);
	close(two);
}

TEST_F(claim, no_more_open_calls_than_the_limit)
{
	int server = bind_slot(SERVER_SLOT, NULL), client = bind_slot(DVS_SLOT_ANY, NULL);
	struct dvs_receive_args m;
	struct job *job;

	ASSERT_LE(0, server);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, test_dc_new(self->daemon, WORLD_DCID, "selftest", 0, 1));
	job = start_sendrec(client, SERVER_SLOT, 0);
	ASSERT_EQ(0, take(server, &m));
	EXPECT_EQ(-EDQUOT, job_result(start_sendrec(client, SERVER_SLOT, 0)));
	EXPECT_EQ(-EDQUOT, send_now(client, SERVER_SLOT, 0));
	EXPECT_EQ(0, reply(server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	close(server);
	close(client);
}

TEST_F(claim, calls_from_other_nodes_count_too)
{
	int server = bind_slot(SERVER_SLOT, NULL), client;
	struct dvs_receive_args m;
	struct job *job;

	ASSERT_LE(0, server);
	client = world_bind(&self->world, CLIENT, 0, NULL);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, test_dc_new(self->daemon, WORLD_DCID, "selftest", 0, 1));
	job = start_sendrec(client, SERVER_SLOT, 0);
	ASSERT_EQ(0, take(server, &m));
	EXPECT_EQ(-EDQUOT, job_result(start_sendrec(client, SERVER_SLOT, 0)));
	EXPECT_EQ(0, reply(server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	close(server);
	close(client);
}

TEST_HARNESS_MAIN
