/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be multicast waits here until Corosync takes it. Not more than a
 * window of it is under way: a group that is flooded loses messages.
 */
#ifndef DVSD_SENDER_H
#define DVSD_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MESSAGES		16
#define WINDOW_BYTES		(256u << 10)
/* Messages that wait; more are dropped, as the network might. */
#define QUEUE_MESSAGES		1024
/* So long without its own messages, a node takes them for lost. */
#define WINDOW_STALL_MS		2000

enum send_result {
	SEND_OK,
	SEND_AGAIN,
	SEND_LOST,
};

struct queued {
	struct queued *next;
	size_t len;
	uint8_t data[];
};

/**
 * struct sender - the queue and the window
 * @first: first message that waits
 * @last: where the next one goes
 * @count: messages that wait
 * @bytes: their length
 * @sizes: lengths of those under way, a ring
 * @sizes_at: the first of them
 * @outstanding: messages under way
 * @outstanding_bytes: their length
 * @heard: when one of them came back last, or the first was sent
 * @dropped: messages dropped because too many waited
 * @stalled: times the window was given up
 */
struct sender {
	struct queued *first;
	struct queued **last;
	uint32_t count;
	size_t bytes;
	size_t sizes[WINDOW_MESSAGES];
	uint32_t sizes_at;
	uint32_t outstanding;
	size_t outstanding_bytes;
	uint64_t heard;
	uint64_t dropped;
	uint64_t stalled;
};

void sender_init(struct sender *sender);
/* Forget everything: the connection is another one. */
void sender_reset(struct sender *sender);
void sender_add(struct sender *sender, const void *data, size_t len);
/* Bytes that may be added without exceeding the window. */
size_t sender_room(const struct sender *sender);
/*
 * Send what the window allows with @send. SEND_AGAIN: some must wait for
 * Corosync; try again soon.
 */
enum send_result sender_flush(struct sender *sender, uint64_t now,
			      enum send_result (*send)(void *context,
						       const void *data,
						       size_t len),
			      void *context);
/* One of this node's messages was delivered to it. */
void sender_delivered(struct sender *sender, uint64_t now);

#endif /* DVSD_SENDER_H */
