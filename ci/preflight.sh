#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# preflight.sh PURPOSE: refuse a run that this machine cannot finish, before it starts.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# What a cold run leaves under build/ and what it needs while it runs, measured and rounded up.
case ${1:-} in
kernel) disk=5000 memory=2000 ;;
kernel-debug) disk=7000 memory=3000 ;;
demo) disk=6000 memory=3000 ;;
test) disk=14000 memory=4000 ;;
*) die "usage: preflight.sh kernel|kernel-debug|demo|test" ;;
esac

[ "$(uname -m)" = x86_64 ] || die "this machine is $(uname -m); the nodes are x86_64 guests built by the native compiler"

# What is in build/ already need not fit a second time.
have=$(df -Pm "$build" | awk 'NR == 2 { print $4 }')
# Files may go while they are counted.
used=$({ du -sm "$build" 2>/dev/null || true; } | cut -f1)
[ $((have + used)) -ge "$disk" ] ||
	die "$1 needs $disk MB of disk under $build, $have MB are free; free some, or put the tree elsewhere"

available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
[ "$available" -ge "$memory" ] ||
	die "$1 needs $memory MB of free memory, $available MB are available; stop something, or add swap to the guest's host"
