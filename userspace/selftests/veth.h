/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cables between network namespaces. All functions return 0 or a negated errno,
 * and act on the network namespace of the calling thread.
 */
#ifndef DVS_SELFTESTS_VETH_H
#define DVS_SELFTESTS_VETH_H

#include <linux/types.h>

/* Make a pair of interfaces, @name here and @peer_name in the namespace @peer_net. */
int veth_create(const char *name, const char *peer_name, int peer_net);
int veth_set_up(const char *name, int up);
/* Give this namespace the IPv4 address @address, in network byte order. */
int veth_add_address(const char *name, __u32 address);
/* Reach @address, and nothing else, through @name. */
int veth_add_route(const char *name, __u32 address);

#endif /* DVS_SELFTESTS_VETH_H */
