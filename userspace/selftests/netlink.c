// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A sanitizer kernel in an emulator is slow; an answer that never comes is a bug. */
#define ANSWER_MS	60000

void request_put(struct request *r, __u16 type, const void *data, size_t length)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + length, .nla_type = type };
	size_t needed = r->length + NLA_HDRLEN + NLA_ALIGN(length);

	if (needed > r->size) {
		r->size = needed * 2;
		r->data = realloc(r->data, r->size);
		if (!r->data)
			abort();
	}
	memset(r->data + r->length, 0, needed - r->length);
	memcpy(r->data + r->length, &attr, sizeof(attr));
	if (length)
		memcpy(r->data + r->length + NLA_HDRLEN, data, length);
	r->length = needed;
}

void request_header(struct request *r, __u16 type, __u16 flags, const void *header, size_t length)
{
	struct nlmsghdr nlh = {
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
	};

	r->size = 4096;
	r->data = calloc(1, r->size);
	if (!r->data)
		abort();
	memcpy(r->data, &nlh, sizeof(nlh));
	memcpy(r->data + NLMSG_HDRLEN, header, length);
	r->length = NLMSG_HDRLEN + NLMSG_ALIGN(length);
}

void request_begin(struct request *r, struct netlink *nl, __u8 command)
{
	struct genlmsghdr genl = { .cmd = command, .version = DVS_FAMILY_VERSION };

	request_header(r, nl->family, 0, &genl, sizeof(genl));
}

void request_u8(struct request *r, __u16 type, __u8 value)
{
	request_put(r, type, &value, sizeof(value));
}

void request_u16(struct request *r, __u16 type, __u16 value)
{
	request_put(r, type, &value, sizeof(value));
}

void request_u32(struct request *r, __u16 type, __u32 value)
{
	request_put(r, type, &value, sizeof(value));
}

void request_uint(struct request *r, __u16 type, __u64 value)
{
	if (value == (__u32)value)
		request_u32(r, type, value);
	else
		request_put(r, type, &value, sizeof(value));
}

void request_string(struct request *r, __u16 type, const char *string)
{
	request_put(r, type, string, strlen(string) + 1);
}

size_t request_nest(struct request *r, __u16 type)
{
	size_t nest = r->length;

	request_put(r, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void request_end(struct request *r, size_t nest)
{
	((struct nlattr *)(r->data + nest))->nla_len = r->length - nest;
}

void request_free(struct request *r)
{
	free(r->data);
	memset(r, 0, sizeof(*r));
}

int netlink_send(struct netlink *nl, const void *data, size_t length)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(nl->fd, data, length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ?
		-errno : 0;
}

static int receive(struct netlink *nl, void *buffer, size_t size, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = nl->fd, .events = POLLIN };
	ssize_t length;
	int ready;

	ready = poll(&poll_fd, 1, timeout_ms);
	if (ready <= 0)
		return ready ? -errno : -ETIME;
	length = recv(nl->fd, buffer, size, MSG_TRUNC);
	if (length < 0)
		return -errno;
	return (size_t)length > size ? -EMSGSIZE : length;
}

/* What an ack or the end of a dump says */
static int result(struct netlink *nl, const struct nlmsghdr *nlh)
{
	size_t skip = nlh->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
	const char *end = (const char *)nlh + nlh->nlmsg_len, *at;
	const struct nlattr *attr;
	int error;

	memcpy(&error, NLMSG_DATA(nlh), sizeof(error));
	nl->message[0] = '\0';
	nl->attribute = 0;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return error;
	if (nlh->nlmsg_type == NLMSG_ERROR && !(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += ((const struct nlmsgerr *)NLMSG_DATA(nlh))->msg.nlmsg_len - NLMSG_HDRLEN;
	for (at = (const char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(skip); at + NLA_HDRLEN <= end;
	     at += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(nl->message, sizeof(nl->message), "%s", at + NLA_HDRLEN);
		else if (attr->nla_type == NLMSGERR_ATTR_OFFS)
			memcpy(&nl->attribute, at + NLA_HDRLEN, sizeof(nl->attribute));
	}
	return error;
}

typedef int (*each_t)(const struct genlmsghdr *message, size_t length, void *data);

/* Everything that belongs to the request sent last, until its end */
static int collect(struct netlink *nl, each_t each, void *data)
{
	static __thread char buffer[65536] __aligned(8);
	const struct nlmsghdr *nlh;
	int length, error = 0;

	for (;;) {
		length = receive(nl, buffer, sizeof(buffer), ANSWER_MS);
		if (length < 0)
			return length;
		for (nlh = (void *)buffer; NLMSG_OK(nlh, (unsigned int)length);
		     nlh = NLMSG_NEXT(nlh, length)) {
			if (nlh->nlmsg_seq != nl->sequence)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				return error ?: result(nl, nlh);
			if (!error)
				error = each(NLMSG_DATA(nlh), nlh->nlmsg_len - NLMSG_HDRLEN, data);
		}
	}
}

static int keep(const struct genlmsghdr *message, size_t length, void *data)
{
	struct netlink *nl = data;

	if (length > sizeof(nl->reply))
		return -EMSGSIZE;
	memcpy(nl->reply, message, length);
	nl->length = length;
	return 0;
}

int netlink_answer(struct netlink *nl)
{
	nl->length = 0;
	return collect(nl, keep, nl);
}

static int submit(struct netlink *nl, struct request *r, __u16 flags)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)r->data;
	int error;

	nlh->nlmsg_len = r->length;
	nlh->nlmsg_flags |= flags;
	nlh->nlmsg_seq = ++nl->sequence;
	error = netlink_send(nl, r->data, r->length);
	request_free(r);
	return error;
}

int netlink_do(struct netlink *nl, struct request *r)
{
	return submit(nl, r, 0) ?: netlink_answer(nl);
}

int netlink_dump(struct netlink *nl, struct request *r, each_t each, void *data)
{
	return submit(nl, r, NLM_F_DUMP) ?: collect(nl, each, data);
}

static const struct nlattr *search(const char *at, const char *end, __u16 type)
{
	const struct nlattr *attr;

	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

static __u64 value(const struct nlattr *attr)
{
	size_t length = attr ? attr->nla_len - NLA_HDRLEN : 0;
	__u64 u64 = 0;

	/* Little-endian, as all machines these tests run on. */
	memcpy(&u64, (const char *)attr + NLA_HDRLEN, length < sizeof(u64) ? length : sizeof(u64));
	return u64;
}

const struct nlattr *attribute(const void *message, size_t length, __u16 type)
{
	const char *at = message;

	return search(at + GENL_HDRLEN, at + length, type);
}

const struct nlattr *attribute_next(const void *message, size_t length, const struct nlattr *after)
{
	return search((const char *)after + NLA_ALIGN(after->nla_len),
		      (const char *)message + length,
		      after->nla_type & NLA_TYPE_MASK);
}

__u64 attribute_uint(const void *message, size_t length, __u16 type)
{
	return value(attribute(message, length, type));
}

const char *attribute_string(const void *message, size_t length, __u16 type)
{
	const struct nlattr *attr = attribute(message, length, type);

	return attr ? (const char *)attr + NLA_HDRLEN : "";
}

__u64 nested_uint(const struct nlattr *nest, __u16 type)
{
	const char *at = (const char *)nest;

	return value(search(at + NLA_HDRLEN, at + nest->nla_len, type));
}

__u64 reply_uint(const struct netlink *nl, __u16 type)
{
	return attribute_uint(nl->reply, nl->length, type);
}

const char *reply_string(const struct netlink *nl, __u16 type)
{
	return attribute_string(nl->reply, nl->length, type);
}

int netlink_socket(struct netlink *nl, int protocol)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int one = 1;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return -errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (bind(nl->fd, (struct sockaddr *)&any, sizeof(any))) {
		int error = -errno;

		netlink_close(nl);
		return error;
	}
	return 0;
}

static __u32 find_group(const struct netlink *nl)
{
	const struct nlattr *groups = attribute(nl->reply, nl->length, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *first;
	const char *at = (const char *)groups;

	if (!groups)
		return 0;
	first = search(at + NLA_HDRLEN, at + groups->nla_len, 1);
	return first ? nested_uint(first, CTRL_ATTR_MCAST_GRP_ID) : 0;
}

int netlink_open(struct netlink *nl)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 2 };
	struct request r;
	int error;

	error = netlink_socket(nl, NETLINK_GENERIC);
	if (error)
		return error;
	request_header(&r, GENL_ID_CTRL, 0, &genl, sizeof(genl));
	request_string(&r, CTRL_ATTR_FAMILY_NAME, DVS_FAMILY_NAME);
	error = netlink_do(nl, &r);
	if (error) {
		netlink_close(nl);
		return error;
	}
	nl->family = reply_uint(nl, CTRL_ATTR_FAMILY_ID);
	nl->events = find_group(nl);
	return 0;
}

void netlink_close(struct netlink *nl)
{
	close(nl->fd);
	nl->fd = -1;
}

int netlink_subscribe(struct netlink *nl)
{
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->events,
			  sizeof(nl->events)) ? -errno : 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int netlink_event(struct netlink *nl, int timeout_ms)
{
	char buffer[8192] __aligned(8);
	const struct nlmsghdr *nlh = (void *)buffer;
	long end = now_ms() + timeout_ms;
	const struct genlmsghdr *genl;
	int length;

	do {
		long left = end - now_ms();

		length = receive(nl, buffer, sizeof(buffer), left > 0 ? left : 0);
		if (length < 0)
			return length;
	} while (!NLMSG_OK(nlh, (unsigned int)length) || nlh->nlmsg_type != nl->family ||
		 nlh->nlmsg_seq);
	genl = NLMSG_DATA(nlh);
	return keep(genl, nlh->nlmsg_len - NLMSG_HDRLEN, nl) ?: genl->cmd;
}
