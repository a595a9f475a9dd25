/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Distributed virtualization: endpoints, messages and calls.
 *
 * Every structure has the same layout for 32- and 64-bit callers. Each system
 * call takes the size of the structure it is given, so that structures can
 * grow at their end: the kernel treats missing fields as zero and refuses
 * fields it does not know unless they are zero (%E2BIG). Flags and reserved
 * fields that are not described here must be zero (%EINVAL).
 *
 * See Documentation/dvs/abi.rst.
 */
#ifndef _UAPI_LINUX_DVS_H
#define _UAPI_LINUX_DVS_H

#include <linux/types.h>

/* Version of this interface; &dvs_info.abi_version */
#define DVS_ABI_VERSION		1

/*
 * An endpoint number names an endpoint of a distributed container: a slot in
 * the low 16 bits, its generation in the high 16 bits. Generation 0 in a
 * destination means whoever holds the slot now.
 */
#define DVS_ENDPOINT(slot, generation) \
	(((__u32)(generation) << 16) | ((__u32)(slot) & 0xffff))
#define DVS_SLOT(endpoint)		((__u16)((endpoint) & 0xffff))
#define DVS_GENERATION(endpoint)	((__u16)((endpoint) >> 16))

/* Slots: 0 names none, 1 to 1023 are well known, the rest is dynamic. */
#define DVS_SLOT_ANY			0
#define DVS_SLOT_DYNAMIC_FIRST		1024
#define DVS_SLOT_MAX			65535

#define DVS_PAYLOAD_SIZE		48
#define DVS_SEGMENTS_MAX		8

/**
 * struct dvs_msg - a message: one cache line
 * @source: endpoint number of the sender; set by the kernel
 * @type: the sender's to choose; the kernel does not look at it
 * @token: handle of the call this message opens at the receiver; 0 when it
 *	opens none; set by the kernel
 * @payload: data
 */
struct dvs_msg {
	__u32 source;
	__u32 type;
	__aligned_u64 token;
	__u8 payload[DVS_PAYLOAD_SIZE];
};

/* &dvs_segment.flags: what the holder of the call may do to the memory */
#define DVS_SEGMENT_READ		(1U << 0)
#define DVS_SEGMENT_WRITE		(1U << 1)

/**
 * struct dvs_segment - memory of the caller granted to the holder of a call
 * @addr: address in the caller's memory
 * @length: length in bytes, not 0
 * @flags: %DVS_SEGMENT_READ, %DVS_SEGMENT_WRITE or both
 * @reserved: 0
 */
struct dvs_segment {
	__aligned_u64 addr;
	__aligned_u64 length;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct dvs_segment_info - a segment as the holder of the call sees it
 * @length: length in bytes
 * @flags: %DVS_SEGMENT_READ, %DVS_SEGMENT_WRITE or both
 * @reserved: 0
 */
struct dvs_segment_info {
	__aligned_u64 length;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct dvs_call_id - cluster-wide name of a call
 * @origin: node of the caller in the top 16 bits, its session in the rest;
 *	0 in a container that is attached to no cluster
 * @sequence: number of the call, unique for @origin
 */
struct dvs_call_id {
	__aligned_u64 origin;
	__aligned_u64 sequence;
};

/* Flags of more than one call */
#define DVS_NOWAIT			(1ULL << 0)	/* fail with EAGAIN instead of waiting */

/**
 * struct dvs_bind_args - dvs_bind()
 * @flags: 0
 * @slot: slot to take, or %DVS_SLOT_ANY for a dynamic one
 * @clockid: clock of @timeout: %CLOCK_MONOTONIC, %CLOCK_REALTIME or
 *	%CLOCK_BOOTTIME
 * @timeout: pointer to a struct __kernel_timespec with the absolute time at
 *	which to give up waiting for the cluster to assign the slot; 0 for none
 * @endpoint: out: number of the new endpoint
 * @reserved: 0
 */
struct dvs_bind_args {
	__aligned_u64 flags;
	__u32 slot;
	__u32 clockid;
	__aligned_u64 timeout;
	__u32 endpoint;
	__u32 reserved;
};

/**
 * struct dvs_send_args - dvs_send() and dvs_sendrec()
 * @flags: %DVS_NOWAIT (dvs_send() only)
 * @destination: endpoint number
 * @segment_count: number of entries in @segments, at most %DVS_SEGMENTS_MAX;
 *	0 for dvs_send()
 * @segments: pointer to an array of struct dvs_segment
 * @timeout: pointer to a struct __kernel_timespec with the absolute time at
 *	which to give up; 0 for none
 * @clockid: clock of @timeout
 * @reserved: 0
 * @call: 0; or the handle of an interrupted call to wait for, in which case
 *	of the other fields only @flags, @timeout, @clockid and @reserved are
 *	looked at. out: the handle, when the call returned %EINTR and stays
 *	open; unchanged with %EBUSY and %ESRCH; else 0
 * @msg: in: type and payload to send. out: the reply (dvs_sendrec())
 */
struct dvs_send_args {
	__aligned_u64 flags;
	__u32 destination;
	__u32 segment_count;
	__aligned_u64 segments;
	__aligned_u64 timeout;
	__u32 clockid;
	__u32 reserved;
	__aligned_u64 call;
	struct dvs_msg msg;
};

/* &dvs_receive_args.flags, beside DVS_NOWAIT */
#define DVS_RECEIVE_REQUESTS		(1ULL << 1)	/* only messages that open a call */
#define DVS_RECEIVE_SOURCE		(1ULL << 2)	/* only from &dvs_receive_args.source */

/* &dvs_receive_args.kind */
#define DVS_KIND_MESSAGE		1	/* from dvs_send() */
#define DVS_KIND_REQUEST		2	/* from dvs_sendrec(): wants a reply */
#define DVS_KIND_NOTIFICATION		3	/* from dvs_notify() */

/**
 * struct dvs_receive_args - dvs_receive()
 * @flags: %DVS_NOWAIT, %DVS_RECEIVE_REQUESTS, %DVS_RECEIVE_SOURCE
 * @timeout: pointer to a struct __kernel_timespec with the absolute time at
 *	which to give up; 0 for none
 * @clockid: clock of @timeout
 * @source: with %DVS_RECEIVE_SOURCE the endpoint number to receive from; its
 *	generation may be 0; else 0
 * @kind: out: %DVS_KIND_MESSAGE, %DVS_KIND_REQUEST or %DVS_KIND_NOTIFICATION
 * @segment_count: out: number of entries set in @segments
 * @uid: out: effective user of the sending thread, in the container's user
 *	namespace
 * @gid: out: effective group, likewise
 * @pid: out: process (thread group) of the sender in the container's pid
 *	namespace on the node @node; 0 where it has none
 * @node: out: node of the sender; 0 in a container attached to no cluster
 * @id: out: name of the call
 * @notified: out: bits of a notification, else 0
 * @msg: out: the message
 * @segments: out: the segments that came with a request
 */
struct dvs_receive_args {
	__aligned_u64 flags;
	__aligned_u64 timeout;
	__u32 clockid;
	__u32 source;
	__u32 kind;
	__u32 segment_count;
	__u32 uid;
	__u32 gid;
	__s32 pid;
	__u32 node;
	struct dvs_call_id id;
	__aligned_u64 notified;
	struct dvs_msg msg;
	struct dvs_segment_info segments[DVS_SEGMENTS_MAX];
};

/**
 * struct dvs_reply_args - dvs_reply()
 * @flags: 0
 * @token: the call to complete
 * @msg: type and payload of the reply
 */
struct dvs_reply_args {
	__aligned_u64 flags;
	__aligned_u64 token;
	struct dvs_msg msg;
};

/**
 * struct dvs_replyrec_args - dvs_replyrec()
 * @token: the call to complete first; 0 for none. out: 0 once it was tried,
 *	so that a restarted system call does not reply twice
 * @reply_error: out, unless @token is 0: 0, or the negated errno of the reply
 *	when it failed; the receive part happens in any case
 * @reserved: 0
 * @reply: type and payload of the reply
 * @receive: as for dvs_receive()
 */
struct dvs_replyrec_args {
	__aligned_u64 token;
	__s32 reply_error;
	__u32 reserved;
	struct dvs_msg reply;
	struct dvs_receive_args receive;
};

/**
 * struct dvs_notify_args - dvs_notify()
 * @flags: 0
 * @destination: endpoint number
 * @reserved: 0
 * @bits: bits to set at the destination, not 0; bit 63 is the kernel's
 */
struct dvs_notify_args {
	__aligned_u64 flags;
	__u32 destination;
	__u32 reserved;
	__aligned_u64 bits;
};

/**
 * struct dvs_copy_side - one side of dvs_vcopy()
 * @token: an open call this endpoint holds; 0 for memory of the calling
 *	process
 * @offset: offset in the segment; for local memory the address
 * @segment: index of the segment; 0 for local memory
 * @reserved: 0
 */
struct dvs_copy_side {
	__aligned_u64 token;
	__aligned_u64 offset;
	__u32 segment;
	__u32 reserved;
};

/**
 * struct dvs_vcopy_args - dvs_vcopy()
 * @flags: 0
 * @length: bytes to copy
 * @from: where from; a segment must have %DVS_SEGMENT_READ
 * @to: where to; a segment must have %DVS_SEGMENT_WRITE. One of @from and @to
 *	is a segment, the other is local memory
 * @timeout: pointer to a struct __kernel_timespec with the absolute time at
 *	which to give up; 0 for none
 * @clockid: clock of @timeout
 * @reserved: 0
 */
struct dvs_vcopy_args {
	__aligned_u64 flags;
	__aligned_u64 length;
	struct dvs_copy_side from;
	struct dvs_copy_side to;
	__aligned_u64 timeout;
	__u32 clockid;
	__u32 reserved;
};

/* &dvs_wait_args.events */
#define DVS_WAIT_BOUND			(1U << 0)	/* @endpoint is bound */
#define DVS_WAIT_UNBOUND		(1U << 1)	/* @endpoint is not bound */
#define DVS_WAIT_MOVED			(1U << 2)	/* the slot's owner is not @node */

/**
 * struct dvs_wait_args - dvs_wait()
 * @flags: %DVS_NOWAIT
 * @timeout: pointer to a struct __kernel_timespec with the absolute time at
 *	which to give up; 0 for none
 * @clockid: clock of @timeout
 * @endpoint: endpoint number to watch; with generation 0 whatever is bound to
 *	the slot counts. out: the number bound to the slot now, 0 when none is
 * @events: events to wait for; the call returns as soon as one of them holds.
 *	out: those that hold
 * @node: with %DVS_WAIT_MOVED the owner the caller knows; else 0. out: the
 *	owner of the slot, 0 when it has none
 */
struct dvs_wait_args {
	__aligned_u64 flags;
	__aligned_u64 timeout;
	__u32 clockid;
	__u32 endpoint;
	__u32 events;
	__u32 node;
};

/**
 * struct dvs_info - dvs_getinfo()
 * @flags: 0
 * @slot: in: a slot to describe in @slot_node and @slot_epoch, or 0
 * @endpoint: number of the endpoint; 0 when called without one
 * @dcid: cluster-wide number of the container, 0 when it is attached to none
 * @view: number of the cluster view this node is in, 0 when it is in none
 * @session: number of the view that admitted this node
 * @map_version: version of the container's slot map
 * @slot_epoch: epoch of the ownership of @slot
 * @slot_node: node that owns @slot, 0 when none does or @slot is 0
 * @node: number of this node, 0 when it is part of no cluster
 * @abi_version: %DVS_ABI_VERSION of the kernel
 * @endpoints: endpoints bound in the container on this node
 * @calls: calls and messages under way in the container that begin or end on
 *	this node
 * @reserved: 0
 */
struct dvs_info {
	__aligned_u64 flags;
	__u32 slot;
	__u32 endpoint;
	__aligned_u64 dcid;
	__aligned_u64 view;
	__aligned_u64 session;
	__aligned_u64 map_version;
	__aligned_u64 slot_epoch;
	__u32 slot_node;
	__u32 node;
	__u32 abi_version;
	__u32 endpoints;
	__u32 calls;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_DVS_H */
