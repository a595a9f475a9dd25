# SPDX-License-Identifier: GPL-2.0-or-later
# Helpers that every script of ci/ sources: paths, messages, steps that show how far they are.
# A caller sets nothing beforehand and gets: $top, $build, $logs, $jobs.

top=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
build=$top/build
logs=$build/log
jobs=${JOBS:-$(nproc)}
umask 022
# What a child makes must not depend on the person who runs it.
export LC_ALL=C.UTF-8
# The packages of ci/packages.txt before whatever else of the same name there is.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
# The cache keyed by the dependency files kbuild makes anyway saves a run of the preprocessor for
# every object; objects name their sources relative to the tree, so that it serves every clone.
export CCACHE_DEPEND=1 CCACHE_BASEDIR=$top CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime,time_macros
# A time stamp in an image would spoil the cache; a fixed one makes builds reproducible as well.
export KBUILD_BUILD_TIMESTAMP='2025-01-01' KBUILD_BUILD_USER=dvs KBUILD_BUILD_HOST=dvs KBUILD_BUILD_VERSION=1
# Set, so that kbuild does not ask git about the state of 86,000 files to name the release.
export LOCALVERSION=-dvs
unset CDPATH MAKEFLAGS MAKELEVEL MFLAGS
mkdir -p "$logs"

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# now: seconds since boot, with hundredths
now() { read -r up _ </proc/uptime; printf '%s' "$up"; }

# elapsed START: seconds since an earlier `now`, one decimal
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# step NAME PROGRESS CMD...: run CMD with its output in build/log/NAME.log and a line every
# 20 s that says how long it has been at work and what PROGRESS (a shell expression) prints.
# On failure the tail of the log is shown and the exit code of CMD returned.
step() {
	local step_name=$1 step_progress=$2 step_log step_start step_pid step_rc=0 step_ticks=0
	shift 2
	step_log=$logs/$step_name.log
	step_start=$(now)
	say "[$step_name] started, log in ${step_log#"$top"/}"
	# In a process group of its own: an interrupted step must not leave anything running behind it.
	set -m
	"$@" >"$step_log" 2>&1 </dev/null &
	step_pid=$!
	set +m
	trap 'kill -- "-$step_pid" 2>/dev/null; exit 130' INT TERM HUP
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.25
		step_ticks=$((step_ticks + 1))
		if [ $((step_ticks % 80)) -eq 0 ]; then
			say "[$step_name] $((step_ticks / 4)) s: $(log=$step_log; eval "$step_progress" 2>/dev/null)"
		fi
	done
	wait "$step_pid" || step_rc=$?
	trap - INT TERM HUP
	if [ "$step_rc" -ne 0 ]; then
		say "[$step_name] FAILED after $(elapsed "$step_start") s (exit $step_rc); the last lines of ${step_log#"$top"/}:"
		tail -n 40 "$step_log" | sed 's/^/    /'
		return "$step_rc"
	fi
	say "[$step_name] done in $(elapsed "$step_start") s"
}

# kernel_cc: the compiler of every kernel build
kernel_cc() {
	if [ -z "${NO_CCACHE:-}" ] && command -v ccache >/dev/null; then
		printf 'ccache gcc'
	else
		printf 'gcc'
	fi
}

# with_lock NAME CMD...: one at a time on this tree (two `make` at once must not unpack twice)
with_lock() {
	local name=$1
	shift
	(
		flock -n 9 || { say "[$name] waiting for another run that holds build/$name.lock"; flock 9; }
		"$@"
	) 9>"$build/$name.lock"
}
