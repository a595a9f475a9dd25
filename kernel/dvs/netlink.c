// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family "dvs", and what it says of the node. Peers and views are in
 * netlink_view.c, containers and endpoints in netlink_container.c, slot maps and
 * claims in netlink_slots.c. These files read and check requests and put objects
 * into words; what the requests do is in the files of the objects.
 *
 * Requests that change something hold &dvs_net.mutex, those that read do not.
 */
#include "netlink.h"

#include <linux/err.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "dc.h"
#include "limits.h"
#include "netlink_gen.h"
#include "node.h"

struct dvs_node *dvs_netlink_lock(struct genl_info *info)
{
	struct dvs_net *dn = dvs_net(genl_info_net(info));
	struct dvs_node *node;

	if (mutex_lock_killable(&dn->mutex))
		return ERR_PTR(-EINTR);
	node = rcu_dereference_protected(dn->node, lockdep_is_held(&dn->mutex));
	if (node)
		return node;
	mutex_unlock(&dn->mutex);
	GENL_SET_ERR_MSG(info, "this network namespace is no node: use node-set first");
	return ERR_PTR(-ENODEV);
}

void dvs_netlink_unlock(struct dvs_node *node)
{
	mutex_unlock(node->mutex);
}

static struct dvs_node *get_node(struct net *net,
				 struct netlink_ext_ack *extack)
{
	struct dvs_node *node = dvs_node_get(net);

	if (!node) {
		NL_SET_ERR_MSG(extack, "this network namespace is no node: use node-set first");
		return ERR_PTR(-ENODEV);
	}
	return node;
}

struct dvs_node *dvs_netlink_get_node(struct genl_info *info)
{
	return get_node(genl_info_net(info), info->extack);
}

struct dvs_node *dvs_netlink_dump_node(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	return get_node(sock_net(skb->sk), cb->extack);
}

static int no_attributes(const struct nlmsghdr *nlh,
			 struct netlink_ext_ack *extack)
{
	if (!nlmsg_attrlen(nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(extack, "this request has no attributes: leave them out");
	return -EINVAL;
}

int dvs_netlink_no_attributes(const struct netlink_callback *cb)
{
	return no_attributes(cb->nlh, cb->extack);
}

void *dvs_netlink_dump_begin(struct sk_buff *skb, struct netlink_callback *cb,
			     u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &dvs_nl_family, NLM_F_MULTI, command);
}

/*
 * Notifications
 *
 * They come from places that outlive the node, but the network namespace does
 * not go before a grace period has passed since the node was dead.
 */

bool dvs_netlink_listens(struct dvs_node *node)
{
	guard(rcu)();
	return !READ_ONCE(node->dead) &&
	       genl_has_listeners(&dvs_nl_family, node->net, DVS_NLGRP_EVENTS);
}

void dvs_netlink_notify(struct dvs_node *node, struct sk_buff *skb)
{
	guard(rcu)();
	if (READ_ONCE(node->dead))
		nlmsg_free(skb);
	else
		genlmsg_multicast_netns(&dvs_nl_family, node->net, skb, 0,
					DVS_NLGRP_EVENTS, GFP_ATOMIC);
}

void dvs_netlink_missed(struct dvs_node *node)
{
	guard(rcu)();
	if (!READ_ONCE(node->dead))
		genl_set_err(&dvs_nl_family, node->net, 0, DVS_NLGRP_EVENTS,
			     -ENOBUFS);
}

/*
 * Addresses
 */

static const char *address_fault(const struct sockaddr_storage *address,
				 bool local)
{
	const struct in6_addr *in6 =
		&((const struct sockaddr_in6 *)address)->sin6_addr;
	__be32 in = ((const struct sockaddr_in *)address)->sin_addr.s_addr;

	if (address->ss_family == AF_INET6) {
		if (ipv6_addr_any(in6) && !local)
			return "the address of another node cannot be ::";
		if (ipv6_addr_is_multicast(in6))
			return "a node cannot have a multicast address";
		if (ipv6_addr_type(in6) & IPV6_ADDR_LINKLOCAL)
			return "a link-local address says too little: use a global one";
	} else {
		if (!in && !local)
			return "the address of another node cannot be 0.0.0.0";
		if (ipv4_is_multicast(in) || ipv4_is_lbcast(in))
			return "a node cannot have a multicast address";
	}
	return NULL;
}

int dvs_netlink_get_address(struct genl_info *info, int address_type,
			    int port_type, bool local,
			    struct sockaddr_storage *address)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct nlattr *attr = info->attrs[address_type];
	const char *fault;
	__be16 port;

	if (GENL_REQ_ATTR_CHECK(info, address_type) ||
	    GENL_REQ_ATTR_CHECK(info, port_type))
		return -EINVAL;
	port = htons(nla_get_u16(info->attrs[port_type]));

	memset(address, 0, sizeof(*address));
	switch (nla_len(attr)) {
	case sizeof(in->sin_addr):
		in->sin_family = AF_INET;
		in->sin_port = port;
		nla_memcpy(&in->sin_addr, attr, sizeof(in->sin_addr));
		break;
	case sizeof(in6->sin6_addr):
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		nla_memcpy(&in6->sin6_addr, attr, sizeof(in6->sin6_addr));
		break;
	default:
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "an address has 4 bytes (IPv4) or 16 (IPv6)");
		return -EINVAL;
	}

	fault = address_fault(address, local);
	if (fault) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "%s", fault);
		return -EINVAL;
	}
	return 0;
}

int dvs_netlink_put_address(struct sk_buff *skb, int address_type,
			    int port_type,
			    const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET6)
		return nla_put(skb, address_type, sizeof(in6->sin6_addr),
			       &in6->sin6_addr) ?:
		       nla_put_u16(skb, port_type, ntohs(in6->sin6_port));
	return nla_put(skb, address_type, sizeof(in->sin_addr),
		       &in->sin_addr) ?:
	       nla_put_u16(skb, port_type, ntohs(in->sin_port));
}

/*
 * The node
 */

static int fill_node(struct sk_buff *skb, struct dvs_node *node)
{
	struct dvs_container *container;
	unsigned long dcid;
	u32 containers = 0;

	rcu_read_lock();
	xa_for_each(&node->containers, dcid, container)
		containers++;
	rcu_read_unlock();

	if (nla_put_uint(skb, DVS_A_NODE_CLUSTER, node->cluster) ||
	    nla_put_u32(skb, DVS_A_NODE_NODE, node->id) ||
	    dvs_netlink_put_address(skb, DVS_A_NODE_ADDRESS, DVS_A_NODE_PORT,
				    &node->address) ||
	    nla_put_uint(skb, DVS_A_NODE_INCARNATION, node->incarnation) ||
	    nla_put_uint(skb, DVS_A_NODE_VIEW, READ_ONCE(node->view)) ||
	    nla_put_uint(skb, DVS_A_NODE_SESSION, READ_ONCE(node->session)) ||
	    nla_put_uint(skb, DVS_A_NODE_STOPPED_VIEW,
			 READ_ONCE(node->stopped_view)) ||
	    nla_put_u8(skb, DVS_A_NODE_MEMBER, READ_ONCE(node->member)) ||
	    nla_put_u32(skb, DVS_A_NODE_CONTAINERS, containers) ||
	    nla_put_uint(skb, DVS_A_NODE_BAD_HELLO,
			 atomic64_read(&node->bad_hello)) ||
	    nla_put_uint(skb, DVS_A_NODE_STALE_FRAMES,
			 atomic64_read(&node->stale_frames)) ||
	    nla_put_uint(skb, DVS_A_NODE_UNKNOWN_DC,
			 atomic64_read(&node->unknown_dc)) ||
	    nla_put_uint(skb, DVS_A_NODE_DROPPED_NOTIFICATIONS,
			 atomic64_read(&node->dropped_notifications)))
		return -EMSGSIZE;
	return 0;
}

int dvs_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct sockaddr_storage address;
	struct nlattr *cluster, *id;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_NODE_CLUSTER) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_NODE_NODE))
		return -EINVAL;
	cluster = info->attrs[DVS_A_NODE_CLUSTER];
	id = info->attrs[DVS_A_NODE_NODE];
	err = dvs_netlink_get_address(info, DVS_A_NODE_ADDRESS,
				      DVS_A_NODE_PORT, true, &address);
	if (err)
		return err;

	if (mutex_lock_killable(&dvs_net(net)->mutex))
		return -EINTR;
	err = dvs_node_set(net, nla_get_uint(cluster), nla_get_u32(id),
			   &address);
	mutex_unlock(&dvs_net(net)->mutex);

	switch (err) {
	case -EEXIST:
		GENL_SET_ERR_MSG(info,
				 "this network namespace is another node: use node-del first");
		break;
	case -EADDRINUSE:
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DVS_A_NODE_PORT],
				    "the port is in use: stop who listens there, or take another");
		break;
	case -EADDRNOTAVAIL:
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DVS_A_NODE_ADDRESS],
				    "no interface of this network namespace has the address");
		break;
	}
	return err;
}

int dvs_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	int err;

	err = no_attributes(info->nlhdr, info->extack);
	if (err)
		return err;
	if (mutex_lock_killable(&dvs_net(net)->mutex))
		return -EINTR;
	err = dvs_node_del(net);
	mutex_unlock(&dvs_net(net)->mutex);
	if (err)
		GENL_SET_ERR_MSG(info, "this network namespace is no node");
	return err;
}

int dvs_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_node *node;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = no_attributes(info->nlhdr, info->extack);
	if (err)
		return err;
	node = dvs_netlink_get_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);

	err = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_iput(msg, info);
	if (!hdr || fill_node(msg, node)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, hdr);
	err = genlmsg_reply(msg, info);
out:
	dvs_node_put(node);
	return err;
}

void dvs_netlink_node_changed(struct dvs_node *node)
{
	struct sk_buff *msg;
	void *hdr;

	if (!dvs_netlink_listens(node))
		return;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto missed;
	hdr = genlmsg_put(msg, 0, 0, &dvs_nl_family, 0, DVS_CMD_NODE_NTF);
	if (!hdr || fill_node(msg, node)) {
		nlmsg_free(msg);
		goto missed;
	}
	genlmsg_end(msg, hdr);
	dvs_netlink_notify(node, msg);
	return;
missed:
	dvs_netlink_missed(node);
}

/* The specification has no word for the group's flag. */
static const struct genl_multicast_group groups[] = {
	[DVS_NLGRP_EVENTS] = {
		.name = DVS_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

int __init dvs_netlink_init(void)
{
	dvs_nl_family.mcgrps = groups;
	dvs_nl_family.n_mcgrps = ARRAY_SIZE(groups);
	return genl_register_family(&dvs_nl_family);
}
