#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the programs of userspace/bench in one guest whose clock counts instructions, so that the
# figures repeat on any host. They print TAP with the figures; peers run in the same boot.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

found=$(find "$build/userspace/bin" -name 'dvs-bench*' -type f -perm -u+x -printf '%f\n' 2>/dev/null | sort)
[ -n "$found" ] || die "build/userspace/bin holds no dvs-bench program; userspace/bench builds them"

rc=0
"$top/ci/guest" --name bench --icount --timeout 1200 \
	"for b in $(tr '\n' ' ' <<<"$found"); do echo \"# \$b\"; \$b || exit 1; done" | tee "$build/bench.out" || rc=$?
[ "$rc" -eq 0 ] || die "a bench program failed (code $rc)"
! grep -q '^not ok' "$build/bench.out" || die "a bench program reported a failure"
say "[bench] figures in build/bench.out"
