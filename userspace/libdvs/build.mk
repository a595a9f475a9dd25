# SPDX-License-Identifier: GPL-2.0-or-later
# The library itself is in userspace/Makefile; here are its tests.
SELFTESTS += libdvs_test
SELFTESTS32 += libdvs_test
libdvs_test_SOURCES := tests/libdvs_test.c
# The harness compares what a test gives it, whatever the signs.
libdvs_test_CPPFLAGS := -Wno-sign-compare
