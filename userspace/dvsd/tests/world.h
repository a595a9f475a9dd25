/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated cluster: agreement on several nodes over a network that breaks
 * the promises a group communication system makes. Time is simulated; the same
 * seed gives the same run.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "../agree.h"

#define WORLD_NODES	5

struct event {
	struct event *next;
	bool is_config;
	struct agree_config config;
	uint32_t from;
	size_t len;
	uint8_t data[];
};

struct queue {
	struct event *first;
	struct event **last;
};

struct world;

/**
 * struct sim_node - a simulated node
 * @alive: its daemon runs
 * @paused: until when nothing is delivered to it
 * @cannot_stop: its kernel refuses to stop
 * @component: which part of the network it is in
 * @kernel: what its kernel would say
 * @kernel_view: last view the kernel was told of
 * @inbox: what is to be delivered
 * @sent: what it has sent and nobody has ordered yet
 * @created: containers whose creation it was told of
 */
struct sim_node {
	struct world *world;
	uint32_t number;
	bool alive;
	uint64_t paused;
	bool cannot_stop;
	int component;
	struct kernel_facts kernel;
	uint64_t kernel_view;
	struct agree agree;
	struct queue inbox;
	struct queue sent;
	uint32_t given;
	uint64_t checked_index;
};

#define WORLD_INDEXES	20000

struct world {
	uint64_t random;
	uint64_t now;
	uint32_t count;
	uint32_t ring;
	struct sim_node nodes[WORLD_NODES];
	/* Percent of messages lost on the way to one receiver. */
	uint32_t loss;
	bool verbose;
	/* What has been agreed, to find nodes that disagree. */
	uint64_t history;
	uint32_t histories;
	uint64_t hashes[WORLD_INDEXES];
	/* Containers whose creators were told that they exist. */
	uint32_t acknowledged[WORLD_NODES + 1];
	uint8_t created[WORLD_NODES + 1][4096];
	bool disagreement;
};

void world_init(struct world *world, uint32_t count, uint64_t seed);
void world_fini(struct world *world);
uint32_t world_random(struct world *world, uint32_t below);
/* Cut the network: node i is in part parts[i - 1]. */
void world_cut(struct world *world, const int *parts);
void world_heal(struct world *world);
/* The daemon dies; it starts again with nothing. */
void world_kill_daemon(struct world *world, uint32_t node);
void world_start_daemon(struct world *world, uint32_t node);
/* So does the kernel. */
void world_reboot(struct world *world, uint32_t node);
/* Ask the node to create a container with a name of its own. */
void world_create(struct world *world, uint32_t node);
void world_step(struct world *world);
void world_run(struct world *world, uint64_t ms);
/*
 * Do @count nodes run the same view in the same state? Until they do; false:
 * not within @ms, and what each waits for is printed.
 */
bool world_settled(struct world *world, uint32_t count);
bool world_converge(struct world *world, uint32_t count, uint64_t ms);
/* Every container whose creation was acknowledged exists on @node. */
bool world_has_all(struct world *world, uint32_t node);
struct sim_node *world_node(struct world *world, uint32_t node);

#endif /* TESTS_WORLD_H */
