/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames of a link, written by hand: what a node can be sent by somebody
 * who wants to harm it. See Documentation/dvs/wire.rst.
 */
#ifndef DVS_SELFTESTS_FRAME_H
#define DVS_SELFTESTS_FRAME_H

#include <linux/dvs.h>
#include <linux/types.h>
#include <stdbool.h>

#include "cluster.h"

#define FRAME_VERSION		1
#define FRAME_MAGIC		0x31535644

/* Of the frames made by frame_make() */
#define FRAME_SOURCE		DVS_ENDPOINT(60000, 1)
#define FRAME_CALLS		1000	/* plus the sequence number */

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_ACK,
	FRAME_REQUEST,
	FRAME_MESSAGE,
	FRAME_REPLY,
	FRAME_CANCEL,
	FRAME_READ,
	FRAME_WRITE,
	FRAME_COPIED,
	FRAME_NOTIFY,
	FRAME_NOTIFIED,
	FRAME_WATCH,
	FRAME_WATCHED,
};

/* Little-endian, as are the machines these tests run on. */
struct frame_header {
	__u8 version;
	__u8 type;
	__u16 attempt;
	__u32 length;
	__u32 sequence;
	__u32 ack;
	__aligned_u64 session;
	__aligned_u64 dcid;
	__aligned_u64 call;
	__aligned_u64 epoch;
	__aligned_u64 trace;
	__u32 source;
	__u32 destination;
};

struct frame_hello {
	__u32 magic;
	__u16 version_min;
	__u16 version_max;
	__aligned_u64 cluster;
	__aligned_u64 incarnation;
	__aligned_u64 features;
	__aligned_u64 session;
	__aligned_u64 peer_session;
	__u32 received;
	__u16 node;
	__u16 peer;
};

struct frame_segment {
	__aligned_u64 length;
	__u32 flags;
	__u32 reserved;
};

struct frame_request {
	__u32 type;
	__u32 uid;
	__u32 gid;
	__u32 pid;
	__u32 segment_count;
	__u32 flags;
	__u8 payload[DVS_PAYLOAD_SIZE];
	struct frame_segment segments[DVS_SEGMENTS_MAX];
};

struct frame_reply {
	__u32 error;
	__u32 type;
	__aligned_u64 map_version;
	__u8 payload[DVS_PAYLOAD_SIZE];
};

struct frame_copy {
	__aligned_u64 copy;
	__aligned_u64 offset;
	__u32 length;
	__u32 segment;
	__u32 error;
	__u32 reserved;
};

struct frame_notify {
	__aligned_u64 bits;
	__u32 error;
	__u32 uid;
	__u32 gid;
	__u32 pid;
};

struct frame_watch {
	__u32 events;
	__u32 endpoint;
	__u32 error;
	__u32 flags;
	__aligned_u64 map_version;
};

struct frame {
	struct frame_header header;
	union {
		struct frame_hello hello;
		struct frame_request request;
		struct frame_reply reply;
		struct frame_copy copy;
		struct frame_notify notify;
		struct frame_watch watch;
		__u8 bytes[512];
	};
};

/*
 * A TCP connection from the network namespace of node @from to the port of node
 * @to; the descriptor or a negated errno.
 */
int frame_connect(struct cluster *cluster, unsigned int from, unsigned int to);

/* The HELLO that node @from would say to node @to */
void frame_hello(struct frame *frame, const struct cluster *cluster, unsigned int from,
		 unsigned int to);

/* An otherwise good frame of a type, from node @from, for an endpoint */
void frame_make(struct frame *frame, const struct cluster *cluster, unsigned int from,
		enum frame_type type, __u32 sequence, __u64 dcid, __u32 destination);

/* 0 or a negated errno */
int frame_send(int fd, const struct frame *frame);
int frame_send_bytes(int fd, const void *data, size_t length);
/* Read one frame within some time: 0, -EPIPE when the other side closed, -ETIME. */
int frame_receive(int fd, struct frame *frame);

/* The other side closes the connection, within some time. */
bool frame_closed(int fd);

#endif /* DVS_SELFTESTS_FRAME_H */
