/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file service as a client sees it.
 */
#ifndef VOS_REMOTE_H
#define VOS_REMOTE_H

#include <stddef.h>
#include <stdint.h>

#include "files.h"

/**
 * struct remote - a file service
 * @slot: where it is
 * @timeout_ms: time limit of each call, negative for none
 * @calls: calls made
 * @call_error: errno of the last call that did not come back with a reply, else 0
 */
struct remote {
	uint32_t slot;
	int timeout_ms;
	uint64_t calls;
	int call_error;
};

/*
 * One call each. Return 0 or an errno: the service's own, or, with call_error
 * set, that of the call. Buffers are what the service writes to, directly.
 */
int remote_stat(struct remote *remote, const char *path, struct files_reply *reply);
int remote_list(struct remote *remote, const char *path, uint64_t offset, void *buffer,
		size_t size, struct files_reply *reply);
int remote_read(struct remote *remote, const char *path, uint64_t offset, void *buffer,
		size_t size, struct files_reply *reply);

#endif /* VOS_REMOTE_H */
