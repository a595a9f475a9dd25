// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree of files: safe resolution of paths, directories, descriptions.
 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int tree_open(const char *path)
{
	int fd = open(path, O_DIRECTORY | O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Neither "..", nor a link, nor an absolute path leads out of the root. */
static int open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static int describe(int fd, struct files_reply *reply)
{
	struct stat st;

	if (fstat(fd, &st)) {
		reply->error = errno;
		return -1;
	}
	reply->mode = st.st_mode;
	reply->size = st.st_size;
	reply->mtime = st.st_mtime;
	return 0;
}

/* Open and describe; -1 with the error in @reply. */
static int open_described(int root, const char *path, int flags, struct files_reply *reply)
{
	int fd = open_beneath(root, path, flags);

	if (fd < 0) {
		reply->error = errno;
		return -1;
	}
	if (describe(fd, reply)) {
		close(fd);
		return -1;
	}
	return fd;
}

void tree_stat(int root, const char *path, struct files_reply *reply)
{
	int fd = open_described(root, path, O_PATH | O_NOFOLLOW, reply);

	if (fd >= 0)
		close(fd);
}

int tree_open_file(int root, const char *path, struct files_reply *reply)
{
	/* O_NONBLOCK: a pipe somebody left in the tree must not hold a thread. */
	int fd = open_described(root, path, O_RDONLY | O_NONBLOCK, reply);

	if (fd >= 0 && !S_ISREG(reply->mode)) {
		*reply = (struct files_reply){ .error = S_ISDIR(reply->mode) ? EISDIR : EINVAL };
		close(fd);
		return -1;
	}
	return fd;
}

static size_t entry_length(const struct dirent *dirent)
{
	return (sizeof(struct files_entry) + strlen(dirent->d_name) + 7) & ~(size_t)7;
}

/* Not every file system says in a directory what its entries are. */
static uint32_t entry_mode(DIR *dir, const struct dirent *dirent)
{
	struct stat st;

	if (dirent->d_type != DT_UNKNOWN)
		return DTTOIF(dirent->d_type);
	if (fstatat(dirfd(dir), dirent->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	return st.st_mode & S_IFMT;
}

static void put_entry(DIR *dir, const struct dirent *dirent, char *at)
{
	struct files_entry *entry = (struct files_entry *)at;
	size_t name_length = strlen(dirent->d_name);

	memset(at, 0, entry_length(dirent));
	entry->length = entry_length(dirent);
	entry->name_length = name_length;
	entry->mode = entry_mode(dir, dirent);
	memcpy(entry->name, dirent->d_name, name_length);
}

/* Read on from @offset; the place to go on at, 0 after the last entry, or -1. */
static long fill(DIR *dir, long offset, char *buffer, size_t size, size_t *used)
{
	struct dirent *dirent;

	if (offset)
		seekdir(dir, offset);
	for (;;) {
		errno = 0;
		dirent = readdir(dir);
		if (!dirent)
			return errno ? -1 : 0;
		if (strcmp(dirent->d_name, ".") && strcmp(dirent->d_name, "..")) {
			if (entry_length(dirent) > size - *used) {
				errno = ENOBUFS;
				return *used ? offset : -1;
			}
			put_entry(dir, dirent, buffer + *used);
			*used += entry_length(dirent);
		}
		offset = dirent->d_off;
	}
}

void tree_list(int root, const char *path, uint64_t offset, char *buffer, size_t size,
	       struct files_reply *reply)
{
	int fd = open_described(root, path, O_RDONLY | O_DIRECTORY, reply);
	size_t used = 0;
	long next;
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		*reply = (struct files_reply){ .error = errno };
		close(fd);
		return;
	}
	next = fill(dir, (long)offset, buffer, size, &used);
	if (next < 0) {
		*reply = (struct files_reply){ .error = errno };
	} else {
		reply->length = used;
		reply->next = next;
	}
	closedir(dir);
}
