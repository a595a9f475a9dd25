# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the same selftests on the sanitizer kernel, then a search for leaks
# in: all
# needs: kernel-debug image
# timeout: 1600

guest --kernel debug --timeout 1500 'SELFTEST_TIMEOUT=900 run-selftests; rc=$?; find-leaks && exit $rc'
