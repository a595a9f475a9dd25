// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_wait(). Everything it can wait for on this node wakes &dvs_dc.wait: binding
 * and unbinding, a new slot map, a new view, and the answer of another node
 * that was asked to watch a slot of its own (remote_watch.c).
 */
#include "wait.h"

#include <linux/err.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "dc.h"
#include "endpoint.h"
#include "node.h"
#include "remote.h"
#include "timeout.h"

u32 dvs_wait_look(struct dvs_dc *dc, u32 number, u32 *bound)
{
	struct dvs_endpoint *endpoint;

	*bound = 0;
	endpoint = dvs_dc_lookup(dc, DVS_ENDPOINT(DVS_SLOT(number), 0));
	if (IS_ERR(endpoint))
		return DVS_WAIT_UNBOUND;
	*bound = endpoint->number;
	dvs_endpoint_put(endpoint);
	if (DVS_GENERATION(number) && *bound != number)
		return DVS_WAIT_UNBOUND;
	return DVS_WAIT_BOUND;
}

/* What this node can tell by itself; *remote: another node has to be asked. */
static u32 look(struct dvs_dc *dc, struct dvs_wait_args *args,
		struct dvs_range *range, bool *remote)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_peer *peer;
	u32 events = 0;

	*remote = false;
	if (!container) {
		range->node = 0;
		if (args->node)
			events = DVS_WAIT_MOVED;
		return events | dvs_wait_look(dc, args->endpoint, &args->endpoint);
	}
	if (!dvs_slotmap_lookup(&container->map, DVS_SLOT(args->endpoint), range))
		range->node = 0;
	if (range->node != args->node)
		events = DVS_WAIT_MOVED;
	if (range->node == container->node->id)
		return events | dvs_wait_look(dc, args->endpoint, &args->endpoint);
	if (range->node) {
		peer = dvs_remote_peer(container->node, range->node);
		*remote = !IS_ERR(peer);
		if (*remote) {
			dvs_peer_put(peer);
			return events;
		}
	}
	/* The owner is gone, and its endpoints with it. */
	args->endpoint = 0;
	return events | DVS_WAIT_UNBOUND;
}

/*
 * One attempt: 0 when an event holds, -EAGAIN when none does and @nowait, else
 * it sleeps until something changes and says so with -EINPROGRESS.
 */
static int attempt(struct dvs_dc *dc, struct dvs_wait_args *args, bool nowait,
		   const struct dvs_timeout *timeout)
{
	struct dvs_watch *watch = NULL;
	u32 number = args->endpoint, answered;
	struct dvs_range range = {};
	DEFINE_WAIT(wait);
	u64 version = 0;
	bool remote;
	int error;
	u32 events;

	for (;;) {
		prepare_to_wait(&dc->wait, &wait, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		args->endpoint = number;
		events = look(dc, args, &range, &remote) & args->events;
		error = 0;
		if (events)
			break;
		error = READ_ONCE(dc->closed);
		if (error)
			break;
		if (remote && !watch) {
			__set_current_state(TASK_RUNNING);
			watch = dvs_remote_watch_begin(dc, range.node, number,
						       args->events, nowait,
						       range.epoch);
			error = PTR_ERR_OR_ZERO(watch);
			if (error) {
				watch = NULL;
				break;
			}
			continue;
		}
		if (watch && dvs_remote_watch_result(watch, &error, &events, &answered,
						     &version)) {
			args->endpoint = answered;
			/* Its map is another one: look again, after a moment. */
			if (error == -DVS_EMOVED)
				error = -EINPROGRESS;
			break;
		}
		if (watch && !remote) {
			error = -EINPROGRESS;
			break;
		}
		if (nowait && !watch) {
			error = -EAGAIN;
			break;
		}
		error = dvs_timeout_sleep(timeout);
		if (error)
			break;
	}
	finish_wait(&dc->wait, &wait);
	if (watch)
		dvs_remote_watch_end(watch);
	if (error == -EINPROGRESS) {
		args->endpoint = number;
		schedule_timeout_interruptible(msecs_to_jiffies(10));
	}
	if (!error) {
		args->events = events;
		args->node = range.node;
	}
	return error;
}

/**
 * dvs_wait - wait until a slot is bound, unbound or moved
 * @dc: container
 * @args: what to wait for; the out fields are set
 * @timeout: when to give up
 *
 * Return: 0; %EAGAIN with %DVS_NOWAIT, %ETIMEDOUT, %ERESTARTSYS, %EIDRM when the
 * container was deleted, %ENOMEM, %EDQUOT when the other node watches too much
 * already.
 */
int dvs_wait(struct dvs_dc *dc, struct dvs_wait_args *args,
	     const struct dvs_timeout *timeout)
{
	bool nowait = args->flags & DVS_NOWAIT;
	int error;

	do {
		error = attempt(dc, args, nowait, timeout);
	} while (error == -EINPROGRESS || error == -EHOSTUNREACH || error == -ENOTCONN);
	return error;
}
