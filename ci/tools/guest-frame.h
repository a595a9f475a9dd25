/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guest-exec (host) and guest-agent (guest) say to each other over a virtio-serial port.
 *
 * The port is reliable while both ends stay, but either may leave in the middle of a frame and
 * the next one finds the rest. So every frame carries the random number of its run: a host
 * skips what is not of its own run, and begins with enough zeros to complete whatever frame its
 * predecessor left unfinished; zeros between frames mean nothing.
 */
#ifndef GUEST_FRAME_H
#define GUEST_FRAME_H

#include <stdint.h>

#define FRAME_MAGIC	0x64767331u
#define FRAME_MAX	4096u

enum frame_type {
	/* host to guest */
	FRAME_START = 1,	/* argument strings, each ended by a NUL */
	FRAME_STDIN,		/* data; empty: end of file */
	FRAME_KILL,		/* end the run */
	/* guest to host */
	FRAME_STDOUT,
	FRAME_STDERR,
	FRAME_EXIT,		/* one byte: exit code, 128 + signal when killed */
};

/* Both ends are x86: native order is the wire's. */
struct frame_header {
	uint32_t magic;
	uint32_t type;
	uint64_t run;
	uint32_t length;
	uint32_t pad;
};

_Static_assert(sizeof(struct frame_header) == 24, "the same on both ends");

#endif
