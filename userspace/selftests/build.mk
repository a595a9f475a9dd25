# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the system calls and of netlink, for a node with the DVS kernel. Under
# tools/testing/selftests/dvs the same is built by the Makefile beside this file.

SELFTESTS := namespace_test
