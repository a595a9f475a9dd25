// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages to bytes and back. See message.h.
 */
#include "message.h"

#include <string.h>

#define MAGIC		0x44535644u	/* "DVSD" */

static void put_kernel(struct buf *buf, const struct kernel_facts *kernel)
{
	put_u64(buf, kernel->incarnation);
	put_u64(buf, kernel->session);
	put_u8(buf, kernel->member);
}

static void get_kernel(struct reader *reader, struct kernel_facts *kernel)
{
	kernel->incarnation = get_u64(reader);
	kernel->session = get_u64(reader);
	kernel->member = get_u8(reader);
}

static void put_position(struct buf *buf, struct position at)
{
	put_u64(buf, at.view);
	put_u64(buf, at.index);
}

static struct position get_position(struct reader *reader)
{
	struct position at;

	at.view = get_u64(reader);
	at.index = get_u64(reader);
	return at;
}

/* What HELLO and PROMISE both say. */
static void put_standing(struct buf *buf, const struct message *message)
{
	put_u64(buf, message->promised);
	put_position(buf, message->last);
	put_u64(buf, message->committed);
	put_u8(buf, message->synced);
	put_u64(buf, message->history);
	put_u32(buf, message->electors);
	put_u64(buf, message->nodelist);
	put_u32(buf, message->leader);
	put_u64(buf, message->joined);
	put_kernel(buf, &message->kernel);
}

static void get_standing(struct reader *reader, struct message *message)
{
	message->promised = get_u64(reader);
	message->last = get_position(reader);
	message->committed = get_u64(reader);
	message->synced = get_u8(reader);
	message->history = get_u64(reader);
	message->electors = get_u32(reader);
	message->nodelist = get_u64(reader);
	message->leader = get_u32(reader);
	message->joined = get_u64(reader);
	get_kernel(reader, &message->kernel);
}

static void put_entries(struct buf *buf, struct message *message,
			const struct log *log)
{
	const struct entry *entry;
	size_t start = buf->len;

	message->total = 0;
	while ((entry = log_entry(log, message->last.index + 1 +
				  message->total))) {
		if (message->total &&
		    buf->len - start + entry->len > MESSAGE_CHUNK)
			break;
		put_u64(buf, entry->view);
		put_u32(buf, entry->len);
		put_bytes(buf, entry->data, entry->len);
		message->total++;
	}
}

bool message_entry(struct message *message, struct entry *entry)
{
	struct reader *reader = &message->entries;

	if (reader->bad || reader->at == reader->end)
		return false;
	entry->view = get_u64(reader);
	entry->len = get_u32(reader);
	entry->data = (uint8_t *)get_bytes(reader, entry->len);
	return !reader->bad;
}

static void put_members(struct buf *buf, const struct message *message)
{
	put_u32(buf, message->member_count);
	for (uint32_t i = 0; i < message->member_count; i++) {
		put_u32(buf, message->members[i].node);
		put_u64(buf, message->members[i].session);
	}
}

static void get_members(struct reader *reader, struct message *message)
{
	uint32_t count = get_u32(reader);

	if (count > NODES_MAX)
		reader->bad = true;
	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		message->members[i].node = get_u32(reader);
		message->members[i].session = get_u64(reader);
		message->member_count++;
	}
}

void message_encode(struct message *message, const struct log *log,
		    struct buf *buf)
{
	put_u32(buf, MAGIC);
	put_u8(buf, MESSAGE_VERSION);
	put_u8(buf, message->type);
	put_u16(buf, 0);
	put_u64(buf, message->tag);
	put_u64(buf, message->view);
	put_u64(buf, message->incarnation);
	switch (message->type) {
	case MESSAGE_HELLO:
		put_u32(buf, message->round);
		put_u8(buf, PROTOCOL_MIN);
		put_u8(buf, PROTOCOL_MAX);
		put_standing(buf, message);
		break;
	case MESSAGE_PROPOSE:
		put_u8(buf, message->bootstrap);
		put_u64(buf, message->history);
		put_position(buf, message->last);
		put_members(buf, message);
		break;
	case MESSAGE_PROMISE:
		put_standing(buf, message);
		break;
	case MESSAGE_APPEND:
		put_u64(buf, message->committed);
		put_position(buf, message->last);
		put_entries(buf, message, log);
		break;
	case MESSAGE_ACK:
		put_u64(buf, message->index);
		break;
	case MESSAGE_SNAPSHOT:
	case MESSAGE_ANSWER:
		put_u64(buf, message->sequence);
		put_u32(buf, message->to);
		put_u64(buf, message->index);
		put_u32(buf, message->total);
		put_u32(buf, message->offset);
		put_bytes(buf, message->data, message->len);
		break;
	case MESSAGE_COMMAND:
	case MESSAGE_QUERY:
		put_u64(buf, message->sequence);
		put_bytes(buf, message->data, message->len);
		break;
	}
	put_u32(buf, checksum(buf->data, buf->len));
}

static void get_payload(struct reader *reader, struct message *message)
{
	message->len = reader->end - reader->at;
	message->data = get_bytes(reader, message->len);
}

static void decode_body(struct message *message, struct reader *reader)
{
	switch (message->type) {
	case MESSAGE_HELLO:
		message->round = get_u32(reader);
		message->version_min = get_u8(reader);
		message->version_max = get_u8(reader);
		get_standing(reader, message);
		break;
	case MESSAGE_PROPOSE:
		message->bootstrap = get_u8(reader);
		message->history = get_u64(reader);
		message->last = get_position(reader);
		get_members(reader, message);
		break;
	case MESSAGE_PROMISE:
		get_standing(reader, message);
		break;
	case MESSAGE_APPEND:
		message->committed = get_u64(reader);
		message->last = get_position(reader);
		reader_init(&message->entries, reader->at,
			    reader->end - reader->at);
		reader->at = reader->end;
		break;
	case MESSAGE_ACK:
		message->index = get_u64(reader);
		break;
	case MESSAGE_SNAPSHOT:
	case MESSAGE_ANSWER:
		message->sequence = get_u64(reader);
		message->to = get_u32(reader);
		message->index = get_u64(reader);
		message->total = get_u32(reader);
		message->offset = get_u32(reader);
		get_payload(reader, message);
		break;
	case MESSAGE_COMMAND:
	case MESSAGE_QUERY:
		message->sequence = get_u64(reader);
		get_payload(reader, message);
		break;
	default:
		reader->bad = true;
	}
}

bool message_decode(struct message *message, uint32_t from, const void *data,
		    size_t len)
{
	struct reader reader, sum;

	memset(message, 0, sizeof(*message));
	message->from = from;
	if (len < sizeof(uint32_t))
		return false;
	len -= sizeof(uint32_t);
	reader_init(&reader, data, len);
	reader_init(&sum, (const uint8_t *)data + len, sizeof(uint32_t));
	if (get_u32(&reader) != MAGIC || get_u8(&reader) != MESSAGE_VERSION ||
	    get_u32(&sum) != checksum(data, len))
		return false;
	message->type = get_u8(&reader);
	get_u16(&reader);
	message->tag = get_u64(&reader);
	message->view = get_u64(&reader);
	message->incarnation = get_u64(&reader);
	decode_body(message, &reader);
	return reader_done(&reader);
}
