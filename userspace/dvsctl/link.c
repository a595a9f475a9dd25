// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl link
 */
#include "dvsctl.h"

static char *format_address(const json_t *row)
{
	return format_text("%s:%lld", text_of(row, "address"), number_of(row, "port"));
}

static const struct column columns[] = {
	{ "NODE", "node", .right = true },
	{ "PEER", "peer", .right = true },
	{ "STATE", "state" },
	{ "ADDRESS", "address", format_address },
	{ "SESSION", "session", .right = true },
	{ "TX FRAMES", "tx_frames", .right = true },
	{ "TX BYTES", "tx_bytes", .right = true },
	{ "RX FRAMES", "rx_frames", .right = true },
	{ "RX BYTES", "rx_bytes", .right = true },
	{ "RESENT", "resent_frames", .right = true },
	{ "QUEUED", "queued_frames", .right = true },
	{ "CALLS OUT", "calls_out", .right = true },
	{ "CALLS IN", "calls_in", .right = true },
	{ "LAST ERROR", "last_error" },
	{ NULL }
};

int link_list(struct context *context, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return list(context, "link", json_object(), "links", columns);
}
