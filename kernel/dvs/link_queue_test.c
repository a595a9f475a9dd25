// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the numbers, acknowledgments and resending of frames.
 */
#include "link_queue.h"

#include <asm/byteorder.h>
#include <kunit/test.h>
#include <linux/module.h>

#define FRAMES	8

struct world {
	struct dvs_link_queue queue;
	struct dvs_frame frames[FRAMES];
	struct list_head done;
};

static int setup(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	int i;

	if (!w)
		return -ENOMEM;
	dvs_link_queue_init(&w->queue);
	INIT_LIST_HEAD(&w->done);
	for (i = 0; i < FRAMES; i++)
		w->frames[i].length = 100;
	test->priv = w;
	return 0;
}

static void add(struct world *w, int first, int last)
{
	int i;

	for (i = first; i <= last; i++)
		dvs_link_queue_add(&w->queue, &w->frames[i]);
}

/* Begin and end @count frames; returns the number of the last. */
static u32 send(struct world *w, int count)
{
	struct dvs_frame *frame;
	u32 last = 0;
	bool resent;

	while (count--) {
		frame = dvs_link_queue_begin(&w->queue, &resent);
		if (!frame)
			return 0;
		last = le32_to_cpu(frame->header.sequence);
		dvs_link_queue_end(&w->queue, &w->done);
	}
	return last;
}

static int done(struct world *w)
{
	return list_count_nodes(&w->done);
}

static void numbers_are_given_when_frames_are_sent(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 2);
	KUNIT_EXPECT_EQ(test, w->frames[0].state, DVS_FRAME_QUEUED);
	KUNIT_EXPECT_EQ(test, send(w, 1), 1);
	KUNIT_EXPECT_EQ(test, w->frames[0].state, DVS_FRAME_SENT);
	KUNIT_EXPECT_TRUE(test, dvs_link_queue_withdraw(&w->queue, &w->frames[1]));
	KUNIT_EXPECT_EQ(test, send(w, 1), 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(w->frames[2].header.sequence), 2);
	KUNIT_EXPECT_EQ(test, send(w, 1), 0);
}

static void only_frames_never_sent_can_be_withdrawn(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 1);
	send(w, 1);
	KUNIT_EXPECT_FALSE(test, dvs_link_queue_withdraw(&w->queue, &w->frames[0]));
	KUNIT_EXPECT_TRUE(test, dvs_link_queue_withdraw(&w->queue, &w->frames[1]));
	KUNIT_EXPECT_FALSE(test, dvs_link_queue_withdraw(&w->queue, &w->frames[1]));
	KUNIT_EXPECT_EQ(test, w->frames[1].state, DVS_FRAME_IDLE);
	KUNIT_EXPECT_EQ(test, w->queue.frames, 1);
	KUNIT_EXPECT_EQ(test, w->queue.bytes, 164);
}

static void an_acknowledgment_releases_all_up_to_it(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 3);
	send(w, 4);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, 3, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 3);
	KUNIT_EXPECT_EQ(test, w->frames[2].state, DVS_FRAME_IDLE);
	KUNIT_EXPECT_EQ(test, w->frames[3].state, DVS_FRAME_SENT);
	KUNIT_EXPECT_EQ(test, w->queue.frames, 1);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, 3, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 3);
}

static void impossible_acknowledgments_are_refused(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 3);
	send(w, 2);
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 3, &w->done),
			   "acknowledges a frame that was not sent");
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, 2, &w->done));
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 1, &w->done),
			   "acknowledges less than before");
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 0, &w->done),
			   "acknowledges less than before");
	KUNIT_EXPECT_EQ(test, done(w), 2);
}

static void a_frame_being_written_is_kept_though_acknowledged(struct kunit *test)
{
	struct world *w = test->priv;
	bool resent;

	add(w, 0, 1);
	send(w, 1);
	dvs_link_queue_begin(&w->queue, &resent);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, 2, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 1);
	dvs_link_queue_end(&w->queue, &w->done);
	KUNIT_EXPECT_EQ(test, done(w), 2);
	KUNIT_EXPECT_EQ(test, w->queue.frames, 0);
	KUNIT_EXPECT_EQ(test, w->queue.bytes, 0);
}

static void a_new_connection_resends_what_is_missing_then_goes_on(struct kunit *test)
{
	struct world *w = test->priv;
	struct dvs_frame *frame;
	bool resent;
	int i;

	add(w, 0, 4);
	send(w, 4);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 2, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 2);

	for (i = 2; i < 5; i++) {
		frame = dvs_link_queue_begin(&w->queue, &resent);
		KUNIT_EXPECT_PTR_EQ(test, frame, &w->frames[i]);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(frame->header.sequence), i + 1);
		KUNIT_EXPECT_EQ(test, resent, i < 4);
		dvs_link_queue_end(&w->queue, &w->done);
	}
	KUNIT_EXPECT_FALSE(test, dvs_link_queue_pending(&w->queue));
}

static void frames_not_yet_resent_cannot_be_acknowledged(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 2);
	send(w, 3);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 0, &w->done));
	KUNIT_EXPECT_EQ(test, send(w, 1), 1);
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 2, &w->done),
			   "acknowledges a frame that was not sent");
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, 1, &w->done));
}

static void a_connection_may_break_while_frames_are_resent(struct kunit *test)
{
	struct world *w = test->priv;
	bool resent;

	add(w, 0, 3);
	send(w, 4);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 0, &w->done));
	dvs_link_queue_begin(&w->queue, &resent);
	dvs_link_queue_end(&w->queue, &w->done);
	/* The other side had 1 to 3 from the first connection after all. */
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 3, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 3);
	KUNIT_EXPECT_EQ(test, send(w, 1), 4);
	KUNIT_EXPECT_FALSE(test, dvs_link_queue_pending(&w->queue));
}

static void a_new_connection_must_make_sense(struct kunit *test)
{
	struct world *w = test->priv;

	add(w, 0, 2);
	send(w, 2);
	dvs_link_queue_ack(&w->queue, 1, &w->done);
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_resume(&w->queue, 3, &w->done),
			   "acknowledges a frame that was not sent");
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_resume(&w->queue, 0, &w->done),
			   "acknowledges less than before");
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 1, &w->done));
	KUNIT_EXPECT_EQ(test, send(w, 1), 2);
}

static void numbers_wrap(struct kunit *test)
{
	struct world *w = test->priv;

	w->queue.last = U32_MAX - 1;
	w->queue.acked = U32_MAX - 1;
	w->queue.begun = U32_MAX - 1;
	add(w, 0, 3);
	KUNIT_EXPECT_EQ(test, send(w, 1), U32_MAX);
	KUNIT_EXPECT_EQ(test, send(w, 1), 1);
	KUNIT_EXPECT_EQ(test, send(w, 1), 2);
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 0, &w->done),
			   "acknowledges less than before");
	KUNIT_EXPECT_STREQ(test, dvs_link_queue_ack(&w->queue, 3, &w->done),
			   "acknowledges a frame that was not sent");
	KUNIT_EXPECT_NULL(test, dvs_link_queue_ack(&w->queue, U32_MAX, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 1);
	KUNIT_EXPECT_NULL(test, dvs_link_queue_resume(&w->queue, 1, &w->done));
	KUNIT_EXPECT_EQ(test, done(w), 2);
	KUNIT_EXPECT_EQ(test, send(w, 1), 2);
	KUNIT_EXPECT_EQ(test, send(w, 1), 3);
}

static void stopping_tells_sent_frames_from_others(struct kunit *test)
{
	struct world *w = test->priv;
	LIST_HEAD(sent);
	LIST_HEAD(waiting);

	add(w, 0, 4);
	send(w, 3);
	dvs_link_queue_ack(&w->queue, 1, &w->done);
	dvs_link_queue_take(&w->queue, &sent, &waiting);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&sent), 2);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&waiting), 2);
	KUNIT_EXPECT_FALSE(test, dvs_link_queue_withdraw(&w->queue, &w->frames[4]));
	KUNIT_EXPECT_EQ(test, w->queue.frames, 0);
	KUNIT_EXPECT_EQ(test, w->queue.bytes, 0);
	KUNIT_EXPECT_EQ(test, w->queue.last, 0);
}

static void arriving_frames_are_next_or_duplicates_or_too_early(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dvs_link_order(0, 1), DVS_LINK_NEXT);
	KUNIT_EXPECT_EQ(test, dvs_link_order(0, 2), DVS_LINK_GAP);
	KUNIT_EXPECT_EQ(test, dvs_link_order(5, 5), DVS_LINK_DUPLICATE);
	KUNIT_EXPECT_EQ(test, dvs_link_order(5, 1), DVS_LINK_DUPLICATE);
	KUNIT_EXPECT_EQ(test, dvs_link_order(5, 7), DVS_LINK_GAP);
	KUNIT_EXPECT_EQ(test, dvs_link_order(U32_MAX, 1), DVS_LINK_NEXT);
	KUNIT_EXPECT_EQ(test, dvs_link_order(U32_MAX, 2), DVS_LINK_GAP);
	KUNIT_EXPECT_EQ(test, dvs_link_order(1, U32_MAX), DVS_LINK_DUPLICATE);
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(numbers_are_given_when_frames_are_sent),
	KUNIT_CASE(only_frames_never_sent_can_be_withdrawn),
	KUNIT_CASE(an_acknowledgment_releases_all_up_to_it),
	KUNIT_CASE(impossible_acknowledgments_are_refused),
	KUNIT_CASE(a_frame_being_written_is_kept_though_acknowledged),
	KUNIT_CASE(a_new_connection_resends_what_is_missing_then_goes_on),
	KUNIT_CASE(frames_not_yet_resent_cannot_be_acknowledged),
	KUNIT_CASE(a_connection_may_break_while_frames_are_resent),
	KUNIT_CASE(a_new_connection_must_make_sense),
	KUNIT_CASE(numbers_wrap),
	KUNIT_CASE(stopping_tells_sent_frames_from_others),
	KUNIT_CASE(arriving_frames_are_next_or_duplicates_or_too_early),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "dvs_link_queue",
	.init = setup,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);

MODULE_DESCRIPTION("KUnit tests of the frame queue of DVS links");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
