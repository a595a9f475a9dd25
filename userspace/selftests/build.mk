# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the system calls and of netlink, for a node with the DVS kernel. Under
# tools/testing/selftests/dvs the same is built by the Makefile beside this file.

selftests_of_calls := bind_test call_test claim_test death_test fail_nth_test frame_test \
	getinfo_test input_test notify_test receive_test replyrec_test send_test signal_test \
	vcopy_test view_test wait_test
selftests_cluster := cluster.c commands.c netlink.c veth.c
selftests_common := job.c message.c world.c $(selftests_cluster)

SELFTESTS := namespace_test $(selftests_of_calls)
SELFTESTS32 := $(filter-out fail_nth_test,$(selftests_of_calls))

$(foreach t,$(selftests_of_calls),$(eval $(t)_SOURCES := $(t).c $(selftests_common)))
# The harness compares what a test gives it, whatever the signs.
$(foreach t,$(selftests_of_calls),$(eval $(t)_CPPFLAGS := -Wno-sign-compare -Wno-missing-field-initializers))
fail_nth_test_SOURCES += fault.c
frame_test_SOURCES += frame.c

ifneq ($(wildcard $(src)/selftests/netlink_test.c),)
SELFTESTS += netlink_test
netlink_test_SOURCES := netlink_test.c $(selftests_cluster)
endif
