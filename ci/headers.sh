#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Install the user space headers of the patched kernel into build/headers, when they changed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

linux=$build/linux

install_headers() {
	rm -rf "$build/headers.new"
	make -C "$linux" O="$build/headers.obj" ARCH=x86_64 INSTALL_HDR_PATH="$build/headers.new" -j"$jobs" headers_install
	mkdir -p "$build/headers"
	# By content: an unchanged header keeps its time and rebuilds nothing.
	rsync -a --checksum --delete "$build/headers.new/" "$build/headers/"
	rm -rf "$build/headers.new"
}

main() {
	local sum
	sum=$(cat "$linux/.git/dvs-source" "$linux/.git/dvs-hooks" \
		$(find "$top/include/uapi" -type f | sort) | sha256sum)
	if [ -f "$build/headers/.sum" ] && [ "$sum" = "$(cat "$build/headers/.sum")" ]; then
		return 0
	fi
	step headers 'tail -n 1 "$log"' install_headers
	printf '%s\n' "$sum" >"$build/headers/.sum"
}

with_lock headers main
