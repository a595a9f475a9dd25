// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the slot map.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <uapi/linux/dvs.h>

#include "slotmap.h"

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);

static int slotmap_test_init(struct kunit *test)
{
	struct dvs_slotmap *map = kunit_kzalloc(test, sizeof(*map), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, map);
	dvs_slotmap_init(map);
	test->priv = map;
	return 0;
}

static void slotmap_test_exit(struct kunit *test)
{
	dvs_slotmap_destroy(test->priv);
}

static struct dvs_range range(u16 first, u16 last, u32 node, u64 epoch)
{
	return (struct dvs_range){
		.first = first,
		.last = last,
		.node = node,
		.generation_floor = 1,
		.generation_ceiling = 100,
		.epoch = epoch,
	};
}

#define SET(test, version, replace, ...) ({				\
	const struct dvs_range _ranges[] = { __VA_ARGS__ };		\
									\
	dvs_slotmap_set((test)->priv, version, replace, _ranges,	\
			ARRAY_SIZE(_ranges));				\
})

static u32 owner(struct kunit *test, u16 slot)
{
	struct dvs_range found;

	return dvs_slotmap_lookup(test->priv, slot, &found) ? found.node : 0;
}

static void new_map_has_no_owners(struct kunit *test)
{
	struct dvs_range found;

	KUNIT_EXPECT_FALSE(test, dvs_slotmap_lookup(test->priv, 1, &found));
	KUNIT_EXPECT_FALSE(test, dvs_slotmap_next(test->priv, 0, &found));
	KUNIT_EXPECT_EQ(test, dvs_slotmap_version(test->priv), 0);
}

static void lookup_describes_the_whole_range(struct kunit *test)
{
	struct dvs_range given = {
		.first = 10,
		.last = 20,
		.node = 65535,
		.generation_floor = 65535,
		.generation_ceiling = 65536,
		.epoch = U64_MAX,
	};
	struct dvs_range found;

	KUNIT_ASSERT_EQ(test, SET(test, 1, false, given), 0);
	KUNIT_ASSERT_TRUE(test, dvs_slotmap_lookup(test->priv, 15, &found));
	KUNIT_EXPECT_MEMEQ(test, &found, &given, sizeof(given));
}

static void range_ends_where_it_says(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(10, 20, 1, 1)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 9), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 10), 1);
	KUNIT_EXPECT_EQ(test, owner(test, 20), 1);
	KUNIT_EXPECT_EQ(test, owner(test, 21), 0);
}

static void all_slots_can_have_an_owner(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, SET(test, 1, false,
				  range(1, DVS_SLOT_MAX, 1, 1)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 0), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 1), 1);
	KUNIT_EXPECT_EQ(test, owner(test, DVS_SLOT_MAX), 1);
}

static void change_splits_a_range(struct kunit *test)
{
	struct dvs_range found;

	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(10, 30, 1, 1)), 0);
	KUNIT_ASSERT_EQ(test, SET(test, 2, false, range(20, 20, 2, 2)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 19), 1);
	KUNIT_EXPECT_EQ(test, owner(test, 20), 2);
	KUNIT_EXPECT_EQ(test, owner(test, 21), 1);
	KUNIT_ASSERT_TRUE(test, dvs_slotmap_lookup(test->priv, 25, &found));
	KUNIT_EXPECT_EQ(test, found.first, 21);
	KUNIT_EXPECT_EQ(test, found.last, 30);
	/* Both halves go, one after the other. */
	KUNIT_ASSERT_EQ(test, SET(test, 3, false, range(1, 25, 3, 3)), 0);
	KUNIT_ASSERT_EQ(test, SET(test, 4, false, range(26, 40, 3, 4)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 30), 3);
}

static void owner_0_takes_slots_away(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(10, 20, 1, 1)), 0);
	KUNIT_ASSERT_EQ(test, SET(test, 2, false, range(15, 30, 0, 0)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 14), 1);
	KUNIT_EXPECT_EQ(test, owner(test, 15), 0);
}

static void replacing_takes_away_what_is_not_given(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(1, 10, 1, 1),
				  range(100, 200, 2, 1)), 0);
	KUNIT_ASSERT_EQ(test, SET(test, 2, true, range(150, 160, 3, 2)), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 5), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 149), 0);
	KUNIT_EXPECT_EQ(test, owner(test, 150), 3);
	KUNIT_EXPECT_EQ(test, owner(test, 161), 0);
}

static void replacing_by_nothing_empties_the_map(struct kunit *test)
{
	struct dvs_range found;

	KUNIT_ASSERT_EQ(test, SET(test, 1, false,
				  range(1, DVS_SLOT_MAX, 1, 1)), 0);
	KUNIT_ASSERT_EQ(test, dvs_slotmap_set(test->priv, 2, true, NULL, 0), 0);
	KUNIT_EXPECT_FALSE(test, dvs_slotmap_next(test->priv, 0, &found));
	KUNIT_EXPECT_EQ(test, dvs_slotmap_version(test->priv), 2);
}

static void next_finds_ranges_in_order(struct kunit *test)
{
	struct dvs_range found;

	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(100, 200, 2, 1),
				  range(10, 20, 1, 1)), 0);
	KUNIT_ASSERT_TRUE(test, dvs_slotmap_next(test->priv, 0, &found));
	KUNIT_EXPECT_EQ(test, found.first, 10);
	KUNIT_ASSERT_TRUE(test, dvs_slotmap_next(test->priv, 20, &found));
	KUNIT_EXPECT_EQ(test, found.first, 10);
	KUNIT_ASSERT_TRUE(test, dvs_slotmap_next(test->priv, 21, &found));
	KUNIT_EXPECT_EQ(test, found.first, 100);
	KUNIT_EXPECT_EQ(test, found.last, 200);
	KUNIT_EXPECT_FALSE(test, dvs_slotmap_next(test->priv, 201, &found));
}

static void versions_only_grow(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, SET(test, 5, false, range(1, 1, 1, 1)), 0);
	KUNIT_EXPECT_EQ(test, SET(test, 5, false, range(1, 1, 2, 2)), -ESTALE);
	KUNIT_EXPECT_EQ(test, SET(test, 4, true, range(1, 1, 2, 2)), -ESTALE);
	KUNIT_EXPECT_EQ(test, owner(test, 1), 1);
	KUNIT_EXPECT_EQ(test, dvs_slotmap_version(test->priv), 5);
}

struct bad_case {
	const char *name;
	struct dvs_range ranges[2];
	unsigned int count;
};

#define BAD(_name, _first, _last, _node, _floor, _ceiling) {		\
	.name = _name,							\
	.ranges = { {							\
		.first = _first,					\
		.last = _last,						\
		.node = _node,						\
		.generation_floor = _floor,				\
		.generation_ceiling = _ceiling,				\
	} },								\
	.count = 1,							\
}

#define OVERLAP(_name, _first1, _last1, _first2, _last2) {		\
	.name = _name,							\
	.ranges = {							\
		{ .first = _first1, .last = _last1 },			\
		{ .first = _first2, .last = _last2 },			\
	},								\
	.count = 2,							\
}

static const struct bad_case bad_cases[] = {
	BAD("slot 0", 0, 5, 1, 1, 2),
	BAD("last before first", 6, 5, 1, 1, 2),
	BAD("node number too large", 1, 5, 65536, 1, 2),
	BAD("floor 0", 1, 5, 1, 0, 2),
	BAD("no generation", 1, 5, 1, 2, 2),
	BAD("ceiling below floor", 1, 5, 1, 3, 2),
	BAD("ceiling too high", 1, 5, 1, 1, 65537),
	OVERLAP("twice the same", 10, 20, 10, 20),
	OVERLAP("overlap at the end", 10, 20, 20, 30),
	OVERLAP("overlap at the beginning", 10, 20, 1, 10),
	OVERLAP("one within the other", 10, 20, 15, 15),
};

static void describe_bad_case(const struct bad_case *bad, char *description)
{
	strscpy(description, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, describe_bad_case);

static void malformed_change_changes_nothing(struct kunit *test)
{
	const struct bad_case *bad = test->param_value;

	KUNIT_ASSERT_EQ(test, SET(test, 1, false, range(1, 100, 7, 1)), 0);
	KUNIT_EXPECT_EQ(test, dvs_slotmap_set(test->priv, 2, true, bad->ranges,
					      bad->count), -EINVAL);
	KUNIT_EXPECT_EQ(test, owner(test, 15), 7);
	KUNIT_EXPECT_EQ(test, dvs_slotmap_version(test->priv), 1);
}

/* Random changes, against an array with an owner for each slot */

#define MODEL_SLOTS	512
#define CHANGES		2000
#define RANGES_MAX	4

struct model {
	struct {
		u32 node;
		u64 epoch;
	} slots[MODEL_SLOTS];
	bool given[MODEL_SLOTS];
	struct dvs_range ranges[RANGES_MAX];
	unsigned int count;
	struct rnd_state rnd;
};

static u32 below(struct model *model, u32 limit)
{
	return prandom_u32_state(&model->rnd) % limit;
}

static bool is_free(struct model *model, u32 first, u32 last)
{
	for (; first <= last; first++) {
		if (model->given[first])
			return false;
	}
	return true;
}

static void random_change(struct model *model, u64 epoch)
{
	u32 first, last, i, wanted = below(model, RANGES_MAX + 1);

	memset(model->given, 0, sizeof(model->given));
	model->count = 0;
	for (i = 0; i < wanted; i++) {
		first = 1 + below(model, MODEL_SLOTS - 1);
		last = min(first + below(model, 64), MODEL_SLOTS - 1U);
		if (!is_free(model, first, last))
			continue;
		memset(model->given + first, true, last - first + 1);
		model->ranges[model->count++] =
			range(first, last, below(model, 4), epoch);
	}
}

static void apply_to_model(struct model *model, bool replace)
{
	const struct dvs_range *r;
	u32 slot;

	if (replace)
		memset(model->slots, 0, sizeof(model->slots));
	for (r = model->ranges; r < model->ranges + model->count; r++) {
		for (slot = r->first; slot <= r->last; slot++) {
			model->slots[slot].node = r->node;
			model->slots[slot].epoch = r->epoch;
		}
	}
}

static bool agrees(struct kunit *test, struct model *model)
{
	struct dvs_range found;
	u32 slot, node;

	for (slot = 1; slot < MODEL_SLOTS; slot++) {
		node = model->slots[slot].node;
		if (dvs_slotmap_lookup(test->priv, slot, &found)) {
			if (found.node != node ||
			    found.epoch != model->slots[slot].epoch ||
			    slot < found.first || slot > found.last)
				return false;
		} else if (node) {
			return false;
		}
	}
	return true;
}

/* Walking the ranges visits each owned slot once. */
static bool walk_agrees(struct kunit *test, struct model *model)
{
	struct dvs_range found;
	u32 slot = 0, next, owned = 0, visited = 0;

	for (next = 0; next < MODEL_SLOTS &&
	     dvs_slotmap_next(test->priv, next, &found);
	     next = found.last + 1) {
		if (found.first < next)
			return false;
		visited += found.last - found.first + 1;
	}
	for (slot = 1; slot < MODEL_SLOTS; slot++)
		owned += model->slots[slot].node != 0;
	return visited == owned;
}

static void random_changes_are_what_an_array_says(struct kunit *test)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	bool replace;
	u64 version;

	KUNIT_ASSERT_NOT_NULL(test, model);
	prandom_seed_state(&model->rnd, 20250101);
	for (version = 1; version <= CHANGES; version++) {
		random_change(model, version);
		replace = !below(model, 100);
		KUNIT_ASSERT_EQ(test, dvs_slotmap_set(test->priv, version,
						      replace, model->ranges,
						      model->count), 0);
		apply_to_model(model, replace);
		KUNIT_ASSERT_TRUE_MSG(test, agrees(test, model),
				      "lookup, version %llu", version);
		KUNIT_ASSERT_TRUE_MSG(test, walk_agrees(test, model),
				      "walk, version %llu", version);
	}
}

/* Deep enough for a tree of several levels, which is then freed under RCU */
#define MANY		16384U

static void thousands_of_slots_can_have_their_own_owner(struct kunit *test)
{
	struct dvs_range *ranges;
	u32 slot;

	ranges = kunit_kcalloc(test, MANY, sizeof(*ranges), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ranges);
	for (slot = 1; slot <= MANY; slot++)
		ranges[slot - 1] = range(slot, slot, 1 + slot % 3, slot);
	KUNIT_ASSERT_EQ(test, dvs_slotmap_set(test->priv, 1, true, ranges,
					      MANY), 0);
	for (slot = 1; slot <= MANY; slot++) {
		if (owner(test, slot) != 1 + slot % 3)
			break;
	}
	KUNIT_EXPECT_EQ(test, slot, MANY + 1);
}

static struct kunit_case slotmap_test_cases[] = {
	KUNIT_CASE(new_map_has_no_owners),
	KUNIT_CASE(lookup_describes_the_whole_range),
	KUNIT_CASE(range_ends_where_it_says),
	KUNIT_CASE(all_slots_can_have_an_owner),
	KUNIT_CASE(change_splits_a_range),
	KUNIT_CASE(owner_0_takes_slots_away),
	KUNIT_CASE(replacing_takes_away_what_is_not_given),
	KUNIT_CASE(replacing_by_nothing_empties_the_map),
	KUNIT_CASE(next_finds_ranges_in_order),
	KUNIT_CASE(versions_only_grow),
	KUNIT_CASE_PARAM(malformed_change_changes_nothing, bad_gen_params),
	KUNIT_CASE(random_changes_are_what_an_array_says),
	KUNIT_CASE(thousands_of_slots_can_have_their_own_owner),
	{}
};

static struct kunit_suite slotmap_test_suite = {
	.name = "dvs_slotmap",
	.init = slotmap_test_init,
	.exit = slotmap_test_exit,
	.test_cases = slotmap_test_cases,
};

kunit_test_suite(slotmap_test_suite);

MODULE_DESCRIPTION("Tests of the DVS slot map");
MODULE_LICENSE("GPL");
