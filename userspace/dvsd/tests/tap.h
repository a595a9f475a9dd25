/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Test Anything Protocol, as much of it as the daemon's unit tests need.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct tap {
	int number;
	int failed;
	bool ok;
};

extern struct tap tap;

/* Fail the test that runs when @condition does not hold. */
#define EXPECT(condition)						\
	do {								\
		if (!(condition)) {					\
			printf("# %s:%d: %s\n", __FILE__, __LINE__,	\
			       #condition);				\
			tap.ok = false;					\
		}							\
	} while (0)

static inline void tap_run(const char *name, void (*test)(void))
{
	tap.ok = true;
	test();
	printf("%s %d - %s\n", tap.ok ? "ok" : "not ok", ++tap.number, name);
	fflush(stdout);
	tap.failed += !tap.ok;
}
#define RUN(test) tap_run(#test, test)

#endif /* TESTS_TAP_H */
