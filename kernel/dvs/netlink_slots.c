// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family "dvs": slot maps and claims.
 */
#include "netlink.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <uapi/linux/dvs.h>

#include "dc.h"
#include "netlink_gen.h"
#include "node.h"

/*
 * Slot maps
 */

static int parse_range(struct genl_info *info, const struct nlattr *attr,
		       struct dvs_range *range)
{
	struct nlattr *tb[DVS_A_RANGE_GENERATION_CEILING + 1];
	int err;

	err = nla_parse_nested(tb, DVS_A_RANGE_GENERATION_CEILING, attr,
			       dvs_range_nl_policy, info->extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_RANGE_FIRST) ||
	    NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_RANGE_LAST) ||
	    NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_RANGE_NODE))
		return -EINVAL;

	memset(range, 0, sizeof(*range));
	range->first = nla_get_u32(tb[DVS_A_RANGE_FIRST]);
	range->last = nla_get_u32(tb[DVS_A_RANGE_LAST]);
	range->node = nla_get_u32(tb[DVS_A_RANGE_NODE]);
	if (!range->node)
		return 0;

	if (NL_REQ_ATTR_CHECK(info->extack, attr, tb, DVS_A_RANGE_EPOCH) ||
	    NL_REQ_ATTR_CHECK(info->extack, attr, tb,
			      DVS_A_RANGE_GENERATION_FLOOR) ||
	    NL_REQ_ATTR_CHECK(info->extack, attr, tb,
			      DVS_A_RANGE_GENERATION_CEILING))
		return -EINVAL;
	range->epoch = nla_get_uint(tb[DVS_A_RANGE_EPOCH]);
	range->generation_floor =
		nla_get_u32(tb[DVS_A_RANGE_GENERATION_FLOOR]);
	range->generation_ceiling =
		nla_get_u32(tb[DVS_A_RANGE_GENERATION_CEILING]);
	return 0;
}

static struct dvs_range *parse_ranges(struct genl_info *info,
				      unsigned int *count)
{
	struct dvs_range *ranges;
	struct nlattr *attr;
	int err, rem;

	*count = 0;
	nlmsg_for_each_attr_type(attr, DVS_A_SLOTS_RANGES, info->nlhdr,
				 GENL_HDRLEN, rem)
		(*count)++;
	if (*count > DVS_SLOT_MAX) {
		GENL_SET_ERR_MSG_FMT(info, "%u ranges: there are only %u slots",
				     *count, DVS_SLOT_MAX);
		return ERR_PTR(-EINVAL);
	}
	ranges = kvcalloc(*count ?: 1, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return ERR_PTR(-ENOMEM);

	*count = 0;
	nlmsg_for_each_attr_type(attr, DVS_A_SLOTS_RANGES, info->nlhdr,
				 GENL_HDRLEN, rem) {
		err = parse_range(info, attr, &ranges[(*count)++]);
		if (err) {
			kvfree(ranges);
			return ERR_PTR(err);
		}
	}
	return ranges;
}

static u64 map_version(struct dvs_node *node, u64 dcid)
{
	struct dvs_container *container = dvs_container_get(node, dcid);
	u64 version;

	if (!container)
		return 0;
	version = dvs_slotmap_version(&container->map);
	dvs_container_put(container);
	return version;
}

int dvs_nl_slot_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *dcid, *version;
	struct dvs_range *ranges;
	struct dvs_node *node;
	unsigned int count;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_SLOTS_DCID) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_SLOTS_VERSION))
		return -EINVAL;
	dcid = info->attrs[DVS_A_SLOTS_DCID];
	version = info->attrs[DVS_A_SLOTS_VERSION];
	ranges = parse_ranges(info, &count);
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);

	node = dvs_netlink_lock(info);
	if (IS_ERR(node)) {
		kvfree(ranges);
		return PTR_ERR(node);
	}
	err = dvs_container_set_slots(node, nla_get_uint(dcid),
				      nla_get_uint(version),
				      info->attrs[DVS_A_SLOTS_REPLACE], ranges,
				      count);
	if (err == -ENOENT)
		dvs_netlink_no_container(info, dcid);
	else if (err == -ESTALE)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, version,
					"the map has version %llu: send a later one",
					map_version(node, nla_get_uint(dcid)));
	else if (err == -EINVAL)
		GENL_SET_ERR_MSG(info,
				 "ranges overlap, end before they begin, or lack a generation");
	dvs_netlink_unlock(node);
	kvfree(ranges);
	return err;
}

static int fill_range(struct sk_buff *skb, const struct dvs_range *range)
{
	struct nlattr *nest = nla_nest_start(skb, DVS_A_SLOTS_RANGES);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, DVS_A_RANGE_FIRST, range->first) ||
	    nla_put_u32(skb, DVS_A_RANGE_LAST, range->last) ||
	    nla_put_u32(skb, DVS_A_RANGE_NODE, range->node) ||
	    nla_put_uint(skb, DVS_A_RANGE_EPOCH, range->epoch) ||
	    nla_put_u32(skb, DVS_A_RANGE_GENERATION_FLOOR,
			range->generation_floor) ||
	    nla_put_u32(skb, DVS_A_RANGE_GENERATION_CEILING,
			range->generation_ceiling)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

struct slot_dump {
	u32 slot;	/* next one */
	bool done;
};

/* As many ranges as there is room for; 0 when that was all. */
static int fill_slots(struct sk_buff *skb, struct dvs_container *container,
		      struct slot_dump *dump)
{
	struct dvs_range range;
	u32 first = dump->slot;

	while (dump->slot <= DVS_SLOT_MAX &&
	       dvs_slotmap_next(&container->map, dump->slot, &range)) {
		if (fill_range(skb, &range))
			return dump->slot == first ? -EMSGSIZE : 0;
		dump->slot = range.last + 1;
	}
	dump->done = true;
	return 0;
}

int dvs_nl_slot_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genl_info *info = genl_info_dump(cb);
	struct slot_dump *dump = (struct slot_dump *)cb->ctx;
	struct dvs_container *container;
	struct dvs_node *node;
	struct nlattr *dcid;
	void *hdr;
	int err;

	NL_ASSERT_DUMP_CTX_FITS(struct slot_dump);

	if (dump->done)
		return 0;
	if (GENL_REQ_ATTR_CHECK(info, DVS_A_SLOTS_DCID))
		return -EINVAL;
	dcid = info->attrs[DVS_A_SLOTS_DCID];
	node = dvs_netlink_dump_node(skb, cb);
	if (IS_ERR(node))
		return PTR_ERR(node);
	container = dvs_container_get(node, nla_get_uint(dcid));
	dvs_node_put(node);
	if (!container) {
		NL_SET_ERR_MSG_ATTR(cb->extack, dcid,
				    "the container is not known here: use dc-new first");
		return -ENOENT;
	}

	err = -EMSGSIZE;
	hdr = dvs_netlink_dump_begin(skb, cb, DVS_CMD_SLOT_GET);
	if (!hdr)
		goto out;
	/* A map that changes between two messages makes the dump inconsistent. */
	cb->seq = dvs_slotmap_version(&container->map);
	if (!nla_put_uint(skb, DVS_A_SLOTS_DCID, container->dcid) &&
	    !nla_put_uint(skb, DVS_A_SLOTS_VERSION,
			  dvs_slotmap_version(&container->map)))
		err = fill_slots(skb, container, dump);
	if (err) {
		genlmsg_cancel(skb, hdr);
	} else {
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		err = skb->len;
	}
out:
	dvs_container_put(container);
	return err;
}

/*
 * Claims
 */

static int fill_claim(struct sk_buff *skb,
		      const struct dvs_container *container, u16 slot,
		      enum dvs_claim_kind kind)
{
	if (nla_put_uint(skb, DVS_A_CLAIM_DCID, container->dcid) ||
	    nla_put_u32(skb, DVS_A_CLAIM_SLOT, slot) ||
	    nla_put_u32(skb, DVS_A_CLAIM_KIND, kind))
		return -EMSGSIZE;
	return 0;
}

static int no_claim(struct genl_info *info)
{
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[DVS_A_CLAIM_SLOT],
				"nothing is wanted of slot %u: it may have been decided",
				nla_get_u32(info->attrs[DVS_A_CLAIM_SLOT]));
	return -ENOENT;
}

int dvs_nl_claim_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct dvs_container *container;
	struct dvs_claim claim;
	struct dvs_node *node;
	struct nlattr *dcid;
	struct sk_buff *msg;
	void *hdr;
	u16 slot;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_CLAIM_DCID) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_CLAIM_SLOT))
		return -EINVAL;
	dcid = info->attrs[DVS_A_CLAIM_DCID];
	slot = nla_get_u32(info->attrs[DVS_A_CLAIM_SLOT]);

	node = dvs_netlink_get_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	container = dvs_container_get(node, nla_get_uint(dcid));
	dvs_node_put(node);
	if (!container)
		return dvs_netlink_no_container(info, dcid);

	if (!dvs_claim_next(container, slot, DVS_CLAIM_KIND_CLAIM, &claim) ||
	    claim.slot != slot) {
		err = no_claim(info);
		goto out;
	}
	err = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_iput(msg, info);
	if (!hdr || fill_claim(msg, container, slot, claim.kind)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, hdr);
	err = genlmsg_reply(msg, info);
out:
	dvs_container_put(container);
	return err;
}

struct claim_dump {
	u64 dcid;	/* next container, unless @done */
	u32 slot;	/* next claim */
	u32 kind;
	bool done;
};

static int dump_claims(struct sk_buff *skb, struct netlink_callback *cb,
		       struct dvs_container *container,
		       struct claim_dump *dump)
{
	struct dvs_claim claim;
	void *hdr;
	int err;

	while (dump->slot <= DVS_SLOT_MAX &&
	       dvs_claim_next(container, dump->slot, dump->kind, &claim)) {
		hdr = dvs_netlink_dump_begin(skb, cb, DVS_CMD_CLAIM_GET);
		if (!hdr)
			return -EMSGSIZE;
		err = fill_claim(skb, container, claim.slot, claim.kind);
		if (err) {
			genlmsg_cancel(skb, hdr);
			return err;
		}
		genlmsg_end(skb, hdr);
		dump->slot = claim.slot;
		dump->kind = claim.kind + 1;
	}
	return 0;
}

int dvs_nl_claim_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct claim_dump *dump = (struct claim_dump *)cb->ctx;
	struct dvs_container *container;
	struct dvs_node *node;
	int err;

	NL_ASSERT_DUMP_CTX_FITS(struct claim_dump);

	err = dvs_netlink_no_attributes(cb);
	if (err)
		return err;
	node = dvs_netlink_dump_node(skb, cb);
	if (IS_ERR(node))
		return PTR_ERR(node);

	while (!err && !dump->done &&
	       (container = dvs_container_next(node, dump->dcid))) {
		if (container->dcid != dump->dcid) {
			dump->dcid = container->dcid;
			dump->slot = 0;
			dump->kind = 0;
		}
		err = dump_claims(skb, cb, container, dump);
		if (!err) {
			dump->slot = 0;
			dump->kind = 0;
			dump->done = !++dump->dcid;
		}
		dvs_container_put(container);
	}
	dvs_node_put(node);
	return err;
}

int dvs_nl_claim_refuse_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *dcid, *slot, *error;
	struct dvs_node *node;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, DVS_A_CLAIM_DCID) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_CLAIM_SLOT) ||
	    GENL_REQ_ATTR_CHECK(info, DVS_A_CLAIM_ERROR))
		return -EINVAL;
	dcid = info->attrs[DVS_A_CLAIM_DCID];
	slot = info->attrs[DVS_A_CLAIM_SLOT];
	error = info->attrs[DVS_A_CLAIM_ERROR];

	node = dvs_netlink_lock(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	err = dvs_claim_refuse(node, nla_get_uint(dcid), nla_get_u32(slot),
			       nla_get_u32(error));
	dvs_netlink_unlock(node);
	return err == -ENOENT ? no_claim(info) : err;
}

void dvs_netlink_claim(struct dvs_container *container, u16 slot,
		       enum dvs_claim_kind kind)
{
	struct sk_buff *msg;
	void *hdr;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto missed;
	hdr = genlmsg_put(msg, 0, 0, &dvs_nl_family, 0, DVS_CMD_CLAIM_NTF);
	if (!hdr || fill_claim(msg, container, slot, kind)) {
		nlmsg_free(msg);
		goto missed;
	}
	genlmsg_end(msg, hdr);
	dvs_netlink_notify(container->node, msg);
	return;
missed:
	dvs_netlink_missed(container->node);
}
