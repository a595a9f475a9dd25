// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of the family, one function each.
 */
#include "netlink.h"

#include <arpa/inet.h>
#include <string.h>

static void put_address(struct request *r, __u16 address_type, const char *address, __u16 port_type,
			__u16 port)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1)
		request_put(r, address_type, bytes, 4);
	else if (inet_pton(AF_INET6, address, bytes) == 1)
		request_put(r, address_type, bytes, 16);
	request_u16(r, port_type, port);
}

int test_node_set(struct netlink *nl, __u64 cluster, __u32 node, const char *address, __u16 port)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_NODE_SET);
	request_uint(&r, DVS_A_NODE_CLUSTER, cluster);
	request_u32(&r, DVS_A_NODE_NODE, node);
	put_address(&r, DVS_A_NODE_ADDRESS, address, DVS_A_NODE_PORT, port);
	return netlink_do(nl, &r);
}

int test_node_del(struct netlink *nl)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_NODE_DEL);
	return netlink_do(nl, &r);
}

int test_node_get(struct netlink *nl)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_NODE_GET);
	return netlink_do(nl, &r);
}

int test_peer_set(struct netlink *nl, __u32 node, const char *address, __u16 port)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_PEER_SET);
	request_u32(&r, DVS_A_PEER_NODE, node);
	put_address(&r, DVS_A_PEER_ADDRESS, address, DVS_A_PEER_PORT, port);
	return netlink_do(nl, &r);
}

int test_peer_del(struct netlink *nl, __u32 node)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_PEER_DEL);
	request_u32(&r, DVS_A_PEER_NODE, node);
	return netlink_do(nl, &r);
}

int test_peer_get(struct netlink *nl, __u32 node)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_PEER_GET);
	request_u32(&r, DVS_A_PEER_NODE, node);
	return netlink_do(nl, &r);
}

static int change_view(struct netlink *nl, __u8 command, __u64 view,
		       const struct test_member *members, unsigned int count)
{
	struct request r;
	size_t nest;

	request_begin(&r, nl, command);
	request_uint(&r, DVS_A_VIEW_VIEW, view);
	for (unsigned int i = 0; i < count; i++) {
		nest = request_nest(&r, DVS_A_VIEW_MEMBERS);
		request_u32(&r, DVS_A_MEMBER_NODE, members[i].node);
		request_uint(&r, DVS_A_MEMBER_SESSION, members[i].session);
		request_end(&r, nest);
	}
	return netlink_do(nl, &r);
}

int test_view_stop(struct netlink *nl, __u64 view, const struct test_member *members,
		   unsigned int count)
{
	return change_view(nl, DVS_CMD_VIEW_STOP, view, members, count);
}

int test_view_start(struct netlink *nl, __u64 view, const struct test_member *members,
		    unsigned int count)
{
	return change_view(nl, DVS_CMD_VIEW_START, view, members, count);
}

int test_dc_new(struct netlink *nl, __u64 dcid, const char *name, __u32 endpoint_limit,
		__u32 call_limit)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_DC_NEW);
	request_uint(&r, DVS_A_DC_DCID, dcid);
	request_string(&r, DVS_A_DC_NAME, name);
	if (endpoint_limit)
		request_u32(&r, DVS_A_DC_ENDPOINT_LIMIT, endpoint_limit);
	if (call_limit)
		request_u32(&r, DVS_A_DC_CALL_LIMIT, call_limit);
	return netlink_do(nl, &r);
}

static int dc_command(struct netlink *nl, __u8 command, __u64 dcid)
{
	struct request r;

	request_begin(&r, nl, command);
	request_uint(&r, DVS_A_DC_DCID, dcid);
	return netlink_do(nl, &r);
}

int test_dc_del(struct netlink *nl, __u64 dcid)
{
	return dc_command(nl, DVS_CMD_DC_DEL, dcid);
}

int test_dc_get(struct netlink *nl, __u64 dcid)
{
	return dc_command(nl, DVS_CMD_DC_GET, dcid);
}

int test_dc_attach(struct netlink *nl, __u64 dcid, int ns_fd)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_DC_ATTACH);
	request_uint(&r, DVS_A_DC_DCID, dcid);
	request_u32(&r, DVS_A_DC_NS_FD, ns_fd);
	return netlink_do(nl, &r);
}

int test_slots_set(struct netlink *nl, __u64 dcid, __u64 version, bool replace,
		   const struct test_range *ranges, unsigned int count)
{
	struct request r;
	size_t nest;

	request_begin(&r, nl, DVS_CMD_SLOT_SET);
	request_uint(&r, DVS_A_SLOTS_DCID, dcid);
	request_uint(&r, DVS_A_SLOTS_VERSION, version);
	if (replace)
		request_put(&r, DVS_A_SLOTS_REPLACE, NULL, 0);
	for (unsigned int i = 0; i < count; i++) {
		nest = request_nest(&r, DVS_A_SLOTS_RANGES);
		request_u32(&r, DVS_A_RANGE_FIRST, ranges[i].first);
		request_u32(&r, DVS_A_RANGE_LAST, ranges[i].last);
		request_u32(&r, DVS_A_RANGE_NODE, ranges[i].node);
		request_uint(&r, DVS_A_RANGE_EPOCH, ranges[i].epoch);
		request_u32(&r, DVS_A_RANGE_GENERATION_FLOOR, ranges[i].floor);
		request_u32(&r, DVS_A_RANGE_GENERATION_CEILING, ranges[i].ceiling);
		request_end(&r, nest);
	}
	return netlink_do(nl, &r);
}

int test_claim_get(struct netlink *nl, __u64 dcid, __u32 slot)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_CLAIM_GET);
	request_uint(&r, DVS_A_CLAIM_DCID, dcid);
	request_u32(&r, DVS_A_CLAIM_SLOT, slot);
	return netlink_do(nl, &r);
}

int test_claim_refuse(struct netlink *nl, __u64 dcid, __u32 slot, int error)
{
	struct request r;

	request_begin(&r, nl, DVS_CMD_CLAIM_REFUSE);
	request_uint(&r, DVS_A_CLAIM_DCID, dcid);
	request_u32(&r, DVS_A_CLAIM_SLOT, slot);
	request_u32(&r, DVS_A_CLAIM_ERROR, error);
	return netlink_do(nl, &r);
}
