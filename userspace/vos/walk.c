// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree is a heap of items, files and directories. Each thread takes one, asks
 * the service for it through an endpoint of its own, and adds what a directory
 * holds. The walk is over when nothing is left and nobody can add to it.
 */
#include "walk.h"

#include <errno.h>
#include <error.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "remote.h"

struct item {
	struct item *next;
	bool directory;
	char path[];
};

/* What a thread has counted, and its buffers. */
struct worker {
	struct walk *walk;
	struct remote remote;
	char *list;
	char *data;
	uint64_t files, directories, others, bytes, large;
};

static void add_item(struct walk *walk, const char *parent, const char *name, int name_length,
		     bool directory)
{
	size_t size = strlen(parent) + 1 + name_length + 1;
	struct item *item = malloc(sizeof(*item) + size);

	if (!item)
		error(EXIT_FAILURE, errno, "no memory for a path");
	item->directory = directory;
	if (*parent)
		snprintf(item->path, size, "%s/%.*s", parent, name_length, name);
	else
		snprintf(item->path, size, "%.*s", name_length, name);
	pthread_mutex_lock(&walk->lock);
	item->next = walk->items;
	walk->items = item;
	pthread_cond_signal(&walk->changed);
	pthread_mutex_unlock(&walk->lock);
}

static void print_checksum(EVP_MD_CTX *digest, const char *path)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1];
	unsigned int length, i;

	if (!EVP_DigestFinal_ex(digest, sum, &length))
		error(EXIT_FAILURE, 0, "cannot compute a checksum");
	for (i = 0; i < length; i++)
		sprintf(text + 2 * i, "%02x", sum[i]);
	/* One call, so that lines of several threads do not mix. */
	printf("%s  %s\n", text, path);
}

static int read_file(struct worker *worker, const char *path)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	size_t chunk = worker->walk->chunk;
	struct files_reply reply = { 0 };
	uint64_t offset = 0, calls = 0;
	int failed;

	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
		error(EXIT_FAILURE, 0, "cannot compute a checksum");
	do {
		failed = remote_read(&worker->remote, path, offset, worker->data, chunk, &reply);
		if (failed)
			goto out;
		EVP_DigestUpdate(digest, worker->data, reply.length);
		offset += reply.length;
		calls++;
	} while (reply.length == chunk && offset < reply.size);
	print_checksum(digest, path);
	worker->files++;
	worker->bytes += offset;
	worker->large += calls > 1;
out:
	EVP_MD_CTX_free(digest);
	return failed;
}

/* One piece of a directory; what the service says is checked before it is used. */
static int add_entries(struct worker *worker, const char *parent, size_t length)
{
	const struct files_entry *entry;
	size_t at;

	for (at = 0; at < length; at += entry->length) {
		entry = (const struct files_entry *)(worker->list + at);
		if (length - at < sizeof(*entry) || entry->length < sizeof(*entry) ||
		    entry->length % 8 || entry->length > length - at ||
		    entry->name_length > entry->length - sizeof(*entry))
			return EPROTO;
		if (strlen(parent) + 1 + entry->name_length >= FILES_PATH_MAX)
			return ENAMETOOLONG;
		if (S_ISDIR(entry->mode) || S_ISREG(entry->mode))
			add_item(worker->walk, parent, entry->name, entry->name_length,
				 S_ISDIR(entry->mode));
		else
			worker->others++;
	}
	return 0;
}

static int list_directory(struct worker *worker, const char *path)
{
	struct files_reply reply = { 0 };
	int failed;

	worker->directories++;
	do {
		failed = remote_list(&worker->remote, path, reply.next, worker->list, LIST_SIZE,
				     &reply);
		if (!failed)
			failed = add_entries(worker, path, reply.length);
	} while (!failed && reply.next);
	return failed;
}

/* The next item, and the thread is busy; NULL when the walk is over. */
static struct item *take_item(struct walk *walk)
{
	struct item *item = NULL;

	pthread_mutex_lock(&walk->lock);
	while (!walk->failed && !walk->items && walk->busy)
		pthread_cond_wait(&walk->changed, &walk->lock);
	if (!walk->failed && walk->items) {
		item = walk->items;
		walk->items = item->next;
		walk->busy++;
	}
	pthread_mutex_unlock(&walk->lock);
	return item;
}

static void finish_item(struct walk *walk, struct item *item, int failed, int in_call)
{
	pthread_mutex_lock(&walk->lock);
	walk->busy--;
	if (failed && !walk->failed) {
		walk->failed = failed;
		walk->in_call = in_call;
		walk->failed_path = strdup(item->path);
	}
	if (walk->failed || (!walk->busy && !walk->items))
		pthread_cond_broadcast(&walk->changed);
	pthread_mutex_unlock(&walk->lock);
	free(item);
}

static void *work(void *arg)
{
	struct walk *walk = arg;
	struct worker worker = {
		.walk = walk,
		.remote = { .slot = walk->slot, .timeout_ms = walk->timeout_ms },
		.list = malloc(LIST_SIZE),
		.data = malloc(walk->chunk),
	};
	struct item *item;
	int failed;

	if (!worker.list || !worker.data)
		error(EXIT_FAILURE, errno, "no memory for the buffers");
	while ((item = take_item(walk))) {
		failed = item->directory ? list_directory(&worker, item->path) :
					   read_file(&worker, item->path);
		finish_item(walk, item, failed, worker.remote.call_error);
	}

	pthread_mutex_lock(&walk->lock);
	walk->files += worker.files;
	walk->directories += worker.directories;
	walk->others += worker.others;
	walk->bytes += worker.bytes;
	walk->large += worker.large;
	walk->calls += worker.remote.calls;
	pthread_mutex_unlock(&walk->lock);
	free(worker.list);
	free(worker.data);
	return NULL;
}

int walk_tree(struct walk *walk)
{
	pthread_t *threads = calloc(walk->jobs, sizeof(*threads));
	struct item *item;
	unsigned int i;
	int failed;

	if (!threads)
		error(EXIT_FAILURE, errno, "no memory for the threads");
	pthread_mutex_init(&walk->lock, NULL);
	pthread_cond_init(&walk->changed, NULL);
	add_item(walk, "", ".", 1, true);
	for (i = 0; i < walk->jobs; i++) {
		failed = pthread_create(&threads[i], NULL, work, walk);
		if (failed)
			error(EXIT_FAILURE, failed, "cannot start a thread");
	}
	for (i = 0; i < walk->jobs; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	while ((item = walk->items)) {
		walk->items = item->next;
		free(item);
	}
	return walk->failed;
}
