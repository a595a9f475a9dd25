// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the cluster decides, as the endpoints see it: nodes that leave and come
 * back, containers that are deleted, slots that move, links that break.
 */
#include <poll.h>

#define IPC_FIXTURE_REMOTE_ONLY
#include "ipc_fixture.h"

/* Sets of nodes: bit 0 is the server's */
#define SERVER_NODE	1
#define CLIENT_NODE	2
#define BOTH_NODES	3

TEST_F(ipc, a_node_that_is_in_no_view_is_EHOSTUNREACH)
{
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EHOSTUNREACH, job_result(start_send(self->client, self->to, 0)));
	EXPECT_EQ(-EHOSTUNREACH, job_result(start_sendrec(self->client, self->to, 0)));
	EXPECT_EQ(-EHOSTUNREACH, notify(self->client, self->to, 1));
}

TEST_F(ipc, on_a_node_that_lost_the_cluster_others_are_ENOTCONN)
{
	ASSERT_EQ(0, cluster_view(&self->world.cluster, SERVER_NODE));
	EXPECT_EQ(-ENOTCONN, job_result(start_send(self->client, self->to, 0)));
	EXPECT_EQ(-ENOTCONN, job_result(start_sendrec(self->client, self->to, 0)));
	EXPECT_EQ(-ENOTCONN, notify(self->client, self->to, 1));
}

TEST_F(ipc, a_call_taken_by_a_node_that_is_expelled_is_EOWNERDEAD)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
}

TEST_F(ipc, a_call_that_reached_a_node_that_is_expelled_is_EOWNERDEAD)
{
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
}

TEST_F(ipc, a_taken_call_is_EOWNERDEAD_when_the_callers_node_loses_the_cluster)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 0);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, SERVER_NODE));
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
	EXPECT_TRUE(eventually(reply(self->server, m.msg.token, 0) == -ESRCH));
}

TEST_F(ipc, calls_of_a_node_that_is_expelled_are_cancelled)
{
	struct dvs_receive_args m;
	struct job *taken = start_sendrec(self->client, self->to, 1);
	struct job *pending;

	ASSERT_EQ(0, take(self->server, &m));
	pending = start_sendrec(self->client, self->to, 2);
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, SERVER_NODE));
	EXPECT_EQ(-ESRCH, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
	EXPECT_EQ(0, info(self->server).calls);
	EXPECT_EQ(-EOWNERDEAD, job_result(taken));
	EXPECT_EQ(-EOWNERDEAD, job_result(pending));
}

/* The client's node stops for a view that may not contain the server's. */
static int suspend(struct world *world)
{
	struct cluster *cluster = &world->cluster;
	struct test_member member = {
		.node = world_node(world, CLIENT),
		.session = cluster->session[CLIENT],
	};

	return test_view_stop(&cluster->nl[CLIENT], cluster->view + 1, &member, 1);
}

TEST_F(ipc, a_call_made_while_a_view_is_installed_waits_for_it)
{
	struct dvs_receive_args m;
	struct job *job;

	ASSERT_EQ(0, suspend(&self->world));
	job = start_sendrec(self->client, self->to, 7);
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, poll_events(self->server, 0));
	/* The view comes, and the node is in it. */
	ASSERT_EQ(0, cluster_view(&self->world.cluster, BOTH_NODES));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_call_that_never_left_is_EHOSTUNREACH)
{
	struct job *job;

	ASSERT_EQ(0, suspend(&self->world));
	job = start_sendrec(self->client, self->to, 7);
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EHOSTUNREACH, job_result(job));
}

TEST_F(ipc, a_signal_withdraws_a_call_that_has_not_left)
{
	struct dvs_receive_args m;
	struct job *job;

	ASSERT_EQ(0, suspend(&self->world));
	job = start_sendrec(self->client, self->to, 7);
	ASSERT_TRUE(job_waits(job));
	ASSERT_TRUE(job_interrupt(job));
	EXPECT_EQ(-EINTR, job_result(job));
	EXPECT_EQ(0, job->handle);
	ASSERT_EQ(0, cluster_view(&self->world.cluster, BOTH_NODES));
	ASSERT_EQ(0, cluster_wait_links(&self->world.cluster));
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, a_call_that_has_not_left_in_time_is_ETIMEDOUT)
{
	struct dvs_receive_args m;
	struct job *job = job_new();

	ASSERT_EQ(0, suspend(&self->world));
	job->send.destination = self->to;
	job->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(job, self->client, job_sendrec));
	EXPECT_EQ(-ETIMEDOUT, job_result(job));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, BOTH_NODES));
	ASSERT_EQ(0, cluster_wait_links(&self->world.cluster));
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
}

TEST_F(ipc, a_view_with_the_same_nodes_disturbs_nobody)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, cluster_view(&self->world.cluster, BOTH_NODES));
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(9, job->send.msg.type);
}

TEST_F(ipc, a_node_that_comes_back_is_reached_again)
{
	struct dvs_receive_args m;
	struct job *job;

	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EHOSTUNREACH, job_result(start_send(self->client, self->to, 0)));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, BOTH_NODES));
	ASSERT_EQ(0, cluster_wait_links(&self->world.cluster));
	/* The map still gives it its slot, so the endpoint is where it was. */
	job = start_sendrec(self->client, self->to, 7);
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 9));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_broken_link_delays_a_call)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 1);

	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	job = start_sendrec(self->client, self->to, 2);
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
	ASSERT_EQ(0, cluster_mend(&self->world.cluster, SERVER, CLIENT));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(2, m.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 3));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(3, job->send.msg.type);
}

static int call_a_hundred_times(struct job *job)
{
	for (__u32 i = 0; i < 100; i++) {
		struct dvs_send_args args = {
			.destination = job->send.destination,
			.msg.type = i,
		};
		int error = sys_dvs_sendrec(job->epfd, &args, sizeof(args));

		if (error)
			return error;
		if (args.msg.type != i)
			return -EILSEQ;
	}
	return 0;
}

TEST_F_TIMEOUT(ipc, nothing_is_lost_or_doubled_by_a_link_that_breaks_again_and_again, 300)
{
	struct job *job = job_new();
	struct dvs_receive_args m;

	job->send.destination = self->to;
	ASSERT_NE(NULL, job_start(job, self->client, call_a_hundred_times));
	for (__u32 i = 0; i < 100; i++) {
		ASSERT_EQ(0, take(self->server, &m));
		ASSERT_EQ(i, m.msg.type);
		if (i % 25 == 10)
			ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
		ASSERT_EQ(0, reply(self->server, m.msg.token, i));
		if (i % 25 == 10) {
			sleep_ms(MOMENT_MS);
			ASSERT_EQ(0, cluster_mend(&self->world.cluster, SERVER, CLIENT));
		}
	}
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_node_that_is_gone_is_only_gone_when_the_cluster_says_so)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 7);

	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, test_node_del(&self->world.cluster.nl[SERVER]));
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(-EOWNERDEAD, job_result(job));
}

TEST_F(ipc, the_end_of_a_node_closes_its_endpoints)
{
	struct dvs_receive_args m;

	ASSERT_EQ(0, test_node_del(&self->world.cluster.nl[SERVER]));
	EXPECT_TRUE(poll_events(self->server, PATIENCE_MS) & POLLHUP);
	EXPECT_EQ(-EIDRM, take_now(self->server, &m));
	EXPECT_EQ(-EIDRM, send_now(self->server, self->from, 0));
	EXPECT_EQ(-EIDRM, notify(self->server, self->from, 1));
	EXPECT_EQ(-EIDRM, world_bind(&self->world, SERVER, 0, NULL));
}

TEST_F(ipc, deleting_a_container_ends_what_waits_in_it)
{
	struct job *receiver = start_receive(self->server, 0, 0);
	struct job *watcher = start_wait(self->server, SERVER_UNBOUND, DVS_WAIT_BOUND);
	struct job *caller = start_sendrec(self->server, self->from, 0);
	struct dvs_receive_args m;

	ASSERT_TRUE(job_blocked(receiver));
	ASSERT_TRUE(job_blocked(watcher));
	ASSERT_EQ(0, take(self->client, &m));
	ASSERT_EQ(0, cluster_dc_del(&self->world.cluster, WORLD_DCID));
	EXPECT_EQ(-EIDRM, job_result(receiver));
	EXPECT_EQ(-EIDRM, job_result(watcher));
	EXPECT_EQ(-EOWNERDEAD, job_result(caller));
	EXPECT_TRUE(poll_events(self->server, PATIENCE_MS) & POLLHUP);
	EXPECT_EQ(-EIDRM, take_now(self->server, &m));
	EXPECT_EQ(-EIDRM, world_bind(&self->world, SERVER, 0, NULL));
	EXPECT_EQ(0, world_info(&self->world, SERVER).endpoints);
	EXPECT_TRUE(eventually(world_info(&self->world, SERVER).calls == 0));
}

TEST_F(ipc, a_container_deleted_on_the_servers_node_ends_the_calls_to_it)
{
	struct dvs_receive_args m;
	struct job *taken = start_sendrec(self->client, self->to, 1);
	struct job *pending;

	ASSERT_EQ(0, take(self->server, &m));
	pending = start_sendrec(self->client, self->to, 2);
	ASSERT_TRUE(readable(self->server, PATIENCE_MS));
	ASSERT_EQ(0, test_dc_del(&self->world.cluster.nl[SERVER], WORLD_DCID));
	EXPECT_EQ(-EOWNERDEAD, job_result(taken));
	EXPECT_EQ(-EIDRM, job_result(pending));
	EXPECT_EQ(-ENXIO, job_result(start_sendrec(self->client, self->to, 3)));
}

static int give_slot(struct world *world, enum side side, __u64 epoch)
{
	struct test_range range = {
		.first = SERVER_SLOT,
		.last = SERVER_SLOT,
		.node = world_node(world, side),
		.epoch = epoch,
		.floor = 1000,
		.ceiling = 2000,
	};

	return cluster_slots(&world->cluster, WORLD_DCID, &range, 1);
}

TEST_F(ipc, a_slot_that_goes_to_another_node_closes_its_endpoint)
{
	struct job *receiver = start_receive(self->server, 0, 0);
	struct dvs_receive_args m;

	ASSERT_TRUE(job_blocked(receiver));
	ASSERT_EQ(0, give_slot(&self->world, CLIENT, 2));
	EXPECT_EQ(-ESTALE, job_result(receiver));
	EXPECT_TRUE(poll_events(self->server, PATIENCE_MS) & POLLHUP);
	EXPECT_EQ(-ESTALE, take_now(self->server, &m));
	EXPECT_EQ(-ESTALE, send_now(self->server, self->from, 0));
}

TEST_F(ipc, a_slot_that_went_to_another_node_is_bound_there)
{
	struct dvs_receive_args m;
	struct job *job;
	__u32 number = 0;
	int heir, caller;

	ASSERT_EQ(0, give_slot(&self->world, CLIENT, 2));
	heir = world_bind(&self->world, CLIENT, SERVER_SLOT, &number);
	ASSERT_LE(0, heir);
	EXPECT_LE(1000, DVS_GENERATION(number));
	caller = world_bind(&self->world, SERVER, 0, NULL);
	ASSERT_LE(0, caller);
	job = start_sendrec(caller, SERVER_SLOT, 7);
	ASSERT_EQ(0, take(heir, &m));
	EXPECT_EQ(0, reply(heir, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	close(caller);
	close(heir);
}

TEST_F(ipc, a_slot_that_is_nobodys_is_ENXIO)
{
	struct test_range range = {
		.first = SERVER_SLOT,
		.last = SERVER_SLOT,
		.epoch = 2,
	};

	ASSERT_EQ(0, cluster_slots(&self->world.cluster, WORLD_DCID, &range, 1));
	EXPECT_EQ(-ENXIO, send_now(self->client, SERVER_SLOT, 0));
	EXPECT_EQ(-ENXIO, notify(self->client, SERVER_SLOT, 1));
}

/* Only one side hears of it; the other side's map is behind. */
static int give_slot_at(struct world *world, enum side at, enum side owner, __u64 version)
{
	struct test_range range = {
		.first = SERVER_SLOT,
		.last = SERVER_SLOT,
		.node = world_node(world, owner),
		.epoch = 2,
	};

	return cluster_node_slots(&world->cluster, at, WORLD_DCID, version, &range, 1);
}

TEST_F(ipc, a_sender_whose_map_is_behind_waits_for_the_new_one)
{
	__u64 version = ++self->world.cluster.version;
	struct dvs_receive_args m;
	struct job *job;
	int heir;

	/* The server's node has heard that the slot is the client's node's. */
	ASSERT_EQ(0, give_slot_at(&self->world, SERVER, CLIENT, version));
	job = start_sendrec(self->client, SERVER_SLOT, 7);
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, give_slot_at(&self->world, CLIENT, CLIENT, version));
	/* Nobody is bound there yet: that is an answer. */
	EXPECT_EQ(-ENXIO, job_result(job));
	heir = world_bind(&self->world, CLIENT, SERVER_SLOT, NULL);
	ASSERT_LE(0, heir);
	job = start_sendrec(self->client, SERVER_SLOT, 8);
	ASSERT_EQ(0, take(heir, &m));
	EXPECT_EQ(0, reply(heir, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
	close(heir);
}

TEST_F(ipc, a_sender_whose_map_is_ahead_asks_again)
{
	__u64 version = ++self->world.cluster.version;
	struct dvs_receive_args m;
	struct job *job;

	/* The slot stays where it is, in a new epoch. */
	ASSERT_EQ(0, give_slot_at(&self->world, CLIENT, SERVER, version));
	job = start_sendrec(self->client, SERVER_SLOT, 7);
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, give_slot_at(&self->world, SERVER, SERVER, version));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(ipc, a_waiting_sender_learns_that_the_container_is_deleted)
{
	__u64 version = ++self->world.cluster.version;
	struct job *job;

	ASSERT_EQ(0, give_slot_at(&self->world, SERVER, CLIENT, version));
	job = start_sendrec(self->client, SERVER_SLOT, 7);
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, test_dc_del(&self->world.cluster.nl[CLIENT], WORLD_DCID));
	EXPECT_EQ(-EIDRM, job_result(job));
}

TEST_F(ipc, a_watcher_learns_that_the_slot_moved)
{
	struct job *job = job_new();

	job->wait.endpoint = SERVER_SLOT;
	job->wait.events = DVS_WAIT_MOVED;
	job->wait.node = world_node(&self->world, SERVER);
	ASSERT_NE(NULL, job_start(job, self->client, job_wait));
	EXPECT_TRUE(job_waits(job));
	ASSERT_EQ(0, give_slot(&self->world, CLIENT, 2));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_MOVED, job->wait.events);
	EXPECT_EQ(world_node(&self->world, CLIENT), job->wait.node);
}

TEST_F(ipc, a_watcher_learns_that_the_node_is_gone)
{
	struct job *job = start_wait(self->client, self->to, DVS_WAIT_UNBOUND);

	ASSERT_TRUE(job_waits(job));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, CLIENT_NODE));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(DVS_WAIT_UNBOUND, job->wait.events);
}

TEST_F(ipc, notifications_survive_a_broken_link)
{
	struct dvs_receive_args m;
	__u64 bits = 0;

	ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	for (int bit = 0; bit < 10; bit++)
		ASSERT_EQ(0, notify(self->client, self->to, 1ULL << bit));
	ASSERT_EQ(0, cluster_mend(&self->world.cluster, SERVER, CLIENT));
	while (bits != 0x3ff) {
		ASSERT_EQ(0, take(self->server, &m));
		bits |= m.notified;
	}
}

TEST_F(ipc, a_copy_waits_for_a_broken_link)
{
	unsigned char *memory = shared_memory(65536), seen[64] = {};
	struct dvs_receive_args m;
	struct job *caller = job_new(), *copier = job_new();

	memset(memory, 0x5a, 65536);
	caller->send.destination = self->to;
	job_grant(caller, memory, 65536, DVS_SEGMENT_READ);
	ASSERT_NE(NULL, job_start(caller, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	copier->data = shared_memory(65536);
	copier->vcopy.length = 65536;
	copier->vcopy.from.token = m.msg.token;
	copier->vcopy.to.offset = P(copier->data);
	ASSERT_NE(NULL, job_start(copier, self->server, job_vcopy));
	EXPECT_TRUE(job_waits(copier));
	ASSERT_EQ(0, cluster_mend(&self->world.cluster, SERVER, CLIENT));
	EXPECT_EQ(65536, job_result(copier));
	EXPECT_EQ(0, memcmp(memory, copier->data, 65536));
	EXPECT_EQ(64, copy_in(self->server, m.msg.token, 0, 0, seen, 64));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(caller));
}

TEST_F(ipc, a_copy_can_time_out)
{
	unsigned char *memory = shared_memory(4096);
	struct dvs_receive_args m;
	struct job *caller = job_new(), *copier = job_new();

	caller->send.destination = self->to;
	job_grant(caller, memory, 4096, DVS_SEGMENT_READ);
	ASSERT_NE(NULL, job_start(caller, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	copier->data = shared_memory(4096);
	copier->vcopy.length = 4096;
	copier->vcopy.from.token = m.msg.token;
	copier->vcopy.to.offset = P(copier->data);
	copier->timeout = in_ms(MOMENT_MS);
	ASSERT_NE(NULL, job_start(copier, self->server, job_vcopy));
	EXPECT_EQ(-ETIMEDOUT, job_result(copier));
	ASSERT_EQ(0, cluster_mend(&self->world.cluster, SERVER, CLIENT));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, job_result(caller));
}

TEST_F(ipc, a_copy_ends_with_the_callers_node)
{
	unsigned char *memory = shared_memory(4096);
	struct dvs_receive_args m;
	struct job *caller = job_new(), *copier = job_new();
	int result;

	caller->send.destination = self->to;
	job_grant(caller, memory, 4096, DVS_SEGMENT_READ);
	ASSERT_NE(NULL, job_start(caller, self->client, job_sendrec));
	ASSERT_EQ(0, take(self->server, &m));
	ASSERT_EQ(0, cluster_cut(&self->world.cluster, SERVER, CLIENT));
	copier->data = shared_memory(4096);
	copier->vcopy.length = 4096;
	copier->vcopy.from.token = m.msg.token;
	copier->vcopy.to.offset = P(copier->data);
	ASSERT_NE(NULL, job_start(copier, self->server, job_vcopy));
	ASSERT_TRUE(job_waits(copier));
	ASSERT_EQ(0, cluster_view(&self->world.cluster, SERVER_NODE));
	result = job_result(copier);
	EXPECT_TRUE(result == -ESRCH || result == -EOWNERDEAD || result == -EHOSTUNREACH)
		TH_LOG("result %d", result);
	EXPECT_EQ(-ESRCH, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(-EOWNERDEAD, job_result(caller));
}

TEST_HARNESS_MAIN
