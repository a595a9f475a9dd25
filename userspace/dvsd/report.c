// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The agreed state, and what the nodes have answered, as JSON.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"
#include "verbs.h"

void format_id(char *text, uint64_t id)
{
	snprintf(text, 17, "%016llx", (unsigned long long)id);
}

static const char *address_text(const uint8_t *address, uint8_t len,
				char *text, size_t size)
{
	text[0] = '\0';
	if (len == 4 || len == 16)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, address, text, size);
	return text;
}

static uint32_t containers_on(const struct state *state, uint32_t node)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < state->container_count; i++)
		count += container_part(state->containers[i], node) != NULL;
	return count;
}

json_t *report_nodes(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;
	json_t *nodes = json_array();

	for (uint32_t i = 0; i < state->elector_count; i++) {
		const struct elector *node = &state->electors[i];
		const char *standing = "absent";
		char address[64];

		if (node->session)
			standing = "member";
		else if (agree_in_config(&daemon->agree, node->node))
			standing = "joining";
		json_array_append_new(nodes, json_pack(
			"{s:I, s:s, s:s, s:i, s:s, s:I, s:b, s:i}",
			"node", (json_int_t)node->node,
			"name", node->name,
			"address", address_text(node->address,
						node->address_len, address,
						sizeof(address)),
			"port", node->port,
			"state", standing,
			"session", (json_int_t)node->session,
			"leader", node->session &&
				  node->node == state->leader,
			"containers", containers_on(state, node->node)));
	}
	return nodes;
}

static const char *container_state(const struct state *state,
				   const struct container *container)
{
	if (container->deleting)
		return "deleting";
	return container_settled(state, container, false) ? "active" :
							    "creating";
}

static json_t *summary(const struct state *state,
		       const struct container *container)
{
	json_t *nodes = json_array();
	char id[17];

	for (uint32_t i = 0; i < container->part_count; i++)
		json_array_append_new(nodes, json_integer(
			container->parts[i].node));
	format_id(id, container->dcid);
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I}",
			 "name", container->name, "dcid", id,
			 "state", container_state(state, container),
			 "nodes", nodes,
			 "map_version", (json_int_t)container->version,
			 "endpoint_limit",
			 (json_int_t)container->endpoint_limit,
			 "call_limit", (json_int_t)container->call_limit);
}

static int by_name(const void *a, const void *b)
{
	const struct container *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

json_t *report_containers(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;
	json_t *list = json_array();
	struct container **sorted;

	sorted = xmemdup(state->containers,
			 state->container_count * sizeof(*sorted));
	qsort(sorted, state->container_count, sizeof(*sorted), by_name);
	for (uint32_t i = 0; i < state->container_count; i++)
		json_array_append_new(list, summary(state, sorted[i]));
	free(sorted);
	return list;
}

json_t *report_container(struct daemon *daemon,
			 const struct container *container)
{
	static const char *const reached[] = {
		[PART_PENDING] = "pending",
		[PART_READY] = "ready",
		[PART_FAILED] = "failed",
		[PART_GONE] = "gone",
	};
	json_t *data = summary(daemon->agree.state, container);
	json_t *parts = json_array(), *slots = json_array();

	for (uint32_t i = 0; i < container->part_count; i++) {
		const struct part *part = &container->parts[i];

		json_array_append_new(parts, json_pack(
			"{s:I, s:s, s:s}", "node", (json_int_t)part->node,
			"state", reached[part->state],
			"error", part->error ? strerror(part->error) : ""));
	}
	for (uint32_t i = 0; i < container->slots.count; i++) {
		const struct range *range = &container->slots.ranges[i];

		if (!range->node)
			continue;
		json_array_append_new(slots, json_pack(
			"{s:i, s:i, s:I, s:I, s:i, s:i}",
			"first", range->first, "last", range->last,
			"node", (json_int_t)range->node,
			"epoch", (json_int_t)range->epoch,
			"generation_floor", (int)range->floor,
			"generation_ceiling", (int)range->ceiling));
	}
	json_object_set_new(data, "parts", parts);
	json_object_set_new(data, "slots", slots);
	return data;
}

/* --- what nodes have answered --------------------------------------------- */

static json_t *missing(const struct query *query)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < query->count; i++) {
		const struct answer *answer = &query->answers[i];

		if (answer->complete && !answer->cut)
			continue;
		json_array_append_new(list, json_pack(
			"{s:I, s:s}", "node", (json_int_t)answer->node,
			"reason", !answer->complete ?
			"did not answer in time" :
			"has more than fits into an answer, or its kernel did not list it"));
	}
	return list;
}

static void read_answer(const struct answer *answer, struct reader *reader)
{
	/* The first byte says whether it was cut off. */
	if (answer->complete && answer->data.len > 1)
		reader_init(reader, answer->data.data + 1,
			    answer->data.len - 1);
	else
		reader_init(reader, "", 0);
}

struct located {
	struct kernel_endpoint endpoint;
	const char *dc;
	uint32_t node;
};

static int by_place(const void *a, const void *b)
{
	const struct located *left = a, *right = b;
	uint16_t left_slot = left->endpoint.endpoint & 0xffff;
	uint16_t right_slot = right->endpoint.endpoint & 0xffff;
	int order = strcmp(left->dc, right->dc);

	if (order)
		return order;
	if (left_slot != right_slot)
		return left_slot < right_slot ? -1 : 1;
	return left->node < right->node ? -1 : left->node > right->node;
}

static json_t *endpoint_object(const struct located *located)
{
	const struct kernel_endpoint *endpoint = &located->endpoint;
	char id[17];

	format_id(id, endpoint->dcid);
	return json_pack("{s:s, s:s, s:I, s:i, s:i, s:I, s:i, s:I, s:s, s:I, s:I, s:I, s:I}",
			 "dc", located->dc, "dcid", id,
			 "node", (json_int_t)located->node,
			 "slot", (int)(endpoint->endpoint & 0xffff),
			 "generation", (int)(endpoint->endpoint >> 16),
			 "endpoint", (json_int_t)endpoint->endpoint,
			 "pid", endpoint->pid,
			 "uid", (json_int_t)endpoint->uid,
			 "comm", endpoint->comm,
			 "waiting", (json_int_t)endpoint->waiting,
			 "open", (json_int_t)endpoint->open,
			 "received", (json_int_t)endpoint->received,
			 "sent", (json_int_t)endpoint->sent);
}

json_t *report_endpoints(struct daemon *daemon, const struct query *query,
			 uint64_t dcid)
{
	json_t *list = json_array();
	struct located *all = NULL;
	size_t count = 0, size = 0;

	for (uint32_t i = 0; i < query->count; i++) {
		struct kernel_endpoint endpoint;
		struct reader reader;

		read_answer(&query->answers[i], &reader);
		while (get_endpoint(&reader, &endpoint)) {
			const struct container *container;

			if (dcid && endpoint.dcid != dcid)
				continue;
			if (count == size) {
				size = size ? size * 2 : 64;
				all = xrealloc(all, size * sizeof(*all));
			}
			container = state_container(daemon->agree.state,
						    endpoint.dcid);
			all[count++] = (struct located){
				.endpoint = endpoint,
				.dc = container ? container->name : "",
				.node = query->answers[i].node,
			};
		}
	}
	if (count)
		qsort(all, count, sizeof(*all), by_place);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, endpoint_object(&all[i]));
	free(all);
	return json_pack("{s:o, s:o}", "endpoints", list,
			 "missing", missing(query));
}

static json_t *link_object(uint32_t node, const struct kernel_peer *peer)
{
	static const char *const states[] = {
		"down", "connecting", "up", "suspended",
	};
	json_t *link;
	char address[64];

	link = json_pack("{s:I, s:I, s:s, s:I, s:s, s:i, s:I}",
			 "node", (json_int_t)node,
			 "peer", (json_int_t)peer->node,
			 "state", peer->state < 4 ? states[peer->state] :
						    "down",
			 "session", (json_int_t)peer->session,
			 "address", address_text(peer->address,
						 peer->address_len, address,
						 sizeof(address)),
			 "port", peer->port,
			 "connects", (json_int_t)peer->connects);
	json_object_update_new(link, json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
		"tx_frames", (json_int_t)peer->tx_frames,
		"tx_bytes", (json_int_t)peer->tx_bytes,
		"rx_frames", (json_int_t)peer->rx_frames,
		"rx_bytes", (json_int_t)peer->rx_bytes,
		"resent_frames", (json_int_t)peer->resent_frames,
		"duplicate_frames", (json_int_t)peer->duplicate_frames,
		"bad_frames", (json_int_t)peer->bad_frames,
		"queued_frames", (json_int_t)peer->queued_frames,
		"queued_bytes", (json_int_t)peer->queued_bytes,
		"calls_out", (json_int_t)peer->calls_out,
		"calls_in", (json_int_t)peer->calls_in,
		"last_error", peer->last_error));
	return link;
}

static int link_order(const void *a, const void *b)
{
	json_t *const *left = a, *const *right = b;
	static const char *const keys[] = { "node", "peer" };

	for (int i = 0; i < 2; i++) {
		json_int_t x, y;

		x = json_integer_value(json_object_get(*left, keys[i]));
		y = json_integer_value(json_object_get(*right, keys[i]));
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

json_t *report_links(struct daemon *daemon, const struct query *query)
{
	json_t *all[NODES_MAX * NODES_MAX], *list = json_array();
	size_t count = 0;

	(void)daemon;
	for (uint32_t i = 0; i < query->count; i++) {
		struct kernel_peer peer;
		struct reader reader;

		read_answer(&query->answers[i], &reader);
		while (count < NODES_MAX * NODES_MAX &&
		       get_peer(&reader, &peer))
			all[count++] = link_object(query->answers[i].node,
						   &peer);
	}
	qsort(all, count, sizeof(*all), link_order);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, all[i]);
	return json_pack("{s:o, s:o}", "links", list,
			 "missing", missing(query));
}
