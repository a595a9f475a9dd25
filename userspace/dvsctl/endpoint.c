// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl endpoint
 */
#include "dvsctl.h"

static char *format_dc(const json_t *row)
{
	const char *name = text_of(row, "dc");

	return format_text("%s", *name ? name : text_of(row, "dcid"));
}

static const struct column columns[] = {
	{ "CONTAINER", "dc", format_dc },
	{ "SLOT", "slot", .right = true },
	{ "GENERATION", "generation", .right = true },
	{ "NODE", "node", .right = true },
	{ "PID", "pid", .right = true },
	{ "UID", "uid", .right = true },
	{ "COMMAND", "comm" },
	{ "WAITING", "waiting", .right = true },
	{ "OPEN", "open", .right = true },
	{ "RECEIVED", "received", .right = true },
	{ "SENT", "sent", .right = true },
	{ NULL }
};

int endpoint_list(struct context *context, int argc, char **argv)
{
	json_t *fields = argc ? json_pack("{s:s}", "dc", argv[0]) : json_object();

	if (!fields)
		return report_error(context, "usage", "the name is not valid UTF-8");
	return list(context, "endpoint", fields, "endpoints", columns);
}
