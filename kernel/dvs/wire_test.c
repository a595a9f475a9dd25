// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the checks of frames: each case takes a good frame and breaks
 * one thing.
 */
#include "wire.h"

#include <asm/byteorder.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#define SESSION		7

struct frame {
	struct dvs_wire_header header;
	union {
		struct dvs_wire_hello hello;
		struct dvs_wire_request request;
		struct dvs_wire_reply reply;
		struct dvs_wire_copy copy;
		struct dvs_wire_notify notify;
		struct dvs_wire_watch watch;
		u8 bytes[256];
	};
};

static void set_length(struct frame *frame, u32 length)
{
	frame->header.length = cpu_to_le32(length);
}

static void good_request(struct frame *frame, u32 segments)
{
	u32 i;

	frame->request.segment_count = cpu_to_le32(segments);
	for (i = 0; i < segments; i++) {
		frame->request.segments[i].length = cpu_to_le64(4096);
		frame->request.segments[i].flags =
			cpu_to_le32(DVS_SEGMENT_READ);
	}
	set_length(frame, offsetof(struct dvs_wire_request, segments) +
			  segments * sizeof(struct dvs_wire_segment));
}

static void good_frame(struct frame *frame, enum dvs_wire_type type)
{
	memset(frame, 0, sizeof(*frame));
	frame->header.version = DVS_WIRE_VERSION;
	frame->header.type = type;
	frame->header.session = cpu_to_le64(SESSION);
	if (type != DVS_WIRE_HELLO && type != DVS_WIRE_ACK) {
		frame->header.sequence = cpu_to_le32(1);
		frame->header.dcid = cpu_to_le64(5);
		frame->header.call = cpu_to_le64(9);
		frame->header.source = cpu_to_le32(DVS_ENDPOINT(2000, 1));
		frame->header.destination = cpu_to_le32(DVS_ENDPOINT(80, 0));
	}

	switch (type) {
	case DVS_WIRE_HELLO:
		frame->hello.magic = cpu_to_le32(DVS_WIRE_MAGIC);
		frame->hello.version_min = cpu_to_le16(DVS_WIRE_VERSION);
		frame->hello.version_max = cpu_to_le16(DVS_WIRE_VERSION);
		frame->hello.session = cpu_to_le64(SESSION);
		frame->hello.peer_session = cpu_to_le64(6);
		frame->hello.node = cpu_to_le16(2);
		frame->hello.peer = cpu_to_le16(1);
		set_length(frame, sizeof(frame->hello));
		break;
	case DVS_WIRE_REQUEST:
		good_request(frame, 2);
		break;
	case DVS_WIRE_MESSAGE:
		good_request(frame, 0);
		break;
	case DVS_WIRE_REPLY:
		set_length(frame, sizeof(frame->reply));
		break;
	case DVS_WIRE_READ:
	case DVS_WIRE_WRITE:
	case DVS_WIRE_COPIED:
		frame->copy.copy = cpu_to_le64(3);
		frame->copy.length = cpu_to_le32(100);
		set_length(frame, sizeof(frame->copy) +
				  (type == DVS_WIRE_READ ? 0 : 100));
		break;
	case DVS_WIRE_NOTIFY:
	case DVS_WIRE_NOTIFIED:
		frame->notify.bits = cpu_to_le64(1);
		set_length(frame, sizeof(frame->notify));
		break;
	case DVS_WIRE_WATCH:
	case DVS_WIRE_WATCHED:
		frame->watch.events = cpu_to_le32(DVS_WAIT_BOUND);
		frame->watch.endpoint = cpu_to_le32(DVS_ENDPOINT(80, 0));
		set_length(frame, sizeof(frame->watch));
		break;
	default:
		break;
	}
}

static const char *check(const struct frame *frame)
{
	const char *error;

	error = dvs_wire_check_header(&frame->header, SESSION);
	if (error)
		return error;
	if (frame->header.type == DVS_WIRE_HELLO)
		return dvs_wire_check_hello(&frame->header, &frame->hello);
	return dvs_wire_check_payload(&frame->header, frame->bytes);
}

static void every_type_has_a_good_form(struct kunit *test)
{
	struct frame frame;
	int type;

	for (type = DVS_WIRE_HELLO; type < DVS_WIRE_TYPES; type++) {
		good_frame(&frame, type);
		KUNIT_EXPECT_PTR_EQ_MSG(test, check(&frame), NULL,
					"type %d: %s", type, check(&frame));
	}
}

/* A change of one field, and the complaint it must cause; NULL for none. */
struct breakage {
	enum dvs_wire_type type;
	size_t offset;
	size_t size;
	u64 value;
	const char *error;
};

#define BREAK(_type, _member, _value, _error) {			\
	.type = DVS_WIRE_##_type,				\
	.offset = offsetof(struct frame, _member),		\
	.size = sizeof_field(struct frame, _member),		\
	.value = _value,					\
	.error = _error,					\
}

static const struct breakage breakages[] = {
	BREAK(REPLY, header.version, 0, "unknown version"),
	BREAK(REPLY, header.version, 2, "unknown version"),
	BREAK(REPLY, header.type, 0, "unknown type of frame"),
	BREAK(REPLY, header.type, DVS_WIRE_TYPES, "unknown type of frame"),
	BREAK(REPLY, header.type, 255, "unknown type of frame"),
	BREAK(REPLY, header.session, 0, "frame without a session"),
	BREAK(REPLY, header.session, 8, "frame of another session"),
	BREAK(REPLY, header.sequence, 0, "frame without a sequence number"),
	BREAK(REPLY, header.dcid, 0, "frame without a container"),
	BREAK(REPLY, header.call, 0, "frame without a call number"),
	BREAK(REPLY, header.length, 63, "frame too short for its type"),
	BREAK(REPLY, header.length, 65, "frame too long for its type"),
	BREAK(REPLY, header.length, U32_MAX, "frame too long for its type"),
	BREAK(REPLY, reply.error, DVS_WIRE_ERRORS, "unknown error"),
	BREAK(REPLY, reply.error, DVS_WIRE_EMOVED, NULL),
	BREAK(REPLY, reply.map_version, 1,
	      "version of the slot map without an error"),

	BREAK(ACK, header.length, 1, "frame too long for its type"),
	BREAK(ACK, header.sequence, 1,
	      "frame that has no place in the sequence has a number"),
	BREAK(ACK, header.attempt, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.dcid, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.call, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.epoch, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.trace, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.source, 1,
	      "frame that belongs to no container names one"),
	BREAK(ACK, header.destination, 1,
	      "frame that belongs to no container names one"),
	BREAK(CANCEL, header.length, 8, "frame too long for its type"),
	BREAK(CANCEL, header.source, 0, NULL),
	BREAK(CANCEL, header.destination, 0, NULL),

	BREAK(REQUEST, header.source, 0, "message without a source"),
	BREAK(REQUEST, header.destination, 0x10000,
	      "message without a destination"),
	BREAK(REQUEST, header.length, 71, "frame too short for its type"),
	BREAK(REQUEST, header.length, 73,
	      "frame of a length its type cannot have"),
	BREAK(REQUEST, header.length, 72 + 16 * 9,
	      "frame too long for its type"),
	BREAK(REQUEST, header.length, 72 + 16,
	      "number of segments does not match the length"),
	BREAK(REQUEST, request.segment_count, 1,
	      "number of segments does not match the length"),
	BREAK(REQUEST, request.segment_count, 0x10000002,
	      "number of segments does not match the length"),
	BREAK(REQUEST, request.flags, DVS_WIRE_NOWAIT, NULL),
	BREAK(REQUEST, request.flags, 2, "unknown flags of a message"),
	BREAK(REQUEST, request.segments[1].length, 0, "empty segment"),
	BREAK(REQUEST, request.segments[1].length, U64_MAX,
	      "segment longer than any address space"),
	BREAK(REQUEST, request.segments[1].flags, 0, "bad flags of a segment"),
	BREAK(REQUEST, request.segments[1].flags, 4, "bad flags of a segment"),
	BREAK(REQUEST, request.segments[1].flags, 3, NULL),
	BREAK(REQUEST, request.segments[1].reserved, 1,
	      "reserved field of a segment is not 0"),
	BREAK(MESSAGE, request.segment_count, 1, "message with segments"),
	BREAK(MESSAGE, header.length, 72 + 16, "frame too long for its type"),

	BREAK(READ, header.length, 33, "frame too long for its type"),
	BREAK(READ, copy.reserved, 1, "reserved field of a copy is not 0"),
	BREAK(READ, copy.copy, 0, "copy without a number"),
	BREAK(READ, copy.segment, DVS_SEGMENTS_MAX,
	      "copy of a segment that cannot exist"),
	BREAK(READ, copy.length, 0, "copy of nothing"),
	BREAK(READ, copy.length, DVS_COPY_CHUNK, NULL),
	BREAK(READ, copy.length, DVS_COPY_CHUNK + 1,
	      "copy longer than a chunk"),
	BREAK(READ, copy.offset, S64_MAX - 100, NULL),
	BREAK(READ, copy.offset, S64_MAX - 99,
	      "copy beyond any address space"),
	BREAK(READ, copy.error, DVS_WIRE_EFAULT,
	      "copy that is asked for has an error already"),
	BREAK(WRITE, header.length, 32, "frame too short for its type"),
	BREAK(WRITE, header.length, 32 + DVS_COPY_CHUNK + 1,
	      "frame too long for its type"),
	BREAK(WRITE, copy.length, 99,
	      "length of a copy does not match its data"),
	BREAK(COPIED, copy.length, 101,
	      "length of a copy does not match its data"),
	BREAK(COPIED, header.length, 32, NULL),
	BREAK(COPIED, copy.error, DVS_WIRE_EFAULT,
	      "copy that failed comes with data"),
	BREAK(COPIED, copy.error, DVS_WIRE_ERRORS, "unknown error"),

	BREAK(NOTIFY, header.source, 0, "message without a source"),
	BREAK(NOTIFY, notify.bits, 0, "notification of nothing"),
	BREAK(NOTIFY, notify.error, DVS_WIRE_ENXIO,
	      "notification with an error"),
	BREAK(NOTIFIED, notify.error, DVS_WIRE_ENXIO, NULL),
	BREAK(NOTIFIED, notify.error, U32_MAX, "unknown error"),

	BREAK(WATCH, watch.events, 0, "watch for no event"),
	BREAK(WATCH, watch.events, 8, "watch for unknown events"),
	BREAK(WATCH, watch.endpoint, 0x10000, "watch of no slot"),
	BREAK(WATCH, watch.flags, DVS_WIRE_NOWAIT, NULL),
	BREAK(WATCH, watch.flags, 2, "unknown flags of a watch"),
	BREAK(WATCH, watch.error, DVS_WIRE_ENXIO,
	      "watch that is asked for has an answer already"),
	BREAK(WATCH, watch.map_version, 1,
	      "watch that is asked for has an answer already"),
	BREAK(WATCHED, watch.error, DVS_WIRE_EMOVED, NULL),
	BREAK(WATCHED, watch.error, DVS_WIRE_ERRORS, "unknown error"),
	BREAK(WATCHED, watch.flags, DVS_WIRE_NOWAIT,
	      "flags in the answer to a watch"),

	BREAK(HELLO, header.length, 55, "frame too short for its type"),
	BREAK(HELLO, header.dcid, 1,
	      "frame that belongs to no container names one"),
	BREAK(HELLO, header.ack, 1,
	      "acknowledgment of a HELLO is not that of its header"),
	BREAK(HELLO, hello.magic, 0, "bad magic number"),
	BREAK(HELLO, hello.version_min, 0, "bad range of versions"),
	BREAK(HELLO, hello.version_min, 2, "bad range of versions"),
	BREAK(HELLO, hello.version_max, 7, NULL),
	BREAK(HELLO, hello.node, 0, "bad node numbers"),
	BREAK(HELLO, hello.node, 1, "bad node numbers"),
	BREAK(HELLO, hello.peer, 0, "bad node numbers"),
	BREAK(HELLO, hello.session, 8,
	      "session of a HELLO is not that of its header"),
	BREAK(HELLO, hello.session, 0, "HELLO without a session"),
	BREAK(HELLO, hello.peer_session, 0, "HELLO without a session"),
};

static void each_bad_field_is_refused(struct kunit *test)
{
	const struct breakage *b;
	struct frame frame;

	for (b = breakages; b < breakages + ARRAY_SIZE(breakages); b++) {
		__le64 value = cpu_to_le64(b->value);

		good_frame(&frame, b->type);
		memcpy((u8 *)&frame + b->offset, &value, b->size);
		KUNIT_EXPECT_STREQ_MSG(test, check(&frame) ?: "good",
				       b->error ?: "good",
				       "type %d, byte %zu, value %#llx",
				       b->type, b->offset, b->value);
	}
}

/* The fields that only some types of frames use, and the types that do. */
static const struct {
	size_t offset;
	unsigned long types;
	const char *error;
} optional_fields[] = {
	{
		offsetof(struct frame, header.attempt),
		BIT(DVS_WIRE_REQUEST) | BIT(DVS_WIRE_MESSAGE),
		"attempt in a frame that is sent only once"
	},
	{
		offsetof(struct frame, header.epoch),
		BIT(DVS_WIRE_REQUEST) | BIT(DVS_WIRE_MESSAGE) |
		BIT(DVS_WIRE_NOTIFY) | BIT(DVS_WIRE_WATCH),
		"epoch in a frame that is not sent to the owner of a slot"
	},
	{
		offsetof(struct frame, header.trace),
		BIT(DVS_WIRE_REQUEST) | BIT(DVS_WIRE_MESSAGE) |
		BIT(DVS_WIRE_REPLY) | BIT(DVS_WIRE_CANCEL) |
		BIT(DVS_WIRE_READ) | BIT(DVS_WIRE_WRITE) |
		BIT(DVS_WIRE_COPIED),
		"trace id in a frame that belongs to no call"
	},
};

static void a_field_that_a_frame_does_not_use_is_0(struct kunit *test)
{
	const char *expected;
	struct frame frame;
	int i, type;

	for (i = 0; i < ARRAY_SIZE(optional_fields); i++) {
		for (type = DVS_WIRE_REQUEST; type < DVS_WIRE_TYPES; type++) {
			expected = optional_fields[i].types & BIT(type) ?
				   "good" : optional_fields[i].error;
			good_frame(&frame, type);
			*((u8 *)&frame + optional_fields[i].offset) = 1;
			KUNIT_EXPECT_STREQ_MSG(test, check(&frame) ?: "good",
					       expected, "type %d", type);
		}
	}
}

static void a_newer_node_that_has_given_up_our_version_is_refused(struct kunit *test)
{
	struct frame frame;

	good_frame(&frame, DVS_WIRE_HELLO);
	frame.hello.version_min = cpu_to_le16(DVS_WIRE_VERSION + 1);
	frame.hello.version_max = cpu_to_le16(DVS_WIRE_VERSION + 2);
	KUNIT_EXPECT_STREQ(test, check(&frame), "no version in common");
}

static void hello_is_only_the_first_frame(struct kunit *test)
{
	struct frame frame;

	good_frame(&frame, DVS_WIRE_HELLO);
	KUNIT_EXPECT_STREQ(test,
			   dvs_wire_check_payload(&frame.header, frame.bytes),
			   "HELLO that is not the first frame");
	good_frame(&frame, DVS_WIRE_REPLY);
	KUNIT_EXPECT_STREQ(test,
			   dvs_wire_check_hello(&frame.header, &frame.hello),
			   "first frame is not a HELLO");
}

static void any_session_will_do_while_none_is_known(struct kunit *test)
{
	struct frame frame;

	good_frame(&frame, DVS_WIRE_HELLO);
	KUNIT_EXPECT_PTR_EQ(test, dvs_wire_check_header(&frame.header, 0), NULL);
	frame.header.session = 0;
	KUNIT_EXPECT_STREQ(test, dvs_wire_check_header(&frame.header, 0),
			   "frame without a session");
}

static void every_number_of_segments_has_one_length(struct kunit *test)
{
	struct frame frame;
	u32 segments, length;

	for (segments = 0; segments <= DVS_SEGMENTS_MAX; segments++) {
		for (length = 0; length <= sizeof(frame.request) + 16; length++) {
			good_frame(&frame, DVS_WIRE_REQUEST);
			good_request(&frame, segments);
			if (le32_to_cpu(frame.header.length) == length) {
				KUNIT_EXPECT_PTR_EQ(test, check(&frame), NULL);
				continue;
			}
			set_length(&frame, length);
			KUNIT_EXPECT_PTR_NE(test, check(&frame), NULL);
		}
	}
}

/*
 * Whatever the bytes are, a header that passes promises a payload that the
 * check of the payload may read: the sanitizer watches the end of the buffer.
 */
static void the_payload_is_read_only_as_far_as_it_goes(struct kunit *test)
{
	u32 state = 12345, length;
	struct frame frame;
	int i, type;
	void *exact;
	u8 *byte;

	for (i = 0; i < 2000; i++) {
		type = 1 + i % (DVS_WIRE_TYPES - 1);
		good_frame(&frame, type);
		if (type == DVS_WIRE_HELLO)
			continue;
		state = state * 1664525 + 1013904223;
		byte = (u8 *)&frame + (state >> 8) % sizeof(frame);
		*byte = state >> 24;
		if (dvs_wire_check_header(&frame.header, SESSION))
			continue;

		length = le32_to_cpu(frame.header.length);
		exact = kunit_kzalloc(test, max(length, 1U), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact);
		memcpy(exact, frame.bytes, min(length, sizeof(frame.bytes)));
		dvs_wire_check_payload(&frame.header, length ? exact : NULL);
		kunit_kfree(test, exact);
	}
}

static void sequence_numbers_wrap_and_skip_zero(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dvs_wire_next(0), 1);
	KUNIT_EXPECT_EQ(test, dvs_wire_next(U32_MAX - 1), U32_MAX);
	KUNIT_EXPECT_EQ(test, dvs_wire_next(U32_MAX), 1);

	KUNIT_EXPECT_TRUE(test, dvs_wire_after(1, 0));
	KUNIT_EXPECT_FALSE(test, dvs_wire_after(1, 1));
	KUNIT_EXPECT_FALSE(test, dvs_wire_after(1, 2));
	KUNIT_EXPECT_TRUE(test, dvs_wire_after(1, U32_MAX));
	KUNIT_EXPECT_FALSE(test, dvs_wire_after(U32_MAX, 1));
	KUNIT_EXPECT_TRUE(test, dvs_wire_after(S32_MAX, 0));
	KUNIT_EXPECT_FALSE(test, dvs_wire_after(1 + (u32)S32_MAX, 0));
}

static void each_error_on_the_wire_is_one_errno(struct kunit *test)
{
	u32 a, b;

	for (a = 0; a < DVS_WIRE_ERRORS; a++) {
		KUNIT_EXPECT_LE(test, dvs_wire_errno(a), 0);
		KUNIT_EXPECT_EQ(test, dvs_wire_error(dvs_wire_errno(a)), a);
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, dvs_wire_errno(a),
					dvs_wire_errno(b));
	}
	KUNIT_EXPECT_EQ(test, dvs_wire_errno(DVS_WIRE_OK), 0);
	KUNIT_EXPECT_EQ(test, dvs_wire_errno(DVS_WIRE_EMOVED), -DVS_EMOVED);
	KUNIT_EXPECT_EQ(test, dvs_wire_errno(DVS_WIRE_EOWNERDEAD), -EOWNERDEAD);
}

static void unknown_errors_become_eio(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dvs_wire_errno(DVS_WIRE_ERRORS), -EIO);
	KUNIT_EXPECT_EQ(test, dvs_wire_errno(U32_MAX), -EIO);
	KUNIT_EXPECT_EQ(test, dvs_wire_error(-ENOTTY), DVS_WIRE_EIO);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(every_type_has_a_good_form),
	KUNIT_CASE(each_bad_field_is_refused),
	KUNIT_CASE(a_field_that_a_frame_does_not_use_is_0),
	KUNIT_CASE(a_newer_node_that_has_given_up_our_version_is_refused),
	KUNIT_CASE(hello_is_only_the_first_frame),
	KUNIT_CASE(any_session_will_do_while_none_is_known),
	KUNIT_CASE(every_number_of_segments_has_one_length),
	KUNIT_CASE(the_payload_is_read_only_as_far_as_it_goes),
	KUNIT_CASE(sequence_numbers_wrap_and_skip_zero),
	KUNIT_CASE(each_error_on_the_wire_is_one_errno),
	KUNIT_CASE(unknown_errors_become_eio),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "dvs_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);

MODULE_DESCRIPTION("KUnit tests of the checks of DVS frames");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
