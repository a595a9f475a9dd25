# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the unit tests as modules, loaded into the sanitizer kernel
# in: all
# needs: kernel-debug image
# timeout: 700

guest --kernel debug --timeout 600 'run-kunit; rc=$?; find-leaks && exit $rc'
