# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the 32-bit selftests on the sanitizer kernel, then a search for leaks
# in: soak
# needs: kernel-debug image
# timeout: 2100

guest --kernel debug --timeout 2000 'SELFTEST_TIMEOUT=900 run-selftests "*_test_32"; rc=$?; find-leaks && exit $rc'
