/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: what its parts share.
 *
 *   main.c      the program: options, log, loop
 *   daemon.c    ties Corosync, agreement, the kernel and the clients together
 *   sync.c      makes the kernel what the agreed state says
 *   claims.c    carries the kernel's wishes to the cluster
 *   ipc.c       clients, as bytes
 *   verbs.c     what they ask for
 *   report.c    the agreed state as JSON
 *   status.c    the status as JSON
 *   query.c     questions to all nodes: barriers, endpoints, links
 */
#ifndef DVSD_DAEMON_H
#define DVSD_DAEMON_H

#include <qb/qblog.h>
#include <qb/qbloop.h>

#include "agree.h"
#include "corosync.h"
#include "kernel.h"

struct ipc;
struct verbs;
struct queries;
struct claims;

/**
 * struct synced_dc - what the kernel has been told of a container
 * @dcid: its number
 * @name: its name
 * @known: the kernel has it
 * @attached: a namespace is attached
 * @fd: that namespace until it is shown, else -1
 * @shown: it is, in DVS_DC_DIR
 * @version: version of the slot map the kernel has
 * @slots: that map; without ranges when it is not known
 * @report: number of the command that reports the part, 0: none under way
 */
struct synced_dc {
	struct synced_dc *next;
	uint64_t dcid;
	char name[DVSD_NAME_MAX + 1];
	bool known;
	bool attached;
	int fd;
	bool shown;
	uint64_t version;
	struct slots slots;
	uint64_t report;
};

/**
 * struct daemon - the daemon
 * @loop: libqb's loop; everything runs in it
 * @corosync: the connection to Corosync
 * @cluster: what its configuration says; zero before it is known
 * @cluster_id: number of the cluster for the kernel
 * @agree: agreement; valid with @has_agree
 * @kernel: the open kernel, or NULL
 * @kernel_ops: how to talk to it
 * @node: what it said of this node last
 * @kernel_wait: when to try again, 0: nothing to try
 * @dcs: containers the kernel knows
 * @sync_wanted: the state has changed since the kernel was told
 */
struct daemon {
	qb_loop_t *loop;
	qb_loop_timer_handle timer;
	struct corosync *corosync;
	struct cluster cluster;
	uint64_t cluster_id;
	uint64_t incarnation;
	struct agree agree;
	bool has_agree;

	const struct kernel_ops *kernel_ops;
	struct kernel *kernel;
	struct kernel_node node;
	int kernel_error;
	uint64_t kernel_wait;
	struct synced_dc *dcs;
	bool sync_wanted;
	uint64_t sync_retry;

	struct claims *claims;
	struct ipc *ipc;
	struct verbs *verbs;
	struct queries *queries;
};

/* daemon.c */
struct daemon *daemon_new(qb_loop_t *loop);
int daemon_start(struct daemon *daemon);
void daemon_free(struct daemon *daemon);
uint64_t random_number(void);

/* sync.c */
/* Open the kernel and make it this node; true when it can be used. */
bool sync_open(struct daemon *daemon);
void sync_close(struct daemon *daemon, const char *reason);
/* The daemon ends; the kernel stays as it is. */
void sync_free(struct daemon *daemon);
/* Read again what the kernel says of this node. */
int sync_node(struct daemon *daemon);
void sync_kernel(struct daemon *daemon);
void sync_done(struct daemon *daemon, uint64_t sequence);
struct synced_dc *sync_dc(struct daemon *daemon, uint64_t dcid);
/* A request failed; true when the kernel is lost. */
bool sync_failed(struct daemon *daemon, int error, const char *what);

/* claims.c */
struct claims *claims_new(struct daemon *daemon);
void claims_free(struct claims *claims);
/* Look at what the kernel wants. */
void claims_read(struct claims *claims);
void claims_done(struct claims *claims, uint64_t sequence,
		 const struct result *result);
void claims_reset(struct claims *claims);

#endif /* DVSD_DAEMON_H */
