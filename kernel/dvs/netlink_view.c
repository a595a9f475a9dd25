// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family "dvs": peers and views.
 */
#include "netlink.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "dc.h"
#include "netlink_gen.h"
#include "node.h"

/*
 * Peers
 */

static int fill_peer(struct sk_buff *skb, struct dvs_peer *peer)
{
	struct sockaddr_storage address;
	struct dvs_link_stats stats;
	u32 calls_out, calls_in;

	dvs_link_get_stats(peer->link, &stats);
	spin_lock_bh(&peer->lock);
	address = peer->address;
	calls_out = peer->out_count;
	calls_in = peer->in_count;
	spin_unlock_bh(&peer->lock);

	if (nla_put_u32(skb, DVS_A_PEER_NODE, peer->id) ||
	    dvs_netlink_put_address(skb, DVS_A_PEER_ADDRESS, DVS_A_PEER_PORT,
				    &address) ||
	    nla_put_uint(skb, DVS_A_PEER_SESSION, READ_ONCE(peer->session)) ||
	    nla_put_u32(skb, DVS_A_PEER_STATE, stats.state) ||
	    nla_put_uint(skb, DVS_A_PEER_CONNECTS, stats.connects) ||
	    nla_put_uint(skb, DVS_A_PEER_TX_FRAMES, stats.tx_frames) ||
	    nla_put_uint(skb, DVS_A_PEER_TX_BYTES, stats.tx_bytes) ||
	    nla_put_uint(skb, DVS_A_PEER_RX_FRAMES, stats.rx_frames) ||
	    nla_put_uint(skb, DVS_A_PEER_RX_BYTES, stats.rx_bytes) ||
	    nla_put_uint(skb, DVS_A_PEER_RESENT_FRAMES, stats.resent_frames) ||
	    nla_put_uint(skb, DVS_A_PEER_DUPLICATE_FRAMES,
			 stats.duplicate_frames) ||
	    nla_put_uint(skb, DVS_A_PEER_BAD_FRAMES, stats.bad_frames) ||
	    nla_put_u32(skb, DVS_A_PEER_QUEUED_FRAMES, stats.queued_frames) ||
	    nla_put_uint(skb, DVS_A_PEER_QUEUED_BYTES, stats.queued_bytes) ||
	    (stats.last_error &&
	     nla_put_string(skb, DVS_A_PEER_LAST_ERROR, stats.last_error)) ||
	    nla_put_u32(skb, DVS_A_PEER_CALLS_OUT, calls_out) ||
	    nla_put_u32(skb, DVS_A_PEER_CALLS_IN, calls_in))
		return -EMSGSIZE;
	return 0;
}

static int unknown_node(struct genl_info *info, struct nlattr *attr)
{
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
				"node %u is not known here: use peer-set first",
				nla_get_u32(attr));
	return -ENOENT;
}

int dvs_nl_peer_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sockaddr_storage address;
	struct dvs_node *node;
	struct nlattr *id;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_PEER_NODE))
		return -EINVAL;
	id = info->attrs[DVS_A_PEER_NODE];
	err = dvs_netlink_get_address(info, DVS_A_PEER_ADDRESS,
				      DVS_A_PEER_PORT, false, &address);
	if (err)
		return err;

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_peer_set(node, nla_get_u32(id), &address);
	dvs_netlink_unlock(node);
	if (err == -EINVAL)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, id,
					"node %u is this node, not another",
					nla_get_u32(id));
	return err;
}

int dvs_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_node *node;
	struct nlattr *id;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_PEER_NODE))
		return -EINVAL;
	id = info->attrs[DVS_A_PEER_NODE];

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_peer_del(node, nla_get_u32(id));
	dvs_netlink_unlock(node);

	if (err == -ENOENT)
		unknown_node(info, id);
	else if (err == -EBUSY)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, id,
					"node %u is in the view: install one without it first",
					nla_get_u32(id));
	return err;
}

int dvs_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_node *node;
	struct dvs_peer *peer;
	struct sk_buff *msg;
	struct nlattr *id;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_PEER_NODE))
		return -EINVAL;
	id = info->attrs[DVS_A_PEER_NODE];

	node = dvs_netlink_get_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	peer = dvs_peer_get(node, nla_get_u32(id));
	dvs_node_put(node);
	if (!peer)
		return unknown_node(info, id);

	err = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_iput(msg, info);
	if (!hdr || fill_peer(msg, peer)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, hdr);
	err = genlmsg_reply(msg, info);
out:
	dvs_peer_put(peer);
	return err;
}

/* The first peer at or after @id, referenced */
static struct dvs_peer *next_peer(struct dvs_node *node, unsigned long id)
{
	struct dvs_peer *peer;

	guard(rcu)();
	xa_for_each_start(&node->peers, id, peer, id) {
		if (refcount_inc_not_zero(&peer->ref))
			return peer;
	}
	return NULL;
}

struct peer_dump {
	u32 next;	/* node number */
};

int dvs_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct peer_dump *dump = (struct peer_dump *)cb->ctx;
	struct dvs_node *node;
	struct dvs_peer *peer;
	void *hdr;
	int err;

	NL_ASSERT_DUMP_CTX_FITS(struct peer_dump);

	err = dvs_netlink_no_attributes(cb);
	if (err)
		return err;
	node = dvs_netlink_dump_node(skb, cb);
	if (IS_ERR(node))
		return PTR_ERR(node);

	while (!err && (peer = next_peer(node, dump->next))) {
		hdr = dvs_netlink_dump_begin(skb, cb, DVS_CMD_PEER_GET);
		err = hdr ? fill_peer(skb, peer) : -EMSGSIZE;
		if (!err) {
			genlmsg_end(skb, hdr);
			dump->next = peer->id + 1;
		} else if (hdr) {
			genlmsg_cancel(skb, hdr);
		}
		dvs_peer_put(peer);
	}
	dvs_node_put(node);
	return err;
}

void dvs_netlink_link_changed(struct dvs_peer *peer)
{
	struct sk_buff *msg;
	void *hdr;

	if (!dvs_netlink_listens(peer->node))
		return;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto missed;
	hdr = genlmsg_put(msg, 0, 0, &dvs_nl_family, 0, DVS_CMD_PEER_NTF);
	if (!hdr || fill_peer(msg, peer)) {
		nlmsg_free(msg);
		goto missed;
	}
	genlmsg_end(msg, hdr);
	dvs_netlink_notify(peer->node, msg);
	return;
missed:
	dvs_netlink_missed(peer->node);
}

/*
 * Views
 */

static int parse_member(struct genl_info *info, const struct nlattr *attr,
			bool session, struct dvs_member *member)
{
	struct nlattr *tb[DVS_A_MEMBER_SESSION + 1];
	int err;

	err = nla_parse_nested(tb, DVS_A_MEMBER_SESSION, attr,
			       dvs_member_nl_policy, info->extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_MEMBER_NODE) ||
	    (session &&
	     NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_MEMBER_SESSION)))
		return -EINVAL;
	member->node = nla_get_u32(tb[DVS_A_MEMBER_NODE]);
	member->session = tb[DVS_A_MEMBER_SESSION] ?
			  nla_get_uint(tb[DVS_A_MEMBER_SESSION]) : 0;
	return 0;
}

static struct dvs_member *parse_members(struct genl_info *info, bool session,
					unsigned int *count)
{
	struct dvs_member *members;
	struct nlattr *attr;
	int err, rem;

	*count = 0;
	nlmsg_for_each_attr_type(attr, DVS_A_VIEW_MEMBERS, info->nlhdr,
				 GENL_HDRLEN, rem)
		(*count)++;
	members = kvcalloc(*count ?: 1, sizeof(*members), GFP_KERNEL_ACCOUNT);
	if (!members)
		return ERR_PTR(-ENOMEM);

	*count = 0;
	nlmsg_for_each_attr_type(attr, DVS_A_VIEW_MEMBERS, info->nlhdr,
				 GENL_HDRLEN, rem) {
		err = parse_member(info, attr, session, &members[(*count)++]);
		if (err) {
			kvfree(members);
			return ERR_PTR(err);
		}
	}
	return members;
}

static int check_members(struct genl_info *info, struct dvs_node *node,
			 const struct dvs_member *members, unsigned int count)
{
	u32 id;
	int err;

	err = dvs_view_check(node, members, count, &id);
	if (err == -ENOENT) {
		GENL_SET_ERR_MSG_FMT(info, "member %u is not known here: use peer-set first",
				     id);
		err = -EINVAL;
	} else if (err == -EEXIST) {
		GENL_SET_ERR_MSG_FMT(info, "member %u is listed twice", id);
		err = -EINVAL;
	}
	return err;
}

static void stale_view(struct genl_info *info, const struct dvs_node *node)
{
	GENL_SET_ERR_MSG_FMT(info, "view %llu is installed, view %llu stopped for",
			     node->view, node->stopped_view);
}

static int view_stop(struct genl_info *info, struct dvs_node *node, u64 view,
		     const struct dvs_member *members, unsigned int count)
{
	int err;

	err = check_members(info, node, members, count);
	if (err)
		return err;
	err = dvs_view_stop(node, view, members, count);
	if (err == -ESTALE)
		stale_view(info, node);
	else if (err == -EINVAL)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DVS_A_VIEW_VIEW],
				    "views are numbered from 1, in 48 bits");
	return err;
}

static int view_start(struct genl_info *info, struct dvs_node *node, u64 view,
		      const struct dvs_member *members, unsigned int count)
{
	int err;

	err = check_members(info, node, members, count);
	if (err)
		return err;
	err = dvs_view_start(node, view, members, count);
	if (err == -ESTALE)
		stale_view(info, node);
	else if (err == -EINVAL && view != node->stopped_view)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[DVS_A_VIEW_VIEW],
				    "the view was not stopped for: use view-stop first");
	else if (err == -EINVAL)
		GENL_SET_ERR_MSG(info,
				 "this node must be a member, and sessions from 1 to the view");
	return err;
}

static int change_view(struct genl_info *info, bool start)
{
	struct dvs_member *members;
	struct dvs_node *node;
	unsigned int count;
	u64 view;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_VIEW_VIEW))
		return -EINVAL;
	view = nla_get_uint(info->attrs[DVS_A_VIEW_VIEW]);
	members = parse_members(info, start, &count);
	if (IS_ERR(members))
		return PTR_ERR(members);

	node = dvs_netlink_lock(info);
	if (IS_ERR(node)) {
		err = PTR_ERR(node);
	} else {
		err = start ? view_start(info, node, view, members, count) :
			      view_stop(info, node, view, members, count);
		dvs_netlink_unlock(node);
	}
	kvfree(members);
	return err;
}

int dvs_nl_view_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_view(info, false);
}

int dvs_nl_view_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_view(info, true);
}
