/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The DC namespace: which distributed container a task's new endpoints live
 * in.  The type itself is in kernel/dvs/namespace.c; what a distributed
 * container consists of is private to kernel/dvs.
 */
#ifndef _LINUX_DC_NAMESPACE_H
#define _LINUX_DC_NAMESPACE_H

#include <linux/err.h>
#include <linux/llist.h>
#include <linux/ns_common.h>
#include <linux/nsproxy.h>
#include <linux/refcount.h>
#include <uapi/linux/sched.h>

struct dvs_dc;
struct pid_namespace;
struct ucounts;
struct user_namespace;

/**
 * struct dc_namespace - one distributed container, as seen from this node
 * @ns: what all namespaces have in common; its count is the only count.
 *	All other fields are constant from creation to the last put.
 * @user_ns: owner; decides who may join, and maps the ids of senders
 * @ucounts: where this namespace is counted against max_dc_namespaces
 * @pid_ns: maps the pids of senders
 * @dc: endpoints, calls and limits (kernel/dvs/dc.h)
 * @free_node: links the namespace into the list of those to free, once @ns
 *	counts no references
 */
struct dc_namespace {
	struct ns_common	ns;
	struct user_namespace	*user_ns;
	struct ucounts		*ucounts;
	struct pid_namespace	*pid_ns;
	struct dvs_dc		*dc;
	struct llist_node	free_node;
};

#ifdef CONFIG_DVS

extern struct dc_namespace init_dc_ns;

struct dc_namespace *copy_dc_ns(unsigned long flags,
				struct user_namespace *user_ns,
				struct pid_namespace *pid_ns,
				struct dc_namespace *old_ns);
void free_dc_ns(struct dc_namespace *ns);
int dvs_dc_ns_init(void);

static inline struct dc_namespace *get_dc_ns(struct dc_namespace *ns)
{
	refcount_inc(&ns->ns.count);
	return ns;
}

/* Does not sleep: may be called from atomic context. */
static inline void put_dc_ns(struct dc_namespace *ns)
{
	if (refcount_dec_and_test(&ns->ns.count))
		free_dc_ns(ns);
}

#else /* CONFIG_DVS */

static inline struct dc_namespace *
copy_dc_ns(unsigned long flags, struct user_namespace *user_ns,
	   struct pid_namespace *pid_ns, struct dc_namespace *old_ns)
{
	if (flags & CLONE_NEWDC)
		return ERR_PTR(-EINVAL);

	return old_ns;
}

static inline struct dc_namespace *get_dc_ns(struct dc_namespace *ns)
{
	return ns;
}

static inline void put_dc_ns(struct dc_namespace *ns)
{
}

#endif /* CONFIG_DVS */

#endif /* _LINUX_DC_NAMESPACE_H */
