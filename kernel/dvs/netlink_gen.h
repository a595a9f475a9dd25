/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/dvs.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_DVS_GEN_H
#define _LINUX_DVS_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/dvs_netlink.h>

/* Common nested types */
extern const struct nla_policy dvs_member_nl_policy[DVS_A_MEMBER_SESSION + 1];
extern const struct nla_policy dvs_range_nl_policy[DVS_A_RANGE_GENERATION_CEILING + 1];

int dvs_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvs_nl_view_stop_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_view_start_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_dc_new_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_dc_del_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_dc_attach_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_dc_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_dc_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvs_nl_slot_set_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_slot_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvs_nl_claim_get_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_claim_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvs_nl_claim_refuse_doit(struct sk_buff *skb, struct genl_info *info);
int dvs_nl_endpoint_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);

enum {
	DVS_NLGRP_EVENTS,
};

extern struct genl_family dvs_nl_family;

#endif /* _LINUX_DVS_GEN_H */
