// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what arrives on a link. Pure functions of bytes: they know neither
 * sockets nor nodes, so that they can be tested and fuzzed on their own.
 *
 * Each returns NULL, or a literal that says what is wrong.
 */
#include "wire.h"

#include <asm/byteorder.h>
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/stddef.h>

/* Indexed by &enum dvs_wire_error. */
static const int errnos[] = {
	[DVS_WIRE_OK]		= 0,
	[DVS_WIRE_EMOVED]	= DVS_EMOVED,
	[DVS_WIRE_ENXIO]	= ENXIO,
	[DVS_WIRE_ESTALE]	= ESTALE,
	[DVS_WIRE_EIDRM]	= EIDRM,
	[DVS_WIRE_EOWNERDEAD]	= EOWNERDEAD,
	[DVS_WIRE_EDQUOT]	= EDQUOT,
	[DVS_WIRE_ENOMEM]	= ENOMEM,
	[DVS_WIRE_EFAULT]	= EFAULT,
	[DVS_WIRE_ESRCH]	= ESRCH,
	[DVS_WIRE_EPERM]	= EPERM,
	[DVS_WIRE_EINVAL]	= EINVAL,
	[DVS_WIRE_EAGAIN]	= EAGAIN,
	[DVS_WIRE_EIO]		= EIO,
};

static_assert(ARRAY_SIZE(errnos) == DVS_WIRE_ERRORS);

/**
 * dvs_wire_error - how an error is written on the wire
 * @error: 0, a negative errno, or -%DVS_EMOVED
 *
 * Return: &enum dvs_wire_error; %DVS_WIRE_EIO for an errno that has no number
 * of its own.
 */
u32 dvs_wire_error(int error)
{
	u32 i;

	for (i = 0; i < DVS_WIRE_ERRORS; i++) {
		if (errnos[i] == -error)
			return i;
	}
	return DVS_WIRE_EIO;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_wire_error);

/**
 * dvs_wire_errno - the errno for an error that arrived
 * @error: &enum dvs_wire_error
 *
 * Return: 0, a negative errno, or -%DVS_EMOVED; %-EIO for unknown numbers.
 */
int dvs_wire_errno(u32 error)
{
	return error < DVS_WIRE_ERRORS ? -errnos[error] : -EIO;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_wire_errno);

/* Shortest and longest payload of each type, and the step between lengths. */
static const struct {
	u32 min;
	u32 max;
	u32 step;
} lengths[] = {
	[DVS_WIRE_HELLO] = {
		sizeof(struct dvs_wire_hello), sizeof(struct dvs_wire_hello), 1
	},
	[DVS_WIRE_ACK] = { 0, 0, 1 },
	[DVS_WIRE_REQUEST] = {
		offsetof(struct dvs_wire_request, segments),
		sizeof(struct dvs_wire_request),
		sizeof(struct dvs_wire_segment)
	},
	[DVS_WIRE_MESSAGE] = {
		offsetof(struct dvs_wire_request, segments),
		offsetof(struct dvs_wire_request, segments), 1
	},
	[DVS_WIRE_REPLY] = {
		sizeof(struct dvs_wire_reply), sizeof(struct dvs_wire_reply), 1
	},
	[DVS_WIRE_CANCEL] = { 0, 0, 1 },
	[DVS_WIRE_READ] = {
		sizeof(struct dvs_wire_copy), sizeof(struct dvs_wire_copy), 1
	},
	[DVS_WIRE_WRITE] = {
		sizeof(struct dvs_wire_copy) + 1, DVS_WIRE_PAYLOAD_MAX, 1
	},
	[DVS_WIRE_COPIED] = {
		sizeof(struct dvs_wire_copy), DVS_WIRE_PAYLOAD_MAX, 1
	},
	[DVS_WIRE_NOTIFY] = {
		sizeof(struct dvs_wire_notify), sizeof(struct dvs_wire_notify), 1
	},
	[DVS_WIRE_NOTIFIED] = {
		sizeof(struct dvs_wire_notify), sizeof(struct dvs_wire_notify), 1
	},
	[DVS_WIRE_WATCH] = {
		sizeof(struct dvs_wire_watch), sizeof(struct dvs_wire_watch), 1
	},
	[DVS_WIRE_WATCHED] = {
		sizeof(struct dvs_wire_watch), sizeof(struct dvs_wire_watch), 1
	},
};

static_assert(ARRAY_SIZE(lengths) == DVS_WIRE_TYPES);

static const char *check_unsequenced(const struct dvs_wire_header *header)
{
	if (header->sequence)
		return "frame that has no place in the sequence has a number";
	if (header->attempt || header->dcid || header->call || header->epoch ||
	    header->trace || header->source || header->destination)
		return "frame that belongs to no container names one";
	return NULL;
}

/* Types that use fields which are 0 in the others. */
#define WITH_ATTEMPT	(BIT(DVS_WIRE_REQUEST) | BIT(DVS_WIRE_MESSAGE))
#define WITH_EPOCH	(WITH_ATTEMPT | BIT(DVS_WIRE_NOTIFY) |		\
			 BIT(DVS_WIRE_WATCH))
#define WITH_TRACE	(WITH_ATTEMPT | BIT(DVS_WIRE_REPLY) |		\
			 BIT(DVS_WIRE_CANCEL) | BIT(DVS_WIRE_READ) |	\
			 BIT(DVS_WIRE_WRITE) | BIT(DVS_WIRE_COPIED))

static const char *check_unused(const struct dvs_wire_header *header)
{
	unsigned long type = BIT(header->type);

	if (header->attempt && !(type & WITH_ATTEMPT))
		return "attempt in a frame that is sent only once";
	if (header->epoch && !(type & WITH_EPOCH))
		return "epoch in a frame that is not sent to the owner of a slot";
	if (header->trace && !(type & WITH_TRACE))
		return "trace id in a frame that belongs to no call";
	return NULL;
}

static const char *check_sequenced(const struct dvs_wire_header *header)
{
	if (!header->sequence)
		return "frame without a sequence number";
	if (!header->dcid)
		return "frame without a container";
	if (!header->call)
		return "frame without a call number";

	switch (header->type) {
	case DVS_WIRE_REQUEST:
	case DVS_WIRE_MESSAGE:
	case DVS_WIRE_NOTIFY:
		if (!DVS_SLOT(le32_to_cpu(header->source)))
			return "message without a source";
		if (!DVS_SLOT(le32_to_cpu(header->destination)))
			return "message without a destination";
	}
	return check_unused(header);
}

/**
 * dvs_wire_check_header - check a header before its payload is read
 * @header: the header
 * @session: session of the sender; 0 while it is not known
 *
 * After it, &dvs_wire_header.length is at most %DVS_WIRE_PAYLOAD_MAX and
 * possible for the type.
 *
 * Return: NULL, or what is wrong.
 */
const char *dvs_wire_check_header(const struct dvs_wire_header *header,
				  u64 session)
{
	u32 length = le32_to_cpu(header->length);
	u8 type = header->type;

	if (header->version != DVS_WIRE_VERSION)
		return "unknown version";
	if (!type || type >= DVS_WIRE_TYPES)
		return "unknown type of frame";
	if (length < lengths[type].min)
		return "frame too short for its type";
	if (length > lengths[type].max)
		return "frame too long for its type";
	if ((length - lengths[type].min) % lengths[type].step)
		return "frame of a length its type cannot have";
	if (!header->session)
		return "frame without a session";
	if (session && le64_to_cpu(header->session) != session)
		return "frame of another session";

	if (type == DVS_WIRE_HELLO || type == DVS_WIRE_ACK)
		return check_unsequenced(header);
	return check_sequenced(header);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_wire_check_header);

static const char *check_segment(const struct dvs_wire_segment *segment)
{
	u32 flags = le32_to_cpu(segment->flags);

	if (!segment->length)
		return "empty segment";
	if (le64_to_cpu(segment->length) > S64_MAX)
		return "segment longer than any address space";
	if (!flags || flags & ~(DVS_SEGMENT_READ | DVS_SEGMENT_WRITE))
		return "bad flags of a segment";
	if (segment->reserved)
		return "reserved field of a segment is not 0";
	return NULL;
}

static const char *check_request(const struct dvs_wire_header *header,
				 const struct dvs_wire_request *request)
{
	u32 count = le32_to_cpu(request->segment_count);
	const char *error;
	u32 i;

	if (le32_to_cpu(request->flags) & ~DVS_WIRE_NOWAIT)
		return "unknown flags of a message";
	if (header->type == DVS_WIRE_MESSAGE && count)
		return "message with segments";
	if (count > DVS_SEGMENTS_MAX ||
	    le32_to_cpu(header->length) !=
	    offsetof(struct dvs_wire_request, segments) +
	    count * sizeof(struct dvs_wire_segment))
		return "number of segments does not match the length";

	for (i = 0; i < count; i++) {
		error = check_segment(&request->segments[i]);
		if (error)
			return error;
	}
	return NULL;
}

static const char *check_reply(const struct dvs_wire_reply *reply)
{
	u32 error = le32_to_cpu(reply->error);

	if (error >= DVS_WIRE_ERRORS)
		return "unknown error";
	if (!error && reply->map_version)
		return "version of the slot map without an error";
	return NULL;
}

static const char *check_copy(const struct dvs_wire_header *header,
			      const struct dvs_wire_copy *copy)
{
	u32 data = le32_to_cpu(header->length) - sizeof(*copy);
	u64 offset = le64_to_cpu(copy->offset);
	u32 length = le32_to_cpu(copy->length);
	u32 error = le32_to_cpu(copy->error);

	if (copy->reserved)
		return "reserved field of a copy is not 0";
	if (!copy->copy)
		return "copy without a number";
	if (le32_to_cpu(copy->segment) >= DVS_SEGMENTS_MAX)
		return "copy of a segment that cannot exist";
	if (length > DVS_COPY_CHUNK)
		return "copy longer than a chunk";
	if (offset > S64_MAX - length)
		return "copy beyond any address space";

	if (header->type == DVS_WIRE_COPIED) {
		if (error >= DVS_WIRE_ERRORS)
			return "unknown error";
		if (data && error)
			return "copy that failed comes with data";
		if (data && data != length)
			return "length of a copy does not match its data";
		return NULL;
	}

	if (error)
		return "copy that is asked for has an error already";
	if (!length)
		return "copy of nothing";
	if (header->type == DVS_WIRE_WRITE && data != length)
		return "length of a copy does not match its data";
	return NULL;
}

static const char *check_notify(const struct dvs_wire_header *header,
				const struct dvs_wire_notify *notify)
{
	u32 error = le32_to_cpu(notify->error);

	if (error >= DVS_WIRE_ERRORS)
		return "unknown error";
	if (header->type == DVS_WIRE_NOTIFIED)
		return NULL;

	if (error)
		return "notification with an error";
	if (!notify->bits)
		return "notification of nothing";
	return NULL;
}

#define WATCH_EVENTS	(DVS_WAIT_BOUND | DVS_WAIT_UNBOUND | DVS_WAIT_MOVED)

static const char *check_watch(const struct dvs_wire_header *header,
			       const struct dvs_wire_watch *watch)
{
	u32 events = le32_to_cpu(watch->events);
	u32 error = le32_to_cpu(watch->error);
	u32 flags = le32_to_cpu(watch->flags);

	if (events & ~WATCH_EVENTS)
		return "watch for unknown events";
	if (error >= DVS_WIRE_ERRORS)
		return "unknown error";

	if (header->type == DVS_WIRE_WATCHED) {
		if (flags)
			return "flags in the answer to a watch";
		return NULL;
	}

	if (flags & ~DVS_WIRE_NOWAIT)
		return "unknown flags of a watch";
	if (error || watch->map_version)
		return "watch that is asked for has an answer already";
	if (!events)
		return "watch for no event";
	if (!DVS_SLOT(le32_to_cpu(watch->endpoint)))
		return "watch of no slot";
	return NULL;
}

/**
 * dvs_wire_check_payload - check the payload of a frame
 * @header: its header, which passed dvs_wire_check_header()
 * @payload: &dvs_wire_header.length bytes, aligned as for a u64; may be NULL
 *	when there are none
 *
 * HELLO is not for this function but for dvs_wire_check_hello().
 *
 * Return: NULL, or what is wrong.
 */
const char *dvs_wire_check_payload(const struct dvs_wire_header *header,
				   const void *payload)
{
	switch (header->type) {
	case DVS_WIRE_REQUEST:
	case DVS_WIRE_MESSAGE:
		return check_request(header, payload);
	case DVS_WIRE_REPLY:
		return check_reply(payload);
	case DVS_WIRE_READ:
	case DVS_WIRE_WRITE:
	case DVS_WIRE_COPIED:
		return check_copy(header, payload);
	case DVS_WIRE_NOTIFY:
	case DVS_WIRE_NOTIFIED:
		return check_notify(header, payload);
	case DVS_WIRE_WATCH:
	case DVS_WIRE_WATCHED:
		return check_watch(header, payload);
	case DVS_WIRE_ACK:
	case DVS_WIRE_CANCEL:
		return NULL;
	default:
		return "HELLO that is not the first frame";
	}
}
EXPORT_SYMBOL_IF_KUNIT(dvs_wire_check_payload);

/**
 * dvs_wire_check_hello - check a HELLO for what does not depend on who reads it
 * @header: its header, which passed dvs_wire_check_header()
 * @hello: the payload
 *
 * Return: NULL, or what is wrong.
 */
const char *dvs_wire_check_hello(const struct dvs_wire_header *header,
				 const struct dvs_wire_hello *hello)
{
	u16 oldest = le16_to_cpu(hello->version_min);
	u16 newest = le16_to_cpu(hello->version_max);

	if (header->type != DVS_WIRE_HELLO)
		return "first frame is not a HELLO";
	if (le32_to_cpu(hello->magic) != DVS_WIRE_MAGIC)
		return "bad magic number";
	if (!oldest || oldest > newest)
		return "bad range of versions";
	if (oldest > DVS_WIRE_VERSION || newest < DVS_WIRE_VERSION)
		return "no version in common";
	if (!hello->node || !hello->peer || hello->node == hello->peer)
		return "bad node numbers";
	if (!hello->session || !hello->peer_session)
		return "HELLO without a session";
	if (hello->session != header->session)
		return "session of a HELLO is not that of its header";
	if (hello->received != header->ack)
		return "acknowledgment of a HELLO is not that of its header";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_wire_check_hello);
