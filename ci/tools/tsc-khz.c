// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tsc-khz: print how fast this processor's time stamp counter runs, in kHz.
 *
 * A guest that QEMU emulates reads the host's counter. It would measure the counter's rate while it
 * boots, against a timer that QEMU serves when it gets a processor: on a busy host that goes wrong,
 * and the guest's clock with it. The harness measures here, where being stopped in the middle is
 * seen, and tells the guest (tsc_early_khz=).
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct sample {
	uint64_t ns, ticks, width;
};

static uint64_t ns_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The clock and the counter at one time: the pair with the least between two looks at the counter */
static struct sample take(void)
{
	struct sample best = { .width = UINT64_MAX };

	for (int i = 0; i < 200; i++) {
		uint64_t before = __rdtsc(), ns = ns_now(), after = __rdtsc();

		if (after - before < best.width)
			best = (struct sample){ ns, before + (after - before) / 2, after - before };
	}
	return best;
}

int main(void)
{
	struct sample a = take(), b;

	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	b = take();
	return printf("%.0f\n", (double)(b.ticks - a.ticks) * 1e6 / (double)(b.ns - a.ns)) < 0;
}
