// SPDX-License-Identifier: GPL-2.0
/*
 * Views: which nodes of the cluster this node may speak with.
 *
 * The cluster's daemon installs a view in two steps. It stops for it on every
 * node; when all have stopped, nothing is under way between a node that stays
 * and one that may not. Then it starts it on every member. A node that is left
 * out is only told to stop, if it can be told at all: by that it leaves the
 * cluster.
 *
 * A node is a member as long as the views go on containing it, and known by the
 * view that admitted it, its session. A link lives as long as both its nodes'
 * sessions, so views that come and go disturb only the nodes they change.
 */
#include "node.h"

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "dc.h"
#include "limits.h"
#include "remote.h"

/* The other half of &dvs_call_id.origin is the node number. */
#define VIEW_MAX	((1ULL << 48) - 1)

/**
 * dvs_view_check - what is wrong with the members of a view
 * @node: this node
 * @members: the members
 * @count: entries in @members
 * @id: number of the member that is wrong
 *
 * Return: 0, %-ENOENT for a node that is not known, %-EEXIST for one that is
 * listed twice, %-ENOMEM.
 */
int dvs_view_check(struct dvs_node *node, const struct dvs_member *members,
		   unsigned int count, u32 *id)
{
	unsigned long *listed __free(bitmap) =
		bitmap_zalloc(DVS_NODE_MAX + 1, GFP_KERNEL_ACCOUNT);
	unsigned int i;

	lockdep_assert_held(node->mutex);

	if (!listed)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		*id = members[i].node;
		if (*id != node->id && !xa_load(&node->peers, *id))
			return -ENOENT;
		if (__test_and_set_bit(*id, listed))
			return -EEXIST;
	}
	return 0;
}

static const struct dvs_member *find(const struct dvs_member *members,
				     unsigned int count, u32 id)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (members[i].node == id)
			return &members[i];
	}
	return NULL;
}

static void expel(struct dvs_peer *peer)
{
	/* No new calls, then none under way, then end those that were. */
	WRITE_ONCE(peer->session, 0);
	dvs_link_stop(peer->link);
	dvs_remote_expel(peer);
}

static void expel_all(struct dvs_node *node)
{
	struct dvs_peer *peer;
	unsigned long index;

	xa_for_each(&node->peers, index, peer) {
		if (peer->session)
			expel(peer);
	}
}

static void leave(struct dvs_node *node)
{
	WRITE_ONCE(node->member, false);
	WRITE_ONCE(node->session, 0);
	dvs_claim_interrupt(node);
	expel_all(node);
}

/**
 * dvs_view_stop - stop for a view
 * @node: this node
 * @view: its number
 * @members: nodes that are certain to be in it; their sessions do not matter
 * @count: entries in @members, which dvs_view_check() has found good
 *
 * May be repeated for the same view. When this returns, no frame is sent to or
 * delivered from a node that is not listed. If this node is not, it is out of
 * the cluster.
 *
 * Return: 0, %-ESTALE when @view or a later one is installed or a later one was
 * stopped for, %-EINVAL when it can be none.
 */
int dvs_view_stop(struct dvs_node *node, u64 view,
		  const struct dvs_member *members, unsigned int count)
{
	struct dvs_peer *peer;
	unsigned long index;

	lockdep_assert_held(node->mutex);

	if (!view || view > VIEW_MAX)
		return -EINVAL;
	if (view <= node->view || view < node->stopped_view)
		return -ESTALE;

	WRITE_ONCE(node->stopped_view, view);
	if (!find(members, count, node->id)) {
		leave(node);
	} else {
		xa_for_each(&node->peers, index, peer) {
			if (peer->session && !find(members, count, peer->id))
				dvs_link_suspend(peer->link);
		}
	}
	dvs_netlink_node_changed(node);
	return 0;
}

/* What happens to a peer when the view that follows has it as @member. */
static void leave_or_stay(struct dvs_peer *peer, bool anew,
			  const struct dvs_member *member)
{
	if (peer->session &&
	    (anew || !member || member->session != peer->session))
		expel(peer);
}

static void join_or_go_on(struct dvs_peer *peer,
			  const struct dvs_member *member)
{
	if (peer->session) {
		dvs_link_resume(peer->link);
	} else {
		dvs_link_start(peer->link, peer->node->session,
			       member->session);
		WRITE_ONCE(peer->session, member->session);
	}
}

/**
 * dvs_view_start - install the view that was stopped for
 * @node: this node
 * @view: its number
 * @members: its members
 * @count: entries in @members, which dvs_view_check() has found good
 *
 * Return: 0, %-ESTALE when @view or a later one is installed or a later one was
 * stopped for, %-EINVAL when it was not stopped for, this node is not in it, or
 * a session is none that members of it can have.
 */
int dvs_view_start(struct dvs_node *node, u64 view,
		   const struct dvs_member *members, unsigned int count)
{
	const struct dvs_member *self, *member;
	struct dvs_peer *peer;
	unsigned long index;
	unsigned int i;
	bool anew;

	lockdep_assert_held(node->mutex);

	if (view <= node->view || view < node->stopped_view)
		return -ESTALE;
	if (view != node->stopped_view)
		return -EINVAL;
	self = find(members, count, node->id);
	if (!self)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		if (!members[i].session || members[i].session > view)
			return -EINVAL;
	}

	anew = self->session != node->session;
	xa_for_each(&node->peers, index, peer)
		leave_or_stay(peer, anew, find(members, count, peer->id));

	/* Frames may arrive as soon as the first link starts. */
	WRITE_ONCE(node->view, view);
	WRITE_ONCE(node->stopped_view, 0);
	WRITE_ONCE(node->session, self->session);
	WRITE_ONCE(node->member, true);

	xa_for_each(&node->peers, index, peer) {
		member = find(members, count, peer->id);
		if (member)
			join_or_go_on(peer, member);
	}
	dvs_container_changed_all(node);
	dvs_netlink_node_changed(node);
	return 0;
}
