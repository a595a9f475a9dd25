/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the links share: link.c, link_transfer.c, tcp.c, hello.c,
 * listener.c and their test. Locking and lifetimes are explained at the top of link.c.
 */
#ifndef _DVS_LINK_PRIVATE_H
#define _DVS_LINK_PRIVATE_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "link.h"
#include "link_queue.h"

struct sock;

enum dvs_link_limits {
	/* Milliseconds between attempts to connect, doubled up to the maximum. */
	DVS_RETRY_MIN = 50,
	DVS_RETRY_MAX = 1000,

	/*
	 * Milliseconds a connector gives an attempt, up to the other side's
	 * HELLO: one repeated SYN. An attempt is cheap to repeat.
	 */
	DVS_CONNECT_TIMEOUT = 2000,

	/* Milliseconds an accepted connection may take to say HELLO. */
	DVS_HELLO_TIMEOUT = 5000,

	/* Accepted connections without a HELLO: what strangers can occupy. */
	DVS_EMBRYOS_MAX = 64,

	/* Milliseconds after which TCP gives up a silent connection. */
	DVS_USER_TIMEOUT = 4000,

	/* Seconds of silence before TCP asks, and between its questions. */
	DVS_KEEPALIVE_IDLE = 2,
	DVS_KEEPALIVE_INTERVAL = 1,

	/* Frames, or milliseconds, after which an ACK is sent on its own. */
	DVS_ACK_FRAMES = 32,
	DVS_ACK_DELAY = 10,

	/* Frames a work item handles before it lets others run. */
	DVS_WORK_BUDGET = 64,

	/* Milliseconds after which an allocation that failed is tried again. */
	DVS_MEMORY_RETRY = 20,
};

/**
 * struct dvs_connection - a TCP connection, from connect() or accept() on
 * @node: this node; referenced
 * @listener: that accepted it, or NULL; constant, but gone some time after
 *	@embryo is cleared
 * @embryo: it is the listener's; under the listener's lock
 * @list: in &dvs_listener.embryos; likewise
 * @link: the link it serves or is offered to, or NULL; constant for a connector.
 *	An embryo's is set once, by its @rx
 * @sock: the socket; constant
 * @address: of the other side; constant
 * @data_ready: callback of the socket that ours replaced; NULL before
 * @state_change: likewise
 * @write_space: likewise
 * @deadline: when the other side's HELLO must have come, in jiffies; constant
 * @dead: to be destroyed by whoever owns it; set once, under the lock of the
 *	link or listener
 * @greeted: the other side's HELLO has come and is good; set once, under the
 *	same lock
 * @ready: both HELLOs are settled, frames may flow; under the link's lock
 * @acks: frames received and not yet acknowledged; under the link's lock
 * @ack_due: send an acknowledgment even if no frame waits; likewise
 * @hello_due: this side's HELLO, in @tx_hello, is to be sent; likewise
 * @hello: what the other side said; written before @greeted is set
 * @rx: receives; alone uses the next group
 * @rx_header: header of the frame that is arriving
 * @rx_payload: its payload; allocated once the header is complete and good
 * @rx_have: bytes of header and payload that have arrived
 * @tx: sends; alone uses the next group
 * @tx_header: header of the frame that is being sent
 * @tx_hello: payload of this side's HELLO
 * @tx_payload: payload of the frame that is being sent
 * @tx_length: bytes of it
 * @tx_done: bytes of header and payload that are sent
 * @tx_busy: a frame is being sent
 * @ack: makes @ack_due when its time has come
 */
struct dvs_connection {
	struct dvs_node *node;
	struct dvs_listener *listener;
	bool embryo;
	struct list_head list;
	struct dvs_link *link;
	struct socket *sock;
	struct sockaddr_storage address;
	void (*data_ready)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	unsigned long deadline;

	bool dead;
	bool greeted;
	bool ready;
	bool ack_due;
	bool hello_due;
	u32 acks;
	struct dvs_wire_hello hello;

	struct delayed_work rx;
	struct dvs_wire_header rx_header;
	void *rx_payload;
	size_t rx_have;

	struct delayed_work tx;
	struct dvs_wire_header tx_header;
	struct dvs_wire_hello tx_hello;
	const void *tx_payload;
	size_t tx_length;
	size_t tx_done;
	bool tx_busy;

	struct delayed_work ack;
};

/**
 * struct dvs_link_ops - what a link calls; a test has its own
 * @receive: see dvs_remote_receive()
 * @changed: see dvs_netlink_link_changed()
 */
struct dvs_link_ops {
	const char *(*receive)(struct dvs_peer *peer,
			       const struct dvs_wire_header *header,
			       void **payload);
	void (*changed)(struct dvs_peer *peer);
};

/**
 * struct dvs_link - a link
 * @ref: references: one of the creator, others while a connection is offered
 * @rcu: for freeing
 * @ops: what it calls; constant
 * @peer: the other node; valid until dvs_link_destroy()
 * @node: this node; likewise
 * @connects: this node connects, the other accepts; constant
 * @mutex: serialises all that makes and ends connections and changes @state
 * @work: does that when something happens or a time has come
 * @retry: delay before the next attempt to connect, in ms; under @mutex
 * @retry_at: when it will be, in jiffies; under @mutex
 * @up_since: when the connection became ready, in jiffies; under @mutex
 * @lock: protects what follows; taken with softirqs disabled
 * @session: this node's session
 * @peer_session: the other node's
 * @connection: the connection; changed under @mutex too
 * @offer: connection with a good HELLO that is to replace it, or NULL
 * @queue: outgoing frames
 * @received: highest sequence number delivered
 * @stats: counters; its state is that of the link and changes under @mutex too
 */
struct dvs_link {
	refcount_t ref;
	struct rcu_head rcu;
	const struct dvs_link_ops *ops;
	struct dvs_peer *peer;
	struct dvs_node *node;
	bool connects;

	struct mutex mutex;	/* makes and ends connections */
	struct delayed_work work;
	unsigned int retry;
	unsigned long retry_at;
	unsigned long up_since;

	spinlock_t lock;	/* the data path */
	u64 session;
	u64 peer_session;
	struct dvs_connection *connection;
	struct dvs_connection *offer;
	struct dvs_link_queue queue;
	u32 received;
	struct dvs_link_stats stats;
};

static inline enum dvs_link_state dvs_link_state(const struct dvs_link *link)
{
	return link->stats.state;
}

/* link.c: for the connection and the listener */
/* The HELLO has come, and its form is good. */
void dvs_link_greeted(struct dvs_link *link, struct dvs_connection *conn);
/* The connection is of no use any more; @bad: the other side is to blame. */
void dvs_link_broken(struct dvs_link *link, struct dvs_connection *conn,
		     const char *reason, bool bad);
/*
 * An embryo said HELLO for this link. When true is returned it is the link's;
 * else @reason says why not and @bad whether the other side is to blame. Under
 * the listener's lock.
 */
bool dvs_link_offer(struct dvs_link *link, struct dvs_connection *conn,
		    const char **reason, bool *bad);
void dvs_link_put(struct dvs_link *link);

/* link_transfer.c: for the connection */
bool dvs_link_may_receive(struct dvs_link *link, struct dvs_connection *conn);
const char *dvs_link_receive(struct dvs_link *link,
			     struct dvs_connection *conn,
			     const struct dvs_wire_header *header,
			     void **payload);
/* Set up &dvs_connection.tx_header and so on; false when nothing may be sent. */
bool dvs_link_tx_begin(struct dvs_link *link, struct dvs_connection *conn);
void dvs_link_tx_end(struct dvs_link *link, struct dvs_connection *conn);
void dvs_link_ack_due(struct dvs_link *link, struct dvs_connection *conn);
void dvs_link_release(struct list_head *frames, bool acked, bool sent);

/* tcp.c */
struct socket *dvs_socket_create(struct dvs_node *node, int family);
struct dvs_connection *dvs_connection_connect(struct dvs_link *link,
					      const struct sockaddr_storage *to);
int dvs_connection_start(struct dvs_connection *conn);
struct dvs_connection *dvs_connection_accept(struct dvs_listener *listener,
					     struct dvs_node *node,
					     struct socket *sock);
/* Waits for its work items: not from one of them, without locks. */
void dvs_connection_destroy(struct dvs_connection *conn);
void dvs_connection_run_rx(struct dvs_connection *conn);
void dvs_connection_run_tx(struct dvs_connection *conn);
/* Wait until it neither receives nor sends; dvs_connection_run_*() ends that. */
void dvs_connection_quiesce(struct dvs_connection *conn);
size_t dvs_address_size(const struct sockaddr_storage *address);
const char *dvs_socket_error(int error);

/* listener.c: for the connection */
void dvs_listener_greeted(struct dvs_listener *listener,
			  struct dvs_connection *conn);
void dvs_listener_broken(struct dvs_listener *listener,
			 struct dvs_connection *conn, const char *reason,
			 bool bad);

/* hello.c */
void dvs_hello_fill(struct dvs_link *link, struct dvs_connection *conn);
const char *dvs_hello_check_node(const struct dvs_node *node,
				 const struct dvs_wire_hello *hello);
const char *dvs_hello_check_sessions(const struct dvs_link *link,
				     const struct dvs_wire_hello *hello);
struct dvs_link *dvs_hello_find_link(struct dvs_connection *conn,
				     const char **reason);

#endif /* _DVS_LINK_PRIVATE_H */
