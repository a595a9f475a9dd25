/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault injection: one allocation, or one access to user memory, of one system
 * call fails. See Documentation/fault-injection/fault-injection.rst, fail-nth.
 */
#ifndef DVS_SELFTESTS_FAULT_H
#define DVS_SELFTESTS_FAULT_H

#include <stdbool.h>

/**
 * struct fault - a series of attempts of the same thing
 * @nth: which of its possible failures happens in this one
 * @injected: it did happen
 * @result: what came of it: 0 or more, or a negated errno
 */
struct fault {
	int nth;
	bool injected;
	long result;
};

/* False when this kernel cannot do it. */
bool fault_setup(void);

void fault_arm(struct fault *fault);
void fault_disarm(struct fault *fault);

/* Failures that happened, in all series */
unsigned int fault_count(void);

/* Does the series go on? It ends after the first attempt in which nothing failed. */
bool fault_next(struct fault *fault);

/* A result that a caller can make sense of: it worked, or there was no memory. */
bool fault_is_clean(const struct fault *fault);

#define under_fault(attempt, call) do {					\
	struct fault *_fault = (attempt);				\
									\
	fault_arm(_fault);						\
	_fault->result = (call);					\
	fault_disarm(_fault);						\
} while (0)

/* For tests: a round is over, and ended well. */
#define CHECK_FAULT(attempt) do {					\
	const struct fault *_done = (attempt);				\
									\
	EXPECT_TRUE(fault_is_clean(_done))				\
		TH_LOG("fault %d ended with %ld", _done->nth, _done->result); \
} while (0)

#endif /* DVS_SELFTESTS_FAULT_H */
