/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon needs of the kernel. The daemon uses it through a table of
 * functions, so that a test can put something else in its place.
 *
 * All calls are short and bounded; they return 0 or a negative errno. ENODEV:
 * the kernel cannot be talked to any more, close and open again.
 */
#ifndef DVSD_KERNEL_H
#define DVSD_KERNEL_H

#include "state.h"

struct kernel_node {
	bool set;
	uint64_t cluster;
	uint32_t node;
	uint64_t incarnation;
	uint64_t view;
	uint64_t stopped_view;
	uint64_t session;
	bool member;
};

struct kernel_dc {
	uint64_t dcid;
	char name[DVSD_NAME_MAX + 1];
	bool attached;
	uint64_t version;
};

enum kernel_claim_kind {
	KERNEL_CLAIM,
	KERNEL_RAISE,
	KERNEL_RELEASE,
};

struct kernel_claim {
	uint64_t dcid;
	uint16_t slot;
	enum kernel_claim_kind kind;
};

struct kernel_endpoint {
	uint64_t dcid;
	uint32_t endpoint;
	int32_t pid;
	uint32_t uid;
	char comm[16];
	uint32_t waiting;
	uint32_t open;
	uint64_t received;
	uint64_t sent;
};

struct kernel_peer {
	uint32_t node;
	uint8_t address[ADDRESS_MAX];
	uint8_t address_len;
	uint16_t port;
	uint64_t session;
	uint32_t state;
	uint64_t connects;
	uint64_t tx_frames;
	uint64_t tx_bytes;
	uint64_t rx_frames;
	uint64_t rx_bytes;
	uint64_t resent_frames;
	uint64_t duplicate_frames;
	uint64_t bad_frames;
	uint32_t queued_frames;
	uint64_t queued_bytes;
	uint32_t calls_out;
	uint32_t calls_in;
	char last_error[80];
};

struct kernel;

struct kernel_ops {
	/* What went wrong last, in words, for the log. */
	const char *(*message)(struct kernel *kernel);
	int (*open)(struct kernel **kernel);
	void (*close)(struct kernel *kernel);
	/* Readable when something has happened; drain() then. */
	int (*event_fd)(struct kernel *kernel);
	void (*drain)(struct kernel *kernel);

	int (*node_get)(struct kernel *kernel, struct kernel_node *node);
	int (*node_set)(struct kernel *kernel, uint64_t cluster,
			const struct elector *self);
	int (*node_del)(struct kernel *kernel);
	int (*peer_set)(struct kernel *kernel, const struct elector *peer);
	int (*view_stop)(struct kernel *kernel, uint64_t view,
			 const struct view_member *members, uint32_t count);
	int (*view_start)(struct kernel *kernel, uint64_t view,
			  const struct view_member *members, uint32_t count);
	int (*dc_new)(struct kernel *kernel,
		      const struct container *container);
	/* Returns when its endpoints are closed and its calls over. */
	int (*dc_del)(struct kernel *kernel, uint64_t dcid);
	/* A new DC namespace becomes the node's part; its descriptor. */
	int (*dc_attach)(struct kernel *kernel, uint64_t dcid, int *fd);
	int (*slot_set)(struct kernel *kernel, uint64_t dcid,
			uint64_t version, bool replace,
			const struct range *ranges, uint32_t count);
	int (*claim_refuse)(struct kernel *kernel, uint64_t dcid,
			    uint16_t slot, int error);

	/* Lists; @each is called for every entry. */
	int (*dc_list)(struct kernel *kernel,
		       void (*each)(void *context, const struct kernel_dc *dc),
		       void *context);
	int (*claim_list)(struct kernel *kernel,
			  void (*each)(void *context,
				       const struct kernel_claim *claim),
			  void *context);
	int (*endpoint_list)(struct kernel *kernel,
			     void (*each)(void *context,
					  const struct kernel_endpoint *e),
			     void *context);
	int (*peer_list)(struct kernel *kernel,
			 void (*each)(void *context,
				      const struct kernel_peer *peer),
			 void *context);
};

/* The real one (netlink.c), or a test's. */
extern const struct kernel_ops kernel_ops;

#endif /* DVSD_KERNEL_H */
