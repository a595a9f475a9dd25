// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_vcopy(): between the memory of whoever holds a call and the segments the
 * caller granted with it. The caller's pages are pinned a few at a time and
 * copied from or to the holder's memory directly; for a caller on another node
 * remote_copy.c does the same there.
 *
 * What a segment allows was decided by the caller when it made the call; no
 * ptrace check applies. The call's count of running copies (call.c) keeps the
 * caller in its system call, and so its memory as it was granted, until the
 * copy has ended.
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

/* Copy what lies in the @count pinned pages; bytes copied. */
static size_t copy_pages(struct page **pages, unsigned int count, size_t skip,
			 struct iov_iter *iter, size_t length, bool write)
{
	size_t part, copied, total = 0;
	unsigned int i;

	for (i = 0; i < count && length; i++) {
		part = min(length, PAGE_SIZE - skip);
		copied = write ? copy_page_from_iter(pages[i], skip, part, iter) :
				 copy_page_to_iter(pages[i], skip, part, iter);
		total += copied;
		if (copied < part)
			break;
		length -= part;
		skip = 0;
	}
	return total;
}

static ssize_t copy_mm(struct mm_struct *mm, struct dvs_call *call,
		       unsigned long addr, struct iov_iter *iter, bool write)
{
	unsigned int gup_flags = write ? FOLL_WRITE : 0;
	struct page *pages[DVS_COPY_PAGES];
	size_t want, copied, total = 0;
	unsigned long count, skip;
	long pinned;

	while (iov_iter_count(iter)) {
		if (dvs_call_is_done(call))
			return total ?: -ESRCH;
		if (fatal_signal_pending(current))
			return total ?: -EINTR;
		skip = offset_in_page(addr);
		want = min_t(size_t, iov_iter_count(iter),
			     DVS_COPY_PAGES * PAGE_SIZE - skip);
		count = DIV_ROUND_UP(skip + want, PAGE_SIZE);
		mmap_read_lock(mm);
		pinned = pin_user_pages_remote(mm, addr - skip, count, gup_flags,
					       pages, NULL);
		mmap_read_unlock(mm);
		if (pinned <= 0)
			return total ?: -EFAULT;
		if (pinned < count)
			want = pinned * PAGE_SIZE - skip;
		copied = copy_pages(pages, pinned, skip, iter, want, write);
		unpin_user_pages_dirty_lock(pages, pinned, write);
		total += copied;
		addr += copied;
		if (copied < want || pinned < count)
			return total ?: -EFAULT;
		cond_resched();
	}
	return total;
}

ssize_t dvs_copy_segment(struct dvs_call *call, unsigned int index, u64 offset,
			 struct iov_iter *iter, bool write)
{
	struct mm_struct *mm = call->mm;
	ssize_t copied;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	copied = copy_mm(mm, call, call->segments[index].addr + offset, iter, write);
	/* Not mmput(): the last reference may be ours, in a work item. */
	mmput_async(mm);
	return copied;
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
	call = dvs_ipc_copy_begin(endpoint, side->token);
	if (IS_ERR(call))
		return PTR_ERR(call);
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
	dvs_call_copy_end(call);
	dvs_call_put(call);
	return copied;
}
