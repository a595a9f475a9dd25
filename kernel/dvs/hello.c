// SPDX-License-Identifier: GPL-2.0
/*
 * HELLO, the first frame in each direction of a connection: saying it, and
 * judging the other side's by what this node knows. What can be judged without
 * knowing anything is in wire.c.
 */
#include "link_private.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>

#include "node.h"

/**
 * dvs_hello_fill - make this side's HELLO the next thing to send
 * @link: the link, whose lock the caller holds
 * @conn: its connection. No other may be delivering frames any more, for the
 *	HELLO says which frames have been received, once it is sent
 */
void dvs_hello_fill(struct dvs_link *link, struct dvs_connection *conn)
{
	lockdep_assert_held(&link->lock);

	conn->tx_hello = (struct dvs_wire_hello) {
		.magic = cpu_to_le32(DVS_WIRE_MAGIC),
		.version_min = cpu_to_le16(DVS_WIRE_VERSION),
		.version_max = cpu_to_le16(DVS_WIRE_VERSION),
		.cluster = cpu_to_le64(link->node->cluster),
		.incarnation = cpu_to_le64(link->node->incarnation),
		.session = cpu_to_le64(link->session),
		.peer_session = cpu_to_le64(link->peer_session),
		.node = cpu_to_le16(link->node->id),
		.peer = cpu_to_le16(link->peer->id),
	};
	conn->hello_due = true;
}

/* Is the sender a node of this cluster that means this node? */
const char *dvs_hello_check_node(const struct dvs_node *node,
				 const struct dvs_wire_hello *hello)
{
	if (le64_to_cpu(hello->cluster) != node->cluster)
		return "HELLO from another cluster";
	if (le16_to_cpu(hello->peer) != node->id)
		return "HELLO for another node";
	return NULL;
}

/* Do both sides speak of the same two sessions, and what happened in them? */
const char *dvs_hello_check_sessions(const struct dvs_link *link,
				     const struct dvs_wire_hello *hello)
{
	lockdep_assert_held(&link->lock);

	if (le64_to_cpu(hello->session) != link->peer_session) {
		atomic64_inc(&link->node->stale_frames);
		return "HELLO from another session of that node";
	}
	if (le64_to_cpu(hello->peer_session) != link->session) {
		atomic64_inc(&link->node->stale_frames);
		return "HELLO for another session of this node";
	}
	return dvs_link_queue_check(&link->queue, le32_to_cpu(hello->received));
}

/* IPv4 addresses may come as they are or mapped into IPv6. */
static struct in6_addr host_of(const struct sockaddr_storage *address)
{
	struct in6_addr host = {};

	if (address->ss_family == AF_INET)
		ipv6_addr_set_v4mapped(((struct sockaddr_in *)address)->sin_addr.s_addr,
				       &host);
	else if (address->ss_family == AF_INET6)
		host = ((struct sockaddr_in6 *)address)->sin6_addr;
	return host;
}

static bool comes_from(const struct dvs_connection *conn, struct dvs_peer *peer)
{
	struct in6_addr expected, actual;

	spin_lock_bh(&peer->lock);
	expected = host_of(&peer->address);
	spin_unlock_bh(&peer->lock);

	actual = host_of(&conn->address);
	return ipv6_addr_equal(&expected, &actual);
}

/**
 * dvs_hello_find_link - the link that an accepted connection is for
 * @conn: the connection, with the other side's HELLO
 * @reason: why there is none
 *
 * Return: the link, to be given back with dvs_link_put(), or NULL.
 */
struct dvs_link *dvs_hello_find_link(struct dvs_connection *conn,
				     const char **reason)
{
	u32 id = le16_to_cpu(conn->hello.node);
	struct dvs_link *link = NULL;
	struct dvs_peer *peer;

	*reason = dvs_hello_check_node(conn->node, &conn->hello);
	if (*reason)
		return NULL;
	if (id < conn->node->id) {
		*reason = "HELLO from a node that must not connect but be connected to";
		return NULL;
	}

	/*
	 * A link is freed after a grace period that begins when its peer is no
	 * longer found.
	 */
	rcu_read_lock();
	peer = dvs_peer_get(conn->node, id);
	if (peer) {
		link = READ_ONCE(peer->link);
		if (link && !refcount_inc_not_zero(&link->ref))
			link = NULL;
	}
	rcu_read_unlock();

	if (!link) {
		*reason = "HELLO from an unknown node";
	} else if (!comes_from(conn, peer)) {
		*reason = "HELLO from an address that is not that node's";
		dvs_link_put(link);
		link = NULL;
	}

	if (peer)
		dvs_peer_put(peer);
	return link;
}
