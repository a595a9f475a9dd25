// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel for tests of the daemon on a host without DVS: the same rules for
 * views, containers and slot maps, kept in a file so that they outlive the
 * daemon. A test makes claims by writing lines "DCID SLOT KIND" to
 * /run/dvs-fake/claims, where they stay until a map changes, and reads what the kernel has become from
 * /run/dvs-fake/state, and what was refused from /run/dvs-fake/refused.
 */
#include "../kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../daemon.h"

#define FOLDER		"/run/dvs-fake"
#define FAKE_DCS	1024

struct fake_dc {
	bool used;
	uint64_t dcid;
	char name[DVSD_NAME_MAX + 1];
	bool attached;
	uint64_t version;
	uint32_t ranges;
};

/* What is written to the file, as it is. */
struct image {
	struct kernel_node node;
	struct fake_dc dcs[FAKE_DCS];
};

struct kernel {
	struct image image;
	int event_fd;
	char message[64];
};

static void save(struct kernel *kernel)
{
	FILE *file = fopen(FOLDER "/image.new", "w");
	const struct kernel_node *node = &kernel->image.node;

	if (!file || fwrite(&kernel->image, sizeof(kernel->image), 1, file) != 1)
		abort();
	fclose(file);
	rename(FOLDER "/image.new", FOLDER "/image");
	file = fopen(FOLDER "/state.new", "w");
	if (!file)
		abort();
	fprintf(file, "node %u member %d view %llu stopped %llu session %llu\n",
		node->node, node->member, (unsigned long long)node->view,
		(unsigned long long)node->stopped_view,
		(unsigned long long)node->session);
	for (int i = 0; i < FAKE_DCS; i++) {
		const struct fake_dc *dc = &kernel->image.dcs[i];

		if (dc->used)
			fprintf(file, "dc %s %016llx attached %d version %llu ranges %u\n",
				dc->name, (unsigned long long)dc->dcid,
				dc->attached, (unsigned long long)dc->version,
				dc->ranges);
	}
	fclose(file);
	rename(FOLDER "/state.new", FOLDER "/state");
}

static const char *message(struct kernel *kernel)
{
	return kernel->message;
}

static int open_kernel(struct kernel **opened)
{
	struct kernel *kernel = xalloc(sizeof(*kernel));
	FILE *file;

	mkdir(FOLDER, 0755);
	file = fopen(FOLDER "/image", "r");
	if (file) {
		if (fread(&kernel->image, sizeof(kernel->image), 1, file) != 1)
			abort();
		fclose(file);
	}
	kernel->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*opened = kernel;
	return 0;
}

static void close_kernel(struct kernel *kernel)
{
	close(kernel->event_fd);
	free(kernel);
}

static int event_fd(struct kernel *kernel)
{
	return kernel->event_fd;
}

static void drain(struct kernel *kernel)
{
	uint64_t count;

	if (read(kernel->event_fd, &count, sizeof(count)) < 0)
		return;
}

static int node_get(struct kernel *kernel, struct kernel_node *node)
{
	*node = kernel->image.node;
	return 0;
}

static int node_set(struct kernel *kernel, uint64_t cluster,
		    const struct elector *self)
{
	struct kernel_node *node = &kernel->image.node;

	if (node->set)
		return node->node == self->node && node->cluster == cluster ?
		       0 : -EEXIST;
	*node = (struct kernel_node){
		.set = true,
		.cluster = cluster,
		.node = self->node,
		.incarnation = random_number(),
	};
	save(kernel);
	return 0;
}

static int node_del(struct kernel *kernel)
{
	kernel->image = (struct image){};
	save(kernel);
	return 0;
}

static int peer_set(struct kernel *kernel, const struct elector *peer)
{
	return peer->node == kernel->image.node.node ? -EINVAL : 0;
}

static const struct view_member *find_self(struct kernel *kernel,
					   const struct view_member *members,
					   uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (members[i].node == kernel->image.node.node)
			return &members[i];
	return NULL;
}

static int view_stop(struct kernel *kernel, uint64_t view,
		     const struct view_member *members, uint32_t count)
{
	struct kernel_node *node = &kernel->image.node;

	if (view <= node->view || view < node->stopped_view)
		return -ESTALE;
	node->stopped_view = view;
	if (!find_self(kernel, members, count)) {
		node->member = false;
		node->session = 0;
	}
	save(kernel);
	return 0;
}

static int view_start(struct kernel *kernel, uint64_t view,
		      const struct view_member *members, uint32_t count)
{
	const struct view_member *self = find_self(kernel, members, count);
	struct kernel_node *node = &kernel->image.node;

	if (view <= node->view || view < node->stopped_view)
		return -ESTALE;
	if (view != node->stopped_view || !self)
		return -EINVAL;
	node->view = view;
	node->stopped_view = 0;
	node->session = self->session;
	node->member = true;
	save(kernel);
	return 0;
}

static struct fake_dc *find_dc(struct kernel *kernel, uint64_t dcid)
{
	for (int i = 0; i < FAKE_DCS; i++)
		if (kernel->image.dcs[i].used &&
		    kernel->image.dcs[i].dcid == dcid)
			return &kernel->image.dcs[i];
	return NULL;
}

static int dc_new(struct kernel *kernel, const struct container *container)
{
	if (find_dc(kernel, container->dcid))
		return -EEXIST;
	/* A test makes the kernel of a node refuse by this file. */
	if (!access(FOLDER "/refuse-dc-new", F_OK))
		return -EINVAL;
	for (int i = 0; i < FAKE_DCS; i++) {
		struct fake_dc *dc = &kernel->image.dcs[i];

		if (dc->used)
			continue;
		*dc = (struct fake_dc){ .used = true, .dcid = container->dcid };
		memcpy(dc->name, container->name, sizeof(dc->name));
		save(kernel);
		return 0;
	}
	return -ENOSPC;
}

static int dc_del(struct kernel *kernel, uint64_t dcid)
{
	struct fake_dc *dc = find_dc(kernel, dcid);

	if (!dc)
		return -ENOENT;
	*dc = (struct fake_dc){};
	save(kernel);
	return 0;
}

static int dc_attach(struct kernel *kernel, uint64_t dcid, int *fd)
{
	struct fake_dc *dc = find_dc(kernel, dcid);

	if (!dc)
		return -ENOENT;
	if (dc->attached)
		return -EEXIST;
	*fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	dc->attached = true;
	save(kernel);
	return 0;
}

static int slot_set(struct kernel *kernel, uint64_t dcid, uint64_t version,
		    bool replace, const struct range *ranges, uint32_t count)
{
	struct fake_dc *dc = find_dc(kernel, dcid);

	if (!dc)
		return -ENOENT;
	if (version <= dc->version)
		return -ESTALE;
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].node && ranges[i].floor >= ranges[i].ceiling)
			return -EINVAL;
	/* What was wished for was granted, or is wished for anew. */
	unlink(FOLDER "/claims");
	dc->version = version;
	dc->ranges = replace ? count : dc->ranges + count;
	save(kernel);
	return 0;
}

static int claim_refuse(struct kernel *kernel, uint64_t dcid, uint16_t slot,
			int error)
{
	FILE *file = fopen(FOLDER "/refused", "a");

	(void)kernel;
	if (!file)
		return -errno;
	fprintf(file, "%016llx %u %d\n", (unsigned long long)dcid, slot,
		error);
	fclose(file);
	unlink(FOLDER "/claims");
	return 0;
}

static int dc_list(struct kernel *kernel,
		   void (*each)(void *context, const struct kernel_dc *dc),
		   void *context)
{
	for (int i = 0; i < FAKE_DCS; i++) {
		const struct fake_dc *fake = &kernel->image.dcs[i];
		struct kernel_dc dc = {
			.dcid = fake->dcid,
			.attached = fake->attached,
			.version = fake->version,
		};

		if (!fake->used)
			continue;
		memcpy(dc.name, fake->name, sizeof(dc.name));
		each(context, &dc);
	}
	return 0;
}

static int claim_list(struct kernel *kernel,
		      void (*each)(void *context,
				   const struct kernel_claim *claim),
		      void *context)
{
	FILE *file = fopen(FOLDER "/claims", "r");
	unsigned long long dcid;
	unsigned int slot, kind;

	(void)kernel;
	if (!file)
		return 0;
	while (fscanf(file, "%llx %u %u", &dcid, &slot, &kind) == 3) {
		struct kernel_claim claim = {
			.dcid = dcid,
			.slot = slot,
			.kind = kind,
		};

		each(context, &claim);
	}
	fclose(file);
	return 0;
}

static int endpoint_list(struct kernel *kernel,
			 void (*each)(void *context,
				      const struct kernel_endpoint *endpoint),
			 void *context)
{
	for (int i = 0; i < FAKE_DCS; i++) {
		const struct fake_dc *dc = &kernel->image.dcs[i];
		struct kernel_endpoint endpoint = {
			.dcid = dc->dcid,
			.endpoint = ((uint32_t)kernel->image.node.node << 16) | 7,
			.pid = getpid(),
			.comm = "fake",
		};

		if (dc->used && dc->attached)
			each(context, &endpoint);
	}
	return 0;
}

static int peer_list(struct kernel *kernel,
		     void (*each)(void *context,
				  const struct kernel_peer *peer),
		     void *context)
{
	struct kernel_peer peer = {
		.node = kernel->image.node.node % 3 + 1,
		.session = kernel->image.node.session,
		.state = 2,
		.address = { 10, 77, 0, 1 },
		.address_len = 4,
		.port = 2077,
	};

	each(context, &peer);
	return 0;
}

const struct kernel_ops kernel_ops = {
	.message = message,
	.open = open_kernel,
	.close = close_kernel,
	.event_fd = event_fd,
	.drain = drain,
	.node_get = node_get,
	.node_set = node_set,
	.node_del = node_del,
	.peer_set = peer_set,
	.view_stop = view_stop,
	.view_start = view_start,
	.dc_new = dc_new,
	.dc_del = dc_del,
	.dc_attach = dc_attach,
	.slot_set = slot_set,
	.claim_refuse = claim_refuse,
	.dc_list = dc_list,
	.claim_list = claim_list,
	.endpoint_list = endpoint_list,
	.peer_list = peer_list,
};
