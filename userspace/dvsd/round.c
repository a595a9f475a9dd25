// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rounds: the nodes of a configuration tell each other how far they are, and
 * each concludes who has to propose the next view.
 *
 * What is concluded here is advice. Whether a view may be installed is decided
 * by the promises (install.c), so a HELLO that is lost or old costs time only.
 */
#include "agree.h"

static void send_hello(struct agree *agree)
{
	struct message message = {
		.type = MESSAGE_HELLO,
		.round = agree->round,
	};

	agree_standing(agree, &message);
	agree_send(agree, &message);
	agree->hello_sent = agree->now;
}

static bool counts(const struct agree *agree, const struct agree_node *node)
{
	return node->has_hello && node->hello.tag == agree->config.tag &&
	       node->hello.round == agree->round &&
	       agree_in_config(agree, node->node);
}

static void open_round(struct agree *agree, uint32_t round)
{
	agree->round = round;
	agree->round_open = true;
	agree->round_since = agree->now;
	agree->round_wanted = 0;
	agree->grace_until = 0;
	agree->wait = DVSD_WAIT_HELLO;
	send_hello(agree);
}

/* The highest round anybody has begun in this configuration. */
static uint32_t highest_round(const struct agree *agree)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < agree->node_count; i++) {
		const struct agree_node *node = &agree->nodes[i];

		if (node->has_hello && node->hello.tag == agree->config.tag &&
		    agree_in_config(agree, node->node) &&
		    node->hello.round > highest)
			highest = node->hello.round;
	}
	return highest;
}

static void check_round(struct agree *agree);

void round_start(struct agree *agree)
{
	uint32_t highest = highest_round(agree);
	struct agree_node *self = agree_node(agree, agree->self);
	bool took_part = self && self->has_hello &&
			 self->hello.tag == agree->config.tag;

	/* Others may have begun the first round before this node could. */
	open_round(agree, took_part || !highest ? highest + 1 : highest);
	if (agree->has_early) {
		agree->has_early = false;
		if (agree->early.tag == agree->config.tag)
			install_proposed(agree, &agree->early);
	}
	check_round(agree);
}

void round_want(struct agree *agree)
{
	if (!agree->round_open && !agree->round_wanted)
		agree->round_wanted = agree->round_since + ROUND_PAUSE;
}

void round_hello(struct agree *agree, const struct message *message)
{
	struct agree_node *node = agree_node(agree, message->from);

	node->hello = *message;
	node->has_hello = true;
	if (message->version_min > PROTOCOL_MAX ||
	    message->version_max < PROTOCOL_MIN)
		agree_log(agree, "node %u speaks versions %u to %u of the protocol, this node %u to %u: left out; update the older one",
			  message->from, message->version_min,
			  message->version_max, PROTOCOL_MIN, PROTOCOL_MAX);
	if (agree->step == STEP_ALONE || !agree->config.settled ||
	    message->tag != agree->config.tag)
		return;
	if (message->round > agree->round)
		open_round(agree, message->round);
	else if (message->round == agree->round && !agree->round_open &&
		 !agree_is_member(agree, message->from))
		/* It was too late to be counted. */
		round_want(agree);
	check_round(agree);
}

/* The side whose log goes on; see Documentation/dvs/agreement.rst. */
struct choice {
	uint32_t present;
	uint32_t synced;
	bool all_present;
	bool found;
	uint64_t history;
};

/* Whether the log of @history is backed by enough nodes to go on. */
static bool backed(const struct agree *agree, const struct message *of,
		   const struct choice *choice)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < agree->node_count; i++) {
		const struct agree_node *node = &agree->nodes[i];

		count += counts(agree, node) && node->hello.synced &&
			 node->hello.history == of->history;
	}
	return count >= of->electors / 2 + 1 ||
	       choice->present >= of->electors;
}

static void choose_history(const struct agree *agree, struct choice *choice)
{
	struct position best = {};

	*choice = (struct choice){ .all_present = true };
	for (uint32_t i = 0; i < agree->config.node_count; i++) {
		const struct agree_node *node;

		node = agree_node((struct agree *)agree,
				  agree->config.nodes[i]);
		if (!node || !counts(agree, node)) {
			choice->all_present = false;
			continue;
		}
		choice->present++;
		choice->synced += node->hello.synced;
	}
	for (uint32_t i = 0; i < agree->node_count; i++) {
		const struct agree_node *node = &agree->nodes[i];

		if (!counts(agree, node) || !node->hello.synced ||
		    !backed(agree, &node->hello, choice))
			continue;
		if (choice->found && !position_after(node->hello.last, best))
			continue;
		choice->found = true;
		choice->history = node->hello.history;
		best = node->hello.last;
	}
}

/* Whether @a should propose rather than @b, which are both of the history. */
static bool better(const struct message *a, const struct message *b)
{
	bool a_led = a->leader == a->from, b_led = b->leader == b->from;

	if (position_after(a->last, b->last))
		return true;
	if (position_after(b->last, a->last))
		return false;
	if (a_led != b_led)
		return a_led;
	/* Then who is in the cluster longest; 0 is nobody. */
	if (a->joined - 1 != b->joined - 1)
		return a->joined - 1 < b->joined - 1;
	return a->from < b->from;
}

static uint32_t choose_proposer(const struct agree *agree,
				const struct choice *choice)
{
	const struct message *best = NULL;

	for (uint32_t i = 0; i < agree->node_count; i++) {
		const struct agree_node *node = &agree->nodes[i];

		if (!counts(agree, node))
			continue;
		if (choice->found && (!node->hello.synced ||
				      node->hello.history != choice->history))
			continue;
		if (!best || (choice->found ? better(&node->hello, best) :
					      node->node < best->from))
			best = &node->hello;
	}
	return best ? best->from : 0;
}

/* A node whose kernel has exchanged frames all the time keeps its session. */
static uint64_t kept_session(const struct agree *agree,
			     const struct message *hello)
{
	struct view_member member;

	if (!agree->synced || !hello->kernel.member ||
	    !agree_last_member(agree, hello->from, &member) ||
	    hello->kernel.session != member.session ||
	    hello->kernel.incarnation != member.kernel)
		return 0;
	return member.session;
}

/*
 * Without those that lately did not stop, if that leaves a majority whose logs
 * mean something.
 */
static bool may_shun(struct agree *agree, const struct choice *choice,
		     const struct elector *electors, uint32_t count)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct agree_node *node = agree_node(agree,
							   electors[i].node);

		left += node && counts(agree, node) &&
			agree->now >= node->shunned_until &&
			(!choice->found ||
			 (node->hello.synced &&
			  node->hello.history == choice->history));
	}
	return left >= count / 2 + 1;
}

static void propose(struct agree *agree, const struct choice *choice)
{
	struct view_member members[NODES_MAX];
	uint64_t view = agree->promised;
	const struct elector *electors;
	uint32_t count, total = 0;
	bool shun;

	electors = agree_electors(agree, &count);
	shun = may_shun(agree, choice, electors, count);
	for (uint32_t i = 0; i < count; i++) {
		struct agree_node *node = agree_node(agree, electors[i].node);

		if (!node || !counts(agree, node))
			continue;
		if (node->hello.promised > view)
			view = node->hello.promised;
		if (node->hello.version_min > PROTOCOL_MAX ||
		    node->hello.version_max < PROTOCOL_MIN)
			continue;
		if (shun && agree->now < node->shunned_until)
			continue;
		if (!choice->found &&
		    node->hello.nodelist != agree->nodelist_hash) {
			agree_log(agree, "node %u has another node list than this node: left out; make corosync.conf the same on all nodes",
				  node->node);
			continue;
		}
		members[total++] = (struct view_member){
			.node = node->node,
			.session = choice->found ?
				   kept_session(agree, &node->hello) : 0,
		};
	}
	if (total < count / 2 + 1)
		return;
	install_propose(agree, !choice->found, view + 1, members, total);
}

static void conclude(struct agree *agree)
{
	struct choice choice;

	choose_history(agree, &choice);
	if (!choice.found) {
		/*
		 * Nobody remembers anything: begin anew, if that is certain of
		 * all who are here. Else those who might remember must come.
		 */
		if (choice.synced) {
			if (agree->wait != DVSD_WAIT_SYNCED)
				agree_log(agree, "%u of %u nodes here have the cluster's state, which is no majority: waiting for nodes that have it",
					  choice.synced, choice.present);
			agree->wait = DVSD_WAIT_SYNCED;
			return;
		}
		if (!choice.all_present)
			return;
	}
	agree->round_open = false;
	agree->proposer = choose_proposer(agree, &choice);
	agree->wait = DVSD_WAIT_PROMISE;
	if (agree->proposer == agree->self)
		propose(agree, &choice);
}

static void check_round(struct agree *agree)
{
	uint32_t here = 0;

	if (!agree->round_open)
		return;
	for (uint32_t i = 0; i < agree->config.node_count; i++) {
		struct agree_node *node;

		node = agree_node(agree, agree->config.nodes[i]);
		here += node && counts(agree, node);
	}
	if (here == agree->config.node_count ||
	    (agree->now - agree->round_since >= HELLO_WAIT &&
	     agree->wait == DVSD_WAIT_HELLO))
		conclude(agree);
}

void round_tick(struct agree *agree)
{
	if (!agree->config.settled || !agree->config.quorate)
		return;
	if (agree->round_open) {
		if (agree->now - agree->hello_sent >= HELLO_REPEAT)
			send_hello(agree);
		check_round(agree);
		return;
	}
	/* Nobody has proposed, or not this node. */
	if (agree->step == STEP_OPEN && !agree->running && !agree->proposing &&
	    agree->now - agree->round_since >=
	    (uint64_t)INSTALL_WAIT << agree->left_out)
		round_start(agree);
	else if (agree->round_wanted && agree->now >= agree->round_wanted)
		round_start(agree);
}
