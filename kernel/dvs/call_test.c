// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the life of a call: that it ends exactly once, and that a copy and
 * the end of a call keep out of each other's way.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "call.h"

struct counted {
	struct dvs_call call;
	int done;
	int freed;
};

static void count_done(struct dvs_call *call)
{
	container_of(call, struct counted, call)->done++;
}

static void count_freed(struct dvs_call *call)
{
	container_of(call, struct counted, call)->freed++;
}

static const struct dvs_call_ops counting_ops = {
	.done = count_done,
	.free = count_freed,
};

static struct counted *make_call(struct kunit *test)
{
	struct counted *counted = kunit_kzalloc(test, sizeof(*counted), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, counted);
	dvs_call_init(&counted->call);
	counted->call.ops = &counting_ops;
	return counted;
}

static void a_call_ends_once(struct kunit *test)
{
	struct counted *counted = make_call(test);
	struct dvs_msg reply = { .type = 17 };

	KUNIT_EXPECT_FALSE(test, dvs_call_is_done(&counted->call));
	KUNIT_EXPECT_TRUE(test, dvs_call_finish(&counted->call, 0, &reply));
	KUNIT_EXPECT_FALSE(test, dvs_call_finish(&counted->call, -EOWNERDEAD, NULL));
	KUNIT_EXPECT_TRUE(test, dvs_call_is_done(&counted->call));
	KUNIT_EXPECT_EQ(test, counted->call.error, 0);
	KUNIT_EXPECT_EQ(test, counted->call.msg.type, 17);
	KUNIT_EXPECT_EQ(test, counted->done, 1);
	dvs_call_put(&counted->call);
	KUNIT_EXPECT_EQ(test, counted->freed, 1);
}

static void an_ended_call_does_not_advance(struct kunit *test)
{
	struct counted *counted = make_call(test);

	KUNIT_EXPECT_TRUE(test, dvs_call_advance(&counted->call, DVS_CALL_PENDING));
	KUNIT_EXPECT_TRUE(test, dvs_call_advance(&counted->call, DVS_CALL_TAKING));
	KUNIT_EXPECT_TRUE(test, dvs_call_finish(&counted->call, -EIDRM, NULL));
	KUNIT_EXPECT_FALSE(test, dvs_call_advance(&counted->call, DVS_CALL_TAKEN));
	KUNIT_EXPECT_EQ(test, counted->call.error, -EIDRM);
	dvs_call_put(&counted->call);
}

static void no_copy_begins_after_the_end(struct kunit *test)
{
	struct counted *counted = make_call(test);

	KUNIT_EXPECT_EQ(test, dvs_call_copy_begin(&counted->call), 0);
	dvs_call_copy_end(&counted->call);
	dvs_call_finish(&counted->call, 0, NULL);
	KUNIT_EXPECT_EQ(test, dvs_call_copy_begin(&counted->call), -ESRCH);
	dvs_call_wait_copies(&counted->call);
	dvs_call_put(&counted->call);
}

static int end_copy_later(void *data)
{
	struct counted *counted = data;

	schedule_timeout_uninterruptible(HZ / 20);
	dvs_call_copy_end(&counted->call);
	return 0;
}

static void the_caller_waits_for_copies(struct kunit *test)
{
	struct counted *counted = make_call(test);
	struct task_struct *thread;

	KUNIT_ASSERT_EQ(test, dvs_call_copy_begin(&counted->call), 0);
	thread = kthread_create(end_copy_later, counted, "dvs_call_test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	get_task_struct(thread);
	dvs_call_finish(&counted->call, -EOWNERDEAD, NULL);
	wake_up_process(thread);
	dvs_call_wait_copies(&counted->call);
	KUNIT_EXPECT_EQ(test, counted->call.copies, 0);
	kthread_stop_put(thread);
	dvs_call_put(&counted->call);
	KUNIT_EXPECT_EQ(test, counted->freed, 1);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(a_call_ends_once),
	KUNIT_CASE(an_ended_call_does_not_advance),
	KUNIT_CASE(no_copy_begins_after_the_end),
	KUNIT_CASE(the_caller_waits_for_copies),
	{}
};

static struct kunit_suite call_suite = {
	.name = "dvs_call",
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);

MODULE_DESCRIPTION("KUnit tests of the life of DVS calls");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
