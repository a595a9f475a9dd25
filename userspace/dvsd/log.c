// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The entries a node holds. See log.h.
 */
#include "log.h"

#include <stdlib.h>
#include <string.h>

static void drop_from(struct log *log, uint32_t at)
{
	for (uint32_t i = at; i < log->count; i++) {
		log->bytes -= log->entries[i].len;
		free(log->entries[i].data);
	}
	log->count = at;
}

void log_reset(struct log *log, struct position base)
{
	drop_from(log, 0);
	log->base = base;
}

struct position log_last(const struct log *log)
{
	const struct entry *last;

	if (!log->count)
		return log->base;
	last = &log->entries[log->count - 1];
	return (struct position){ last->view, last->index };
}

const struct entry *log_entry(const struct log *log, uint64_t index)
{
	if (index <= log->base.index || index > log->base.index + log->count)
		return NULL;
	return &log->entries[index - log->base.index - 1];
}

bool log_holds(const struct log *log, struct position at)
{
	const struct entry *entry = log_entry(log, at.index);

	if (entry)
		return entry->view == at.view;
	return at.index == log->base.index && at.view == log->base.view;
}

void log_append(struct log *log, uint64_t view, const void *data, size_t len)
{
	struct entry *entry;

	if (log->count == log->size) {
		log->size = log->size ? log->size * 2 : 64;
		log->entries = xrealloc(log->entries,
					log->size * sizeof(*log->entries));
	}
	entry = &log->entries[log->count++];
	entry->view = view;
	entry->index = log->base.index + log->count;
	entry->data = xmemdup(data, len);
	entry->len = len;
	log->bytes += len;
}

void log_cut(struct log *log, uint64_t index)
{
	if (index <= log->base.index)
		index = log->base.index + 1;
	if (index - log->base.index - 1 < log->count)
		drop_from(log, index - log->base.index - 1);
}

void log_trim(struct log *log, uint64_t committed)
{
	uint32_t drop = 0;

	/* A quarter at a time, so that the rest is seldom moved. */
	if (log->count < LOG_KEEP_ENTRIES + LOG_KEEP_ENTRIES / 4 &&
	    log->bytes < LOG_KEEP_BYTES + LOG_KEEP_BYTES / 4)
		return;
	while (drop < log->count && log->entries[drop].index <= committed &&
	       (log->count - drop > LOG_KEEP_ENTRIES ||
		log->bytes > LOG_KEEP_BYTES)) {
		log->bytes -= log->entries[drop].len;
		free(log->entries[drop].data);
		drop++;
	}
	if (!drop)
		return;
	log->base.view = log->entries[drop - 1].view;
	log->base.index = log->entries[drop - 1].index;
	log->count -= drop;
	memmove(log->entries, log->entries + drop,
		log->count * sizeof(*log->entries));
}
