// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP connection: bytes to frames and frames to bytes. What frames mean, and
 * which of them are sent, is for link.c; who owns a connection is explained
 * there.
 *
 * The socket's callbacks only queue the two work items of the connection. Each
 * stops when the socket has no data or no room, or when the link allows no more,
 * and is queued again when that changes.
 *
 * Sockets do not hold the network namespace: the node closes them before it
 * ends. They are closed by a reset, which leaves nothing behind that would
 * outlive them; what is lost by it is sent again on the next connection.
 */
#include "link_private.h"

#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tcp_states.h>
#include <trace/events/sock.h>

#include "node.h"

static struct lock_class_key sk_keys[2];
static struct lock_class_key slock_keys[2];

/*
 * A class of their own for the locks of sockets that only the kernel uses: they
 * are never held when user memory is touched. Accepted sockets have that of all
 * kernel sockets, since their locks are in use before we see them.
 */
static void classify(struct sock *sk)
{
	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC))
		return;

	if (sk->sk_family == AF_INET)
		sock_lock_init_class_and_name(sk, "slock-AF_INET-DVS",
					      &slock_keys[0],
					      "sk_lock-AF_INET-DVS",
					      &sk_keys[0]);
	else
		sock_lock_init_class_and_name(sk, "slock-AF_INET6-DVS",
					      &slock_keys[1],
					      "sk_lock-AF_INET6-DVS",
					      &sk_keys[1]);
}

struct socket *dvs_socket_create(struct dvs_node *node, int family)
{
	struct socket *sock;
	int err;

	if (family != AF_INET && family != AF_INET6)
		return ERR_PTR(-EAFNOSUPPORT);

	err = sock_create_kern(node->net, family, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return ERR_PTR(err);

	classify(sock->sk);
	return sock;
}

size_t dvs_address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						sizeof(struct sockaddr_in);
}

/* A literal, because it is kept in the statistics. */
const char *dvs_socket_error(int error)
{
	switch (error) {
	case 0:
		return "closed by the other node";
	case -ECONNREFUSED:
		return "connection refused";
	case -ECONNRESET:
	case -EPIPE:
		return "connection reset by the other node";
	case -ETIMEDOUT:
		return "connection timed out";
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
	case -ENETUNREACH:
	case -ENETDOWN:
		return "no route to the other node";
	case -EADDRNOTAVAIL:
		return "the address of this node is not available";
	case -EAFNOSUPPORT:
		return "address family not supported";
	case -ENOMEM:
	case -ENOBUFS:
		return "out of memory";
	default:
		return "socket error";
	}
}

static unsigned long memory_retry(void)
{
	return msecs_to_jiffies(DVS_MEMORY_RETRY);
}

/**
 * dvs_connection_run_rx - see whether there is something to receive
 * @conn: the connection
 *
 * Any context. The caller knows that the connection is not freed yet: it owns
 * it, or holds a lock under which it is taken away from its owner first. Once
 * the connection is being destroyed this does nothing.
 */
void dvs_connection_run_rx(struct dvs_connection *conn)
{
	queue_delayed_work(conn->node->workqueue, &conn->rx, 0);
}

/**
 * dvs_connection_run_tx - see whether there is something to send
 * @conn: the connection; as for dvs_connection_run_rx()
 */
void dvs_connection_run_tx(struct dvs_connection *conn)
{
	queue_delayed_work(conn->node->workqueue, &conn->tx, 0);
}

static void connection_data_ready(struct sock *sk)
{
	struct dvs_connection *conn;

	trace_sk_data_ready(sk);
	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn)
		dvs_connection_run_rx(conn);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void connection_state_change(struct sock *sk)
{
	struct dvs_connection *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn) {
		/* Connected: say HELLO. Closed: receiving finds that out. */
		if (sk->sk_state == TCP_ESTABLISHED)
			dvs_connection_run_tx(conn);
		else
			dvs_connection_run_rx(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void connection_write_space(struct sock *sk)
{
	struct dvs_connection *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		dvs_connection_run_tx(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void set_callbacks(struct dvs_connection *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	conn->data_ready = sk->sk_data_ready;
	conn->state_change = sk->sk_state_change;
	conn->write_space = sk->sk_write_space;
	sk->sk_user_data = conn;
	sk->sk_data_ready = connection_data_ready;
	sk->sk_state_change = connection_state_change;
	sk->sk_write_space = connection_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void restore_callbacks(struct dvs_connection *conn)
{
	struct sock *sk = conn->sock->sk;

	/* Not started? */
	if (!conn->data_ready)
		return;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = conn->data_ready;
	sk->sk_state_change = conn->state_change;
	sk->sk_write_space = conn->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void set_options(struct sock *sk)
{
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_user_timeout(sk, DVS_USER_TIMEOUT);
	tcp_sock_set_keepidle(sk, DVS_KEEPALIVE_IDLE);
	tcp_sock_set_keepintvl(sk, DVS_KEEPALIVE_INTERVAL);
	sock_set_keepalive(sk);
	sock_no_linger(sk);
}

static void broken(struct dvs_connection *conn, const char *reason, bool bad)
{
	if (conn->link)
		dvs_link_broken(conn->link, conn, reason, bad);
	else
		dvs_listener_broken(conn->listener, conn, reason, bad);
}

/* Bytes received, -EAGAIN when there are none, or 0 and the connection broke. */
static int receive_bytes(struct dvs_connection *conn, void *to, size_t size)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = to, .iov_len = size };
	int ret;

	ret = kernel_recvmsg(conn->sock, &msg, &vec, 1, size, msg.msg_flags);
	if (ret > 0 || ret == -EAGAIN)
		return ret;
	/* An embryo that leaves without a word is nothing to complain about. */
	broken(conn, dvs_socket_error(ret), !conn->link && conn->rx_have);
	return 0;
}

static const char *check_header(struct dvs_connection *conn)
{
	struct dvs_wire_header *header = &conn->rx_header;
	const char *error;
	u64 session = 0;

	if (conn->link)
		session = conn->link->peer_session;

	error = dvs_wire_check_header(header, session);
	if (error) {
		/* Is that all that is wrong with it? */
		if (!dvs_wire_check_header(header, 0))
			atomic64_inc(&conn->node->stale_frames);
		return error;
	}
	if (!conn->greeted && header->type != DVS_WIRE_HELLO)
		return "first frame is not a HELLO";
	if (conn->greeted && header->type == DVS_WIRE_HELLO)
		return "HELLO that is not the first frame";
	return NULL;
}

/* Read on until a frame is complete: 1, 0 when it broke, or a negative errno. */
static int receive_frame(struct dvs_connection *conn)
{
	struct dvs_wire_header *header = &conn->rx_header;
	const char *error;
	size_t length;
	void *to;
	int ret;

	while (conn->rx_have < sizeof(*header)) {
		ret = receive_bytes(conn, (void *)header + conn->rx_have,
				    sizeof(*header) - conn->rx_have);
		if (ret <= 0)
			return ret;
		conn->rx_have += ret;
		if (conn->rx_have < sizeof(*header))
			continue;
		error = check_header(conn);
		if (error) {
			broken(conn, error, true);
			return 0;
		}
	}

	length = le32_to_cpu(header->length);
	if (conn->greeted && length && !conn->rx_payload) {
		conn->rx_payload = kvmalloc(length, GFP_KERNEL);
		if (!conn->rx_payload)
			return -ENOMEM;
	}

	to = conn->greeted ? conn->rx_payload : &conn->hello;
	while (conn->rx_have < sizeof(*header) + length) {
		size_t have = conn->rx_have - sizeof(*header);

		ret = receive_bytes(conn, to + have, length - have);
		if (ret <= 0)
			return ret;
		conn->rx_have += ret;
	}
	return 1;
}

static void greeted(struct dvs_connection *conn)
{
	const char *error;

	error = dvs_wire_check_hello(&conn->rx_header, &conn->hello);
	if (error)
		broken(conn, error, true);
	else if (conn->link)
		dvs_link_greeted(conn->link, conn);
	else
		dvs_listener_greeted(conn->listener, conn);
}

static void handle_frame(struct dvs_connection *conn)
{
	const char *error;

	conn->rx_have = 0;
	if (!conn->greeted) {
		greeted(conn);
		return;
	}

	error = dvs_wire_check_payload(&conn->rx_header, conn->rx_payload);
	if (!error)
		error = dvs_link_receive(conn->link, conn, &conn->rx_header,
					 &conn->rx_payload);
	kvfree(conn->rx_payload);
	conn->rx_payload = NULL;
	if (error)
		broken(conn, error, true);
}

static bool may_receive(struct dvs_connection *conn)
{
	if (conn->link)
		return dvs_link_may_receive(conn->link, conn);
	/* An embryo that is late may be found dead after this; no harm. */
	return !READ_ONCE(conn->dead) && !conn->greeted;
}

static void connection_rx(struct work_struct *work)
{
	struct dvs_connection *conn =
		container_of(to_delayed_work(work), struct dvs_connection, rx);
	int i, ret;

	for (i = 0; i < DVS_WORK_BUDGET; i++) {
		if (!may_receive(conn))
			return;
		ret = receive_frame(conn);
		if (ret == -ENOMEM)
			queue_delayed_work(conn->node->workqueue, &conn->rx,
					   memory_retry());
		if (ret <= 0)
			return;
		handle_frame(conn);
	}
	dvs_connection_run_rx(conn);
}

/* 0 when the frame is sent, or a negative errno. */
static int send_rest(struct dvs_connection *conn)
{
	size_t total = sizeof(conn->tx_header) + conn->tx_length;

	while (conn->tx_done < total) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
		size_t done = conn->tx_done;
		struct kvec vec[2];
		int count = 0;
		int ret;

		if (done < sizeof(conn->tx_header)) {
			vec[count].iov_base = (void *)&conn->tx_header + done;
			vec[count++].iov_len = sizeof(conn->tx_header) - done;
			done = sizeof(conn->tx_header);
		}
		if (done < total) {
			vec[count].iov_base = (void *)conn->tx_payload +
					      (done - sizeof(conn->tx_header));
			vec[count++].iov_len = total - done;
		}

		ret = kernel_sendmsg(conn->sock, &msg, vec, count,
				     total - conn->tx_done);
		if (ret < 0)
			return ret;
		conn->tx_done += ret;
	}
	return 0;
}

static void connection_tx(struct work_struct *work)
{
	struct dvs_connection *conn =
		container_of(to_delayed_work(work), struct dvs_connection, tx);
	struct sock *sk = conn->sock->sk;
	int i, ret;

	/* Its state change queues this again. */
	if (inet_sk_state_load(sk) == TCP_SYN_SENT)
		return;

	for (i = 0; i < DVS_WORK_BUDGET; i++) {
		if (!dvs_link_tx_begin(conn->link, conn))
			return;

		ret = send_rest(conn);
		if (ret == -EAGAIN || ret == -ENOMEM || ret == -ENOBUFS) {
			/*
			 * No room: write_space() comes when there is some. No
			 * memory: nothing may be under way that would make it
			 * come.
			 */
			if (ret != -EAGAIN || sk_stream_is_writeable(sk))
				queue_delayed_work(conn->node->workqueue,
						   &conn->tx, memory_retry());
			return;
		}
		if (ret) {
			broken(conn, dvs_socket_error(ret), false);
			return;
		}
		dvs_link_tx_end(conn->link, conn);
	}
	dvs_connection_run_tx(conn);
}

static void connection_ack(struct work_struct *work)
{
	struct dvs_connection *conn =
		container_of(to_delayed_work(work), struct dvs_connection, ack);

	dvs_link_ack_due(conn->link, conn);
}

static struct dvs_connection *create(struct dvs_node *node, struct socket *sock,
				     unsigned int timeout)
{
	struct dvs_connection *conn;

	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return NULL;

	conn->node = dvs_node_hold(node);
	conn->sock = sock;
	conn->deadline = jiffies + msecs_to_jiffies(timeout);
	INIT_LIST_HEAD(&conn->list);
	INIT_DELAYED_WORK(&conn->rx, connection_rx);
	INIT_DELAYED_WORK(&conn->tx, connection_tx);
	INIT_DELAYED_WORK(&conn->ack, connection_ack);
	return conn;
}

/* The address of this node, with any port. */
static int bind_source(struct dvs_node *node, struct socket *sock)
{
	struct sockaddr_storage from = node->address;

	if (from.ss_family != sock->sk->sk_family)
		return 0;
	if (from.ss_family == AF_INET)
		((struct sockaddr_in *)&from)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&from)->sin6_port = 0;

	return kernel_bind(sock, (struct sockaddr *)&from,
			   dvs_address_size(&from));
}

/**
 * dvs_connection_connect - make a connection that is going to be connected
 * @link: the link it will serve
 * @to: address of the other node
 *
 * Return: the connection, to be started when the link knows it, or an ERR_PTR().
 */
struct dvs_connection *dvs_connection_connect(struct dvs_link *link,
					      const struct sockaddr_storage *to)
{
	struct dvs_connection *conn;
	struct socket *sock;
	int err;

	sock = dvs_socket_create(link->node, to->ss_family);
	if (IS_ERR(sock))
		return ERR_CAST(sock);

	set_options(sock->sk);
	err = bind_source(link->node, sock);
	if (err)
		goto err_release;

	err = -ENOMEM;
	conn = create(link->node, sock, DVS_CONNECT_TIMEOUT);
	if (!conn)
		goto err_release;

	conn->link = link;
	conn->address = *to;
	return conn;

err_release:
	sock_release(sock);
	return ERR_PTR(err);
}

/**
 * dvs_connection_start - connect, or begin to listen to who has connected
 * @conn: the connection; whoever owns it can be asked about it from now on
 *
 * What becomes of it is told by the socket's callbacks. Only connecting needs
 * process context.
 *
 * Return: 0, or why it cannot be connected.
 */
int dvs_connection_start(struct dvs_connection *conn)
{
	int err;

	set_callbacks(conn);
	if (conn->listener) {
		/* Data may have come before the callbacks were in place. */
		dvs_connection_run_rx(conn);
		return 0;
	}

	err = kernel_connect(conn->sock, (struct sockaddr *)&conn->address,
			     dvs_address_size(&conn->address), O_NONBLOCK);
	if (err && err != -EINPROGRESS)
		return err;

	/* It may have been connected at once. */
	dvs_connection_run_tx(conn);
	return 0;
}

/**
 * dvs_connection_accept - make a connection of an accepted socket
 * @listener: the listener that accepted it
 * @node: this node
 * @sock: the socket; the caller's when this fails
 *
 * Return: an embryo, to be started when the listener knows it, or an ERR_PTR().
 */
struct dvs_connection *dvs_connection_accept(struct dvs_listener *listener,
					     struct dvs_node *node,
					     struct socket *sock)
{
	struct dvs_connection *conn;
	int err;

	conn = create(node, sock, DVS_HELLO_TIMEOUT);
	if (!conn)
		return ERR_PTR(-ENOMEM);

	err = kernel_getpeername(sock, (struct sockaddr *)&conn->address);
	if (err < 0) {
		dvs_node_put(node);
		kfree(conn);
		return ERR_PTR(err);
	}

	conn->listener = listener;
	set_options(sock->sk);
	return conn;
}

/**
 * dvs_connection_quiesce - wait until a connection neither receives nor sends
 * @conn: the connection; the caller has made sure that its link does not allow
 *	it any more
 */
void dvs_connection_quiesce(struct dvs_connection *conn)
{
	cancel_delayed_work_sync(&conn->rx);
	cancel_delayed_work_sync(&conn->tx);
}

/**
 * dvs_connection_destroy - close a connection and free it
 * @conn: the connection; the caller owns it and nobody else finds it any more
 *
 * Not from a work item of the connection, for which this waits.
 */
void dvs_connection_destroy(struct dvs_connection *conn)
{
	restore_callbacks(conn);
	disable_delayed_work_sync(&conn->rx);
	disable_delayed_work_sync(&conn->tx);
	disable_delayed_work_sync(&conn->ack);

	sock_release(conn->sock);
	kvfree(conn->rx_payload);
	dvs_node_put(conn->node);
	kfree(conn);
}
