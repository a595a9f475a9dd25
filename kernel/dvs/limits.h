/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every hard limit of the subsystem, with its reason.
 */
#ifndef _DVS_LIMITS_H
#define _DVS_LIMITS_H

#include <linux/sizes.h>

enum dvs_limits {
	/* Node numbers fill the top 16 bits of &dvs_call_id.origin. */
	DVS_NODE_MAX = 65535,

	/* Default limits of a container on one node; netlink changes them. */
	DVS_ENDPOINTS_DEFAULT = 60000,
	DVS_CALLS_DEFAULT = 65536,

	/* Destinations at which an endpoint may have bits nobody has received. */
	DVS_NOTES_PER_SOURCE = 1024,

	/* One transfer of dvs_vcopy() over a link; longer copies take several. */
	DVS_COPY_CHUNK = SZ_256K,

	/*
	 * Copies of other nodes that wait for the memory of one call's caller. Each
	 * has DVS_COPY_CHUNK of kernel memory at most.
	 */
	DVS_COPIES_PER_CALL = 4,

	/* Pages pinned at a time while copying between address spaces. */
	DVS_COPY_PAGES = 16,

	/* Slots one other node may watch here with dvs_wait(), in all containers. */
	DVS_WATCHES_PER_PEER = 4096,
};

#endif /* _DVS_LIMITS_H */
