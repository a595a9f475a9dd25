// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family "dvs": containers and endpoints.
 *
 * Without privilege a reader sees the container it is in, and nothing of others.
 * A dump decides by who begins it.
 */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dc.h"
#include "endpoint.h"
#include "netlink_gen.h"
#include "node.h"

int dvs_netlink_no_container(struct genl_info *info, struct nlattr *dcid)
{
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, dcid,
				"container %llu is not known here: use dc-new first",
				nla_get_uint(dcid));
	return -ENOENT;
}

/*
 * Containers
 */

static int get_name(struct genl_info *info, const char **name)
{
	struct nlattr *attr = info->attrs[DVS_A_DC_NAME];
	const char *c;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_DC_NAME))
		return -EINVAL;
	*name = nla_data(attr);
	for (c = *name; *c && !iscntrl(*c) && !isspace(*c); c++)
		;
	if (c == *name || *c) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a name has at least one character, no space and no control character");
		return -EINVAL;
	}
	return 0;
}

/* 0 when it is not given */
static int get_limit(struct genl_info *info, int type, u32 *limit)
{
	struct nlattr *attr = info->attrs[type];

	*limit = attr ? nla_get_u32(attr) : 0;
	if (!attr || (*limit && *limit <= INT_MAX))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "a limit is at least 1 and below 2^31; leave it out for the default");
	return -EINVAL;
}

int dvs_nl_dc_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 endpoint_limit, call_limit;
	struct dvs_node *node;
	struct nlattr *dcid;
	const char *name;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_DC_DCID))
		return -EINVAL;
	dcid = info->attrs[DVS_A_DC_DCID];
	if (!nla_get_uint(dcid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, dcid,
				    "0 stands for a container of no cluster: take another number");
		return -EINVAL;
	}
	err = get_name(info, &name);
	if (err)
		return err;
	err = get_limit(info, DVS_A_DC_ENDPOINT_LIMIT, &endpoint_limit);
	if (err)
		return err;
	err = get_limit(info, DVS_A_DC_CALL_LIMIT, &call_limit);
	if (err)
		return err;

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_container_new(node, nla_get_uint(dcid), name, endpoint_limit,
				call_limit);
	dvs_netlink_unlock(node);
	if (err == -EEXIST)
		NL_SET_ERR_MSG_ATTR(info->extack, dcid,
				    "the container is known by another name");
	return err;
}

int dvs_nl_dc_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_node *node;
	struct nlattr *dcid;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_DC_DCID))
		return -EINVAL;
	dcid = info->attrs[DVS_A_DC_DCID];

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_container_del(node, nla_get_uint(dcid));
	dvs_netlink_unlock(node);
	return err == -ENOENT ? dvs_netlink_no_container(info, dcid) : err;
}

/* Referenced, or an ERR_PTR(): %-EBADF, %-EINVAL. */
static struct dc_namespace *get_dc_ns_by_fd(unsigned int fd)
{
	struct ns_common *ns;

	CLASS(fd, f)(fd);

	if (fd_empty(f))
		return ERR_PTR(-EBADF);
	if (!proc_ns_file(fd_file(f)))
		return ERR_PTR(-EINVAL);
	ns = get_proc_ns(file_inode(fd_file(f)));
	if (ns->ops != &dcns_operations)
		return ERR_PTR(-EINVAL);
	return get_dc_ns(container_of(ns, struct dc_namespace, ns));
}

static int attach(struct genl_info *info, struct dc_namespace *ns)
{
	struct nlattr *dcid = info->attrs[DVS_A_DC_DCID];
	struct nlattr *fd = info->attrs[DVS_A_DC_NS_FD];
	struct dvs_node *node;
	int err;

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_container_attach(node, nla_get_uint(dcid), ns);
	dvs_netlink_unlock(node);

	switch (err) {
	case -ENOENT:
		return dvs_netlink_no_container(info, dcid);
	case -EPERM:
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "the initial DC namespace stays local: unshare one");
		return err;
	case -EEXIST:
		NL_SET_ERR_MSG_ATTR(info->extack, dcid,
				    "the container has a DC namespace on this node: use that");
		return -EBUSY;
	case -EBUSY:
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "the DC namespace is, or was, part of a container: unshare a new one");
		return err;
	case -ENOTEMPTY:
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "endpoints are bound in the DC namespace: close them first");
		return -EBUSY;
	default:
		return err;
	}
}

int dvs_nl_dc_attach_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dc_namespace *ns;
	struct nlattr *fd;
	int err = -EPERM;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_DC_DCID) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_DC_NS_FD))
		return -EINVAL;
	fd = info->attrs[DVS_A_DC_NS_FD];

	ns = get_dc_ns_by_fd(nla_get_u32(fd));
	if (IS_ERR(ns)) {
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "not an open descriptor of a DC namespace (/proc/PID/ns/dc)");
		return PTR_ERR(ns);
	}
	if (netlink_ns_capable(skb, ns->user_ns, CAP_SYS_ADMIN))
		err = attach(info, ns);
	else
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "CAP_SYS_ADMIN in the user namespace of the DC namespace is needed");
	put_dc_ns(ns);
	return err;
}

static int fill_container(struct sk_buff *skb, struct dvs_container *container)
{
	u32 endpoints = 0, calls = 0;
	struct dvs_dc *dc;

	dc = dvs_container_get_dc(container);
	if (dc) {
		endpoints = atomic_read(&dc->endpoints);
		calls = atomic_read(&dc->calls);
		put_dc_ns(dc->ns);
	}
	if (nla_put_uint(skb, DVS_A_DC_DCID, container->dcid) ||
	    nla_put_string(skb, DVS_A_DC_NAME, container->name) ||
	    nla_put_u8(skb, DVS_A_DC_ATTACHED, !!dc) ||
	    nla_put_uint(skb, DVS_A_DC_MAP_VERSION,
			 dvs_slotmap_version(&container->map)) ||
	    nla_put_u32(skb, DVS_A_DC_ENDPOINTS, endpoints) ||
	    nla_put_u32(skb, DVS_A_DC_CALLS, calls) ||
	    nla_put_u32(skb, DVS_A_DC_ENDPOINT_LIMIT,
			READ_ONCE(container->endpoint_limit)) ||
	    nla_put_u32(skb, DVS_A_DC_CALL_LIMIT,
			READ_ONCE(container->call_limit)))
		return -EMSGSIZE;
	return 0;
}

/* The caller's own container of this node, or NULL. */
static struct dvs_container *own_container(const struct dvs_node *node)
{
	struct dvs_container *container;

	container = dvs_dc_container(current->nsproxy->dc_ns->dc);
	return container && container->node == node ? container : NULL;
}

int dvs_nl_dc_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_container *container, *visible;
	struct dvs_node *node;
	struct nlattr *dcid;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_DC_DCID))
		return -EINVAL;
	dcid = info->attrs[DVS_A_DC_DCID];

	node = dvs_netlink_get_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	container = dvs_container_get(node, nla_get_uint(dcid));
	visible = netlink_capable(skb, CAP_NET_ADMIN) ? container :
							own_container(node);
	dvs_node_put(node);
	if (!container || container != visible) {
		err = dvs_netlink_no_container(info, dcid);
		goto out;
	}

	err = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_iput(msg, info);
	if (!hdr || fill_container(msg, container)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, hdr);
	err = genlmsg_reply(msg, info);
out:
	if (container)
		dvs_container_put(container);
	return err;
}

/**
 * struct dc_dump - how far a dump has come that shows containers
 * @begun: the next two are set
 * @all: the reader may see all containers
 * @inum: number of the DC namespace that began the dump
 * @own_done: the reader's own container is done
 * @dcid: next container, if there is a next one
 * @done: there is none
 * @slot: next slot of the present container
 */
struct dc_dump {
	bool begun;
	bool all;
	bool own_done;
	bool done;
	unsigned int inum;
	u32 slot;
	u64 dcid;
};

static int dump_begin(struct netlink_callback *cb, struct dc_dump *dump)
{
	unsigned int inum = current->nsproxy->dc_ns->ns.inum;

	NL_ASSERT_DUMP_CTX_FITS(struct dc_dump);

	if (!dump->begun) {
		dump->begun = true;
		dump->all = netlink_capable(cb->skb, CAP_NET_ADMIN);
		dump->inum = inum;
	} else if (!dump->all && dump->inum != inum) {
		NL_SET_ERR_MSG(cb->extack,
			       "a process in another DC namespace has begun the dump: begin anew");
		return -EPERM;
	}
	return 0;
}

static void dump_next(struct dc_dump *dump, u64 dcid)
{
	dump->slot = 0;
	dump->dcid = dcid + 1;
	dump->done = !dump->dcid;
}

int dvs_nl_dc_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dc_dump *dump = (struct dc_dump *)cb->ctx;
	struct dvs_container *container;
	struct dvs_node *node;
	void *hdr;
	int err;

	err = dvs_netlink_no_attributes(cb) ?: dump_begin(cb, dump);
	if (err)
		return err;
	node = dvs_netlink_dump_node(skb, cb);
	if (IS_ERR(node))
		return PTR_ERR(node);

	while (!err && !dump->done &&
	       (container = dvs_container_next(node, dump->dcid))) {
		if (dump->all || container == own_container(node)) {
			hdr = dvs_netlink_dump_begin(skb, cb, DVS_CMD_DC_GET);
			err = hdr ? fill_container(skb, container) : -EMSGSIZE;
			if (!err)
				genlmsg_end(skb, hdr);
			else if (hdr)
				genlmsg_cancel(skb, hdr);
		}
		if (!err)
			dump_next(dump, container->dcid);
		dvs_container_put(container);
	}
	dvs_node_put(node);
	return err;
}

/*
 * Endpoints
 */

static int fill_endpoint(struct sk_buff *skb, struct netlink_callback *cb,
			 struct dvs_endpoint *endpoint, u64 dcid)
{
	struct user_namespace *user_ns = sk_user_ns(NETLINK_CB(cb->skb).sk);
	u32 waiting, open;
	u64 received, sent;

	spin_lock_bh(&endpoint->lock);
	waiting = endpoint->waiting;
	open = endpoint->open_count;
	received = endpoint->received;
	sent = endpoint->sent;
	spin_unlock_bh(&endpoint->lock);

	if (nla_put_uint(skb, DVS_A_ENDPOINT_DCID, dcid) ||
	    nla_put_u32(skb, DVS_A_ENDPOINT_ENDPOINT, endpoint->number) ||
	    nla_put_s32(skb, DVS_A_ENDPOINT_PID, pid_vnr(endpoint->pid)) ||
	    nla_put_u32(skb, DVS_A_ENDPOINT_UID,
			from_kuid_munged(user_ns, endpoint->uid)) ||
	    nla_put_string(skb, DVS_A_ENDPOINT_COMM, endpoint->comm) ||
	    nla_put_u32(skb, DVS_A_ENDPOINT_WAITING, waiting) ||
	    nla_put_u32(skb, DVS_A_ENDPOINT_OPEN, open) ||
	    nla_put_uint(skb, DVS_A_ENDPOINT_RECEIVED, received) ||
	    nla_put_uint(skb, DVS_A_ENDPOINT_SENT, sent))
		return -EMSGSIZE;
	return 0;
}

static int dump_endpoints(struct sk_buff *skb, struct netlink_callback *cb,
			  struct dvs_dc *dc, struct dc_dump *dump)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_endpoint *endpoint;
	int err = 0;
	void *hdr;

	while (!err && dump->slot <= DVS_SLOT_MAX &&
	       (endpoint = dvs_dc_next(dc, dump->slot))) {
		hdr = dvs_netlink_dump_begin(skb, cb, DVS_CMD_ENDPOINT_GET);
		err = hdr ? fill_endpoint(skb, cb, endpoint,
					  container ? container->dcid : 0) :
			    -EMSGSIZE;
		if (!err) {
			genlmsg_end(skb, hdr);
			dump->slot = DVS_SLOT(endpoint->number) + 1;
		} else if (hdr) {
			genlmsg_cancel(skb, hdr);
		}
		dvs_endpoint_put(endpoint);
	}
	return err;
}

static bool wanted(const struct nlattr *filter,
		   const struct dvs_container *container)
{
	return !filter || nla_get_uint(filter) == (container ? container->dcid : 0);
}

static int dump_container_endpoints(struct sk_buff *skb,
				    struct netlink_callback *cb,
				    struct dvs_container *container,
				    struct dc_dump *dump)
{
	struct dvs_dc *dc = dvs_container_get_dc(container);
	int err;

	if (!dc)
		return 0;
	err = dump_endpoints(skb, cb, dc, dump);
	put_dc_ns(dc->ns);
	return err;
}

/* First the reader's own container, then those of the node it has not seen. */
int dvs_nl_endpoint_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dvs_dc *own = current->nsproxy->dc_ns->dc;
	struct dc_dump *dump = (struct dc_dump *)cb->ctx;
	struct dvs_container *container;
	struct dvs_node *node;
	struct nlattr *filter;
	int err;

	err = dump_begin(cb, dump);
	if (err)
		return err;
	filter = genl_info_dump(cb)->attrs[DVS_A_ENDPOINT_DCID];

	if (!dump->own_done) {
		if (wanted(filter, dvs_dc_container(own)))
			err = dump_endpoints(skb, cb, own, dump);
		if (err)
			return err;
		dump->own_done = true;
		dump->slot = 0;
		dump->done = !dump->all;
	}

	node = dvs_node_get(sock_net(skb->sk));
	while (node && !err && !dump->done &&
	       (container = dvs_container_next(node, dump->dcid))) {
		if (container->dcid != dump->dcid) {
			dump->dcid = container->dcid;
			dump->slot = 0;
		}
		if (wanted(filter, container) &&
		    container != dvs_dc_container(own))
			err = dump_container_endpoints(skb, cb, container,
						       dump);
		if (!err)
			dump_next(dump, container->dcid);
		dvs_container_put(container);
	}
	if (node)
		dvs_node_put(node);
	return err;
}
