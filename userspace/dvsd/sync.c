// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes the kernel what the agreed state says: this node, its peers, the view,
 * the containers with their slot maps and namespaces. It compares and corrects,
 * so it does not matter what was done before, by this daemon or the one before
 * it; what fails is tried again.
 */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "namespace.h"

#define RETRY_MS	1000

bool sync_failed(struct daemon *daemon, int error, const char *what)
{
	const char *message = daemon->kernel_ops->message(daemon->kernel);

	if (daemon->kernel_error != error)
		qb_log(LOG_WARNING, "kernel: %s: %s%s%s", what,
		       strerror(-error), *message ? ": " : "", message);
	daemon->kernel_error = error;
	daemon->sync_retry = now_ms() + RETRY_MS;
	if (error == -ENODEV && !daemon->kernel_wait)
		daemon->kernel_wait = now_ms();
	return error == -ENODEV;
}

/* --- this node ------------------------------------------------------------ */

static void free_dc(struct synced_dc *dc)
{
	if (dc->fd >= 0)
		close(dc->fd);
	slots_free(&dc->slots);
	free(dc);
}

static void free_dcs(struct daemon *daemon)
{
	struct synced_dc *dc;

	while ((dc = daemon->dcs)) {
		daemon->dcs = dc->next;
		free_dc(dc);
	}
}

void sync_free(struct daemon *daemon)
{
	if (daemon->kernel)
		daemon->kernel_ops->close(daemon->kernel);
	free_dcs(daemon);
}

void sync_close(struct daemon *daemon, const char *reason)
{
	if (!daemon->kernel)
		return;
	qb_log(LOG_WARNING, "kernel: %s: connecting again", reason);
	qb_loop_poll_del(daemon->loop,
			 daemon->kernel_ops->event_fd(daemon->kernel));
	daemon->kernel_ops->close(daemon->kernel);
	daemon->kernel = NULL;
	daemon->kernel_wait = now_ms() + RETRY_MS;
	free_dcs(daemon);
	claims_reset(daemon->claims);
}

int sync_node(struct daemon *daemon)
{
	int error = daemon->kernel_ops->node_get(daemon->kernel,
						 &daemon->node);

	if (error)
		sync_failed(daemon, error, "this node cannot be read");
	return error;
}

static int become_node(struct daemon *daemon)
{
	const struct kernel_ops *ops = daemon->kernel_ops;
	const struct elector *self = NULL;
	int error;

	for (uint32_t i = 0; i < daemon->cluster.count; i++)
		if (daemon->cluster.nodes[i].node == daemon->cluster.self)
			self = &daemon->cluster.nodes[i];
	error = ops->node_set(daemon->kernel, daemon->cluster_id, self);
	if (error == -EEXIST) {
		/* The configuration was changed under a running kernel. */
		qb_log(LOG_WARNING, "kernel: it was another node: its containers and calls end");
		error = ops->node_del(daemon->kernel);
		if (!error)
			error = ops->node_set(daemon->kernel,
					      daemon->cluster_id, self);
	}
	if (error) {
		sync_failed(daemon, error, "it cannot be made this node");
		return error;
	}
	for (uint32_t i = 0; i < daemon->cluster.count; i++) {
		const struct elector *peer = &daemon->cluster.nodes[i];

		if (peer->node == daemon->cluster.self)
			continue;
		error = ops->peer_set(daemon->kernel, peer);
		if (error) {
			sync_failed(daemon, error, "a node cannot be added");
			return error;
		}
	}
	return sync_node(daemon);
}

static void adopt_dc(void *context, const struct kernel_dc *dc)
{
	struct daemon *daemon = context;
	struct synced_dc *synced = xalloc(sizeof(*synced));

	synced->dcid = dc->dcid;
	memcpy(synced->name, dc->name, sizeof(synced->name));
	synced->known = true;
	synced->attached = dc->attached;
	synced->fd = -1;
	synced->shown = dc->attached && namespace_shown(dc->name);
	synced->version = dc->version;
	synced->next = daemon->dcs;
	daemon->dcs = synced;
}

static void hide_stale(void *context, const char *name)
{
	struct daemon *daemon = context;

	for (struct synced_dc *dc = daemon->dcs; dc; dc = dc->next)
		if (dc->attached && !strcmp(dc->name, name))
			return;
	namespace_hide(name);
}

static int32_t kernel_event(int32_t fd, int32_t events, void *data)
{
	struct daemon *daemon = data;

	(void)fd;
	(void)events;
	daemon->kernel_ops->drain(daemon->kernel);
	claims_read(daemon->claims);
	return 0;
}

bool sync_open(struct daemon *daemon)
{
	const struct kernel_ops *ops = daemon->kernel_ops;
	int error;

	if (daemon->kernel)
		return true;
	error = ops->open(&daemon->kernel);
	if (error) {
		if (daemon->kernel_error != error)
			qb_log(LOG_WARNING, "kernel: netlink family \"dvs\" cannot be used: %s; does it have CONFIG_DVS, and is this root? Trying again",
			       strerror(-error));
		daemon->kernel_error = error;
		return false;
	}
	error = namespace_init();
	if (error)
		sync_failed(daemon, error, DVS_DC_DIR " cannot be made");
	if (!error)
		error = become_node(daemon);
	if (!error) {
		error = ops->dc_list(daemon->kernel, adopt_dc, daemon);
		if (error)
			sync_failed(daemon, error,
				    "containers cannot be listed");
	}
	if (!error)
		error = qb_loop_poll_add(daemon->loop, QB_LOOP_HIGH,
					 ops->event_fd(daemon->kernel),
					 POLLIN, daemon, kernel_event);
	if (error) {
		ops->close(daemon->kernel);
		daemon->kernel = NULL;
		free_dcs(daemon);
		return false;
	}
	namespace_list(hide_stale, daemon);
	daemon->kernel_error = 0;
	daemon->sync_wanted = true;
	qb_log(LOG_INFO, "kernel: node %u, incarnation %016llx%s",
	       daemon->node.node, (unsigned long long)daemon->node.incarnation,
	       daemon->node.member ? ", still in its view" : "");
	return true;
}

/* --- containers ----------------------------------------------------------- */

struct synced_dc *sync_dc(struct daemon *daemon, uint64_t dcid)
{
	for (struct synced_dc *dc = daemon->dcs; dc; dc = dc->next)
		if (dc->dcid == dcid)
			return dc;
	return NULL;
}

static bool wanted_here(const struct daemon *daemon,
			const struct container *container)
{
	return container && !container->deleting &&
	       container_part(container, daemon->cluster.self);
}

/* Report how far this node's part is, unless that is known or on its way. */
static void report(struct daemon *daemon, struct synced_dc *dc,
		   const struct container *container,
		   enum part_state reached, int error)
{
	const struct part *part = container_part(container,
						 daemon->cluster.self);
	AUTO_BUF command = {};

	if (dc->report || (part->state == reached && part->error == error))
		return;
	command_part(&command, container->dcid, reached, error);
	dc->report = agree_submit(&daemon->agree, now_ms(), command.data,
				  command.len);
}

void sync_done(struct daemon *daemon, uint64_t sequence)
{
	for (struct synced_dc *dc = daemon->dcs; dc; dc = dc->next) {
		if (dc->report != sequence)
			continue;
		dc->report = 0;
		daemon->sync_wanted = true;
	}
}

static int remove_dc(struct daemon *daemon, struct synced_dc *dc)
{
	int error;

	if (!dc->known)
		return 0;
	error = daemon->kernel_ops->dc_del(daemon->kernel, dc->dcid);
	if (error && error != -ENOENT) {
		sync_failed(daemon, error, "a container cannot be deleted");
		return error;
	}
	dc->known = false;
	namespace_hide(dc->name);
	qb_log(LOG_INFO, "dc %s: ended on this node", dc->name);
	return 0;
}

/* End what is deleted; forget what the cluster has forgotten. */
static int remove_unwanted(struct daemon *daemon)
{
	struct synced_dc **at = &daemon->dcs;

	while (*at) {
		struct synced_dc *dc = *at;
		struct container *container;
		int error;

		container = state_container(daemon->agree.state, dc->dcid);
		if (wanted_here(daemon, container)) {
			at = &dc->next;
			continue;
		}
		error = remove_dc(daemon, dc);
		if (error)
			return error;
		if (container && container_part(container,
						daemon->cluster.self)) {
			report(daemon, dc, container, PART_GONE, 0);
			at = &dc->next;
			continue;
		}
		*at = dc->next;
		free_dc(dc);
	}
	return 0;
}

/* An entry for each container that has a part here. */
static void add_dcs(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;

	for (uint32_t i = 0; i < state->container_count; i++) {
		const struct container *container = state->containers[i];
		struct synced_dc *dc;

		if (!container_part(container, daemon->cluster.self) ||
		    sync_dc(daemon, container->dcid))
			continue;
		dc = xalloc(sizeof(*dc));
		dc->dcid = container->dcid;
		memcpy(dc->name, container->name, sizeof(dc->name));
		dc->fd = -1;
		dc->next = daemon->dcs;
		daemon->dcs = dc;
	}
}

static int make_known(struct daemon *daemon, struct synced_dc *dc,
		      const struct container *container)
{
	int error;

	if (dc->known)
		return 0;
	error = daemon->kernel_ops->dc_new(daemon->kernel, container);
	if (error && error != -EEXIST)
		return error;
	dc->known = true;
	return 0;
}

static bool same_range(const struct range *a, const struct range *b)
{
	return a->first == b->first && a->last == b->last &&
	       a->node == b->node && a->epoch == b->epoch &&
	       a->floor == b->floor && a->ceiling == b->ceiling;
}

static bool has_range(const struct slots *slots, const struct range *range)
{
	const struct range *found = slots_find(slots, range->first);

	return found && same_range(found, range);
}

/* Bring the kernel's map to the agreed one by what has changed. */
static int set_slots(struct daemon *daemon, struct synced_dc *dc,
		     const struct container *container)
{
	const struct slots *slots = &container->slots;
	struct range *changed;
	uint32_t count = 0;
	bool replace = !dc->slots.ranges;
	int error;

	if (dc->version == container->version)
		return 0;
	changed = xalloc((slots->count + 1) * sizeof(*changed));
	for (uint32_t i = 0; i < slots->count; i++) {
		if (!replace && has_range(&dc->slots, &slots->ranges[i]))
			continue;
		changed[count] = slots->ranges[i];
		/* An owner whose generations are used up can bind nothing. */
		if (changed[count].floor >= changed[count].ceiling)
			changed[count].node = 0;
		count++;
	}
	error = daemon->kernel_ops->slot_set(daemon->kernel, dc->dcid,
					     container->version, replace,
					     changed, count);
	free(changed);
	if (error)
		return error;
	slots_free(&dc->slots);
	dc->slots.ranges = xmemdup(slots->ranges,
				   slots->count * sizeof(*slots->ranges));
	dc->slots.count = slots->count;
	dc->version = container->version;
	return 0;
}

static int attach(struct daemon *daemon, struct synced_dc *dc)
{
	int error;

	if (!dc->attached) {
		error = daemon->kernel_ops->dc_attach(daemon->kernel, dc->dcid,
						      &dc->fd);
		if (error) {
			dc->fd = -1;
			return error;
		}
		dc->attached = true;
	}
	if (dc->shown)
		return 0;
	/* Attached by a daemon that died before it could show it. */
	if (dc->fd < 0)
		return -EIDRM;
	error = namespace_show(dc->name, dc->fd);
	if (error)
		return error;
	dc->shown = true;
	close(dc->fd);
	dc->fd = -1;
	qb_log(LOG_INFO, "dc %s: namespace at %s/%s", dc->name, DVS_DC_DIR,
	       dc->name);
	return 0;
}

/* --- view ----------------------------------------------------------------- */

static int start_view(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;
	struct view_member members[NODES_MAX];
	uint32_t count = 0;
	int error;

	if (daemon->node.member && daemon->node.view == state->view)
		return 0;
	for (uint32_t i = 0; i < state->elector_count; i++) {
		const struct elector *elector = &state->electors[i];

		if (elector->session)
			members[count++] = (struct view_member){
				.node = elector->node,
				.session = elector->session,
			};
	}
	error = daemon->kernel_ops->view_start(daemon->kernel, state->view,
					       members, count);
	if (error) {
		sync_failed(daemon, error, "the view cannot be started");
		/* It knows of another view: begin with what it is now. */
		if (error == -ESTALE || error == -EINVAL)
			daemon->kernel_wait = now_ms();
		return error;
	}
	return sync_node(daemon);
}

static int sync_maps(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;

	for (uint32_t i = 0; i < state->container_count; i++) {
		const struct container *container = state->containers[i];
		struct synced_dc *dc = sync_dc(daemon, container->dcid);
		int error;

		if (!wanted_here(daemon, container))
			continue;
		error = make_known(daemon, dc, container);
		if (!error)
			error = set_slots(daemon, dc, container);
		if (!error)
			continue;
		if (sync_failed(daemon, error, container->name))
			return error;
		report(daemon, dc, container, PART_FAILED, -error);
	}
	return 0;
}

static int sync_namespaces(struct daemon *daemon)
{
	const struct state *state = daemon->agree.state;

	for (uint32_t i = 0; i < state->container_count; i++) {
		const struct container *container = state->containers[i];
		struct synced_dc *dc = sync_dc(daemon, container->dcid);
		int error;

		if (!wanted_here(daemon, container) || !dc->known ||
		    dc->version != container->version)
			continue;
		error = attach(daemon, dc);
		if (error && sync_failed(daemon, error, container->name))
			return error;
		report(daemon, dc, container,
		       error ? PART_FAILED : PART_READY, -error);
	}
	return 0;
}

/*
 * Maps come before the view, so that nothing is accepted by an old one; views
 * before namespaces, so that what is shown can be used at once.
 */
void sync_kernel(struct daemon *daemon)
{
	int error;

	daemon->sync_wanted = false;
	daemon->sync_retry = 0;
	if (!daemon->kernel || !agree_running(&daemon->agree))
		return;
	add_dcs(daemon);
	error = remove_unwanted(daemon);
	if (!error)
		error = sync_maps(daemon);
	if (!error)
		error = start_view(daemon);
	if (!error)
		error = sync_namespaces(daemon);
	if (!error && !daemon->sync_retry)
		daemon->kernel_error = 0;
	if (!error)
		claims_read(daemon->claims);
}
