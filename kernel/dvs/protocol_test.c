// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the wire protocol: one node, and a test that takes the part of
 * the other one, well-behaved or not.
 */
#include "link_test.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/net.h>
#include <net/sock.h>

#define SERVER		1
#define CLIENT		2
#define STRANGER	3

struct world {
	struct mutex mutex;	/* that of the node */
	struct side side;
	struct socket *clients[DVS_EMBRYOS_MAX + 1];
	int count;
};

struct frame {
	struct dvs_wire_header header;
	union {
		struct dvs_wire_hello hello;
		struct dvs_wire_reply reply;
		u8 bytes[256];
	};
};

static struct dvs_link_stats stats_of(struct side *side)
{
	struct dvs_link_stats stats;

	dvs_link_get_stats(side->link, &stats);
	return stats;
}

static bool has_received(struct world *w, int count)
{
	return wait_event_timeout(w->side.wait,
				  atomic_read(&w->side.received) == count,
				  PATIENCE);
}

static int setup(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	mutex_init(&w->mutex);
	test->priv = w;
	make_side(test, &w->mutex, &w->side, SERVER, CLIENT, AF_INET);
	mutex_lock(&w->mutex);
	dvs_link_start(w->side.link, SERVER * 10, CLIENT * 10);
	mutex_unlock(&w->mutex);
	return 0;
}

static void teardown(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	while (w->count)
		sock_release(w->clients[--w->count]);
	end_side(&w->mutex, &w->side);
	KUNIT_EXPECT_EQ(test, refcount_read(&w->side.node.ref), 1);
}

/*
 * The other node
 */

static struct socket *connect_from(struct kunit *test, u32 host)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(host),
	};
	struct sockaddr_storage to = address_of(SERVER, AF_INET);
	struct world *w = test->priv;
	struct socket *sock;

	KUNIT_ASSERT_LT(test, w->count, ARRAY_SIZE(w->clients));
	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
					       IPPROTO_TCP, &sock), 0);
	w->clients[w->count++] = sock;
	sock_no_linger(sock->sk);
	sock->sk->sk_rcvtimeo = PATIENCE;
	KUNIT_ASSERT_EQ(test, kernel_bind(sock, (struct sockaddr *)&from,
					  sizeof(from)), 0);
	KUNIT_ASSERT_EQ(test, kernel_connect(sock, (struct sockaddr *)&to,
					     sizeof(struct sockaddr_in), 0), 0);
	return sock;
}

static struct socket *connect(struct kunit *test)
{
	return connect_from(test, INADDR_LOOPBACK);
}

static void hang_up(struct kunit *test)
{
	struct world *w = test->priv;

	sock_release(w->clients[--w->count]);
}

static void put_bytes(struct socket *sock, void *bytes, size_t size)
{
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = bytes, .iov_len = size };

	/* The node may have closed the connection already. */
	kernel_sendmsg(sock, &msg, &vec, 1, size);
}

static void put(struct socket *sock, struct frame *frame)
{
	put_bytes(sock, frame,
		  sizeof(frame->header) + le32_to_cpu(frame->header.length));
}

static int get_bytes(struct socket *sock, void *bytes, size_t size)
{
	struct msghdr msg = {};
	struct kvec vec = { .iov_base = bytes, .iov_len = size };

	return kernel_recvmsg(sock, &msg, &vec, 1, size, MSG_WAITALL);
}

static bool get(struct socket *sock, struct frame *frame)
{
	size_t length;

	if (get_bytes(sock, &frame->header, sizeof(frame->header)) !=
	    sizeof(frame->header))
		return false;
	length = le32_to_cpu(frame->header.length);
	return !length || get_bytes(sock, frame->bytes, length) == length;
}

static bool is_closed(struct socket *sock)
{
	u8 bytes[64];
	int ret;

	do {
		ret = get_bytes(sock, bytes, sizeof(bytes));
	} while (ret > 0);
	return !ret || ret == -ECONNRESET;
}

static struct frame good_hello(void)
{
	return (struct frame) {
		.header = {
			.version = DVS_WIRE_VERSION,
			.type = DVS_WIRE_HELLO,
			.length = cpu_to_le32(sizeof(struct dvs_wire_hello)),
			.session = cpu_to_le64(CLIENT * 10),
		},
		.hello = {
			.magic = cpu_to_le32(DVS_WIRE_MAGIC),
			.version_min = cpu_to_le16(DVS_WIRE_VERSION),
			.version_max = cpu_to_le16(DVS_WIRE_VERSION),
			.cluster = cpu_to_le64(CLUSTER),
			.session = cpu_to_le64(CLIENT * 10),
			.peer_session = cpu_to_le64(SERVER * 10),
			.node = cpu_to_le16(CLIENT),
			.peer = cpu_to_le16(SERVER),
		},
	};
}

static struct frame good_reply(u32 sequence)
{
	return (struct frame) {
		.header = {
			.version = DVS_WIRE_VERSION,
			.type = DVS_WIRE_REPLY,
			.length = cpu_to_le32(sizeof(struct dvs_wire_reply)),
			.sequence = cpu_to_le32(sequence),
			.session = cpu_to_le64(CLIENT * 10),
			.dcid = cpu_to_le64(1),
			.call = cpu_to_le64(sequence),
		},
	};
}

static struct socket *greet_having(struct kunit *test, u32 received)
{
	struct frame hello = good_hello();
	struct socket *sock = connect(test);
	struct frame answer;

	hello.header.ack = cpu_to_le32(received);
	hello.hello.received = cpu_to_le32(received);
	put(sock, &hello);
	KUNIT_ASSERT_TRUE(test, get(sock, &answer));
	KUNIT_ASSERT_EQ(test, answer.header.type, DVS_WIRE_HELLO);
	return sock;
}

static struct socket *greet(struct kunit *test)
{
	return greet_having(test, 0);
}

/*
 * HELLO
 */

static void hello_is_answered(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock = connect(test);
	struct frame answer;

	put(sock, &hello);
	KUNIT_ASSERT_TRUE(test, get(sock, &answer));
	KUNIT_EXPECT_NULL(test, dvs_wire_check_header(&answer.header, SERVER * 10));
	KUNIT_EXPECT_NULL(test, dvs_wire_check_hello(&answer.header, &answer.hello));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(answer.hello.cluster), CLUSTER);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(answer.hello.peer_session), CLIENT * 10);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(answer.hello.incarnation), SERVER);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(answer.hello.node), SERVER);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(answer.hello.peer), CLIENT);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(answer.hello.received), 0);
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).state, DVS_LINK_STATE_UP);
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).connects, 1);
}

struct breakage {
	const char *what;
	size_t offset;
	size_t size;
	u64 value;
};

#define BREAK(_member, _value) {				\
	.what = #_member,					\
	.offset = offsetof(struct frame, _member),		\
	.size = sizeof_field(struct frame, _member),		\
	.value = _value,					\
}

static void apply(struct frame *frame, const struct breakage *b)
{
	__le64 value = cpu_to_le64(b->value);

	memcpy((u8 *)frame + b->offset, &value, b->size);
}

static void a_bad_hello_is_counted_and_refused(struct kunit *test)
{
	static const struct breakage breakages[] = {
		BREAK(header.version, 9),
		BREAK(header.type, DVS_WIRE_ACK),
		BREAK(header.type, DVS_WIRE_REQUEST),
		BREAK(header.type, 200),
		BREAK(header.length, 1 << 20),
		BREAK(header.session, 0),
		BREAK(header.dcid, 1),
		BREAK(header.ack, 1),
		BREAK(hello.magic, 1),
		BREAK(hello.version_min, 2),
		BREAK(hello.cluster, CLUSTER + 1),
		BREAK(hello.session, 1),
		BREAK(hello.peer_session, 1),
		BREAK(hello.node, STRANGER),
		BREAK(hello.node, SERVER),
		BREAK(hello.node, 0),
		BREAK(hello.peer, CLIENT),
		BREAK(hello.peer, STRANGER),
	};
	struct world *w = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(breakages); i++) {
		struct frame hello = good_hello();
		struct socket *sock = connect(test);

		apply(&hello, &breakages[i]);
		put(sock, &hello);
		KUNIT_EXPECT_TRUE_MSG(test, is_closed(sock), "%s", breakages[i].what);
		KUNIT_EXPECT_EQ_MSG(test, atomic64_read(&w->side.node.bad_hello),
				    i + 1, "%s", breakages[i].what);
		hang_up(test);
	}
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).connects, 0);
}

static void hello_from_a_past_session_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock = connect(test);

	hello.header.session = cpu_to_le64(19);
	hello.hello.session = cpu_to_le64(19);
	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 1);
}

static void hello_from_another_address_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock = connect_from(test, INADDR_LOOPBACK + 1);

	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 1);
}

static void a_node_in_no_view_is_sent_away_without_blame(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock;

	mutex_lock(&w->mutex);
	dvs_link_suspend(w->side.link);
	mutex_unlock(&w->mutex);
	sock = connect(test);
	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));

	mutex_lock(&w->mutex);
	dvs_link_stop(w->side.link);
	mutex_unlock(&w->mutex);
	sock = connect(test);
	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 0);
}

static void half_a_hello_is_counted(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	unsigned long end = jiffies + PATIENCE;
	struct socket *sock = connect(test);

	put_bytes(sock, &hello, sizeof(hello.header) + 10);
	msleep(20);
	hang_up(test);
	while (!atomic64_read(&w->side.node.bad_hello) && time_before(jiffies, end))
		msleep(20);
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 1);
}

static void who_says_nothing_is_sent_away(struct kunit *test)
{
	struct world *w = test->priv;
	struct socket *sock = connect(test);

	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 1);
}

static void few_may_say_nothing_at_a_time(struct kunit *test)
{
	struct socket *first = connect(test);
	int i;

	for (i = 1; i < DVS_EMBRYOS_MAX; i++)
		connect(test);
	/* The first one does not get the time to say HELLO. */
	greet(test);
	first->sk->sk_rcvtimeo = msecs_to_jiffies(DVS_HELLO_TIMEOUT / 2);
	KUNIT_EXPECT_TRUE(test, is_closed(first));
}

static void a_new_connection_replaces_the_old_one(struct kunit *test)
{
	struct world *w = test->priv;
	struct socket *first, *second;
	struct frame frame;

	first = greet(test);
	frame = good_reply(1);
	put(first, &frame);
	KUNIT_ASSERT_TRUE(test, has_received(w, 1));
	second = greet(test);
	KUNIT_EXPECT_TRUE(test, is_closed(first));
	frame = good_reply(2);
	put(second, &frame);
	KUNIT_EXPECT_TRUE(test, has_received(w, 2));
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).connects, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->side.disorder), 0);
}

/*
 * Frames
 */

static void a_bad_frame_closes_the_connection_and_is_counted(struct kunit *test)
{
	static const struct {
		struct breakage breakage;
		const char *error;
	} cases[] = {
		{ BREAK(header.version, 2), "unknown version" },
		{ BREAK(header.type, 99), "unknown type of frame" },
		{ BREAK(header.type, DVS_WIRE_CANCEL),
		  "frame too long for its type" },
		{ BREAK(header.length, U32_MAX), "frame too long for its type" },
		{ BREAK(header.sequence, 2), "a frame is missing" },
		{ BREAK(header.sequence, 0), "frame without a sequence number" },
		{ BREAK(header.ack, 1), "acknowledges a frame that was not sent" },
		{ BREAK(header.session, 19), "frame of another session" },
		{ BREAK(header.dcid, 0), "frame without a container" },
		{ BREAK(reply.error, 9999), "unknown error" },
	};
	struct world *w = test->priv;
	struct dvs_link_stats stats;
	struct socket *sock;
	struct frame frame;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sock = greet(test);
		frame = good_reply(1);
		apply(&frame, &cases[i].breakage);
		/* Its length may be a lie. */
		put_bytes(sock, &frame, sizeof(frame.header) + sizeof(frame.reply));
		KUNIT_EXPECT_TRUE_MSG(test, is_closed(sock), "%s", cases[i].error);
		stats = stats_of(&w->side);
		KUNIT_EXPECT_EQ(test, stats.bad_frames, i + 1);
		KUNIT_EXPECT_STREQ(test, stats.last_error, cases[i].error);
		hang_up(test);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&w->side.received), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.stale_frames), 1);
}

static void hello_is_said_once(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock = greet(test);

	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_STREQ(test, stats_of(&w->side).last_error,
			   "HELLO that is not the first frame");
}

static void duplicates_are_counted_and_not_delivered(struct kunit *test)
{
	struct world *w = test->priv;
	struct socket *sock = greet(test);
	struct frame frame;
	u32 i;

	for (i = 0; i < 3; i++) {
		frame = good_reply(1);
		put(sock, &frame);
	}
	frame = good_reply(2);
	put(sock, &frame);
	KUNIT_EXPECT_TRUE(test, has_received(w, 2));
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).duplicate_frames, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->side.disorder), 0);
}

static void frames_may_come_in_pieces(struct kunit *test)
{
	struct world *w = test->priv;
	struct socket *sock = greet(test);
	u32 i, j;

	for (i = 1; i <= 3; i++) {
		struct frame frame = good_reply(i);
		u8 *bytes = (u8 *)&frame;

		for (j = 0; j < sizeof(frame.header) + sizeof(frame.reply); j += i)
			put_bytes(sock, bytes + j,
				  min_t(u32, i, sizeof(frame.header) +
						sizeof(frame.reply) - j));
	}
	KUNIT_EXPECT_TRUE(test, has_received(w, 3));
}

static void what_is_received_is_acknowledged(struct kunit *test)
{
	struct socket *sock = greet(test);
	struct frame frame;
	u32 i;

	for (i = 1; i <= 3 * DVS_ACK_FRAMES + 5; i++) {
		frame = good_reply(i);
		put(sock, &frame);
	}
	do {
		KUNIT_ASSERT_TRUE(test, get(sock, &frame));
		KUNIT_EXPECT_EQ(test, frame.header.type, DVS_WIRE_ACK);
		KUNIT_EXPECT_NULL(test, dvs_wire_check_header(&frame.header,
							      SERVER * 10));
	} while (le32_to_cpu(frame.header.ack) != 3 * DVS_ACK_FRAMES + 5);
}

static void unacknowledged_frames_are_sent_again(struct kunit *test)
{
	struct world *w = test->priv;
	struct test_frame *frames = make_frames(test, &w->side, 3);
	struct socket *sock = greet(test);
	struct frame frame;
	u32 i;

	send(&w->side, frames, 3);
	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_TRUE(test, get(sock, &frame));
		KUNIT_EXPECT_EQ(test, le32_to_cpu(frame.header.sequence), i);
	}
	hang_up(test);

	sock = greet_having(test, 2);
	KUNIT_ASSERT_TRUE(test, get(sock, &frame));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(frame.header.sequence), 3);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(frame.header.call), 3);
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).resent_frames, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&w->side.acked), 2);
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).queued_frames, 1);
}

static void claiming_frames_that_were_never_sent_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	struct frame hello = good_hello();
	struct socket *sock = connect(test);

	hello.header.ack = cpu_to_le32(5);
	hello.hello.received = cpu_to_le32(5);
	put(sock, &hello);
	KUNIT_EXPECT_TRUE(test, is_closed(sock));
	KUNIT_EXPECT_EQ(test, atomic64_read(&w->side.node.bad_hello), 1);
	KUNIT_EXPECT_EQ(test, stats_of(&w->side).connects, 0);
}

static struct kunit_case protocol_cases[] = {
	KUNIT_CASE(hello_is_answered),
	KUNIT_CASE(a_bad_hello_is_counted_and_refused),
	KUNIT_CASE(hello_from_a_past_session_is_refused),
	KUNIT_CASE(hello_from_another_address_is_refused),
	KUNIT_CASE(a_node_in_no_view_is_sent_away_without_blame),
	KUNIT_CASE(half_a_hello_is_counted),
	KUNIT_CASE(who_says_nothing_is_sent_away),
	KUNIT_CASE(few_may_say_nothing_at_a_time),
	KUNIT_CASE(a_new_connection_replaces_the_old_one),
	KUNIT_CASE(a_bad_frame_closes_the_connection_and_is_counted),
	KUNIT_CASE(hello_is_said_once),
	KUNIT_CASE(duplicates_are_counted_and_not_delivered),
	KUNIT_CASE(frames_may_come_in_pieces),
	KUNIT_CASE(what_is_received_is_acknowledged),
	KUNIT_CASE(unacknowledged_frames_are_sent_again),
	KUNIT_CASE(claiming_frames_that_were_never_sent_is_refused),
	{}
};

static struct kunit_suite protocol_suite = {
	.name = "dvs_protocol",
	.suite_init = loopback_up,
	.init = setup,
	.exit = teardown,
	.test_cases = protocol_cases,
};

kunit_test_suite(protocol_suite);

MODULE_DESCRIPTION("KUnit tests of the DVS wire protocol");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
