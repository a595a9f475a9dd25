/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot map of a container: one owner for each slot. Part of the replicated
 * state, so everything here depends on its arguments alone.
 */
#ifndef DVSD_SLOTS_H
#define DVSD_SLOTS_H

#include <stdint.h>

#include "codec.h"

#define SLOT_FIRST		1
#define SLOT_LAST		65535
#define SLOT_FIRST_DYNAMIC	1024
#define GENERATION_END		65536

/*
 * How far a ceiling is above the floor at first, and how much it is raised.
 * A node's death costs what is left of the step of each of its slots; a raise
 * costs one command.
 */
#define GENERATION_STEP		256

/**
 * struct range - consecutive slots with one owner
 * @first: first slot
 * @last: last slot
 * @node: owner, 0 for none
 * @epoch: grows with every change of the owner
 * @floor: lowest generation the owner may use
 * @ceiling: the owner uses only generations below it
 * @last_node: owner, or the one that released it
 * @last_session: session of that owner when it got the slots
 */
struct range {
	uint16_t first;
	uint16_t last;
	uint32_t node;
	uint64_t epoch;
	uint32_t floor;
	uint32_t ceiling;
	uint32_t last_node;
	uint64_t last_session;
};

/* Sorted by slot, without overlap. */
struct slots {
	struct range *ranges;
	uint32_t count;
};

void slots_free(struct slots *slots);
/* Give the dynamic slots to @nodes, evenly. */
void slots_split(struct slots *slots, const uint32_t *nodes, uint32_t count,
		 const uint64_t *sessions);
/* The range that holds @slot, or NULL. */
const struct range *slots_find(const struct slots *slots, uint16_t slot);

/*
 * Changes; 0 or a positive errno, and then nothing has changed.
 *
 * Claim a well-known slot. @alive tells whether a node is in the current view:
 * a slot whose owner is not may be taken. EADDRINUSE, EINVAL, ENOSPC (the
 * slot's generations are used up). EALREADY: it is the claimant's already.
 */
int slots_claim(struct slots *slots, uint16_t slot, uint32_t node,
		uint64_t session,
		bool (*alive)(const void *context, uint32_t node),
		const void *context);
/* ESTALE: the slot is not @node's with @epoch. */
int slots_release(struct slots *slots, uint16_t slot, uint32_t node,
		  uint64_t epoch);
/*
 * Raise the ceiling of the range that holds @slot. ESTALE as above; EALREADY:
 * the ceiling is not @ceiling any more; ENOSPC.
 */
int slots_raise(struct slots *slots, uint16_t slot, uint32_t node,
		uint64_t epoch, uint32_t ceiling);
/*
 * The kernel of @node has forgotten which generations it used: its well-known
 * slots become free, its dynamic ones start above the ceiling. Returns whether
 * anything changed.
 */
bool slots_renew(struct slots *slots, uint32_t node, uint64_t session);

void slots_encode(const struct slots *slots, struct buf *buf);
bool slots_decode(struct slots *slots, struct reader *reader);

#endif /* DVSD_SLOTS_H */
