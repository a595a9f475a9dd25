// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue of messages to multicast. See sender.h.
 */
#include "sender.h"

#include <stdlib.h>
#include <string.h>

#include "codec.h"

void sender_init(struct sender *sender)
{
	*sender = (struct sender){};
	sender->last = &sender->first;
}

static void drop_first(struct sender *sender)
{
	struct queued *queued = sender->first;

	sender->first = queued->next;
	if (!sender->first)
		sender->last = &sender->first;
	sender->count--;
	sender->bytes -= queued->len;
	free(queued);
}

void sender_reset(struct sender *sender)
{
	while (sender->first)
		drop_first(sender);
	sender->outstanding = 0;
	sender->outstanding_bytes = 0;
}

void sender_add(struct sender *sender, const void *data, size_t len)
{
	struct queued *queued;

	if (sender->count == QUEUE_MESSAGES) {
		sender->dropped++;
		return;
	}
	queued = xalloc(sizeof(*queued) + len);
	queued->len = len;
	memcpy(queued->data, data, len);
	*sender->last = queued;
	sender->last = &queued->next;
	sender->count++;
	sender->bytes += len;
}

size_t sender_room(const struct sender *sender)
{
	size_t used = sender->outstanding_bytes + sender->bytes;

	/* The last places in the window are for messages that are urgent. */
	if (used >= WINDOW_BYTES ||
	    sender->outstanding + sender->count >= WINDOW_MESSAGES - 4)
		return 0;
	return WINDOW_BYTES - used;
}

void sender_delivered(struct sender *sender, uint64_t now)
{
	sender->heard = now;
	if (!sender->outstanding)
		return;
	sender->outstanding_bytes -= sender->sizes[sender->sizes_at];
	sender->sizes_at = (sender->sizes_at + 1) % WINDOW_MESSAGES;
	sender->outstanding--;
}

enum send_result sender_flush(struct sender *sender, uint64_t now,
			      enum send_result (*send)(void *context,
						       const void *data,
						       size_t len),
			      void *context)
{
	if (sender->outstanding && now - sender->heard >= WINDOW_STALL_MS) {
		sender->stalled++;
		sender->outstanding = 0;
		sender->outstanding_bytes = 0;
	}
	while (sender->first && sender->outstanding < WINDOW_MESSAGES &&
	       (!sender->outstanding || sender->outstanding_bytes +
		sender->first->len <= WINDOW_BYTES)) {
		struct queued *queued = sender->first;
		enum send_result result;
		uint32_t at;

		result = send(context, queued->data, queued->len);
		if (result != SEND_OK)
			return result;
		at = (sender->sizes_at + sender->outstanding) %
		     WINDOW_MESSAGES;
		sender->sizes[at] = queued->len;
		if (!sender->outstanding)
			sender->heard = now;
		sender->outstanding++;
		sender->outstanding_bytes += queued->len;
		drop_first(sender);
	}
	return SEND_OK;
}
