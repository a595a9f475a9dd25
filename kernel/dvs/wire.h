/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The format of frames on a link, and pure functions that check it.
 *
 * Version history:
 *   1  first version
 */
#ifndef _DVS_WIRE_H
#define _DVS_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#include <uapi/linux/dvs.h>

#include "limits.h"

#define DVS_WIRE_VERSION	1
#define DVS_WIRE_MAGIC		0x31535644	/* "DVS1" */

/**
 * enum dvs_wire_type - what a frame says
 * @DVS_WIRE_HELLO: first frame in each direction of a connection; unsequenced
 * @DVS_WIRE_ACK: nothing but the ack in the header; unsequenced
 * @DVS_WIRE_REQUEST: a message that opens a call (dvs_sendrec())
 * @DVS_WIRE_MESSAGE: a message that wants to know it was taken (dvs_send())
 * @DVS_WIRE_REPLY: ends a request or a message
 * @DVS_WIRE_CANCEL: the home gives up a request, a message or a watch
 * @DVS_WIRE_READ: the holder of a call asks for bytes of a segment
 * @DVS_WIRE_WRITE: the holder of a call sends bytes for a segment
 * @DVS_WIRE_COPIED: ends a read (with the bytes) or a write
 * @DVS_WIRE_NOTIFY: bits for an endpoint
 * @DVS_WIRE_NOTIFIED: the bits have been recorded, or why not
 * @DVS_WIRE_WATCH: asks to be told when a slot changes (dvs_wait())
 * @DVS_WIRE_WATCHED: ends a watch
 */
enum dvs_wire_type {
	DVS_WIRE_HELLO = 1,
	DVS_WIRE_ACK,
	DVS_WIRE_REQUEST,
	DVS_WIRE_MESSAGE,
	DVS_WIRE_REPLY,
	DVS_WIRE_CANCEL,
	DVS_WIRE_READ,
	DVS_WIRE_WRITE,
	DVS_WIRE_COPIED,
	DVS_WIRE_NOTIFY,
	DVS_WIRE_NOTIFIED,
	DVS_WIRE_WATCH,
	DVS_WIRE_WATCHED,
	/* private: one more than the last */
	DVS_WIRE_TYPES
};

/**
 * struct dvs_wire_header - start of every frame
 * @version: %DVS_WIRE_VERSION
 * @type: &enum dvs_wire_type
 * @attempt: how often the home has sent this request or message before; 0 in
 *	other frames
 * @length: bytes of payload that follow
 * @sequence: number of the frame on its link, from 1; 0 in unsequenced frames
 * @ack: highest sequence number received in order from the other side
 * @session: session of the sending node
 * @dcid: container the frame belongs to; 0 in unsequenced frames
 * @call: number of the call, notification or watch at the node that began it;
 *	copies have theirs in the payload
 * @epoch: owner epoch of the destination's slot as the sender knows it; 0 in
 *	frames that are not sent to whoever owns a slot
 * @trace: trace id of a call, inherited by calls made while serving it; 0 in
 *	frames of notifications and watches
 * @source: endpoint number of the sender
 * @destination: endpoint number of the receiver
 */
struct dvs_wire_header {
	__u8 version;
	__u8 type;
	__le16 attempt;
	__le32 length;
	__le32 sequence;
	__le32 ack;
	__le64 session;
	__le64 dcid;
	__le64 call;
	__le64 epoch;
	__le64 trace;
	__le32 source;
	__le32 destination;
};

static_assert(sizeof(struct dvs_wire_header) == 64);

/**
 * struct dvs_wire_hello - payload of %DVS_WIRE_HELLO
 * @magic: %DVS_WIRE_MAGIC
 * @version_min: oldest version the sender speaks
 * @version_max: newest version the sender speaks
 * @cluster: number of the cluster
 * @incarnation: random number of the sending node instance
 * @features: features the sender has; both sides use what both have
 * @session: session of the sender (as in the header)
 * @peer_session: session in which the sender knows the receiver
 * @received: highest sequence number received in order so far between these
 *	two sessions: the receiver resends what follows
 * @node: number of the sending node
 * @peer: number of the node the sender believes it talks to
 */
struct dvs_wire_hello {
	__le32 magic;
	__le16 version_min;
	__le16 version_max;
	__le64 cluster;
	__le64 incarnation;
	__le64 features;
	__le64 session;
	__le64 peer_session;
	__le32 received;
	__le16 node;
	__le16 peer;
};

static_assert(sizeof(struct dvs_wire_hello) == 56);

/**
 * struct dvs_wire_segment - a segment of a request
 * @length: bytes, not 0
 * @flags: %DVS_SEGMENT_READ, %DVS_SEGMENT_WRITE or both
 * @reserved: 0
 */
struct dvs_wire_segment {
	__le64 length;
	__le32 flags;
	__le32 reserved;
};

/* &dvs_wire_request.flags, &dvs_wire_watch.flags: answer at once */
#define DVS_WIRE_NOWAIT		BIT(0)

/**
 * struct dvs_wire_request - payload of %DVS_WIRE_REQUEST, %DVS_WIRE_MESSAGE
 * @type: type of the message
 * @uid: effective user of the sender in the container's user namespace
 * @gid: effective group, likewise
 * @pid: process of the sender in the container's pid namespace of its node
 * @segment_count: entries in @segments; only those are sent
 * @flags: %DVS_WIRE_NOWAIT
 * @payload: payload of the message
 * @segments: what the call grants; none with %DVS_WIRE_MESSAGE
 */
struct dvs_wire_request {
	__le32 type;
	__le32 uid;
	__le32 gid;
	__le32 pid;
	__le32 segment_count;
	__le32 flags;
	__u8 payload[DVS_PAYLOAD_SIZE];
	struct dvs_wire_segment segments[DVS_SEGMENTS_MAX];
};

static_assert(sizeof(struct dvs_wire_request) == 72 + 16 * DVS_SEGMENTS_MAX);

/**
 * struct dvs_wire_reply - payload of %DVS_WIRE_REPLY
 * @error: &enum dvs_wire_error
 * @type: type of the reply
 * @map_version: with an error version of the slot map that the answering node
 *	has, or 0
 * @payload: payload of the reply
 */
struct dvs_wire_reply {
	__le32 error;
	__le32 type;
	__le64 map_version;
	__u8 payload[DVS_PAYLOAD_SIZE];
};

static_assert(sizeof(struct dvs_wire_reply) == 64);

/**
 * struct dvs_wire_copy - payload of %DVS_WIRE_READ, %DVS_WIRE_WRITE and
 *	%DVS_WIRE_COPIED; the data of a write and of a completed read follows
 * @copy: number of the copy at the holder
 * @offset: offset in the segment
 * @length: bytes asked for or sent; with %DVS_WIRE_COPIED bytes copied
 * @segment: index of the segment
 * @error: &enum dvs_wire_error, with %DVS_WIRE_COPIED
 * @reserved: 0
 *
 * The call is named by the header.
 */
struct dvs_wire_copy {
	__le64 copy;
	__le64 offset;
	__le32 length;
	__le32 segment;
	__le32 error;
	__le32 reserved;
};

static_assert(sizeof(struct dvs_wire_copy) == 32);

/**
 * struct dvs_wire_notify - payload of %DVS_WIRE_NOTIFY, %DVS_WIRE_NOTIFIED
 * @bits: the bits
 * @error: &enum dvs_wire_error, with %DVS_WIRE_NOTIFIED
 * @uid: user of the notifying endpoint's sender
 * @gid: group, likewise
 * @pid: process, likewise
 */
struct dvs_wire_notify {
	__le64 bits;
	__le32 error;
	__le32 uid;
	__le32 gid;
	__le32 pid;
};

static_assert(sizeof(struct dvs_wire_notify) == 24);

/**
 * struct dvs_wire_watch - payload of %DVS_WIRE_WATCH, %DVS_WIRE_WATCHED
 * @events: &dvs_wait_args.events
 * @endpoint: number watched; in the answer the number bound now
 * @error: &enum dvs_wire_error, with %DVS_WIRE_WATCHED
 * @flags: %DVS_WIRE_NOWAIT, with %DVS_WIRE_WATCH
 * @map_version: with %DVS_WIRE_WATCHED version of the slot map that the answering
 *	node has, or 0
 */
struct dvs_wire_watch {
	__le32 events;
	__le32 endpoint;
	__le32 error;
	__le32 flags;
	__le64 map_version;
};

static_assert(sizeof(struct dvs_wire_watch) == 24);

/* Longest payload: a chunk of a copy with its description. */
#define DVS_WIRE_PAYLOAD_MAX	(sizeof(struct dvs_wire_copy) + DVS_COPY_CHUNK)

/**
 * enum dvs_wire_error - errors on the wire; errnos differ between architectures
 * @DVS_WIRE_OK: none
 * @DVS_WIRE_EMOVED: the sender's slot map is not the receiver's: route again
 * @DVS_WIRE_ENXIO: nobody has bound the slot
 * @DVS_WIRE_ESTALE: the generation is over
 * @DVS_WIRE_EIDRM: the receiver went away before it took the message
 * @DVS_WIRE_EOWNERDEAD: it went away afterwards: outcome unknown
 * @DVS_WIRE_EDQUOT: a limit of the container is reached
 * @DVS_WIRE_ENOMEM: no memory
 * @DVS_WIRE_EFAULT: memory of a segment cannot be accessed
 * @DVS_WIRE_ESRCH: the call is not open
 * @DVS_WIRE_EPERM: the segment may not be used so
 * @DVS_WIRE_EINVAL: outside the segment
 * @DVS_WIRE_EAGAIN: nobody was waiting; or too many copies of the call wait
 * @DVS_WIRE_EIO: any other error
 */
enum dvs_wire_error {
	DVS_WIRE_OK,
	DVS_WIRE_EMOVED,
	DVS_WIRE_ENXIO,
	DVS_WIRE_ESTALE,
	DVS_WIRE_EIDRM,
	DVS_WIRE_EOWNERDEAD,
	DVS_WIRE_EDQUOT,
	DVS_WIRE_ENOMEM,
	DVS_WIRE_EFAULT,
	DVS_WIRE_ESRCH,
	DVS_WIRE_EPERM,
	DVS_WIRE_EINVAL,
	DVS_WIRE_EAGAIN,
	DVS_WIRE_EIO,
	/* private: one more than the last */
	DVS_WIRE_ERRORS
};

/* Internal error number for %DVS_WIRE_EMOVED; never reaches user space. */
#define DVS_EMOVED	1024

u32 dvs_wire_error(int error);
int dvs_wire_errno(u32 error);

/* Does sequence number @a come after @b? Numbers wrap. */
static inline bool dvs_wire_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline u32 dvs_wire_next(u32 sequence)
{
	/* 0 marks unsequenced frames. */
	return ++sequence ?: 1;
}

const char *dvs_wire_check_header(const struct dvs_wire_header *header,
				  u64 session);
const char *dvs_wire_check_payload(const struct dvs_wire_header *header,
				   const void *payload);
const char *dvs_wire_check_hello(const struct dvs_wire_header *header,
				 const struct dvs_wire_hello *hello);

#endif /* _DVS_WIRE_H */
