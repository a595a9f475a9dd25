/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slot map of a container: one owner for each slot, as the cluster agreed.
 * Knows nothing of endpoints or nodes' states.
 */
#ifndef _DVS_SLOTMAP_H
#define _DVS_SLOTMAP_H

#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct dvs_range - consecutive slots with one owner
 * @first: first slot
 * @last: last slot
 * @node: owner, 0 for none
 * @generation_floor: lowest generation the owner may use
 * @generation_ceiling: the owner uses only generations below it
 * @epoch: grows with every change of the owner
 */
struct dvs_range {
	u16 first;
	u16 last;
	u32 node;
	u32 generation_floor;
	u32 generation_ceiling;
	u64 epoch;
};

/**
 * struct dvs_slotmap - the map
 * @tree: struct dvs_owner by slot. Writers hold @lock, readers RCU
 * @lock: serialises writers
 * @version: version of the map; written under @lock, read anywhere. A reader
 *	that sees a version sees at least that map
 */
struct dvs_slotmap {
	struct maple_tree tree;
	struct mutex lock;	/* see above */
	u64 version;
};

void dvs_slotmap_init(struct dvs_slotmap *map);
void dvs_slotmap_destroy(struct dvs_slotmap *map);

/*
 * Apply a change: -ESTALE when @version is not above the map's, -EINVAL for a
 * range that is malformed, -ENOMEM. On error nothing has changed, but for
 * -ENOMEM, after which the same change is applied again.
 */
int dvs_slotmap_set(struct dvs_slotmap *map, u64 version, bool replace,
		    const struct dvs_range *ranges, unsigned int count);

/* Describe the owner of @slot; false when it has none. */
bool dvs_slotmap_lookup(struct dvs_slotmap *map, u16 slot,
			struct dvs_range *range);

/* The first range that ends at or after @slot; false when there is none. */
bool dvs_slotmap_next(struct dvs_slotmap *map, u16 slot,
		      struct dvs_range *range);

u64 dvs_slotmap_version(struct dvs_slotmap *map);

#endif /* _DVS_SLOTMAP_H */
