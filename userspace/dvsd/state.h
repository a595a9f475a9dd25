/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replicated state of the cluster, and the commands that change it.
 *
 * A pure state machine: no I/O, no clock, no randomness. The same entries
 * applied in the same order give the same state, the same results and the same
 * snapshot, byte for byte, on every node.
 */
#ifndef DVSD_STATE_H
#define DVSD_STATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "codec.h"
#include "protocol.h"
#include "slots.h"

/* Corosync's own bound is 128 processes in a group. */
#define NODES_MAX		64
#define CONTAINERS_MAX		1024
#define NODE_NAME_MAX		63
#define ADDRESS_MAX		16

/*
 * A node has at most COMMANDS_OPEN commands under way whose results it has not
 * seen; the table of results remembers the last COMMANDS_KEPT of each node.
 */
#define COMMANDS_OPEN		32
#define COMMANDS_KEPT		64

/* A command is named by who gave it, so that a repeated one is recognised. */
struct command_id {
	uint32_t node;
	uint64_t incarnation;
	uint64_t sequence;
};

/**
 * struct result - what a command came to
 * @error: 0 or a positive errno
 * @value: number of the container, for those about one
 */
struct result {
	int error;
	uint64_t value;
};

struct done_command {
	uint64_t sequence;
	struct result result;
};

/**
 * struct elector - a node of the electorate
 * @node: number
 * @name: name for people
 * @address: address of its links
 * @address_len: 4 or 16
 * @port: port of its links
 * @session: view that admitted it, 0 when it is not in the current view
 * @kernel: incarnation of its kernel's node instance when it was in a view last
 * @daemon: incarnation of its dvsd, likewise
 * @highest: highest sequence number of its commands that were applied
 * @done: results of commands, by sequence number modulo COMMANDS_KEPT
 */
struct elector {
	uint32_t node;
	char name[NODE_NAME_MAX + 1];
	uint8_t address[ADDRESS_MAX];
	uint8_t address_len;
	uint16_t port;
	uint64_t session;
	uint64_t kernel;
	uint64_t daemon;
	uint64_t highest;
	struct done_command done[COMMANDS_KEPT];
};

enum part_state {
	PART_PENDING,
	PART_READY,
	PART_FAILED,
	PART_GONE,
};

/**
 * struct part - a container's part on a node, as that node reported it
 * @node: the node
 * @state: how far it is
 * @error: errno when it failed
 */
struct part {
	uint32_t node;
	enum part_state state;
	int error;
};

/**
 * struct container - a distributed container
 * @dcid: number, never used again
 * @name: name, unique among those that exist
 * @deleting: marked; removed when all nodes of the view have ended it
 * @endpoint_limit: endpoints on each node
 * @call_limit: open calls on each node
 * @version: version of the slot map
 * @parts: its nodes, by number
 * @part_count: entries in @parts
 * @slots: the slot map
 */
struct container {
	uint64_t dcid;
	char name[DVSD_NAME_MAX + 1];
	bool deleting;
	uint32_t endpoint_limit;
	uint32_t call_limit;
	uint64_t version;
	struct part *parts;
	uint32_t part_count;
	struct slots slots;
};

/**
 * struct state - the whole
 * @history: random number of this log, chosen at bootstrap
 * @index: last entry applied
 * @entry_view: view in which that entry was made
 * @view: last view installed, 0 when none was
 * @leader: its leader
 * @created: containers ever created
 * @electors: the electorate, by node number
 * @elector_count: entries in @electors
 * @containers: pointers to containers, by dcid
 * @container_count: entries in @containers
 */
struct state {
	uint64_t history;
	uint64_t index;
	uint64_t entry_view;
	uint64_t view;
	uint32_t leader;
	uint64_t created;
	struct elector *electors;
	uint32_t elector_count;
	struct container **containers;
	uint32_t container_count;
};

enum entry_type {
	ENTRY_VIEW = 1,
	ENTRY_COMMAND = 2,
};

/**
 * struct entry - an entry of the log
 * @view: view in which it was made
 * @index: place in the log
 * @data: record: its type, then what the type says
 * @len: length of @data
 */
struct entry {
	uint64_t view;
	uint64_t index;
	uint8_t *data;
	uint32_t len;
};

/* A member of a view, as the entry that installs the view lists it. */
struct view_member {
	uint32_t node;
	uint64_t session;
	uint64_t kernel;
	uint64_t daemon;
};

enum command {
	COMMAND_DC_CREATE = 1,
	COMMAND_DC_DELETE,
	COMMAND_PART,
	COMMAND_CLAIM,
	COMMAND_RELEASE,
	COMMAND_RAISE,
};

/* Writing entries. The commands are what follows the command's id. */
void entry_view(struct buf *buf, uint64_t view, uint32_t leader,
		const struct view_member *members, uint32_t count);
void entry_command(struct buf *buf, const struct command_id *id,
		   const void *command, size_t len);
/* The id of the command in an entry; false when it is another entry. */
bool entry_is_view(const void *data, size_t len);
/* What an entry that installs a view says of @node; false: no member. */
bool entry_view_member(const void *data, size_t len, uint32_t node,
		       struct view_member *member);
bool entry_command_id(const void *data, size_t len, struct command_id *id);

void command_dc_create(struct buf *buf, const char *name,
		       const uint32_t *nodes, uint32_t count,
		       uint32_t endpoint_limit, uint32_t call_limit);
void command_dc_delete(struct buf *buf, const char *name);
void command_part(struct buf *buf, uint64_t dcid, enum part_state state,
		  int error);
void command_claim(struct buf *buf, uint64_t dcid, uint16_t slot);
void command_release(struct buf *buf, uint64_t dcid, uint16_t slot,
		     uint64_t epoch);
void command_raise(struct buf *buf, uint64_t dcid, uint16_t slot,
		   uint64_t epoch, uint32_t ceiling);

/* state.c */
struct state *state_new(uint64_t history, const struct elector *electors,
			uint32_t count);
void state_free(struct state *state);
/*
 * Apply the next entry. Returns whether it was a command of a daemon of the
 * view; then @id and @result say which and what came of it.
 */
bool state_apply(struct state *state, const struct entry *entry,
		 struct command_id *id, struct result *result);
/* Whether the command was applied before, and with what result. */
bool state_done(const struct state *state, const struct command_id *id,
		struct result *result);
struct elector *state_elector(const struct state *state, uint32_t node);
struct container *state_container(const struct state *state, uint64_t dcid);
struct container *state_container_by_name(const struct state *state,
					  const char *name);
struct part *container_part(const struct container *container, uint32_t node);
/* Every part on a node of the view is (@gone ? gone : ready or failed). */
bool container_settled(const struct state *state,
		       const struct container *container, bool gone);
bool container_name_valid(const char *name);
static inline uint32_t state_majority(const struct state *state)
{
	return state->elector_count / 2 + 1;
}

/* commands.c: those about containers */
int state_command(struct state *state, struct elector *from,
		  struct reader *reader, uint64_t *value);
void container_free(struct container *container);
/* Remove the containers that are marked and have ended everywhere. */
void state_reap(struct state *state);

/* snapshot.c */
void state_encode(const struct state *state, struct buf *buf);
struct state *state_decode(const void *data, size_t len);
uint64_t state_hash(const struct state *state);

#endif /* DVSD_STATE_H */
