/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Corosync: what the cluster is (cmap), who is in the group (CPG), which nodes
 * are in the ring and whether they are quorate (quorum), and multicast.
 *
 * Everything that can block for as long as a stopped Corosync likes is done by
 * a thread of its own: reading cmap, joining, leaving. The handles are used by
 * one thread at a time.
 */
#ifndef DVSD_COROSYNC_H
#define DVSD_COROSYNC_H

#include <qb/qbloop.h>

#include "agree.h"

#define DVSD_GROUP		"dvs"
#define DVS_PORT		2077

/* What Corosync's configuration says. */
struct cluster {
	char name[128];
	uint32_t self;
	struct elector nodes[NODES_MAX];
	uint32_t count;
};

struct corosync;

struct corosync_ops {
	/* The cluster is known. True: join the group. */
	bool (*found)(void *context, const struct cluster *cluster);
	void (*config)(void *context, const struct agree_config *config);
	void (*deliver)(void *context, uint32_t from, const void *data,
			size_t len);
	/* After some of the above. */
	void (*flush)(void *context);
	void (*lost)(void *context, const char *reason);
};

struct corosync *corosync_new(qb_loop_t *loop, const struct corosync_ops *ops,
			      void *context);
void corosync_free(struct corosync *corosync);
/* Try now, without waiting for the next time. */
void corosync_connect(struct corosync *corosync);
/* Leave the group; it is joined again after a while. */
void corosync_rejoin(struct corosync *corosync, const char *reason);
void corosync_send(struct corosync *corosync, const void *data, size_t len);
size_t corosync_room(const struct corosync *corosync);
bool corosync_joined(const struct corosync *corosync);
void corosync_ring(const struct corosync *corosync, uint32_t *rep,
		   uint64_t *seq);
bool corosync_quorate(const struct corosync *corosync);
/* To be called a few times a second: repeats what Corosync did not take. */
void corosync_tick(struct corosync *corosync);

/* cmap.c: read the configuration; 0, or -1 with a reason. Blocks. */
int cluster_read(struct cluster *cluster, char *reason, size_t size);

uint64_t now_ms(void);

#endif /* DVSD_COROSYNC_H */
