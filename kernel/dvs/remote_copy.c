// SPDX-License-Identifier: GPL-2.0
/*
 * Copies between the holder of a call and the caller's memory on another node,
 * a chunk at a time: READ and WRITE frames to the home, COPIED frames back. The
 * home copies in work items, since touching the caller's memory may wait for a
 * page, and the link must not. There is one for each call, so what one caller's
 * memory does holds up nobody else, and copies for a call happen in order.
 */
#include <linux/completion.h>
#include <linux/memcontrol.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "call.h"
#include "copy.h"
#include "dc.h"
#include "endpoint.h"
#include "node.h"
#include "remote.h"
#include "timeout.h"

/*
 * The holder
 */

/**
 * struct chunk - one READ or WRITE
 * @ref: references: one of the thread, one of the table, one of the frame
 * @remote: its exchange
 * @frame: the READ or WRITE
 * @wait: the thread
 * @done: ended; written once, with release
 * @error: 0 or a negative errno, with @done
 * @copied: bytes, with @done
 * @answer: payload of the COPIED, with @done; with the bytes of a READ
 * @body: payload of @frame; the bytes of a WRITE follow
 */
struct chunk {
	refcount_t ref;
	struct dvs_remote remote;
	struct dvs_frame frame;
	wait_queue_head_t wait;
	bool done;
	int error;
	u32 copied;
	void *answer;
	struct dvs_wire_copy *body;
};

static struct chunk *chunk_from_remote(struct dvs_remote *remote)
{
	return container_of(remote, struct chunk, remote);
}

static void chunk_put(struct chunk *chunk)
{
	if (!refcount_dec_and_test(&chunk->ref))
		return;
	dvs_peer_put(chunk->remote.peer);
	kvfree(chunk->answer);
	kvfree(chunk->body);
	kfree(chunk);
}

static void chunk_remote_get(struct dvs_remote *remote)
{
	refcount_inc(&chunk_from_remote(remote)->ref);
}

static void chunk_remote_put(struct dvs_remote *remote)
{
	chunk_put(chunk_from_remote(remote));
}

static void chunk_finish(struct chunk *chunk, int error, u32 copied)
{
	chunk->error = error;
	chunk->copied = copied;
	/* Pairs with the acquire in chunk_wait(). */
	smp_store_release(&chunk->done, true);
	wake_up_all(&chunk->wait);
}

static void chunk_expel(struct dvs_remote *remote)
{
	chunk_finish(chunk_from_remote(remote), -ESRCH, 0);
}

static const struct dvs_remote_ops chunk_ops = {
	.get = chunk_remote_get,
	.put = chunk_remote_put,
	.expel = chunk_expel,
};

static void chunk_release(struct dvs_frame *frame, bool acked, bool sent)
{
	chunk_put(container_of(frame, struct chunk, frame));
}

static struct chunk *chunk_create(struct dvs_call *call, unsigned int segment,
				  u64 offset, u32 length, bool write)
{
	struct dvs_peer *peer = dvs_remote_call_peer(call);
	u32 size = sizeof(struct dvs_wire_copy) + (write ? length : 0);
	struct chunk *chunk;

	chunk = kzalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	chunk->body = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!chunk->body) {
		kfree(chunk);
		return NULL;
	}
	refcount_set(&chunk->ref, 1);
	init_waitqueue_head(&chunk->wait);
	chunk->remote.ops = &chunk_ops;
	chunk->remote.peer = dvs_peer_hold(peer);
	chunk->remote.key = dvs_node_sequence(peer->node);
	*chunk->body = (struct dvs_wire_copy){
		.copy = cpu_to_le64(chunk->remote.key),
		.offset = cpu_to_le64(offset),
		.length = cpu_to_le32(length),
		.segment = cpu_to_le32(segment),
	};
	chunk->frame.header.type = write ? DVS_WIRE_WRITE : DVS_WIRE_READ;
	chunk->frame.header.dcid = cpu_to_le64(dvs_dc_container(call->dc)->dcid);
	chunk->frame.header.call = cpu_to_le64(dvs_remote_call_key(call));
	chunk->frame.header.trace = cpu_to_le64(call->trace);
	chunk->frame.header.source = cpu_to_le32(call->target->number);
	chunk->frame.header.destination = cpu_to_le32(call->msg.source);
	chunk->frame.payload = chunk->body;
	chunk->frame.length = size;
	chunk->frame.release = chunk_release;
	return chunk;
}

static int chunk_send(struct chunk *chunk)
{
	int error;

	dvs_remote_add_out(&chunk->remote);
	refcount_inc(&chunk->ref);
	error = dvs_link_send(chunk->remote.peer->link, &chunk->frame);
	if (!error)
		return 0;
	chunk_put(chunk);
	dvs_remote_remove_out(&chunk->remote);
	/* The caller's node is gone, and so is the call. */
	return -ESRCH;
}

static int chunk_wait(struct chunk *chunk, const struct dvs_timeout *timeout)
{
	DEFINE_WAIT(wait);
	int error = 0;

	for (;;) {
		prepare_to_wait(&chunk->wait, &wait, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		/* Pairs with the release in chunk_finish(). */
		if (smp_load_acquire(&chunk->done))
			break;
		error = dvs_timeout_sleep(timeout);
		if (error)
			break;
	}
	finish_wait(&chunk->wait, &wait);
	if (!error)
		return chunk->error;
	if (dvs_remote_remove_out(&chunk->remote))
		return error;
	/* Being answered right now. Pairs with the release in chunk_finish(). */
	wait_event(chunk->wait, smp_load_acquire(&chunk->done));
	return chunk->error;
}

static ssize_t copy_chunk(struct dvs_call *call, unsigned int segment, u64 offset,
			  u32 length, struct iov_iter *iter, bool write,
			  const struct dvs_timeout *timeout)
{
	struct chunk *chunk;
	ssize_t result;

	chunk = chunk_create(call, segment, offset, length, write);
	if (!chunk)
		return -ENOMEM;
	if (write && !copy_from_iter_full(chunk->body + 1, length, iter)) {
		chunk_put(chunk);
		return -EFAULT;
	}
	result = chunk_send(chunk) ?: chunk_wait(chunk, timeout);
	if (!result) {
		result = chunk->copied;
		if (!write)
			result = copy_to_iter(chunk->answer + sizeof(struct dvs_wire_copy),
					      chunk->copied, iter) ?: -EFAULT;
	}
	chunk_put(chunk);
	return result;
}

static int pause(const struct dvs_timeout *timeout)
{
	struct dvs_timeout soon = {
		.expires = ktime_add_ms(ktime_get(), 1),
		.clockid = CLOCK_MONOTONIC,
		.set = true,
	};
	int error;

	if (dvs_timeout_expired(timeout))
		return -ETIMEDOUT;
	__set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
	error = dvs_timeout_sleep(&soon);
	return error == -ETIMEDOUT ? 0 : error;
}

ssize_t dvs_remote_copy(struct dvs_call *call, unsigned int segment, u64 offset,
			struct iov_iter *iter, bool write,
			const struct dvs_timeout *timeout)
{
	size_t total = 0;
	ssize_t copied;
	u32 length;

	while (iov_iter_count(iter)) {
		if (dvs_call_is_done(call))
			return total ?: -ESRCH;
		length = min_t(size_t, iov_iter_count(iter), DVS_COPY_CHUNK);
		copied = copy_chunk(call, segment, offset + total, length, iter,
				    write, timeout);
		if (copied == -EAGAIN) {
			/* Others copy for the same call. */
			if (write)
				iov_iter_revert(iter, length);
			copied = pause(timeout);
			if (!copied)
				continue;
		}
		if (copied < 0)
			return total ?: copied;
		total += copied;
		if (copied < length)
			return total;
	}
	return total;
}

const char *dvs_remote_copy_done(struct dvs_peer *peer,
				 const struct dvs_wire_header *header,
				 void **payload)
{
	struct dvs_wire_copy *body = *payload;
	struct dvs_remote *remote;
	struct chunk *chunk;
	u32 copied = le32_to_cpu(body->length);
	u32 asked;
	bool write;

	remote = dvs_remote_find_out(peer, le64_to_cpu(body->copy), &chunk_ops);
	if (!remote)
		return NULL;		/* given up meanwhile */
	chunk = chunk_from_remote(remote);
	write = chunk->frame.header.type == DVS_WIRE_WRITE;
	asked = le32_to_cpu(chunk->body->length);
	if (le32_to_cpu(body->error) == DVS_WIRE_EMOVED || copied > asked ||
	    (!write && le32_to_cpu(header->length) != sizeof(*body) + copied) ||
	    (write && le32_to_cpu(header->length) != sizeof(*body))) {
		chunk_put(chunk);
		return "answer to a copy that was not asked for";
	}
	if (dvs_remote_remove_out(remote)) {
		chunk->answer = body;
		*payload = NULL;
		chunk_finish(chunk, dvs_wire_errno(le32_to_cpu(body->error)), copied);
	}
	chunk_put(chunk);
	return NULL;
}

/*
 * The home
 */

/**
 * struct home_copy - a READ or WRITE being carried out at the caller's node
 * @list: in &dvs_remote_copies.waiting
 * @peer: node of the holder; referenced
 * @call: the call; referenced
 * @frame: the COPIED
 * @request: header it answers
 * @body: payload of the READ or WRITE
 * @short_answer: payload of @frame when it has no bytes to carry
 * @buffer: payload of @frame, with the bytes that were read
 */
struct home_copy {
	struct list_head list;
	struct dvs_peer *peer;
	struct dvs_call *call;
	struct dvs_frame frame;
	struct dvs_wire_header request;
	struct dvs_wire_copy *body;
	struct dvs_wire_copy short_answer;
	void *buffer;
};

static void home_copy_free(struct home_copy *copy)
{
	dvs_peer_put(copy->peer);
	kvfree(copy->buffer);
	kvfree(copy->body);
	kfree(copy);
}

static void home_copy_release(struct dvs_frame *frame, bool acked, bool sent)
{
	home_copy_free(container_of(frame, struct home_copy, frame));
}

static void home_copy_answer(struct home_copy *copy, ssize_t result)
{
	struct dvs_wire_copy *answer = copy->buffer ?: &copy->short_answer;
	bool read = copy->request.type == DVS_WIRE_READ;

	answer->copy = copy->body->copy;
	answer->offset = copy->body->offset;
	answer->segment = copy->body->segment;
	answer->reserved = 0;
	answer->length = cpu_to_le32(max_t(ssize_t, result, 0));
	answer->error = cpu_to_le32(dvs_wire_error(min_t(ssize_t, result, 0)));
	copy->frame.header.type = DVS_WIRE_COPIED;
	copy->frame.header.dcid = copy->request.dcid;
	copy->frame.header.call = copy->request.call;
	copy->frame.header.trace = copy->request.trace;
	copy->frame.header.source = copy->request.destination;
	copy->frame.header.destination = copy->request.source;
	copy->frame.payload = answer;
	copy->frame.length = sizeof(*answer) + (read && result > 0 ? result : 0);
	copy->frame.release = home_copy_release;
	if (dvs_link_send(copy->peer->link, &copy->frame))
		home_copy_free(copy);
}

static ssize_t home_copy_run(struct home_copy *copy)
{
	bool write = copy->request.type == DVS_WIRE_WRITE;
	u32 length = le32_to_cpu(copy->body->length);
	u64 offset = le64_to_cpu(copy->body->offset);
	u32 index = le32_to_cpu(copy->body->segment);
	struct dvs_call *call = copy->call;
	struct mem_cgroup *old;
	struct iov_iter iter;
	struct kvec kvec = { .iov_len = length };
	int error;

	error = dvs_copy_check(call, index, offset, length, write);
	if (error)
		return error;
	if (write) {
		kvec.iov_base = copy->body + 1;
	} else {
		old = set_active_memcg(call->source->memcg);
		copy->buffer = kvmalloc(sizeof(*copy->body) + length, GFP_KERNEL_ACCOUNT);
		set_active_memcg(old);
		if (!copy->buffer)
			return -ENOMEM;
		kvec.iov_base = copy->buffer + sizeof(*copy->body);
	}
	iov_iter_kvec(&iter, write ? ITER_SOURCE : ITER_DEST, &kvec, 1, length);
	return dvs_copy_segment(call, index, offset, &iter, write);
}

static struct home_copy *next_waiting(struct dvs_remote_copies *copies)
{
	struct home_copy *copy;

	spin_lock_bh(&copies->lock);
	copy = list_first_entry_or_null(&copies->waiting, struct home_copy, list);
	if (copy) {
		list_del(&copy->list);
		copies->count--;
	}
	spin_unlock_bh(&copies->lock);
	return copy;
}

static void home_copies_work(struct work_struct *work)
{
	struct dvs_remote_copies *copies =
		container_of(work, struct dvs_remote_copies, work);
	struct home_copy *copy;
	struct dvs_call *call;
	ssize_t result;

	/* The first one's reference keeps the call for the others. */
	copy = next_waiting(copies);
	while (copy) {
		call = copy->call;
		result = home_copy_run(copy);
		home_copy_answer(copy, result);
		copy = next_waiting(copies);
		dvs_call_put(call);
	}
}

void dvs_remote_copies_init(struct dvs_remote_copies *copies)
{
	spin_lock_init(&copies->lock);
	INIT_LIST_HEAD(&copies->waiting);
	INIT_WORK(&copies->work, home_copies_work);
}

static void refuse(struct dvs_peer *peer, const struct dvs_wire_header *header,
		   const struct dvs_wire_copy *body, int error)
{
	struct dvs_wire_copy refusal = *body;

	refusal.length = 0;
	refusal.error = cpu_to_le32(dvs_wire_error(error));
	dvs_remote_answer(peer, header, DVS_WIRE_COPIED, &refusal, sizeof(refusal));
}

const char *dvs_remote_copy_begin(struct dvs_peer *peer,
				  const struct dvs_wire_header *header,
				  void **payload)
{
	struct dvs_wire_copy *body = *payload;
	struct dvs_remote_copies *copies;
	struct home_copy *copy;
	struct dvs_call *call;
	bool full;

	call = dvs_remote_call_find(peer, le64_to_cpu(header->call));
	if (!call) {
		refuse(peer, header, body, -ESRCH);
		return NULL;
	}
	copies = dvs_remote_call_copies(call);
	copy = kzalloc(sizeof(*copy), GFP_KERNEL | __GFP_NOFAIL);
	copy->peer = dvs_peer_hold(peer);
	copy->call = call;
	copy->request = *header;
	copy->body = body;
	spin_lock_bh(&copies->lock);
	full = copies->count >= DVS_COPIES_PER_CALL;
	if (!full) {
		list_add_tail(&copy->list, &copies->waiting);
		copies->count++;
		queue_work(peer->node->copy_workqueue, &copies->work);
	}
	spin_unlock_bh(&copies->lock);
	if (full) {
		refuse(peer, header, body, -EAGAIN);
		copy->body = NULL;
		home_copy_free(copy);
		dvs_call_put(call);
	} else {
		*payload = NULL;
	}
	return NULL;
}
