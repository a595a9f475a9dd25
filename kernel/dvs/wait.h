/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting until a slot is bound, unbound or moved.
 */
#ifndef _DVS_WAIT_H
#define _DVS_WAIT_H

#include <linux/types.h>

struct dvs_dc;
struct dvs_timeout;
struct dvs_wait_args;

/*
 * Which of %DVS_WAIT_BOUND and %DVS_WAIT_UNBOUND hold for an endpoint of this
 * node; @bound is the number bound to the slot, or 0.
 */
u32 dvs_wait_look(struct dvs_dc *dc, u32 endpoint, u32 *bound);

/* dvs_wait(): sets the out fields of @args */
int dvs_wait(struct dvs_dc *dc, struct dvs_wait_args *args,
	     const struct dvs_timeout *timeout);

#endif /* _DVS_WAIT_H */
