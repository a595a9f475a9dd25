#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run dvs-bench in one guest whose clock counts instructions, so that the figures repeat on any
# host; peers run in the same boot. The rows are kept in build/bench.json.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

mark='---- rows'
out=$build/bench.out

[ -x "$build/userspace/bin/dvs-bench" ] || die "build/userspace/bin/dvs-bench is missing; run 'make userspace'"
"$top/ci/guest" --name bench --icount --timeout 1200 \
	"dvs-bench --unit instructions --json /tmp/rows && echo '$mark' && cat /tmp/rows" |
	tr -d '\r' | tee "$out" | sed "/^$mark/,\$d" ||
	die "dvs-bench failed (code ${PIPESTATUS[0]}); the guest's console is in build/run/bench"

sed "1,/^$mark/d" "$out" >"$build/bench.json"
python3 - "$build/bench.json" <<'END' || die "build/bench.json holds no figures"
import json, sys
rows = json.load(open(sys.argv[1]))
assert rows and all(row["value"] > 0 and row["peer_value"] > 0 for row in rows), rows
END
say "[bench] figures in build/bench.json"
