/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Distributed containers on this node: what a DC namespace holds (struct
 * dvs_dc), and what the node instance knows of a cluster-wide container
 * (struct dvs_container).
 */
#ifndef _DVS_DC_H
#define _DVS_DC_H

#include <linux/atomic.h>
#include <linux/dc_namespace.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uapi/linux/dvs_netlink.h>

#include "slotmap.h"

struct dvs_endpoint;
struct dvs_node;

/**
 * struct dvs_claim - a wish of this node for the slot map
 * @list: in &dvs_container.claims, by slot and kind; empty once the wish was
 *	granted or refused. Under &dvs_container.lock
 * @slot: the slot
 * @kind: what is wanted
 * @waiters: binds that wait, or one for the list if nobody does
 * @error: errno that refused the wish, or 0
 * @told: the cluster's daemon may know of the wish
 * @epoch: epoch of the slot's owner when the wish was made
 * @ceiling: the slot's ceiling then
 */
struct dvs_claim {
	struct list_head list;
	u16 slot;
	enum dvs_claim_kind kind;
	u32 waiters;
	int error;
	bool told;
	u64 epoch;
	u32 ceiling;
};

/**
 * struct dvs_container - a cluster-wide container, as this node knows it
 * @ref: references: one of the node's table, one of the attached dvs_dc
 * @rcu: for freeing
 * @node: the node instance; referenced
 * @dcid: number; constant
 * @name: name for people; constant
 * @map: the slot map
 * @lock: protects @dc, @claims, @removed, with softirqs disabled. Taken after
 *	&dvs_dc.lock
 * @dc: the attached part, or NULL; holds a reference to its namespace
 * @claims: struct dvs_claim, by slot and kind
 * @removed: deleted, or the node is gone; never attached again
 * @endpoint_limit: see &dvs_dc, once one is attached; written under
 *	&dvs_node.mutex, read anywhere
 * @call_limit: likewise
 */
struct dvs_container {
	refcount_t ref;
	struct rcu_head rcu;
	struct dvs_node *node;
	u64 dcid;
	char name[DVS_DC_NAME_MAX + 1];
	struct dvs_slotmap map;
	spinlock_t lock;	/* see above */
	struct dvs_dc *dc;
	struct list_head claims;
	bool removed;
	u32 endpoint_limit;
	u32 call_limit;
};

/**
 * struct dvs_dc - the container's part on this node; one per DC namespace
 * @ns: the namespace; owns this
 * @lock: protects the slot table and the free list. Softirqs disabled. Taken
 *	before an endpoint's lock
 * @slots: endpoint by slot; or a value that remembers the last generation of a
 *	free slot (see dc.c)
 * @cursor: where to look for a slot that was never used
 * @free_head: oldest free slot, 0 when there is none
 * @free_tail: youngest free slot
 * @container: set once by attaching, with release; NULL in a local container
 * @closed: why nothing can be bound any more, or 0; written under @lock
 * @endpoint_limit: endpoints that may be bound
 * @call_limit: calls that may be under way
 * @endpoints: endpoints bound
 * @calls: calls and messages under way that begin or end on this node
 * @wait: woken when anything changes that a bind, a send or dvs_wait() may wait
 *	for: a slot, the map, a claim, the view, the answer of another node
 * @watch_lock: protects @watches and @watch_count
 * @watches: what other nodes watch here (struct dvs_watch)
 * @watch_count: how many there are; @watches is short of those being looked at
 * @watch_work: looks through @watches after a change
 * @sequence: numbers calls of a local container
 */
struct dvs_dc {
	struct dc_namespace *ns;
	spinlock_t lock;	/* see above */
	struct xarray slots;
	u32 cursor;
	u16 free_head;
	u16 free_tail;
	struct dvs_container *container;
	int closed;
	u32 endpoint_limit;
	u32 call_limit;
	atomic_t endpoints;
	atomic_t calls;
	wait_queue_head_t wait;
	spinlock_t watch_lock;	/* see above */
	struct list_head watches;
	u32 watch_count;
	struct work_struct watch_work;
	atomic64_t sequence;
};

/* For namespace.c */
struct dvs_dc *dvs_dc_create(struct dc_namespace *ns);
void dvs_dc_destroy(struct dvs_dc *dc);

/* NULL while the container is local; valid as long as @dc. */
static inline struct dvs_container *dvs_dc_container(const struct dvs_dc *dc)
{
	/* Pairs with the release in dvs_container_attach(). */
	return smp_load_acquire(&dc->container);
}

/* The cluster-wide number; 0 for a local container */
u64 dvs_dc_id(const struct dvs_dc *dc);

/* The node number, or 0 in a local container */
u32 dvs_dc_node_id(const struct dvs_dc *dc);

/*
 * Slot table (dc.c). dvs_dc_bind() publishes @endpoint in a free slot this
 * node owns and gives it its number: -EADDRINUSE, -EADDRNOTAVAIL (no dynamic
 * slot is free; or the one asked for is another node's; or, in a local
 * container, has no generation left), -EDQUOT, -EIDRM (the container was
 * deleted), -ENOMEM, -EAGAIN (the slot must be claimed, or its generations
 * raised, first: @needed says which).
 */
int dvs_dc_bind(struct dvs_dc *dc, struct dvs_endpoint *endpoint, u16 slot,
		struct dvs_claim *needed);
void dvs_dc_unbind(struct dvs_dc *dc, struct dvs_endpoint *endpoint);

/*
 * The endpoint @number names on this node, referenced; or an ERR_PTR: -ENXIO
 * nobody has bound the slot, -ESTALE the generation is over: another one is
 * bound, or none is and @number's was.
 */
struct dvs_endpoint *dvs_dc_lookup(struct dvs_dc *dc, u32 number);

/* The first endpoint at or after @slot, referenced; NULL after the last. */
struct dvs_endpoint *dvs_dc_next(struct dvs_dc *dc, u32 slot);

/* Close every endpoint with @error, refuse binds from now on. */
void dvs_dc_close(struct dvs_dc *dc, int error);

/*
 * The slot map changed. A bind that has seen the map as it was is done when this
 * returns.
 */
void dvs_dc_map_changed(struct dvs_dc *dc);

/* Something changed that dvs_wait() may wait for. */
void dvs_dc_changed(struct dvs_dc *dc);

/* Account a call or message: -EDQUOT */
int dvs_dc_charge_call(struct dvs_dc *dc);
void dvs_dc_uncharge_call(struct dvs_dc *dc);

/*
 * Cluster-wide containers (container.c). Changes under &dvs_node.mutex.
 */
int dvs_container_new(struct dvs_node *node, u64 dcid, const char *name,
		      u32 endpoint_limit, u32 call_limit);
int dvs_container_del(struct dvs_node *node, u64 dcid);
void dvs_container_del_all(struct dvs_node *node);
/*
 * -EEXIST: the container has a namespace here; -EBUSY: the namespace is
 * attached; -ENOTEMPTY: it holds endpoints; -ENOENT: no such container; -EPERM:
 * the initial namespace.
 */
int dvs_container_attach(struct dvs_node *node, u64 dcid,
			 struct dc_namespace *ns);
int dvs_container_set_slots(struct dvs_node *node, u64 dcid, u64 version,
			    bool replace, const struct dvs_range *ranges,
			    unsigned int count);
/* Something changed that waits in its attached part may be for; in all of them. */
void dvs_container_changed(struct dvs_container *container);
void dvs_container_changed_all(struct dvs_node *node);
/* A known container, referenced; NULL when there is none. */
struct dvs_container *dvs_container_get(struct dvs_node *node, u64 dcid);
void dvs_container_put(struct dvs_container *container);
/* The first one at or after @dcid, likewise */
struct dvs_container *dvs_container_next(struct dvs_node *node, u64 dcid);
/* Its attached part with a reference to the namespace (put_dc_ns(dc->ns)), or NULL. */
struct dvs_dc *dvs_container_get_dc(struct dvs_container *container);

/*
 * Claims (claim.c). dvs_claim_wait() registers the wish and waits until the
 * slot map may have changed in its favour (0), it is refused (the errno given),
 * this node is in no view (-ENOTCONN), the container is deleted (-EIDRM), the
 * time is up or a signal comes; or -ENOMEM.
 */
struct dvs_timeout;
int dvs_claim_wait(struct dvs_dc *dc, const struct dvs_claim *needed,
		   const struct dvs_timeout *timeout);
int dvs_claim_refuse(struct dvs_node *node, u64 dcid, u16 slot, int error);
/* This node owns a well-known slot that nobody binds any more. */
void dvs_claim_release(struct dvs_dc *dc, u16 slot);
/*
 * The daemon has been told so: the slot must be claimed before it is bound.
 * What nobody was told of is forgotten. Under &dvs_dc.lock.
 */
bool dvs_claim_releasing(struct dvs_container *container, u16 slot);
/* The map has changed: end the wishes it grants. */
void dvs_claim_update(struct dvs_container *container);
/* The container goes away: end all. */
void dvs_claim_clear(struct dvs_container *container);
/* End every wait: the node is no member of the quorate view any more. */
void dvs_claim_interrupt(struct dvs_node *node);
/*
 * The first wish at or after @slot and @kind, which now counts as told; false
 * after the last.
 */
bool dvs_claim_next(struct dvs_container *container, u16 slot,
		    enum dvs_claim_kind kind, struct dvs_claim *claim);

/* netlink.c: does anybody listen; tell them */
bool dvs_netlink_listens(struct dvs_node *node);
void dvs_netlink_claim(struct dvs_container *container, u16 slot,
		       enum dvs_claim_kind kind);

#endif /* _DVS_DC_H */
