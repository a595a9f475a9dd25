// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the errors of the system calls mean.
 */
#include "dvs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define OP(op)		(1u << DVS_OP_##op)
#define SENDING		(OP(SEND) | OP(SENDREC))
#define RECEIVING	(OP(RECEIVE) | OP(REPLYREC))
#define ANY		(~0u)

/* The first entry that fits counts. */
static const struct {
	unsigned int ops;
	int error;
	const char *text;
} meanings[] = {
	{ OP(BIND), EPERM, "a well-known slot may be bound only with CAP_NET_BIND_SERVICE in the container's user namespace" },
	{ OP(BIND), EADDRINUSE, "the slot is bound" },
	{ OP(BIND), EADDRNOTAVAIL, "no dynamic slot is free on this node" },
	{ OP(BIND), EDQUOT, "the container has as many endpoints on this node as it may have" },
	{ OP(BIND), ETIMEDOUT, "the cluster did not assign the slot in time" },
	{ OP(BIND), EIDRM, "the container was deleted" },
	{ OP(BIND), ENOTCONN, "this node is not in the quorate part of the cluster" },

	{ SENDING | OP(NOTIFY), ENXIO, "nobody has bound the destination" },
	{ SENDING | OP(NOTIFY), ESTALE, "the destination's slot was bound anew, or this endpoint was closed" },
	{ SENDING, EIDRM, "the receiver closed its endpoint before it took the message" },
	{ SENDING | OP(NOTIFY), EHOSTUNREACH, "the receiver's node left the cluster before the message was taken" },
	{ OP(SENDREC), EOWNERDEAD, "the request was taken, then its receiver or its node died or the time was up: the outcome is unknown" },
	{ OP(SEND), EOWNERDEAD, "the message was sent, then its receiver's node died or the time was up: whether it was taken is unknown" },
	{ SENDING, ETIMEDOUT, "the time was up before anybody took the message" },
	{ OP(SEND), EAGAIN, "no receiver is waiting" },
	{ OP(SENDREC), EDEADLK, "the receiver waits, directly or through others, for the caller" },
	{ SENDING, EDQUOT, "the container has as many open calls on this node as it may have" },
	{ OP(NOTIFY), EDQUOT, "this endpoint notifies as many destinations as it may" },
	{ OP(SENDREC), ESRCH, "there is no interrupted call of that handle" },

	{ RECEIVING, EAGAIN, "there is no message" },
	{ RECEIVING, ETIMEDOUT, "no message came in time" },

	{ OP(REPLY) | OP(REPLYREC), ESRCH, "the call is no longer open" },
	{ OP(VCOPY), ESRCH, "the call is no longer open" },
	{ OP(VCOPY), EPERM, "the segment does not grant the access" },
	{ OP(VCOPY), EFAULT, "memory of one side is not there" },
	{ OP(VCOPY), ETIMEDOUT, "the copy did not end in time" },
	{ OP(VCOPY), EHOSTUNREACH, "the caller's node left the cluster" },

	{ OP(WAIT), EAGAIN, "none of the events holds" },
	{ OP(WAIT), ETIMEDOUT, "none of the events came in time" },
	{ OP(WAIT), EHOSTUNREACH, "the slot's node left the cluster" },

	{ ANY, ENOTCONN, "this node is not in the quorate part of the cluster" },
	{ ANY, ESTALE, "the endpoint was closed because another node has the slot now" },
	{ ANY, EIDRM, "the container was deleted" },
	{ ANY, EBADF, "not an endpoint descriptor" },
	{ ANY, E2BIG, "the structure has a field this kernel does not know" },
	{ ANY, EINVAL, "unknown flag, reserved field that is not 0, or value out of range" },
	{ ANY, EFAULT, "a pointer leads nowhere" },
	{ ANY, EINTR, "a signal came" },
	{ ANY, ENOSYS, "this kernel has no distributed containers (CONFIG_DVS)" },
};

const char *dvs_strerror(enum dvs_op op, int error)
{
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].error == error && meanings[i].ops & (1u << op))
			return meanings[i].text;
	text = strerrordesc_np(error);
	return text ? text : "unknown error";
}

const char *dvs_strerrorname(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "E?";
}
