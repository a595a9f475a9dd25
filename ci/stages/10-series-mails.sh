# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the mails of the series: git am, checkpatch --strict, kernel-doc, who gets them
# in: all check
# needs: series
# timeout: 300

linux=$build/linux
repo=$build/series.git
mails=$build/series
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_COMMITTER_NAME=dvs GIT_COMMITTER_EMAIL=dvs@localhost

mapfile -t patches < <(find "$mails" -name '*.patch' ! -name '0000-*' | sort)

# What is mailed must give the tree that was cut up.
apply() {
	local work=$build/tmp/series-am
	rm -rf "$work"
	git -C "$repo" worktree prune
	git -C "$repo" worktree add -q --no-checkout --detach "$work" pristine || return 1
	sed -n 's|^+++ b/|/|p; s|^--- a/|/|p' "${patches[@]}" | cut -f1 | sort -u |
		git -C "$work" sparse-checkout set --no-cone --stdin || return 1
	git -C "$work" read-tree -mu HEAD || return 1
	git -C "$work" am -q "${patches[@]}" || return 1
	[ "$(git -C "$work" rev-parse 'HEAD^{tree}')" = "$(git -C "$repo" rev-parse 'series^{tree}')" ] || return 1
	git -C "$repo" worktree remove --force "$work"
}
check "git am of the mails gives the tree the series was made from" apply

# What checkpatch gets wrong, as FILE: LEVEL:TYPE:. Nothing else may be left.
#  - MAINTAINERS is a patch of its own, so every new file would be asked about
#  - what is generated looks as the generator has it
#  - the macros of trace events cannot be written otherwise
#  - a macro that fills a row of a table with a member's name, place and size names it thrice
#  - user space has none of kstrtoint(), strscpy(), msleep() and __aligned(), and an ASSERT or EXPECT of the
#    test harness is more than one statement
#  - offsetof() and sizeof_field() do not evaluate their argument twice
excused='^[^:]*:[0-9]*: WARNING:FILE_PATH_CHANGES:
^(kernel/dvs/netlink_gen\.[ch]|include/uapi/linux/dvs_netlink\.h):
^kernel/dvs/(wire|protocol)_test\.c:[0-9]*: CHECK:MACRO_ARG_REUSE:
^include/trace/events/dvs\.h:[0-9]*: CHECK:(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT):
^tools/testing/selftests/dvs/[^:]*:[0-9]*: WARNING:(BRACES|MSLEEP|PREFER_DEFINED_ATTRIBUTE_MACRO|SSCANF_TO_KSTRTO|STRNCPY):
^kernel/dvs/[a-z_]*_test\.c:[0-9]*: CHECK:MACRO_ARG_REUSE:'

# style_one PATCH: cached, for it takes a second or more each
style_one() {
	local sum log
	# The place in the series says nothing about the patch.
	sum=$(sed '1,/^Subject: /s/^\(From\|Date\|Subject\): .*//' "$1" | cat - "$linux/scripts/checkpatch.pl" | sha256sum)
	log=$build/series.style/${sum%% *}
	if [ ! -f "$log" ]; then
		# What it says on stderr is that a Python module for the check of licences is missing;
		# they are checked below.
		(cd "$linux" && scripts/checkpatch.pl --strict --terse --showfile --show-types --no-summary "$1") >"$log.new" 2>/dev/null || true
		mv "$log.new" "$log"
	fi
	touch "$log"
	! grep -vE "$excused" "$log"
}
export -f style_one
export linux build excused

style() {
	local rc=0
	mkdir -p "$build/series.style"
	printf '%s\0' "${patches[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'style_one "$1"' style || rc=1
	find "$build/series.style" -type f -mtime +7 -delete
	return $rc
}
check "checkpatch --strict has nothing to say about ${#patches[@]} patches" style

kernel_doc() {
	local log
	# -none: check only. It reports on stderr and does not fail by itself.
	log=$(cd "$linux" && find -L kernel/dvs include/uapi/linux/dvs*.h include/linux/dc_namespace.h include/linux/dvs*.h \
		include/trace/events/dvs.h -name '*.[ch]' ! -name '*_gen.[ch]' 2>/dev/null |
		xargs scripts/kernel-doc -none -Wall 2>&1) || true
	[ -z "$log" ] || { printf '%s\n' "$log"; return 1; }
}
check "kernel-doc finds every comment complete" kernel_doc

# Every new file says under which of the licences in LICENSES/ it is.
licences() {
	local name line id rc=0
	while read -r name; do
		line=$(git -C "$repo" show "series:$name" | sed -n '1,2s/.*SPDX-License-Identifier: *//p' | sed 's/ *\*\/$//')
		[ -n "$line" ] || case $name in
		# A file of one word needs none.
		*/settings | */config | */.gitignore) continue ;;
		esac
		[ -n "$line" ] || { say "$name has no SPDX line"; rc=1; }
		for id in $(printf '%s' "$line" | tr -d '()' | sed 's/ \(AND\|OR\|WITH\) / /g'); do
			grep -qxE "(Valid-License-Identifier|SPDX-Exception-Identifier): ${id//./\\.}" "$top"/LICENSES/* ||
				{ say "$name is under $id, whose text is not in LICENSES/"; rc=1; }
		done
	done < <(git -C "$repo" diff --diff-filter=A --name-only pristine series)
	return $rc
}
check "every new file is under a licence whose text is in LICENSES" licences

cover() {
	local letter=$mails/0000-cover-letter.patch
	! grep -n '\*\*\*' "$letter" || return 1
	grep -qi 'why in the kernel' "$letter" && grep -qi 'why a namespace' "$letter"
}
check "the cover letter says why in the kernel and why a namespace" cover

# A file that nobody is named for would be mailed to nobody.
maintained() {
	local name pattern known rc=0
	local -a patterns
	mapfile -t patterns < <(git -C "$repo" show series:MAINTAINERS |
		sed -n '/^DISTRIBUTED VIRTUALIZATION (DVS)$/,/^$/ s/^F:[[:space:]]*//p')
	[ ${#patterns[@]} -gt 0 ] || return 1
	while read -r name; do
		known=0
		for pattern in "${patterns[@]}"; do
			# shellcheck disable=SC2254 # a pattern it is
			case $name in
			$pattern | $pattern*) known=1 ;;
			esac
		done
		[ "$known" -eq 1 ] || { say "$name is in no F: line of the MAINTAINERS entry"; rc=1; }
	done < <(git -C "$repo" diff --diff-filter=A --name-only pristine series)
	# And the other way round: no line about something that is not there.
	for pattern in "${patterns[@]}"; do
		[ -n "$(git -C "$repo" ls-tree --name-only series "${pattern%/}")" ] ||
			{ say "the MAINTAINERS entry names $pattern, which does not exist"; rc=1; }
	done
	return $rc
}
check "every new file is in the MAINTAINERS entry, and nothing else" maintained
