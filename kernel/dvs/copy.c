// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_vcopy(): between the memory of whoever holds a call and the segments the
 * caller granted with it. The caller's pages are pinned a few at a time and
 * copied from or to the holder's memory directly; for a caller on another node
 * remote_copy.c does the same there.
 *
 * What a segment allows was decided by the caller when it made the call; no
 * ptrace check applies. While pages are pinned and copied the call counts a
 * running copy (call.c), which keeps the caller in its system call, and so its
 * memory as it was granted. Neither side can hold up the other for long: the
 * holder's memory is faulted in between those times, and the caller's is its own.
 */
#include "copy.h"

#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "call.h"
#include "endpoint.h"
#include "ipc.h"
#include "limits.h"
#include "remote.h"

int dvs_copy_check(const struct dvs_call *call, unsigned int index, u64 offset,
		   u64 length, bool write)
{
	const struct dvs_segment *segment;

	if (index >= call->segment_count)
		return -EINVAL;
	segment = &call->segments[index];
	if (offset > segment->length || length > segment->length - offset)
		return -EINVAL;
	if (!(segment->flags & (write ? DVS_SEGMENT_WRITE : DVS_SEGMENT_READ)))
		return -EPERM;
	return 0;
}

/*
 * Copy what lies in the @count pinned pages; bytes copied. The other side may
 * be user memory, and must not fault: the caller could not be let go meanwhile.
 */
static size_t copy_pages(struct page **pages, unsigned int count, size_t skip,
			 struct iov_iter *iter, size_t length, bool write)
{
	size_t part, copied, total = 0;
	unsigned int i;

	for (i = 0; i < count && length; i++) {
		part = min(length, PAGE_SIZE - skip);
		copied = write ?
			copy_page_from_iter_atomic(pages[i], skip, part, iter) :
			copy_page_to_iter_nofault(pages[i], skip, part, iter);
		total += copied;
		if (copied < part)
			break;
		length -= part;
		skip = 0;
	}
	return total;
}

/* Copy up to @want bytes within pages that are pinned together. */
static ssize_t copy_round(struct mm_struct *mm, unsigned long addr,
			  struct iov_iter *iter, size_t want, bool write)
{
	unsigned long skip = offset_in_page(addr);
	unsigned long count = DIV_ROUND_UP(skip + want, PAGE_SIZE);
	struct page *pages[DVS_COPY_PAGES];
	int locked = 1;
	size_t copied;
	long pinned;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	pinned = pin_user_pages_remote(mm, addr - skip, count,
				       write ? FOLL_WRITE : 0, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	if (pinned <= 0)
		return -EFAULT;
	want = min(want, pinned * PAGE_SIZE - skip);
	copied = copy_pages(pages, pinned, skip, iter, want, write);
	unpin_user_pages_dirty_lock(pages, pinned, write);
	return copied;
}

/*
 * Make sure that the holder's memory is there. Outside of the copy: the holder
 * decides how long this takes, and the caller must not wait for that.
 */
static size_t fault_in(struct iov_iter *iter, size_t want, bool write)
{
	if (!user_backed_iter(iter))
		return want;
	return want - (write ? fault_in_iov_iter_readable(iter, want) :
			       fault_in_iov_iter_writeable(iter, want));
}

static ssize_t copy_bracketed(struct dvs_call *call, unsigned long addr,
			      struct iov_iter *iter, size_t want, bool write)
{
	struct mm_struct *mm = call->mm;
	ssize_t copied;

	copied = dvs_call_copy_begin(call);
	if (copied)
		return copied;
	if (mmget_not_zero(mm)) {
		copied = copy_round(mm, addr, iter, want, write);
		/* Not mmput(): the last reference may be ours, in a work item. */
		mmput_async(mm);
	} else {
		copied = -ESRCH;
	}
	dvs_call_copy_end(call);
	return copied;
}

ssize_t dvs_copy_segment(struct dvs_call *call, unsigned int index, u64 offset,
			 struct iov_iter *iter, bool write)
{
	unsigned long addr = call->segments[index].addr + offset;
	size_t want, total = 0;
	ssize_t copied;

	while (iov_iter_count(iter)) {
		if (fatal_signal_pending(current))
			return total ?: -EINTR;
		want = min_t(size_t, iov_iter_count(iter),
			     DVS_COPY_PAGES * PAGE_SIZE - offset_in_page(addr));
		want = fault_in(iter, want, write);
		if (!want)
			return total ?: -EFAULT;
		copied = copy_bracketed(call, addr, iter, want, write);
		if (copied < 0)
			return total ?: copied;
		total += copied;
		addr += copied;
		/* Nothing copied: the holder's page went again. Try once more. */
		cond_resched();
	}
	return total;
}

ssize_t dvs_vcopy(struct dvs_endpoint *endpoint, const struct dvs_vcopy_args *args,
		  const struct dvs_timeout *timeout)
{
	bool write = args->to.token;
	const struct dvs_copy_side *local = write ? &args->from : &args->to;
	const struct dvs_copy_side *side = write ? &args->to : &args->from;
	struct iov_iter iter;
	struct dvs_call *call;
	ssize_t copied;

	if (!args->from.token == !args->to.token)
		return -EINVAL;		/* one side is a segment, one is local */
	if (local->segment || local->reserved || side->reserved)
		return -EINVAL;
	if (args->length > MAX_RW_COUNT)
		return -EINVAL;
	copied = import_ubuf(write ? ITER_SOURCE : ITER_DEST,
			     u64_to_user_ptr(local->offset), args->length, &iter);
	if (copied)
		return copied;
	call = dvs_ipc_find(endpoint, side->token);
	if (!call)
		return -ESRCH;
	copied = dvs_copy_check(call, side->segment, side->offset, args->length, write);
	if (copied || !args->length)
		goto out;
	if (dvs_remote_call_peer(call))
		copied = dvs_remote_copy(call, side->segment, side->offset, &iter,
					 write, timeout);
	else
		copied = dvs_copy_segment(call, side->segment, side->offset, &iter,
					  write);
out:
	dvs_call_put(call);
	return copied;
}
