// SPDX-License-Identifier: GPL-2.0
/*
 * Cluster-wide containers, as a node knows them: a number, a slot map, and the
 * DC namespace that is this node's part of it, if there is one.
 *
 * A namespace is attached once and for good. Deleting the container closes it:
 * its endpoints answer %-EIDRM and nothing can be bound in it any more, but it
 * goes on pointing to the container, which therefore lives as long.
 */
#include "dc.h"

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <uapi/linux/dvs.h>

#include "endpoint.h"
#include "limits.h"
#include "node.h"

static struct dvs_container *create(struct dvs_node *node, u64 dcid,
				    const char *name)
{
	struct dvs_container *container;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return NULL;

	refcount_set(&container->ref, 1);
	container->node = dvs_node_hold(node);
	container->dcid = dcid;
	strscpy(container->name, name);
	dvs_slotmap_init(&container->map);
	spin_lock_init(&container->lock);
	INIT_LIST_HEAD(&container->claims);
	container->endpoint_limit = DVS_ENDPOINTS_DEFAULT;
	container->call_limit = DVS_CALLS_DEFAULT;
	return container;
}

static void set_limits(struct dvs_container *container, u32 endpoint_limit,
		       u32 call_limit)
{
	struct dvs_dc *dc = container->dc;

	if (endpoint_limit)
		WRITE_ONCE(container->endpoint_limit, endpoint_limit);
	if (call_limit)
		WRITE_ONCE(container->call_limit, call_limit);
	if (dc) {
		WRITE_ONCE(dc->endpoint_limit, container->endpoint_limit);
		WRITE_ONCE(dc->call_limit, container->call_limit);
	}
}

/**
 * dvs_container_new - make a container known to a node
 * @node: the node
 * @dcid: its number
 * @name: its name, of at most %DVS_DC_NAME_MAX bytes
 * @endpoint_limit: see &dvs_dc; 0 for what it was, or the default
 * @call_limit: likewise
 *
 * For a container that is known, only the limits are changed.
 *
 * Return: 0, %-EEXIST when @dcid is known by another name, %-ENOMEM.
 */
int dvs_container_new(struct dvs_node *node, u64 dcid, const char *name,
		      u32 endpoint_limit, u32 call_limit)
{
	struct dvs_container *container;
	int err;

	lockdep_assert_held(node->mutex);

	container = xa_load(&node->containers, dcid);
	if (container) {
		if (strcmp(container->name, name))
			return -EEXIST;
		set_limits(container, endpoint_limit, call_limit);
		return 0;
	}

	container = create(node, dcid, name);
	if (!container)
		return -ENOMEM;
	set_limits(container, endpoint_limit, call_limit);
	err = xa_err(xa_store(&node->containers, dcid, container,
			      GFP_KERNEL_ACCOUNT));
	if (err)
		dvs_container_put(container);
	return err;
}

static void remove(struct dvs_container *container)
{
	struct dvs_dc *dc;

	xa_erase(&container->node->containers, container->dcid);
	spin_lock_bh(&container->lock);
	container->removed = true;
	dc = container->dc;
	container->dc = NULL;
	spin_unlock_bh(&container->lock);

	dvs_claim_clear(container);
	if (dc) {
		dvs_dc_close(dc, -EIDRM);
		put_dc_ns(dc->ns);
	}
	dvs_container_put(container);
}

/**
 * dvs_container_del - forget a container
 * @node: the node
 * @dcid: its number
 *
 * When this returns its endpoints here are closed and their calls over.
 *
 * Return: 0, %-ENOENT.
 */
int dvs_container_del(struct dvs_node *node, u64 dcid)
{
	struct dvs_container *container;

	lockdep_assert_held(node->mutex);

	container = xa_load(&node->containers, dcid);
	if (!container)
		return -ENOENT;
	remove(container);
	return 0;
}

void dvs_container_del_all(struct dvs_node *node)
{
	struct dvs_container *container;
	unsigned long dcid;

	lockdep_assert_held(node->mutex);

	xa_for_each(&node->containers, dcid, container)
		remove(container);
}

/**
 * dvs_container_attach - make a namespace this node's part of a container
 * @node: the node
 * @dcid: the container
 * @ns: the namespace
 *
 * The initial namespace stays local: it can never be left behind, so it must not
 * be closed when a container is deleted.
 *
 * Return: 0; %-ENOENT when there is no such container; %-EPERM for the initial
 * namespace; %-EEXIST when the container has a namespace here; %-EBUSY when @ns
 * is or was attached; %-ENOTEMPTY when endpoints are bound in it.
 */
int dvs_container_attach(struct dvs_node *node, u64 dcid,
			 struct dc_namespace *ns)
{
	struct dvs_container *container;
	struct dvs_dc *dc = ns->dc;
	int err = 0;

	lockdep_assert_held(node->mutex);

	container = xa_load(&node->containers, dcid);
	if (!container)
		return -ENOENT;
	if (ns == &init_dc_ns)
		return -EPERM;

	/* Nothing is bound while the namespace is looked at and attached. */
	spin_lock_bh(&dc->lock);
	if (container->dc) {
		err = -EEXIST;
	} else if (dc->container) {
		err = -EBUSY;
	} else if (atomic_read(&dc->endpoints)) {
		err = -ENOTEMPTY;
	} else {
		get_dc_ns(ns);
		refcount_inc(&container->ref);
		WRITE_ONCE(dc->endpoint_limit, container->endpoint_limit);
		WRITE_ONCE(dc->call_limit, container->call_limit);
		/* Pairs with the acquire in dvs_dc_container(). */
		smp_store_release(&dc->container, container);
		spin_lock(&container->lock);
		container->dc = dc;
		spin_unlock(&container->lock);
	}
	spin_unlock_bh(&dc->lock);
	return err;
}

/*
 * Close what is bound in slots of which this node is not the owner any more, or
 * is again: then the generation is from before.
 */
static void close_lost(struct dvs_container *container, struct dvs_dc *dc)
{
	struct dvs_endpoint *endpoint;
	struct dvs_range range;
	u32 slot = 0;

	dvs_dc_map_changed(dc);
	while ((endpoint = dvs_dc_next(dc, slot))) {
		slot = DVS_SLOT(endpoint->number);
		if (!dvs_slotmap_lookup(&container->map, slot, &range) ||
		    range.node != container->node->id ||
		    DVS_GENERATION(endpoint->number) < range.generation_floor)
			dvs_endpoint_close(endpoint, -ESTALE);
		dvs_endpoint_put(endpoint);
		slot++;
	}
}

/**
 * dvs_container_set_slots - the cluster has changed a slot map
 * @node: the node
 * @dcid: the container
 * @version: see dvs_slotmap_set()
 * @replace: likewise
 * @ranges: likewise
 * @count: likewise
 *
 * Return: 0, %-ENOENT when there is no such container, or what
 * dvs_slotmap_set() returned.
 */
int dvs_container_set_slots(struct dvs_node *node, u64 dcid, u64 version,
			    bool replace, const struct dvs_range *ranges,
			    unsigned int count)
{
	struct dvs_container *container;
	int err;

	lockdep_assert_held(node->mutex);

	container = xa_load(&node->containers, dcid);
	if (!container)
		return -ENOENT;
	err = dvs_slotmap_set(&container->map, version, replace, ranges, count);
	if (err)
		return err;

	if (container->dc)
		close_lost(container, container->dc);
	dvs_claim_update(container);
	dvs_container_changed(container);
	return 0;
}

void dvs_container_changed(struct dvs_container *container)
{
	struct dvs_dc *dc = dvs_container_get_dc(container);

	if (!dc)
		return;
	dvs_dc_changed(dc);
	put_dc_ns(dc->ns);
}

void dvs_container_changed_all(struct dvs_node *node)
{
	struct dvs_container *container;
	unsigned long dcid;

	lockdep_assert_held(node->mutex);

	xa_for_each(&node->containers, dcid, container)
		dvs_container_changed(container);
}

struct dvs_container *dvs_container_get(struct dvs_node *node, u64 dcid)
{
	struct dvs_container *container;

	guard(rcu)();
	container = xa_load(&node->containers, dcid);
	if (container && !refcount_inc_not_zero(&container->ref))
		container = NULL;
	return container;
}

struct dvs_container *dvs_container_next(struct dvs_node *node, u64 dcid)
{
	struct dvs_container *container;
	unsigned long index;

	guard(rcu)();
	xa_for_each_start(&node->containers, index, container, dcid) {
		if (refcount_inc_not_zero(&container->ref))
			return container;
	}
	return NULL;
}

void dvs_container_put(struct dvs_container *container)
{
	if (!refcount_dec_and_test(&container->ref))
		return;
	dvs_slotmap_destroy(&container->map);
	dvs_node_put(container->node);
	kfree_rcu(container, rcu);
}

struct dvs_dc *dvs_container_get_dc(struct dvs_container *container)
{
	struct dvs_dc *dc;

	spin_lock_bh(&container->lock);
	dc = container->dc;
	if (dc)
		get_dc_ns(dc->ns);
	spin_unlock_bh(&container->lock);
	return dc;
}
