#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mkcpio.sh DIR PREFIX OUT: an initramfs archive of DIR, unpacked at PREFIX in the guest, where
# everything belongs to root. Several may be given to a guest (ci/cluster start --extra).
set -euo pipefail

[ $# -eq 3 ] || { echo "usage: mkcpio.sh DIR PREFIX OUT" >&2; exit 2; }
dir=$(readlink -f "$1")
prefix=${2#/}
out=$(readlink -f "$(dirname "$3")")/$(basename "$3")

# The folders above PREFIX are part of the archive, so it is packed from a folder that has them.
if [ -n "$prefix" ]; then
	stage=$(mktemp -d "${TMPDIR:-/tmp}/dvs-cpio.XXXXXX")
	trap 'rm -rf "$stage"' EXIT
	chmod 755 "$stage"
	mkdir -p "$stage/$prefix"
	cp -a "$dir/." "$stage/$prefix"
	dir=$stage
fi
cd "$dir"
find . -mindepth 1 -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0 | gzip -1 -n >"$out"
