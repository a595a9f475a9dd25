#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build userspace/ into build/userspace.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

build_userspace() {
	make -C "$top/userspace" -j"$jobs" O="$build/userspace" HEADERS="$build/headers/include" KSRC="$build/linux"
}

main() {
	mkdir -p "$build/userspace"
	step userspace 'tail -n 1 "$log"' build_userspace
}

with_lock userspace main
