// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"

static int connect_from(const char *from, const char *to)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	struct sockaddr_in remote = { .sin_family = AF_INET, .sin_port = htons(CLUSTER_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	inet_pton(AF_INET, from, &local.sin_addr);
	inet_pton(AF_INET, to, &remote.sin_addr);
	if (!bind(fd, (struct sockaddr *)&local, sizeof(local)) &&
	    !connect(fd, (struct sockaddr *)&remote, sizeof(remote)))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int frame_connect(struct cluster *cluster, unsigned int from, unsigned int to)
{
	int fd, error = cluster_enter(cluster, from);

	if (error)
		return error;
	fd = connect_from(cluster_address(from), cluster_address(to));
	error = cluster_enter(cluster, -1);
	if (error && fd >= 0)
		close(fd);
	return error ?: fd;
}

void frame_hello(struct frame *frame, const struct cluster *cluster, unsigned int from,
		 unsigned int to)
{
	memset(frame, 0, sizeof(*frame));
	frame->header.version = FRAME_VERSION;
	frame->header.type = FRAME_HELLO;
	frame->header.length = sizeof(frame->hello);
	frame->header.session = cluster->session[from];
	frame->hello.magic = FRAME_MAGIC;
	frame->hello.version_min = FRAME_VERSION;
	frame->hello.version_max = FRAME_VERSION;
	frame->hello.cluster = CLUSTER_NUMBER;
	frame->hello.incarnation = 1;
	frame->hello.session = cluster->session[from];
	frame->hello.peer_session = cluster->session[to];
	frame->hello.node = from + 1;
	frame->hello.peer = to + 1;
}

static __u32 usual_length(enum frame_type type)
{
	switch (type) {
	case FRAME_HELLO:
		return sizeof(struct frame_hello);
	case FRAME_REQUEST:
	case FRAME_MESSAGE:
		return offsetof(struct frame_request, segments);
	case FRAME_REPLY:
		return sizeof(struct frame_reply);
	case FRAME_READ:
	case FRAME_COPIED:
		return sizeof(struct frame_copy);
	case FRAME_WRITE:
		return sizeof(struct frame_copy) + 16;
	case FRAME_NOTIFY:
	case FRAME_NOTIFIED:
		return sizeof(struct frame_notify);
	case FRAME_WATCH:
	case FRAME_WATCHED:
		return sizeof(struct frame_watch);
	case FRAME_ACK:
	case FRAME_CANCEL:
		break;
	}
	return 0;
}

void frame_make(struct frame *frame, const struct cluster *cluster, unsigned int from,
		enum frame_type type, __u32 sequence, __u64 dcid, __u32 destination)
{
	memset(frame, 0, sizeof(*frame));
	frame->header = (struct frame_header){
		.version = FRAME_VERSION,
		.type = type,
		.length = usual_length(type),
		.sequence = sequence,
		.session = cluster->session[from],
		.dcid = dcid,
		.call = FRAME_CALLS + sequence,
		.source = FRAME_SOURCE,
		.destination = destination,
	};
	/* Only what is sent to the owner of a slot has its epoch. */
	if (type == FRAME_REQUEST || type == FRAME_MESSAGE || type == FRAME_NOTIFY ||
	    type == FRAME_WATCH)
		frame->header.epoch = 1;
	switch (type) {
	case FRAME_ACK:
		/* It belongs to no container and has no place in the sequence. */
		frame->header = (struct frame_header){
			.version = FRAME_VERSION,
			.type = type,
			.session = cluster->session[from],
		};
		break;
	case FRAME_READ:
	case FRAME_WRITE:
	case FRAME_COPIED:
		frame->copy.copy = 1;
		frame->copy.length = 16;
		break;
	case FRAME_NOTIFY:
		frame->notify.bits = 1;
		break;
	case FRAME_WATCH:
		frame->watch.events = DVS_WAIT_BOUND;
		frame->watch.endpoint = destination;
		break;
	default:
		break;
	}
}

int frame_send_bytes(int fd, const void *data, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);

		if (sent < 0)
			return -errno;
		data = (const char *)data + sent;
		length -= sent;
	}
	return 0;
}

int frame_send(int fd, const struct frame *frame)
{
	return frame_send_bytes(fd, frame, sizeof(frame->header) + frame->header.length);
}

static int read_bytes(int fd, void *data, size_t length)
{
	while (length) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return -ETIME;
		got = recv(fd, data, length, 0);
		if (got <= 0)
			return -EPIPE;
		data = (char *)data + got;
		length -= got;
	}
	return 0;
}

int frame_receive(int fd, struct frame *frame)
{
	int error = read_bytes(fd, &frame->header, sizeof(frame->header));

	if (error)
		return error;
	if (frame->header.length > sizeof(frame->bytes))
		return -EMSGSIZE;
	return read_bytes(fd, frame->bytes, frame->header.length);
}

bool frame_closed(int fd)
{
	char data[4096];
	int error;

	/* What it had to say before does not matter. */
	do {
		error = read_bytes(fd, data, 1);
	} while (!error);
	return error == -EPIPE;
}
