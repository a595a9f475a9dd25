#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build, in build/image, node.cpio.gz: the root of every guest, from the distribution's binaries,
# ours, and the libraries that ldd finds for them; and selftests.cpio.gz: what a test guest has
# besides. "image.sh modules" makes modules.cpio.gz: the modules of the sanitizer kernel.
# One initramfs may consist of several archives.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

root=$build/image/root
ours=$build/userspace

# put FILE [AT]: a file into the image, at its own canonical path or at AT
put() {
	local at=$root${2:-$(readlink -f "$1")}
	mkdir -p "${at%/*}"
	cp -fL --preserve=mode,timestamps "$1" "$at"
}

# put_program NAME|PATH...: programs of the distribution; names that lead elsewhere stay links
put_program() {
	local path
	for path in "$@"; do
		path=$(command -v "$path") || die "program '$path' is missing; run 'make deps'"
		put "$path"
		# ip -> /bin/ip and the like
		if [ "$(readlink -f "$path")" != "$(readlink -f "${path%/*}")/${path##*/}" ]; then
			ln -sfn "$(readlink -f "$path")" "$root/usr/sbin/${path##*/}"
		fi
		printf '%s\n' "$path" >>"$build/image/elf"
	done
}

# What glibc and libknet open by name at run time, which ldd cannot see.
put_dlopened() {
	local file
	file=$(ldconfig -p | awk '$1 == "libgcc_s.so.1" && /x86-64/ { file = $NF } END { print file }')
	[ -n "$file" ] || die "libgcc_s.so.1 is missing; corosync aborts at its end without it"
	put "$file"
	printf '%s\n' "$file" >>"$build/image/elf"
	for file in /usr/lib/x86_64-linux-gnu/kronosnet/*.so; do
		[ -e "$file" ] || continue
		put "$file"
		printf '%s\n' "$file" >>"$build/image/elf"
	done
}

put_libraries() {
	local file
	# ldd fails for what is static; a library that is missing it reports in its output.
	{ LD_LIBRARY_PATH=$ours/lib xargs -r -n1 ldd <"$build/image/elf" 2>/dev/null || true; } |
		awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 } /not found/ { print "MISSING", $1 }' |
		sort -u |
		while read -r file name; do
			[ "$file" != MISSING ] || die "library $name is needed by a program of the image and not installed"
			case $file in
			"$ours"/*) put "$file" "/usr/lib/x86_64-linux-gnu/${file##*/}" ;;
			*)
				# Programs ask for libX.so.N, which may be a link to libX.so.N.M.
				put "$file" "$(readlink -f "${file%/*}")/${file##*/}"
				;;
			esac
		done
}

put_ours() {
	local file
	for file in "$ours"/bin/*; do
		[ -f "$file" ] || continue
		put "$file" "/usr/bin/${file##*/}"
		printf '%s\n' "$file" >>"$build/image/elf"
	done
	find "$root/usr/bin" -type f -exec strip --strip-debug {} + 2>/dev/null || true
}

# ci/image: init, what a shell reads, and commands
put_scripts() {
	local file
	put "$top/ci/image/init" /init
	put "$top/ci/image/profile" /etc/profile
	for file in "$top"/ci/image/*; do
		case ${file##*/} in
		init | profile) ;;
		*) put "$file" "/usr/sbin/${file##*/}" ;;
		esac
	done
}

make_root() {
	local dir
	rm -rf "$root"
	mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib/x86_64-linux-gnu,usr/lib64,etc,root,tmp,proc,sys,dev,run,var}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	: >"$build/image/elf"

	put /bin/busybox /usr/bin/busybox
	put_program corosync corosync-quorumtool corosync-cfgtool corosync-cpgtool corosync-cmapctl ip bridge tc kmod
	for dir in modprobe insmod rmmod lsmod; do
		ln -sfn ../bin/kmod "$root/usr/sbin/$dir"
	done
	put_dlopened
	put_ours
	put_libraries
	put "$build/ci/guest-agent" /usr/sbin/guest-agent
	put_scripts
	put "$top/configs/corosync.conf" /usr/share/dvs/corosync.conf
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
}

# archive DIR PREFIX NAME: build/image/NAME.cpio.gz, whole or not at all
archive() {
	"$top/ci/mkcpio.sh" "$1" "$2" "$build/image/$3.new"
	mv "$build/image/$3.new" "$build/image/$3.cpio.gz"
}

# The selftests are static programs, one megabyte each: too much for every node.
make_selftests() {
	local tests=$build/image/selftests
	rm -rf "$tests"
	mkdir -p "$tests"
	if [ -d "$ours/selftests" ]; then
		(cd "$ours/selftests" && find . -type f -perm -u+x -print0 | xargs -0 -r cp --parents -t "$tests")
		find "$tests" -type f -exec strip --strip-debug {} + 2>/dev/null || true
	fi
	archive "$tests" /selftests selftests
}

make_image() {
	make -s -C "$top/ci/tools" O="$build/ci"
	make_root
	archive "$root" / node
	make_selftests
}

inputs() {
	find "$ours/bin" "$ours/lib" "$ours/selftests" "$top/ci/image" "$top/ci/tools" "$top/configs/corosync.conf" \
		"$top/ci/image.sh" "$top/ci/mkcpio.sh" -type f -printf '%p %s %T@\n' 2>/dev/null | sort
	dpkg-query -W -f '${Package} ${Version}\n' corosync busybox-static iproute2 libknet1 libc6
}

main() {
	local sum
	mkdir -p "$build/image"
	sum=$(inputs | sha256sum)
	if [ "$sum" != "$(cat "$build/image/.sum" 2>/dev/null)" ]; then
		rm -f "$build/image/.sum"
		step image 'tail -n 1 "$log"' make_image
		printf '%s\n' "$sum" >"$build/image/.sum"
		say "[image] build/image/node.cpio.gz: $(stat -c %s "$build/image/node.cpio.gz") bytes"
	fi
}

modules() {
	mkdir -p "$build/image"
	if [ "$build/debug/modroot" -nt "$build/image/modules.cpio.gz" ]; then
		step image-modules 'tail -n 1 "$log"' archive "$build/debug/modroot/lib" /usr/lib modules
	fi
}

with_lock image "${1:-main}"
