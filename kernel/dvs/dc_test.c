// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the slot table: which slot and which generation an endpoint gets.
 */
#include <kunit/test.h>
#include <linux/dc_namespace.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dc.h"
#include "endpoint.h"

struct table {
	struct dc_namespace ns;
	struct dvs_dc *dc;
};

static int table_init(struct kunit *test)
{
	struct table *table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, table);
	refcount_set(&table->ns.ns.count, 1);
	table->dc = dvs_dc_create(&table->ns);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, table->dc);
	test->priv = table;
	return 0;
}

static void table_exit(struct kunit *test)
{
	struct table *table = test->priv;

	dvs_dc_destroy(table->dc);
}

/* An endpoint with what the slot table looks at */
static struct dvs_endpoint *make_endpoint(struct kunit *test)
{
	struct dvs_endpoint *endpoint = kunit_kzalloc(test, sizeof(*endpoint), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, endpoint);
	/* Never falls to 0: the test's memory is freed by KUnit. */
	refcount_set(&endpoint->ref, 1);
	return endpoint;
}

static int bind_slot(struct kunit *test, struct dvs_endpoint *endpoint, u16 slot)
{
	struct table *table = test->priv;
	struct dvs_claim needed;

	return dvs_dc_bind(table->dc, endpoint, slot, &needed);
}

static u32 rebind(struct kunit *test, struct dvs_endpoint *endpoint, u16 slot)
{
	struct table *table = test->priv;

	dvs_dc_unbind(table->dc, endpoint);
	KUNIT_ASSERT_EQ(test, bind_slot(test, endpoint, slot), 0);
	return endpoint->number;
}

static void dynamic_slots_go_upwards_first(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test), *b = make_endpoint(test);

	KUNIT_ASSERT_EQ(test, bind_slot(test, a, DVS_SLOT_ANY), 0);
	KUNIT_EXPECT_EQ(test, a->number, DVS_ENDPOINT(DVS_SLOT_DYNAMIC_FIRST, 1));
	dvs_dc_unbind(table->dc, a);
	KUNIT_ASSERT_EQ(test, bind_slot(test, b, DVS_SLOT_ANY), 0);
	KUNIT_EXPECT_EQ(test, b->number, DVS_ENDPOINT(DVS_SLOT_DYNAMIC_FIRST + 1, 1));
	dvs_dc_unbind(table->dc, b);
}

static void a_slot_bound_again_has_the_next_generation(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test);

	KUNIT_ASSERT_EQ(test, bind_slot(test, a, 7), 0);
	KUNIT_EXPECT_EQ(test, a->number, DVS_ENDPOINT(7, 1));
	KUNIT_EXPECT_EQ(test, rebind(test, a, 7), DVS_ENDPOINT(7, 2));
	KUNIT_EXPECT_EQ(test, rebind(test, a, 7), DVS_ENDPOINT(7, 3));
	dvs_dc_unbind(table->dc, a);
}

static void a_bound_slot_is_in_use(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test), *b = make_endpoint(test);

	KUNIT_ASSERT_EQ(test, bind_slot(test, a, 2000), 0);
	KUNIT_EXPECT_EQ(test, bind_slot(test, b, 2000), -EADDRINUSE);
	dvs_dc_unbind(table->dc, a);
	KUNIT_EXPECT_EQ(test, bind_slot(test, b, 2000), 0);
	dvs_dc_unbind(table->dc, b);
}

static void lookups_tell_never_bound_from_stale(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test), *found;

	KUNIT_EXPECT_EQ(test, PTR_ERR(dvs_dc_lookup(table->dc, 9)), -ENXIO);
	KUNIT_ASSERT_EQ(test, bind_slot(test, a, 9), 0);
	found = dvs_dc_lookup(table->dc, 9);
	KUNIT_EXPECT_PTR_EQ(test, found, a);
	found = dvs_dc_lookup(table->dc, DVS_ENDPOINT(9, 1));
	KUNIT_EXPECT_PTR_EQ(test, found, a);
	KUNIT_EXPECT_EQ(test, PTR_ERR(dvs_dc_lookup(table->dc, DVS_ENDPOINT(9, 2))),
			-ESTALE);
	dvs_dc_unbind(table->dc, a);
	KUNIT_EXPECT_EQ(test, PTR_ERR(dvs_dc_lookup(table->dc, 9)), -ENXIO);
	KUNIT_EXPECT_EQ(test, PTR_ERR(dvs_dc_lookup(table->dc, DVS_ENDPOINT(9, 1))),
			-ESTALE);
}

static void the_limit_counts_what_is_bound(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test), *b = make_endpoint(test);

	table->dc->endpoint_limit = 1;
	KUNIT_ASSERT_EQ(test, bind_slot(test, a, DVS_SLOT_ANY), 0);
	KUNIT_EXPECT_EQ(test, bind_slot(test, b, DVS_SLOT_ANY), -EDQUOT);
	dvs_dc_unbind(table->dc, a);
	KUNIT_EXPECT_EQ(test, bind_slot(test, b, DVS_SLOT_ANY), 0);
	dvs_dc_unbind(table->dc, b);
}

static void the_oldest_free_slot_is_used_first(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *all, *extra = make_endpoint(test);
	const u32 count = DVS_SLOT_MAX - DVS_SLOT_DYNAMIC_FIRST + 1;
	u32 i;

	table->dc->endpoint_limit = count + 1;
	all = vcalloc(count, sizeof(*all));
	KUNIT_ASSERT_NOT_NULL(test, all);
	for (i = 0; i < count; i++) {
		refcount_set(&all[i].ref, 1);
		KUNIT_ASSERT_EQ(test, bind_slot(test, &all[i], DVS_SLOT_ANY), 0);
	}
	KUNIT_EXPECT_EQ(test, bind_slot(test, extra, DVS_SLOT_ANY), -EADDRNOTAVAIL);

	dvs_dc_unbind(table->dc, &all[30]);
	dvs_dc_unbind(table->dc, &all[10]);
	dvs_dc_unbind(table->dc, &all[20]);
	/* Bound by number, a slot leaves the others in their order. */
	KUNIT_ASSERT_EQ(test, bind_slot(test, &all[10], DVS_SLOT_DYNAMIC_FIRST + 10), 0);
	KUNIT_ASSERT_EQ(test, bind_slot(test, &all[30], DVS_SLOT_ANY), 0);
	KUNIT_EXPECT_EQ(test, all[30].number, DVS_ENDPOINT(DVS_SLOT_DYNAMIC_FIRST + 30, 2));
	KUNIT_ASSERT_EQ(test, bind_slot(test, &all[20], DVS_SLOT_ANY), 0);
	KUNIT_EXPECT_EQ(test, all[20].number, DVS_ENDPOINT(DVS_SLOT_DYNAMIC_FIRST + 20, 2));
	KUNIT_EXPECT_EQ(test, bind_slot(test, extra, DVS_SLOT_ANY), -EADDRNOTAVAIL);

	for (i = 0; i < count; i++)
		dvs_dc_unbind(table->dc, &all[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&table->dc->endpoints), 0);
	vfree(all);
}

static void a_slot_without_generations_is_retired(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test);
	u32 i;

	KUNIT_ASSERT_EQ(test, bind_slot(test, a, 5), 0);
	for (i = 2; i <= 65535; i++)
		KUNIT_ASSERT_EQ(test, rebind(test, a, 5), DVS_ENDPOINT(5, i));
	dvs_dc_unbind(table->dc, a);
	KUNIT_EXPECT_EQ(test, bind_slot(test, a, 5), -EADDRNOTAVAIL);
}

static void a_closed_container_refuses_binds(struct kunit *test)
{
	struct table *table = test->priv;
	struct dvs_endpoint *a = make_endpoint(test);

	dvs_dc_close(table->dc, -EIDRM);
	KUNIT_EXPECT_EQ(test, bind_slot(test, a, DVS_SLOT_ANY), -EIDRM);
}

static struct kunit_case dc_cases[] = {
	KUNIT_CASE(dynamic_slots_go_upwards_first),
	KUNIT_CASE(a_slot_bound_again_has_the_next_generation),
	KUNIT_CASE(a_bound_slot_is_in_use),
	KUNIT_CASE(lookups_tell_never_bound_from_stale),
	KUNIT_CASE(the_limit_counts_what_is_bound),
	KUNIT_CASE_SLOW(the_oldest_free_slot_is_used_first),
	KUNIT_CASE_SLOW(a_slot_without_generations_is_retired),
	KUNIT_CASE(a_closed_container_refuses_binds),
	{}
};

static struct kunit_suite dc_suite = {
	.name = "dvs_dc",
	.init = table_init,
	.exit = table_exit,
	.test_cases = dc_cases,
};

kunit_test_suite(dc_suite);

MODULE_DESCRIPTION("KUnit tests of the slot table of DVS");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
