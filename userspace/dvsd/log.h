/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries a node holds: those after its snapshot, up to the last one.
 */
#ifndef DVSD_LOG_H
#define DVSD_LOG_H

#include "state.h"

/* A place in the log. */
struct position {
	uint64_t view;
	uint64_t index;
};

/* How much a node keeps of what is committed, for nodes that lag behind. */
#define LOG_KEEP_ENTRIES	4096
#define LOG_KEEP_BYTES		(4u << 20)
/* The longest entry; a message carries at least one. */
#define ENTRY_MAX		16384

/**
 * struct log - entries base.index + 1 to base.index + count
 * @base: the entry before the first one
 * @entries: the entries
 * @count: how many
 * @size: room in @entries
 * @bytes: length of their records, together
 */
struct log {
	struct position base;
	struct entry *entries;
	uint32_t count;
	uint32_t size;
	size_t bytes;
};

/* Drop everything; the next entry follows @base. */
void log_reset(struct log *log, struct position base);
struct position log_last(const struct log *log);
/* The entry at @index, or NULL when it is not held. */
const struct entry *log_entry(const struct log *log, uint64_t index);
/* Whether the entry at @at, or the base, is the one of that view. */
bool log_holds(const struct log *log, struct position at);
/* Add the next entry; the record is copied. */
void log_append(struct log *log, uint64_t view, const void *data, size_t len);
/* Drop the entries from @index on. */
void log_cut(struct log *log, uint64_t index);
/* Drop old entries up to @committed, but for those to keep. */
void log_trim(struct log *log, uint64_t committed);

/* Whether @a is further than @b: a later view counts more than entries. */
static inline bool position_after(struct position a, struct position b)
{
	return a.view != b.view ? a.view > b.view : a.index > b.index;
}

#endif /* DVSD_LOG_H */
