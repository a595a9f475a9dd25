// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls to the file service.
 */
#include "remote.h"

#include <errno.h>
#include <string.h>

static int ask(struct remote *remote, enum files_type type, const char *path, uint64_t offset,
	       void *buffer, size_t size, struct files_reply *reply)
{
	struct files_request request = { .offset = offset };
	struct dvs_msg msg = { .type = type };
	struct dvs_segment segments[] = {
		[FILES_PATH] = dvs_readable(path, strlen(path)),
		[FILES_DATA] = dvs_writable(buffer, size),
	};

	memcpy(msg.payload, &request, sizeof(request));
	remote->calls++;
	remote->call_error = 0;
	if (dvs_call(DVS_SELF, remote->slot, &msg, segments, buffer ? 2 : 1,
		     remote->timeout_ms)) {
		remote->call_error = errno;
		return errno;
	}
	if (msg.type != FILES_DONE)
		return EPROTO;
	memcpy(reply, msg.payload, sizeof(*reply));
	/* What the service says of this process's memory must be possible. */
	if (reply->length > size)
		return EPROTO;
	return (int)reply->error;
}

int remote_stat(struct remote *remote, const char *path, struct files_reply *reply)
{
	return ask(remote, FILES_STAT, path, 0, NULL, 0, reply);
}

int remote_list(struct remote *remote, const char *path, uint64_t offset, void *buffer,
		size_t size, struct files_reply *reply)
{
	return ask(remote, FILES_LIST, path, offset, buffer, size, reply);
}

int remote_read(struct remote *remote, const char *path, uint64_t offset, void *buffer,
		size_t size, struct files_reply *reply)
{
	return ask(remote, FILES_READ, path, offset, buffer, size, reply);
}
