/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rendezvous: sending, receiving, replying.
 */
#ifndef _DVS_IPC_H
#define _DVS_IPC_H

#include <linux/types.h>
#include <linux/uidgid.h>
#include <uapi/linux/dvs.h>

struct dvs_call;
struct dvs_dc;
struct dvs_endpoint;
struct dvs_timeout;
struct pid;

/**
 * struct dvs_request - what dvs_send() and dvs_sendrec() were given
 * @request: opens a call
 * @nowait: only if a receiver waits
 * @destination: endpoint number
 * @segment_count: entries in @segments
 * @segments: checked
 * @type: of the message
 * @payload: of the message
 */
struct dvs_request {
	bool request;
	bool nowait;
	u32 destination;
	u32 segment_count;
	const struct dvs_segment *segments;
	u32 type;
	const u8 *payload;
};

/* Send and wait. On -ERESTARTSYS *handle is that of the call that stays open, or 0. */
int dvs_ipc_send(struct dvs_endpoint *source, const struct dvs_request *request,
		 const struct dvs_timeout *timeout, u64 *handle,
		 struct dvs_msg *reply);
/* Wait on for an interrupted call. */
int dvs_ipc_resume(struct dvs_endpoint *source,
		   const struct dvs_timeout *timeout, u64 *handle,
		   struct dvs_msg *reply);
/* Cancel the open call @handle: its caller can not be told of it. */
void dvs_ipc_abandon(struct dvs_endpoint *source, u64 handle);

struct dvs_note;

/**
 * struct dvs_delivery - what was received, until user space has it
 * @call: the message, referenced; or NULL
 * @note: the notification, referenced; or NULL
 * @bits: its bits
 */
struct dvs_delivery {
	struct dvs_call *call;
	struct dvs_note *note;
	u64 bits;
};

/* Receive into the out fields of @args; then accept or reject the delivery. */
int dvs_ipc_receive(struct dvs_endpoint *endpoint, struct dvs_receive_args *args,
		    const struct dvs_timeout *timeout, bool nowait,
		    struct dvs_delivery *delivery);
void dvs_ipc_accept(struct dvs_endpoint *endpoint, struct dvs_delivery *delivery);
void dvs_ipc_reject(struct dvs_endpoint *endpoint, struct dvs_delivery *delivery);

int dvs_ipc_reply(struct dvs_endpoint *endpoint, u64 token, u32 type,
		  const u8 *payload);

/*
 * Queue a call at an endpoint of this node: -ENXIO when it is closed (-ESTALE
 * when @call names its generation), -EAGAIN with @nowait when nobody waits for
 * it, -ESRCH when the call is over already.
 */
int dvs_ipc_queue(struct dvs_call *call, struct dvs_endpoint *target, bool nowait);
/* Take back a call nobody has taken: true when that was so. */
bool dvs_ipc_withdraw(struct dvs_call *call);
/*
 * End a call from the caller's side, with @untaken when nobody has taken it and
 * with -EOWNERDEAD otherwise.
 */
void dvs_ipc_cancel(struct dvs_call *call, int untaken);

/* The open call @token of an endpoint, referenced; or NULL. */
struct dvs_call *dvs_ipc_find(struct dvs_endpoint *endpoint, u64 token);

/* Who sends, as seen in the container: uid and gid in its user, pid in its pid namespace. */
void dvs_ipc_credentials(struct dvs_dc *dc, kuid_t kuid, kgid_t kgid, struct pid *kpid,
			 u32 *uid, u32 *gid, s32 *pid);

/* Between the files of the rendezvous; the last two under the endpoint's lock. */
bool dvs_ipc_matches(u64 flags, u32 filter, u32 source, bool request);
void dvs_ipc_open(struct dvs_endpoint *endpoint, struct dvs_call *call);
bool dvs_ipc_hand_over(struct dvs_endpoint *endpoint, struct dvs_call *call);

/* Wake somebody for a notification; under the endpoint's lock. */
void dvs_ipc_arrived(struct dvs_endpoint *endpoint, u32 source);

#endif /* _DVS_IPC_H */
