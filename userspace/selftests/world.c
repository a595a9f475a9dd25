// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

static int new_container(void)
{
	int fd;

	if (unshare(CLONE_NEWDC))
		/* Without CONFIG_DVS the flag is unknown. */
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	fd = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int attach(struct world *world)
{
	static const struct test_range ranges[4] = {
		{ .first = 1, .last = CLIENT_SLOT - 1, .node = 1 },
		{ .first = CLIENT_SLOT, .last = DVS_SLOT_DYNAMIC_FIRST - 1, .node = 2 },
		{ .first = DVS_SLOT_DYNAMIC_FIRST, .last = 32767, .node = 1 },
		{ .first = 32768, .last = DVS_SLOT_MAX, .node = 2 },
	};
	struct cluster *cluster = &world->cluster;
	int error;

	error = cluster_create(cluster, SIDES);
	if (error)
		return error == -ENOENT ? -EOPNOTSUPP : error;
	error = cluster_dc_new(cluster, WORLD_DCID, "selftest");
	for (int side = 0; !error && side < SIDES; side++)
		error = cluster_dc_attach(cluster, side, WORLD_DCID, world->dc[side]);
	if (!error)
		error = cluster_slots(cluster, WORLD_DCID, ranges, 4);
	return error;
}

int world_create(struct world *world, bool remote)
{
	int error;

	memset(world, 0, sizeof(*world));
	world->remote = remote;
	world->dc[SERVER] = new_container();
	if (world->dc[SERVER] < 0)
		return world->dc[SERVER];
	world->dc[CLIENT] = remote ? new_container() : dup(world->dc[SERVER]);
	if (world->dc[CLIENT] < 0)
		return world->dc[CLIENT];
	error = remote ? attach(world) : 0;
	return error ?: world_enter(world, CLIENT);
}

void world_destroy(struct world *world)
{
	for (int side = 0; side < SIDES; side++)
		close(world->dc[side]);
	if (world->remote)
		cluster_destroy(&world->cluster);
}

int world_enter(struct world *world, enum side side)
{
	return setns(world->dc[side], CLONE_NEWDC) ? -errno : 0;
}

int world_bind(struct world *world, enum side side, __u32 slot, __u32 *number)
{
	return world_enter(world, side) ?: bind_slot(slot, number);
}

struct dvs_info world_info(struct world *world, enum side side)
{
	world_enter(world, side);
	return info(-1);
}

__u32 world_node(struct world *world, enum side side)
{
	return world->remote ? side + 1 : 0;
}

bool world_empty(struct world *world)
{
	for (int side = 0; side < SIDES; side++)
		if (!eventually(world_info(world, side).endpoints == 0) ||
		    !eventually(world_info(world, side).calls == 0))
			return false;
	return true;
}
