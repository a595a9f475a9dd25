// SPDX-License-Identifier: GPL-2.0-or-later
/* A service that writes the text of a request in capitals: dvs-example-server [SLOT] */
#include <ctype.h>
#include <dvs.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned int slot = argc > 1 ? atoi(argv[1]) : 100;
	int endpoint = dvs_open(slot, 10000);
	struct dvs_receive_args in = { 0 };
	struct dvs_msg *msg = &in.msg;
	uint64_t token = 0;

	if (endpoint < 0)
		errx(1, "slot %u: %s", slot, dvs_strerror(DVS_OP_BIND, errno));

	/* Answer the last request, if there is one, and wait for the next. */
	while (!dvs_answer_next(endpoint, token, msg, NULL, &in, -1)) {
		token = in.kind == DVS_KIND_REQUEST ? msg->token : 0;
		for (int i = 0; i < DVS_PAYLOAD_SIZE; i++)
			msg->payload[i] = toupper(msg->payload[i]);
	}
	errx(1, "cannot receive: %s", dvs_strerror(DVS_OP_REPLYREC, errno));
}
