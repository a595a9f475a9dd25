// SPDX-License-Identifier: GPL-2.0
/*
 * The listening socket of a node, and the connections that came from it and
 * have not said yet who they are: embryos. There are few of them at a time and
 * they have little time; what they say is judged in hello.c and link.c.
 *
 * &dvs_listener.lock is taken before &dvs_link.lock: an embryo becomes a link's
 * connection under both, so that at any time somebody owns it. Whoever clears
 * &dvs_connection.embryo owns it next.
 */
#define pr_fmt(fmt) "dvs: " fmt

#include "link_private.h"

#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <trace/events/sock.h>

#include "node.h"

/**
 * struct dvs_listener - a listening socket
 * @rcu: for freeing
 * @node: this node; outlives the listener
 * @sock: the socket
 * @data_ready: callback of the socket that ours replaced
 * @work: accepts, and destroys embryos that failed or took too long
 * @lock: protects what follows, and &dvs_connection.embryo; taken with softirqs
 *	disabled
 * @embryos: struct dvs_connection, oldest first
 * @count: entries in @embryos
 */
struct dvs_listener {
	struct rcu_head rcu;
	struct dvs_node *node;
	struct socket *sock;
	void (*data_ready)(struct sock *sk);
	struct delayed_work work;
	spinlock_t lock;	/* embryos */
	struct list_head embryos;
	unsigned int count;
};

static void run(struct dvs_listener *listener, unsigned long delay)
{
	mod_delayed_work(listener->node->workqueue, &listener->work, delay);
}

static void listener_data_ready(struct sock *sk)
{
	struct dvs_listener *listener;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	/*
	 * A connection that is not accepted yet has inherited callback and
	 * pointer. It must not use the latter, which may be gone.
	 */
	if (sk->sk_state == TCP_LISTEN) {
		listener = sk->sk_user_data;
		if (listener)
			run(listener, 0);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/* Take an embryo away from its work item and everybody else. */
static void disown(struct dvs_listener *listener, struct dvs_connection *conn)
{
	lockdep_assert_held(&listener->lock);

	conn->embryo = false;
	list_del_init(&conn->list);
	listener->count--;
}

/**
 * dvs_listener_broken - an embryo is of no use
 * @listener: the listener
 * @conn: the embryo
 * @reason: why
 * @bad: the other side is to blame
 *
 * Called by the embryo's own work item, hence it is destroyed by another.
 */
void dvs_listener_broken(struct dvs_listener *listener,
			 struct dvs_connection *conn, const char *reason,
			 bool bad)
{
	struct dvs_node *node = listener->node;

	spin_lock_bh(&listener->lock);
	WRITE_ONCE(conn->dead, true);
	if (conn->embryo)
		run(listener, 0);
	spin_unlock_bh(&listener->lock);

	if (bad) {
		atomic64_inc(&node->bad_hello);
		pr_notice_ratelimited("node %u: refused a connection from %pISpc: %s\n",
				      node->id, &conn->address, reason);
	}
}

/**
 * dvs_listener_greeted - an embryo's HELLO has come, and its form is good
 * @listener: the listener
 * @conn: the embryo; called by its work item
 */
void dvs_listener_greeted(struct dvs_listener *listener,
			  struct dvs_connection *conn)
{
	const char *reason = NULL;
	struct dvs_link *link;
	bool bad = true;

	link = dvs_hello_find_link(conn, &reason);
	if (link) {
		spin_lock_bh(&listener->lock);
		if (conn->embryo &&
		    dvs_link_offer(link, conn, &reason, &bad))
			disown(listener, conn);
		spin_unlock_bh(&listener->lock);
		dvs_link_put(link);
	}

	if (reason)
		dvs_listener_broken(listener, conn, reason, bad);
}

static void dismiss(struct dvs_listener *listener, struct dvs_connection *conn,
		    const char *reason)
{
	if (!READ_ONCE(conn->dead))
		dvs_listener_broken(listener, conn, reason, true);
	dvs_connection_destroy(conn);
}

/*
 * Who has something to say does so at once. So the oldest embryo is the one to
 * make room, and a crowd of strangers keeps no node out.
 */
static void make_room(struct dvs_listener *listener)
{
	struct dvs_connection *conn = NULL;

	spin_lock_bh(&listener->lock);
	if (listener->count >= DVS_EMBRYOS_MAX) {
		conn = list_first_entry(&listener->embryos,
					struct dvs_connection, list);
		disown(listener, conn);
	}
	spin_unlock_bh(&listener->lock);

	if (conn)
		dismiss(listener, conn, "no HELLO before many others came");
}

static void admit(struct dvs_listener *listener, struct socket *sock)
{
	struct dvs_connection *conn;

	conn = dvs_connection_accept(listener, listener->node, sock);
	if (IS_ERR(conn)) {
		sock_no_linger(sock->sk);
		sock_release(sock);
		return;
	}

	make_room(listener);
	spin_lock_bh(&listener->lock);
	conn->embryo = true;
	list_add_tail(&conn->list, &listener->embryos);
	listener->count++;
	/* Under the lock, for what it hears may end its being an embryo. */
	dvs_connection_start(conn);
	spin_unlock_bh(&listener->lock);
}

/* Returns the delay after which to try again in any case, or 0. */
static unsigned long accept_all(struct dvs_listener *listener)
{
	struct socket *sock;
	int i, err;

	for (i = 0; i < DVS_WORK_BUDGET; i++) {
		err = kernel_accept(listener->sock, &sock, O_NONBLOCK);
		if (err == -EAGAIN)
			return 0;
		if (err == -ECONNABORTED)
			continue;
		if (err)
			return msecs_to_jiffies(DVS_MEMORY_RETRY);
		admit(listener, sock);
	}
	return 1;
}

static struct dvs_connection *first_overdue(struct dvs_listener *listener)
{
	struct dvs_connection *conn;

	list_for_each_entry(conn, &listener->embryos, list) {
		if (conn->dead || time_after_eq(jiffies, conn->deadline))
			return conn;
	}
	return NULL;
}

/* Returns the delay after which the next embryo is overdue, or 0. */
static unsigned long reap(struct dvs_listener *listener)
{
	struct dvs_connection *conn;
	unsigned long delay = 0;

	spin_lock_bh(&listener->lock);
	while ((conn = first_overdue(listener))) {
		disown(listener, conn);
		spin_unlock_bh(&listener->lock);

		dismiss(listener, conn, "no HELLO in time");

		spin_lock_bh(&listener->lock);
	}
	conn = list_first_entry_or_null(&listener->embryos,
					struct dvs_connection, list);
	if (conn)
		delay = max(1L, (long)(conn->deadline - jiffies));
	spin_unlock_bh(&listener->lock);

	return delay;
}

static void listener_work(struct work_struct *work)
{
	struct dvs_listener *listener =
		container_of(to_delayed_work(work), struct dvs_listener, work);
	unsigned long again, due;

	again = accept_all(listener);
	due = reap(listener);
	if (again && (!due || again < due))
		due = again;
	/* Does nothing while it is queued. */
	if (due)
		queue_delayed_work(listener->node->workqueue, &listener->work,
				   due);
}

/**
 * dvs_listener_create - listen on the address of a node
 * @node: the node
 *
 * Return: the listener, or an ERR_PTR(): %-ENOMEM, or why the address cannot
 * be listened on (%-EADDRINUSE, %-EADDRNOTAVAIL and others of bind(2)).
 */
struct dvs_listener *dvs_listener_create(struct dvs_node *node)
{
	struct dvs_listener *listener;
	struct sock *sk;
	int err;

	lockdep_assert_held(node->mutex);

	listener = kzalloc(sizeof(*listener), GFP_KERNEL_ACCOUNT);
	if (!listener)
		return ERR_PTR(-ENOMEM);

	listener->node = node;
	spin_lock_init(&listener->lock);
	INIT_LIST_HEAD(&listener->embryos);
	INIT_DELAYED_WORK(&listener->work, listener_work);

	listener->sock = dvs_socket_create(node, node->address.ss_family);
	if (IS_ERR(listener->sock)) {
		err = PTR_ERR(listener->sock);
		goto err_free;
	}

	sk = listener->sock->sk;
	sock_set_reuseaddr(sk);
	err = kernel_bind(listener->sock, (struct sockaddr *)&node->address,
			  dvs_address_size(&node->address));
	if (err)
		goto err_release;

	write_lock_bh(&sk->sk_callback_lock);
	listener->data_ready = sk->sk_data_ready;
	sk->sk_data_ready = listener_data_ready;
	sk->sk_user_data = listener;
	write_unlock_bh(&sk->sk_callback_lock);

	err = kernel_listen(listener->sock, DVS_EMBRYOS_MAX);
	if (err)
		goto err_callbacks;

	return listener;

err_callbacks:
	dvs_listener_destroy(listener);
	return ERR_PTR(err);
err_release:
	sock_release(listener->sock);
err_free:
	kfree(listener);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_listener_create);

/**
 * dvs_listener_destroy - stop listening and close all embryos
 * @listener: the listener
 */
void dvs_listener_destroy(struct dvs_listener *listener)
{
	struct sock *sk = listener->sock->sk;
	struct dvs_connection *conn;

	lockdep_assert_held(listener->node->mutex);

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = listener->data_ready;
	write_unlock_bh(&sk->sk_callback_lock);

	/* From here on nobody adds or destroys embryos; they may still leave. */
	disable_delayed_work_sync(&listener->work);

	spin_lock_bh(&listener->lock);
	while ((conn = list_first_entry_or_null(&listener->embryos,
						struct dvs_connection, list))) {
		disown(listener, conn);
		spin_unlock_bh(&listener->lock);
		dvs_connection_destroy(conn);
		spin_lock_bh(&listener->lock);
	}
	spin_unlock_bh(&listener->lock);

	sock_release(listener->sock);
	/* An embryo that has left may be about to release the lock. */
	kfree_rcu(listener, rcu);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_listener_destroy);
