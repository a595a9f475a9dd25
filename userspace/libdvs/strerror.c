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
#define ANSWERING	(OP(REPLY) | OP(REPLYREC))
#define ANY		(~0u)

/* The first entry that fits counts. */
static const struct {
	unsigned int ops;
	int error;
	const char *text;
} meanings[] = {
	{ OP(BIND), EPERM, "a well-known slot may be bound only with CAP_NET_BIND_SERVICE in the container's user namespace" },
	{ OP(BIND), EADDRINUSE, "the slot is bound" },
	{ OP(BIND), EADDRNOTAVAIL, "no dynamic slot is free on this node, or the one asked for belongs to another node" },
	{ OP(BIND), EDQUOT, "the container has as many endpoints on this node as it may have" },
	{ OP(BIND), ETIMEDOUT, "the cluster did not assign the slot in time" },
	{ OP(BIND), ENOSPC, "all generations of the slot have been used" },
	{ OP(BIND), EMFILE, "the process has as many open files as it may have" },
	{ OP(BIND), ENFILE, "the system has as many open files as it may have" },

	{ SENDING | OP(NOTIFY), ENXIO, "nobody has bound the destination" },
	{ SENDING | OP(NOTIFY), ESTALE, "that generation of the destination is over, or this endpoint was closed because another node has its slot now" },
	{ SENDING, EIDRM, "the receiver closed its endpoint before it took the message, or the container was deleted" },
	{ SENDING | OP(NOTIFY), EHOSTUNREACH, "the destination's node left the cluster before the message was taken" },
	{ OP(SENDREC), EOWNERDEAD, "the request was taken, then its receiver or its node died or the time was up: the outcome is unknown" },
	{ OP(SEND), EOWNERDEAD, "the message was sent, then its receiver's node died or the time was up: whether it was taken is unknown" },
	{ SENDING, ETIMEDOUT, "the time was up before anybody took the message" },
	{ OP(SEND), EAGAIN, "no receiver is waiting" },
	{ SENDING, EDQUOT, "the container has as many calls and messages under way, to and from this node, as it may have" },
	{ OP(NOTIFY), EDQUOT, "1024 destinations have not received bits that this endpoint sent them" },
	{ SENDING, ESRCH, "there is no interrupted call of that handle" },
	{ SENDING, EBUSY, "another thread waits for that call" },

	{ RECEIVING, EAGAIN, "there is no message" },
	{ RECEIVING, ETIMEDOUT, "no message came in time" },

	{ ANSWERING, ESRCH, "the call is no longer open" },

	{ OP(VCOPY), ESRCH, "the call is no longer open" },
	{ OP(VCOPY), EAGAIN, "too many copies wait at the caller's node" },
	{ OP(VCOPY), EPERM, "the segment does not grant this direction" },
	{ OP(VCOPY), EFAULT, "memory of one side is not there" },
	{ OP(VCOPY), ETIMEDOUT, "the copy did not end in time" },

	{ OP(WAIT), EAGAIN, "none of the events holds" },
	{ OP(WAIT), ETIMEDOUT, "none of the events came in time" },
	{ OP(WAIT), EDQUOT, "the slot's node watches as many slots for this node as it may" },

	{ ANY, ENOTCONN, "this node is not in the quorate part of the cluster" },
	{ ANY, ESTALE, "the endpoint was closed because another node has its slot now" },
	{ ANY, EIDRM, "the endpoint was closed, or the container deleted" },
	{ ANY, EBADF, "not an open descriptor" },
	{ ANY, E2BIG, "the structure has a field this kernel does not know" },
	{ ANY, EINVAL, "unknown flag, reserved field that is not 0, value out of range, or a descriptor of another kind" },
	{ ANY, EFAULT, "a pointer leads nowhere" },
	{ ANY, EINTR, "a signal came" },
	{ ANY, ENOMEM, "the kernel has no memory for it" },
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
