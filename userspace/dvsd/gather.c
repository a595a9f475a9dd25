// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a node's kernel lists, as records for the node that asked.
 */
#include "query.h"

#include <string.h>

struct gathering {
	struct buf *data;
	bool *cut;
};

/* Keep the record that begins at @start only if it still fits. */
static void check_length(struct gathering *gathering, size_t start)
{
	if (gathering->data->len <= ANSWER_MAX)
		return;
	gathering->data->len = start;
	*gathering->cut = true;
}

static void put_endpoint(void *context, const struct kernel_endpoint *endpoint)
{
	struct gathering *gathering = context;
	struct buf *data = gathering->data;
	size_t start = data->len;

	if (*gathering->cut)
		return;
	put_u64(data, endpoint->dcid);
	put_u32(data, endpoint->endpoint);
	put_u32(data, endpoint->pid);
	put_u32(data, endpoint->uid);
	put_string(data, endpoint->comm);
	put_u32(data, endpoint->waiting);
	put_u32(data, endpoint->open);
	put_u64(data, endpoint->received);
	put_u64(data, endpoint->sent);
	check_length(gathering, start);
}

bool get_endpoint(struct reader *reader, struct kernel_endpoint *endpoint)
{
	if (reader->bad || reader->at == reader->end)
		return false;
	endpoint->dcid = get_u64(reader);
	endpoint->endpoint = get_u32(reader);
	endpoint->pid = get_u32(reader);
	endpoint->uid = get_u32(reader);
	get_string(reader, endpoint->comm, sizeof(endpoint->comm));
	endpoint->waiting = get_u32(reader);
	endpoint->open = get_u32(reader);
	endpoint->received = get_u64(reader);
	endpoint->sent = get_u64(reader);
	return !reader->bad;
}

static void put_peer(void *context, const struct kernel_peer *peer)
{
	struct gathering *gathering = context;
	struct buf *data = gathering->data;
	size_t start = data->len;

	if (*gathering->cut)
		return;
	put_u32(data, peer->node);
	put_u8(data, peer->address_len);
	put_bytes(data, peer->address, peer->address_len);
	put_u16(data, peer->port);
	put_u64(data, peer->session);
	put_u32(data, peer->state);
	put_u64(data, peer->connects);
	put_u64(data, peer->tx_frames);
	put_u64(data, peer->tx_bytes);
	put_u64(data, peer->rx_frames);
	put_u64(data, peer->rx_bytes);
	put_u64(data, peer->resent_frames);
	put_u64(data, peer->duplicate_frames);
	put_u64(data, peer->bad_frames);
	put_u32(data, peer->queued_frames);
	put_u64(data, peer->queued_bytes);
	put_u32(data, peer->calls_out);
	put_u32(data, peer->calls_in);
	put_string(data, peer->last_error);
	check_length(gathering, start);
}

bool get_peer(struct reader *reader, struct kernel_peer *peer)
{
	const uint8_t *address;

	if (reader->bad || reader->at == reader->end)
		return false;
	peer->node = get_u32(reader);
	peer->address_len = get_u8(reader);
	address = get_bytes(reader, peer->address_len);
	if (!address || peer->address_len > ADDRESS_MAX)
		return false;
	memcpy(peer->address, address, peer->address_len);
	peer->port = get_u16(reader);
	peer->session = get_u64(reader);
	peer->state = get_u32(reader);
	peer->connects = get_u64(reader);
	peer->tx_frames = get_u64(reader);
	peer->tx_bytes = get_u64(reader);
	peer->rx_frames = get_u64(reader);
	peer->rx_bytes = get_u64(reader);
	peer->resent_frames = get_u64(reader);
	peer->duplicate_frames = get_u64(reader);
	peer->bad_frames = get_u64(reader);
	peer->queued_frames = get_u32(reader);
	peer->queued_bytes = get_u64(reader);
	peer->calls_out = get_u32(reader);
	peer->calls_in = get_u32(reader);
	get_string(reader, peer->last_error, sizeof(peer->last_error));
	return !reader->bad;
}

void gather(struct daemon *daemon, enum query_kind kind, struct buf *data,
	    bool *cut)
{
	struct gathering gathering = { .data = data, .cut = cut };
	int error = 0;

	if (!daemon->kernel || kind == QUERY_BARRIER)
		return;
	if (kind == QUERY_ENDPOINTS)
		error = daemon->kernel_ops->endpoint_list(daemon->kernel,
							  put_endpoint,
							  &gathering);
	else if (kind == QUERY_LINKS)
		error = daemon->kernel_ops->peer_list(daemon->kernel, put_peer,
						      &gathering);
	if (error) {
		*cut = true;
		sync_failed(daemon, error, "endpoints or links cannot be listed");
	}
}
