# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the system calls and of netlink, for a node with the DVS kernel. Under
# tools/testing/selftests/dvs the same is built by the Makefile beside this file.

selftests_programs := $(notdir $(basename $(wildcard $(src)/selftests/*_test.c)))
selftests_common := cluster.c commands.c fault.c frame.c job.c message.c netlink.c veth.c world.c

SELFTESTS := $(selftests_programs)
# fail-nth asks for memory and not for the caller's word size; the rest is of the system calls.
SELFTESTS32 := $(filter-out fail_nth_% namespace_% netlink_%,$(selftests_programs))

$(foreach t,$(SELFTESTS),$(eval $(t)_SOURCES := $(t).c $(selftests_common)))
# The harness compares what a test gives it, whatever the signs.
$(foreach t,$(SELFTESTS),$(eval $(t)_CPPFLAGS := -Wno-sign-compare -Wno-missing-field-initializers))
