// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_reply(), and finding an open call by its token. Concurrency is argued in
 * ipc.c.
 */
#include "call.h"
#include "endpoint.h"
#include "ipc.h"

static struct dvs_call *find_open(struct dvs_endpoint *endpoint, u64 token)
{
	struct rb_node *node = endpoint->open.rb_node;
	struct dvs_call *call;

	lockdep_assert_held(&endpoint->lock);
	while (node) {
		call = rb_entry(node, struct dvs_call, open);
		if (call->token == token)
			return call;
		node = token < call->token ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * dvs_ipc_reply - complete a call
 * @endpoint: endpoint that received it
 * @token: its token there
 * @type: type of the reply
 * @payload: payload of the reply
 *
 * Never sleeps. A copy that another thread does for the call is cut short.
 *
 * Return: 0; %ESRCH when @token names no open call of this endpoint or the
 * caller has given up.
 */
int dvs_ipc_reply(struct dvs_endpoint *endpoint, u64 token, u32 type,
		  const u8 *payload)
{
	struct dvs_msg reply = {
		.source = endpoint->number,
		.type = type,
	};
	struct dvs_call *call;
	bool done;

	memcpy(reply.payload, payload, DVS_PAYLOAD_SIZE);
	spin_lock_bh(&endpoint->lock);
	call = find_open(endpoint, token);
	if (!call) {
		spin_unlock_bh(&endpoint->lock);
		return -ESRCH;
	}
	rb_erase(&call->open, &endpoint->open);
	RB_CLEAR_NODE(&call->open);
	endpoint->open_count--;
	spin_unlock_bh(&endpoint->lock);

	done = dvs_call_finish(call, 0, &reply);
	dvs_call_put(call);
	return done ? 0 : -ESRCH;
}

struct dvs_call *dvs_ipc_find(struct dvs_endpoint *endpoint, u64 token)
{
	struct dvs_call *call;

	spin_lock_bh(&endpoint->lock);
	call = find_open(endpoint, token);
	if (call)
		dvs_call_hold(call);
	spin_unlock_bh(&endpoint->lock);
	return call;
}
