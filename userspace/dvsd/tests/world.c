// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated cluster. See world.h.
 *
 * A message is first with its sender, then ordered: put into the inbox of every
 * node of the sender's part of the network. When the network changes, what is
 * not ordered yet is lost, seen by its sender alone, or ordered in the new
 * part, at random; so is what a paused node has not taken from its inbox.
 */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t world_random(struct world *world, uint32_t below)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (world->random >> 16) % below;
}

struct sim_node *world_node(struct world *world, uint32_t node)
{
	return &world->nodes[node - 1];
}

/* --- queues --------------------------------------------------------------- */

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_add(struct queue *queue, struct event *event)
{
	event->next = NULL;
	*queue->last = event;
	queue->last = &event->next;
}

static struct event *queue_take(struct queue *queue)
{
	struct event *event = queue->first;

	if (!event)
		return NULL;
	queue->first = event->next;
	if (!queue->first)
		queue->last = &queue->first;
	return event;
}

static void queue_drop(struct queue *queue)
{
	struct event *event;

	while ((event = queue_take(queue)))
		free(event);
}

static struct event *event_copy(const struct event *event)
{
	return xmemdup(event, sizeof(*event) + event->len);
}

/* --- what agreement asks for ---------------------------------------------- */

static void op_send(void *context, const void *data, size_t len)
{
	struct sim_node *node = context;
	struct event *event = xalloc(sizeof(*event) + len);

	event->from = node->number;
	event->len = len;
	memcpy(event->data, data, len);
	queue_add(&node->sent, event);
}

static size_t op_bulk_room(void *context)
{
	struct sim_node *node = context;
	uint32_t outstanding = 0;

	for (struct event *event = node->sent.first; event;
	     event = event->next)
		outstanding++;
	return outstanding < 8 ? MESSAGE_MAX : 0;
}

static int op_stop(void *context, uint64_t view,
		   const struct view_member *members, uint32_t count)
{
	struct sim_node *node = context;
	bool stays = false;

	for (uint32_t i = 0; i < count; i++)
		stays |= members[i].node == node->number;
	if (node->cannot_stop)
		return -ENOMEM;
	if (view < node->kernel_view)
		return -ESTALE;
	node->kernel_view = view;
	if (!stays)
		node->kernel.member = false;
	return 0;
}

static void op_kernel(void *context, struct kernel_facts *facts)
{
	struct sim_node *node = context;

	*facts = node->kernel;
}

static void op_log(void *context, const char *line)
{
	struct sim_node *node = context;

	if (node->world->verbose)
		printf("# %8.3f node %u: %s\n", node->world->now / 1000.0,
		       node->number, line);
}

static uint64_t op_random(void *context)
{
	struct sim_node *node = context;

	return ((uint64_t)world_random(node->world, 1u << 31) << 32) |
	       (world_random(node->world, 1u << 31) + 1);
}

static void disagree(struct sim_node *node, const char *what)
{
	node->world->disagreement = true;
	printf("# %8.3f node %u: %s (index %llu)\n", node->world->now / 1000.0,
	       node->number, what,
	       (unsigned long long)node->agree.state->index);
}

/* Every state anybody reaches must be the one all others have at that index. */
static void check_state(struct sim_node *node)
{
	struct state *state = node->agree.state;
	struct world *world = node->world;
	uint64_t hash = state_hash(state);

	if (world->history != state->history) {
		world->history = state->history;
		world->histories++;
		memset(world->hashes, 0, sizeof(world->hashes));
	}
	if (state->index >= WORLD_INDEXES)
		return;
	if (!world->hashes[state->index])
		world->hashes[state->index] = hash;
	else if (world->hashes[state->index] != hash)
		disagree(node, "another state at the same index");
}

static void start_kernel(struct sim_node *node)
{
	const struct elector *self = state_elector(node->agree.state,
						   node->number);

	if (node->kernel_view > node->agree.state->view)
		disagree(node, "the kernel has been told of a later view");
	node->kernel_view = node->agree.state->view;
	node->kernel.member = true;
	node->kernel.session = self->session;
}

static void report_parts(struct sim_node *node)
{
	struct state *state = node->agree.state;

	for (uint32_t i = 0; i < state->container_count; i++) {
		struct container *container = state->containers[i];
		struct part *part = container_part(container, node->number);
		AUTO_BUF command = {};

		if (!part || part->state != PART_PENDING ||
		    container->dcid <= node->checked_index)
			continue;
		node->checked_index = container->dcid;
		command_part(&command, container->dcid, PART_READY, 0);
		agree_submit(&node->agree, node->world->now, command.data,
			     command.len);
	}
}

static void op_changed(void *context)
{
	struct sim_node *node = context;

	if (!node->agree.state || !node->agree.synced)
		return;
	check_state(node);
	if (!agree_running(&node->agree))
		return;
	if (node->kernel_view != node->agree.state->view ||
	    !node->kernel.member)
		start_kernel(node);
	report_parts(node);
}

static void op_done(void *context, uint64_t sequence,
		    const struct result *result)
{
	struct sim_node *node = context;
	struct world *world = node->world;

	(void)sequence;
	if (result->error || !result->value)
		return;
	/* Both creations and reports come here; the state knows which. */
	for (uint32_t i = 0; i < node->agree.state->container_count; i++) {
		struct container *container;
		uint32_t from, number;

		container = node->agree.state->containers[i];
		if (container->dcid != result->value ||
		    sscanf(container->name, "c%u-%u", &from, &number) != 2)
			continue;
		if (!world->created[from][number]) {
			world->created[from][number] = 1;
			world->acknowledged[from]++;
		}
	}
}

static const struct agree_ops ops = {
	.send = op_send,
	.bulk_room = op_bulk_room,
	.stop = op_stop,
	.kernel = op_kernel,
	.changed = op_changed,
	.done = op_done,
	.random = op_random,
	.log = op_log,
};

/* --- the network ---------------------------------------------------------- */

static void fill_config(struct world *world, const struct sim_node *node,
			struct agree_config *config)
{
	uint64_t tag = hash_bytes(&world->ring, sizeof(world->ring));

	*config = (struct agree_config){ .settled = true, .quorate = true };
	for (uint32_t i = 0; i < world->count; i++) {
		const struct sim_node *other = &world->nodes[i];

		if (other->component != node->component)
			continue;
		config->ring[config->ring_count++] = other->number;
		if (!other->alive)
			continue;
		config->nodes[config->node_count++] = other->number;
		tag = hash_more(tag, &other->agree.incarnation,
				sizeof(other->agree.incarnation));
	}
	tag = hash_more(tag, &node->component, sizeof(node->component));
	config->tag = tag;
	config->quorate = config->ring_count >= world->count / 2 + 1;
}

static void send_config(struct sim_node *node,
			const struct agree_config *config)
{
	struct event *event = xalloc(sizeof(*event));

	event->is_config = true;
	event->config = *config;
	queue_add(&node->inbox, event);
}

/* Put @event into the inboxes of the part of the network @from is in. */
static void order(struct world *world, struct sim_node *from,
		  struct event *event)
{
	for (uint32_t i = 0; i < world->count; i++) {
		struct sim_node *to = &world->nodes[i];

		if (!to->alive || to->component != from->component ||
		    world_random(world, 100) < world->loss)
			continue;
		queue_add(&to->inbox, event_copy(event));
	}
	free(event);
}

/* The configuration has changed: what becomes of messages under way? */
static void unsettle(struct world *world, struct sim_node *node)
{
	struct queue later;
	struct event *event;

	queue_init(&later);
	while ((event = queue_take(&node->sent))) {
		switch (world_random(world, 3)) {
		case 0:
			free(event);
			break;
		case 1:
			queue_add(&node->inbox, event);
			break;
		default:
			queue_add(&later, event);
		}
	}
	while ((event = queue_take(&later)))
		queue_add(&node->sent, event);
}

static void reconfigure(struct world *world)
{
	world->ring++;
	for (uint32_t i = 0; i < world->count; i++)
		unsettle(world, &world->nodes[i]);
	for (uint32_t i = 0; i < world->count; i++) {
		struct sim_node *node = &world->nodes[i];
		struct agree_config config;

		if (!node->alive)
			continue;
		fill_config(world, node, &config);
		config.settled = false;
		send_config(node, &config);
		config.settled = true;
		send_config(node, &config);
	}
}

void world_cut(struct world *world, const int *parts)
{
	for (uint32_t i = 0; i < world->count; i++)
		world->nodes[i].component = parts[i];
	/* Those that come together have been apart before. */
	reconfigure(world);
}

/*
 * A node that comes back first sees itself alone, then the others; they may
 * see it leave and return at once.
 */
void world_heal(struct world *world)
{
	for (uint32_t i = 0; i < world->count; i++)
		world->nodes[i].component = 0;
	reconfigure(world);
}

static void start_agreement(struct world *world, struct sim_node *node)
{
	struct elector nodelist[WORLD_NODES] = {};

	for (uint32_t i = 0; i < world->count; i++) {
		nodelist[i].node = i + 1;
		snprintf(nodelist[i].name, sizeof(nodelist[i].name), "n%u",
			 i + 1);
		nodelist[i].address_len = 4;
		nodelist[i].port = 2077;
	}
	agree_init(&node->agree, &ops, node, node->number, op_random(node),
		   nodelist, world->count);
	agree_kernel(&node->agree, world->now, true, node->kernel_view);
	node->checked_index = 0;
	node->alive = true;
}

void world_kill_daemon(struct world *world, uint32_t number)
{
	struct sim_node *node = world_node(world, number);

	node->alive = false;
	node->paused = 0;
	agree_fini(&node->agree);
	queue_drop(&node->inbox);
	queue_drop(&node->sent);
	reconfigure(world);
}

void world_start_daemon(struct world *world, uint32_t number)
{
	start_agreement(world, world_node(world, number));
	reconfigure(world);
}

void world_reboot(struct world *world, uint32_t number)
{
	struct sim_node *node = world_node(world, number);

	if (node->alive)
		world_kill_daemon(world, number);
	node->kernel = (struct kernel_facts){ .incarnation = op_random(node) };
	node->kernel_view = 0;
}

void world_create(struct world *world, uint32_t number)
{
	struct sim_node *node = world_node(world, number);
	uint32_t nodes[WORLD_NODES];
	AUTO_BUF command = {};
	char name[32];

	if (!node->alive)
		return;
	for (uint32_t i = 0; i < world->count; i++)
		nodes[i] = i + 1;
	snprintf(name, sizeof(name), "c%u-%u", number, ++node->given);
	command_dc_create(&command, name, nodes, world->count, 100, 100);
	agree_submit(&node->agree, world->now, command.data, command.len);
	agree_flush(&node->agree);
}

static void deliver(struct sim_node *node)
{
	for (int i = 0; i < 16; i++) {
		struct event *event = queue_take(&node->inbox);
		struct message message;

		if (!event)
			break;
		if (event->is_config)
			agree_config(&node->agree, node->world->now,
				     &event->config);
		else if (message_decode(&message, event->from, event->data,
					event->len))
			agree_deliver(&node->agree, node->world->now,
				      &message);
		else
			node->world->disagreement = true;
		free(event);
	}
	agree_flush(&node->agree);
}

void world_step(struct world *world)
{
	world->now++;
	for (uint32_t i = 0; i < world->count; i++) {
		struct sim_node *node = &world->nodes[i];

		if (!node->alive)
			continue;
		for (int n = world_random(world, 4); n > 0; n--) {
			struct event *event = queue_take(&node->sent);

			if (event)
				order(world, node, event);
		}
	}
	for (uint32_t i = 0; i < world->count; i++) {
		struct sim_node *node = &world->nodes[i];

		if (!node->alive || node->paused > world->now)
			continue;
		if (world->now % 100 == i)
			agree_tick(&node->agree, world->now);
		deliver(node);
	}
}

void world_run(struct world *world, uint64_t ms)
{
	while (ms--)
		world_step(world);
}

static bool converged(struct world *world, uint32_t count)
{
	const struct sim_node *first = NULL;
	uint32_t same = 0;

	for (uint32_t i = 0; i < world->count; i++) {
		const struct sim_node *node = &world->nodes[i];

		if (!node->alive || node->paused > world->now ||
		    !agree_running(&node->agree) || node->agree.pending_count)
			continue;
		if (!first)
			first = node;
		if (node->agree.state->index != first->agree.state->index ||
		    node->agree.promised != first->agree.promised ||
		    state_hash(node->agree.state) !=
		    state_hash(first->agree.state))
			return false;
		same++;
	}
	return same == count && first->agree.member_count == count;
}

bool world_settled(struct world *world, uint32_t count)
{
	return converged(world, count);
}

bool world_converge(struct world *world, uint32_t count, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 50) {
		world_run(world, 50);
		if (converged(world, count))
			return true;
	}
	for (uint32_t i = 0; i < world->count; i++) {
		const struct sim_node *node = &world->nodes[i];
		struct agree_wait wait;

		if (!node->alive)
			continue;
		agree_waiting(&node->agree, &wait);
		printf("# node %u: step %d running %d promised %llu leader %u members %u wait %d/%d pending %u synced %d\n",
		       node->number, node->agree.step, node->agree.running,
		       (unsigned long long)node->agree.promised,
		       node->agree.leader, node->agree.member_count, wait.wait,
		       node->agree.wait, node->agree.pending_count,
		       node->agree.synced);
	}
	return false;
}

bool world_has_all(struct world *world, uint32_t number)
{
	const struct state *state = world_node(world, number)->agree.state;
	uint32_t found = 0, wanted = 0;

	for (uint32_t i = 1; i <= world->count; i++)
		wanted += world->acknowledged[i];
	for (uint32_t i = 0; i < state->container_count; i++) {
		uint32_t from, name;

		if (sscanf(state->containers[i]->name, "c%u-%u", &from,
			   &name) == 2)
			found += world->created[from][name];
	}
	if (found != wanted)
		printf("# node %u has %u of %u acknowledged containers\n",
		       number, found, wanted);
	return found == wanted;
}

void world_init(struct world *world, uint32_t count, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	world->random = seed * 0x9e3779b97f4a7c15ull + 1;
	world->now = 1000;
	world->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct sim_node *node = &world->nodes[i];

		node->world = world;
		node->number = i + 1;
		queue_init(&node->inbox);
		queue_init(&node->sent);
		node->kernel.incarnation = op_random(node);
	}
	for (uint32_t i = 0; i < count; i++)
		start_agreement(world, &world->nodes[i]);
	reconfigure(world);
}

void world_fini(struct world *world)
{
	for (uint32_t i = 0; i < world->count; i++) {
		struct sim_node *node = &world->nodes[i];

		if (node->alive)
			agree_fini(&node->agree);
		queue_drop(&node->inbox);
		queue_drop(&node->sent);
	}
}
