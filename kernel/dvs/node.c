// SPDX-License-Identifier: GPL-2.0
/*
 * Node instances: a network namespace is made a node of a cluster, and stops
 * being one, by the administrator's word or because it ends.
 *
 * Lifetime
 *
 * The network namespace owns the node. When it drops it, the node is first made
 * dead: nobody finds it any more, its links are down, its containers closed, and
 * nothing it has started runs, so the network namespace may go. What is left is
 * memory that DC namespaces, which may live on, refer to through the container
 * they were attached to; it answers that there is no member and no peer.
 */
#define pr_fmt(fmt) "dvs: " fmt

#include "node.h"

#include <linux/err.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/init.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netns/generic.h>

#include "dc.h"
#include "remote.h"

static unsigned int dvs_net_id __ro_after_init;

struct dvs_net *dvs_net(struct net *net)
{
	return net_generic(net, dvs_net_id);
}

/* Workqueues can be neither ended by their own work nor in atomic context. */
static void node_free(struct work_struct *work)
{
	struct dvs_node *node = container_of(work, struct dvs_node, free);

	destroy_workqueue(node->copy_workqueue);
	destroy_workqueue(node->workqueue);
	xa_destroy(&node->containers);
	xa_destroy(&node->peers);
	kfree_rcu(node, rcu);
}

static struct dvs_node *node_create(struct net *net, u64 cluster, u32 id,
				    const struct sockaddr_storage *address)
{
	struct dvs_node *node;

	node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);
	if (!node)
		return NULL;

	refcount_set(&node->ref, 1);
	INIT_WORK(&node->free, node_free);
	node->net = net;
	node->mutex = &dvs_net(net)->mutex;
	node->cluster = cluster;
	node->id = id;
	node->incarnation = get_random_u64();
	node->address = *address;
	xa_init_flags(&node->peers, XA_FLAGS_ACCOUNT);
	xa_init_flags(&node->containers, XA_FLAGS_ACCOUNT);

	node->workqueue = alloc_workqueue("dvs-%u", WQ_UNBOUND, 0, id);
	if (!node->workqueue)
		goto err_free;
	node->copy_workqueue = alloc_workqueue("dvs-copy-%u", WQ_UNBOUND, 0,
					       id);
	if (!node->copy_workqueue)
		goto err_workqueue;
	return node;

err_workqueue:
	destroy_workqueue(node->workqueue);
err_free:
	kfree(node);
	return NULL;
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6, *b6;
	const struct sockaddr_in *a4, *b4;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6) {
		a6 = (const struct sockaddr_in6 *)a;
		b6 = (const struct sockaddr_in6 *)b;
		return a6->sin6_port == b6->sin6_port &&
		       ipv6_addr_equal(&a6->sin6_addr, &b6->sin6_addr);
	}
	a4 = (const struct sockaddr_in *)a;
	b4 = (const struct sockaddr_in *)b;
	return a4->sin_port == b4->sin_port &&
	       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

/**
 * dvs_node_set - make a network namespace a node, and listen
 * @net: the network namespace
 * @cluster: number of the cluster
 * @id: number of the node
 * @address: address to listen on
 *
 * Return: 0, also when @net is just this node already: a daemon that starts
 * again adopts it; %-EEXIST when it is another node; %-ENOMEM; or why @address
 * cannot be listened on.
 */
int dvs_node_set(struct net *net, u64 cluster, u32 id,
		 const struct sockaddr_storage *address)
{
	struct dvs_net *dn = dvs_net(net);
	struct dvs_listener *listener;
	struct dvs_node *node;

	lockdep_assert_held(&dn->mutex);

	node = rcu_dereference_protected(dn->node, lockdep_is_held(&dn->mutex));
	if (node)
		return node->cluster == cluster && node->id == id &&
		       same_address(&node->address, address) ? 0 : -EEXIST;

	node = node_create(net, cluster, id, address);
	if (!node)
		return -ENOMEM;

	listener = dvs_listener_create(node);
	if (IS_ERR(listener)) {
		node->dead = true;
		dvs_node_put(node);
		return PTR_ERR(listener);
	}
	node->listener = listener;
	rcu_assign_pointer(dn->node, node);
	return 0;
}

/* Let go of all that was begun to or from other nodes. */
static void stop_links(struct dvs_node *node)
{
	struct dvs_peer *peer;
	unsigned long index;

	xa_for_each(&node->peers, index, peer) {
		dvs_link_stop(peer->link);
		WRITE_ONCE(peer->session, 0);
		dvs_remote_expel(peer);
	}
}

/**
 * dvs_node_del - a network namespace is no node any more
 * @net: the network namespace
 *
 * When this returns nothing uses @net any more.
 *
 * Return: 0, or %-ENODEV when it is none.
 */
int dvs_node_del(struct net *net)
{
	struct dvs_net *dn = dvs_net(net);
	struct dvs_node *node;

	lockdep_assert_held(&dn->mutex);

	node = rcu_replace_pointer(dn->node, NULL, lockdep_is_held(&dn->mutex));
	if (!node)
		return -ENODEV;

	WRITE_ONCE(node->member, false);
	WRITE_ONCE(node->session, 0);
	dvs_netlink_node_changed(node);
	WRITE_ONCE(node->dead, true);
	dvs_claim_interrupt(node);

	/* In this order nobody new arrives while the others leave. */
	dvs_listener_destroy(node->listener);
	stop_links(node);
	dvs_container_del_all(node);
	dvs_peer_del_all(node);
	flush_workqueue(node->copy_workqueue);
	flush_workqueue(node->workqueue);

	dvs_node_put(node);
	return 0;
}

struct dvs_node *dvs_node_get(struct net *net)
{
	struct dvs_node *node;

	guard(rcu)();
	node = rcu_dereference(dvs_net(net)->node);
	if (node && !refcount_inc_not_zero(&node->ref))
		node = NULL;
	return node;
}

struct dvs_node *dvs_node_hold(struct dvs_node *node)
{
	refcount_inc(&node->ref);
	return node;
}

void dvs_node_put(struct dvs_node *node)
{
	if (refcount_dec_and_test(&node->ref))
		queue_work(system_unbound_wq, &node->free);
}

static int __net_init net_init(struct net *net)
{
	mutex_init(&dvs_net(net)->mutex);
	return 0;
}

/* Before the network devices go, so that the other nodes hear it from TCP. */
static void __net_exit net_pre_exit(struct net *net)
{
	struct dvs_net *dn = dvs_net(net);

	mutex_lock(&dn->mutex);
	dvs_node_del(net);
	mutex_unlock(&dn->mutex);
}

static struct pernet_operations dvs_net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.id = &dvs_net_id,
	.size = sizeof(struct dvs_net),
};

int __init dvs_node_init(void)
{
	return register_pernet_subsys(&dvs_net_ops);
}
