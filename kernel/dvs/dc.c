// SPDX-License-Identifier: GPL-2.0
/*
 * What a DC namespace holds: the slot table and the accounts. Knows nothing of
 * messages.
 *
 * The slot table
 *
 * &dvs_dc.slots has, by slot, the endpoint bound there; a value once an
 * endpoint was bound there; nothing before. The value remembers the last
 * generation, and the successor in the list of free dynamic slots. So neither
 * remembering a generation nor freeing a slot needs memory: closing an
 * endpoint cannot fail.
 *
 * Dynamic slots that were never used are handed out first, upwards; then the
 * free list, oldest first. A slot that is bound by number while it is in the
 * list stays in it; the endpoint keeps the link (&dvs_endpoint.free_next), and
 * the list drops it when it gets there.
 */
#include "dc.h"

#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "endpoint.h"
#include "limits.h"
#include "node.h"
#include "remote.h"

static void *free_entry(u16 generation, u16 next)
{
	return xa_mk_value(((unsigned long)next << 16) | generation);
}

static u16 free_generation(void *entry)
{
	return xa_to_value(entry) & 0xffff;
}

static u16 free_next(void *entry)
{
	return xa_to_value(entry) >> 16;
}

struct dvs_dc *dvs_dc_create(struct dc_namespace *ns)
{
	struct dvs_dc *dc;

	dc = kzalloc(sizeof(*dc), GFP_KERNEL_ACCOUNT);
	if (!dc)
		return ERR_PTR(-ENOMEM);
	dc->ns = ns;
	spin_lock_init(&dc->lock);
	xa_init_flags(&dc->slots, XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
	dc->cursor = DVS_SLOT_DYNAMIC_FIRST;
	dc->endpoint_limit = DVS_ENDPOINTS_DEFAULT;
	dc->call_limit = DVS_CALLS_DEFAULT;
	init_waitqueue_head(&dc->wait);
	spin_lock_init(&dc->watch_lock);
	INIT_LIST_HEAD(&dc->watches);
	INIT_WORK(&dc->watch_work, dvs_remote_watch_work);
	return dc;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_create);

void dvs_dc_destroy(struct dvs_dc *dc)
{
	cancel_work_sync(&dc->watch_work);
	if (dc->container)
		dvs_container_put(dc->container);
	xa_destroy(&dc->slots);
	kfree(dc);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_destroy);

u64 dvs_dc_id(const struct dvs_dc *dc)
{
	struct dvs_container *container = dvs_dc_container(dc);

	return container ? container->dcid : 0;
}

u32 dvs_dc_node_id(const struct dvs_dc *dc)
{
	struct dvs_container *container = dvs_dc_container(dc);

	return container ? container->node->id : 0;
}

/* The range this node owns around @slot, or after it. */
static bool next_owned(struct dvs_dc *dc, u32 slot, struct dvs_range *range)
{
	struct dvs_container *container = dvs_dc_container(dc);

	if (!container) {
		*range = (struct dvs_range){
			.first = 1,
			.last = DVS_SLOT_MAX,
			.generation_floor = 1,
			.generation_ceiling = 65536,
		};
		return slot <= DVS_SLOT_MAX;
	}
	while (slot <= DVS_SLOT_MAX &&
	       dvs_slotmap_next(&container->map, slot, range)) {
		if (range->node == container->node->id)
			return true;
		slot = range->last + 1;
	}
	return false;
}

static bool owned(struct dvs_dc *dc, u16 slot, struct dvs_range *range)
{
	return next_owned(dc, slot, range) && range->first <= slot;
}

/* The generation a free slot gets next; the ceiling when none is left. */
static u32 next_generation(void *entry, const struct dvs_range *range)
{
	u32 generation = range->generation_floor;

	if (entry)
		generation = max(generation, free_generation(entry) + 1U);
	return min(generation, range->generation_ceiling);
}

static bool pick_unused(struct dvs_dc *dc, u16 *slot, u32 *generation)
{
	struct dvs_range range;
	u32 next = dc->cursor;

	while (next_owned(dc, next, &range)) {
		for (next = max_t(u32, next, range.first); next <= range.last; next++) {
			if (xa_load(&dc->slots, next))
				continue;
			dc->cursor = next;
			*slot = next;
			*generation = range.generation_floor;
			return true;
		}
	}
	dc->cursor = DVS_SLOT_MAX + 1;
	return false;
}

static void push_free(struct dvs_dc *dc, u16 slot, u16 generation)
{
	void *tail;

	xa_store(&dc->slots, slot, free_entry(generation, 0), GFP_ATOMIC);
	if (!dc->free_head) {
		dc->free_head = slot;
	} else {
		tail = xa_load(&dc->slots, dc->free_tail);
		if (xa_is_value(tail))
			xa_store(&dc->slots, dc->free_tail,
				 free_entry(free_generation(tail), slot), GFP_ATOMIC);
		else
			((struct dvs_endpoint *)tail)->free_next = slot;
	}
	dc->free_tail = slot;
}

/* Take the oldest slot out of the free list: 0 when the list is empty. */
static u16 pop_free(struct dvs_dc *dc, void **entry)
{
	struct dvs_endpoint *endpoint;
	u16 slot = dc->free_head;

	if (!slot)
		return 0;
	*entry = xa_load(&dc->slots, slot);
	if (xa_is_value(*entry)) {
		dc->free_head = free_next(*entry);
		xa_store(&dc->slots, slot,
			 free_entry(free_generation(*entry), 0), GFP_ATOMIC);
	} else {
		endpoint = *entry;
		dc->free_head = endpoint->free_next;
		endpoint->free_queued = false;
		endpoint->free_next = 0;
	}
	if (!dc->free_head)
		dc->free_tail = 0;
	return slot;
}

static int pick_freed(struct dvs_dc *dc, u16 *slot, u32 *generation,
		      struct dvs_claim *needed)
{
	struct dvs_range range;
	u16 last = dc->free_tail, freed;
	void *entry;

	do {
		freed = pop_free(dc, &entry);
		if (!freed)
			return -EADDRNOTAVAIL;
		if (!xa_is_value(entry))
			continue;	/* bound by number meanwhile */
		if (!owned(dc, freed, &range)) {
			/* It may come back. */
			push_free(dc, freed, free_generation(entry));
			continue;
		}
		*generation = next_generation(entry, &range);
		if (*generation < range.generation_ceiling) {
			*slot = freed;
			return 0;
		}
		if (!dvs_dc_container(dc))
			continue;	/* retired */
		push_free(dc, freed, free_generation(entry));
		needed->slot = freed;
		needed->kind = DVS_CLAIM_KIND_RAISE;
		return -EAGAIN;
	} while (freed != last);
	return -EADDRNOTAVAIL;
}

static int pick_given(struct dvs_dc *dc, u16 slot, u32 *generation,
		      struct dvs_claim *needed)
{
	struct dvs_container *container = dvs_dc_container(dc);
	void *entry = xa_load(&dc->slots, slot);
	struct dvs_range range;

	needed->slot = slot;
	needed->kind = DVS_CLAIM_KIND_CLAIM;
	if (!owned(dc, slot, &range))
		return slot < DVS_SLOT_DYNAMIC_FIRST ? -EAGAIN : -EADDRNOTAVAIL;
	if (entry && !xa_is_value(entry))
		return -EADDRINUSE;
	if (container && dvs_claim_releasing(container, slot))
		return -EAGAIN;
	*generation = next_generation(entry, &range);
	if (*generation < range.generation_ceiling)
		return 0;
	needed->kind = DVS_CLAIM_KIND_RAISE;
	return container ? -EAGAIN : -EADDRNOTAVAIL;
}

static int bind_locked(struct dvs_dc *dc, struct dvs_endpoint *endpoint,
		       u16 *slot, struct dvs_claim *needed)
{
	u32 generation;
	void *entry;
	int error;

	lockdep_assert_held(&dc->lock);
	if (dc->closed)
		return dc->closed;
	if (atomic_read(&dc->endpoints) >= READ_ONCE(dc->endpoint_limit))
		return -EDQUOT;
	if (*slot) {
		error = pick_given(dc, *slot, &generation, needed);
		if (error)
			return error;
	} else if (!pick_unused(dc, slot, &generation)) {
		error = pick_freed(dc, slot, &generation, needed);
		if (error)
			return error;
	}

	entry = xa_load(&dc->slots, *slot);
	endpoint->number = DVS_ENDPOINT(*slot, generation);
	endpoint->free_next = entry ? free_next(entry) : 0;
	endpoint->free_queued = entry && (endpoint->free_next ||
					  dc->free_tail == *slot);
	error = xa_err(xa_store(&dc->slots, *slot, endpoint,
				GFP_NOWAIT | __GFP_NOWARN));
	if (error)
		return error;
	dvs_endpoint_hold(endpoint);
	atomic_inc(&dc->endpoints);
	return 0;
}

int dvs_dc_bind(struct dvs_dc *dc, struct dvs_endpoint *endpoint, u16 slot,
		struct dvs_claim *needed)
{
	u16 picked;
	int error;

	for (;;) {
		picked = slot;
		spin_lock_bh(&dc->lock);
		error = bind_locked(dc, endpoint, &picked, needed);
		spin_unlock_bh(&dc->lock);
		if (error != -ENOMEM)
			break;
		/* Only a slot that was never used needs memory. */
		error = xa_reserve_bh(&dc->slots, picked, GFP_KERNEL_ACCOUNT);
		if (error)
			return error;
	}
	if (!error)
		dvs_dc_changed(dc);
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_bind);

void dvs_dc_unbind(struct dvs_dc *dc, struct dvs_endpoint *endpoint)
{
	u16 generation = DVS_GENERATION(endpoint->number);
	u16 slot = DVS_SLOT(endpoint->number);

	spin_lock_bh(&dc->lock);
	if (endpoint->free_queued)
		xa_store(&dc->slots, slot,
			 free_entry(generation, endpoint->free_next), GFP_ATOMIC);
	else if (slot < DVS_SLOT_DYNAMIC_FIRST)
		xa_store(&dc->slots, slot, free_entry(generation, 0), GFP_ATOMIC);
	else
		push_free(dc, slot, generation);
	atomic_dec(&dc->endpoints);
	spin_unlock_bh(&dc->lock);

	if (slot < DVS_SLOT_DYNAMIC_FIRST && dvs_dc_container(dc))
		dvs_claim_release(dc, slot);
	dvs_dc_changed(dc);
	dvs_endpoint_put(endpoint);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_unbind);

struct dvs_endpoint *dvs_dc_lookup(struct dvs_dc *dc, u32 number)
{
	u16 generation = DVS_GENERATION(number);
	struct dvs_endpoint *endpoint;
	void *entry;

	guard(rcu)();
	entry = xa_load(&dc->slots, DVS_SLOT(number));
	if (entry && !xa_is_value(entry)) {
		endpoint = dvs_endpoint_get_maybe_zero(entry);
		if (endpoint) {
			if (!generation || endpoint->number == number)
				return endpoint;
			dvs_endpoint_put(endpoint);
			return ERR_PTR(-ESTALE);
		}
	}
	if (generation && xa_is_value(entry) &&
	    generation <= free_generation(entry))
		return ERR_PTR(-ESTALE);
	return ERR_PTR(-ENXIO);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_lookup);

struct dvs_endpoint *dvs_dc_next(struct dvs_dc *dc, u32 slot)
{
	struct dvs_endpoint *endpoint;
	unsigned long index;
	void *entry;

	guard(rcu)();
	xa_for_each_start(&dc->slots, index, entry, slot) {
		if (xa_is_value(entry))
			continue;
		endpoint = dvs_endpoint_get_maybe_zero(entry);
		if (endpoint)
			return endpoint;
	}
	return NULL;
}

void dvs_dc_close(struct dvs_dc *dc, int error)
{
	struct dvs_endpoint *endpoint;
	u32 slot = 0;

	spin_lock_bh(&dc->lock);
	dc->closed = error;
	spin_unlock_bh(&dc->lock);
	while ((endpoint = dvs_dc_next(dc, slot))) {
		slot = DVS_SLOT(endpoint->number) + 1;
		dvs_endpoint_close(endpoint, error);
		dvs_endpoint_put(endpoint);
	}
	dvs_dc_changed(dc);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_dc_close);

void dvs_dc_map_changed(struct dvs_dc *dc)
{
	spin_lock_bh(&dc->lock);
	/* Slots that were passed over may be this node's now. */
	dc->cursor = DVS_SLOT_DYNAMIC_FIRST;
	spin_unlock_bh(&dc->lock);
}

void dvs_dc_changed(struct dvs_dc *dc)
{
	bool watched;

	wake_up_all(&dc->wait);
	/* A watch is counted before it looks at the slot. */
	spin_lock_bh(&dc->watch_lock);
	watched = dc->watch_count;
	spin_unlock_bh(&dc->watch_lock);
	if (watched)
		queue_work(system_unbound_wq, &dc->watch_work);
}

int dvs_dc_charge_call(struct dvs_dc *dc)
{
	if (atomic_inc_return(&dc->calls) <= READ_ONCE(dc->call_limit))
		return 0;
	atomic_dec(&dc->calls);
	return -EDQUOT;
}

void dvs_dc_uncharge_call(struct dvs_dc *dc)
{
	atomic_dec(&dc->calls);
}
