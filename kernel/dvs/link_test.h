/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of links have in common: nodes on the loopback device,
 * each with one link, and frames that count what becomes of them.
 */
#ifndef _DVS_LINK_TEST_H
#define _DVS_LINK_TEST_H

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "link_private.h"
#include "node.h"

#define CLUSTER		0x1234
#define PORT		17340
#define PATIENCE	(120 * HZ)

/**
 * struct side - a node with a link to the other
 * @node: the node
 * @peer: what it knows of the other
 * @link: link to the other
 * @listener: its listener
 * @wait: woken when something was received or released
 * @received: number of frames received
 * @disorder: frames received in another place than they were sent
 * @quiet: frames must not be received; @disorder counts those that are
 * @refuse: what receive says of frames
 * @released: frames released
 * @acked: those among them that were acknowledged
 * @sent: those among them that may have arrived
 */
struct side {
	struct dvs_node node;
	struct dvs_peer peer;
	struct dvs_link *link;
	struct dvs_listener *listener;
	wait_queue_head_t wait;
	atomic_t received;
	atomic_t disorder;
	bool quiet;
	const char *refuse;
	atomic_t released;
	atomic_t acked;
	atomic_t sent;
};

struct test_frame {
	struct dvs_frame frame;
	struct side *side;
	struct dvs_wire_reply payload;
	int releases;
};

/* Bytes that tell where they belong, and whether they still do. */
static inline u8 bulk_byte(u32 i)
{
	return i ^ i >> 8 ^ i >> 16;
}

static inline void fill_bulk(u8 *data)
{
	u32 i;

	for (i = 0; i < DVS_COPY_CHUNK; i++)
		data[i] = bulk_byte(i);
}

static inline bool is_bulk(const u8 *data)
{
	u32 i;

	for (i = 0; i < DVS_COPY_CHUNK; i++) {
		if (data[i] != bulk_byte(i))
			return false;
	}
	return true;
}

/* Frames carry their number in the call field. */
static inline const char *receive(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  void **payload)
{
	struct side *side = container_of(peer, struct side, peer);

	if (side->refuse)
		return side->refuse;
	if (READ_ONCE(side->quiet) ||
	    le64_to_cpu(header->call) != atomic_read(&side->received) + 1)
		atomic_inc(&side->disorder);
	if (header->type == DVS_WIRE_WRITE &&
	    !is_bulk(*payload + sizeof(struct dvs_wire_copy)))
		atomic_inc(&side->disorder);
	/* Keep some payloads, as the callee may. */
	if (header->call & cpu_to_le64(1)) {
		kvfree(*payload);
		*payload = NULL;
	}
	atomic_inc(&side->received);
	wake_up(&side->wait);
	return NULL;
}

static inline void changed(struct dvs_peer *peer)
{
	might_sleep();
}

static const struct dvs_link_ops test_ops = {
	.receive = receive,
	.changed = changed,
};

static inline void release(struct dvs_frame *frame, bool acked, bool sent)
{
	struct test_frame *tf = container_of(frame, struct test_frame, frame);
	struct side *side = tf->side;

	might_sleep();
	tf->releases++;
	atomic_add(acked, &side->acked);
	atomic_add(sent, &side->sent);
	atomic_inc(&side->released);
	wake_up(&side->wait);
}

static inline struct test_frame *make_frames(struct kunit *test,
					     struct side *side, int count)
{
	struct test_frame *frames;
	int i;

	frames = kunit_kcalloc(test, count, sizeof(*frames), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, frames);
	for (i = 0; i < count; i++) {
		struct dvs_frame *frame = &frames[i].frame;

		frames[i].side = side;
		frame->header.type = DVS_WIRE_REPLY;
		frame->header.dcid = cpu_to_le64(1);
		frame->header.call = cpu_to_le64(i + 1);
		frame->payload = &frames[i].payload;
		frame->length = sizeof(frames[i].payload);
		frame->release = release;
	}
	return frames;
}

#define BULK	((u32)(sizeof(struct dvs_wire_copy) + DVS_COPY_CHUNK))

/* Frames as long as can be, which share a payload. */
static inline struct test_frame *make_bulk_frames(struct kunit *test,
						  struct side *side, int count)
{
	struct test_frame *frames = make_frames(test, side, count);
	struct dvs_wire_copy *copy = kunit_kzalloc(test, BULK, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	copy->copy = cpu_to_le64(1);
	copy->length = cpu_to_le32(DVS_COPY_CHUNK);
	fill_bulk((u8 *)(copy + 1));
	for (i = 0; i < count; i++) {
		frames[i].frame.header.type = DVS_WIRE_WRITE;
		frames[i].frame.payload = copy;
		frames[i].frame.length = BULK;
	}
	return frames;
}

static inline int send(struct side *side, struct test_frame *frames, int count)
{
	int i, err = 0;

	for (i = 0; i < count && !err; i++)
		err = dvs_link_send(side->link, &frames[i].frame);
	return err;
}

static inline struct sockaddr_storage address_of(u32 id, int family)
{
	struct sockaddr_storage address = { .ss_family = family };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	struct sockaddr_in *in = (struct sockaddr_in *)&address;

	if (family == AF_INET6) {
		in6->sin6_addr = in6addr_loopback;
		in6->sin6_port = htons(PORT + id);
	} else {
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		in->sin_port = htons(PORT + id);
	}
	return address;
}

static inline void make_side(struct kunit *test, struct mutex *mutex,
			     struct side *side, u32 id, u32 other, int family)
{
	init_waitqueue_head(&side->wait);
	refcount_set(&side->node.ref, 1);
	side->node.net = &init_net;
	side->node.mutex = mutex;
	side->node.cluster = CLUSTER;
	side->node.id = id;
	side->node.incarnation = id;
	side->node.address = address_of(id, family);
	xa_init(&side->node.peers);
	side->node.workqueue = alloc_workqueue("dvs_test", WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_NULL(test, side->node.workqueue);

	refcount_set(&side->peer.ref, 1);
	side->peer.node = &side->node;
	side->peer.id = other;
	side->peer.address = address_of(other, family);
	spin_lock_init(&side->peer.lock);

	side->link = dvs_link_create(&side->peer, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, side->link);
	side->link->ops = &test_ops;
	side->peer.link = side->link;
	KUNIT_ASSERT_FALSE(test, xa_is_err(xa_store(&side->node.peers, other,
						    &side->peer, GFP_KERNEL)));

	mutex_lock(mutex);
	side->listener = dvs_listener_create(&side->node);
	mutex_unlock(mutex);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, side->listener);
}

static inline void end_side(struct mutex *mutex, struct side *side)
{
	mutex_lock(mutex);
	if (!IS_ERR_OR_NULL(side->listener))
		dvs_listener_destroy(side->listener);
	xa_erase(&side->node.peers, side->peer.id);
	if (side->link)
		dvs_link_destroy(side->link);
	mutex_unlock(mutex);
	/* What found the peer or the link in time lets go of it. */
	rcu_barrier();
	if (side->node.workqueue)
		destroy_workqueue(side->node.workqueue);
	xa_destroy(&side->node.peers);
}

static inline int loopback_up(struct kunit_suite *suite)
{
	struct net_device *lo = init_net.loopback_dev;
	int err;

	rtnl_lock();
	err = dev_change_flags(lo, lo->flags | IFF_UP, NULL);
	rtnl_unlock();
	return err;
}

#endif /* _DVS_LINK_TEST_H */
