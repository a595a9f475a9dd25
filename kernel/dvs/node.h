/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The node instance of a network namespace, and the other nodes it knows.
 */
#ifndef _DVS_NODE_H
#define _DVS_NODE_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/socket.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "link.h"

/**
 * struct dvs_net - what a network namespace holds
 * @mutex: serialises setting up and taking down the node, and all of netlink's
 *	changes to it. Outermost lock of the subsystem
 * @node: the node instance, or NULL; changed under @mutex, read under RCU
 */
struct dvs_net {
	struct mutex mutex;	/* see above */
	struct dvs_node __rcu *node;
};

/**
 * struct dvs_node - a node instance
 * @ref: references: one of dvs_net, one of each container, peer and connection
 * @rcu: for freeing
 * @free: ends the workqueues once there is no reference left
 * @net: the network namespace. Valid until @dead is set: its exit destroys the
 *	node first and waits for everything that uses @net
 * @mutex: &dvs_net.mutex, for lockdep_assert_held()
 * @cluster: number of the cluster; constant
 * @id: number of this node; constant
 * @incarnation: random; constant
 * @address: address to listen on; constant
 * @listener: listening socket; under @mutex
 * @dead: set once, before links are stopped
 * @member: this node is in the quorate part of the cluster; written under
 *	@mutex, read anywhere
 * @view: view started last; written under @mutex, read anywhere
 * @stopped_view: view stopped for, or 0; written under @mutex, read anywhere
 * @session: view that admitted this node; written under @mutex, read anywhere
 * @peers: struct dvs_peer by node number; changed under @mutex, read under RCU
 * @containers: struct dvs_container by dcid; changed under @mutex, read under RCU
 * @workqueue: connections, transmission and delivery
 * @copy_workqueue: copies from and to the memory of callers, which may fault
 * @sequence: number of the last call, copy, notification or watch begun here
 * @bad_hello: connections refused for their HELLO
 * @stale_frames: frames refused because they are of other sessions, HELLOs
 *	included
 * @unknown_dc: frames refused because the container is not here
 * @dropped_notifications: notifications to endpoints that were not bound
 */
struct dvs_node {
	refcount_t ref;
	struct rcu_head rcu;
	struct work_struct free;
	struct net *net;
	struct mutex *mutex;	/* see above */
	u64 cluster;
	u32 id;
	u64 incarnation;
	struct sockaddr_storage address;
	struct dvs_listener *listener;
	bool dead;
	bool member;
	u64 view;
	u64 stopped_view;
	u64 session;
	struct xarray peers;
	struct xarray containers;
	struct workqueue_struct *workqueue;
	struct workqueue_struct *copy_workqueue;
	atomic64_t sequence;
	atomic64_t bad_hello;
	atomic64_t stale_frames;
	atomic64_t unknown_dc;
	atomic64_t dropped_notifications;
};

#define DVS_PEER_HASH_BITS	8

/**
 * struct dvs_peer - another node
 * @ref: references: one of the node's table, one of each remote object
 * @rcu: for freeing
 * @node: this node; referenced
 * @id: the other node's number; constant
 * @address: where to connect; written under &dvs_node.mutex and @lock
 * @session: view that admitted the other node, 0 when it is in none; written
 *	under &dvs_node.mutex, read anywhere
 * @link: the link; constant until the peer is destroyed
 * @lock: protects @address, @out, @in and the counts; taken with softirqs
 *	disabled. Innermost but for the link's lock
 * @out: what this node has begun there, by its number (struct dvs_remote)
 * @in: what the other node has begun here, by its number there
 * @out_count: entries in @out
 * @in_count: entries in @in
 * @watches: entries in @in that are watches
 */
struct dvs_peer {
	refcount_t ref;
	struct rcu_head rcu;
	struct dvs_node *node;
	u32 id;
	struct sockaddr_storage address;
	u64 session;
	struct dvs_link *link;
	spinlock_t lock;	/* see above */
	DECLARE_HASHTABLE(out, DVS_PEER_HASH_BITS);
	DECLARE_HASHTABLE(in, DVS_PEER_HASH_BITS);
	u32 out_count;
	u32 in_count;
	u32 watches;
};

struct dvs_member {
	u32 node;
	u64 session;
};

/* node.c */
struct dvs_net *dvs_net(struct net *net);
int __init dvs_node_init(void);
int dvs_node_set(struct net *net, u64 cluster, u32 id,
		 const struct sockaddr_storage *address);
int dvs_node_del(struct net *net);
/* The node of a network namespace, referenced; NULL when it has none. */
struct dvs_node *dvs_node_get(struct net *net);
struct dvs_node *dvs_node_hold(struct dvs_node *node);
void dvs_node_put(struct dvs_node *node);
static inline u64 dvs_node_sequence(struct dvs_node *node)
{
	return atomic64_inc_return(&node->sequence);
}

/* peer.c; setting and deleting under &dvs_node.mutex */
int dvs_peer_set(struct dvs_node *node, u32 id,
		 const struct sockaddr_storage *address);
int dvs_peer_del(struct dvs_node *node, u32 id);
void dvs_peer_del_all(struct dvs_node *node);
/* A known node, referenced; NULL when there is none of that number. */
struct dvs_peer *dvs_peer_get(struct dvs_node *node, u32 id);
struct dvs_peer *dvs_peer_hold(struct dvs_peer *peer);
void dvs_peer_put(struct dvs_peer *peer);

/*
 * view.c; under &dvs_node.mutex. -ESTALE: a later view is installed or
 * stopped for already; -EINVAL: a start that was not stopped for, or a session
 * that cannot be. Members have been checked first: -ENOENT, -EEXIST, -ENOMEM.
 */
int dvs_view_check(struct dvs_node *node, const struct dvs_member *members,
		   unsigned int count, u32 *id);
int dvs_view_stop(struct dvs_node *node, u64 view,
		  const struct dvs_member *members, unsigned int count);
int dvs_view_start(struct dvs_node *node, u64 view,
		   const struct dvs_member *members, unsigned int count);

/* netlink.c */
int __init dvs_netlink_init(void);
/* Tell listeners; any context that may sleep. */
void dvs_netlink_node_changed(struct dvs_node *node);
void dvs_netlink_link_changed(struct dvs_peer *peer);

#endif /* _DVS_NODE_H */
