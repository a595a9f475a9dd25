// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of links: two nodes over TCP on the loopback device.
 */
#include "link_test.h"

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/net.h>

struct world {
	struct mutex mutex;	/* that of both nodes */
	struct side low;
	struct side high;
};

static bool wait_for(struct side *side, atomic_t *counter, int value)
{
	return wait_event_timeout(side->wait, atomic_read(counter) >= value,
				  PATIENCE);
}

static enum dvs_link_state state(struct side *side)
{
	struct dvs_link_stats stats;

	dvs_link_get_stats(side->link, &stats);
	return stats.state;
}

static bool wait_for_state(struct side *side, enum dvs_link_state expected)
{
	unsigned long end = jiffies + PATIENCE;

	while (state(side) != expected) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

static bool wait_until_sent(struct test_frame *tf)
{
	unsigned long end = jiffies + PATIENCE;

	while (READ_ONCE(tf->frame.state) != DVS_FRAME_SENT) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

static int make_world(struct kunit *test, int family)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	mutex_init(&w->mutex);
	test->priv = w;
	make_side(test, &w->mutex, &w->low, 1, 2, family);
	make_side(test, &w->mutex, &w->high, 2, 1, family);
	return 0;
}

static int setup(struct kunit *test)
{
	return make_world(test, AF_INET);
}

static int setup_ipv6(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_IPV6))
		kunit_skip(test, "needs CONFIG_IPV6");
	return make_world(test, AF_INET6);
}

static void teardown(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	end_side(&w->mutex, &w->high);
	end_side(&w->mutex, &w->low);
	KUNIT_EXPECT_EQ(test, refcount_read(&w->low.node.ref), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&w->high.node.ref), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&w->low.peer.ref), 1);
}

/* Sessions are the node numbers, times ten. */
static void start(struct world *w, struct side *side)
{
	mutex_lock(&w->mutex);
	dvs_link_start(side->link, side->node.id * 10, side->peer.id * 10);
	mutex_unlock(&w->mutex);
}

static void stop(struct world *w, struct side *side)
{
	mutex_lock(&w->mutex);
	dvs_link_stop(side->link);
	mutex_unlock(&w->mutex);
}

static void start_both(struct kunit *test)
{
	struct world *w = test->priv;

	start(w, &w->low);
	start(w, &w->high);
	KUNIT_ASSERT_TRUE(test, wait_for_state(&w->low, DVS_LINK_STATE_UP));
	KUNIT_ASSERT_TRUE(test, wait_for_state(&w->high, DVS_LINK_STATE_UP));
}

static void break_connection(struct side *side)
{
	struct dvs_link *link = side->link;

	mutex_lock(&link->mutex);
	if (link->connection)
		kernel_sock_shutdown(link->connection->sock, SHUT_RDWR);
	mutex_unlock(&link->mutex);
}

static void expect_all(struct kunit *test, struct side *from, struct side *to,
		       struct test_frame *frames, int count)
{
	int i;

	KUNIT_EXPECT_TRUE(test, wait_for(to, &to->received, count));
	KUNIT_EXPECT_TRUE(test, wait_for(from, &from->released, count));
	KUNIT_EXPECT_EQ(test, atomic_read(&to->received), count);
	KUNIT_EXPECT_EQ(test, atomic_read(&to->disorder), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&from->acked), count);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, frames[i].releases, 1);
}

static void frames_arrive_once_and_in_order_both_ways(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *up = make_frames(test, &w->low, 1000);
	struct test_frame *down = make_frames(test, &w->high, 1000);
	int i;

	start_both(test);
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, send(&w->low, &up[i], 1), 0);
		KUNIT_ASSERT_EQ(test, send(&w->high, &down[i], 1), 0);
	}
	expect_all(test, &w->low, &w->high, up, 1000);
	expect_all(test, &w->high, &w->low, down, 1000);
}

static void frames_wait_for_the_connection(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->high, 10);

	start(w, &w->high);
	KUNIT_EXPECT_EQ(test, state(&w->high), DVS_LINK_STATE_CONNECTING);
	KUNIT_ASSERT_EQ(test, send(&w->high, frames, 10), 0);
	start(w, &w->low);
	expect_all(test, &w->high, &w->low, frames, 10);
	/* Refused while the other side had no view; which is nobody's fault. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->low.node.bad_hello), 0);
}

static void a_stopped_link_refuses_frames(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 1);

	KUNIT_EXPECT_EQ(test, send(&w->low, frames, 1), -EHOSTUNREACH);
	start_both(test);
	stop(w, &w->low);
	KUNIT_EXPECT_EQ(test, send(&w->low, frames, 1), -EHOSTUNREACH);
	KUNIT_EXPECT_EQ(test, frames->releases, 0);
}

static void nothing_is_lost_or_doubled_when_connections_break(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *up = make_frames(test, &w->low, 3000);
	struct test_frame *down = make_frames(test, &w->high, 3000);
	struct dvs_link_stats stats;
	int i;

	start_both(test);
	for (i = 0; i < 3000; i++) {
		KUNIT_ASSERT_EQ(test, send(&w->low, &up[i], 1), 0);
		KUNIT_ASSERT_EQ(test, send(&w->high, &down[i], 1), 0);
		if (i % 300 == 299) {
			break_connection(i % 600 == 299 ? &w->low : &w->high);
			msleep(20);
		}
	}
	expect_all(test, &w->low, &w->high, up, 3000);
	expect_all(test, &w->high, &w->low, down, 3000);

	dvs_link_get_stats(w->high.link, &stats);
	KUNIT_EXPECT_GT(test, stats.connects, 1);
	KUNIT_EXPECT_NOT_NULL(test, stats.last_error);
	KUNIT_EXPECT_EQ(test, stats.bad_frames, 0);
	KUNIT_EXPECT_EQ(test, stats.queued_frames, 0);
}

static void bulk_survives_full_sockets_and_broken_connections(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *up = make_bulk_frames(test, &w->low, 100);
	struct test_frame *down = make_bulk_frames(test, &w->high, 100);
	int i;

	start_both(test);
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, send(&w->low, &up[i], 1), 0);
		KUNIT_ASSERT_EQ(test, send(&w->high, &down[i], 1), 0);
		if (i % 20 == 19) {
			msleep(20);
			break_connection(&w->high);
		}
	}
	expect_all(test, &w->low, &w->high, up, 100);
	expect_all(test, &w->high, &w->low, down, 100);
}

static void a_suspended_link_delivers_and_sends_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *up = make_frames(test, &w->low, 500);
	struct test_frame *down = make_frames(test, &w->high, 500);
	int i;

	start_both(test);
	for (i = 0; i < 10; i++) {
		send(&w->high, &down[i * 50], 25);

		mutex_lock(&w->mutex);
		dvs_link_suspend(w->low.link);
		WRITE_ONCE(w->low.quiet, true);
		mutex_unlock(&w->mutex);

		KUNIT_EXPECT_EQ(test, state(&w->low), DVS_LINK_STATE_SUSPENDED);
		send(&w->high, &down[i * 50 + 25], 25);
		send(&w->low, &up[i * 50], 50);
		msleep(20);
		KUNIT_EXPECT_LE(test, atomic_read(&w->high.received), i * 50);
		/* The connection may break meanwhile. */
		if (i % 3 == 2)
			break_connection(&w->high);

		mutex_lock(&w->mutex);
		WRITE_ONCE(w->low.quiet, false);
		dvs_link_resume(w->low.link);
		mutex_unlock(&w->mutex);
	}
	expect_all(test, &w->low, &w->high, up, 500);
	expect_all(test, &w->high, &w->low, down, 500);
}

static void stopping_releases_every_frame_once(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 40);
	int i;

	start_both(test);
	mutex_lock(&w->mutex);
	dvs_link_suspend(w->high.link);
	mutex_unlock(&w->mutex);
	/* Sent, but not acknowledged. */
	send(&w->low, frames, 20);
	KUNIT_EXPECT_TRUE(test, wait_until_sent(&frames[19]));
	mutex_lock(&w->mutex);
	dvs_link_suspend(w->low.link);
	mutex_unlock(&w->mutex);
	/* Not even sent. */
	send(&w->low, &frames[20], 20);

	stop(w, &w->low);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->low.released), 40);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->low.acked), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->low.sent), 20);
	for (i = 0; i < 40; i++)
		KUNIT_EXPECT_EQ(test, frames[i].releases, 1);
}

static void frames_never_sent_can_be_withdrawn(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 2);

	start(w, &w->low);
	send(&w->low, frames, 2);
	KUNIT_EXPECT_TRUE(test, dvs_link_withdraw(w->low.link, &frames[0].frame));
	KUNIT_EXPECT_FALSE(test, dvs_link_withdraw(w->low.link, &frames[0].frame));
	stop(w, &w->low);
	KUNIT_EXPECT_EQ(test, frames[0].releases, 0);
	KUNIT_EXPECT_EQ(test, frames[1].releases, 1);
	KUNIT_EXPECT_FALSE(test, dvs_link_withdraw(w->low.link, &frames[1].frame));
}

static void new_sessions_begin_with_new_numbers(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 30);

	start_both(test);
	send(&w->low, frames, 10);
	KUNIT_EXPECT_TRUE(test, wait_for(&w->low, &w->low.released, 10));
	stop(w, &w->high);
	stop(w, &w->low);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(frames[9].frame.header.sequence), 10);

	start_both(test);
	send(&w->low, &frames[10], 20);
	KUNIT_EXPECT_TRUE(test, wait_for(&w->low, &w->low.released, 30));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(frames[10].frame.header.sequence), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->high.disorder), 0);
}

static int sender(void *data)
{
	struct test_frame *frames = data;
	struct side *side = frames[0].side;
	int i;

	for (i = 0; !kthread_should_stop(); i++) {
		if (i < 20000 && dvs_link_send(side->link, &frames[i].frame))
			frames[i].releases = 100;
		cond_resched();
	}
	return 0;
}

static void stopping_and_starting_may_race_with_senders(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 20000);
	struct task_struct *task;
	int i, bad = 0;

	task = kthread_run(sender, frames, "dvs_test_sender");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < 20; i++) {
		start(w, &w->high);
		start(w, &w->low);
		msleep(i);
		stop(w, i & 1 ? &w->low : &w->high);
		stop(w, i & 1 ? &w->high : &w->low);
	}
	kthread_stop(task);

	for (i = 0; i < 20000; i++)
		bad += frames[i].frame.release && frames[i].releases > 1 &&
		       frames[i].releases != 100;
	KUNIT_EXPECT_EQ(test, bad, 0);
	/* All of them are somewhere: refused, released, or never sent. */
	for (i = 0; i < 20000; i++)
		KUNIT_EXPECT_EQ_MSG(test, frames[i].frame.state, DVS_FRAME_IDLE,
				    "frame %d", i);
}

static void a_frame_the_upper_layer_refuses_closes_the_connection(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->low, 1);
	struct dvs_link_stats stats;

	start_both(test);
	w->high.refuse = "frame of the test";
	send(&w->low, frames, 1);
	do {
		msleep(20);
		dvs_link_get_stats(w->high.link, &stats);
	} while (stats.bad_frames < 2);
	KUNIT_EXPECT_STREQ(test, stats.last_error, "frame of the test");
	/* It comes again until it is good. */
	w->high.refuse = NULL;
	expect_all(test, &w->low, &w->high, frames, 1);
}

static void a_node_may_move_to_another_address(struct kunit *test)
{
	struct world *w = test->priv;
	struct sockaddr_in *in = (struct sockaddr_in *)&w->high.peer.address;

	in->sin_port = htons(PORT);
	start(w, &w->low);
	start(w, &w->high);
	msleep(50);
	KUNIT_EXPECT_EQ(test, state(&w->high), DVS_LINK_STATE_CONNECTING);

	mutex_lock(&w->mutex);
	spin_lock_bh(&w->high.peer.lock);
	in->sin_port = htons(PORT + 1);
	spin_unlock_bh(&w->high.peer.lock);
	dvs_link_kick(w->high.link);
	mutex_unlock(&w->mutex);
	KUNIT_EXPECT_TRUE(test, wait_for_state(&w->high, DVS_LINK_STATE_UP));
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(frames_arrive_once_and_in_order_both_ways),
	KUNIT_CASE(frames_wait_for_the_connection),
	KUNIT_CASE(a_stopped_link_refuses_frames),
	KUNIT_CASE(nothing_is_lost_or_doubled_when_connections_break),
	KUNIT_CASE(bulk_survives_full_sockets_and_broken_connections),
	KUNIT_CASE(a_suspended_link_delivers_and_sends_nothing),
	KUNIT_CASE(stopping_releases_every_frame_once),
	KUNIT_CASE(frames_never_sent_can_be_withdrawn),
	KUNIT_CASE(new_sessions_begin_with_new_numbers),
	KUNIT_CASE(stopping_and_starting_may_race_with_senders),
	KUNIT_CASE(a_frame_the_upper_layer_refuses_closes_the_connection),
	KUNIT_CASE(a_node_may_move_to_another_address),
	{}
};

static struct kunit_suite link_suite = {
	.name = "dvs_link",
	.suite_init = loopback_up,
	.init = setup,
	.exit = teardown,
	.test_cases = link_cases,
};

static struct kunit_case link_ipv6_cases[] = {
	KUNIT_CASE(frames_arrive_once_and_in_order_both_ways),
	KUNIT_CASE(nothing_is_lost_or_doubled_when_connections_break),
	{}
};

static struct kunit_suite link_ipv6_suite = {
	.name = "dvs_link_ipv6",
	.suite_init = loopback_up,
	.init = setup_ipv6,
	.exit = teardown,
	.test_cases = link_ipv6_cases,
};

kunit_test_suites(&link_suite, &link_ipv6_suite);

MODULE_DESCRIPTION("KUnit tests of DVS links");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
