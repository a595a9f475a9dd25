// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ties Corosync, agreement, the kernel and the clients together.
 */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ipc.h"
#include "query.h"
#include "verbs.h"

#define TICK_MS		100
#define CLAIMS_MS	1000

uint64_t random_number(void)
{
	uint64_t number = 0;

	while (!number)
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number = 0;
	return number;
}

/* --- agreement ------------------------------------------------------------ */

static void agree_op_send(void *context, const void *data, size_t len)
{
	struct daemon *daemon = context;

	corosync_send(daemon->corosync, data, len);
}

static size_t agree_op_room(void *context)
{
	struct daemon *daemon = context;

	return corosync_room(daemon->corosync);
}

static int agree_op_stop(void *context, uint64_t view,
			 const struct view_member *members, uint32_t count)
{
	struct daemon *daemon = context;
	int error;

	if (!daemon->kernel)
		return -ENOTCONN;
	error = daemon->kernel_ops->view_stop(daemon->kernel, view, members,
					      count);
	/* The kernel's idea of views is ahead: read it, propose above it. */
	if (error == -ENODEV || error == -ESTALE)
		daemon->kernel_wait = now_ms();
	if (!error)
		sync_node(daemon);
	return error;
}

static void agree_op_kernel(void *context, struct kernel_facts *facts)
{
	struct daemon *daemon = context;

	*facts = (struct kernel_facts){
		.incarnation = daemon->node.incarnation,
		.session = daemon->node.session,
		.member = daemon->kernel && daemon->node.member,
	};
}

static void agree_op_changed(void *context)
{
	struct daemon *daemon = context;

	daemon->sync_wanted = true;
}

static void agree_op_done(void *context, uint64_t sequence,
			  const struct result *result)
{
	struct daemon *daemon = context;

	sync_done(daemon, sequence);
	claims_done(daemon->claims, sequence, result);
	verbs_done(daemon->verbs, sequence, result);
}

static uint64_t agree_op_random(void *context)
{
	(void)context;
	return random_number();
}

static void agree_op_log(void *context, const char *line)
{
	(void)context;
	qb_log(LOG_INFO, "%s", line);
}

static const struct agree_ops agree_ops = {
	.send = agree_op_send,
	.bulk_room = agree_op_room,
	.stop = agree_op_stop,
	.kernel = agree_op_kernel,
	.changed = agree_op_changed,
	.done = agree_op_done,
	.random = agree_op_random,
	.log = agree_op_log,
};

/* What has come in is digested: tell the kernel and the clients. */
static void flush(struct daemon *daemon)
{
	if (!daemon->has_agree)
		return;
	agree_flush(&daemon->agree);
	for (int i = 0; i < 4 && daemon->sync_wanted; i++) {
		sync_kernel(daemon);
		agree_flush(&daemon->agree);
	}
	queries_flush(daemon->queries);
	verbs_flush(daemon->verbs);
	corosync_tick(daemon->corosync);
}

/* --- kernel --------------------------------------------------------------- */

static bool open_kernel(struct daemon *daemon)
{
	uint64_t view;

	if (!sync_open(daemon)) {
		daemon->kernel_wait = now_ms() + CLAIMS_MS;
		return false;
	}
	daemon->kernel_wait = 0;
	view = daemon->node.view;
	if (view < daemon->node.stopped_view)
		view = daemon->node.stopped_view;
	agree_kernel(&daemon->agree, now_ms(), true, view);
	return true;
}

static void check_kernel(struct daemon *daemon)
{
	if (!daemon->kernel_wait || now_ms() < daemon->kernel_wait)
		return;
	if (daemon->kernel) {
		agree_kernel(&daemon->agree, now_ms(), false, 0);
		sync_close(daemon, "it has refused a view or does not answer");
	}
	open_kernel(daemon);
}

/* --- corosync ------------------------------------------------------------- */

static bool same_nodes(const struct cluster *a, const struct cluster *b)
{
	if (a->count != b->count || a->self != b->self ||
	    strcmp(a->name, b->name))
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->nodes[i].node != b->nodes[i].node ||
		    a->nodes[i].address_len != b->nodes[i].address_len ||
		    memcmp(a->nodes[i].address, b->nodes[i].address,
			   a->nodes[i].address_len))
			return false;
	return true;
}

static bool corosync_op_found(void *context, const struct cluster *cluster)
{
	struct daemon *daemon = context;

	if (daemon->has_agree && !same_nodes(&daemon->cluster, cluster)) {
		/* Nothing that was agreed on is about these nodes. */
		qb_log(LOG_ERR, "corosync.conf has another node list than when dvsd started: restart dvsd on all nodes");
		return false;
	}
	if (!daemon->has_agree) {
		daemon->cluster = *cluster;
		daemon->cluster_id = hash_bytes(cluster->name,
						strlen(cluster->name));
		agree_init(&daemon->agree, &agree_ops, daemon, cluster->self,
			   daemon->incarnation, cluster->nodes,
			   cluster->count);
		daemon->has_agree = true;
		qb_log(LOG_INFO, "cluster %s: %u nodes, this is node %u",
		       cluster->name, cluster->count, cluster->self);
	}
	return daemon->kernel || open_kernel(daemon);
}

static void corosync_op_config(void *context,
			       const struct agree_config *config)
{
	struct daemon *daemon = context;

	agree_config(&daemon->agree, now_ms(), config);
	queries_config(daemon->queries);
}

static void corosync_op_deliver(void *context, uint32_t from,
				const void *data, size_t len)
{
	struct daemon *daemon = context;
	struct message message;

	if (!message_decode(&message, from, data, len)) {
		if (!daemon->agree.bad_messages++)
			qb_log(LOG_WARNING, "node %u sent a message that is none of this version: ignored",
			       from);
		return;
	}
	if (message.type == MESSAGE_QUERY || message.type == MESSAGE_ANSWER)
		queries_deliver(daemon->queries, &message);
	else
		agree_deliver(&daemon->agree, now_ms(), &message);
}

static void corosync_op_flush(void *context)
{
	flush(context);
}

static void corosync_op_lost(void *context, const char *reason)
{
	struct daemon *daemon = context;

	qb_log(LOG_WARNING, "corosync: connection lost: %s", reason);
	agree_disconnected(&daemon->agree, now_ms());
	queries_config(daemon->queries);
	flush(daemon);
}

static const struct corosync_ops corosync_ops = {
	.found = corosync_op_found,
	.config = corosync_op_config,
	.deliver = corosync_op_deliver,
	.flush = corosync_op_flush,
	.lost = corosync_op_lost,
};

/* --- loop ----------------------------------------------------------------- */

static void tick(void *data)
{
	struct daemon *daemon = data;
	uint64_t now = now_ms();

	qb_loop_timer_add(daemon->loop, QB_LOOP_HIGH,
			  TICK_MS * QB_TIME_NS_IN_MSEC, daemon, tick,
			  &daemon->timer);
	corosync_tick(daemon->corosync);
	if (daemon->has_agree) {
		check_kernel(daemon);
		agree_tick(&daemon->agree, now);
		if ((daemon->sync_retry && now >= daemon->sync_retry) ||
		    now / CLAIMS_MS != (now - TICK_MS) / CLAIMS_MS)
			daemon->sync_wanted = true;
	}
	queries_tick(daemon->queries);
	verbs_tick(daemon->verbs);
	flush(daemon);
}

struct daemon *daemon_new(qb_loop_t *loop)
{
	struct daemon *daemon = xalloc(sizeof(*daemon));

	daemon->loop = loop;
	daemon->kernel_ops = &kernel_ops;
	daemon->incarnation = random_number();
	daemon->claims = claims_new(daemon);
	daemon->queries = queries_new(daemon);
	daemon->verbs = verbs_new(daemon);
	return daemon;
}

int daemon_start(struct daemon *daemon)
{
	daemon->ipc = ipc_new(daemon->loop, daemon->verbs);
	if (!daemon->ipc)
		return -1;
	daemon->corosync = corosync_new(daemon->loop, &corosync_ops, daemon);
	if (!daemon->corosync)
		return -1;
	qb_loop_timer_add(daemon->loop, QB_LOOP_HIGH,
			  TICK_MS * QB_TIME_NS_IN_MSEC, daemon, tick,
			  &daemon->timer);
	corosync_connect(daemon->corosync);
	return 0;
}

void daemon_free(struct daemon *daemon)
{
	if (daemon->ipc)
		ipc_free(daemon->ipc);
	if (daemon->corosync)
		corosync_free(daemon->corosync);
	verbs_free(daemon->verbs);
	queries_free(daemon->queries);
	claims_free(daemon->claims);
	if (daemon->has_agree)
		agree_fini(&daemon->agree);
	sync_free(daemon);
	free(daemon);
}
