// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Installing a view, in two phases.
 *
 * One node proposes a view with a number that is higher than any it has heard
 * of, and with its own log. A node promises it only if it has promised no
 * higher one and holds no further log; it stops its kernel first, so that a
 * promise also says "stopped". With promises of all members, among them a
 * majority of the electorate whose logs mean something, the proposer's log
 * holds everything that was ever committed, and it leads: it brings the others
 * up to its log and then adds the entry of the view. When that is committed
 * the view is installed, and the kernels start.
 */
#include "agree.h"

#include <stdio.h>
#include <string.h>

void install_propose(struct agree *agree, bool bootstrap, uint64_t view,
		     const struct view_member *members, uint32_t count)
{
	struct message *proposal = &agree->proposal;

	*proposal = (struct message){
		.type = MESSAGE_PROPOSE,
		.view = view,
		.bootstrap = bootstrap,
		.member_count = count,
	};
	memcpy(proposal->members, members, count * sizeof(*members));
	if (bootstrap) {
		proposal->history = agree->ops->random(agree->context);
	} else {
		proposal->history = agree->state->history;
		proposal->last = log_last(&agree->log);
	}
	agree->proposing = true;
	agree->propose_sent = agree->now;
	agree_send(agree, proposal);
}

static void send_promise(struct agree *agree)
{
	struct message message = {
		.type = MESSAGE_PROMISE,
		.view = agree->promised,
	};

	agree_standing(agree, &message);
	agree_send(agree, &message);
}

/* Phase one: nothing to or from nodes that may not go on. */
static void try_stop(struct agree *agree)
{
	struct view_member stay[NODES_MAX];
	uint32_t count = 0;
	int error;

	for (uint32_t i = 0; i < agree->member_count; i++)
		if (agree->members[i].session)
			stay[count++] = agree->members[i];
	error = agree->ops->stop(agree->context, agree->promised, stay, count);
	agree->stop_tried = agree->now;
	if (error) {
		if (!agree->stop_failed)
			agree_log(agree, "kernel: view %llu cannot be stopped for: %s; trying again",
				  (unsigned long long)agree->promised,
				  strerror(-error));
		agree->stop_failed = true;
		return;
	}
	agree->stop_failed = false;
	agree->stopped = true;
	send_promise(agree);
}

static void accept_proposal(struct agree *agree, const struct message *message)
{
	agree_set_running(agree, false);
	agree->step = STEP_INSTALL;
	agree->round_open = false;
	agree->round_wanted = 0;
	agree->grace_until = 0;
	agree->promised = message->view;
	agree->leader = message->from;
	agree->history = message->history;
	agree->bootstrap = message->bootstrap;
	agree->tail = message->last;
	agree->member_count = message->member_count;
	memcpy(agree->members, message->members,
	       message->member_count * sizeof(*message->members));
	for (uint32_t i = 0; i < agree->node_count; i++) {
		struct agree_node *node = &agree->nodes[i];

		node->promised = false;
		node->acked = 0;
		node->needs_snapshot = false;
		node->progress = agree->now;
	}
	agree->proposing = agree->leader == agree->self;
	agree->ready = false;
	agree->stopped = false;
	agree->stop_failed = false;
	agree->view_index = 0;
	agree->install_since = agree->now;
	agree->want_state = !agree->synced ||
			    agree->state->history != message->history;
	agree->matched = agree->want_state ? 0 : agree->committed;
	agree->ack_wanted = false;
	transfer_reset(agree);
}

/* This node knows better: the others have to hear of it. */
static void refuse(struct agree *agree, const struct message *message,
		   const char *reason)
{
	agree_log(agree, "view %llu proposed by node %u refused: %s",
		  (unsigned long long)message->view, message->from, reason);
	round_want(agree);
}

void install_proposed(struct agree *agree, const struct message *message)
{
	if (agree->step == STEP_ALONE || !agree->config.settled ||
	    message->tag != agree->config.tag) {
		agree->early = *message;
		agree->has_early = true;
		return;
	}
	if (message->view == agree->promised &&
	    message->from == agree->leader) {
		/* Repeated, because somebody's promise has not come. */
		if (agree->step == STEP_INSTALL && agree->stopped)
			send_promise(agree);
		return;
	}
	if (message->view <= agree->promised) {
		refuse(agree, message, "a later one is promised");
		return;
	}
	if (agree->synced && message->bootstrap) {
		refuse(agree, message, "it would begin anew, but this node has the cluster's state");
		return;
	}
	if (agree->synced && agree->state->history == message->history &&
	    position_after(log_last(&agree->log), message->last)) {
		refuse(agree, message, "this node holds later entries");
		return;
	}
	accept_proposal(agree, message);
	if (!agree_is_member(agree, agree->self)) {
		char reason[80];

		snprintf(reason, sizeof(reason),
			 "left out of view %llu by node %u",
			 (unsigned long long)message->view, message->from);
		agree_leave_view(agree, reason);
		agree->step = STEP_OPEN;
		agree->wait = DVSD_WAIT_HELLO;
		agree->round_since = agree->now;
		if (agree->left_out < 5)
			agree->left_out++;
		return;
	}
	agree->left_out = 0;
	agree->wait = DVSD_WAIT_STOP;
	try_stop(agree);
}

/* --- leader --------------------------------------------------------------- */

static bool all_promised(const struct agree *agree)
{
	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node;

		node = agree_node((struct agree *)agree,
				  agree->members[i].node);
		if (!node->promised)
			return false;
	}
	return true;
}

/*
 * Do the promises make this node's log the one to go on with? Nodes that have
 * forgotten what they acknowledged do not count; without a majority of others
 * only the presence of the whole electorate makes sure that nobody is left
 * who knows more.
 */
static bool log_wins(struct agree *agree)
{
	uint32_t count, synced = 0, members = 0;
	const struct elector *electors = agree_electors(agree, &count);

	for (uint32_t i = 0; i < count; i++) {
		const struct message *promise;

		if (!agree_is_member(agree, electors[i].node))
			continue;
		members++;
		promise = &agree_node(agree, electors[i].node)->promise;
		if (!promise->synced)
			continue;
		if (agree->bootstrap)
			return false;
		if (promise->history != agree->history)
			continue;
		if (position_after(promise->last, agree->tail))
			return false;
		synced++;
	}
	if (agree->bootstrap)
		return members >= count / 2 + 1;
	if (synced < count / 2 + 1 && members == count)
		agree_log(agree, "only %u of %u nodes still have the cluster's state: going on with that of node %u; what only the others had acknowledged is lost",
			  synced, count, agree->self);
	return synced >= count / 2 + 1 || members == count;
}

static void check_promises(struct agree *agree)
{
	if (agree->ready || !agree->stopped || !all_promised(agree))
		return;
	if (!log_wins(agree)) {
		agree->wait = DVSD_WAIT_SYNCED;
		agree->proposing = false;
		round_want(agree);
		return;
	}
	agree->proposing = false;
	agree->ready = true;
	if (agree->bootstrap) {
		state_free(agree->state);
		agree->state = state_new(agree->history, agree->nodelist,
					 agree->nodelist_count);
		log_reset(&agree->log, (struct position){});
		agree->committed = 0;
		agree_log(agree, "no node has any state: a new cluster begins, history %016llx",
			  (unsigned long long)agree->history);
	}
	agree->want_state = false;
	append_start(agree);
	install_advance(agree);
}

void install_promised(struct agree *agree, const struct message *message)
{
	struct agree_node *node = agree_node(agree, message->from);

	if (agree->step != STEP_INSTALL || message->view != agree->promised ||
	    !agree_is_member(agree, message->from))
		return;
	node->promised = true;
	node->promise = *message;
	if (agree->leader == agree->self)
		check_promises(agree);
}

void install_advance(struct agree *agree)
{
	struct view_member members[NODES_MAX];
	AUTO_BUF entry = {};

	if (agree->step != STEP_INSTALL || !agree->ready || agree->view_index)
		return;
	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node = agree_node(agree,
						     agree->members[i].node);

		if (node->needs_snapshot || node->acked < agree->tail.index)
			return;
		members[i] = (struct view_member){
			.node = node->node,
			.session = agree->members[i].session,
			.kernel = node->promise.kernel.incarnation,
			.daemon = node->promise.incarnation,
		};
		if (!members[i].session ||
		    members[i].session != node->promise.kernel.session)
			members[i].session = agree->promised;
	}
	entry_view(&entry, agree->promised, agree->self, members,
		   agree->member_count);
	agree->synced = true;
	agree->view_index = log_last(&agree->log).index + 1;
	append_local(agree, entry.data, entry.len);
}

/* One node that cannot stop must not keep the others from going on. */
static void shun_silent(struct agree *agree)
{
	for (uint32_t i = 0; i < agree->member_count; i++) {
		struct agree_node *node = agree_node(agree,
						     agree->members[i].node);

		if (node->promised || node->node == agree->self)
			continue;
		agree_log(agree, "node %u has not stopped for view %llu: left out for %d s",
			  node->node, (unsigned long long)agree->promised,
			  SHUN_TIME / 1000);
		node->shunned_until = agree->now + SHUN_TIME;
	}
}

void install_tick(struct agree *agree)
{
	const struct agree_node *leader;

	if (agree->proposing && agree->promised > agree->proposal.view)
		agree->proposing = false;
	if (agree->proposing &&
	    agree->now - agree->propose_sent >= PROPOSE_REPEAT) {
		agree->propose_sent = agree->now;
		agree_send(agree, &agree->proposal);
	}
	if (agree->step != STEP_INSTALL)
		return;
	if (!agree->stopped && agree->now - agree->stop_tried >= 500)
		try_stop(agree);
	if (agree->round_open || agree->now - agree->install_since < INSTALL_WAIT)
		return;
	leader = agree_node(agree, agree->leader);
	if (agree->leader != agree->self &&
	    agree->now - leader->heard < LEADER_SILENCE)
		return;
	if (agree->leader == agree->self)
		shun_silent(agree);
	agree_log(agree, "view %llu is not installed after %d ms: asking anew",
		  (unsigned long long)agree->promised, INSTALL_WAIT);
	agree->proposing = false;
	round_start(agree);
}
