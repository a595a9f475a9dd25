/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of the file service: a tree of files, read-only, behind one
 * endpoint.
 *
 * Every request carries a path in segment 0 (readable, no NUL, relative to the
 * root; the root itself is "."). FILES_LIST and FILES_READ want data in segment
 * 1 (writable). The service keeps nothing between requests: any of its threads
 * answers any of them.
 *
 * FILES_STAT	describes a file
 * FILES_LIST	fills segment 1 with struct files_entry, beginning at the place
 *		offset of the directory (0: its first entry); next is the place
 *		to go on at, 0 after the last entry
 * FILES_READ	fills segment 1 with data of a regular file from offset on; less
 *		than the segment holds only at its end
 */
#ifndef VOS_FILES_H
#define VOS_FILES_H

#include <assert.h>
#include <stdint.h>
#include <dvs.h>

enum files_type {
	FILES_STAT = 1,
	FILES_LIST = 2,
	FILES_READ = 3,
	FILES_DONE = 4,		/* reply */
};

enum { FILES_PATH = 0, FILES_DATA = 1 };	/* segments */

#define FILES_PATH_MAX	4096

struct files_request {
	uint64_t offset;
};

/**
 * struct files_reply - answer to every request
 * @error: 0 or an errno of Linux, positive; the rest is 0 then
 * @mode: type and permissions of the file
 * @size: of the file, in bytes
 * @mtime: of the file, in seconds since 1970
 * @length: bytes written to segment 1
 * @next: see FILES_LIST
 */
struct files_reply {
	uint32_t error;
	uint32_t mode;
	uint64_t size;
	int64_t mtime;
	uint64_t length;
	uint64_t next;
};

/**
 * struct files_entry - entry of a directory; "." and ".." are left out
 * @length: of this entry, a multiple of 8
 * @name_length: bytes in @name
 * @mode: type of the file, permissions are 0
 * @name: no NUL
 */
struct files_entry {
	uint16_t length;
	uint16_t name_length;
	uint32_t mode;
	char name[];
};

static_assert(sizeof(struct files_request) <= DVS_PAYLOAD_SIZE, "fits a message");
static_assert(sizeof(struct files_reply) <= DVS_PAYLOAD_SIZE, "fits a message");

#endif /* VOS_FILES_H */
