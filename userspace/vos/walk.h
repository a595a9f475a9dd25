/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading all of a remote tree with several threads.
 */
#ifndef VOS_WALK_H
#define VOS_WALK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_SIZE	(64 * 1024)

struct item;

/**
 * struct walk - a walk through a tree
 * @slot: where the file service is
 * @timeout_ms: time limit of each call, negative for none
 * @jobs: threads
 * @chunk: most to read with one call
 * @lock: protects what follows
 * @changed: there is an item, or no more will come
 * @items: files and directories that nobody has looked at
 * @busy: threads that look at one, and so may add others
 * @failed: errno that ended the walk, or 0
 * @in_call: that was an error of a call, not of the service
 * @failed_path: what was looked at then
 * @files: regular files read
 * @directories: directories listed
 * @others: links and special files, which are listed and not read
 * @bytes: bytes read
 * @large: files that took more than one call
 * @calls: calls made
 */
struct walk {
	uint32_t slot;
	int timeout_ms;
	unsigned int jobs;
	size_t chunk;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct item *items;
	unsigned int busy;
	int failed;
	int in_call;
	char *failed_path;
	uint64_t files, directories, others, bytes, large, calls;
};

/*
 * Read everything and print the checksums; 0 or an errno, which is @failed. The
 * first group of fields is set by the caller, the rest 0.
 */
int walk_tree(struct walk *walk);

#endif /* VOS_WALK_H */
