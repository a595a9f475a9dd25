// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replicated state: applying entries, views, the table of commands done.
 * What the commands do to containers is in commands.c.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct state *state_new(uint64_t history, const struct elector *electors,
			uint32_t count)
{
	struct state *state = xalloc(sizeof(*state));

	state->history = history;
	state->electors = xmemdup(electors, count * sizeof(*electors));
	state->elector_count = count;
	return state;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	for (uint32_t i = 0; i < state->container_count; i++)
		container_free(state->containers[i]);
	free(state->containers);
	free(state->electors);
	free(state);
}

struct elector *state_elector(const struct state *state, uint32_t node)
{
	for (uint32_t i = 0; i < state->elector_count; i++)
		if (state->electors[i].node == node)
			return &state->electors[i];
	return NULL;
}

struct container *state_container(const struct state *state, uint64_t dcid)
{
	for (uint32_t i = 0; i < state->container_count; i++)
		if (state->containers[i]->dcid == dcid)
			return state->containers[i];
	return NULL;
}

struct container *state_container_by_name(const struct state *state,
					  const char *name)
{
	for (uint32_t i = 0; i < state->container_count; i++)
		if (!strcmp(state->containers[i]->name, name))
			return state->containers[i];
	return NULL;
}

struct part *container_part(const struct container *container, uint32_t node)
{
	for (uint32_t i = 0; i < container->part_count; i++)
		if (container->parts[i].node == node)
			return &container->parts[i];
	return NULL;
}

bool container_settled(const struct state *state,
		       const struct container *container, bool gone)
{
	for (uint32_t i = 0; i < container->part_count; i++) {
		const struct part *part = &container->parts[i];

		if (!state_elector(state, part->node)->session)
			continue;
		if (gone ? part->state != PART_GONE :
			   part->state == PART_PENDING)
			return false;
	}
	return true;
}

/* --- entries -------------------------------------------------------------- */

void entry_view(struct buf *buf, uint64_t view, uint32_t leader,
		const struct view_member *members, uint32_t count)
{
	put_u8(buf, ENTRY_VIEW);
	put_u64(buf, view);
	put_u32(buf, leader);
	put_u32(buf, count);
	for (uint32_t i = 0; i < count; i++) {
		put_u32(buf, members[i].node);
		put_u64(buf, members[i].session);
		put_u64(buf, members[i].kernel);
		put_u64(buf, members[i].daemon);
	}
}

void entry_command(struct buf *buf, const struct command_id *id,
		   const void *command, size_t len)
{
	put_u8(buf, ENTRY_COMMAND);
	put_u32(buf, id->node);
	put_u64(buf, id->incarnation);
	put_u64(buf, id->sequence);
	put_bytes(buf, command, len);
}

static void get_command_id(struct reader *reader, struct command_id *id)
{
	id->node = get_u32(reader);
	id->incarnation = get_u64(reader);
	id->sequence = get_u64(reader);
}

bool entry_command_id(const void *data, size_t len, struct command_id *id)
{
	struct reader reader;

	reader_init(&reader, data, len);
	if (get_u8(&reader) != ENTRY_COMMAND)
		return false;
	get_command_id(&reader, id);
	return !reader.bad;
}

/* The node's kernel or daemon is another one than when it was here last. */
static void admit(struct state *state, struct elector *elector,
		  const struct view_member *member)
{
	bool forgot = elector->kernel && elector->kernel != member->kernel;

	elector->session = member->session;
	elector->kernel = member->kernel;
	if (elector->daemon != member->daemon) {
		elector->daemon = member->daemon;
		elector->highest = 0;
		memset(elector->done, 0, sizeof(elector->done));
	}
	if (!forgot)
		return;
	for (uint32_t i = 0; i < state->container_count; i++) {
		struct container *container = state->containers[i];
		struct part *part = container_part(container, elector->node);

		if (part) {
			part->state = PART_PENDING;
			part->error = 0;
		}
		if (slots_renew(&container->slots, elector->node,
				elector->session))
			container->version++;
	}
}

static void get_member(struct reader *reader, struct view_member *member)
{
	member->node = get_u32(reader);
	member->session = get_u64(reader);
	member->kernel = get_u64(reader);
	member->daemon = get_u64(reader);
}

bool entry_is_view(const void *data, size_t len)
{
	const uint8_t *type = data;

	return len && *type == ENTRY_VIEW;
}

bool entry_view_member(const void *data, size_t len, uint32_t node,
		       struct view_member *member)
{
	struct reader reader;
	uint32_t count;

	reader_init(&reader, data, len);
	if (get_u8(&reader) != ENTRY_VIEW)
		return false;
	get_u64(&reader);
	get_u32(&reader);
	count = get_u32(&reader);
	for (uint32_t i = 0; i < count && !reader.bad; i++) {
		get_member(&reader, member);
		if (member->node == node)
			return !reader.bad;
	}
	return false;
}

static void apply_view(struct state *state, struct reader *reader)
{
	uint32_t count;

	state->view = get_u64(reader);
	state->leader = get_u32(reader);
	count = get_u32(reader);
	for (uint32_t i = 0; i < state->elector_count; i++)
		state->electors[i].session = 0;
	for (uint32_t i = 0; i < count && !reader->bad; i++) {
		struct view_member member;
		struct elector *elector;

		get_member(reader, &member);
		elector = state_elector(state, member.node);
		if (elector)
			admit(state, elector, &member);
	}
	/* The nodes that were waited for may have left. */
	state_reap(state);
}

bool state_done(const struct state *state, const struct command_id *id,
		struct result *result)
{
	const struct elector *elector = state_elector(state, id->node);
	const struct done_command *done;

	*result = (struct result){ .error = ESTALE };
	if (!elector || elector->daemon != id->incarnation)
		return false;
	done = &elector->done[id->sequence % COMMANDS_KEPT];
	if (done->sequence == id->sequence) {
		*result = done->result;
		return true;
	}
	/* So old that its giver has stopped asking. */
	return id->sequence + COMMANDS_KEPT <= elector->highest;
}

static bool apply_command(struct state *state, struct reader *reader,
			  const struct command_id *id, struct result *result)
{
	struct elector *from = state_elector(state, id->node);
	struct done_command *done;

	if (state_done(state, id, result))
		return true;
	/* A daemon that is not in the view any more, or was replaced. */
	if (!from || !from->session || from->daemon != id->incarnation ||
	    !id->sequence)
		return false;
	result->value = 0;
	result->error = state_command(state, from, reader, &result->value);
	done = &from->done[id->sequence % COMMANDS_KEPT];
	done->sequence = id->sequence;
	done->result = *result;
	if (from->highest < id->sequence)
		from->highest = id->sequence;
	return true;
}

bool state_apply(struct state *state, const struct entry *entry,
		 struct command_id *id, struct result *result)
{
	struct reader reader;
	bool command = false;

	reader_init(&reader, entry->data, entry->len);
	switch (get_u8(&reader)) {
	case ENTRY_VIEW:
		apply_view(state, &reader);
		break;
	case ENTRY_COMMAND:
		get_command_id(&reader, id);
		command = apply_command(state, &reader, id, result);
		break;
	}
	state->index = entry->index;
	state->entry_view = entry->view;
	return command;
}
