// SPDX-License-Identifier: GPL-2.0
/*
 * The rendezvous of senders and receivers on this node. The senders' side is
 * send.c, the receivers' receive.c and reply.c.
 *
 * Overview
 *
 * A sender makes a struct dvs_call, and either hands it to a receiver that
 * waits at the destination or queues it there; then it sleeps until the call is
 * DONE. A receiver takes the oldest call that fits, or queues itself. The
 * message is copied to the receiver's memory in the receiver's context without
 * locks; only then is it taken: a receiver whose memory cannot be written puts
 * the call back where it was.
 *
 * Locking
 *
 *	&dvs_dc.lock
 *	  &dvs_endpoint.lock		of one endpoint at a time
 *	    &dvs_call.lock
 *	      &dvs_peer.lock, a link's lock
 *
 * All are spinlocks taken with softirqs disabled. Nothing under them sleeps or
 * touches user memory. Lists of calls belong to an endpoint's lock, the state
 * of a call to the call's own.
 *
 * Wake-ups
 *
 * Sleepers set their state under the lock that the waker holds when it changes
 * what they wait for and wakes them, and take that lock again before they
 * leave: no wake-up is lost and no waker meets a thread that has gone.
 *
 * Signals
 *
 * A call that is still in the destination's queue is withdrawn. One that was
 * handed over stays open and its number goes back to user space; the restarted
 * system call finds it there and waits on.
 */
#include "ipc.h"

#include <linux/poll.h>
#include <linux/sched.h>

#include "call.h"
#include "endpoint.h"
#include "remote.h"

bool dvs_ipc_matches(u64 flags, u32 filter, u32 source, bool request)
{
	if ((flags & DVS_RECEIVE_REQUESTS) && !request)
		return false;
	if (!(flags & DVS_RECEIVE_SOURCE))
		return true;
	return DVS_GENERATION(filter) ? source == filter :
					DVS_SLOT(source) == DVS_SLOT(filter);
}

/* Wake the receiver that has waited longest for such a message; take it off. */
static struct dvs_receiver *wake_receiver(struct dvs_endpoint *endpoint,
					  u32 source, bool request)
{
	struct dvs_receiver *receiver;

	lockdep_assert_held(&endpoint->lock);
	list_for_each_entry(receiver, &endpoint->receivers, list) {
		if (!dvs_ipc_matches(receiver->flags, receiver->source, source, request))
			continue;
		list_del_init(&receiver->list);
		wake_up_process(receiver->task);
		return receiver;
	}
	return NULL;
}

void dvs_ipc_arrived(struct dvs_endpoint *endpoint, u32 source)
{
	if (!wake_receiver(endpoint, source, false))
		wake_up_interruptible_poll(&endpoint->poll, EPOLLIN | EPOLLRDNORM);
}

static bool token_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct dvs_call, open)->token <
	       rb_entry(b, struct dvs_call, open)->token;
}

/*
 * The call becomes the receiver's. The reference that came with it is the
 * delivery's; of a request it is the tree's, and the delivery gets its own.
 */
void dvs_ipc_open(struct dvs_endpoint *endpoint, struct dvs_call *call)
{
	lockdep_assert_held(&endpoint->lock);
	if (!call->request)
		return;
	dvs_call_hold(call);
	call->token = ++endpoint->token;
	endpoint->trace = call->trace;
	rb_add(&call->open, &endpoint->open, token_less);
	endpoint->open_count++;
}

/* Hand the call to a receiver that waits, with the caller's reference. */
bool dvs_ipc_hand_over(struct dvs_endpoint *endpoint, struct dvs_call *call)
{
	struct dvs_receiver *receiver;

	receiver = wake_receiver(endpoint, call->msg.source, call->request);
	if (!receiver)
		return false;
	receiver->call = call;
	dvs_ipc_open(endpoint, call);
	return true;
}

int dvs_ipc_queue(struct dvs_call *call, struct dvs_endpoint *target, bool nowait)
{
	int error = 0;

	WRITE_ONCE(call->target, dvs_endpoint_hold(target));
	spin_lock_bh(&target->lock);
	if (target->dead) {
		error = DVS_GENERATION(call->destination) ? -ESTALE : -ENXIO;
	} else if (!dvs_call_advance(call, DVS_CALL_TAKING)) {
		error = -ESRCH;
	} else {
		dvs_call_hold(call);
		if (!dvs_ipc_hand_over(target, call)) {
			if (nowait) {
				dvs_call_advance(call, DVS_CALL_NEW);
				dvs_call_put(call);
				error = -EAGAIN;
			} else {
				dvs_call_advance(call, DVS_CALL_PENDING);
				list_add_tail(&call->pending, &target->pending);
				target->waiting++;
				wake_up_interruptible_poll(&target->poll,
							   EPOLLIN | EPOLLRDNORM);
			}
		}
	}
	spin_unlock_bh(&target->lock);
	return error;
}

bool dvs_ipc_withdraw(struct dvs_call *call)
{
	struct dvs_endpoint *target = call->target;
	bool withdrawn = false;

	if (call->ops && call->source)
		return dvs_remote_call_withdraw(call);
	if (!target)
		return true;
	spin_lock_bh(&target->lock);
	if (!list_empty(&call->pending)) {
		list_del_init(&call->pending);
		target->waiting--;
		withdrawn = true;
	}
	spin_unlock_bh(&target->lock);
	if (withdrawn) {
		dvs_call_finish(call, -ECANCELED, NULL);
		dvs_call_put(call);
	}
	return withdrawn;
}

/*
 * The call ends first. Whoever queues it or takes it checks its state under the
 * lock of the destination, so nothing links it after that, and what has linked
 * it before is found here.
 */
void dvs_ipc_cancel(struct dvs_call *call, int untaken)
{
	struct dvs_endpoint *target;
	bool linked = false;

	if (call->ops && call->source) {
		dvs_remote_call_cancel(call, untaken);
		return;
	}
	dvs_call_cancel(call, untaken);
	/* Set before the state advanced from NEW, under the call's lock. */
	target = READ_ONCE(call->target);
	if (!target)
		return;
	spin_lock_bh(&target->lock);
	if (!list_empty(&call->pending)) {
		list_del_init(&call->pending);
		target->waiting--;
		linked = true;
	} else if (!RB_EMPTY_NODE(&call->open)) {
		rb_erase(&call->open, &target->open);
		RB_CLEAR_NODE(&call->open);
		target->open_count--;
		linked = true;
	}
	spin_unlock_bh(&target->lock);
	if (linked)
		dvs_call_put(call);
}
