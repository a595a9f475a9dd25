#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selftests.sh [--debug] [PROGRAM [OPTION...]]: run self-tests in a guest, by hand.
#
#   ci/selftests.sh                                     all of them
#   ci/selftests.sh call_test -v remote                 one program, with the harness's options
#   ci/selftests.sh --debug vcopy_test                  on the sanitizer kernel
#
# Builds user space, but neither kernel nor image: those are `make kernel image`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=normal
if [ "${1:-}" = --debug ]; then
	kernel=debug
	shift
fi
"$top/ci/userspace.sh"
"$top/ci/mkcpio.sh" "$build/userspace/selftests" /selftests "$build/tmp/selftests.cpio.gz"
command=run-selftests
if [ $# -gt 0 ]; then
	printf -v command '%q ' "/selftests/$1" "${@:2}"
	command="cd /selftests && $command"
fi
exec "$top/ci/guest" --name selftests-by-hand --kernel "$kernel" --timeout 1500 \
	--extra "$build/tmp/selftests.cpio.gz" "$command"
