// SPDX-License-Identifier: GPL-2.0
/*
 * The order in which the subsystem comes up.
 */
#include <linux/init.h>

#include "dc.h"
#include "node.h"

static int __init dvs_init(void)
{
	int error;

	error = dvs_dc_ns_init();
	if (error)
		return error;
	error = dvs_node_init();
	if (error)
		return error;
	return dvs_netlink_init();
}
subsys_initcall(dvs_init);
