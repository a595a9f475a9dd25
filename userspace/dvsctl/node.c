// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl node
 */
#include "dvsctl.h"

static char *format_address(const json_t *row)
{
	return format_text("%s:%lld", text_of(row, "address"), number_of(row, "port"));
}

static const struct column columns[] = {
	{ "NODE", "node", .right = true },
	{ "NAME", "name" },
	{ "ADDRESS", "address", format_address },
	{ "STATE", "state" },
	{ "SESSION", "session", .right = true },
	{ "LEADER", "leader" },
	{ "CONTAINERS", "containers", .right = true },
	{ NULL }
};

int node_list(struct context *context, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return list(context, "node", json_object(), NULL, columns);
}
