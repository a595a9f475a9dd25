// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hostile node, or somebody who only speaks TCP. Node 3 of a cluster is the
 * test: its kernel has left, and what it says is written by hand. Nodes 1 and 2
 * have a server and a client, and must not suffer: the fixture makes a call
 * between them after each test, over the link they had before.
 */
#include "common.h"
#include "frame.h"

#define EVIL	2	/* counted from 0, as the cluster's nodes are */
#define NODES	3

/* Sets of nodes */
#define GOOD_NODES	3
#define ALL_NODES	7

FIXTURE(frame)
{
	struct cluster cluster;
	int dc[2];
	int server;
	int client;
	__u32 to;
	__u64 connects;
};

static int container_of_node(struct cluster *cluster, unsigned int node)
{
	int fd, error;

	if (unshare(CLONE_NEWDC))
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	fd = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	error = cluster_dc_attach(cluster, node, WORLD_DCID, fd);
	return error ?: fd;
}

/* A counter of node 1, as node-get and peer-get tell it */
static __u64 node_counter(struct cluster *cluster, __u16 attribute)
{
	int error = test_node_get(&cluster->nl[0]);

	return error ? ~0ULL : reply_uint(&cluster->nl[0], attribute);
}

static __u64 peer_counter(struct cluster *cluster, unsigned int node, __u16 attribute)
{
	int error = test_peer_get(&cluster->nl[0], node + 1);

	return error ? ~0ULL : reply_uint(&cluster->nl[0], attribute);
}

FIXTURE_SETUP(frame)
{
	static const struct test_range ranges[] = {
		{ .first = 1, .last = 32767, .node = 1 },
		{ .first = 32768, .last = DVS_SLOT_MAX, .node = 2 },
	};
	int error = cluster_create(&self->cluster, NODES);

	if (error == -ENOENT || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, cluster_dc_new(&self->cluster, WORLD_DCID, "selftest"));
	ASSERT_EQ(0, cluster_slots(&self->cluster, WORLD_DCID, ranges, ARRAY_SIZE(ranges)));
	self->dc[0] = container_of_node(&self->cluster, 0);
	ASSERT_LE(0, self->dc[0]);
	self->server = bind_slot(SERVER_SLOT, &self->to);
	ASSERT_LE(0, self->server);
	self->dc[1] = container_of_node(&self->cluster, 1);
	ASSERT_LE(0, self->dc[1]);
	self->client = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, self->client);
	ASSERT_EQ(0, test_node_del(&self->cluster.nl[EVIL]));
	ASSERT_TRUE(eventually(peer_counter(&self->cluster, EVIL, DVS_A_PEER_STATE) !=
			       DVS_LINK_STATE_UP));
	self->connects = peer_counter(&self->cluster, 1, DVS_A_PEER_CONNECTS);
}

FIXTURE_TEARDOWN(frame)
{
	struct dvs_receive_args m;
	struct job *job = start_sendrec(self->client, self->to, 4711);

	EXPECT_EQ(0, take(self->server, &m));
	EXPECT_EQ(4711, m.msg.type);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 1));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(self->connects, peer_counter(&self->cluster, 1, DVS_A_PEER_CONNECTS));
	EXPECT_EQ(0, peer_counter(&self->cluster, 1, DVS_A_PEER_BAD_FRAMES));
	close(self->server);
	close(self->client);
	/* Its calls end with it, also those whose answers it never acknowledged. */
	EXPECT_EQ(0, cluster_view(&self->cluster, GOOD_NODES));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, setns(self->dc[i], CLONE_NEWDC));
		EXPECT_TRUE(eventually(info(-1).endpoints == 0 && info(-1).calls == 0));
		close(self->dc[i]);
	}
	cluster_destroy(&self->cluster);
}

/* Say HELLO as node 3 should, and hear node 1's. */
static int greet(struct cluster *cluster)
{
	struct frame frame;
	int error, fd = frame_connect(cluster, EVIL, 0);

	if (fd < 0)
		return fd;
	frame_hello(&frame, cluster, EVIL, 0);
	error = frame_send(fd, &frame) ?: frame_receive(fd, &frame);
	if (!error && frame.header.type == FRAME_HELLO)
		return fd;
	close(fd);
	return error ?: -EPROTO;
}

TEST_F(frame, a_well_spoken_node_is_admitted)
{
	struct dvs_receive_args m;
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(eventually(peer_counter(&self->cluster, EVIL, DVS_A_PEER_STATE) ==
			       DVS_LINK_STATE_UP));
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, WORLD_DCID, self->to);
	frame.request.type = 42;
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(42, m.msg.type);
	EXPECT_EQ(EVIL + 1, m.node);
	EXPECT_EQ(0, reply(self->server, m.msg.token, 43));
	do {
		ASSERT_EQ(0, frame_receive(fd, &frame));
	} while (frame.header.type == FRAME_ACK);
	EXPECT_EQ(FRAME_REPLY, frame.header.type);
	EXPECT_EQ(1001, frame.header.call);
	EXPECT_EQ(43, frame.reply.type);
	close(fd);
}

/* What makes a good frame of a type a bad one: the bits that differ */
struct breakage {
	const char *name;
	enum frame_type type;
	struct frame flip;
};

#define INSTEAD(good, bad)	((good) ^ (bad))

static void apply(struct frame *frame, const struct breakage *breakage)
{
	const __u8 *flip = (const __u8 *)&breakage->flip;
	__u8 *bytes = (__u8 *)frame;

	for (size_t i = 0; i < sizeof(*frame); i++)
		bytes[i] ^= flip[i];
}

/* Send it, or of a frame longer than there is the header only. */
static void send_broken(int fd, const struct frame *frame)
{
	if (frame->header.length > sizeof(frame->bytes))
		frame_send_bytes(fd, frame, sizeof(frame->header));
	else
		frame_send(fd, frame);
}

#define HELLO_SIZE	sizeof(struct frame_hello)
#define REQUEST_SIZE	offsetof(struct frame_request, segments)
#define SEGMENT_SIZE	sizeof(struct frame_segment)
#define COPY_SIZE	sizeof(struct frame_copy)
#define FIRST_CALL	(FRAME_CALLS + 1)

static const struct breakage bad_hellos[] = {
	{ "bad magic", FRAME_HELLO, .flip.hello.magic = 1 },
	{ "no version in common", FRAME_HELLO,
	  .flip.hello.version_min = INSTEAD(1, 2),
	  .flip.hello.version_max = INSTEAD(1, 2) },
	{ "versions upside down", FRAME_HELLO, .flip.hello.version_min = INSTEAD(1, 2) },
	{ "version 0", FRAME_HELLO, .flip.hello.version_min = INSTEAD(1, 0) },
	{ "another cluster", FRAME_HELLO, .flip.hello.cluster = 1 },
	{ "for another node", FRAME_HELLO, .flip.hello.peer = INSTEAD(1, 2) },
	{ "from itself", FRAME_HELLO, .flip.hello.node = INSTEAD(3, 1) },
	{ "from node 0", FRAME_HELLO, .flip.hello.node = INSTEAD(3, 0) },
	{ "from an unknown node", FRAME_HELLO, .flip.hello.node = INSTEAD(3, 77) },
	{ "from another node's address", FRAME_HELLO, .flip.hello.node = INSTEAD(3, 2) },
	{ "of another session", FRAME_HELLO, .flip.hello.session = 64, .flip.header.session = 64 },
	{ "for another session", FRAME_HELLO, .flip.hello.peer_session = 64 },
	{ "session unlike its header's", FRAME_HELLO, .flip.hello.session = 64 },
	{ "without a session", FRAME_HELLO,
	  .flip.hello.session = INSTEAD(1, 0),
	  .flip.header.session = INSTEAD(1, 0) },
	{ "of a wrong version", FRAME_HELLO, .flip.header.version = INSTEAD(1, 2) },
	{ "of another type", FRAME_HELLO,
	  .flip.header.type = INSTEAD(FRAME_HELLO, FRAME_ACK),
	  .flip.header.length = INSTEAD(HELLO_SIZE, 0) },
	{ "of an unknown type", FRAME_HELLO, .flip.header.type = INSTEAD(FRAME_HELLO, 200) },
	{ "too short", FRAME_HELLO, .flip.header.length = INSTEAD(HELLO_SIZE, HELLO_SIZE - 1) },
	{ "too long", FRAME_HELLO, .flip.header.length = INSTEAD(HELLO_SIZE, HELLO_SIZE + 1) },
	{ "of huge length", FRAME_HELLO, .flip.header.length = 1U << 31 },
	{ "with a number", FRAME_HELLO, .flip.header.sequence = 1 },
	{ "with a container", FRAME_HELLO, .flip.header.dcid = 1 },
	{ "with another acknowledgment than its header", FRAME_HELLO, .flip.header.ack = 17 },
	{ "after frames that were never sent", FRAME_HELLO,
	  .flip.header.ack = 1000, .flip.hello.received = 1000 },
};

TEST_F(frame, every_malformed_hello_is_refused_and_counted)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_hellos); i++) {
		__u64 before = node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO);
		int fd = frame_connect(&self->cluster, EVIL, 0);
		struct frame frame;

		ASSERT_LE(0, fd);
		frame_hello(&frame, &self->cluster, EVIL, 0);
		apply(&frame, &bad_hellos[i]);
		send_broken(fd, &frame);
		EXPECT_TRUE(frame_closed(fd))
			TH_LOG("HELLO %s", bad_hellos[i].name);
		EXPECT_TRUE(eventually(node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO) ==
				       before + 1))
			TH_LOG("HELLO %s", bad_hellos[i].name);
		close(fd);
	}
}

TEST_F(frame, a_hello_that_is_cut_off_does_no_harm)
{
	struct frame frame;

	frame_hello(&frame, &self->cluster, EVIL, 0);
	for (size_t length = 0; length < sizeof(frame.header) + sizeof(frame.hello); length += 7) {
		int fd = frame_connect(&self->cluster, EVIL, 0);

		ASSERT_LE(0, fd);
		frame_send_bytes(fd, &frame, length);
		close(fd);
	}
}

TEST_F(frame, a_hello_in_pieces_is_understood)
{
	const char *byte;
	struct frame frame;
	int fd = frame_connect(&self->cluster, EVIL, 0);

	ASSERT_LE(0, fd);
	frame_hello(&frame, &self->cluster, EVIL, 0);
	byte = (const char *)&frame;
	for (size_t i = 0; i < sizeof(frame.header) + sizeof(frame.hello); i++) {
		ASSERT_EQ(0, frame_send_bytes(fd, byte + i, 1));
		if (i % 16 == 0)
			sleep_ms(1);
	}
	ASSERT_EQ(0, frame_receive(fd, &frame));
	EXPECT_EQ(FRAME_HELLO, frame.header.type);
	close(fd);
}

TEST_F(frame, whoever_says_nothing_is_sent_away)
{
	__u64 before = node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO);
	int fd = frame_connect(&self->cluster, EVIL, 0);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(frame_closed(fd));
	EXPECT_EQ(before + 1, node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO));
	close(fd);
}

TEST_F(frame, many_who_say_nothing_keep_nobody_out)
{
	int fds[200], fd = -1;

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = frame_connect(&self->cluster, EVIL, 0);
	/* Not at once, perhaps: when the first of them have been sent away. */
	EXPECT_TRUE(eventually((fd = greet(&self->cluster)) >= 0));
	close(fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

TEST_F(frame, noise_is_refused_and_counted)
{
	char noise[8192];

	srand(1);
	for (int i = 0; i < 20; i++) {
		__u64 before = node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO);
		int fd = frame_connect(&self->cluster, EVIL, 0);

		ASSERT_LE(0, fd);
		for (size_t n = 0; n < sizeof(noise); n++)
			noise[n] = rand();
		frame_send_bytes(fd, noise, sizeof(noise));
		EXPECT_TRUE(frame_closed(fd));
		EXPECT_TRUE(eventually(node_counter(&self->cluster, DVS_A_NODE_BAD_HELLO) ==
				       before + 1));
		close(fd);
	}
}

static const struct breakage bad_frames[] = {
	{ "wrong version", FRAME_REQUEST, .flip.header.version = INSTEAD(1, 2) },
	{ "unknown type", FRAME_REQUEST, .flip.header.type = INSTEAD(FRAME_REQUEST, 200) },
	{ "too short", FRAME_REQUEST,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE - 1) },
	{ "too long", FRAME_REQUEST,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE + 1) },
	{ "huge length", FRAME_REQUEST, .flip.header.length = 1U << 31 },
	{ "number 0", FRAME_REQUEST, .flip.header.sequence = INSTEAD(1, 0) },
	{ "a frame missing before it", FRAME_REQUEST, .flip.header.sequence = INSTEAD(1, 5) },
	{ "impossible acknowledgment", FRAME_REQUEST, .flip.header.ack = 1000 },
	{ "no container", FRAME_REQUEST, .flip.header.dcid = INSTEAD(WORLD_DCID, 0) },
	{ "no call", FRAME_REQUEST, .flip.header.call = INSTEAD(FIRST_CALL, 0) },
	{ "no source", FRAME_REQUEST, .flip.header.source = INSTEAD(FRAME_SOURCE, 0) },
	{ "no destination", FRAME_REQUEST, .flip.header.destination = INSTEAD(SERVER_SLOT, 0) },
	{ "another session", FRAME_REQUEST, .flip.header.session = 64 },
	{ "another HELLO", FRAME_REQUEST,
	  .flip.header.type = INSTEAD(FRAME_REQUEST, FRAME_HELLO),
	  .flip.header.length = INSTEAD(REQUEST_SIZE, HELLO_SIZE) },
	{ "nine segments", FRAME_REQUEST, .flip.request.segment_count = 9 },
	{ "segments unlike the length", FRAME_REQUEST, .flip.request.segment_count = 1 },
	{ "unknown flags", FRAME_REQUEST, .flip.request.flags = 1U << 31 },
	{ "empty segment", FRAME_REQUEST,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE + SEGMENT_SIZE),
	  .flip.request.segment_count = 1, .flip.request.segments[0].flags = 1 },
	{ "segment without rights", FRAME_REQUEST,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE + SEGMENT_SIZE),
	  .flip.request.segment_count = 1, .flip.request.segments[0].length = 1 },
	{ "endless segment", FRAME_REQUEST,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE + SEGMENT_SIZE),
	  .flip.request.segment_count = 1, .flip.request.segments[0].flags = 1,
	  .flip.request.segments[0].length = ~0ULL },
	{ "segment of a message", FRAME_MESSAGE,
	  .flip.header.length = INSTEAD(REQUEST_SIZE, REQUEST_SIZE + SEGMENT_SIZE),
	  .flip.request.segment_count = 1, .flip.request.segments[0].flags = 1,
	  .flip.request.segments[0].length = 1 },
	{ "acknowledgment with a number", FRAME_ACK, .flip.header.sequence = 1 },
	{ "acknowledgment with a container", FRAME_ACK, .flip.header.dcid = 1 },
	{ "too short", FRAME_REPLY, .flip.header.length = INSTEAD(64, 63) },
	{ "unknown error", FRAME_REPLY, .flip.reply.error = 99 },
	{ "map version for nothing", FRAME_REPLY, .flip.reply.map_version = 1 },
	{ "too long", FRAME_CANCEL, .flip.header.length = 1 },
	{ "no copy", FRAME_READ, .flip.copy.copy = INSTEAD(1, 0) },
	{ "huge", FRAME_READ, .flip.copy.length = 1U << 30 },
	{ "beyond everything", FRAME_READ, .flip.copy.offset = ~0ULL },
	{ "segment 9", FRAME_READ, .flip.copy.segment = 9 },
	{ "of nothing", FRAME_READ, .flip.copy.length = INSTEAD(16, 0) },
	{ "data unlike its length", FRAME_WRITE, .flip.copy.length = INSTEAD(16, 17) },
	{ "failed, with data", FRAME_COPIED,
	  .flip.header.length = INSTEAD(COPY_SIZE, COPY_SIZE + 16),
	  .flip.copy.error = 2 },
	{ "no bits", FRAME_NOTIFY, .flip.notify.bits = INSTEAD(1, 0) },
	{ "error in a question", FRAME_NOTIFY, .flip.notify.error = 2 },
	{ "no events", FRAME_WATCH, .flip.watch.events = INSTEAD(DVS_WAIT_BOUND, 0) },
	{ "unknown events", FRAME_WATCH, .flip.watch.events = 64 },
	{ "no endpoint", FRAME_WATCH, .flip.watch.endpoint = INSTEAD(SERVER_SLOT, 0) },
};

/* Node 1 has closed the connection and asks for another: start from the beginning. */
static int restart_link(struct cluster *cluster)
{
	int error = cluster_view(cluster, GOOD_NODES);

	/* To be admitted it must be told, and for that it must be there. */
	if (!error)
		error = cluster_node_set(cluster, EVIL);
	if (!error)
		error = cluster_view(cluster, ALL_NODES);
	return error ?: test_node_del(&cluster->nl[EVIL]);
}

TEST_F_TIMEOUT(frame, every_malformed_frame_closes_the_connection_and_is_counted, 300)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_frames); i++) {
		const struct breakage *b = &bad_frames[i];
		__u64 before = peer_counter(&self->cluster, EVIL, DVS_A_PEER_BAD_FRAMES);
		struct frame frame;
		int fd = -1;

		ASSERT_TRUE(eventually((fd = greet(&self->cluster)) >= 0));
		frame_make(&frame, &self->cluster, EVIL, b->type, 1, WORLD_DCID, SERVER_SLOT);
		apply(&frame, b);
		send_broken(fd, &frame);
		EXPECT_TRUE(frame_closed(fd))
			TH_LOG("frame of type %u: %s", b->type, b->name);
		EXPECT_TRUE(eventually(peer_counter(&self->cluster, EVIL, DVS_A_PEER_BAD_FRAMES) ==
				       before + 1))
			TH_LOG("frame of type %u: %s", b->type, b->name);
		close(fd);
	}
	EXPECT_EQ(0, info(self->server).calls);
}

TEST_F(frame, a_frame_that_is_cut_off_does_no_harm)
{
	struct frame frame;

	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, WORLD_DCID, self->to);
	for (size_t length = 1; length < sizeof(frame.header) + frame.header.length; length += 9) {
		int fd = -1;

		ASSERT_TRUE(eventually((fd = greet(&self->cluster)) >= 0));
		frame_send_bytes(fd, &frame, length);
		close(fd);
	}
	EXPECT_EQ(0, info(self->server).calls);
	EXPECT_FALSE(readable(self->server, 0));
}

TEST_F(frame, a_frame_sent_twice_is_delivered_once)
{
	struct dvs_receive_args m;
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, WORLD_DCID, self->to);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_TRUE(eventually(peer_counter(&self->cluster, EVIL,
					    DVS_A_PEER_DUPLICATE_FRAMES) == 1));
	EXPECT_EQ(-EAGAIN, take_now(self->server, &m));
	close(fd);
	ASSERT_EQ(0, restart_link(&self->cluster));
}

TEST_F(frame, a_call_number_in_use_is_refused)
{
	struct dvs_receive_args m;
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, WORLD_DCID, self->to);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, take(self->server, &m));
	frame.header.sequence = 2;
	ASSERT_EQ(0, frame_send(fd, &frame));
	EXPECT_TRUE(frame_closed(fd));
	close(fd);
	ASSERT_EQ(0, restart_link(&self->cluster));
	EXPECT_EQ(-ESRCH, reply(self->server, m.msg.token, 0));
}

/* Wait for the answer to a frame of ours. */
static int answer_to(int fd, struct frame *frame)
{
	int error;

	do
		error = frame_receive(fd, frame);
	while (!error && frame->header.type == FRAME_ACK);
	return error;
}

TEST_F(frame, a_container_that_is_not_here_is_answered_and_counted)
{
	__u64 before = node_counter(&self->cluster, DVS_A_NODE_UNKNOWN_DC);
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, 4711, self->to);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, answer_to(fd, &frame));
	EXPECT_EQ(FRAME_REPLY, frame.header.type);
	EXPECT_NE(0, frame.reply.error);
	EXPECT_EQ(before + 1, node_counter(&self->cluster, DVS_A_NODE_UNKNOWN_DC));
	close(fd);
}

TEST_F(frame, a_slot_that_is_elsewhere_is_answered)
{
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, 1, WORLD_DCID, 50000);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, answer_to(fd, &frame));
	EXPECT_EQ(FRAME_REPLY, frame.header.type);
	EXPECT_EQ(1, frame.reply.error);
	EXPECT_EQ(self->cluster.version, frame.reply.map_version);
	close(fd);
}

TEST_F(frame, a_notification_for_nobody_is_counted)
{
	__u64 before = node_counter(&self->cluster, DVS_A_NODE_DROPPED_NOTIFICATIONS);
	struct frame frame;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	frame_make(&frame, &self->cluster, EVIL, FRAME_NOTIFY, 1, WORLD_DCID, SERVER_UNBOUND);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, answer_to(fd, &frame));
	EXPECT_EQ(FRAME_NOTIFIED, frame.header.type);
	EXPECT_EQ(before + 1, node_counter(&self->cluster, DVS_A_NODE_DROPPED_NOTIFICATIONS));
	close(fd);
}

TEST_F(frame, answers_to_nothing_are_ignored)
{
	static const enum frame_type types[] = { FRAME_REPLY, FRAME_CANCEL, FRAME_COPIED,
						 FRAME_NOTIFIED, FRAME_WATCHED };
	struct dvs_receive_args m;
	struct frame frame;
	__u32 sequence = 0;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		frame_make(&frame, &self->cluster, EVIL, types[i], ++sequence, WORLD_DCID,
			   self->to);
		frame.header.call = 123456;
		ASSERT_EQ(0, frame_send(fd, &frame));
	}
	/* The connection still works. */
	frame_make(&frame, &self->cluster, EVIL, FRAME_REQUEST, ++sequence, WORLD_DCID, self->to);
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, take(self->server, &m));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 0));
	EXPECT_EQ(0, peer_counter(&self->cluster, EVIL, DVS_A_PEER_BAD_FRAMES));
	close(fd);
}

TEST_F(frame, nobody_answers_anothers_calls)
{
	struct dvs_receive_args m;
	struct frame frame;
	struct job *job;
	int fd = greet(&self->cluster);

	ASSERT_LE(0, fd);
	job = start_sendrec(self->client, self->to, 7);
	ASSERT_EQ(0, take(self->server, &m));
	/* The call is node 2's; node 3 guesses its number and cancels it. */
	frame_make(&frame, &self->cluster, EVIL, FRAME_CANCEL, 1, WORLD_DCID, self->to);
	frame.header.call = m.id.sequence;
	ASSERT_EQ(0, frame_send(fd, &frame));
	frame_make(&frame, &self->cluster, EVIL, FRAME_READ, 2, WORLD_DCID, self->to);
	frame.header.call = m.id.sequence;
	ASSERT_EQ(0, frame_send(fd, &frame));
	ASSERT_EQ(0, answer_to(fd, &frame));
	EXPECT_EQ(FRAME_COPIED, frame.header.type);
	EXPECT_NE(0, frame.copy.error);
	EXPECT_TRUE(job_waits(job));
	EXPECT_EQ(0, reply(self->server, m.msg.token, 8));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(8, job->send.msg.type);
	close(fd);
}

TEST_F_TIMEOUT(frame, noise_inside_of_good_headers_does_no_harm, 300)
{
	struct dvs_receive_args m;

	srand(2);
	for (int i = 0; i < 100; i++) {
		struct frame frame;
		int fd = -1;

		/* A frame that passed moved the sequence on: from the beginning, then. */
		if (i % 20 == 0)
			ASSERT_EQ(0, restart_link(&self->cluster));
		ASSERT_TRUE(eventually((fd = greet(&self->cluster)) >= 0));
		frame_make(&frame, &self->cluster, EVIL,
			   FRAME_REQUEST + rand() % (FRAME_WATCHED - FRAME_REQUEST + 1),
			   1 + rand() % 2, WORLD_DCID, self->to);
		for (int n = rand() % 4; n >= 0; n--)
			frame.bytes[rand() % 128] = rand();
		frame_send(fd, &frame);
		while (!take_now(self->server, &m)) {
			if (m.kind == DVS_KIND_REQUEST)
				reply(self->server, m.msg.token, 0);
		}
		close(fd);
	}
	ASSERT_EQ(0, restart_link(&self->cluster));
	while (!take_now(self->server, &m))
		;
}

TEST_HARNESS_MAIN
