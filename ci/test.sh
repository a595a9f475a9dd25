#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test.sh all|check|soak: build what the stages need and run them, two at a time.
#
# A stage is a script ci/stages/NN-name.sh. Its first comment lines may say
#   # stage: what it checks
#   # in: all check soak       the sets it belongs to (default: all)
#   # needs: kernel image ...  make targets it needs (default: none)
#   # timeout: SECONDS         after which it is killed and has failed (default: 600)
#   # alone: yes               it runs while no other stage does
# It runs under bash with ci/stage.sh sourced, prints its results as TAP lines at the left margin
# ("ok 1 name", "not ok 2 name") and anything else beside them. Every such line counts; one that
# ends with "# SKIP" counts as neither. A stage that fails without a "not ok", or that says
# nothing at all, counts as one failure.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

set_name=${1:-all}
results=$build/test
guests=${GUESTS:-2}

field() { # FILE KEY DEFAULT
	local v
	v=$(sed -n "1,20s/^# $2: *//p" "$1" | head -n 1)
	printf '%s' "${v:-$3}"
}

stage_name() {
	local n=${1##*/}
	n=${n%.sh}
	printf '%s' "${n#[0-9][0-9]-}"
}

choose() {
	local file name
	for file in "$top"/ci/stages/[0-9][0-9]-*.sh; do
		name=$(stage_name "$file")
		if [ -n "${STAGES:-}" ]; then
			[[ " $STAGES " == *" $name "* ]] || continue
		else
			[[ " $(field "$file" in all) " == *" $set_name "* ]] || continue
		fi
		printf '%s\n' "$file"
	done
}

# The stage in a shell and process group of its own, under its time limit.
stage_run() { # FILE
	local name rc=0 start
	name=$(stage_name "$1")
	start=$(now)
	timeout -s TERM -k 10 "$(field "$1" timeout 600)" \
		bash -c 'set -euo pipefail; stage=$1; . "$2/ci/stage.sh"; . "$3"' stage "$name" "$top" "$1" \
		>"$results/$name.log" 2>&1 </dev/null || rc=$?
	printf '%s %s\n' "$rc" "$(elapsed "$start")" >"$results/$name.rc.new"
	mv "$results/$name.rc.new" "$results/$name.rc"
}

count() { grep -caE "$1" "$2" || true; }

passed=0 failed=0
# add NAME FILE RC SECONDS: read a finished stage's results
add() {
	local ok bad skip rc=$3 why=''
	skip=$(count '^ok\b.*# SKIP' "$2")
	ok=$(($(count '^ok\b' "$2") - skip))
	bad=$(count '^not ok\b' "$2")
	if [ "$rc" -eq 124 ] || [ "$rc" -eq 137 ]; then
		bad=$((bad + 1)) why=" (killed by its time limit)"
	elif [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 why=" (ended with code $rc)"
	elif [ "$((ok + bad))" -eq 0 ]; then
		bad=1 why=" (no result at all)"
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
	say "[$1] $ok passed, $bad failed$([ "$skip" -eq 0 ] || printf ', %s skipped' "$skip") in $4 s$why"
	if [ "$bad" -gt 0 ]; then
		grep -aE '^not ok\b' "$2" | head -n 40 | sed 's/^/    /' || true
		say "[$1] the last lines of ${2#"$top"/}:"
		tail -n "${TAIL:-80}" "$2" | tr -d '\r\000' | sed 's/^/    /'
	fi
}

# finish: the last line, alone, and the exit code
finish() {
	say
	say "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

build_all() { # TARGET...: what cannot be built fails the run at once
	if [ $# -gt 0 ] && ! make --no-print-directory -C "$top" "$@"; then
		failed=$((failed + 1))
		say "[build] failed; nothing was tested"
		finish
	fi
}

declare -A running=() # stage name -> pid

reap() { # wait for one stage to end
	local name rc seconds
	while :; do
		for name in "${!running[@]}"; do
			[ ! -f "$results/$name.rc" ] || break 2
		done
		sleep 0.2
	done
	wait "${running[$name]}" || true
	unset "running[$name]"
	read -r rc seconds <"$results/$name.rc"
	add "$name" "$results/$name.log" "$rc" "$seconds"
}

stop_all() {
	local name
	for name in "${!running[@]}"; do
		kill -- "-${running[$name]}" 2>/dev/null || true
	done
	exit 130
}

main() {
	local files file name alone start
	mapfile -t files < <(choose)
	[ ${#files[@]} -gt 0 ] || die "no stage in '$set_name'${STAGES:+ is named $STAGES}; there are: $(for file in "$top"/ci/stages/*.sh; do stage_name "$file"; printf ' '; done)"
	start=$(now)
	rm -rf "$results"
	mkdir -p "$results"
	# shellcheck disable=SC2046
	build_all $(for file in "${files[@]}"; do field "$file" needs ''; printf '\n'; done | tr ' ' '\n' | awk 'NF && !seen[$1]++')
	say "[build] all that the stages need is there after $(elapsed "$start") s"

	trap stop_all INT TERM HUP
	for file in "${files[@]}"; do
		name=$(stage_name "$file")
		alone=$(field "$file" alone no)
		while [ ${#running[@]} -ge "$guests" ] || { [ "$alone" = yes ] && [ ${#running[@]} -gt 0 ]; }; do
			reap
		done
		say "[$name] $(field "$file" stage 'started')"
		set -m
		stage_run "$file" &
		running[$name]=$!
		set +m
		if [ "$alone" = yes ]; then
			reap
		fi
	done
	while [ ${#running[@]} -gt 0 ]; do
		reap
	done
	say "[all] $(elapsed "$start") s"
	finish
}

main
