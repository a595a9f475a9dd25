// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvsctl exec: become a program in a container of this node.
 */
#include "dvsctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "protocol.h"

#ifndef CLONE_NEWDC
#define CLONE_NEWDC 0x00000040
#endif

static int open_namespace(const struct context *context, const char *name, int *fd)
{
	char *path;

	/* A name is one word of the file system; anything else is no container. */
	if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > DVSD_NAME_MAX)
		return report_error(context, "usage", "'%s' is not the name of a container", name);
	path = format_text("%s/%s", DVS_DC_DIR, name);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (*fd >= 0 && ioctl(*fd, NS_GET_NSTYPE) == CLONE_NEWDC)
		return EXIT_OK;
	if (*fd >= 0 || errno == ENOENT) {
		if (*fd >= 0)
			close(*fd);
		return report_error(context, "not-found",
				    "container %s: not on this node ('dvsctl dc list' shows where containers are)",
				    name);
	}
	return report_error(context, errno == EACCES ? "permission" : "failed",
			    "container %s: cannot open %s/%s: %s", name, DVS_DC_DIR, name,
			    strerror(errno));
}

int exec_program(struct context *context, int argc, char **argv)
{
	int status, fd = -1;

	(void)argc;
	status = open_namespace(context, argv[0], &fd);
	if (status)
		return status;
	if (setns(fd, CLONE_NEWDC)) {
		if (errno == EPERM)
			return report_error(context, "permission",
					    "container %s: entering it needs CAP_SYS_ADMIN: run as root",
					    argv[0]);
		return report_error(context, "failed", "container %s: cannot enter it: %s", argv[0],
				    strerror(errno));
	}
	report_disarm_timeout();
	execvp(argv[1], argv + 1);
	return report_error(context, errno == ENOENT ? "not-found" :
			    errno == EACCES ? "permission" : "failed",
			    "cannot run %s: %s", argv[1], strerror(errno));
}
