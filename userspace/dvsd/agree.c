// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Agreement: what comes in from outside, and what the parts share. See agree.h.
 */
#include "agree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void agree_init(struct agree *agree, const struct agree_ops *ops,
		void *context, uint32_t self, uint64_t incarnation,
		const struct elector *nodelist, uint32_t count)
{
	*agree = (struct agree){
		.ops = ops,
		.context = context,
		.self = self,
		.incarnation = incarnation,
		.nodelist = xmemdup(nodelist, count * sizeof(*nodelist)),
		.nodelist_count = count,
		.nodelist_hash = hash_bytes("", 0),
		.wait = DVSD_WAIT_RING,
	};
	for (uint32_t i = 0; i < count; i++)
		agree->nodelist_hash = hash_more(agree->nodelist_hash,
						 &nodelist[i].node,
						 sizeof(nodelist[i].node));
	/* The nodes of the cluster always have a place. */
	for (uint32_t i = 0; i < count; i++)
		agree_node(agree, nodelist[i].node);
}

void agree_fini(struct agree *agree)
{
	struct pending *pending;

	while ((pending = agree->pending)) {
		agree->pending = pending->next;
		free(pending);
	}
	log_reset(&agree->log, (struct position){});
	free(agree->log.entries);
	state_free(agree->state);
	buf_free(&agree->sent_state);
	buf_free(&agree->got_state);
	free(agree->nodelist);
}

void agree_log(struct agree *agree, const char *format, ...)
{
	char line[400];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	agree->ops->log(agree->context, line);
}

struct agree_node *agree_node(struct agree *agree, uint32_t node)
{
	for (uint32_t i = 0; i < agree->node_count; i++)
		if (agree->nodes[i].node == node)
			return &agree->nodes[i];
	if (agree->node_count == NODES_KNOWN)
		return NULL;
	agree->nodes[agree->node_count].node = node;
	return &agree->nodes[agree->node_count++];
}

bool agree_in_config(const struct agree *agree, uint32_t node)
{
	for (uint32_t i = 0; i < agree->config.node_count; i++)
		if (agree->config.nodes[i] == node)
			return true;
	return false;
}

bool agree_is_member(const struct agree *agree, uint32_t node)
{
	for (uint32_t i = 0; i < agree->member_count; i++)
		if (agree->members[i].node == node)
			return true;
	return false;
}

const struct elector *agree_electors(const struct agree *agree,
				     uint32_t *count)
{
	if (agree->state) {
		*count = agree->state->elector_count;
		return agree->state->electors;
	}
	*count = agree->nodelist_count;
	return agree->nodelist;
}

static bool has_majority(const struct agree *agree)
{
	uint32_t count, present = 0;
	const struct elector *electors = agree_electors(agree, &count);

	for (uint32_t i = 0; i < count; i++)
		present += agree_in_config(agree, electors[i].node);
	return present >= count / 2 + 1;
}

bool agree_last_member(const struct agree *agree, uint32_t node,
		       struct view_member *member)
{
	const struct elector *elector;

	for (uint64_t i = log_last(&agree->log).index; i > agree->committed;
	     i--) {
		const struct entry *entry = log_entry(&agree->log, i);

		if (entry && entry_is_view(entry->data, entry->len))
			return entry_view_member(entry->data, entry->len,
						 node, member);
	}
	elector = state_elector(agree->state, node);
	if (!elector || !elector->session)
		return false;
	*member = (struct view_member){
		.node = node,
		.session = elector->session,
		.kernel = elector->kernel,
		.daemon = elector->daemon,
	};
	return true;
}

void agree_send(struct agree *agree, struct message *message)
{
	AUTO_BUF buf = {};

	message->tag = agree->config.tag;
	message->incarnation = agree->incarnation;
	message_encode(message, &agree->log, &buf);
	agree->ops->send(agree->context, buf.data, buf.len);
}

void agree_standing(struct agree *agree, struct message *message)
{
	const struct elector *own;
	uint32_t count;

	agree_electors(agree, &count);
	message->promised = agree->promised;
	message->electors = count;
	message->nodelist = agree->nodelist_hash;
	message->synced = agree->synced;
	agree->ops->kernel(agree->context, &message->kernel);
	if (!agree->synced)
		return;
	own = state_elector(agree->state, agree->self);
	message->last = log_last(&agree->log);
	message->committed = agree->committed;
	message->history = agree->state->history;
	message->leader = agree->state->leader;
	message->joined = own ? own->session : 0;
}

void agree_set_running(struct agree *agree, bool running)
{
	if (agree->running == running)
		return;
	agree->running = running;
	agree->changed = true;
}

/*
 * The kernel accepts no view below one it was stopped for, so the number used
 * for stopping is promised, to nobody.
 */
static void stop_alone(struct agree *agree)
{
	int error = agree->ops->stop(agree->context, agree->promised, NULL, 0);

	agree->stop_tried = agree->now;
	if (error && !agree->stop_failed)
		agree_log(agree, "kernel: cannot be stopped without this node: %s; trying again",
			  strerror(-error));
	agree->stop_failed = error;
}

void agree_leave_view(struct agree *agree, const char *reason)
{
	struct kernel_facts kernel = {};

	agree_set_running(agree, false);
	agree->step = STEP_ALONE;
	agree->round_open = false;
	agree->grace_until = 0;
	agree->has_early = false;
	agree->proposing = false;
	agree->ready = false;
	agree->leader = 0;
	agree->member_count = 0;
	agree->view_index = 0;
	agree->ops->kernel(agree->context, &kernel);
	if (!kernel.member)
		return;
	agree->promised++;
	agree_log(agree, "%s: remote calls of this node end", reason);
	stop_alone(agree);
}

static void begin(struct agree *agree)
{
	if (agree->step == STEP_ALONE)
		agree->step = STEP_OPEN;
	round_start(agree);
}

/* Nothing but the death of daemons whose nodes are still there */
static bool only_daemons_died(const struct agree *agree)
{
	const struct agree_config *config = &agree->config;

	if (!agree->running || agree->round_open ||
	    config->node_count == agree->member_count)
		return false;
	for (uint32_t i = 0; i < config->node_count; i++)
		if (!agree_is_member(agree, config->nodes[i]))
			return false;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		bool in_ring = false;

		for (uint32_t j = 0; j < config->ring_count; j++)
			in_ring |= config->ring[j] == agree->members[i].node;
		if (!in_ring)
			return false;
	}
	return true;
}

void agree_config(struct agree *agree, uint64_t now,
		  const struct agree_config *config)
{
	struct agree_config old = agree->config;
	bool again;

	agree->now = now;
	again = old.tag == config->tag && old.settled && old.quorate;
	agree->config = *config;
	if (!agree->kernel_ready) {
		agree->wait = DVSD_WAIT_KERNEL;
		return;
	}
	if (!config->node_count) {
		agree->wait = DVSD_WAIT_COROSYNC;
		return;
	}
	if (!has_majority(agree) || (config->settled && !config->quorate)) {
		if (agree->step != STEP_ALONE)
			agree_leave_view(agree, "quorum lost");
		agree->wait = DVSD_WAIT_QUORUM;
		return;
	}
	if (!config->settled) {
		if (agree->step == STEP_ALONE)
			agree->wait = DVSD_WAIT_RING;
		return;
	}
	if (!config->quorate || again)
		return;
	if (only_daemons_died(agree)) {
		agree->grace_until = now + RESTART_GRACE;
		agree_log(agree, "a daemon has stopped, its node has not: waiting %d ms for it",
			  RESTART_GRACE);
		return;
	}
	begin(agree);
}

void agree_disconnected(struct agree *agree, uint64_t now)
{
	agree->now = now;
	agree->config = (struct agree_config){};
	if (agree->step != STEP_ALONE)
		agree_leave_view(agree, "Corosync lost");
	agree->wait = DVSD_WAIT_COROSYNC;
}

void agree_kernel(struct agree *agree, uint64_t now, bool ready,
		  uint64_t view)
{
	struct agree_config config = agree->config;

	if (agree->promised < view)
		agree->promised = view;
	if (ready == agree->kernel_ready)
		return;
	agree->kernel_ready = ready;
	if (!ready && agree->step != STEP_ALONE)
		agree_leave_view(agree, "kernel lost");
	/* As if the configuration had just come. */
	agree->config = (struct agree_config){};
	agree_config(agree, now, &config);
}

void agree_deliver(struct agree *agree, uint64_t now,
		   const struct message *message)
{
	struct agree_node *node = agree_node(agree, message->from);
	struct message copy;

	agree->now = now;
	/* No node of this cluster, which has none left to remember it by. */
	if (!node || !agree->kernel_ready)
		return;
	node->heard = now;
	switch (message->type) {
	case MESSAGE_HELLO:
		round_hello(agree, message);
		return;
	case MESSAGE_PROPOSE:
		install_proposed(agree, message);
		return;
	default:
		break;
	}
	if (agree->step == STEP_ALONE)
		return;
	switch (message->type) {
	case MESSAGE_PROMISE:
		install_promised(agree, message);
		break;
	case MESSAGE_APPEND:
		copy = *message;
		append_received(agree, &copy);
		break;
	case MESSAGE_ACK:
		append_acked(agree, message);
		break;
	case MESSAGE_SNAPSHOT:
		transfer_received(agree, message);
		break;
	case MESSAGE_COMMAND:
		submit_received(agree, message);
		break;
	default:
		break;
	}
}

void agree_tick(struct agree *agree, uint64_t now)
{
	agree->now = now;
	if (!agree->kernel_ready)
		return;
	if (agree->step == STEP_ALONE) {
		if (agree->stop_failed && now - agree->stop_tried >= 500)
			stop_alone(agree);
		return;
	}
	if (agree->grace_until && now >= agree->grace_until) {
		agree->grace_until = 0;
		begin(agree);
	}
	round_tick(agree);
	install_tick(agree);
	append_tick(agree);
	submit_tick(agree);
}

void agree_flush(struct agree *agree)
{
	if (agree->step != STEP_ALONE) {
		append_flush(agree);
		transfer_flush(agree);
	}
	if (agree->changed) {
		agree->changed = false;
		agree->ops->changed(agree->context);
	}
}

/* --- status --------------------------------------------------------------- */

static void add_wait(struct agree_wait *wait, uint32_t node)
{
	wait->nodes[wait->node_count++] = node;
}

static void wait_for_quorum(const struct agree *agree, struct agree_wait *wait)
{
	uint32_t count;
	const struct elector *electors = agree_electors(agree, &count);

	wait->total = count / 2 + 1;
	for (uint32_t i = 0; i < count; i++) {
		if (agree_in_config(agree, electors[i].node))
			wait->received++;
		else
			add_wait(wait, electors[i].node);
	}
}

static void wait_for_hello(const struct agree *agree, struct agree_wait *wait)
{
	for (uint32_t i = 0; i < agree->node_count; i++) {
		const struct agree_node *node = &agree->nodes[i];

		if (!agree_in_config(agree, node->node))
			continue;
		if (node->has_hello && node->hello.tag == agree->config.tag &&
		    node->hello.round == agree->round)
			wait->received++;
	}
	wait->total = agree->config.node_count;
	for (uint32_t i = 0; i < wait->total; i++) {
		struct agree_node *node;

		node = agree_node((struct agree *)agree,
				  agree->config.nodes[i]);
		if (!node || !node->has_hello ||
		    node->hello.tag != agree->config.tag ||
		    node->hello.round != agree->round)
			add_wait(wait, agree->config.nodes[i]);
	}
}

static void wait_for_install(const struct agree *agree,
			     struct agree_wait *wait)
{
	if (agree->want_state && agree->got_total) {
		wait->wait = DVSD_WAIT_SNAPSHOT;
		wait->received = agree->got_state.len / MESSAGE_CHUNK;
		wait->total = (agree->got_total + MESSAGE_CHUNK - 1) /
			      MESSAGE_CHUNK;
		add_wait(wait, agree->leader);
		return;
	}
	wait->wait = DVSD_WAIT_STOP;
	wait->total = agree->member_count;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		uint32_t number = agree->members[i].node;
		struct agree_node *node;

		node = agree_node((struct agree *)agree, number);
		if (node && node->promised)
			wait->received++;
		else
			add_wait(wait, number);
	}
	if (wait->node_count)
		return;
	/* All have stopped: some lag behind, or the entry is on its way. */
	wait->wait = agree->view_index ? DVSD_WAIT_COMMIT : DVSD_WAIT_SNAPSHOT;
	wait->received = 0;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		uint64_t wanted = agree->view_index ? agree->view_index :
						      agree->tail.index;
		struct agree_node *node;

		node = agree_node((struct agree *)agree,
				  agree->members[i].node);
		if (node && node->acked >= wanted &&
		    (agree->view_index || !node->needs_snapshot))
			wait->received++;
		else
			add_wait(wait, agree->members[i].node);
	}
}

void agree_waiting(const struct agree *agree, struct agree_wait *wait)
{
	*wait = (struct agree_wait){};
	if (agree->running)
		return;
	wait->wait = agree->wait;
	if (agree->step == STEP_INSTALL) {
		wait_for_install(agree, wait);
		return;
	}
	switch (agree->wait) {
	case DVSD_WAIT_QUORUM:
		wait_for_quorum(agree, wait);
		break;
	case DVSD_WAIT_HELLO:
	case DVSD_WAIT_SYNCED:
		wait_for_hello(agree, wait);
		break;
	case DVSD_WAIT_PROMISE:
		add_wait(wait, agree->proposer);
		break;
	default:
		break;
	}
}
