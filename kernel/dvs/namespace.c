// SPDX-License-Identifier: GPL-2.0
/*
 * The DC namespace type: creating, joining, looking up and freeing namespaces.
 *
 * Everything that depends on how the kernel represents namespaces is in this
 * file and in <linux/dc_namespace.h>.  What a distributed container consists
 * of is not: a namespace only points to it (dc.h).
 *
 * A task may change its DC namespace at any time.  Endpoints do not follow, as
 * sockets do not follow a change of network namespace: each holds a reference
 * to the namespace it was made in.
 */
#include <kunit/visibility.h>
#include <linux/cred.h>
#include <linux/dc_namespace.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "dc.h"

static LLIST_HEAD(free_list);
static void free_listed(struct work_struct *work);
static DECLARE_WORK(free_work, free_listed);

static struct ucounts *inc_dc_namespaces(struct user_namespace *user_ns)
{
	struct ucounts *ucounts;

	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_DC_NAMESPACES);
	if (ucounts)
		return ucounts;

	/*
	 * A namespace counts until it is really gone, which is after its last
	 * put. Wait for those whose last put was before this call, and look
	 * again even when there was nothing to wait for: they may have gone
	 * between the two.
	 */
	flush_work(&free_work);
	return inc_ucount(user_ns, current_euid(), UCOUNT_DC_NAMESPACES);
}

static struct dc_namespace *create_dc_ns(struct user_namespace *user_ns,
					 struct pid_namespace *pid_ns)
{
	struct dc_namespace *ns;
	struct ucounts *ucounts;
	int err;

	ucounts = inc_dc_namespaces(user_ns);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);

	err = -ENOMEM;
	ns = kzalloc(sizeof(*ns), GFP_KERNEL_ACCOUNT);
	if (!ns)
		goto err_dec;

	err = ns_alloc_inum(&ns->ns);
	if (err)
		goto err_free;

	refcount_set(&ns->ns.count, 1);
	ns->ns.ops = &dcns_operations;
	ns->user_ns = get_user_ns(user_ns);
	ns->pid_ns = get_pid_ns(pid_ns);
	ns->ucounts = ucounts;

	ns->dc = dvs_dc_create(ns);
	if (IS_ERR(ns->dc)) {
		err = PTR_ERR(ns->dc);
		goto err_put;
	}

	return ns;

err_put:
	put_pid_ns(ns->pid_ns);
	put_user_ns(ns->user_ns);
	ns_free_inum(&ns->ns);
err_free:
	kfree(ns);
err_dec:
	dec_ucount(ucounts, UCOUNT_DC_NAMESPACES);
	return ERR_PTR(err);
}

/**
 * copy_dc_ns - the DC namespace of a new nsproxy
 * @flags: clone flags; with CLONE_NEWDC a namespace is made, without it
 *	@old_ns is shared
 * @user_ns: owner of a new namespace
 * @pid_ns: where a new namespace's processes get their pids from, which is the
 *	pid namespace of the task's children: the one that a task entering a new
 *	pid namespace at the same time is about to have
 * @old_ns: namespace of the calling task
 *
 * The caller has checked CAP_SYS_ADMIN in @user_ns.
 *
 * Return: a referenced namespace, or an ERR_PTR(): %-ENOSPC when a limit of
 * max_dc_namespaces is reached, %-ENOMEM, or what dvs_dc_create() returns.
 */
struct dc_namespace *copy_dc_ns(unsigned long flags,
				struct user_namespace *user_ns,
				struct pid_namespace *pid_ns,
				struct dc_namespace *old_ns)
{
	if (!(flags & CLONE_NEWDC))
		return get_dc_ns(old_ns);

	return create_dc_ns(user_ns, pid_ns);
}

static void free_listed(struct work_struct *work)
{
	struct dc_namespace *ns, *next;

	llist_for_each_entry_safe(ns, next, llist_del_all(&free_list),
				  free_node) {
		dvs_dc_destroy(ns->dc);
		dec_ucount(ns->ucounts, UCOUNT_DC_NAMESPACES);
		put_pid_ns(ns->pid_ns);
		put_user_ns(ns->user_ns);
		ns_free_inum(&ns->ns);
		kfree(ns);
	}
}

/**
 * free_dc_ns - free a namespace that nobody refers to any more
 * @ns: namespace whose count has reached zero; only put_dc_ns() calls this
 *
 * Left to a work item, because dvs_dc_destroy() may sleep and the last
 * reference may be dropped where that is not allowed.
 */
void free_dc_ns(struct dc_namespace *ns)
{
	llist_add(&ns->free_node, &free_list);
	/*
	 * Also when the list was not empty: whoever made it so may not have
	 * come this far, and inc_dc_namespaces() must find the work queued.
	 */
	queue_work(system_unbound_wq, &free_work);
}
EXPORT_SYMBOL_IF_KUNIT(free_dc_ns);

static inline struct dc_namespace *to_dc_ns(struct ns_common *ns)
{
	return container_of(ns, struct dc_namespace, ns);
}

static struct ns_common *dcns_get(struct task_struct *task)
{
	struct dc_namespace *ns = NULL;
	struct nsproxy *nsproxy;

	task_lock(task);
	nsproxy = task->nsproxy;
	if (nsproxy)
		ns = get_dc_ns(nsproxy->dc_ns);
	task_unlock(task);

	return ns ? &ns->ns : NULL;
}

static void dcns_put(struct ns_common *ns)
{
	put_dc_ns(to_dc_ns(ns));
}

static int dcns_install(struct nsset *nsset, struct ns_common *new)
{
	struct nsproxy *nsproxy = nsset->nsproxy;
	struct dc_namespace *ns = to_dc_ns(new);

	if (!ns_capable(ns->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;

	get_dc_ns(ns);
	put_dc_ns(nsproxy->dc_ns);
	nsproxy->dc_ns = ns;
	return 0;
}

static struct user_namespace *dcns_owner(struct ns_common *ns)
{
	return to_dc_ns(ns)->user_ns;
}

const struct proc_ns_operations dcns_operations = {
	.name		= "dc",
	.type		= CLONE_NEWDC,
	.get		= dcns_get,
	.put		= dcns_put,
	.install	= dcns_install,
	.owner		= dcns_owner,
};

/* One reference is init_nsproxy's, one is never dropped. */
struct dc_namespace init_dc_ns = {
	.ns.count	= REFCOUNT_INIT(2),
	.ns.ops		= &dcns_operations,
	.ns.inum	= PROC_DC_INIT_INO,
	.user_ns	= &init_user_ns,
	.pid_ns		= &init_pid_ns,
};
EXPORT_SYMBOL_IF_KUNIT(init_dc_ns);

/**
 * dvs_dc_ns_init - give the initial namespace its distributed container
 *
 * Return: 0, or what dvs_dc_create() returned.
 */
int __init dvs_dc_ns_init(void)
{
	struct dvs_dc *dc = dvs_dc_create(&init_dc_ns);

	if (IS_ERR(dc))
		return PTR_ERR(dc);

	init_dc_ns.dc = dc;
	return 0;
}
