// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: what this node wishes of the slot map of a container. The map is the
 * cluster's, so a wish is a hint to the daemon, which lists it or is told of it,
 * has the cluster decide and sets the map. Nothing here changes the map.
 *
 * A wish is in the list from the first bind that waits for it to the last. It
 * leaves the list earlier when the map grants it or the daemon refuses it; those
 * who wait hold it, see that it has left, and try again or fail.
 *
 * A wish to give back a slot has nobody who waits. Once the daemon may know of
 * it, the slot may be taken away at any time, so it is not bound anew until the
 * map says that it was (and given back, if it is claimed again), or the daemon
 * refuses.
 */
#include "dc.h"

#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <uapi/linux/dvs.h>

#include "node.h"
#include "timeout.h"

static int compare(const struct dvs_claim *claim, u16 slot,
		   enum dvs_claim_kind kind)
{
	if (claim->slot != slot)
		return claim->slot < slot ? -1 : 1;
	return (int)claim->kind - (int)kind;
}

/* The first one at or after, or NULL. */
static struct dvs_claim *lower_bound(struct dvs_container *container, u16 slot,
				     enum dvs_claim_kind kind)
{
	struct dvs_claim *claim;

	lockdep_assert_held(&container->lock);

	list_for_each_entry(claim, &container->claims, list) {
		if (compare(claim, slot, kind) >= 0)
			return claim;
	}
	return NULL;
}

static struct dvs_claim *find(struct dvs_container *container, u16 slot,
			      enum dvs_claim_kind kind)
{
	struct dvs_claim *claim = lower_bound(container, slot, kind);

	return claim && !compare(claim, slot, kind) ? claim : NULL;
}

static void insert(struct dvs_container *container, struct dvs_claim *claim)
{
	struct dvs_claim *next = lower_bound(container, claim->slot,
					     claim->kind);

	list_add_tail(&claim->list, next ? &next->list : &container->claims);
}

/* Take a wish out of the list; frees one that nobody waits for. */
static void end(struct dvs_claim *claim, int error)
{
	claim->error = error;
	list_del_init(&claim->list);
	if (claim->kind == DVS_CLAIM_KIND_RELEASE)
		kfree(claim);
}

static void put(struct dvs_container *container, struct dvs_claim *claim)
{
	spin_lock_bh(&container->lock);
	if (--claim->waiters)
		claim = NULL;
	else
		list_del(&claim->list);
	spin_unlock_bh(&container->lock);
	kfree(claim);
}

static bool owned(struct dvs_container *container, u16 slot,
		  struct dvs_range *range)
{
	return dvs_slotmap_lookup(&container->map, slot, range) &&
	       range->node == container->node->id;
}

static bool granted(struct dvs_container *container,
		    const struct dvs_claim *claim)
{
	const struct dvs_claim *release;
	struct dvs_range range;
	bool ours = owned(container, claim->slot, &range);

	if (claim->kind == DVS_CLAIM_KIND_CLAIM) {
		release = find(container, claim->slot, DVS_CLAIM_KIND_RELEASE);
		return ours && !(release && release->told);
	}
	/* With another owner there is nothing to raise or to give back. */
	if (!ours || range.epoch != claim->epoch)
		return true;
	return claim->kind == DVS_CLAIM_KIND_RAISE &&
	       range.generation_ceiling > claim->ceiling;
}

static struct dvs_claim *create(struct dvs_container *container, u16 slot,
				enum dvs_claim_kind kind, gfp_t gfp)
{
	struct dvs_claim *claim = kzalloc(sizeof(*claim), gfp);
	struct dvs_range range;

	if (!claim)
		return NULL;
	INIT_LIST_HEAD(&claim->list);
	claim->slot = slot;
	claim->kind = kind;
	claim->waiters = 1;
	if (owned(container, slot, &range)) {
		claim->epoch = range.epoch;
		claim->ceiling = range.generation_ceiling;
	}
	return claim;
}

/* Tell the daemon, if there is one that listens. */
static void tell(struct dvs_container *container, u16 slot,
		 enum dvs_claim_kind kind)
{
	struct dvs_claim *claim;

	/*
	 * Who begins to listen after this, and lists the wishes then, finds
	 * this one.
	 */
	if (!dvs_netlink_listens(container->node))
		return;
	spin_lock_bh(&container->lock);
	claim = find(container, slot, kind);
	if (claim)
		claim->told = true;
	spin_unlock_bh(&container->lock);
	if (claim)
		dvs_netlink_claim(container, slot, kind);
}

/* Join those who wait for the same, or be the first. */
static struct dvs_claim *join(struct dvs_container *container,
			      const struct dvs_claim *needed)
{
	struct dvs_claim *claim, *mine;
	int error = 0;

	mine = create(container, needed->slot, needed->kind,
		      GFP_KERNEL_ACCOUNT);
	if (!mine)
		return ERR_PTR(-ENOMEM);

	spin_lock_bh(&container->lock);
	claim = find(container, needed->slot, needed->kind);
	if (container->removed) {
		error = -EIDRM;
	} else if (claim) {
		claim->waiters++;
	} else {
		/* The map may have changed since the bind looked at it. */
		claim = mine;
		if (!granted(container, claim))
			insert(container, claim);
	}
	spin_unlock_bh(&container->lock);

	if (claim != mine)
		kfree(mine);
	if (error)
		return ERR_PTR(error);
	return claim;
}

static bool ended(struct dvs_container *container, struct dvs_claim *claim,
		  int *error)
{
	bool removed, listed;

	spin_lock_bh(&container->lock);
	removed = container->removed;
	listed = !list_empty(&claim->list);
	*error = claim->error;
	spin_unlock_bh(&container->lock);

	if (removed)
		*error = -EIDRM;
	else if (listed && !READ_ONCE(container->node->member))
		*error = -ENOTCONN;
	return !listed || *error;
}

/**
 * dvs_claim_wait - wait for the slot map to let a bind go on
 * @dc: the container, attached
 * @needed: what dvs_dc_bind() said it needs
 * @timeout: when to give up
 *
 * Return: 0 when it is worth to try again; what the daemon refused with;
 * %-ENOTCONN when this node is in no view, %-EIDRM when the container is
 * deleted, %-ETIMEDOUT, %-ERESTARTSYS, %-ENOMEM.
 */
int dvs_claim_wait(struct dvs_dc *dc, const struct dvs_claim *needed,
		   const struct dvs_timeout *timeout)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_claim *claim;
	DEFINE_WAIT(wait);
	int error;

	claim = join(container, needed);
	if (IS_ERR(claim))
		return PTR_ERR(claim);
	if (!ended(container, claim, &error))
		tell(container, needed->slot, needed->kind);

	for (;;) {
		prepare_to_wait(&dc->wait, &wait,
				TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		if (ended(container, claim, &error))
			break;
		error = dvs_timeout_sleep(timeout);
		if (error)
			break;
	}
	finish_wait(&dc->wait, &wait);
	put(container, claim);
	return error;
}

/**
 * dvs_claim_refuse - the cluster does not grant a wish
 * @node: the node
 * @dcid: the container
 * @slot: the slot
 * @error: positive errno for the binds that wait. If none does, but the slot was
 *	to be given back, this node keeps it
 *
 * Return: 0, %-ENOENT when there is no such container or wish.
 */
int dvs_claim_refuse(struct dvs_node *node, u64 dcid, u16 slot, int error)
{
	struct dvs_container *container = dvs_container_get(node, dcid);
	struct dvs_claim *claim;
	bool found = false;

	if (!container)
		return -ENOENT;

	spin_lock_bh(&container->lock);
	claim = find(container, slot, DVS_CLAIM_KIND_CLAIM);
	if (claim) {
		end(claim, -error);
		found = true;
	}
	claim = find(container, slot, DVS_CLAIM_KIND_RAISE);
	if (claim) {
		end(claim, -error);
		found = true;
	}
	claim = find(container, slot, DVS_CLAIM_KIND_RELEASE);
	if (claim && !found) {
		end(claim, 0);
		found = true;
	}
	spin_unlock_bh(&container->lock);

	if (found)
		dvs_container_changed(container);
	dvs_container_put(container);
	return found ? 0 : -ENOENT;
}

/**
 * dvs_claim_release - offer to give back a slot that nobody binds any more
 * @dc: the container, attached
 * @slot: the slot
 *
 * A wish that got lost would keep the slot from the other nodes, so the few
 * bytes are not allowed to fail. There are at most as many as well-known slots.
 */
void dvs_claim_release(struct dvs_dc *dc, u16 slot)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_claim *claim;
	bool added = false;

	claim = create(container, slot, DVS_CLAIM_KIND_RELEASE,
		       GFP_KERNEL | __GFP_NOFAIL);

	spin_lock_bh(&container->lock);
	if (!container->removed && !granted(container, claim) &&
	    !find(container, slot, claim->kind)) {
		insert(container, claim);
		added = true;
	}
	spin_unlock_bh(&container->lock);

	if (added)
		tell(container, slot, DVS_CLAIM_KIND_RELEASE);
	else
		kfree(claim);
}

bool dvs_claim_releasing(struct dvs_container *container, u16 slot)
{
	struct dvs_claim *claim;
	bool releasing = false;

	spin_lock_bh(&container->lock);
	claim = find(container, slot, DVS_CLAIM_KIND_RELEASE);
	if (claim && claim->told)
		releasing = true;
	else if (claim)
		end(claim, 0);
	spin_unlock_bh(&container->lock);
	return releasing;
}

void dvs_claim_update(struct dvs_container *container)
{
	enum dvs_claim_kind kind;
	struct dvs_claim *claim, *next;

	/* What is to be given back first: a claim of it may wait for that. */
	spin_lock_bh(&container->lock);
	for (kind = DVS_CLAIM_KIND_RELEASE; ; kind--) {
		list_for_each_entry_safe(claim, next, &container->claims, list) {
			if (claim->kind == kind && granted(container, claim))
				end(claim, 0);
		}
		if (kind == DVS_CLAIM_KIND_CLAIM)
			break;
	}
	spin_unlock_bh(&container->lock);
}

void dvs_claim_clear(struct dvs_container *container)
{
	struct dvs_claim *claim, *next;

	spin_lock_bh(&container->lock);
	list_for_each_entry_safe(claim, next, &container->claims, list)
		end(claim, 0);
	spin_unlock_bh(&container->lock);
}

void dvs_claim_interrupt(struct dvs_node *node)
{
	dvs_container_changed_all(node);
}

bool dvs_claim_next(struct dvs_container *container, u16 slot,
		    enum dvs_claim_kind kind, struct dvs_claim *claim)
{
	struct dvs_claim *found;

	spin_lock_bh(&container->lock);
	found = lower_bound(container, slot, kind);
	if (found) {
		found->told = true;
		*claim = *found;
	}
	spin_unlock_bh(&container->lock);
	return found;
}
