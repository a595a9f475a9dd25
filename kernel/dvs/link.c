// SPDX-License-Identifier: GPL-2.0
/*
 * Links: which connection serves a link, and what goes over it.
 *
 * Overview
 * --------
 * A link exists as long as its peer. Between dvs_link_start() and
 * dvs_link_stop() it belongs to one pair of sessions, within which every frame
 * given to dvs_link_send() is delivered once and in order, over as many
 * connections as it takes. link_queue.c knows which frames are to be sent; here
 * is when. tcp.c turns frames into bytes and back.
 *
 * The node with the higher number connects. Its link makes a connection, says
 * HELLO and waits for the answer. The other node's listener accepts it as an
 * embryo, which becomes an offer to a link once its HELLO is good. In both
 * cases manage(), a work item of the link, settles the connection: what the
 * other side has received is taken off the queue, the rest is sent again.
 *
 * A new connection always replaces the present one, which the connecting side
 * must have given up. The present one is destroyed first, so nothing is
 * delivered any more when this side's HELLO says what it has received.
 *
 * Locking
 * -------
 * In this order:
 *
 *   &dvs_node.mutex	callers of start, suspend, resume, stop and destroy
 *   &dvs_link.mutex	everything that makes, replaces or destroys the link's
 *			connection, or changes its state. Held while waiting
 *			for the work items of a connection
 *   &dvs_listener.lock	embryos
 *   &dvs_link.lock	all that the data path needs; innermost. With softirqs
 *			disabled, because frames may be sent from there
 *
 * No lock of the link is held while dvs_remote_receive(), a frame's release()
 * or dvs_netlink_link_changed() runs: the first two may send frames on the same
 * link. &dvs_node.mutex may be held, by callers of start, suspend, resume and
 * stop. They also run in work items for which stop and suspend wait under
 * &dvs_node.mutex and &dvs_link.mutex, so they must not take these.
 *
 * State machine
 * -------------
 * &dvs_link_stats.state, changed under both locks of the link:
 *
 *   DOWN        no sessions, no connection, no frames; sending fails
 *     start:   CONNECTING
 *   CONNECTING  no connection, or one without both HELLOs; frames wait
 *     settled: UP		suspend: SUSPENDED	stop: DOWN
 *   UP          the connection is ready
 *     broken, replaced: CONNECTING	suspend: SUSPENDED	stop: DOWN
 *   SUSPENDED   no connection, or a ready one that is not used
 *     resume:  UP, CONNECTING		stop: DOWN
 *
 * A connection is &dvs_connection.greeted when the other side's HELLO was read
 * and found good, and &dvs_connection.ready when it was settled. It reads
 * nothing between the two.
 *
 * Removal
 * -------
 * A connection has one owner: the listener (an embryo), the link's offer, or
 * the link's connection. It moves from the first to the second under both
 * their locks, from the second to the third under &dvs_link.mutex. Its own work
 * items never destroy it: they mark it dead and queue a work item of its owner.
 * An owner destroys it in this order: make it impossible to find, under the
 * lock of the owner; restore the socket's callbacks; disable its work items and
 * wait for them; free it. Therefore whoever finds a connection under a lock, or
 * runs in one of its work items or callbacks, may queue its work items.
 *
 * A frame whose bytes are being written is &dvs_link_queue.busy. It is not
 * released before it is written or the connection's work items are over, even
 * if the other side acknowledges it early, which it may (the socket can be
 * faster than we) and may do out of malice.
 *
 * A link is freed a grace period after dvs_link_destroy() and its last
 * reference, so that hello.c can look for it under RCU. References beside the
 * first only allow to take @lock: nothing is queued while the state is DOWN.
 */
#define pr_fmt(fmt) "dvs: " fmt

#include "link_private.h"

#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <trace/events/dvs.h>

#include "node.h"

static const struct dvs_link_ops link_ops = {
	.receive = dvs_remote_receive,
	.changed = dvs_netlink_link_changed,
};

static void set_state(struct dvs_link *link, enum dvs_link_state state)
{
	lockdep_assert_held(&link->mutex);
	lockdep_assert_held(&link->lock);

	/* dvs_link_destroy() reads it without a lock. */
	WRITE_ONCE(link->stats.state, state);
	trace_dvs_link_state(link->node->id, link->peer->id, state);
}

/* Let manage() look at the link, unless there is nothing to manage. */
static void run(struct dvs_link *link)
{
	lockdep_assert_held(&link->lock);

	if (dvs_link_state(link) != DVS_LINK_STATE_DOWN)
		mod_delayed_work(link->node->workqueue, &link->work, 0);
}

/* Remember why there is no connection. */
static void note_error(struct dvs_link *link, const char *reason)
{
	lockdep_assert_held(&link->lock);

	link->stats.last_error = reason;
	trace_dvs_link_error(link->node->id, link->peer->id, reason);
}

/*
 * Making and ending connections. Under &dvs_link.mutex.
 */

/* Between half and all of the delay, so that nodes do not retry in step. */
static void delay_retry(struct dvs_link *link)
{
	unsigned int retry;

	retry = clamp(2 * link->retry, 2U * DVS_RETRY_MIN, (u32)DVS_RETRY_MAX);
	link->retry = retry;
	link->retry_at = jiffies +
		msecs_to_jiffies(retry / 2 + get_random_u32_below(retry / 2));
}

static void drop_connection(struct dvs_link *link, struct list_head *done)
{
	struct dvs_connection *conn;

	lockdep_assert_held(&link->mutex);

	spin_lock_bh(&link->lock);
	conn = link->connection;
	link->connection = NULL;
	if (dvs_link_state(link) == DVS_LINK_STATE_UP)
		set_state(link, DVS_LINK_STATE_CONNECTING);
	spin_unlock_bh(&link->lock);
	if (!conn)
		return;

	/* One that worked for a while says nothing about the next attempt. */
	if (conn->ready && time_after(jiffies, link->up_since + HZ))
		link->retry = 0;
	delay_retry(link);

	dvs_connection_destroy(conn);

	spin_lock_bh(&link->lock);
	dvs_link_queue_end(&link->queue, done);
	spin_unlock_bh(&link->lock);
}

static void drop_offer(struct dvs_link *link)
{
	struct dvs_connection *offer;

	lockdep_assert_held(&link->mutex);

	spin_lock_bh(&link->lock);
	offer = link->offer;
	WRITE_ONCE(link->offer, NULL);
	spin_unlock_bh(&link->lock);

	if (offer)
		dvs_connection_destroy(offer);
}

static void connect(struct dvs_link *link, struct list_head *done)
{
	struct dvs_peer *peer = link->peer;
	struct sockaddr_storage address;
	struct dvs_connection *conn;
	int err;

	spin_lock_bh(&peer->lock);
	address = peer->address;
	spin_unlock_bh(&peer->lock);

	conn = dvs_connection_connect(link, &address);
	if (IS_ERR(conn)) {
		err = PTR_ERR(conn);
		delay_retry(link);
	} else {
		spin_lock_bh(&link->lock);
		link->connection = conn;
		dvs_hello_fill(link, conn);
		spin_unlock_bh(&link->lock);

		err = dvs_connection_start(conn);
		if (err)
			drop_connection(link, done);
	}

	if (err) {
		spin_lock_bh(&link->lock);
		note_error(link, dvs_socket_error(err));
		spin_unlock_bh(&link->lock);
	}
}

/* Let frames flow if the connection is greeted. */
static void settle(struct dvs_link *link, struct list_head *done)
{
	struct dvs_connection *conn = link->connection;
	const char *error;

	if (!conn || conn->ready)
		return;

	spin_lock_bh(&link->lock);
	if (!conn->greeted || conn->dead) {
		spin_unlock_bh(&link->lock);
		return;
	}

	error = dvs_link_queue_resume(&link->queue,
				      le32_to_cpu(conn->hello.received), done);
	if (!error) {
		/* A connector has said it already. */
		if (!link->connects)
			dvs_hello_fill(link, conn);
		conn->ready = true;
		link->up_since = jiffies;
		link->stats.connects++;
		set_state(link, DVS_LINK_STATE_UP);
		dvs_connection_run_rx(conn);
		dvs_connection_run_tx(conn);
	}
	spin_unlock_bh(&link->lock);

	if (error)
		dvs_link_broken(link, conn, error, true);
}

static void adopt_offer(struct dvs_link *link, struct list_head *done)
{
	drop_connection(link, done);

	spin_lock_bh(&link->lock);
	link->connection = link->offer;
	WRITE_ONCE(link->offer, NULL);
	spin_unlock_bh(&link->lock);
}

static bool is_overdue(const struct dvs_connection *conn)
{
	return !conn->ready && time_after_eq(jiffies, conn->deadline);
}

/* Returns the time at which to look again, or false when there is none. */
static bool next_time(const struct dvs_link *link, unsigned long *when)
{
	const struct dvs_connection *conn = link->connection;

	if (conn) {
		*when = conn->deadline;
		return !conn->ready;
	}
	*when = link->retry_at;
	return link->connects && dvs_link_state(link) == DVS_LINK_STATE_CONNECTING;
}

static void check_connection(struct dvs_link *link, struct list_head *done)
{
	struct dvs_connection *conn = link->connection;

	if (!conn)
		return;

	if (is_overdue(conn))
		dvs_link_broken(link, conn, "no HELLO in time", false);
	if (READ_ONCE(conn->dead))
		drop_connection(link, done);
}

static void manage(struct work_struct *work)
{
	struct dvs_link *link =
		container_of(to_delayed_work(work), struct dvs_link, work);
	enum dvs_link_state before, after;
	unsigned long when;
	LIST_HEAD(done);

	mutex_lock(&link->mutex);
	before = dvs_link_state(link);
	if (before == DVS_LINK_STATE_DOWN)
		goto unlock;

	check_connection(link, &done);
	if (before != DVS_LINK_STATE_SUSPENDED) {
		/* Only suspend and stop take an offer away, under the mutex. */
		if (READ_ONCE(link->offer))
			adopt_offer(link, &done);
		if (link->connects && !link->connection &&
		    time_after_eq(jiffies, link->retry_at))
			connect(link, &done);
		settle(link, &done);
	}

	/* Does nothing while it is queued. */
	if (next_time(link, &when))
		queue_delayed_work(link->node->workqueue, &link->work,
				   max(0L, (long)(when - jiffies)));
unlock:
	after = dvs_link_state(link);
	mutex_unlock(&link->mutex);

	dvs_link_release(&done, true, true);
	if (before != after)
		link->ops->changed(link->peer);
}

/*
 * Life of a link.
 */

/**
 * dvs_link_create - make the link of a peer, in state DOWN
 * @peer: the other node; its node and number are set
 * @gfp: for the allocation
 *
 * Return: the link, or NULL when there is no memory.
 */
struct dvs_link *dvs_link_create(struct dvs_peer *peer, gfp_t gfp)
{
	struct dvs_link *link;

	link = kzalloc(sizeof(*link), gfp);
	if (!link)
		return NULL;

	refcount_set(&link->ref, 1);
	link->ops = &link_ops;
	link->peer = peer;
	link->node = peer->node;
	link->connects = peer->node->id > peer->id;
	mutex_init(&link->mutex);
	INIT_DELAYED_WORK(&link->work, manage);
	spin_lock_init(&link->lock);
	dvs_link_queue_init(&link->queue);
	return link;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_create);

void dvs_link_put(struct dvs_link *link)
{
	if (refcount_dec_and_test(&link->ref))
		kfree_rcu(link, rcu);
}

/**
 * dvs_link_destroy - stop a link and free it
 * @link: the link. Nobody finds its peer in the node's table any more, nor
 *	sends on it. In state DOWN neither &dvs_node.mutex is needed nor process
 *	context
 */
void dvs_link_destroy(struct dvs_link *link)
{
	if (READ_ONCE(link->stats.state) != DVS_LINK_STATE_DOWN)
		dvs_link_stop(link);
	dvs_link_put(link);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_destroy);

/**
 * dvs_link_start - accept and make connections between two sessions
 * @link: the link, in state DOWN
 * @session: this node's session
 * @peer_session: the other node's
 */
void dvs_link_start(struct dvs_link *link, u64 session, u64 peer_session)
{
	lockdep_assert_held(link->node->mutex);

	mutex_lock(&link->mutex);
	if (WARN_ON_ONCE(dvs_link_state(link) != DVS_LINK_STATE_DOWN)) {
		mutex_unlock(&link->mutex);
		return;
	}

	link->retry = 0;
	link->retry_at = jiffies;

	spin_lock_bh(&link->lock);
	link->session = session;
	link->peer_session = peer_session;
	link->received = 0;
	link->stats.last_error = NULL;
	set_state(link, DVS_LINK_STATE_CONNECTING);
	run(link);
	spin_unlock_bh(&link->lock);
	mutex_unlock(&link->mutex);

	link->ops->changed(link->peer);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_start);

/**
 * dvs_link_suspend - stop sending and delivering
 * @link: the link
 *
 * When this returns no frame is being sent or delivered. What arrives waits in
 * the socket; frames that are sent wait in the link.
 */
void dvs_link_suspend(struct dvs_link *link)
{
	bool suspended = false;
	LIST_HEAD(done);

	lockdep_assert_held(link->node->mutex);

	mutex_lock(&link->mutex);
	spin_lock_bh(&link->lock);
	if (dvs_link_state(link) == DVS_LINK_STATE_CONNECTING ||
	    dvs_link_state(link) == DVS_LINK_STATE_UP) {
		set_state(link, DVS_LINK_STATE_SUSPENDED);
		suspended = true;
	}
	spin_unlock_bh(&link->lock);

	if (suspended) {
		drop_offer(link);
		if (link->connection && link->connection->ready)
			dvs_connection_quiesce(link->connection);
		else
			drop_connection(link, &done);
	}
	mutex_unlock(&link->mutex);

	dvs_link_release(&done, true, true);
	if (suspended)
		link->ops->changed(link->peer);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_suspend);

/**
 * dvs_link_resume - go on where dvs_link_suspend() stopped
 * @link: the link
 */
void dvs_link_resume(struct dvs_link *link)
{
	struct dvs_connection *conn;
	bool resumed = false;

	lockdep_assert_held(link->node->mutex);

	mutex_lock(&link->mutex);
	if (dvs_link_state(link) == DVS_LINK_STATE_SUSPENDED) {
		resumed = true;
		link->retry = 0;
		link->retry_at = jiffies;

		spin_lock_bh(&link->lock);
		conn = link->connection;
		set_state(link, conn ? DVS_LINK_STATE_UP :
				       DVS_LINK_STATE_CONNECTING);
		if (conn) {
			dvs_connection_run_rx(conn);
			dvs_connection_run_tx(conn);
		}
		run(link);
		spin_unlock_bh(&link->lock);
	}
	mutex_unlock(&link->mutex);

	if (resumed)
		link->ops->changed(link->peer);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_resume);

/**
 * dvs_link_stop - close, release every frame, forget the sessions
 * @link: the link
 *
 * When this returns no frame is being sent or delivered, and release() has been
 * called for all that were given to dvs_link_send(). From its beginning on
 * dvs_link_send() fails.
 */
void dvs_link_stop(struct dvs_link *link)
{
	LIST_HEAD(acked);
	LIST_HEAD(sent);
	LIST_HEAD(waiting);
	bool stopped;

	lockdep_assert_held(link->node->mutex);

	mutex_lock(&link->mutex);
	spin_lock_bh(&link->lock);
	stopped = dvs_link_state(link) != DVS_LINK_STATE_DOWN;
	if (stopped)
		set_state(link, DVS_LINK_STATE_DOWN);
	spin_unlock_bh(&link->lock);

	drop_offer(link);
	drop_connection(link, &acked);

	spin_lock_bh(&link->lock);
	dvs_link_queue_take(&link->queue, &sent, &waiting);
	spin_unlock_bh(&link->lock);
	mutex_unlock(&link->mutex);

	/* It may be releasing frames; it is not queued again in state DOWN. */
	cancel_delayed_work_sync(&link->work);

	dvs_link_release(&acked, true, true);
	dvs_link_release(&sent, false, true);
	dvs_link_release(&waiting, false, false);

	if (stopped)
		link->ops->changed(link->peer);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_stop);

/**
 * dvs_link_kick - the peer's address has changed
 * @link: the link
 *
 * A connection that is ready stays; an attempt to connect begins anew.
 */
void dvs_link_kick(struct dvs_link *link)
{
	LIST_HEAD(done);

	lockdep_assert_held(link->node->mutex);

	mutex_lock(&link->mutex);
	if (link->connects && link->connection && !link->connection->ready)
		drop_connection(link, &done);
	link->retry = 0;
	link->retry_at = jiffies;

	spin_lock_bh(&link->lock);
	run(link);
	spin_unlock_bh(&link->lock);
	mutex_unlock(&link->mutex);

	dvs_link_release(&done, true, true);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_link_kick);

/*
 * What the connection's work items find out.
 */

/* The answer to our HELLO. */
void dvs_link_greeted(struct dvs_link *link, struct dvs_connection *conn)
{
	const struct dvs_wire_hello *hello = &conn->hello;
	const char *reason;

	reason = dvs_hello_check_node(link->node, hello);
	if (!reason && le16_to_cpu(hello->node) != link->peer->id)
		reason = "HELLO from another node";

	spin_lock_bh(&link->lock);
	if (!reason)
		reason = dvs_hello_check_sessions(link, hello);
	if (!reason) {
		conn->greeted = true;
		run(link);
	}
	spin_unlock_bh(&link->lock);

	if (reason) {
		atomic64_inc(&link->node->bad_hello);
		dvs_link_broken(link, conn, reason, true);
	}
}

bool dvs_link_offer(struct dvs_link *link, struct dvs_connection *conn,
		    const char **reason, bool *bad)
{
	spin_lock_bh(&link->lock);
	*bad = false;
	if (dvs_link_state(link) == DVS_LINK_STATE_DOWN) {
		*reason = "the node is in no view";
	} else if (dvs_link_state(link) == DVS_LINK_STATE_SUSPENDED) {
		*reason = "a view is being installed";
	} else if (link->offer) {
		/* Destroying that one here would be in a work item like its own. */
		*reason = "another connection is being settled";
	} else {
		*bad = true;
		*reason = dvs_hello_check_sessions(link, &conn->hello);
	}

	if (!*reason) {
		WRITE_ONCE(link->offer, conn);
		conn->link = link;
		conn->greeted = true;
		run(link);
	}
	spin_unlock_bh(&link->lock);

	return !*reason;
}

void dvs_link_broken(struct dvs_link *link, struct dvs_connection *conn,
		     const char *reason, bool bad)
{
	bool first;

	spin_lock_bh(&link->lock);
	first = !conn->dead;
	if (first) {
		WRITE_ONCE(conn->dead, true);
		note_error(link, reason);
		if (bad)
			link->stats.bad_frames++;
		run(link);
	}
	spin_unlock_bh(&link->lock);

	if (first && bad)
		pr_notice_ratelimited("node %u: closed the connection to node %u: %s\n",
				      link->node->id, link->peer->id, reason);
}
