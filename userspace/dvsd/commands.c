// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands that change containers and their slot maps. Part of the state
 * machine: nothing here may depend on anything but the state and the command.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void container_free(struct container *container)
{
	slots_free(&container->slots);
	free(container->parts);
	free(container);
}

bool container_name_valid(const char *name)
{
	size_t len = strlen(name);

	/* Not isalnum(): the answer must not depend on a locale. */
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9');

		if (!letter && (!i || !strchr("._-", c)))
			return false;
	}
	return len >= 1 && len <= DVSD_NAME_MAX;
}

static void remove_container(struct state *state, uint32_t at)
{
	container_free(state->containers[at]);
	state->container_count--;
	memmove(&state->containers[at], &state->containers[at + 1],
		(state->container_count - at) * sizeof(*state->containers));
}

void state_reap(struct state *state)
{
	for (uint32_t i = state->container_count; i-- > 0;) {
		struct container *container = state->containers[i];

		if (container->deleting &&
		    container_settled(state, container, true))
			remove_container(state, i);
	}
}

/* --- writing -------------------------------------------------------------- */

void command_dc_create(struct buf *buf, const char *name,
		       const uint32_t *nodes, uint32_t count,
		       uint32_t endpoint_limit, uint32_t call_limit)
{
	put_u8(buf, COMMAND_DC_CREATE);
	put_string(buf, name);
	put_u32(buf, endpoint_limit);
	put_u32(buf, call_limit);
	put_u32(buf, count);
	for (uint32_t i = 0; i < count; i++)
		put_u32(buf, nodes[i]);
}

void command_dc_delete(struct buf *buf, const char *name)
{
	put_u8(buf, COMMAND_DC_DELETE);
	put_string(buf, name);
}

void command_part(struct buf *buf, uint64_t dcid, enum part_state state,
		  int error)
{
	put_u8(buf, COMMAND_PART);
	put_u64(buf, dcid);
	put_u8(buf, state);
	put_u32(buf, error);
}

void command_claim(struct buf *buf, uint64_t dcid, uint16_t slot)
{
	put_u8(buf, COMMAND_CLAIM);
	put_u64(buf, dcid);
	put_u16(buf, slot);
}

void command_release(struct buf *buf, uint64_t dcid, uint16_t slot,
		     uint64_t epoch)
{
	put_u8(buf, COMMAND_RELEASE);
	put_u64(buf, dcid);
	put_u16(buf, slot);
	put_u64(buf, epoch);
}

void command_raise(struct buf *buf, uint64_t dcid, uint16_t slot,
		   uint64_t epoch, uint32_t ceiling)
{
	put_u8(buf, COMMAND_RAISE);
	put_u64(buf, dcid);
	put_u16(buf, slot);
	put_u64(buf, epoch);
	put_u32(buf, ceiling);
}

/* --- applying ------------------------------------------------------------- */

static int read_nodes(const struct state *state, struct reader *reader,
		      uint32_t *nodes, uint32_t *count)
{
	uint32_t given = get_u32(reader);
	bool wanted[NODES_MAX] = {};

	if (reader->bad || !given || given > NODES_MAX)
		return EINVAL;
	for (uint32_t i = 0; i < given; i++) {
		struct elector *elector = state_elector(state, get_u32(reader));

		if (!elector)
			return ENXIO;
		wanted[elector - state->electors] = true;
	}
	*count = 0;
	for (uint32_t i = 0; i < state->elector_count; i++)
		if (wanted[i])
			nodes[(*count)++] = state->electors[i].node;
	return 0;
}

static int dc_create(struct state *state, struct reader *reader,
		     uint64_t *value)
{
	uint64_t sessions[NODES_MAX];
	char name[DVSD_NAME_MAX + 1];
	uint32_t nodes[NODES_MAX];
	struct container *container;
	uint32_t endpoints, calls, count;
	int error;

	get_string(reader, name, sizeof(name));
	endpoints = get_u32(reader);
	calls = get_u32(reader);
	error = read_nodes(state, reader, nodes, &count);
	if (error)
		return error;
	if (!reader_done(reader) || !container_name_valid(name) ||
	    !endpoints || !calls)
		return EINVAL;
	container = state_container_by_name(state, name);
	if (container) {
		*value = container->dcid;
		return container->deleting ? EBUSY : EEXIST;
	}
	if (state->container_count == CONTAINERS_MAX ||
	    state->created == UINT32_MAX)
		return ENOSPC;

	container = xalloc(sizeof(*container));
	/*
	 * Half of the number is the log's, so that a cluster that lost all of
	 * its state does not use a number of its former life again.
	 */
	container->dcid = (state->history & 0xffffffff00000000ull) |
			  ++state->created;
	memcpy(container->name, name, sizeof(name));
	container->endpoint_limit = endpoints;
	container->call_limit = calls;
	container->version = 1;
	container->part_count = count;
	container->parts = xalloc(count * sizeof(*container->parts));
	for (uint32_t i = 0; i < count; i++) {
		container->parts[i].node = nodes[i];
		sessions[i] = state_elector(state, nodes[i])->session;
	}
	slots_split(&container->slots, nodes, count, sessions);

	state->containers = xrealloc(state->containers,
				     (state->container_count + 1) *
				     sizeof(*state->containers));
	state->containers[state->container_count++] = container;
	*value = container->dcid;
	return 0;
}

static int dc_delete(struct state *state, struct reader *reader,
		     uint64_t *value)
{
	char name[DVSD_NAME_MAX + 1];
	struct container *container;

	get_string(reader, name, sizeof(name));
	if (!reader_done(reader))
		return EINVAL;
	container = state_container_by_name(state, name);
	if (!container)
		return ENOENT;
	*value = container->dcid;
	if (container->deleting)
		return 0;
	container->deleting = true;
	state_reap(state);
	return 0;
}

static int set_part(struct state *state, struct part *part,
		    struct reader *reader)
{
	uint8_t reached = get_u8(reader);
	uint32_t error = get_u32(reader);

	if (!reader_done(reader) || reached > PART_GONE)
		return EINVAL;
	part->state = reached;
	part->error = error;
	state_reap(state);
	return 0;
}

static bool in_view(const void *context, uint32_t node)
{
	const struct elector *elector = state_elector(context, node);

	return elector && elector->session;
}

static int change_slots(struct state *state, struct container *container,
			const struct elector *from, uint8_t command,
			struct reader *reader)
{
	uint16_t slot = get_u16(reader);
	uint64_t epoch = command == COMMAND_CLAIM ? 0 : get_u64(reader);
	uint32_t ceiling = command == COMMAND_RAISE ? get_u32(reader) : 0;
	int error;

	if (!reader_done(reader))
		return EINVAL;
	if (container->deleting)
		return EIDRM;
	switch (command) {
	case COMMAND_CLAIM:
		error = slots_claim(&container->slots, slot, from->node,
				    from->session, in_view, state);
		break;
	case COMMAND_RELEASE:
		error = slots_release(&container->slots, slot, from->node,
				      epoch);
		break;
	default:
		error = slots_raise(&container->slots, slot, from->node, epoch,
				    ceiling);
	}
	if (error == EALREADY)
		return 0;
	if (!error)
		container->version++;
	return error;
}

int state_command(struct state *state, struct elector *from,
		  struct reader *reader, uint64_t *value)
{
	uint8_t command = get_u8(reader);
	struct container *container;
	struct part *part;

	if (command == COMMAND_DC_CREATE)
		return dc_create(state, reader, value);
	if (command == COMMAND_DC_DELETE)
		return dc_delete(state, reader, value);

	*value = get_u64(reader);
	container = state_container(state, *value);
	if (!container)
		return ENOENT;
	part = container_part(container, from->node);
	if (!part)
		return EPERM;
	switch (command) {
	case COMMAND_PART:
		return set_part(state, part, reader);
	case COMMAND_CLAIM:
	case COMMAND_RELEASE:
	case COMMAND_RAISE:
		return change_slots(state, container, from, command, reader);
	}
	return EINVAL;
}
