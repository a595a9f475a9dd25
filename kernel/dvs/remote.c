// SPDX-License-Identifier: GPL-2.0
/*
 * Exchanges with other nodes: the tables by which frames find what they speak
 * of, and the dispatch of incoming frames. What the frames mean is in
 * remote_call.c, remote_copy.c, remote_notify.c and remote_watch.c.
 *
 * Lifetime
 *
 * &dvs_peer.out and &dvs_peer.in hold a reference to each entry. Whoever takes
 * an entry out ends the exchange, so an answer, a cancellation and the node's
 * expulsion cannot all end it. Frames embedded in an exchange hold a reference
 * until the link releases them.
 *
 * A node is expelled after its link was stopped (view.c): no frame of it is
 * being delivered then, and dvs_link_send() fails, so what is added to the
 * tables meanwhile is taken out again by whoever added it.
 */
#include "remote.h"

#include <linux/slab.h>

#include "dc.h"
#include "node.h"

/* Out of a hash table with its reference, by key. */
static struct dvs_remote *find(struct hlist_head *table, u64 key)
{
	struct dvs_remote *remote;

	hlist_for_each_entry(remote,
			     &table[hash_64(key, DVS_PEER_HASH_BITS)], hash) {
		if (remote->key == key)
			return remote;
	}
	return NULL;
}

void dvs_remote_add_out(struct dvs_remote *remote)
{
	struct dvs_peer *peer = remote->peer;

	remote->ops->get(remote);
	spin_lock_bh(&peer->lock);
	hash_add(peer->out, &remote->hash, remote->key);
	peer->out_count++;
	spin_unlock_bh(&peer->lock);
}

int dvs_remote_add_in(struct dvs_remote *remote)
{
	struct dvs_peer *peer = remote->peer;
	int error = 0;

	spin_lock_bh(&peer->lock);
	if (find(peer->in, remote->key)) {
		error = -EEXIST;
	} else {
		remote->ops->get(remote);
		hash_add(peer->in, &remote->hash, remote->key);
		peer->in_count++;
	}
	spin_unlock_bh(&peer->lock);
	return error;
}

static bool remove_from(struct dvs_remote *remote, u32 *count)
{
	struct dvs_peer *peer = remote->peer;
	bool found;

	spin_lock_bh(&peer->lock);
	found = hash_hashed(&remote->hash);
	if (found) {
		hash_del(&remote->hash);
		(*count)--;
	}
	spin_unlock_bh(&peer->lock);
	if (found)
		remote->ops->put(remote);
	return found;
}

bool dvs_remote_remove_out(struct dvs_remote *remote)
{
	return remove_from(remote, &remote->peer->out_count);
}

bool dvs_remote_remove_in(struct dvs_remote *remote)
{
	return remove_from(remote, &remote->peer->in_count);
}

struct dvs_remote *dvs_remote_find_out(struct dvs_peer *peer, u64 key,
				       const struct dvs_remote_ops *ops)
{
	struct dvs_remote *remote;

	spin_lock_bh(&peer->lock);
	remote = find(peer->out, key);
	if (remote && remote->ops == ops)
		ops->get(remote);
	else
		remote = NULL;
	spin_unlock_bh(&peer->lock);
	return remote;
}

/* Take any entry out of a table, with the table's reference. */
static struct dvs_remote *pop(struct dvs_peer *peer, struct hlist_head *table,
			      u32 *count)
{
	struct dvs_remote *remote = NULL;
	unsigned int i;

	spin_lock_bh(&peer->lock);
	for (i = 0; i < 1 << DVS_PEER_HASH_BITS && !remote; i++) {
		if (hlist_empty(&table[i]))
			continue;
		remote = hlist_entry(table[i].first, struct dvs_remote, hash);
		hash_del(&remote->hash);
		(*count)--;
	}
	spin_unlock_bh(&peer->lock);
	return remote;
}

void dvs_remote_expel(struct dvs_peer *peer)
{
	struct dvs_remote *remote;

	while ((remote = pop(peer, peer->out, &peer->out_count))) {
		remote->ops->expel(remote);
		remote->ops->put(remote);
	}
	while ((remote = pop(peer, peer->in, &peer->in_count))) {
		remote->ops->expel(remote);
		remote->ops->put(remote);
	}
}

int dvs_remote_lost(struct dvs_peer *peer)
{
	return READ_ONCE(peer->node->member) ? -EHOSTUNREACH : -ENOTCONN;
}

struct dvs_peer *dvs_remote_peer(struct dvs_node *node, u32 id)
{
	struct dvs_peer *peer;

	if (!READ_ONCE(node->member))
		return ERR_PTR(-ENOTCONN);
	peer = dvs_peer_get(node, id);
	if (!peer)
		return ERR_PTR(-EHOSTUNREACH);
	if (READ_ONCE(peer->session))
		return peer;
	dvs_peer_put(peer);
	return ERR_PTR(-EHOSTUNREACH);
}

/*
 * Answers
 */

struct answer {
	struct dvs_frame frame;
	struct dvs_peer *peer;
	u8 payload[64] __aligned(8);
};

static void answer_release(struct dvs_frame *frame, bool acked, bool sent)
{
	struct answer *answer = container_of(frame, struct answer, frame);

	dvs_peer_put(answer->peer);
	kfree(answer);
}

void dvs_remote_answer(struct dvs_peer *peer, const struct dvs_wire_header *to,
		       enum dvs_wire_type type, const void *payload, u32 length)
{
	struct answer *answer;

	if (WARN_ON_ONCE(length > sizeof(answer->payload)))
		return;
	answer = kzalloc(sizeof(*answer), GFP_KERNEL | __GFP_NOFAIL);
	answer->peer = dvs_peer_hold(peer);
	memcpy(answer->payload, payload, length);
	answer->frame.header.type = type;
	answer->frame.header.dcid = to->dcid;
	answer->frame.header.call = to->call;
	answer->frame.header.trace = to->trace;
	answer->frame.header.source = to->destination;
	answer->frame.header.destination = to->source;
	answer->frame.payload = answer->payload;
	answer->frame.length = length;
	answer->frame.release = answer_release;
	/* A stopped link: the other node is being expelled. */
	if (dvs_link_send(peer->link, &answer->frame))
		answer_release(&answer->frame, false, false);
}

int dvs_remote_resolve(struct dvs_peer *peer, const struct dvs_wire_header *header,
		       struct dvs_dc **dc, u64 *version)
{
	struct dvs_node *node = peer->node;
	struct dvs_container *container;
	struct dvs_range range;
	int error = 0;

	*dc = NULL;
	*version = 0;
	container = dvs_container_get(node, le64_to_cpu(header->dcid));
	if (!container) {
		atomic64_inc(&node->unknown_dc);
		return -ENXIO;
	}
	*version = dvs_slotmap_version(&container->map);
	if (!dvs_slotmap_lookup(&container->map,
				DVS_SLOT(le32_to_cpu(header->destination)), &range) ||
	    range.node != node->id || range.epoch != le64_to_cpu(header->epoch)) {
		error = -DVS_EMOVED;
	} else {
		/* Owned, but no process of the container runs here yet. */
		*dc = dvs_container_get_dc(container);
		if (!*dc)
			error = -ENXIO;
	}
	dvs_container_put(container);
	return error;
}

static const char *receive_cancel(struct dvs_peer *peer, u64 key)
{
	struct dvs_remote *remote;

	spin_lock_bh(&peer->lock);
	remote = find(peer->in, key);
	if (remote) {
		hash_del(&remote->hash);
		peer->in_count--;
	}
	spin_unlock_bh(&peer->lock);
	/* Not there: the answer is on its way. */
	if (remote) {
		remote->ops->cancel(remote);
		remote->ops->put(remote);
	}
	return NULL;
}

const char *dvs_remote_receive(struct dvs_peer *peer,
			       const struct dvs_wire_header *header,
			       void **payload)
{
	switch (header->type) {
	case DVS_WIRE_REQUEST:
	case DVS_WIRE_MESSAGE:
		return dvs_remote_call_request(peer, header, *payload);
	case DVS_WIRE_REPLY:
		return dvs_remote_call_reply(peer, header, *payload);
	case DVS_WIRE_CANCEL:
		return receive_cancel(peer, le64_to_cpu(header->call));
	case DVS_WIRE_READ:
	case DVS_WIRE_WRITE:
		return dvs_remote_copy_begin(peer, header, payload);
	case DVS_WIRE_COPIED:
		return dvs_remote_copy_done(peer, header, payload);
	case DVS_WIRE_NOTIFY:
		return dvs_remote_notify_receive(peer, header, *payload);
	case DVS_WIRE_NOTIFIED:
		return dvs_remote_notify_done(peer, header, *payload);
	case DVS_WIRE_WATCH:
		return dvs_remote_watch_receive(peer, header, *payload);
	case DVS_WIRE_WATCHED:
		return dvs_remote_watch_done(peer, header, *payload);
	default:
		return "unknown frame type";
	}
}
