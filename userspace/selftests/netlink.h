/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The netlink family "dvs" for tests: requests are put together by hand, so
 * that a test can also send what no sane program would. Every function returns
 * 0 or more, or a negated errno. In netlink.c and, one function for each command,
 * commands.c.
 */
#ifndef DVS_SELFTESTS_NETLINK_H
#define DVS_SELFTESTS_NETLINK_H

#include <linux/dvs_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef __aligned
#define __aligned(x)	__attribute__((__aligned__(x)))
#endif

/**
 * struct netlink - a socket; it belongs to the network namespace it was opened in
 * @fd: the socket
 * @family: number of the family
 * @events: number of the multicast group "events"
 * @sequence: of the last request
 * @message: what the kernel said of the last error
 * @attribute: offset of the attribute it complained about, 0 for none
 * @length: bytes in @reply
 * @reply: the last answer of netlink_do(), a generic netlink message
 */
struct netlink {
	int fd;
	__u16 family;
	__u32 events;
	__u32 sequence;
	char message[256];
	__u32 attribute;
	size_t length;
	char reply[8192] __aligned(8);
};

int netlink_open(struct netlink *nl);
/* Of another protocol: only requests made with request_header() */
int netlink_socket(struct netlink *nl, int protocol);
void netlink_close(struct netlink *nl);

/* Hear what is sent to the group from now on. */
int netlink_subscribe(struct netlink *nl);
/* The next notification, to @reply: its command, or -ETIME. */
int netlink_event(struct netlink *nl, int timeout_ms);

/**
 * struct request - a request in the making
 * @data: the message; grows as needed
 * @length: bytes of it
 * @size: bytes allocated
 */
struct request {
	char *data;
	size_t length;
	size_t size;
};

void request_begin(struct request *r, struct netlink *nl, __u8 command);
/* The same with the header of another family or protocol */
void request_header(struct request *r, __u16 type, __u16 flags, const void *header, size_t length);
void request_put(struct request *r, __u16 type, const void *data, size_t length);
void request_u8(struct request *r, __u16 type, __u8 value);
void request_u16(struct request *r, __u16 type, __u16 value);
void request_u32(struct request *r, __u16 type, __u32 value);
/* A uint: 4 bytes if that is enough, else 8 */
void request_uint(struct request *r, __u16 type, __u64 value);
void request_string(struct request *r, __u16 type, const char *string);
/* Returns what request_end() wants. */
size_t request_nest(struct request *r, __u16 type);
void request_end(struct request *r, size_t nest);
void request_free(struct request *r);

/*
 * Send a request and wait for its end. An answer is left in @nl->reply. The
 * request is freed.
 */
int netlink_do(struct netlink *nl, struct request *r);
/* Call @each for every message of a dump until it returns an error. */
int netlink_dump(struct netlink *nl, struct request *r,
		 int (*each)(const struct genlmsghdr *message, size_t length, void *data),
		 void *data);
/* Just send: for messages with a broken header. */
int netlink_send(struct netlink *nl, const void *data, size_t length);
/* Wait for the end of the request sent last. */
int netlink_answer(struct netlink *nl);

/* Attributes of an answer; @length is that of the whole message. NULL, 0 or "" when missing. */
const struct nlattr *attribute(const void *message, size_t length, __u16 type);
/* The next of the same type */
const struct nlattr *attribute_next(const void *message, size_t length,
				    const struct nlattr *after);
/* Of an answer, or of a nest given as struct nlattr */
__u64 attribute_uint(const void *message, size_t length, __u16 type);
const char *attribute_string(const void *message, size_t length, __u16 type);
__u64 nested_uint(const struct nlattr *nest, __u16 type);
/* Of @nl->reply */
__u64 reply_uint(const struct netlink *nl, __u16 type);
const char *reply_string(const struct netlink *nl, __u16 type);

/* The commands. */

struct test_member {
	__u32 node;
	__u64 session;
};

struct test_range {
	__u32 first;
	__u32 last;
	__u32 node;
	__u64 epoch;
	__u32 floor;
	__u32 ceiling;
};

/* @address is written as people do, IPv4 or IPv6. */
int test_node_set(struct netlink *nl, __u64 cluster, __u32 node, const char *address, __u16 port);
int test_node_del(struct netlink *nl);
int test_node_get(struct netlink *nl);
int test_peer_set(struct netlink *nl, __u32 node, const char *address, __u16 port);
int test_peer_del(struct netlink *nl, __u32 node);
int test_peer_get(struct netlink *nl, __u32 node);
int test_view_stop(struct netlink *nl, __u64 view, const struct test_member *members,
		   unsigned int count);
int test_view_start(struct netlink *nl, __u64 view, const struct test_member *members,
		    unsigned int count);
/* Limits of 0 are left out. */
int test_dc_new(struct netlink *nl, __u64 dcid, const char *name, __u32 endpoint_limit,
		__u32 call_limit);
int test_dc_del(struct netlink *nl, __u64 dcid);
int test_dc_attach(struct netlink *nl, __u64 dcid, int ns_fd);
int test_dc_get(struct netlink *nl, __u64 dcid);
int test_slots_set(struct netlink *nl, __u64 dcid, __u64 version, bool replace,
		   const struct test_range *ranges, unsigned int count);
int test_claim_get(struct netlink *nl, __u64 dcid, __u32 slot);
int test_claim_refuse(struct netlink *nl, __u64 dcid, __u32 slot, int error);

#endif /* DVS_SELFTESTS_NETLINK_H */
