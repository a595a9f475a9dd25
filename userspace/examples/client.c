// SPDX-License-Identifier: GPL-2.0-or-later
/* Ask the example's server, on whatever node it is: dvs-example-client TEXT [SLOT] */
#include <dvs.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	unsigned int slot = argc > 2 ? atoi(argv[2]) : 100;
	struct dvs_msg msg = { .type = 1 };

	if (argc < 2)
		errx(2, "usage: dvs-example-client TEXT [SLOT]");
	strncpy((char *)msg.payload, argv[1], sizeof(msg.payload) - 1);

	/* A bare slot number names whoever holds the slot now. */
	if (dvs_call(DVS_SELF, slot, &msg, NULL, 0, 10000))
		errx(1, "slot %u: %s", slot, dvs_strerror(DVS_OP_SENDREC, errno));

	printf("%.*s\n", DVS_PAYLOAD_SIZE, (char *)msg.payload);
	return 0;
}
