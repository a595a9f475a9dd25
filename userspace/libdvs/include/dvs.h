/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdvs: endpoints and calls of a distributed container.
 *
 * Two layers. The system calls as they are: extensible structures, absolute
 * timeouts, every flag (dvs_bind() to dvs_getinfo()). And the functions most
 * programs want, with relative timeouts and without structures where none are
 * needed (dvs_open() to dvs_strerror()).
 *
 * Unless said otherwise a function returns 0 or more, or -1 with errno set. The
 * library never prints and never ends the program; all of it may be used by
 * several threads at once, also on one endpoint.
 *
 * A timeout of the second layer is in milliseconds, counted from the moment of
 * the call on CLOCK_MONOTONIC. A negative one means none; 0 means not to wait.
 */
#ifndef DVS_H
#define DVS_H

#include <stddef.h>
#include <stdint.h>
#include <linux/dvs.h>
#include <linux/time_types.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DVS_PUBLIC __attribute__((visibility("default")))
#else
#define DVS_PUBLIC
#endif

/* --- The system calls -------------------------------------------------------
 *
 * The structures are described in <linux/dvs.h>; size is the sizeof of the
 * structure. The manual has a page for each: dvs_bind(2) and so on.
 */

/* Take a slot in the container of the caller; returns an endpoint descriptor. */
DVS_PUBLIC int dvs_bind(struct dvs_bind_args *args, size_t size);
/* Send a message; returns when the receiver has taken it. */
DVS_PUBLIC int dvs_send(int endpoint, struct dvs_send_args *args, size_t size);
/* Take the next message, request or notification. */
DVS_PUBLIC int dvs_receive(int endpoint, struct dvs_receive_args *args, size_t size);
/* Send a request and wait for its reply. */
DVS_PUBLIC int dvs_sendrec(int endpoint, struct dvs_send_args *args, size_t size);
/* Complete a call. */
DVS_PUBLIC int dvs_reply(int endpoint, struct dvs_reply_args *args, size_t size);
/* Complete a call and take the next message. */
DVS_PUBLIC int dvs_replyrec(int endpoint, struct dvs_replyrec_args *args, size_t size);
/* Set bits at a destination. */
DVS_PUBLIC int dvs_notify(int endpoint, struct dvs_notify_args *args, size_t size);
/* Copy between own memory and a segment of a call; returns the bytes copied. */
DVS_PUBLIC long dvs_vcopy(int endpoint, struct dvs_vcopy_args *args, size_t size);
/* Wait until a slot is bound, unbound or moved. */
DVS_PUBLIC int dvs_wait(int endpoint, struct dvs_wait_args *args, size_t size);
/* Describe an endpoint, or with -1 the caller's container. */
DVS_PUBLIC int dvs_getinfo(int endpoint, struct dvs_info *info, size_t size);

/* --- Endpoints --------------------------------------------------------------*/

/* In place of an endpoint descriptor: the calling thread's own, see dvs_self(). */
#define DVS_SELF (-1)

/**
 * dvs_open - bind a slot
 * @slot: well-known slot (1 to 1023, privileged), another slot, or DVS_SLOT_ANY
 * @timeout_ms: how long to wait for the cluster to assign the slot; 0 is taken
 *	for no wait beyond what is certain already
 *
 * Returns a close-on-exec descriptor to use and to close(2), or -1: errors of
 * dvs_bind(2).
 */
DVS_PUBLIC int dvs_open(unsigned int slot, int timeout_ms);

/**
 * dvs_self - the calling thread's endpoint
 *
 * Binds a dynamic slot the first time a thread asks and closes it when the
 * thread ends. A child of fork(2) gets endpoints of its own. The container is
 * the one the thread was in when it first asked.
 *
 * Returns the descriptor, which the caller must not close, or -1: errors of
 * dvs_bind(2).
 */
DVS_PUBLIC int dvs_self(void);

/**
 * dvs_number - number of an endpoint
 * @endpoint: descriptor, or DVS_SELF
 *
 * Returns the endpoint number, or 0 with errno set: errors of dvs_getinfo(2).
 */
DVS_PUBLIC uint32_t dvs_number(int endpoint);

/* --- For clients ------------------------------------------------------------*/

/* Memory that the holder of a call may read, write, or both. */
DVS_PUBLIC struct dvs_segment dvs_readable(const void *addr, size_t length);
DVS_PUBLIC struct dvs_segment dvs_writable(void *addr, size_t length);
DVS_PUBLIC struct dvs_segment dvs_readable_writable(void *addr, size_t length);

/**
 * dvs_call - send a request and wait for its reply
 * @endpoint: descriptor, or DVS_SELF
 * @destination: endpoint number; a bare slot number means whoever holds it now
 * @msg: type and payload to send; the reply comes back in it
 * @segments: memory granted to the receiver until the reply, or NULL
 * @count: entries in @segments, at most DVS_SEGMENTS_MAX
 * @timeout_ms: see the top of this file
 *
 * Not interrupted by signals: an interrupted wait is resumed. Errors of
 * dvs_sendrec(2); @msg is unchanged then. EOWNERDEAD alone means that the
 * receiver may have done what was asked.
 */
DVS_PUBLIC int dvs_call(int endpoint, uint32_t destination, struct dvs_msg *msg,
			const struct dvs_segment *segments, unsigned int count, int timeout_ms);

/**
 * dvs_tell - send a message that wants no reply
 * @endpoint: descriptor, or DVS_SELF
 * @destination: endpoint number
 * @msg: type and payload
 * @timeout_ms: how long to wait for a receiver to take it; 0: fail with EAGAIN
 *	unless one is waiting
 *
 * Errors of dvs_send(2).
 */
DVS_PUBLIC int dvs_tell(int endpoint, uint32_t destination, const struct dvs_msg *msg,
			int timeout_ms);

/**
 * dvs_raise - set bits at a destination
 * @endpoint: descriptor, or DVS_SELF
 * @destination: endpoint number
 * @bits: what to set; bit 63 is the kernel's
 *
 * Never blocks. Errors of dvs_notify(2).
 */
DVS_PUBLIC int dvs_raise(int endpoint, uint32_t destination, uint64_t bits);

/**
 * dvs_await - wait until a slot is bound, unbound or moved
 * @endpoint: descriptor, or DVS_SELF
 * @number: endpoint number to watch; a bare slot number means any generation
 * @events: DVS_WAIT_BOUND or DVS_WAIT_UNBOUND
 * @timeout_ms: see the top of this file; 0: fail with EAGAIN unless it holds
 *
 * Returns 0 when one of @events holds. Not interrupted by signals. Errors of
 * dvs_wait(2).
 */
DVS_PUBLIC int dvs_await(int endpoint, uint32_t number, uint32_t events, int timeout_ms);

/* --- For servers ------------------------------------------------------------*/

/**
 * dvs_next - take the next message, request or notification
 * @endpoint: descriptor
 * @in: filled in; see struct dvs_receive_args
 * @timeout_ms: see the top of this file; 0: fail with EAGAIN when there is none
 *
 * Errors of dvs_receive(2), EINTR among them.
 */
DVS_PUBLIC int dvs_next(int endpoint, struct dvs_receive_args *in, int timeout_ms);

/**
 * dvs_answer - complete a call
 * @endpoint: descriptor that received the request
 * @token: msg.token of the request
 * @reply: type and payload
 *
 * Never blocks. Errors of dvs_reply(2); ESRCH means that the call is over,
 * because its caller died or gave up.
 */
DVS_PUBLIC int dvs_answer(int endpoint, uint64_t token, const struct dvs_msg *reply);

/**
 * dvs_answer_next - complete a call and take the next message
 * @endpoint: descriptor
 * @token: msg.token of the request; 0: only take the next message
 * @reply: type and payload; may be NULL when @token is 0
 * @reply_error: NULL, or where to store 0 or the errno of a reply that failed
 * @in: filled in
 * @timeout_ms: as for dvs_next()
 *
 * The reply is sent, or has failed, whatever the function returns; what it
 * returns is the outcome of taking the next message. One system call.
 */
DVS_PUBLIC int dvs_answer_next(int endpoint, uint64_t token, const struct dvs_msg *reply,
			       int *reply_error, struct dvs_receive_args *in, int timeout_ms);

/**
 * dvs_read_segment - copy from a segment of a request
 * @endpoint: descriptor that received the request
 * @token: msg.token of the request
 * @segment: index of the segment
 * @offset: where in the segment to begin
 * @buffer: where to copy to
 * @length: bytes to copy
 * @timeout_ms: see the top of this file
 *
 * Returns 0 when everything was copied. Errors of dvs_vcopy(2); a part may have
 * been copied then.
 */
DVS_PUBLIC int dvs_read_segment(int endpoint, uint64_t token, unsigned int segment,
				uint64_t offset, void *buffer, size_t length, int timeout_ms);

/**
 * dvs_write_segment - copy to a segment of a request
 *
 * As dvs_read_segment(), in the other direction.
 */
DVS_PUBLIC int dvs_write_segment(int endpoint, uint64_t token, unsigned int segment,
				 uint64_t offset, const void *buffer, size_t length,
				 int timeout_ms);

/* --- Helpers ----------------------------------------------------------------*/

/**
 * dvs_deadline - the absolute time a relative timeout ends at
 * @timeout_ms: milliseconds from now on CLOCK_MONOTONIC, not negative
 * @deadline: filled in, for the timeout field of a system call's structure
 */
DVS_PUBLIC void dvs_deadline(int timeout_ms, struct __kernel_timespec *deadline);

/* The system calls, for dvs_strerror() */
enum dvs_op {
	DVS_OP_BIND,
	DVS_OP_SEND,
	DVS_OP_RECEIVE,
	DVS_OP_SENDREC,
	DVS_OP_REPLY,
	DVS_OP_REPLYREC,
	DVS_OP_NOTIFY,
	DVS_OP_VCOPY,
	DVS_OP_WAIT,
	DVS_OP_GETINFO,
};

/**
 * dvs_strerror - what an error of a system call means
 * @op: the system call
 * @error: its errno, positive
 *
 * Returns a constant string: what the manual page of the call says of the
 * error, or what strerrordesc_np(3) says of one it does not list.
 */
DVS_PUBLIC const char *dvs_strerror(enum dvs_op op, int error);

/* The name of an error, such as "EOWNERDEAD"; "E?" when there is none. */
DVS_PUBLIC const char *dvs_strerrorname(int error);

#ifdef __cplusplus
}
#endif

#endif /* DVS_H */
