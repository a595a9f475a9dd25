// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replicated state as bytes: what a joiner is sent, and what nodes compare
 * by hash.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_FORMAT		1

static void encode_elector(const struct elector *elector, struct buf *buf)
{
	uint32_t count = 0;

	put_u32(buf, elector->node);
	put_string(buf, elector->name);
	put_u8(buf, elector->address_len);
	put_bytes(buf, elector->address, elector->address_len);
	put_u16(buf, elector->port);
	put_u64(buf, elector->session);
	put_u64(buf, elector->kernel);
	put_u64(buf, elector->daemon);
	put_u64(buf, elector->highest);
	for (uint32_t i = 0; i < COMMANDS_KEPT; i++)
		count += elector->done[i].sequence != 0;
	put_u32(buf, count);
	for (uint32_t i = 0; i < COMMANDS_KEPT; i++) {
		const struct done_command *done = &elector->done[i];

		if (!done->sequence)
			continue;
		put_u64(buf, done->sequence);
		put_u32(buf, done->result.error);
		put_u64(buf, done->result.value);
	}
}

static void decode_elector(struct elector *elector, struct reader *reader)
{
	const uint8_t *address;
	uint32_t count;

	elector->node = get_u32(reader);
	get_string(reader, elector->name, sizeof(elector->name));
	elector->address_len = get_u8(reader);
	address = get_bytes(reader, elector->address_len);
	if (!address || elector->address_len > ADDRESS_MAX)
		reader->bad = true;
	else
		memcpy(elector->address, address, elector->address_len);
	elector->port = get_u16(reader);
	elector->session = get_u64(reader);
	elector->kernel = get_u64(reader);
	elector->daemon = get_u64(reader);
	elector->highest = get_u64(reader);
	count = get_u32(reader);
	if (count > COMMANDS_KEPT)
		reader->bad = true;
	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		uint64_t sequence = get_u64(reader);
		struct done_command *done;

		done = &elector->done[sequence % COMMANDS_KEPT];
		done->sequence = sequence;
		done->result.error = get_u32(reader);
		done->result.value = get_u64(reader);
	}
}

static void encode_container(const struct container *container,
			     struct buf *buf)
{
	put_u64(buf, container->dcid);
	put_string(buf, container->name);
	put_u8(buf, container->deleting);
	put_u32(buf, container->endpoint_limit);
	put_u32(buf, container->call_limit);
	put_u64(buf, container->version);
	put_u32(buf, container->part_count);
	for (uint32_t i = 0; i < container->part_count; i++) {
		put_u32(buf, container->parts[i].node);
		put_u8(buf, container->parts[i].state);
		put_u32(buf, container->parts[i].error);
	}
	slots_encode(&container->slots, buf);
}

static struct container *decode_container(const struct state *state,
					  struct reader *reader)
{
	struct container *container = xalloc(sizeof(*container));
	uint32_t count;

	container->dcid = get_u64(reader);
	get_string(reader, container->name, sizeof(container->name));
	container->deleting = get_u8(reader);
	container->endpoint_limit = get_u32(reader);
	container->call_limit = get_u32(reader);
	container->version = get_u64(reader);
	count = get_u32(reader);
	if (count > NODES_MAX)
		reader->bad = true;
	if (!reader->bad) {
		container->parts = xalloc(count * sizeof(*container->parts));
		container->part_count = count;
	}
	for (uint32_t i = 0; i < container->part_count; i++) {
		struct part *part = &container->parts[i];
		uint8_t reached;

		part->node = get_u32(reader);
		reached = get_u8(reader);
		part->error = get_u32(reader);
		if (reached > PART_GONE || !state_elector(state, part->node))
			reader->bad = true;
		part->state = reached;
	}
	if (reader->bad || !slots_decode(&container->slots, reader)) {
		reader->bad = true;
		container_free(container);
		return NULL;
	}
	return container;
}

void state_encode(const struct state *state, struct buf *buf)
{
	put_u32(buf, SNAPSHOT_FORMAT);
	put_u64(buf, state->history);
	put_u64(buf, state->index);
	put_u64(buf, state->entry_view);
	put_u64(buf, state->view);
	put_u32(buf, state->leader);
	put_u64(buf, state->created);
	put_u32(buf, state->elector_count);
	for (uint32_t i = 0; i < state->elector_count; i++)
		encode_elector(&state->electors[i], buf);
	put_u32(buf, state->container_count);
	for (uint32_t i = 0; i < state->container_count; i++)
		encode_container(state->containers[i], buf);
}

static void decode_containers(struct state *state, struct reader *reader)
{
	uint32_t count = get_u32(reader);

	if (count > CONTAINERS_MAX)
		reader->bad = true;
	if (reader->bad)
		return;
	state->containers = xalloc(count * sizeof(*state->containers));
	for (uint32_t i = 0; i < count; i++) {
		struct container *container = decode_container(state, reader);

		if (!container)
			return;
		state->containers[state->container_count++] = container;
	}
}

struct state *state_decode(const void *data, size_t len)
{
	struct state *state = xalloc(sizeof(*state));
	struct reader reader;
	uint32_t count;

	reader_init(&reader, data, len);
	if (get_u32(&reader) != SNAPSHOT_FORMAT)
		reader.bad = true;
	state->history = get_u64(&reader);
	state->index = get_u64(&reader);
	state->entry_view = get_u64(&reader);
	state->view = get_u64(&reader);
	state->leader = get_u32(&reader);
	state->created = get_u64(&reader);
	count = get_u32(&reader);
	if (!count || count > NODES_MAX)
		reader.bad = true;
	if (!reader.bad) {
		state->electors = xalloc(count * sizeof(*state->electors));
		state->elector_count = count;
	}
	for (uint32_t i = 0; i < state->elector_count; i++)
		decode_elector(&state->electors[i], &reader);
	decode_containers(state, &reader);
	if (!reader_done(&reader)) {
		state_free(state);
		return NULL;
	}
	return state;
}

uint64_t state_hash(const struct state *state)
{
	AUTO_BUF buf = {};

	state_encode(state, &buf);
	return hash_bytes(buf.data, buf.len);
}
