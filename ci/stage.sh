# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced before every stage of ci/test.sh, which sets $stage to its name: results, guests, clusters.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$top/ci/guest-lib.sh"

tests=0

# pass NAME, fail NAME [WHY]: one result
pass() { tests=$((tests + 1)); say "ok $tests - $1"; }
fail() { tests=$((tests + 1)); [ -z "${2:-}" ] || say "# $2"; say "not ok $tests - $1"; }

# check NAME CMD...: a result from an exit code; the output is shown either way
check() {
	local what=$1 rc=0
	shift
	"$@" || rc=$?
	if [ "$rc" -eq 0 ]; then
		pass "$what"
	else
		fail "$what" "exit code $rc: $*"
	fi
}

# refuse NAME CODE CMD...: a result from a command that must fail with exactly this code
refuse() {
	local what=$1 want=$2 rc=0
	shift 2
	"$@" || rc=$?
	if [ "$rc" -eq "$want" ]; then
		pass "$what"
	else
		fail "$what" "exit code $rc, not $want: $*"
	fi
}

# guest [OPTION...] COMMAND: ci/guest under the stage's name; the TAP it prints counts
guest() { "$top/ci/guest" --name "$stage" "$@"; }

# cluster VERB...: ci/cluster under the stage's name; cluster_end is to be trapped at exit
cluster() {
	local verb=$1
	shift
	"$top/ci/cluster" "$verb" --name "$stage" "$@"
}

# node I CMD...: a command on a node
node() { cluster exec "$@"; }

cluster_end() {
	[ ! -f "$build/run/$stage/config" ] || check "no kernel of the cluster reported a fault" cluster stop
}

# within SECONDS CMD...: poll until CMD succeeds
within() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.2
	done
}
