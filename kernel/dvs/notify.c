// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications. There is one record for each pair of source and destination,
 * made by the first notification: later ones set bits in it and can neither
 * fail nor grow. The record is the source's; while it has bits that nobody has
 * received it is in the destination's list, which holds a reference, so bits
 * outlive their source.
 *
 * A destination on another node has a record at both ends; remote_notify.c
 * carries bits from one to the other.
 */
#include "notify.h"

#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "limits.h"
#include "node.h"
#include "remote.h"

struct dvs_note *dvs_note_create(u32 source, u32 node, gfp_t gfp)
{
	struct dvs_note *note = kzalloc(sizeof(*note), gfp);

	if (!note)
		return NULL;
	refcount_set(&note->ref, 1);
	RB_CLEAR_NODE(&note->notes);
	INIT_LIST_HEAD(&note->arrived);
	note->source = source;
	note->node = node;
	return note;
}

struct dvs_note *dvs_note_hold(struct dvs_note *note)
{
	refcount_inc(&note->ref);
	return note;
}

void dvs_note_put(struct dvs_note *note)
{
	if (!refcount_dec_and_test(&note->ref))
		return;
	put_pid(note->pid);
	if (note->remote)
		dvs_remote_note_free(note->remote);
	if (note->target)
		dvs_endpoint_put(note->target);
	kfree(note);
}

void dvs_note_arrive(struct dvs_endpoint *target, struct dvs_note *note, u64 bits)
{
	lockdep_assert_held(&target->lock);
	note->bits |= bits;
	if (!list_empty(&note->arrived))
		return;
	dvs_note_hold(note);
	list_add_tail(&note->arrived, &target->arrived);
	dvs_ipc_arrived(target, note->source);
}

static struct dvs_note *find_note(struct dvs_endpoint *source, u32 destination)
{
	struct rb_node *node = source->notes.rb_node;
	struct dvs_note *note;

	lockdep_assert_held(&source->lock);
	while (node) {
		note = rb_entry(node, struct dvs_note, notes);
		if (note->destination == destination)
			return note;
		node = destination < note->destination ? node->rb_left :
							 node->rb_right;
	}
	return NULL;
}

static bool note_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct dvs_note, notes)->destination <
	       rb_entry(b, struct dvs_note, notes)->destination;
}

static void erase_note(struct dvs_endpoint *source, struct dvs_note *note)
{
	rb_erase(&note->notes, &source->notes);
	RB_CLEAR_NODE(&note->notes);
	source->note_count--;
}

/*
 * A record without bits under way, out of the source's records; or NULL. Should
 * bits arrive in it meanwhile, the destination gets them all the same.
 */
static struct dvs_note *pop_useless(struct dvs_endpoint *source)
{
	struct dvs_note *note = NULL;
	struct rb_node *node;

	spin_lock_bh(&source->lock);
	for (node = rb_first(&source->notes); node; node = rb_next(node)) {
		note = rb_entry(node, struct dvs_note, notes);
		if (note->remote) {
			if (dvs_remote_note_idle(note->remote))
				break;
		/* The target's lock protects it; a guess is enough: see above. */
		} else if (data_race(list_empty(&note->arrived))) {
			break;
		}
		note = NULL;
	}
	if (note)
		erase_note(source, note);
	spin_unlock_bh(&source->lock);
	return note;
}

static void prune(struct dvs_endpoint *source)
{
	struct dvs_note *note;

	while ((note = pop_useless(source)))
		dvs_note_put(note);
}

/* The record for a destination, referenced, if there is one that still fits */
static struct dvs_note *get_note(struct dvs_endpoint *source, u32 destination,
				 struct dvs_endpoint *target)
{
	struct dvs_note *note, *old = NULL;

	spin_lock_bh(&source->lock);
	note = find_note(source, destination);
	if (note && note->target != target) {
		/* The slot came here or went away. */
		erase_note(source, note);
		old = note;
		note = NULL;
	}
	if (note)
		dvs_note_hold(note);
	spin_unlock_bh(&source->lock);
	if (old)
		dvs_note_put(old);
	return note;
}

static int add_note(struct dvs_endpoint *source, struct dvs_note *note)
{
	int error = 0;

	spin_lock_bh(&source->lock);
	if (source->dead)
		error = source->dead;
	else if (source->note_count >= DVS_NOTES_PER_SOURCE)
		error = -EDQUOT;
	else if (find_note(source, note->destination))
		error = -EEXIST;
	if (!error) {
		dvs_note_hold(note);
		rb_add(&note->notes, &source->notes, note_less);
		source->note_count++;
	}
	spin_unlock_bh(&source->lock);
	return error;
}

static struct dvs_note *make_note(struct dvs_endpoint *source, u32 destination,
				  struct dvs_endpoint *target)
{
	struct dvs_note *note;
	int error;

	note = dvs_note_create(source->number, dvs_dc_node_id(source->dc),
			       GFP_KERNEL_ACCOUNT);
	if (!note)
		return ERR_PTR(-ENOMEM);
	note->destination = destination;
	if (target) {
		note->target = dvs_endpoint_hold(target);
	} else {
		error = dvs_remote_note_init(note, source->dc);
		if (error)
			goto err;
	}
	error = add_note(source, note);
	if (error == -EDQUOT) {
		prune(source);
		error = add_note(source, note);
	}
	if (!error)
		return note;
err:
	dvs_note_put(note);
	return ERR_PTR(error);
}

/* Find or make the record; referenced. */
static struct dvs_note *obtain_note(struct dvs_endpoint *source, u32 destination,
				    struct dvs_endpoint *target)
{
	struct dvs_note *note;

	do {
		note = get_note(source, destination, target);
		if (!note)
			note = make_note(source, destination, target);
	} while (note == ERR_PTR(-EEXIST));	/* another thread made it */
	return note;
}

static int notify_local(struct dvs_endpoint *source, u32 destination, u64 bits)
{
	struct dvs_endpoint *target;
	struct dvs_note *note;
	struct pid *old = NULL;
	int error = 0;

	target = dvs_dc_lookup(source->dc, destination);
	if (IS_ERR(target))
		return PTR_ERR(target);
	note = obtain_note(source, target->number, target);
	if (IS_ERR(note)) {
		dvs_endpoint_put(target);
		return PTR_ERR(note);
	}
	spin_lock_bh(&target->lock);
	if (target->dead) {
		error = DVS_GENERATION(destination) ? -ESTALE : -ENXIO;
	} else {
		note->uid = current_euid();
		note->gid = current_egid();
		old = note->pid;
		note->pid = get_pid(task_tgid(current));
		dvs_note_arrive(target, note, bits);
	}
	spin_unlock_bh(&target->lock);
	put_pid(old);
	dvs_note_put(note);
	dvs_endpoint_put(target);
	return error;
}

static int notify_remote(struct dvs_endpoint *source, u32 destination, u64 bits)
{
	struct dvs_note *note;
	int error;

	note = obtain_note(source, destination, NULL);
	if (IS_ERR(note))
		return PTR_ERR(note);
	error = dvs_remote_notify(note->remote, bits);
	dvs_note_put(note);
	return error;
}

/**
 * dvs_notify - set bits at an endpoint
 * @source: endpoint that notifies
 * @destination: endpoint number
 * @bits: bits to set; not 0
 *
 * Does not wait for the destination. For one on another node success means
 * that the bits are on their way; they get lost only with the destination or
 * its node.
 *
 * Return: 0; %ENXIO, %ESTALE, %EHOSTUNREACH, %ENOTCONN, %EDQUOT (too many
 * destinations), %ENOMEM.
 */
int dvs_notify(struct dvs_endpoint *source, u32 destination, u64 bits)
{
	struct dvs_container *container = dvs_dc_container(source->dc);
	struct dvs_range range;
	int error;

	if (READ_ONCE(source->dead))
		return source->dead;
	if (container && (!dvs_slotmap_lookup(&container->map, DVS_SLOT(destination),
					      &range) || !range.node))
		return -ENXIO;
	if (container && range.node != container->node->id)
		error = notify_remote(source, destination, bits);
	else
		error = notify_local(source, destination, bits);
	if (!error) {
		spin_lock_bh(&source->lock);
		source->sent++;
		spin_unlock_bh(&source->lock);
	}
	return error;
}

static struct dvs_note *pop_arrived(struct dvs_endpoint *endpoint)
{
	struct dvs_note *note;

	spin_lock_bh(&endpoint->lock);
	note = list_first_entry_or_null(&endpoint->arrived, struct dvs_note, arrived);
	if (note)
		list_del_init(&note->arrived);
	spin_unlock_bh(&endpoint->lock);
	return note;
}

static struct dvs_note *pop_note(struct dvs_endpoint *endpoint)
{
	struct dvs_note *note = NULL;
	struct rb_node *node;

	spin_lock_bh(&endpoint->lock);
	node = rb_first(&endpoint->notes);
	if (node) {
		note = rb_entry(node, struct dvs_note, notes);
		erase_note(endpoint, note);
	}
	spin_unlock_bh(&endpoint->lock);
	return note;
}

void dvs_notify_close(struct dvs_endpoint *endpoint)
{
	struct dvs_note *note;

	while ((note = pop_arrived(endpoint)))
		dvs_note_put(note);
	while ((note = pop_note(endpoint)))
		dvs_note_put(note);
}
