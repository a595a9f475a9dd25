#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Make build/linux the tree to build: the distribution's source (or KERNEL_SRC) as the commit
# "pristine", the hooks of patches/ on top of it by git am, our own folders laid over it by
# symbolic link. Safe to interrupt anywhere and cheap when nothing changed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

linux=$build/linux
# Names and dates are fixed, so that equal patches give equal commits everywhere.
export GIT_COMMITTER_NAME=dvs GIT_COMMITTER_EMAIL=dvs@localhost GIT_COMMITTER_DATE='2025-01-01T00:00:00Z'
export GIT_AUTHOR_NAME=dvs GIT_AUTHOR_EMAIL=dvs@localhost GIT_AUTHOR_DATE='2025-01-01T00:00:00Z'
# Nothing of the caller's own git configuration or of an enclosing repository may leak in.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

lgit() { git -C "$linux" "$@"; }

source_id() {
	if [ -n "${KERNEL_SRC:-}" ]; then
		printf 'dir %s\n' "$(readlink -f "$KERNEL_SRC")"
	else
		dpkg-query -W -f '${Package} ${Version}\n' linux-source-6.12
	fi
}

check_version() {
	local v
	v=$(make -s -C "$1" kernelversion) || die "$1 is not a kernel tree"
	case $v in
	6.12.* | 6.12) say "[tree] Linux $v" ;;
	*) die "$1 holds Linux $v; the hooks are for 6.12.y" ;;
	esac
}

unpack() {
	local new=$build/linux.new
	rm -rf "$new"
	mkdir -p "$new"
	if [ -n "${KERNEL_SRC:-}" ]; then
		[ -f "$KERNEL_SRC/Makefile" ] || die "KERNEL_SRC=$KERNEL_SRC has no Makefile"
		[ ! -f "$KERNEL_SRC/.config" ] || die "KERNEL_SRC=$KERNEL_SRC was configured in place; run 'make mrproper' there"
		step unpack 'printf "%s files" "$(find "$build/linux.new" -type f | wc -l)"' \
			rsync -a --exclude=/.git "$KERNEL_SRC/" "$new/"
	else
		[ -f /usr/src/linux-source-6.12.tar.xz ] ||
			die "/usr/src/linux-source-6.12.tar.xz is missing; run 'make deps'"
		step unpack 'printf "%s files" "$(find "$build/linux.new" -type f | wc -l)"' \
			tar -C "$new" --strip-components=1 -xf /usr/src/linux-source-6.12.tar.xz
	fi
	check_version "$new"
	step import 'printf "%s written" "$(du -sh "$build/linux.new/.git" | cut -f1)"' import "$new"
	source_id >"$new/.git/dvs-source"
	rm -rf "$linux"
	mv "$new" "$linux"
}

# One pack written in a stream: a third of the time and of the files of loose objects.
import() {
	git -C "$1" init -q -b dvs
	git -C "$1" config gc.auto 0
	git -C "$1" config core.untrackedCache false
	git -C "$1" -c core.bigFileThreshold=1 -c core.compression=1 add -A -f .
	git -C "$1" commit -q -m 'pristine'
	git -C "$1" tag pristine
}

series() {
	[ -f "$top/patches/series" ] || return 0
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$top/patches/series" | sed "s|^|$top/patches/|"
}

# The tree that patches/ describe, without touching the one that is checked out.
wanted_tree() {
	local index=$build/tmp/wanted.index patch
	rm -f "$index"
	GIT_INDEX_FILE=$index lgit read-tree pristine
	for patch in "$@"; do
		GIT_INDEX_FILE=$index lgit apply --cached --whitespace=nowarn "$patch" ||
			die "$patch does not apply to this kernel"
	done
	GIT_INDEX_FILE=$index lgit write-tree
	rm -f "$index"
}

# git am in a work tree of its own that holds only the hooked files; the main tree then moves to
# the result and rewrites only what differs, so that a changed hook does not rebuild the world.
apply_hooks() {
	local -a patches
	local sum tree am=$build/tmp/am head
	mapfile -t patches < <(series)
	sum=$(cat /dev/null "${patches[@]}" | sha256sum | cut -d' ' -f1)
	if [ -f "$linux/.git/dvs-hooks" ] && [ "$sum" = "$(cat "$linux/.git/dvs-hooks")" ]; then
		return 0
	fi
	tree=$(wanted_tree "${patches[@]}") || exit 1
	if [ "$tree" != "$(lgit rev-parse 'HEAD^{tree}')" ]; then
		[ -z "$(lgit status --porcelain --untracked-files=no)" ] ||
			die "patches/ changed and build/linux has uncommitted changes; commit them there and run 'make patches-refresh', or 'git -C build/linux checkout .'"
		if [ -f "$linux/.git/dvs-head" ] && [ "$(lgit rev-parse HEAD)" != "$(cat "$linux/.git/dvs-head")" ]; then
			die "patches/ changed and build/linux has commits that are not in them; run 'make patches-refresh' there first, or 'git -C build/linux reset --hard $(cat "$linux/.git/dvs-head")'"
		fi
		lgit worktree remove --force "$am" 2>/dev/null || rm -rf "$am"
		lgit worktree prune
		lgit worktree add -q --no-checkout --detach "$am" pristine
		if [ "${#patches[@]}" -gt 0 ]; then
			sed -n 's|^+++ b/|/|p; s|^--- a/|/|p' "${patches[@]}" | cut -f1 | sort -u |
				git -C "$am" sparse-checkout set --no-cone --stdin
			git -C "$am" read-tree -mu HEAD
			git -C "$am" am -q --whitespace=nowarn --committer-date-is-author-date "${patches[@]}" ||
				die "git am failed; see above"
		fi
		head=$(git -C "$am" rev-parse HEAD)
		lgit worktree remove --force "$am"
		lgit config --unset extensions.worktreeConfig || true
		lgit reset -q --hard "$head"
	fi
	lgit rev-parse HEAD >"$linux/.git/dvs-head"
	printf '%s\n' "$sum" >"$linux/.git/dvs-hooks"
	say "[tree] ${#patches[@]} hooks applied"
}

# link TARGET NAME: a relative link in the kernel tree to something of ours
link() {
	local at=$linux/$2
	if [ -e "$at" ] && [ ! -L "$at" ]; then
		die "$2 exists in the kernel tree and in ours; ours may only add files"
	fi
	printf '%s\n' "$2" >>"$build/tmp/overlay"
	local to
	to=$(realpath -m --relative-to="$(dirname "$at")" "$top/$1")
	[ "$(readlink "$at" 2>/dev/null)" = "$to" ] || ln -sfn "$to" "$at"
}

# A folder the kernel does not have becomes one link, any other is entered.
lay_over() {
	local entry
	for entry in "$top/$1"/*; do
		entry=${entry#"$top"/}
		if [ -d "$top/$entry" ] && [ -d "$linux/$entry" ] && [ ! -L "$linux/$entry" ]; then
			lay_over "$entry"
		elif [ -e "$top/$entry" ]; then
			link "$entry" "$entry"
		fi
	done
}

overlay() {
	local old name
	: >"$build/tmp/overlay"
	for name in kernel include Documentation; do
		lay_over "$name"
	done
	[ ! -d "$top/userspace/selftests" ] || link userspace/selftests tools/testing/selftests/dvs
	sort -o "$build/tmp/overlay" "$build/tmp/overlay"
	old=$linux/.git/dvs-overlay
	if [ -f "$old" ]; then
		comm -23 "$old" "$build/tmp/overlay" | while read -r name; do
			[ ! -L "$linux/$name" ] || rm -f "$linux/$name"
		done
	fi
	cp "$build/tmp/overlay" "$old"
	sed 's|^|/|' "$build/tmp/overlay" >"$linux/.git/info/exclude"
}

main() {
	mkdir -p "$build/tmp"
	if [ ! -f "$linux/.git/dvs-source" ] || ! cmp -s <(source_id) "$linux/.git/dvs-source"; then
		unpack
	fi
	apply_hooks
	overlay
}

with_lock tree main
