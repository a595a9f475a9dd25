#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Write the hooks committed in build/linux back to patches/, one file per commit, with the list of
# them in patches/series. What did not change keeps its name, its bytes and its time.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

linux=$build/linux
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

lgit() { git -C "$linux" -c core.abbrev=12 -c diff.algorithm=myers "$@"; }

# What is about to be overwritten must be what build/linux was made from.
check_applied() {
	local applied now
	applied=$(cat "$linux/.git/dvs-hooks" 2>/dev/null || echo nothing)
	now=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e "s|^|$top/patches/|" "$top/patches/series" |
		xargs cat | sha256sum | cut -d' ' -f1)
	[ "$applied" = "$now" ] ||
		die "patches/ has changed since it was applied to build/linux, and writing back would undo that; run 'ci/kernel-tree.sh', which says what to do if both have changed"
}

check_commits() {
	local commit
	[ -z "$(lgit status --porcelain --untracked-files=no)" ] ||
		die "build/linux has uncommitted changes; commit them there or 'git -C build/linux checkout .'"
	[ -z "$(lgit rev-list --merges pristine..HEAD)" ] ||
		die "build/linux has a merge; hooks are a straight line of commits on 'pristine'"
	for commit in $(lgit rev-list pristine..HEAD); do
		lgit show -s --format=%B "$commit" | grep -q '^Signed-off-by: ' ||
			die "commit $(lgit show -s --format='%h (%s)' "$commit") of build/linux has no Signed-off-by; add it with 'git commit --amend -s' or 'git rebase --signoff pristine'"
	done
}

refresh() {
	local new=$build/tmp/patches name
	[ -d "$linux/.git" ] || die "build/linux is missing; run 'make kernel'"
	lgit rev-parse -q --verify pristine >/dev/null || die "build/linux has no commit 'pristine'; remove build/linux and run 'make kernel'"
	check_applied
	check_commits

	rm -rf "$new"
	mkdir -p "$new"
	lgit format-patch -q --zero-commit --no-numbered --no-signature --no-renames -o "$new" pristine..HEAD
	(cd "$new" && printf '%s\n' *.patch) >"$new/series"
	[ -s "$new/series" ] && [ -f "$new/$(head -n 1 "$new/series")" ] ||
		die "build/linux has no commits on top of 'pristine': refusing to empty patches/"

	for name in "$top"/patches/*.patch; do
		[ ! -e "$name" ] || [ -e "$new/${name##*/}" ] || { say "patches/${name##*/} is gone"; rm "$name"; }
	done
	for name in "$new"/*; do
		cmp -s "$name" "$top/patches/${name##*/}" && continue
		say "patches/${name##*/} is new or has changed"
		cp "$name" "$top/patches/"
	done
	rm -rf "$new"
	# Brings its own note of which hooks are applied up to date.
	"$top/ci/kernel-tree.sh"
}

with_lock patches refresh
