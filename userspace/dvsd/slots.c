// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slot map of a container. See slots.h.
 */
#include "slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Most ranges a map can need: each well-known slot, and each node's part. */
#define RANGES_MAX	(SLOT_FIRST_DYNAMIC + 128)

void slots_free(struct slots *slots)
{
	free(slots->ranges);
	*slots = (struct slots){};
}

void slots_split(struct slots *slots, const uint32_t *nodes, uint32_t count,
		 const uint64_t *sessions)
{
	uint32_t total = SLOT_LAST - SLOT_FIRST_DYNAMIC + 1;
	uint32_t first = SLOT_FIRST_DYNAMIC;

	slots->ranges = xalloc(count * sizeof(*slots->ranges));
	slots->count = count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = total / count + (i < total % count);

		slots->ranges[i] = (struct range){
			.first = first,
			.last = first + size - 1,
			.node = nodes[i],
			.epoch = 1,
			.floor = 1,
			.ceiling = 1 + GENERATION_STEP,
			.last_node = nodes[i],
			.last_session = sessions[i],
		};
		first += size;
	}
}

static struct range *find(const struct slots *slots, uint16_t slot)
{
	uint32_t low = 0, high = slots->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		struct range *range = &slots->ranges[middle];

		if (slot < range->first)
			high = middle;
		else if (slot > range->last)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}

const struct range *slots_find(const struct slots *slots, uint16_t slot)
{
	return find(slots, slot);
}

static void insert(struct slots *slots, const struct range *range)
{
	uint32_t at = 0;

	while (at < slots->count && slots->ranges[at].first < range->first)
		at++;
	slots->ranges = xrealloc(slots->ranges,
				 (slots->count + 1) * sizeof(*slots->ranges));
	memmove(&slots->ranges[at + 1], &slots->ranges[at],
		(slots->count - at) * sizeof(*slots->ranges));
	slots->ranges[at] = *range;
	slots->count++;
}

static uint32_t step_above(uint32_t floor)
{
	if (floor > GENERATION_END - GENERATION_STEP)
		return GENERATION_END;
	return floor + GENERATION_STEP;
}

/* @range goes to an owner that does not know which generations were used. */
static void start_above(struct range *range)
{
	range->floor = range->ceiling;
	range->ceiling = step_above(range->floor);
}

int slots_claim(struct slots *slots, uint16_t slot, uint32_t node,
		uint64_t session,
		bool (*alive)(const void *context, uint32_t node),
		const void *context)
{
	struct range *range = find(slots, slot);

	if (slot < SLOT_FIRST)
		return EINVAL;
	if (!range) {
		struct range fresh = {
			.first = slot,
			.last = slot,
			.node = node,
			.epoch = 1,
			.floor = 1,
			.ceiling = 1 + GENERATION_STEP,
			.last_node = node,
			.last_session = session,
		};

		if (slot >= SLOT_FIRST_DYNAMIC)
			return EINVAL;
		insert(slots, &fresh);
		return 0;
	}
	if (range->node == node)
		return EALREADY;
	/* A dynamic slot stays with its range. */
	if (slot >= SLOT_FIRST_DYNAMIC)
		return EADDRINUSE;
	if (range->node && alive(context, range->node))
		return EADDRINUSE;
	/*
	 * A kernel that released the slot and has not been away since
	 * remembers the last generation it used.
	 */
	if (range->node || range->last_node != node ||
	    range->last_session != session) {
		if (range->ceiling >= GENERATION_END)
			return ENOSPC;
		start_above(range);
	}
	range->node = node;
	range->epoch++;
	range->last_node = node;
	range->last_session = session;
	return 0;
}

int slots_release(struct slots *slots, uint16_t slot, uint32_t node,
		  uint64_t epoch)
{
	struct range *range = find(slots, slot);

	if (slot >= SLOT_FIRST_DYNAMIC)
		return EINVAL;
	if (!range || range->node != node || range->epoch != epoch)
		return ESTALE;
	range->node = 0;
	range->epoch++;
	return 0;
}

int slots_raise(struct slots *slots, uint16_t slot, uint32_t node,
		uint64_t epoch, uint32_t ceiling)
{
	struct range *range = find(slots, slot);

	if (!range || range->node != node || range->epoch != epoch)
		return ESTALE;
	if (range->ceiling != ceiling)
		return EALREADY;
	if (range->ceiling >= GENERATION_END)
		return ENOSPC;
	range->ceiling = step_above(range->ceiling);
	return 0;
}

bool slots_renew(struct slots *slots, uint32_t node, uint64_t session)
{
	bool changed = false;

	for (uint32_t i = 0; i < slots->count; i++) {
		struct range *range = &slots->ranges[i];

		if (range->last_node == node)
			range->last_session = session;
		if (range->node != node) {
			/* Released by the kernel that has forgotten. */
			if (!range->node && range->last_node == node)
				range->last_node = 0;
			continue;
		}
		changed = true;
		range->epoch++;
		if (range->first < SLOT_FIRST_DYNAMIC) {
			range->node = 0;
			range->last_node = 0;
		} else {
			start_above(range);
		}
	}
	return changed;
}

void slots_encode(const struct slots *slots, struct buf *buf)
{
	put_u32(buf, slots->count);
	for (uint32_t i = 0; i < slots->count; i++) {
		const struct range *range = &slots->ranges[i];

		put_u16(buf, range->first);
		put_u16(buf, range->last);
		put_u32(buf, range->node);
		put_u64(buf, range->epoch);
		put_u32(buf, range->floor);
		put_u32(buf, range->ceiling);
		put_u32(buf, range->last_node);
		put_u64(buf, range->last_session);
	}
}

bool slots_decode(struct slots *slots, struct reader *reader)
{
	uint32_t count = get_u32(reader), previous = 0;

	if (reader->bad || count > RANGES_MAX)
		return false;
	slots->ranges = xalloc(count * sizeof(*slots->ranges));
	slots->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct range *range = &slots->ranges[i];

		range->first = get_u16(reader);
		range->last = get_u16(reader);
		range->node = get_u32(reader);
		range->epoch = get_u64(reader);
		range->floor = get_u32(reader);
		range->ceiling = get_u32(reader);
		range->last_node = get_u32(reader);
		range->last_session = get_u64(reader);
		if (range->first <= previous || range->last < range->first ||
		    range->floor > range->ceiling ||
		    range->ceiling > GENERATION_END)
			reader->bad = true;
		previous = range->last;
	}
	return !reader->bad;
}
