#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Make the complete, mailable series in build/series: the hooks of patches/ and, between them, the
# files that are laid over the kernel tree, cut into parts as patches/order and patches/parts say.
#
# The result is also a branch, "series", of the repository build/series.git, which borrows the
# objects of build/linux. ci/stages/*series*.sh check it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

linux=$build/linux
repo=$build/series.git
work=$build/tmp/series
out=$build/series

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
author='DVS maintainers <maintainers@dvs.example>'
export GIT_AUTHOR_NAME=${author% <*} GIT_COMMITTER_NAME=${author% <*}
export GIT_AUTHOR_EMAIL=maintainers@dvs.example GIT_COMMITTER_EMAIL=maintainers@dvs.example
# One date for all, so that an unchanged series is byte for byte the same.
export GIT_AUTHOR_DATE='2025-01-01T00:00:00Z' GIT_COMMITTER_DATE='2025-01-01T00:00:00Z'

wgit() { git -C "$work" -c core.abbrev=12 -c diff.algorithm=myers "$@"; }

# A repository beside build/linux, for the latter's index and branch are the builder's.
make_repo() {
	local base
	base=$(git -C "$linux" rev-parse -q --verify 'pristine^{commit}') ||
		die "build/linux is missing; run 'make kernel'"
	if [ "$(git -C "$repo" rev-parse -q --verify 'pristine^{commit}' 2>/dev/null)" != "$base" ]; then
		rm -rf "$repo"
		git clone -q --bare --shared --no-tags "$linux" "$repo"
		git -C "$repo" config gc.auto 0
		git -C "$repo" config core.bare false
		git -C "$repo" tag -f pristine "$base" >/dev/null
	fi
	rm -rf "$work"
	git -C "$repo" worktree prune
	git -C "$repo" worktree add -q --no-checkout --detach "$work" pristine
	# Only what hooks touch; everything else in the series is new.
	sed -n 's|^+++ b/|/|p; s|^--- a/|/|p' "$top"/patches/*.patch | cut -f1 | sort -u |
		wgit sparse-checkout set --no-cone --stdin
	wgit read-tree -mu HEAD
}

# The files laid over the kernel, as "SOURCE TARGET", in both trees' terms.
overlay_files() {
	local source
	cd "$top"
	# Man pages of the kernel's calls are not kept in the kernel.
	find -L kernel include Documentation userspace/selftests -type f ! -path 'Documentation/man/*' \
		! -path 'userspace/selftests/build.mk' | sort >"$build/tmp/series.found"
	# What an editor or a build left behind is not ours.
	git check-ignore --stdin <"$build/tmp/series.found" >"$build/tmp/series.ignored" || true
	comm -23 "$build/tmp/series.found" "$build/tmp/series.ignored" | while read -r source; do
		printf '%s %s\n' "$source" "${source/#userspace\/selftests/tools/testing/selftests/dvs}"
	done
}

field() { sed -n "/^\$/q; s/^$1: //p" "$2"; }

# take_files PART: move the overlay files that match the part's Files: from the list to the tree
take_files() {
	local pattern source target taken=0
	while read -r pattern; do
		taken=0
		while read -r source target; do
			# shellcheck disable=SC2254 # a pattern it is
			case $target in
			$pattern) ;;
			*) continue ;;
			esac
			[ ! -e "$work/$target" ] || continue
			mkdir -p "$work/$(dirname "$target")"
			cp -p "$top/$source" "$work/$target"
			taken=1
		done <"$build/tmp/series.files"
		[ "$taken" -eq 1 ] || die "patches/parts/$1: no file matches '$pattern', or an earlier part took it"
	done < <(field Files "$top/patches/parts/$1")
}

# While only some of kernel/dvs is there, the Makefile lists only that much.
cut_makefile() {
	local dir=$work/kernel/dvs
	[ -f "$dir/Makefile" ] || return 0
	awk -v dir="$dir" '
		# Reads on at a backslash: a list is one line here.
		{ raw = raw $0 "\n"; line = line $0 }
		/\\$/ { sub(/\\$/, " ", line); next }
		{ all[++n] = line; line = "" }
		END {
			for (i = 1; i <= n; i++)
				if (match(all[i], /^[a-z_]+-(y|objs)[ \t]*[:+]?=/)) {
					name = all[i]
					sub(/-(y|objs).*/, "", name)
					composite[name] = 1
				}
			all[++n] = ""
			for (i = 1; i <= n; i++) {
				if (all[i] != "") {
					paragraph = paragraph shorten(all[i])
					continue
				}
				# A heading without what it is the heading of goes too.
				if (paragraph ~ /(^|\n)[^#\n]/ || !lost)
					cut = cut (cut == "" ? "" : "\n") paragraph
				paragraph = ""
				lost = 0
			}
			printf "%s", dropped ? cut : raw
		}
		function exists(object,   source) {
			sub(/\.o$/, "", object)
			if (object in composite)
				return 1
			source = dir "/" object ".c"
			if ((getline dummy < source) < 0)
				return 0
			close(source)
			return 1
		}
		function shorten(text,   head, words, count, j, out, width, kept) {
			if (!match(text, /^[A-Za-z_$()-]+[ \t]*[:+]?=/) || text !~ /\.o/ || text ~ /^CFLAGS/) {
				return text "\n"
			}
			head = substr(text, 1, RLENGTH)
			count = split(substr(text, RLENGTH + 1), words)
			out = head
			width = length(head)
			kept = 0
			for (j = 1; j <= count; j++) {
				if (words[j] ~ /^[a-z0-9_]+\.o$/ && !exists(words[j])) {
					dropped = lost = 1
					continue
				}
				if (width + length(words[j]) + 1 > 78) {
					out = out " \\\n\t" words[j]
					width = 8 + length(words[j])
				} else {
					out = out " " words[j]
					width += 1 + length(words[j])
				}
				kept++
			}
			return kept ? out "\n" : ""
		}' "$top/kernel/dvs/Makefile" >"$dir/Makefile"
}

# Until the part that says "Release: yes" the option cannot be turned on by accident.
break_kconfig() {
	local kconfig=$work/kernel/dvs/Kconfig
	[ -f "$kconfig" ] || return 0
	cp -p "$top/kernel/dvs/Kconfig" "$kconfig"
	[ "$released" -eq 1 ] ||
		sed -i '/^menuconfig DVS$/,/^	default/ s/^	default/	depends on BROKEN\n&/' "$kconfig"
}

commit_part() {
	local part=$1
	# By force: the distribution's source comes with a .gitignore that ignores everything.
	wgit add --sparse -A -f
	{
		field Subject "$top/patches/parts/$part"
		sed -n '/^$/,$p' "$top/patches/parts/$part"
		printf '\nSigned-off-by: %s\n' "$author"
	} | wgit commit -q -F -
}

apply_hook() {
	local subject=$1 name found=
	while read -r name; do
		if [ "$(wgit mailinfo /dev/null /dev/null <"$top/patches/$name" | sed -n 's/^Subject: //p')" = "$subject" ]; then
			found=$name
			break
		fi
	done <"$build/tmp/series.hooks"
	[ -n "$found" ] || die "patches/order: no hook has the subject '$subject', or it is listed twice"
	sed -i "\|^$found\$|d" "$build/tmp/series.hooks"
	wgit am -q --whitespace=nowarn --committer-date-is-author-date "$top/patches/$found" ||
		die "patches/$found does not apply where patches/order puts it"
}

make_commits() {
	local kind what released=0
	(overlay_files) >"$build/tmp/series.files"
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$top/patches/series" >"$build/tmp/series.hooks"
	while read -r kind what <&3; do
		case $kind in
		hook) apply_hook "$what" ;;
		part)
			[ -f "$top/patches/parts/$what" ] || die "patches/order: patches/parts/$what is missing"
			take_files "$what"
			[ -z "$(field Release "$top/patches/parts/$what")" ] || released=1
			cut_makefile
			break_kconfig
			commit_part "$what"
			;;
		'' | \#*) ;;
		*) die "patches/order: '$kind $what' is neither a hook nor a part" ;;
		esac
	done 3<"$top/patches/order"
	[ ! -s "$build/tmp/series.hooks" ] || die "patches/order does not list: $(tr '\n' ' ' <"$build/tmp/series.hooks")"
}

# Every file must be in the series, as it is here.
check_complete() {
	local source target bad=0
	while read -r source target; do
		if [ ! -e "$work/$target" ]; then
			say "  $source is in no part; name it in one of patches/parts"
			bad=1
		elif ! cmp -s "$top/$source" "$work/$target"; then
			say "  $source differs from $target of the series"
			bad=1
		fi
	done <"$build/tmp/series.files"
	[ "$bad" -eq 0 ] || die "the series is not what is in this tree"
}

write_mails() {
	local new=$build/tmp/series.mails subject
	rm -rf "$new"
	subject=$(sed -n '1s/^Subject: //p' "$top/patches/cover-letter.txt")
	[ -n "$subject" ] || die "patches/cover-letter.txt does not begin with 'Subject: '"
	wgit format-patch -q --zero-commit -n --no-signature --no-renames --subject-prefix='PATCH RFC' \
		--cover-letter -o "$new" pristine..HEAD
	awk -v cover="$top/patches/cover-letter.txt" -v subject="$subject" '
		/\*\*\* SUBJECT HERE \*\*\*/ { sub(/\*\*\* SUBJECT HERE \*\*\*/, subject) }
		/^\*\*\* BLURB HERE \*\*\*$/ {
			getline line < cover
			getline line < cover
			while ((getline line < cover) > 0)
				print line
			next
		}
		{ print }' "$new/0000-cover-letter.patch" >"$new/cover"
	mv "$new/cover" "$new/0000-cover-letter.patch"
	rm -rf "$out"
	mv "$new" "$out"
}

main() {
	mkdir -p "$build/tmp"
	make_repo
	make_commits
	check_complete
	write_mails
	git -C "$repo" branch -f series "$(wgit rev-parse HEAD)"
	git -C "$repo" worktree remove --force "$work"
	say "[series] $(find "$out" -name '0*.patch' | wc -l) mails in build/series, cover letter included"
}

with_lock series main
