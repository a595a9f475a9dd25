/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files, addressed by paths that strangers choose. Knows nothing of
 * endpoints.
 */
#ifndef VOS_TREE_H
#define VOS_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "files.h"

/* Open the directory that is the root; a descriptor or a negative errno. */
int tree_open(const char *path);

/* All of them fill in @reply, the error included, and look at nothing outside of @root. */
void tree_stat(int root, const char *path, struct files_reply *reply);
/* Entries from @offset on into @buffer; @reply->length bytes of it are used. */
void tree_list(int root, const char *path, uint64_t offset, char *buffer, size_t size,
	       struct files_reply *reply);
/* The file to read from, described in @reply; -1 with the error in there. */
int tree_open_file(int root, const char *path, struct files_reply *reply);

#endif /* VOS_TREE_H */
