// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of the file service: nothing outside of it is reached, and a
 * directory of any size is listed whole. Run by `make check`.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define FILES	300

static int failed;

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	printf("not ok: %s\n", what);
	failed = 1;
}

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		error(EXIT_FAILURE, errno, "%s", path);
}

static void make_tree(void)
{
	char path[64];
	int i;

	if (mkdir("root", 0700) || mkdir("root/sub", 0700) || mkdir("root/many", 0700))
		error(EXIT_FAILURE, errno, "mkdir");
	make_file("secret", "not for you");
	make_file("root/file", "for you");
	make_file("root/sub/other", "");
	for (i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "root/many/file-%d", i);
		make_file(path, "");
	}
	if (symlink("../secret", "root/out") || symlink("/etc/passwd", "root/absolute") ||
	    symlink("sub/other", "root/in") || mkfifo("root/pipe", 0600))
		error(EXIT_FAILURE, errno, "symlink");
}

static int open_error(int root, const char *path)
{
	struct files_reply reply = { 0 };
	int fd = tree_open_file(root, path, &reply);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : (int)reply.error;
}

static int stat_error(int root, const char *path)
{
	struct files_reply reply = { 0 };

	tree_stat(root, path, &reply);
	return (int)reply.error;
}

static void test_paths(int root)
{
	struct files_reply reply = { 0 };

	expect(open_error(root, "file") == 0, "a file can be opened");
	expect(open_error(root, "./sub/../file") == 0, "a path may turn back inside");
	expect(open_error(root, "in") == 0, "a link that stays inside is followed");
	expect(open_error(root, "../secret") == EXDEV, "\"..\" does not lead out");
	expect(open_error(root, "sub/../../secret") == EXDEV, "nor further down");
	expect(open_error(root, "/etc/passwd") == EXDEV, "an absolute path does not");
	expect(open_error(root, "out") == EXDEV, "a link does not");
	expect(open_error(root, "absolute") == EXDEV, "an absolute link does not");
	expect(open_error(root, "sub") == EISDIR, "a directory is not read");
	expect(open_error(root, "pipe") == EINVAL, "a pipe is not read, nor waited for");
	expect(open_error(root, "") == ENOENT, "no path is no file");
	expect(open_error(root, "none") == ENOENT, "nor is one that is not there");
	expect(stat_error(root, "../secret") == EXDEV, "nothing outside is described");

	tree_stat(root, "file", &reply);
	expect(!reply.error && S_ISREG(reply.mode) && reply.size == 7, "a file is described");
	tree_stat(root, "out", &reply);
	expect(!reply.error && S_ISLNK(reply.mode), "a link itself is described");
}

/* List with a buffer of this size: how many names of files there are. */
static int count_entries(int root, const char *path, size_t size, bool *seen)
{
	char buffer[4096] __attribute__((aligned(8)));
	struct files_reply reply = { 0 };
	const struct files_entry *entry;
	int count = 0, number;
	char name[256];
	size_t at;

	do {
		uint64_t offset = reply.next;

		reply = (struct files_reply){ 0 };
		tree_list(root, path, offset, buffer, size, &reply);
		if (reply.error)
			return -(int)reply.error;
		for (at = 0; at < reply.length; at += entry->length) {
			entry = (const struct files_entry *)(buffer + at);
			snprintf(name, sizeof(name), "%.*s", entry->name_length, entry->name);
			if (seen && sscanf(name, "file-%d", &number) == 1)
				seen[number] = true;
			count++;
		}
	} while (reply.next);
	return count;
}

static void test_lists(int root)
{
	bool seen[FILES] = { false };
	int i;

	expect(count_entries(root, ".", 4096, NULL) == 7, "all entries of a directory are listed");
	expect(count_entries(root, "many", 100, seen) == FILES, "in pieces, too");
	for (i = 0; i < FILES; i++)
		expect(seen[i], "each of them");
	expect(count_entries(root, "sub", 4096, NULL) == 1, "\".\" and \"..\" are not");
	expect(count_entries(root, "many", 8, NULL) == -ENOBUFS, "what never fits is an error");
	expect(count_entries(root, "file", 4096, NULL) == -ENOTDIR, "a file is not listed");
	expect(count_entries(root, "..", 4096, NULL) == -EXDEV, "nor what is outside");
}

int main(void)
{
	char folder[] = "/tmp/dvs-tree-test.XXXXXX", command[64];
	int root;

	if (!mkdtemp(folder) || chdir(folder))
		error(EXIT_FAILURE, errno, "%s", folder);
	make_tree();
	root = tree_open("root");
	expect(root >= 0, "a directory can be the root");
	expect(tree_open("secret") == -ENOTDIR, "a file can not");
	test_paths(root);
	test_lists(root);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		error(EXIT_FAILURE, 0, "cannot remove %s", folder);
	return failed;
}
