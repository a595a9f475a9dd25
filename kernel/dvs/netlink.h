/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family: what its files share, and what main.c calls.
 */
#ifndef _DVS_NETLINK_H
#define _DVS_NETLINK_H

#include <linux/socket.h>
#include <linux/types.h>

struct dvs_container;
struct dvs_node;
struct genl_info;
struct netlink_callback;
struct nlattr;
struct sk_buff;

int dvs_netlink_init(void);

/*
 * The node of the request's network namespace, with &dvs_node.mutex held, or an
 * ERR_PTR(): -ENODEV, -EINTR.
 */
struct dvs_node *dvs_netlink_lock(struct genl_info *info);
void dvs_netlink_unlock(struct dvs_node *node);

/* For requests that change nothing and for dumps: referenced, not locked */
struct dvs_node *dvs_netlink_get_node(struct genl_info *info);
struct dvs_node *dvs_netlink_dump_node(struct sk_buff *skb,
				       struct netlink_callback *cb);
/* Refuse attributes in a request that knows none. */
int dvs_netlink_no_attributes(const struct netlink_callback *cb);

/* A message of the answer to a dump; NULL when there is no room for it. */
void *dvs_netlink_dump_begin(struct sk_buff *skb, struct netlink_callback *cb,
			     u8 command);

/* An address of this node (@local) or of another */
int dvs_netlink_get_address(struct genl_info *info, int address_type,
			    int port_type, bool local,
			    struct sockaddr_storage *address);
int dvs_netlink_put_address(struct sk_buff *skb, int address_type,
			    int port_type,
			    const struct sockaddr_storage *address);

/* Say that there is no such container: -ENOENT */
int dvs_netlink_no_container(struct genl_info *info, struct nlattr *dcid);

/* Send a message to who listens on the node; takes over @skb. */
void dvs_netlink_notify(struct dvs_node *node, struct sk_buff *skb);
/* There is no memory for one: let them know that they missed something. */
void dvs_netlink_missed(struct dvs_node *node);

#endif /* _DVS_NETLINK_H */
