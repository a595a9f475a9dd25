#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# clean.sh [all]: remove build/, and without "all" keep build/linux, which may hold hook work.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

if [ -d "$build/run" ]; then
	for run in "$build"/run/*/; do
		[ ! -d "$run" ] || "$top/ci/cluster" stop --name "$(basename "$run")"
	done
fi
if [ "${1:-}" = all ]; then
	if [ -d "$build/linux/.git" ] && [ -n "$(git -C "$build/linux" status --porcelain --untracked-files=no)" ]; then
		die "build/linux has uncommitted changes; commit them and run 'make patches-refresh', or remove build/ by hand"
	fi
	rm -rf "$build"
else
	find "$build" -mindepth 1 -maxdepth 1 ! -name linux -exec rm -rf {} +
fi
