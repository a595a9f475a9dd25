/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cluster in one kernel: each node is a network namespace, every two of them
 * are joined by a veth pair. What the cluster's daemon would tell the kernel
 * the test tells it.
 *
 *	struct cluster cluster;
 *	int ns[2] = { ... };			// two DC namespaces, as files
 *
 *	cluster_create(&cluster, 2);		// nodes 1 and 2, in a view, links up
 *	cluster_dc_new(&cluster, 42, "test");
 *	cluster_dc_attach(&cluster, 0, 42, ns[0]);
 *	cluster_dc_attach(&cluster, 1, 42, ns[1]);
 *	cluster_slots(&cluster, 42, (struct test_range[]){
 *		{ 1, 499, 1 }, { 500, 1023, 2 },
 *		{ 1024, 32767, 1 }, { 32768, 65535, 2 } }, 4);
 *	...
 *	cluster_view(&cluster, 1 << 0);		// node 2 is expelled
 *	...
 *	cluster_destroy(&cluster);
 *
 * Nodes are counted from 0 here; node @i has the number @i + 1. All functions
 * return 0 or a negated errno, and leave the process in the network namespace
 * it was in. In cluster.c and veth.c.
 */
#ifndef DVS_SELFTESTS_CLUSTER_H
#define DVS_SELFTESTS_CLUSTER_H

#include "netlink.h"

#define CLUSTER_NODES_MAX	4
#define CLUSTER_NUMBER		0x7e57c1u
#define CLUSTER_PORT		7000

/**
 * struct cluster - a cluster
 * @nodes: number of nodes
 * @home: network namespace cluster_create() was called in, as a file
 * @net: their network namespaces, as files
 * @nl: their netlink sockets, for what the functions below do not do
 * @view: number of the view installed last
 * @session: view that admitted each node, 0 for one that is out
 * @version: of the slot maps; one count serves all containers
 */
struct cluster {
	unsigned int nodes;
	int home;
	int net[CLUSTER_NODES_MAX];
	struct netlink nl[CLUSTER_NODES_MAX];
	__u64 view;
	__u64 session[CLUSTER_NODES_MAX];
	__u64 version;
};

/* -EPERM when not root, -ENOENT when the kernel has no DVS. */
int cluster_create(struct cluster *cluster, unsigned int nodes);
/* Only the network: every two nodes can reach each other, none is set up. */
int cluster_create_network(struct cluster *cluster, unsigned int nodes);
void cluster_destroy(struct cluster *cluster);

/* Make the network namespace of a node this thread's; -1: where it was before cluster_create(). */
int cluster_enter(struct cluster *cluster, int node);
/* Its address as people write it; static storage per node */
const char *cluster_address(unsigned int node);

/* What cluster_create() does with each node: set it up, with all others as peers. */
int cluster_node_set(struct cluster *cluster, unsigned int node);

/*
 * Install the next view. @members has a bit for each node; nodes that are out
 * of the view are told to stop, and nodes that were out are admitted anew. Does
 * not wait for links.
 */
int cluster_view(struct cluster *cluster, unsigned int members);
/* Only stop for it, as when the rest of installing it takes its time. */
int cluster_view_stop(struct cluster *cluster, unsigned int members);
/* Wait until every two members of the view have a link that is up: -ETIME */
int cluster_wait_links(struct cluster *cluster);
/* State of the link at one node to another: enum dvs_link_state */
int cluster_link_state(struct cluster *cluster, unsigned int node, unsigned int to);

/* Pull the cable between two nodes, and plug it in. */
int cluster_cut(struct cluster *cluster, unsigned int a, unsigned int b);
int cluster_mend(struct cluster *cluster, unsigned int a, unsigned int b);

/* On all nodes */
int cluster_dc_new(struct cluster *cluster, __u64 dcid, const char *name);
int cluster_dc_del(struct cluster *cluster, __u64 dcid);
/*
 * Change the slot map: ranges that are not given stay. An epoch, floor or
 * ceiling of 0 means what suits a slot that was never owned: 1, 1 and 65536.
 */
int cluster_slots(struct cluster *cluster, __u64 dcid, const struct test_range *ranges,
		  unsigned int count);
/* The same on one node only */
int cluster_node_slots(struct cluster *cluster, unsigned int node, __u64 dcid, __u64 version,
		       const struct test_range *ranges, unsigned int count);
int cluster_dc_attach(struct cluster *cluster, unsigned int node, __u64 dcid, int ns_fd);

#endif /* DVS_SELFTESTS_CLUSTER_H */
