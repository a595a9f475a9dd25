// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Corosync, from the daemon's loop. See corosync.h.
 *
 * Which configuration is in force follows from three sources that do not speak
 * at once: the members of the group, the ring as CPG sees it, the ring as the
 * quorum service sees it. A configuration is settled when the rings are the
 * same. Members that are not in the ring are left over by Corosync and do not
 * count.
 */
#include "corosync_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <qb/qblog.h>

#define RECONNECT_MS		200
#define RECONNECT_MAX_MS	2000
#define RESEND_MS		5
/* Callbacks handled before others have their turn. */
#define DISPATCH_MAX		64

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* --- callbacks ------------------------------------------------------------ */

static bool in_ring(const struct corosync *corosync, uint32_t node)
{
	for (uint32_t i = 0; i < corosync->ring_count; i++)
		if (corosync->ring_nodes[i] == node)
			return true;
	return false;
}

static void tell_config(struct corosync *corosync)
{
	struct agree_config config = {};
	uint64_t tag = hash_bytes("", 0);
	bool self = false;

	tag = hash_more(tag, &corosync->cpg_ring.rep,
			sizeof(corosync->cpg_ring.rep));
	tag = hash_more(tag, &corosync->cpg_ring.seq,
			sizeof(corosync->cpg_ring.seq));
	/* CPG lists members by node and process: the same order everywhere. */
	for (uint32_t i = 0; i < corosync->member_count; i++) {
		const struct cpg_address *member = &corosync->members[i];

		if (!in_ring(corosync, member->nodeid))
			continue;
		config.nodes[config.node_count++] = member->nodeid;
		tag = hash_more(tag, &member->nodeid, sizeof(member->nodeid));
		tag = hash_more(tag, &member->pid, sizeof(member->pid));
		self |= member->nodeid == corosync->cluster.self;
	}
	config.tag = tag;
	config.ring_count = corosync->ring_count;
	memcpy(config.ring, corosync->ring_nodes, sizeof(config.ring));
	config.settled = self && !corosync->ring_moves &&
			 corosync->cpg_ring.rep == corosync->quorum_ring.rep &&
			 corosync->cpg_ring.seq == corosync->quorum_ring.seq;
	config.quorate = corosync->quorate;
	corosync->ops->config(corosync->context, &config);
}

static struct corosync *of_cpg(cpg_handle_t handle)
{
	void *context = NULL;

	cpg_context_get(handle, &context);
	return context;
}

static struct corosync *of_quorum(quorum_handle_t handle)
{
	const void *context = NULL;

	quorum_context_get(handle, &context);
	return (struct corosync *)context;
}

void group_deliver(cpg_handle_t handle, const struct cpg_name *group,
		   uint32_t node, uint32_t pid, void *message, size_t len)
{
	struct corosync *corosync = of_cpg(handle);

	(void)group;
	if (node == corosync->cluster.self && pid == (uint32_t)getpid())
		sender_delivered(&corosync->sender, now_ms());
	corosync->ops->deliver(corosync->context, node, message, len);
}

static bool moves_ring(const struct cpg_address *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].reason == CPG_REASON_NODEDOWN ||
		    list[i].reason == CPG_REASON_NODEUP)
			return true;
	return false;
}

void group_changed(cpg_handle_t handle, const struct cpg_name *group,
		   const struct cpg_address *members, size_t count,
		   const struct cpg_address *left, size_t left_count,
		   const struct cpg_address *joined, size_t joined_count)
{
	struct corosync *corosync = of_cpg(handle);

	(void)group;
	if (count > NODES_MAX)
		count = NODES_MAX;
	corosync->member_count = count;
	memcpy(corosync->members, members, count * sizeof(*members));
	/* Then the new ring is still to be told. */
	if (moves_ring(left, left_count) || moves_ring(joined, joined_count))
		corosync->ring_moves = true;
	tell_config(corosync);
}

void group_ring_changed(cpg_handle_t handle, struct cpg_ring_id ring,
			uint32_t count, const uint32_t *nodes)
{
	struct corosync *corosync = of_cpg(handle);

	if (count > NODES_MAX)
		count = NODES_MAX;
	corosync->cpg_ring = (struct ring){ ring.nodeid, ring.seq };
	corosync->ring_count = count;
	memcpy(corosync->ring_nodes, nodes, count * sizeof(*nodes));
	corosync->ring_moves = false;
	tell_config(corosync);
}

void group_quorum_changed(quorum_handle_t handle, uint32_t quorate,
			  struct quorum_ring_id ring, uint32_t count,
			  const uint32_t *nodes)
{
	struct corosync *corosync = of_quorum(handle);

	(void)count;
	(void)nodes;
	corosync->quorate = quorate;
	corosync->quorum_ring = (struct ring){ ring.nodeid, ring.seq };
	tell_config(corosync);
}

void group_nodes_changed(quorum_handle_t handle, struct quorum_ring_id ring,
			 uint32_t members, const uint32_t *member_list,
			 uint32_t joined, const uint32_t *joined_list,
			 uint32_t left, const uint32_t *left_list)
{
	/* The word about the quorum follows, and says all of it. */
	(void)handle;
	(void)ring;
	(void)members;
	(void)member_list;
	(void)joined;
	(void)joined_list;
	(void)left;
	(void)left_list;
}

/* --- the loop ------------------------------------------------------------- */

static void lose(struct corosync *corosync, const char *reason)
{
	if (connection_of(corosync) != CONNECTION_JOINED || corosync->lost)
		return;
	corosync->lost = true;
	qb_loop_poll_del(corosync->loop, corosync->cpg_fd);
	qb_loop_poll_del(corosync->loop, corosync->quorum_fd);
	corosync->polled = false;
	sender_reset(&corosync->sender);
	corosync->member_count = 0;
	corosync->ring_count = 0;
	corosync->cpg_ring = (struct ring){};
	corosync->quorum_ring = (struct ring){};
	corosync->quorate = false;
	corosync->ops->lost(corosync->context, reason);
	connection_ask(corosync, CONNECTION_LEAVING);
}

static int32_t dispatch_cpg(int32_t fd, int32_t events, void *data)
{
	struct corosync *corosync = data;
	cs_error_t error = CS_OK;

	(void)fd;
	if (events & (POLLERR | POLLNVAL))
		error = CS_ERR_LIBRARY;
	for (int i = 0; i < DISPATCH_MAX && error == CS_OK; i++)
		error = cpg_dispatch(corosync->cpg,
				     CS_DISPATCH_ONE_NONBLOCKING);
	corosync->ops->flush(corosync->context);
	if (error != CS_OK && error != CS_ERR_TRY_AGAIN)
		lose(corosync, cs_strerror(error));
	else
		corosync_tick(corosync);
	return 0;
}

static int32_t dispatch_quorum(int32_t fd, int32_t events, void *data)
{
	struct corosync *corosync = data;
	cs_error_t error = CS_OK;

	(void)fd;
	if (events & (POLLERR | POLLNVAL))
		error = CS_ERR_LIBRARY;
	for (int i = 0; i < DISPATCH_MAX && error == CS_OK; i++)
		error = quorum_dispatch(corosync->quorum,
					CS_DISPATCH_ONE_NONBLOCKING);
	corosync->ops->flush(corosync->context);
	if (error != CS_OK && error != CS_ERR_TRY_AGAIN)
		lose(corosync, cs_strerror(error));
	else
		corosync_tick(corosync);
	return 0;
}

static void joined(struct corosync *corosync)
{
	corosync->lost = false;
	corosync->ring_moves = true;
	corosync->logged[0] = '\0';
	corosync->back_off = RECONNECT_MS;
	qb_loop_poll_add(corosync->loop, QB_LOOP_HIGH, corosync->cpg_fd, POLLIN,
			 corosync, dispatch_cpg);
	qb_loop_poll_add(corosync->loop, QB_LOOP_HIGH, corosync->quorum_fd,
			 POLLIN, corosync, dispatch_quorum);
	corosync->polled = true;
	qb_log(LOG_INFO, "corosync: joined group \"%s\" as node %u", DVSD_GROUP,
	       corosync->cluster.self);
}

/* The same trouble is logged once. */
static void log_failure(struct corosync *corosync)
{
	if (!strcmp(corosync->logged, corosync->reason))
		return;
	snprintf(corosync->logged, sizeof(corosync->logged), "%s",
		 corosync->reason);
	qb_log(LOG_WARNING, "corosync: %s; trying again", corosync->reason);
}

static void try_later(struct corosync *corosync)
{
	corosync->connect_at = now_ms() + corosync->back_off;
	corosync->back_off *= 2;
	if (corosync->back_off > RECONNECT_MAX_MS)
		corosync->back_off = RECONNECT_MAX_MS;
}

static int32_t thread_done(int32_t fd, int32_t events, void *data)
{
	struct corosync *corosync = data;
	char bytes[16];

	(void)events;
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	/* When the thread waits, all of this is the loop's. */
	switch (connection_of(corosync)) {
	case CONNECTION_FOUND:
		if (corosync->ops->found(corosync->context,
					 &corosync->cluster)) {
			connection_ask(corosync, CONNECTION_JOINING);
		} else {
			connection_ask(corosync, CONNECTION_IDLE);
			try_later(corosync);
		}
		break;
	case CONNECTION_JOINED:
		if (!corosync->polled)
			joined(corosync);
		break;
	case CONNECTION_IDLE:
		if (corosync->failed)
			log_failure(corosync);
		corosync->failed = false;
		try_later(corosync);
		break;
	default:
		break;
	}
	return 0;
}

static enum send_result send_now(void *context, const void *data, size_t len)
{
	struct corosync *corosync = context;
	struct iovec part = { .iov_base = (void *)data, .iov_len = len };

	switch (cpg_mcast_joined(corosync->cpg, CPG_TYPE_AGREED, &part, 1)) {
	case CS_OK:
		return SEND_OK;
	case CS_ERR_TRY_AGAIN:
	case CS_ERR_INTERRUPT:
		return SEND_AGAIN;
	default:
		return SEND_LOST;
	}
}

static void flush_sender(void *data)
{
	struct corosync *corosync = data;

	corosync->resending = false;
	corosync_tick(corosync);
}

void corosync_tick(struct corosync *corosync)
{
	qb_loop_timer_handle timer;

	if (connection_of(corosync) == CONNECTION_IDLE &&
	    now_ms() >= corosync->connect_at) {
		connection_ask(corosync, CONNECTION_READING);
		return;
	}
	if (!corosync_joined(corosync))
		return;
	switch (sender_flush(&corosync->sender, now_ms(), send_now, corosync)) {
	case SEND_LOST:
		lose(corosync, "a message cannot be sent");
		break;
	case SEND_AGAIN:
		if (corosync->resending)
			break;
		corosync->resending = true;
		qb_loop_timer_add(corosync->loop, QB_LOOP_HIGH,
				  RESEND_MS * QB_TIME_NS_IN_MSEC, corosync,
				  flush_sender, &timer);
		break;
	case SEND_OK:
		break;
	}
}

void corosync_send(struct corosync *corosync, const void *data, size_t len)
{
	if (!corosync_joined(corosync))
		return;
	/* Sent from the loop: the caller may be in a callback of CPG's. */
	sender_add(&corosync->sender, data, len);
}

size_t corosync_room(const struct corosync *corosync)
{
	return corosync_joined(corosync) ? sender_room(&corosync->sender) : 0;
}

bool corosync_joined(const struct corosync *corosync)
{
	return corosync->polled && !corosync->lost;
}

void corosync_ring(const struct corosync *corosync, uint32_t *rep,
		   uint64_t *seq)
{
	*rep = corosync->cpg_ring.rep;
	*seq = corosync->cpg_ring.seq;
}

bool corosync_quorate(const struct corosync *corosync)
{
	return corosync->quorate;
}

void corosync_connect(struct corosync *corosync)
{
	corosync->connect_at = 0;
	corosync_tick(corosync);
}

void corosync_rejoin(struct corosync *corosync, const char *reason)
{
	if (corosync_joined(corosync))
		lose(corosync, reason);
}

struct corosync *corosync_new(qb_loop_t *loop, const struct corosync_ops *ops,
			      void *context)
{
	struct corosync *corosync = xalloc(sizeof(*corosync));
	pthread_attr_t attributes;

	corosync->loop = loop;
	corosync->ops = ops;
	corosync->context = context;
	corosync->back_off = RECONNECT_MS;
	sender_init(&corosync->sender);
	pthread_mutex_init(&corosync->lock, NULL);
	pthread_cond_init(&corosync->asked, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 4 << 20);
	if (pipe2(corosync->wake, O_CLOEXEC | O_NONBLOCK) ||
	    qb_loop_poll_add(loop, QB_LOOP_HIGH, corosync->wake[0], POLLIN,
			     corosync, thread_done) ||
	    pthread_create(&corosync->thread, &attributes, connection_run,
			   corosync)) {
		qb_log(LOG_ERR, "cannot start: %s", strerror(errno));
		free(corosync);
		corosync = NULL;
	}
	pthread_attr_destroy(&attributes);
	return corosync;
}

void corosync_free(struct corosync *corosync)
{
	bool idle;

	pthread_mutex_lock(&corosync->lock);
	corosync->ending = true;
	idle = !connection_busy(corosync);
	pthread_cond_signal(&corosync->asked);
	pthread_mutex_unlock(&corosync->lock);
	/* A thread that Corosync holds ends with the process. */
	if (!idle)
		return;
	pthread_join(corosync->thread, NULL);
	sender_reset(&corosync->sender);
	close(corosync->wake[0]);
	close(corosync->wake[1]);
	free(corosync);
}
