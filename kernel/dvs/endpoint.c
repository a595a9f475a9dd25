// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints: binding, the file, closing. What travels through an endpoint is
 * in ipc.c and notify.c.
 *
 * Lifetime
 *
 * The file holds a reference and closes the endpoint when it is released; the
 * slot table holds one until the endpoint is closed. Calls and notification
 * records hold the endpoints they name, so a closed endpoint lives until the
 * last of them is gone, and answers everything with &dvs_endpoint.dead. The
 * endpoint holds its namespace, hence its container.
 *
 * Closing
 *
 * Closing sets &dvs_endpoint.dead under the endpoint's lock. After that nothing
 * enters its lists, so they are emptied one entry at a time without holding
 * the lock while calls end.
 */
#include "endpoint.h"

#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <trace/events/dvs.h>

#include "call.h"
#include "dc.h"
#include "ipc.h"
#include "notify.h"
#include "timeout.h"

static const struct file_operations endpoint_fops;

static struct dvs_endpoint *endpoint_create(struct dvs_dc *dc)
{
	struct dvs_endpoint *endpoint;

	endpoint = kzalloc(sizeof(*endpoint), GFP_KERNEL_ACCOUNT);
	if (!endpoint)
		return NULL;
	refcount_set(&endpoint->ref, 1);
	endpoint->dc = dc;
	get_dc_ns(dc->ns);
	endpoint->uid = current_euid();
	endpoint->pid = get_pid(task_tgid(current));
	get_task_comm(endpoint->comm, current);
	endpoint->memcg = get_mem_cgroup_from_mm(current->mm);
	spin_lock_init(&endpoint->lock);
	INIT_LIST_HEAD(&endpoint->receivers);
	INIT_LIST_HEAD(&endpoint->pending);
	endpoint->open = RB_ROOT;
	endpoint->calls = RB_ROOT;
	INIT_LIST_HEAD(&endpoint->arrived);
	endpoint->notes = RB_ROOT;
	init_waitqueue_head(&endpoint->poll);
	return endpoint;
}

static void endpoint_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct dvs_endpoint, rcu));
}

struct dvs_endpoint *dvs_endpoint_hold(struct dvs_endpoint *endpoint)
{
	refcount_inc(&endpoint->ref);
	return endpoint;
}

struct dvs_endpoint *dvs_endpoint_get_maybe_zero(struct dvs_endpoint *endpoint)
{
	return refcount_inc_not_zero(&endpoint->ref) ? endpoint : NULL;
}

void dvs_endpoint_put(struct dvs_endpoint *endpoint)
{
	if (!refcount_dec_and_test(&endpoint->ref))
		return;
	put_pid(endpoint->pid);
	mem_cgroup_put(endpoint->memcg);
	put_dc_ns(endpoint->dc->ns);
	/* Lookups may still see it in the slot table. */
	call_rcu(&endpoint->rcu, endpoint_free);
}

static int bind_slot(struct dvs_dc *dc, struct dvs_endpoint *endpoint, u16 slot,
		     const struct dvs_timeout *timeout)
{
	struct dvs_claim needed;
	int error;

	for (;;) {
		error = dvs_dc_bind(dc, endpoint, slot, &needed);
		if (error != -EAGAIN)
			return error;
		if (!dvs_dc_container(dc))
			return -EADDRNOTAVAIL;
		error = dvs_claim_wait(dc, &needed, timeout);
		if (error)
			return error;
	}
}

/**
 * dvs_endpoint_bind - bind an endpoint in the container of the current task
 * @slot: slot, or %DVS_SLOT_ANY for a dynamic one
 * @timeout: when to give up waiting for the cluster to assign the slot
 *
 * Return: a file that has no descriptor yet; or an ERR_PTR: %EPERM for a well-known
 * slot without %CAP_NET_BIND_SERVICE in the container's user namespace,
 * %EADDRINUSE, %EADDRNOTAVAIL (no free slot, or not this node's), %EDQUOT (limit
 * of the container), %EIDRM (the container was deleted), %ENOTCONN (this node
 * lost the cluster), %ETIMEDOUT, %ERESTARTSYS, %ENOMEM; or what the cluster
 * refused the slot with, as %ENOSPC when all of its generations were used.
 */
struct file *dvs_endpoint_bind(u16 slot, const struct dvs_timeout *timeout)
{
	struct dc_namespace *ns = current->nsproxy->dc_ns;
	struct dvs_endpoint *endpoint;
	struct file *file;
	int error;

	if (slot != DVS_SLOT_ANY && slot < DVS_SLOT_DYNAMIC_FIRST &&
	    !ns_capable(ns->user_ns, CAP_NET_BIND_SERVICE))
		return ERR_PTR(-EPERM);
	endpoint = endpoint_create(ns->dc);
	if (!endpoint)
		return ERR_PTR(-ENOMEM);
	error = bind_slot(ns->dc, endpoint, slot, timeout);
	trace_dvs_endpoint_bind(dvs_dc_id(ns->dc), error ? slot : endpoint->number,
				error);
	if (error) {
		dvs_endpoint_put(endpoint);
		return ERR_PTR(error);
	}
	/* The file takes over the reference. */
	file = anon_inode_getfile("[dvs-endpoint]", &endpoint_fops, endpoint, O_RDWR);
	if (IS_ERR(file)) {
		dvs_endpoint_close(endpoint, -EIDRM);
		dvs_endpoint_put(endpoint);
	}
	return file;
}

struct dvs_endpoint *dvs_endpoint_from_file(struct file *file)
{
	return file->f_op == &endpoint_fops ? file->private_data : NULL;
}

/* Take the first call out of the open calls; its reference comes along. */
static struct dvs_call *pop_open(struct dvs_endpoint *endpoint)
{
	struct dvs_call *call = NULL;
	struct rb_node *node;

	spin_lock_bh(&endpoint->lock);
	node = rb_first(&endpoint->open);
	if (node) {
		call = rb_entry(node, struct dvs_call, open);
		rb_erase(node, &endpoint->open);
		RB_CLEAR_NODE(node);
		endpoint->open_count--;
	}
	spin_unlock_bh(&endpoint->lock);
	return call;
}

static struct dvs_call *pop_pending(struct dvs_endpoint *endpoint)
{
	struct dvs_call *call;

	spin_lock_bh(&endpoint->lock);
	call = list_first_entry_or_null(&endpoint->pending, struct dvs_call, pending);
	if (call) {
		list_del_init(&call->pending);
		endpoint->waiting--;
	}
	spin_unlock_bh(&endpoint->lock);
	return call;
}

static struct dvs_call *pop_home(struct dvs_endpoint *endpoint)
{
	struct dvs_call *call = NULL;
	struct rb_node *node;

	spin_lock_bh(&endpoint->lock);
	node = rb_first(&endpoint->calls);
	if (node) {
		call = rb_entry(node, struct dvs_call, home);
		rb_erase(node, &endpoint->calls);
		RB_CLEAR_NODE(node);
	}
	spin_unlock_bh(&endpoint->lock);
	return call;
}

/* The first call made from here after @sequence, referenced; or NULL */
static struct dvs_call *next_home(struct dvs_endpoint *endpoint, u64 sequence)
{
	struct dvs_call *call, *found = NULL;
	struct rb_node *node;

	spin_lock_bh(&endpoint->lock);
	node = endpoint->calls.rb_node;
	while (node) {
		call = rb_entry(node, struct dvs_call, home);
		if (call->id.sequence > sequence) {
			found = call;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (found)
		dvs_call_hold(found);
	spin_unlock_bh(&endpoint->lock);
	return found;
}

static void cancel_calls(struct dvs_endpoint *endpoint, int error)
{
	struct dvs_call *call;
	u64 sequence = 0;

	while ((call = next_home(endpoint, sequence))) {
		sequence = call->id.sequence;
		dvs_ipc_cancel(call, error);
		dvs_call_put(call);
	}
}

void dvs_endpoint_close(struct dvs_endpoint *endpoint, int error)
{
	struct dvs_receiver *receiver, *next;
	struct dvs_call *call;

	spin_lock_bh(&endpoint->lock);
	if (endpoint->dead) {
		spin_unlock_bh(&endpoint->lock);
		return;
	}
	WRITE_ONCE(endpoint->dead, error);
	list_for_each_entry_safe(receiver, next, &endpoint->receivers, list) {
		list_del_init(&receiver->list);
		wake_up_process(receiver->task);
	}
	spin_unlock_bh(&endpoint->lock);

	trace_dvs_endpoint_close(dvs_dc_id(endpoint->dc), endpoint->number, error);
	dvs_dc_unbind(endpoint->dc, endpoint);
	while ((call = pop_pending(endpoint))) {
		dvs_call_finish(call, -EIDRM, NULL);
		dvs_call_put(call);
	}
	while ((call = pop_open(endpoint))) {
		dvs_call_finish(call, -EOWNERDEAD, NULL);
		dvs_call_put(call);
	}
	cancel_calls(endpoint, error);
	dvs_notify_close(endpoint);
	wake_up_all(&endpoint->poll);
}

static int endpoint_release(struct inode *inode, struct file *file)
{
	struct dvs_endpoint *endpoint = file->private_data;
	struct dvs_call *call;

	dvs_endpoint_close(endpoint, -EIDRM);
	/*
	 * No system call uses the file: these are calls that were interrupted.
	 * Their memory is the process's again when close() returns; of one that
	 * exits it is nobody's, and it could not be killed while it waits.
	 */
	while ((call = pop_home(endpoint))) {
		if (!(current->flags & (PF_EXITING | PF_KTHREAD)))
			dvs_call_wait_copies(call);
		dvs_call_put(call);
	}
	dvs_endpoint_put(endpoint);
	return 0;
}

static __poll_t endpoint_poll(struct file *file, poll_table *wait)
{
	struct dvs_endpoint *endpoint = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &endpoint->poll, wait);
	spin_lock_bh(&endpoint->lock);
	if (!list_empty(&endpoint->pending) || !list_empty(&endpoint->arrived))
		events |= EPOLLIN | EPOLLRDNORM;
	if (endpoint->dead)
		events |= EPOLLHUP;
	spin_unlock_bh(&endpoint->lock);
	return events;
}

#ifdef CONFIG_PROC_FS
static void endpoint_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct dvs_endpoint *endpoint = file->private_data;

	seq_printf(m, "dvs-slot:\t%u\n", DVS_SLOT(endpoint->number));
	seq_printf(m, "dvs-generation:\t%u\n", DVS_GENERATION(endpoint->number));
	seq_printf(m, "dvs-dcid:\t%llu\n", dvs_dc_id(endpoint->dc));
}
#endif

static const struct file_operations endpoint_fops = {
	.owner = THIS_MODULE,
	.release = endpoint_release,
	.poll = endpoint_poll,
	.llseek = noop_llseek,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = endpoint_show_fdinfo,
#endif
};
