// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The status: answered in any state, and above all in those in which nothing
 * else is.
 */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

static const char *const wait_words[] = {
#define WAIT_WORD(symbol, word) [symbol] = word,
	DVSD_WAITS(WAIT_WORD)
#undef WAIT_WORD
};

static void what_for(struct daemon *daemon, struct agree_wait *wait)
{
	*wait = (struct agree_wait){ .wait = DVSD_WAIT_COROSYNC };
	if (!daemon->has_agree)
		return;
	if (!daemon->kernel)
		wait->wait = DVSD_WAIT_KERNEL;
	else
		agree_waiting(&daemon->agree, wait);
}

static void list_nodes(const struct agree_wait *wait, char *text, size_t size)
{
	size_t len = 0;

	len += snprintf(text, size, "%s ",
			wait->node_count == 1 ? "node" : "nodes");
	for (uint32_t i = 0; i < wait->node_count && len < size; i++)
		len += snprintf(text + len, size - len, "%s%u",
				i ? ", " : "", wait->nodes[i]);
}

static void sentence(const struct agree_wait *wait, char *text, size_t size)
{
	char nodes[256];

	list_nodes(wait, nodes, sizeof(nodes));
	switch (wait->wait) {
	case DVSD_WAIT_COROSYNC:
		snprintf(text, size, "Corosync does not answer on this node");
		break;
	case DVSD_WAIT_KERNEL:
		snprintf(text, size, "the kernel's netlink family \"dvs\" cannot be used, see the log");
		break;
	case DVSD_WAIT_RING:
		snprintf(text, size, "Corosync is forming a ring");
		break;
	case DVSD_WAIT_QUORUM:
		snprintf(text, size, "%u of the %u nodes that are needed run dvsd, without %s",
			 wait->received, wait->total, nodes);
		break;
	case DVSD_WAIT_HELLO:
		snprintf(text, size, "hello from %s (%u of %u)", nodes,
			 wait->received, wait->total);
		break;
	case DVSD_WAIT_SYNCED:
		snprintf(text, size, "a majority of nodes that still have the cluster's state; nodes whose dvsd restarted meanwhile do not count");
		break;
	case DVSD_WAIT_PROMISE:
		snprintf(text, size, "a proposal of a view from %s", nodes);
		break;
	case DVSD_WAIT_SNAPSHOT:
		snprintf(text, size, "snapshot, %s (%u of %u)", nodes,
			 wait->received, wait->total);
		break;
	case DVSD_WAIT_STOP:
		snprintf(text, size, "stop of %s (%u of %u)", nodes,
			 wait->received, wait->total);
		break;
	case DVSD_WAIT_COMMIT:
		snprintf(text, size, "the view's entry to be acknowledged by %s",
			 nodes);
		break;
	default:
		text[0] = '\0';
	}
}

static json_t *waiting(const struct agree_wait *wait)
{
	json_t *nodes = json_array();
	char text[512];

	for (uint32_t i = 0; i < wait->node_count; i++)
		json_array_append_new(nodes, json_integer(wait->nodes[i]));
	sentence(wait, text, sizeof(text));
	return json_pack("{s:s, s:o, s:i, s:i, s:s}",
			 "for", wait_words[wait->wait], "nodes", nodes,
			 "received", wait->received, "total", wait->total,
			 "text", text);
}

static json_t *electorate(struct daemon *daemon)
{
	uint32_t size = 0, present = 0, majority;

	if (daemon->has_agree) {
		const struct elector *electors;

		electors = agree_electors(&daemon->agree, &size);
		for (uint32_t i = 0; i < size; i++)
			present += agree_in_config(&daemon->agree,
						   electors[i].node);
	}
	majority = size ? size / 2 + 1 : 0;
	return json_pack("{s:i, s:i, s:i, s:i}", "size", size,
			 "majority", majority, "present", present,
			 "failures_survived",
			 present > majority ? present - majority : 0);
}

static json_t *log_object(struct daemon *daemon)
{
	const struct agree *agree = &daemon->agree;

	if (!daemon->has_agree)
		return json_pack("{s:i, s:i, s:i, s:i}", "appended", 0,
				 "committed", 0, "applied", 0, "first", 0);
	return json_pack("{s:I, s:I, s:I, s:I}",
			 "appended", (json_int_t)log_last(&agree->log).index,
			 "committed", (json_int_t)agree->committed,
			 "applied", (json_int_t)(agree->state ?
						 agree->state->index : 0),
			 "first", (json_int_t)(agree->log.base.index + 1));
}

static json_t *member(struct daemon *daemon, const struct elector *elector)
{
	struct agree *agree = &daemon->agree;
	const struct agree_node *node = agree_node(agree, elector->node);
	bool self = elector->node == agree->self;
	bool in_view = elector->session != 0 && agree->running;
	bool synced = self ? agree->synced :
			     in_view || (node->has_hello &&
					 node->hello.synced);

	return json_pack("{s:I, s:s, s:b, s:b, s:I, s:b, s:I}",
			 "node", (json_int_t)elector->node,
			 "name", elector->name,
			 "in_view", in_view,
			 "in_ring", agree_in_config(agree, elector->node),
			 "session", (json_int_t)(in_view ? elector->session :
							   0),
			 "synced", synced,
			 "acked", (json_int_t)(self || elector->node ==
					       agree->leader ?
					       agree->matched : node->acked));
}

static json_t *members(struct daemon *daemon)
{
	json_t *list = json_array();
	const struct elector *electors;
	uint32_t count;

	if (!daemon->has_agree)
		return list;
	electors = agree_electors(&daemon->agree, &count);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, member(daemon, &electors[i]));
	return list;
}

static const char *own_name(const struct daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->cluster.count; i++)
		if (daemon->cluster.nodes[i].node == daemon->cluster.self)
			return daemon->cluster.nodes[i].name;
	return "";
}

json_t *status_data(struct daemon *daemon)
{
	const struct state *state = daemon->has_agree ? daemon->agree.state :
							NULL;
	char cluster_id[17], history[17] = "", hash[17] = "";
	struct agree_wait wait;
	uint32_t rep = 0;
	uint64_t seq = 0;
	bool running;
	json_t *data;

	what_for(daemon, &wait);
	running = wait.wait == DVSD_WAIT_NOTHING;
	format_id(cluster_id, daemon->cluster_id);
	if (state) {
		format_id(history, state->history);
		format_id(hash, state_hash(state));
	}
	corosync_ring(daemon->corosync, &rep, &seq);
	data = json_pack("{s:s, s:s, s:I, s:s, s:s, s:i, s:s, s:o, s:b}",
			 "cluster", daemon->cluster.name,
			 "cluster_id", cluster_id,
			 "node", (json_int_t)daemon->cluster.self,
			 "name", own_name(daemon),
			 "daemon", DVS_VERSION,
			 "protocol", DVSD_PROTOCOL,
			 "phase", running ? "running" : "waiting",
			 "waiting", running ? json_null() : waiting(&wait),
			 "quorate", corosync_quorate(daemon->corosync));
	json_object_update_new(data, json_pack(
		"{s:o, s:I, s:I, s:s, s:{s:I, s:I}, s:o, s:s, s:o}",
		"electorate", electorate(daemon),
		"view", (json_int_t)(state ? state->view : 0),
		"leader", (json_int_t)(running ? daemon->agree.leader : 0),
		"history", history,
		"ring", "rep", (json_int_t)rep, "seq", (json_int_t)seq,
		"log", log_object(daemon),
		"hash", hash,
		"members", members(daemon)));
	return data;
}
