// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "veth.h"

#define LINKS_MS	60000

static int this_net(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int enter(int net)
{
	return setns(net, CLONE_NEWNET) ? -errno : 0;
}

int cluster_enter(struct cluster *cluster, int node)
{
	return enter(node < 0 ? cluster->home : cluster->net[node]);
}

const char *cluster_address(unsigned int node)
{
	static char addresses[CLUSTER_NODES_MAX][20];

	snprintf(addresses[node], sizeof(addresses[node]), "10.77.0.%u", node + 1);
	return addresses[node];
}

static __u32 binary_address(unsigned int node)
{
	return inet_addr(cluster_address(node));
}

/* Name of the interface of one node that leads to another */
static const char *cable(unsigned int to)
{
	static __thread char name[16];

	snprintf(name, sizeof(name), "to%u", to + 1);
	return name;
}

static int create_net(struct cluster *cluster, unsigned int node)
{
	int error;

	if (unshare(CLONE_NEWNET))
		return -errno;
	cluster->net[node] = this_net();
	if (cluster->net[node] < 0)
		return cluster->net[node];
	error = veth_set_up("lo", 1) ?: veth_add_address("lo", binary_address(node));
	return error ?: netlink_open(&cluster->nl[node]);
}

static int join(struct cluster *cluster, unsigned int a, unsigned int b)
{
	char there[16];
	int error;

	snprintf(there, sizeof(there), "to%u", a + 1);
	error = cluster_enter(cluster, a) ?:
		veth_create(cable(b), there, cluster->net[b]) ?:
		cluster_mend(cluster, a, b);
	return error;
}

int cluster_create_network(struct cluster *cluster, unsigned int nodes)
{
	int error = 0;

	memset(cluster, 0, sizeof(*cluster));
	if (nodes > CLUSTER_NODES_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < CLUSTER_NODES_MAX; i++) {
		cluster->net[i] = -1;
		cluster->nl[i].fd = -1;
	}
	cluster->home = this_net();
	if (cluster->home < 0)
		return cluster->home;

	for (; !error && cluster->nodes < nodes; cluster->nodes++)
		error = create_net(cluster, cluster->nodes);
	for (unsigned int a = 0; !error && a < nodes; a++)
		for (unsigned int b = a + 1; !error && b < nodes; b++)
			error = join(cluster, a, b);
	enter(cluster->home);
	if (error)
		cluster_destroy(cluster);
	return error;
}

void cluster_destroy(struct cluster *cluster)
{
	for (unsigned int i = 0; i < cluster->nodes; i++) {
		netlink_close(&cluster->nl[i]);
		close(cluster->net[i]);
	}
	close(cluster->home);
	cluster->nodes = 0;
}

int cluster_node_set(struct cluster *cluster, unsigned int node)
{
	struct netlink *nl = &cluster->nl[node];
	int error;

	error = test_node_set(nl, CLUSTER_NUMBER, node + 1, cluster_address(node), CLUSTER_PORT);
	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		if (i != node)
			error = test_peer_set(nl, i + 1, cluster_address(i), CLUSTER_PORT);
	return error;
}

int cluster_create(struct cluster *cluster, unsigned int nodes)
{
	int error = cluster_create_network(cluster, nodes);

	if (error)
		return error;
	for (unsigned int i = 0; !error && i < nodes; i++)
		error = cluster_node_set(cluster, i);
	error = error ?: cluster_view(cluster, (1U << nodes) - 1) ?: cluster_wait_links(cluster);
	if (error)
		cluster_destroy(cluster);
	return error;
}

static unsigned int list_members(struct cluster *cluster, unsigned int members,
				 struct test_member *list)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < cluster->nodes; i++)
		if (members & (1U << i)) {
			list[count].node = i + 1;
			list[count++].session = cluster->session[i];
		}
	return count;
}

/* Nodes that are not set up cannot be told, and need not be. */
static int unless_gone(int error)
{
	return error == -ENODEV ? 0 : error;
}

int cluster_view_stop(struct cluster *cluster, unsigned int members)
{
	struct test_member list[CLUSTER_NODES_MAX];
	unsigned int count = list_members(cluster, members, list);
	int error = 0;

	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		error = unless_gone(test_view_stop(&cluster->nl[i], cluster->view + 1,
						   list, count));
	return error;
}

int cluster_view(struct cluster *cluster, unsigned int members)
{
	struct test_member list[CLUSTER_NODES_MAX];
	unsigned int count;
	int error;

	error = cluster_view_stop(cluster, members);
	if (error)
		return error;
	cluster->view++;
	for (unsigned int i = 0; i < cluster->nodes; i++) {
		if (!(members & (1U << i)))
			cluster->session[i] = 0;
		else if (!cluster->session[i])
			cluster->session[i] = cluster->view;
	}
	count = list_members(cluster, members, list);
	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		if (members & (1U << i))
			error = test_view_start(&cluster->nl[i], cluster->view, list, count);
	return error;
}

int cluster_link_state(struct cluster *cluster, unsigned int node, unsigned int to)
{
	int error = test_peer_get(&cluster->nl[node], to + 1);

	return error ?: (int)reply_uint(&cluster->nl[node], DVS_A_PEER_STATE);
}

static bool links_up(struct cluster *cluster)
{
	for (unsigned int i = 0; i < cluster->nodes; i++)
		for (unsigned int j = 0; j < cluster->nodes; j++)
			if (i != j && cluster->session[i] && cluster->session[j] &&
			    cluster_link_state(cluster, i, j) != DVS_LINK_STATE_UP)
				return false;
	return true;
}

int cluster_wait_links(struct cluster *cluster)
{
	struct timespec pause = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < LINKS_MS; ms += 10) {
		if (links_up(cluster))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIME;
}

/* An interface that went down has lost its route. */
static int plug(struct cluster *cluster, unsigned int from, unsigned int to)
{
	int error = cluster_enter(cluster, from);

	error = error ?: veth_set_up(cable(to), 1) ?: veth_add_route(cable(to), binary_address(to));
	return error == -EEXIST ? 0 : error;
}

int cluster_mend(struct cluster *cluster, unsigned int a, unsigned int b)
{
	int home = this_net(), error;

	if (home < 0)
		return home;
	error = plug(cluster, a, b) ?: plug(cluster, b, a);
	enter(home);
	close(home);
	return error;
}

int cluster_cut(struct cluster *cluster, unsigned int a, unsigned int b)
{
	int home = this_net(), error;

	if (home < 0)
		return home;
	error = cluster_enter(cluster, a) ?: veth_set_up(cable(b), 0);
	error = error ?: cluster_enter(cluster, b) ?: veth_set_up(cable(a), 0);
	enter(home);
	close(home);
	return error;
}

int cluster_dc_new(struct cluster *cluster, __u64 dcid, const char *name)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		error = unless_gone(test_dc_new(&cluster->nl[i], dcid, name, 0, 0));
	return error;
}

int cluster_dc_del(struct cluster *cluster, __u64 dcid)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		error = unless_gone(test_dc_del(&cluster->nl[i], dcid));
	return error;
}

int cluster_node_slots(struct cluster *cluster, unsigned int node, __u64 dcid, __u64 version,
		       const struct test_range *ranges, unsigned int count)
{
	struct test_range filled[64];

	if (count > sizeof(filled) / sizeof(*filled))
		return -E2BIG;
	for (unsigned int i = 0; i < count; i++) {
		filled[i] = ranges[i];
		filled[i].epoch = ranges[i].epoch ?: 1;
		filled[i].floor = ranges[i].floor ?: 1;
		filled[i].ceiling = ranges[i].ceiling ?: 65536;
	}
	return test_slots_set(&cluster->nl[node], dcid, version, false, filled, count);
}

int cluster_slots(struct cluster *cluster, __u64 dcid, const struct test_range *ranges,
		  unsigned int count)
{
	int error = 0;

	cluster->version++;
	for (unsigned int i = 0; !error && i < cluster->nodes; i++)
		error = unless_gone(cluster_node_slots(cluster, i, dcid, cluster->version, ranges,
						       count));
	return error;
}

int cluster_dc_attach(struct cluster *cluster, unsigned int node, __u64 dcid, int ns_fd)
{
	return test_dc_attach(&cluster->nl[node], dcid, ns_fd);
}
