// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What Corosync's configuration says of the cluster. Blocks as long as Corosync
 * does.
 */
#include "corosync.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <corosync/cmap.h>

static bool get_text(cmap_handle_t handle, const char *key, char *text,
		     size_t size)
{
	char *value = NULL;

	if (cmap_get_string(handle, key, &value) != CS_OK)
		return false;
	snprintf(text, size, "%s", value);
	free(value);
	return true;
}

static bool get_address(struct elector *node, const char *text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;

	if (inet_pton(AF_INET, text, node->address) == 1) {
		node->address_len = 4;
		return true;
	}
	if (inet_pton(AF_INET6, text, node->address) == 1) {
		node->address_len = 16;
		return true;
	}
	if (getaddrinfo(text, NULL, &hints, &found))
		return false;
	if (found->ai_family == AF_INET) {
		const struct sockaddr_in *in = (void *)found->ai_addr;

		memcpy(node->address, &in->sin_addr, 4);
		node->address_len = 4;
	} else {
		const struct sockaddr_in6 *in6 = (void *)found->ai_addr;

		memcpy(node->address, &in6->sin6_addr, 16);
		node->address_len = 16;
	}
	freeaddrinfo(found);
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct elector *left = a, *right = b;

	return left->node < right->node ? -1 : left->node > right->node;
}

/* A feature of votequorum that gives a minority the quorum. */
static bool refused(cmap_handle_t handle, const char *key, char *reason,
		    size_t size)
{
	uint8_t value = 0;

	if (cmap_get_uint8(handle, key, &value) != CS_OK || !value)
		return false;
	snprintf(reason, size,
		 "corosync.conf: %s cannot be used with dvsd, which needs a majority of all nodes: remove it",
		 key);
	return true;
}

static int read_nodes(cmap_handle_t handle, struct cluster *cluster,
		      char *reason, size_t size)
{
	uint32_t local = 0;

	if (cmap_get_uint32(handle, "nodelist.local_node_pos", &local) !=
	    CS_OK) {
		snprintf(reason, size,
			 "corosync.conf: the nodelist does not contain this node: add it");
		return -1;
	}
	/* Positions are consecutive: they are those of the file. */
	for (uint32_t i = 0; i < NODES_MAX; i++) {
		struct elector *node = &cluster->nodes[cluster->count];
		char key[64], address[256];

		snprintf(key, sizeof(key), "nodelist.node.%u.nodeid", i);
		if (cmap_get_uint32(handle, key, &node->node) != CS_OK)
			continue;
		if (!node->node || node->node > 65535) {
			snprintf(reason, size,
				 "corosync.conf: nodeid %u is not between 1 and 65535: change it",
				 node->node);
			return -1;
		}
		snprintf(key, sizeof(key), "nodelist.node.%u.ring0_addr", i);
		if (!get_text(handle, key, address, sizeof(address)) ||
		    !get_address(node, address)) {
			snprintf(reason, size,
				 "corosync.conf: node %u has no ring0_addr that can be resolved",
				 node->node);
			return -1;
		}
		snprintf(key, sizeof(key), "nodelist.node.%u.name", i);
		if (!get_text(handle, key, node->name, sizeof(node->name)))
			snprintf(node->name, sizeof(node->name), "node%u",
				 node->node);
		node->port = DVS_PORT;
		if (i == local)
			cluster->self = node->node;
		cluster->count++;
	}
	qsort(cluster->nodes, cluster->count, sizeof(*cluster->nodes),
	      by_number);
	for (uint32_t i = 1; i < cluster->count; i++) {
		if (cluster->nodes[i].node != cluster->nodes[i - 1].node)
			continue;
		snprintf(reason, size, "corosync.conf: nodeid %u is there twice",
			 cluster->nodes[i].node);
		return -1;
	}
	return 0;
}

int cluster_read(struct cluster *cluster, char *reason, size_t size)
{
	cmap_handle_t handle;
	cs_error_t error;
	int result = -1;

	memset(cluster, 0, sizeof(*cluster));
	error = cmap_initialize(&handle);
	if (error != CS_OK) {
		snprintf(reason, size, "Corosync cannot be reached: %s",
			 cs_strerror(error));
		return -1;
	}
	if (!get_text(handle, "totem.cluster_name", cluster->name,
		      sizeof(cluster->name)))
		snprintf(reason, size,
			 "corosync.conf: totem.cluster_name is not set");
	else if (!refused(handle, "quorum.two_node", reason, size) &&
		 !refused(handle, "quorum.last_man_standing", reason, size))
		result = read_nodes(handle, cluster, reason, size);
	cmap_finalize(handle);
	return result;
}
