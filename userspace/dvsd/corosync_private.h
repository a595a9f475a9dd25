/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that speak with Corosync: corosync.c in the daemon's loop,
 * connection.c in a thread of its own.
 */
#ifndef DVSD_COROSYNC_PRIVATE_H
#define DVSD_COROSYNC_PRIVATE_H

#include <pthread.h>

#include <corosync/cpg.h>
#include <corosync/quorum.h>

#include "corosync.h"
#include "sender.h"

struct ring {
	uint32_t rep;
	uint64_t seq;
};

enum connection {
	/* The thread has nothing to do and waits to be asked. */
	CONNECTION_IDLE,
	/* It reads the configuration, or joins. */
	CONNECTION_READING,
	CONNECTION_FOUND,
	CONNECTION_JOINING,
	/* The loop uses the handles. */
	CONNECTION_JOINED,
	CONNECTION_LEAVING,
};

struct corosync {
	qb_loop_t *loop;
	const struct corosync_ops *ops;
	void *context;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	/* Under @lock; the thread works in READING, JOINING and LEAVING. */
	enum connection connection;
	bool ending;
	bool failed;
	char reason[256];
	int wake[2];

	struct cluster cluster;
	cpg_handle_t cpg;
	quorum_handle_t quorum;
	bool has_cpg;
	bool has_quorum;
	int cpg_fd;
	int quorum_fd;
	bool polled;
	uint64_t connect_at;
	uint64_t back_off;
	char logged[256];

	struct cpg_address members[NODES_MAX];
	uint32_t member_count;
	struct ring cpg_ring;
	uint32_t ring_nodes[NODES_MAX];
	uint32_t ring_count;
	bool ring_moves;
	struct ring quorum_ring;
	bool quorate;
	struct sender sender;
	bool resending;
	bool lost;
};

/* connection.c */
void *connection_run(void *corosync);
enum connection connection_of(struct corosync *corosync);
/* Have the thread do what leads out of @task. */
void connection_ask(struct corosync *corosync, enum connection task);
/* The thread works; under the lock. */
bool connection_busy(const struct corosync *corosync);

/* corosync.c: what Corosync calls */
void group_deliver(cpg_handle_t handle, const struct cpg_name *group,
		   uint32_t node, uint32_t pid, void *message, size_t len);
void group_changed(cpg_handle_t handle, const struct cpg_name *group,
		   const struct cpg_address *members, size_t count,
		   const struct cpg_address *left, size_t left_count,
		   const struct cpg_address *joined, size_t joined_count);
void group_ring_changed(cpg_handle_t handle, struct cpg_ring_id ring,
			uint32_t count, const uint32_t *nodes);
void group_quorum_changed(quorum_handle_t handle, uint32_t quorate,
			  struct quorum_ring_id ring, uint32_t count,
			  const uint32_t *nodes);
void group_nodes_changed(quorum_handle_t handle, struct quorum_ring_id ring,
			 uint32_t members, const uint32_t *member_list,
			 uint32_t joined, const uint32_t *joined_list,
			 uint32_t left, const uint32_t *left_list);

#endif /* DVSD_COROSYNC_PRIVATE_H */
