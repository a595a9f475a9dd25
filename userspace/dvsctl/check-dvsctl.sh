#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dvsctl without a daemon: help on every level, usage errors, documents, the manual page.
# O: the build folder. Run by `make check`.
set -u

dvsctl=$O/bin/dvsctl
man=$(dirname "$0")/../../Documentation/man/dvsctl.8
failed=0

fail() {
	echo "not ok: $*" >&2
	failed=1
}

# status WANTED WORD...: the exit status of a command
status() {
	wanted=$1
	shift
	"$dvsctl" "$@" >"$O/dvsctl.out" 2>"$O/dvsctl.err" </dev/null
	got=$?
	[ "$got" -eq "$wanted" ] || fail "dvsctl $*: exit status $got instead of $wanted"
}

document() { # the last output is one JSON document with an error of this code
	python3 -c '
import json, sys
document = json.load(open(sys.argv[1]))
assert document["version"] == 1 and document["data"] is None, document
assert document["error"]["code"] == sys.argv[2], document
assert document["error"]["message"], document
' "$O/dvsctl.out" "$1" || fail "no document with the error $1: $(cat "$O/dvsctl.out")"
}

status 0 --help
status 0 --version
status 2
status 2 --no-such-option
status 2 nothing
status 2 dc
status 2 dc nothing
status 2 dc create
status 2 dc create one two
status 2 dc create one --nodes 1,x
status 2 dc create one --call-limit 0
status 2 --timeout 0 status
status 2 exec only-a-name
status 2 exec ../dvs -- true
status 5 exec no-such-container -- true
status 2 --json dc nothing
document usage
status 5 --json exec no-such-container -- true
document not-found

# A namespace of the network in which there can be no dvsd.
if unshare -rn true 2>/dev/null; then
	unshare -rn "$dvsctl" --json status >"$O/dvsctl.out" 2>"$O/dvsctl.err"
	[ $? -eq 3 ] || fail "dvsctl status without a daemon: exit status is not 3"
	document no-daemon
fi

for object in $("$dvsctl" __complete ''); do
	status 0 "$object" --help
	grep -q "^$object" "$O/dvsctl.out" || grep -q " $object" "$O/dvsctl.out" ||
		fail "dvsctl $object --help does not speak of it"
	verbs=$("$dvsctl" __complete "$object" '' 2>/dev/null)
	case $object in status | exec) verbs= ;; esac
	for verb in ${verbs:-''}; do
		[ "$verb" = "''" ] && verb=
		# shellcheck disable=SC2086
		status 0 "$object" $verb --help
		grep -q "^\.B dvsctl .*$object${verb:+ $verb}" "$man" ||
			grep -q "^\.BI* \"*$object${verb:+ $verb}" "$man" ||
			fail "dvsctl.8 does not have '$object${verb:+ $verb}'"
	done
done

"$dvsctl" status >/dev/full 2>/dev/null && fail "a full disk is not an error"
rm -f "$O/dvsctl.out" "$O/dvsctl.err"
exit $failed
