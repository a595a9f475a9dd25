// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread that does with Corosync what may block: reading its configuration,
 * joining the group, leaving it. While it works the loop does not touch the
 * handles; while it waits, it does not.
 */
#include "corosync_private.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int fail(struct corosync *corosync, const char *what, cs_error_t error)
{
	snprintf(corosync->reason, sizeof(corosync->reason), "%s: %s", what,
		 cs_strerror(error));
	return -1;
}

static int join_group(struct corosync *corosync)
{
	cpg_model_v1_data_t cpg_model = {
		.model = CPG_MODEL_V1,
		.cpg_deliver_fn = group_deliver,
		.cpg_confchg_fn = group_changed,
		.cpg_totem_confchg_fn = group_ring_changed,
		.flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
	};
	quorum_model_v1_data_t quorum_model = {
		.model = QUORUM_MODEL_V1,
		.quorum_notify_fn = group_quorum_changed,
		.nodelist_notify_fn = group_nodes_changed,
	};
	struct cpg_name group = {
		.length = sizeof(DVSD_GROUP) - 1,
		.value = DVSD_GROUP,
	};
	uint32_t type;
	cs_error_t error;

	error = cpg_model_initialize(&corosync->cpg, CPG_MODEL_V1,
				     (cpg_model_data_t *)&cpg_model, corosync);
	if (error != CS_OK)
		return fail(corosync, "Corosync's groups cannot be used",
			    error);
	corosync->has_cpg = true;
	error = quorum_model_initialize(&corosync->quorum, QUORUM_MODEL_V1,
					(quorum_model_data_t *)&quorum_model,
					&type, corosync);
	if (error != CS_OK)
		return fail(corosync, "Corosync's quorum cannot be used",
			    error);
	corosync->has_quorum = true;
	if (type != QUORUM_SET) {
		snprintf(
			corosync->reason, sizeof(corosync->reason),
			"corosync.conf: quorum.provider is not set: set it to corosync_votequorum");
		return -1;
	}
	error = quorum_trackstart(corosync->quorum,
				  CS_TRACK_CHANGES | CS_TRACK_CURRENT);
	if (error == CS_OK)
		error = quorum_fd_get(corosync->quorum, &corosync->quorum_fd);
	if (error != CS_OK)
		return fail(corosync, "Corosync's quorum cannot be followed",
			    error);
	error = cpg_join(corosync->cpg, &group);
	if (error == CS_OK)
		error = cpg_fd_get(corosync->cpg, &corosync->cpg_fd);
	if (error != CS_OK)
		return fail(corosync, "the group cannot be joined", error);
	return 0;
}

static void leave_group(struct corosync *corosync)
{
	if (corosync->has_quorum)
		quorum_finalize(corosync->quorum);
	if (corosync->has_cpg)
		cpg_finalize(corosync->cpg);
	corosync->has_quorum = false;
	corosync->has_cpg = false;
}

static enum connection work(struct corosync *corosync, enum connection task)
{
	switch (task) {
	case CONNECTION_READING:
		if (!cluster_read(&corosync->cluster, corosync->reason,
				  sizeof(corosync->reason)))
			return CONNECTION_FOUND;
		break;
	case CONNECTION_JOINING:
		if (!join_group(corosync))
			return CONNECTION_JOINED;
		leave_group(corosync);
		break;
	case CONNECTION_LEAVING:
		leave_group(corosync);
		return CONNECTION_IDLE;
	default:
		break;
	}
	corosync->failed = true;
	return CONNECTION_IDLE;
}

bool connection_busy(const struct corosync *corosync)
{
	return corosync->connection == CONNECTION_READING ||
	       corosync->connection == CONNECTION_JOINING ||
	       corosync->connection == CONNECTION_LEAVING;
}

void *connection_run(void *data)
{
	struct corosync *corosync = data;

	pthread_mutex_lock(&corosync->lock);
	while (!corosync->ending) {
		enum connection task = corosync->connection, reached;
		ssize_t written;

		if (!connection_busy(corosync)) {
			pthread_cond_wait(&corosync->asked, &corosync->lock);
			continue;
		}
		pthread_mutex_unlock(&corosync->lock);
		reached = work(corosync, task);
		pthread_mutex_lock(&corosync->lock);
		corosync->connection = reached;
		do {
			written = write(corosync->wake[1], "", 1);
		} while (written < 0 && errno == EINTR);
	}
	pthread_mutex_unlock(&corosync->lock);
	return NULL;
}

enum connection connection_of(struct corosync *corosync)
{
	enum connection connection;

	pthread_mutex_lock(&corosync->lock);
	connection = corosync->connection;
	pthread_mutex_unlock(&corosync->lock);
	return connection;
}

void connection_ask(struct corosync *corosync, enum connection task)
{
	pthread_mutex_lock(&corosync->lock);
	corosync->connection = task;
	pthread_cond_signal(&corosync->asked);
	pthread_mutex_unlock(&corosync->lock);
}
