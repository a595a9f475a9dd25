// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DC namespaces as files. See namespace.h.
 */
#include "namespace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "protocol.h"

#ifndef CLONE_NEWDC
#define CLONE_NEWDC	0x00000040
#endif

/* A thread has namespaces of its own, and these go with it. */
static void *create_in_thread(void *result)
{
	int *fd = result;

	*fd = -1;
	if (!unshare(CLONE_NEWDC))
		*fd = open("/proc/thread-self/ns/dc", O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		*fd = -errno;
	return NULL;
}

int namespace_create(void)
{
	pthread_t thread;
	int error, fd;

	error = pthread_create(&thread, NULL, create_in_thread, &fd);
	if (error)
		return -error;
	pthread_join(thread, NULL);
	return fd;
}

int namespace_init(void)
{
	if (mkdir("/run/dvs", 0755) && errno != EEXIST)
		return -errno;
	if (mkdir(DVS_DC_DIR, 0755) && errno != EEXIST)
		return -errno;
	return 0;
}

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", DVS_DC_DIR, name);
}

int namespace_shown(const char *name)
{
	struct statfs fs;
	char path[128];

	path_of(path, sizeof(path), name);
	return !statfs(path, &fs) && fs.f_type == NSFS_MAGIC;
}

int namespace_show(const char *name, int fd)
{
	char path[128], source[64];
	int file;

	path_of(path, sizeof(path), name);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	namespace_hide(name);
	file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (file < 0)
		return -errno;
	close(file);
	if (mount(source, path, NULL, MS_BIND, NULL)) {
		int error = -errno;

		unlink(path);
		return error;
	}
	return 0;
}

void namespace_hide(const char *name)
{
	char path[128];

	path_of(path, sizeof(path), name);
	while (!umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW))
		;
	unlink(path);
}

void namespace_list(void (*each)(void *context, const char *name),
		    void *context)
{
	DIR *folder = opendir(DVS_DC_DIR);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			each(context, entry->d_name);
	closedir(folder);
}
