// SPDX-License-Identifier: GPL-2.0
/*
 * The other nodes this node knows. A peer comes and goes by the word of the
 * cluster's daemon; whether it is in the view is in view.c.
 *
 * Lifetime
 *
 * The node's table holds a reference, and everything that names the other node
 * holds one. Its link stays as long, so that it can be used without asking; once
 * the peer is out of the table the link is stopped for good and refuses to send.
 */
#include "node.h"

#include <linux/err.h>
#include <linux/slab.h>

#include "remote.h"

static struct dvs_peer *peer_create(struct dvs_node *node, u32 id,
				    const struct sockaddr_storage *address)
{
	struct dvs_peer *peer;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return NULL;

	refcount_set(&peer->ref, 1);
	peer->node = node;
	peer->id = id;
	peer->address = *address;
	spin_lock_init(&peer->lock);
	hash_init(peer->out);
	hash_init(peer->in);

	peer->link = dvs_link_create(peer, GFP_KERNEL_ACCOUNT);
	if (!peer->link) {
		kfree(peer);
		return NULL;
	}
	dvs_node_hold(node);
	return peer;
}

/**
 * dvs_peer_set - add a node, or change its address
 * @node: this node
 * @id: number of the other node
 * @address: where to connect to
 *
 * Return: 0, %-EINVAL when @id is this node's, %-ENOMEM.
 */
int dvs_peer_set(struct dvs_node *node, u32 id,
		 const struct sockaddr_storage *address)
{
	struct dvs_peer *peer;
	int err;

	lockdep_assert_held(node->mutex);

	if (id == node->id)
		return -EINVAL;

	peer = xa_load(&node->peers, id);
	if (peer) {
		spin_lock_bh(&peer->lock);
		peer->address = *address;
		spin_unlock_bh(&peer->lock);
		dvs_link_kick(peer->link);
		return 0;
	}

	peer = peer_create(node, id, address);
	if (!peer)
		return -ENOMEM;
	err = xa_err(xa_store(&node->peers, id, peer, GFP_KERNEL_ACCOUNT));
	if (err)
		dvs_peer_put(peer);
	return err;
}

/* There may be calls to a node that is in no view, but they have failed. */
static void remove(struct dvs_peer *peer)
{
	xa_erase(&peer->node->peers, peer->id);
	dvs_link_stop(peer->link);
	dvs_remote_expel(peer);
	dvs_peer_put(peer);
}

/**
 * dvs_peer_del - forget a node
 * @node: this node
 * @id: number of the other node
 *
 * Return: 0, %-ENOENT, %-EBUSY when it is in the view.
 */
int dvs_peer_del(struct dvs_node *node, u32 id)
{
	struct dvs_peer *peer;

	lockdep_assert_held(node->mutex);

	peer = xa_load(&node->peers, id);
	if (!peer)
		return -ENOENT;
	if (peer->session)
		return -EBUSY;
	remove(peer);
	return 0;
}

void dvs_peer_del_all(struct dvs_node *node)
{
	struct dvs_peer *peer;
	unsigned long index;

	lockdep_assert_held(node->mutex);

	xa_for_each(&node->peers, index, peer)
		remove(peer);
}

struct dvs_peer *dvs_peer_get(struct dvs_node *node, u32 id)
{
	struct dvs_peer *peer;

	guard(rcu)();
	peer = xa_load(&node->peers, id);
	if (peer && !refcount_inc_not_zero(&peer->ref))
		peer = NULL;
	return peer;
}

struct dvs_peer *dvs_peer_hold(struct dvs_peer *peer)
{
	refcount_inc(&peer->ref);
	return peer;
}

void dvs_peer_put(struct dvs_peer *peer)
{
	if (!refcount_dec_and_test(&peer->ref))
		return;
	dvs_link_destroy(peer->link);
	dvs_node_put(peer->node);
	kfree_rcu(peer, rcu);
}
