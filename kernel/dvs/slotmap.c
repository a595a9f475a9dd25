// SPDX-License-Identifier: GPL-2.0
/*
 * The slot map of a container.
 *
 * The tree maps ranges of slots to owners. Storing a range over the middle of
 * another leaves two ranges with the same owner behind, so an owner counts the
 * ranges that refer to it and is freed after the last. Slots without an owner
 * are not in the tree.
 *
 * Readers use RCU and may see a change half done. As no two ranges of a change
 * overlap, each slot they look at is as it was or as it is going to be.
 */
#include "slotmap.h"

#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/dvs.h>

#include "limits.h"

/**
 * struct dvs_owner - who owns one or more ranges of slots
 * @rcu: for freeing
 * @ranges: ranges in the tree; under &dvs_slotmap.lock
 * @node: node number; constant
 * @generation_floor: see &dvs_range; constant
 * @generation_ceiling: likewise
 * @epoch: likewise
 */
struct dvs_owner {
	struct rcu_head rcu;
	u32 ranges;
	u32 node;
	u32 generation_floor;
	u32 generation_ceiling;
	u64 epoch;
};

static void describe(const struct ma_state *mas, const struct dvs_owner *owner,
		     struct dvs_range *range)
{
	*range = (struct dvs_range){
		.first = mas->index,
		.last = mas->last,
		.node = owner->node,
		.generation_floor = owner->generation_floor,
		.generation_ceiling = owner->generation_ceiling,
		.epoch = owner->epoch,
	};
}

void dvs_slotmap_init(struct dvs_slotmap *map)
{
	mutex_init(&map->lock);
	/*
	 * Gaps are not looked for. But in trees without them, an inner node
	 * that is nearly full has its metadata in the last slot, and freeing
	 * such a tree under RCU takes it for a child (mt_free_walk()).
	 */
	mt_init_flags(&map->tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_USE_RCU |
				  MT_FLAGS_LOCK_EXTERN);
	mt_set_external_lock(&map->tree, &map->lock);
	map->version = 0;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_init);

void dvs_slotmap_destroy(struct dvs_slotmap *map)
{
	MA_STATE(mas, &map->tree, 0, 0);
	struct dvs_owner *owner;

	mutex_lock(&map->lock);
	mas_for_each(&mas, owner, DVS_SLOT_MAX) {
		if (!--owner->ranges)
			kfree_rcu(owner, rcu);
	}
	__mt_destroy(&map->tree);
	mutex_unlock(&map->lock);
	mutex_destroy(&map->lock);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_destroy);

static bool well_formed(const struct dvs_range *range)
{
	return range->first >= 1 && range->first <= range->last &&
	       range->node <= DVS_NODE_MAX &&
	       (!range->node ||
		(range->generation_floor >= 1 &&
		 range->generation_floor < range->generation_ceiling &&
		 range->generation_ceiling <= U16_MAX + 1U));
}

/* Set the bits of all slots in @ranges, which must be good and not overlap. */
static int check(const struct dvs_range *ranges, unsigned int count,
		 unsigned long *given)
{
	unsigned long end;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!well_formed(&ranges[i]))
			return -EINVAL;
		end = ranges[i].last + 1;
		if (find_next_bit(given, end, ranges[i].first) < end)
			return -EINVAL;
		bitmap_set(given, ranges[i].first, end - ranges[i].first);
	}
	return 0;
}

/* Drop the references of the ranges between @first and @last. */
static void release(struct dvs_slotmap *map, unsigned long first,
		    unsigned long last)
{
	MA_STATE(mas, &map->tree, first, first);
	struct dvs_owner *owner;
	bool before, after;

	mas_for_each(&mas, owner, last) {
		before = mas.index < first;
		after = mas.last > last;
		if (before && after)
			owner->ranges++;
		else if (!before && !after && !--owner->ranges)
			kfree_rcu(owner, rcu);
	}
}

/* Give the slots to @owner, or to nobody when it is NULL. */
static int store(struct dvs_slotmap *map, unsigned long first,
		 unsigned long last, struct dvs_owner *owner)
{
	MA_STATE(mas, &map->tree, first, last);

	lockdep_assert_held(&map->lock);

	if (mas_preallocate(&mas, owner, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	/* Readers may find what is freed here until the grace period is over. */
	release(map, first, last);
	mas_store_prealloc(&mas, owner);
	return 0;
}

static int store_range(struct dvs_slotmap *map, const struct dvs_range *range)
{
	struct dvs_owner *owner = NULL;
	int err;

	if (range->node) {
		owner = kmalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
		if (!owner)
			return -ENOMEM;
		owner->ranges = 1;
		owner->node = range->node;
		owner->generation_floor = range->generation_floor;
		owner->generation_ceiling = range->generation_ceiling;
		owner->epoch = range->epoch;
	}
	err = store(map, range->first, range->last, owner);
	if (err)
		kfree(owner);
	return err;
}

static int apply(struct dvs_slotmap *map, bool replace,
		 const struct dvs_range *ranges, unsigned int count,
		 const unsigned long *given)
{
	unsigned long first, end;
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		err = store_range(map, &ranges[i]);
		if (err)
			return err;
	}
	if (!replace)
		return 0;

	for_each_clear_bitrange(first, end, given, DVS_SLOT_MAX + 1) {
		err = store(map, first, end - 1, NULL);
		if (err)
			return err;
	}
	return 0;
}

/**
 * dvs_slotmap_set - apply a change to the map
 * @map: the map
 * @version: its version afterwards
 * @replace: slots that are in none of @ranges lose their owner
 * @ranges: new owners; in any order
 * @count: entries in @ranges
 *
 * Return: 0; %-ESTALE when the map is at @version or above, %-EINVAL for a
 * range that is malformed or two that overlap, and nothing has changed; %-ENOMEM, after
 * which some of the change is visible, and all of it once it has been applied
 * again.
 */
int dvs_slotmap_set(struct dvs_slotmap *map, u64 version, bool replace,
		    const struct dvs_range *ranges, unsigned int count)
{
	unsigned long *given;
	int err;

	given = bitmap_zalloc(DVS_SLOT_MAX + 1, GFP_KERNEL_ACCOUNT);
	if (!given)
		return -ENOMEM;

	err = check(ranges, count, given);
	if (err)
		goto out;

	mutex_lock(&map->lock);
	if (version > map->version) {
		err = apply(map, replace, ranges, count, given);
		if (!err) {
			/* Pairs with the acquire in dvs_slotmap_version(). */
			smp_store_release(&map->version, version);
		}
	} else {
		err = -ESTALE;
	}
	mutex_unlock(&map->lock);
out:
	bitmap_free(given);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_set);

bool dvs_slotmap_lookup(struct dvs_slotmap *map, u16 slot,
			struct dvs_range *range)
{
	MA_STATE(mas, &map->tree, slot, slot);
	struct dvs_owner *owner;

	guard(rcu)();
	owner = mas_walk(&mas);
	if (!owner)
		return false;
	describe(&mas, owner, range);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_lookup);

bool dvs_slotmap_next(struct dvs_slotmap *map, u16 slot,
		      struct dvs_range *range)
{
	MA_STATE(mas, &map->tree, slot, slot);
	struct dvs_owner *owner;

	guard(rcu)();
	owner = mas_find(&mas, DVS_SLOT_MAX);
	if (!owner)
		return false;
	describe(&mas, owner, range);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_next);

u64 dvs_slotmap_version(struct dvs_slotmap *map)
{
	/* Pairs with the release in dvs_slotmap_set(). */
	return smp_load_acquire(&map->version);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_slotmap_version);
