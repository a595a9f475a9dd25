// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KNOBS "/sys/kernel/debug/"

/* No single call makes as many allocations. */
#define NTH_MAX 1000

static int fail_nth = -1;
static unsigned int count;

static bool set_knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

bool fault_setup(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		return false;
	/* The program itself must need nothing of the kernel while a fault is armed. */
	mallopt(M_TOP_PAD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 1 << 24);
	free(malloc(1 << 19));
	if (mlockall(MCL_CURRENT))
		return false;
	return set_knob(KNOBS "failslab/ignore-gfp-wait", "N") &&
	       set_knob(KNOBS "fail_page_alloc/ignore-gfp-wait", "N") &&
	       set_knob(KNOBS "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       set_knob(KNOBS "fail_page_alloc/min-order", "0") &&
	       set_knob(KNOBS "fail_usercopy/verbose", "0");
}

unsigned int fault_count(void)
{
	return count;
}

bool fault_next(struct fault *fault)
{
	if (fault->nth && !fault->injected)
		return false;
	fault->nth++;
	return fault->nth < NTH_MAX;
}

void fault_arm(struct fault *fault)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fault->nth);
	if (pwrite(fail_nth, text, strlen(text), 0) < 0)
		abort();
}

void fault_disarm(struct fault *fault)
{
	char text[16] = "";

	/* If it has not happened yet it may happen to this very read. */
	fault->injected = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
	count += fault->injected;
	while (pwrite(fail_nth, "0", 1, 0) < 0)
		if (errno != EFAULT && errno != ENOMEM)
			abort();
}

bool fault_is_clean(const struct fault *fault)
{
	if (fault->result >= 0)
		return true;
	return fault->injected && (fault->result == -ENOMEM || fault->result == -EFAULT ||
				   fault->result == -ENOBUFS);
}
