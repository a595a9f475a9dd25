// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dvs.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/dvs_netlink.h>

/* Integer value ranges */
static const struct netlink_range_validation dvs_a_node_node_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_peer_node_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_member_node_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_range_first_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_range_last_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_range_node_range = {
	.max	= 65535ULL,
};

static const struct netlink_range_validation dvs_a_range_generation_floor_range = {
	.min	= 1ULL,
	.max	= 65536ULL,
};

static const struct netlink_range_validation dvs_a_range_generation_ceiling_range = {
	.min	= 1ULL,
	.max	= 65536ULL,
};

static const struct netlink_range_validation dvs_a_claim_slot_range = {
	.min	= 1ULL,
	.max	= 65535ULL,
};

/* Common nested types */
const struct nla_policy dvs_member_nl_policy[DVS_A_MEMBER_SESSION + 1] = {
	[DVS_A_MEMBER_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_member_node_range),
	[DVS_A_MEMBER_SESSION] = { .type = NLA_UINT, },
};

const struct nla_policy dvs_range_nl_policy[DVS_A_RANGE_GENERATION_CEILING + 1] = {
	[DVS_A_RANGE_FIRST] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_range_first_range),
	[DVS_A_RANGE_LAST] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_range_last_range),
	[DVS_A_RANGE_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_range_node_range),
	[DVS_A_RANGE_EPOCH] = { .type = NLA_UINT, },
	[DVS_A_RANGE_GENERATION_FLOOR] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_range_generation_floor_range),
	[DVS_A_RANGE_GENERATION_CEILING] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_range_generation_ceiling_range),
};

/* DVS_CMD_NODE_SET - do */
static const struct nla_policy dvs_node_set_nl_policy[DVS_A_NODE_PORT + 1] = {
	[DVS_A_NODE_CLUSTER] = { .type = NLA_UINT, },
	[DVS_A_NODE_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_node_node_range),
	[DVS_A_NODE_ADDRESS] = { .type = NLA_BINARY, },
	[DVS_A_NODE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* DVS_CMD_PEER_SET - do */
static const struct nla_policy dvs_peer_set_nl_policy[DVS_A_PEER_PORT + 1] = {
	[DVS_A_PEER_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_peer_node_range),
	[DVS_A_PEER_ADDRESS] = { .type = NLA_BINARY, },
	[DVS_A_PEER_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* DVS_CMD_PEER_DEL - do */
static const struct nla_policy dvs_peer_del_nl_policy[DVS_A_PEER_NODE + 1] = {
	[DVS_A_PEER_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_peer_node_range),
};

/* DVS_CMD_PEER_GET - do */
static const struct nla_policy dvs_peer_get_nl_policy[DVS_A_PEER_NODE + 1] = {
	[DVS_A_PEER_NODE] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_peer_node_range),
};

/* DVS_CMD_VIEW_STOP - do */
static const struct nla_policy dvs_view_stop_nl_policy[DVS_A_VIEW_MEMBERS + 1] = {
	[DVS_A_VIEW_VIEW] = { .type = NLA_UINT, },
	[DVS_A_VIEW_MEMBERS] = NLA_POLICY_NESTED(dvs_member_nl_policy),
};

/* DVS_CMD_VIEW_START - do */
static const struct nla_policy dvs_view_start_nl_policy[DVS_A_VIEW_MEMBERS + 1] = {
	[DVS_A_VIEW_VIEW] = { .type = NLA_UINT, },
	[DVS_A_VIEW_MEMBERS] = NLA_POLICY_NESTED(dvs_member_nl_policy),
};

/* DVS_CMD_DC_NEW - do */
static const struct nla_policy dvs_dc_new_nl_policy[DVS_A_DC_CALL_LIMIT + 1] = {
	[DVS_A_DC_DCID] = { .type = NLA_UINT, },
	[DVS_A_DC_NAME] = { .type = NLA_NUL_STRING, .len = DVS_DC_NAME_MAX, },
	[DVS_A_DC_ENDPOINT_LIMIT] = { .type = NLA_U32, },
	[DVS_A_DC_CALL_LIMIT] = { .type = NLA_U32, },
};

/* DVS_CMD_DC_DEL - do */
static const struct nla_policy dvs_dc_del_nl_policy[DVS_A_DC_DCID + 1] = {
	[DVS_A_DC_DCID] = { .type = NLA_UINT, },
};

/* DVS_CMD_DC_ATTACH - do */
static const struct nla_policy dvs_dc_attach_nl_policy[DVS_A_DC_NS_FD + 1] = {
	[DVS_A_DC_DCID] = { .type = NLA_UINT, },
	[DVS_A_DC_NS_FD] = { .type = NLA_U32, },
};

/* DVS_CMD_DC_GET - do */
static const struct nla_policy dvs_dc_get_nl_policy[DVS_A_DC_DCID + 1] = {
	[DVS_A_DC_DCID] = { .type = NLA_UINT, },
};

/* DVS_CMD_SLOT_SET - do */
static const struct nla_policy dvs_slot_set_nl_policy[DVS_A_SLOTS_RANGES + 1] = {
	[DVS_A_SLOTS_DCID] = { .type = NLA_UINT, },
	[DVS_A_SLOTS_VERSION] = { .type = NLA_UINT, },
	[DVS_A_SLOTS_REPLACE] = { .type = NLA_FLAG, },
	[DVS_A_SLOTS_RANGES] = NLA_POLICY_NESTED(dvs_range_nl_policy),
};

/* DVS_CMD_SLOT_GET - dump */
static const struct nla_policy dvs_slot_get_nl_policy[DVS_A_SLOTS_DCID + 1] = {
	[DVS_A_SLOTS_DCID] = { .type = NLA_UINT, },
};

/* DVS_CMD_CLAIM_GET - do */
static const struct nla_policy dvs_claim_get_nl_policy[DVS_A_CLAIM_SLOT + 1] = {
	[DVS_A_CLAIM_DCID] = { .type = NLA_UINT, },
	[DVS_A_CLAIM_SLOT] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_claim_slot_range),
};

/* DVS_CMD_CLAIM_REFUSE - do */
static const struct nla_policy dvs_claim_refuse_nl_policy[DVS_A_CLAIM_ERROR + 1] = {
	[DVS_A_CLAIM_DCID] = { .type = NLA_UINT, },
	[DVS_A_CLAIM_SLOT] = NLA_POLICY_FULL_RANGE(NLA_U32, &dvs_a_claim_slot_range),
	[DVS_A_CLAIM_ERROR] = NLA_POLICY_RANGE(NLA_U32, 1, 4095),
};

/* DVS_CMD_ENDPOINT_GET - dump */
static const struct nla_policy dvs_endpoint_get_nl_policy[DVS_A_ENDPOINT_DCID + 1] = {
	[DVS_A_ENDPOINT_DCID] = { .type = NLA_UINT, },
};

/* Ops table for dvs */
static const struct genl_split_ops dvs_nl_ops[] = {
	{
		.cmd		= DVS_CMD_NODE_SET,
		.doit		= dvs_nl_node_set_doit,
		.policy		= dvs_node_set_nl_policy,
		.maxattr	= DVS_A_NODE_PORT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DVS_CMD_NODE_DEL,
		.doit	= dvs_nl_node_del_doit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DVS_CMD_NODE_GET,
		.doit	= dvs_nl_node_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_PEER_SET,
		.doit		= dvs_nl_peer_set_doit,
		.policy		= dvs_peer_set_nl_policy,
		.maxattr	= DVS_A_PEER_PORT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_PEER_DEL,
		.doit		= dvs_nl_peer_del_doit,
		.policy		= dvs_peer_del_nl_policy,
		.maxattr	= DVS_A_PEER_NODE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_PEER_GET,
		.doit		= dvs_nl_peer_get_doit,
		.policy		= dvs_peer_get_nl_policy,
		.maxattr	= DVS_A_PEER_NODE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DVS_CMD_PEER_GET,
		.dumpit	= dvs_nl_peer_get_dumpit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DVS_CMD_VIEW_STOP,
		.doit		= dvs_nl_view_stop_doit,
		.policy		= dvs_view_stop_nl_policy,
		.maxattr	= DVS_A_VIEW_MEMBERS,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_VIEW_START,
		.doit		= dvs_nl_view_start_doit,
		.policy		= dvs_view_start_nl_policy,
		.maxattr	= DVS_A_VIEW_MEMBERS,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_DC_NEW,
		.doit		= dvs_nl_dc_new_doit,
		.policy		= dvs_dc_new_nl_policy,
		.maxattr	= DVS_A_DC_CALL_LIMIT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_DC_DEL,
		.doit		= dvs_nl_dc_del_doit,
		.policy		= dvs_dc_del_nl_policy,
		.maxattr	= DVS_A_DC_DCID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_DC_ATTACH,
		.doit		= dvs_nl_dc_attach_doit,
		.policy		= dvs_dc_attach_nl_policy,
		.maxattr	= DVS_A_DC_NS_FD,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_DC_GET,
		.doit		= dvs_nl_dc_get_doit,
		.policy		= dvs_dc_get_nl_policy,
		.maxattr	= DVS_A_DC_DCID,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DVS_CMD_DC_GET,
		.dumpit	= dvs_nl_dc_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DVS_CMD_SLOT_SET,
		.doit		= dvs_nl_slot_set_doit,
		.policy		= dvs_slot_set_nl_policy,
		.maxattr	= DVS_A_SLOTS_RANGES,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_SLOT_GET,
		.dumpit		= dvs_nl_slot_get_dumpit,
		.policy		= dvs_slot_get_nl_policy,
		.maxattr	= DVS_A_SLOTS_DCID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DVS_CMD_CLAIM_GET,
		.doit		= dvs_nl_claim_get_doit,
		.policy		= dvs_claim_get_nl_policy,
		.maxattr	= DVS_A_CLAIM_SLOT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DVS_CMD_CLAIM_GET,
		.dumpit	= dvs_nl_claim_get_dumpit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DVS_CMD_CLAIM_REFUSE,
		.doit		= dvs_nl_claim_refuse_doit,
		.policy		= dvs_claim_refuse_nl_policy,
		.maxattr	= DVS_A_CLAIM_ERROR,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DVS_CMD_ENDPOINT_GET,
		.dumpit		= dvs_nl_endpoint_get_dumpit,
		.policy		= dvs_endpoint_get_nl_policy,
		.maxattr	= DVS_A_ENDPOINT_DCID,
		.flags		= GENL_CMD_CAP_DUMP,
	},
};

static const struct genl_multicast_group dvs_nl_mcgrps[] = {
	[DVS_NLGRP_EVENTS] = { "events", },
};

struct genl_family dvs_nl_family __ro_after_init = {
	.name		= DVS_FAMILY_NAME,
	.version	= DVS_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= dvs_nl_ops,
	.n_split_ops	= ARRAY_SIZE(dvs_nl_ops),
	.mcgrps		= dvs_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(dvs_nl_mcgrps),
};
