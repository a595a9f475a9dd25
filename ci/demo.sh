#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job: three nodes, one container over all of them, a file service on node 2 that
# programs on nodes 1 and 3 reach by its slot number alone, and then node 2 loses power.
# Ends with code 0 only if every step was verified.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

export CLUSTER=demo
cluster=$top/ci/cluster
slot=80
dc=docs
demo=$build/demo
tree=$demo/Documentation
chunk=65536		# bytes of one read: large files take several
read_limit=1200		# seconds for reading everything
death_limit=60		# seconds in which a client must have heard of the dead node

title() { printf '\n=== %s\n' "$*"; }
on() { "$cluster" exec "$@"; }
# on_view NODE COMMAND...: show a command with what it prints
on_view() {
	printf 'node%s# %s\n' "$1" "${*:2}"
	"$cluster" exec "$@" | sed 's/^/    /'
}

finish() {
	local rc=$?
	trap - EXIT
	if [ "$rc" -ne 0 ]; then
		title "failed: what the nodes say"
		for i in 1 2 3; do
			say "node $i:"
			on --timeout 15 "$i" 'dvsctl status; tail -n 15 /var/log/dvsd.log /var/log/dvs-files.log' 2>&1 |
				sed 's/^/    /' || true
			[ ! -f "$build/run/demo/node$i.console" ] ||
				tail -n 15 "$build/run/demo/node$i.console" | sed 's/^/    | /'
		done
	fi
	[ ! -f "$build/run/demo/config" ] || "$cluster" stop || rc=1
	[ "$rc" -eq 0 ] && say "demo: everything was verified, in $(elapsed "$begin") s" ||
		say "demo: FAILED (code $rc)"
	exit "$rc"
}

# The tree to serve, as the kernel's source has it, and its checksums.
prepare_tree() {
	local source
	source=$(git -C "$build/linux" rev-parse pristine)
	if [ "$source" != "$(cat "$demo/source" 2>/dev/null)" ]; then
		rm -rf "$demo"
		mkdir -p "$demo"
		git -C "$build/linux" archive pristine Documentation | tar -x -C "$demo"
		(cd "$tree" && find . -type f -print0 | xargs -0 sha256sum | LC_ALL=C sort -k 2) >"$demo/originals"
		"$top/ci/mkcpio.sh" "$tree" /srv/Documentation "$demo/tree.cpio.gz"
		printf '%s\n' "$source" >"$demo/source"
	fi
	files=$(wc -l <"$demo/originals")
	bytes=$(find "$tree" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
	large=$(find "$tree" -type f -size +"$chunk"c | wc -l)
	say "$files files, $bytes bytes, $large of them larger than $chunk bytes"
	[ "$files" -gt 1000 ] || die "the kernel's Documentation has only $files files"
}

start_reader() { # NODE
	on "$1" "setsid sh -c 'dvsctl exec $dc -- dvs-fetch --wait 30 --timeout 120 --chunk $chunk \
		--figures /run/figures $slot >/run/sums 2>/run/fetch.err; echo \$? >/run/fetch.code' \
		</dev/null >/dev/null 2>&1 &"
}

# Wait until both readers have ended; a line every few seconds says how far they are.
await_readers() {
	local until=$((SECONDS + read_limit)) node done_nodes counts
	while :; do
		done_nodes=0 counts=
		for node in 1 3; do
			counts+=" node$node $(on "$node" 'cat /run/sums | wc -l')"
			! on "$node" 'test -s /run/fetch.code' || done_nodes=$((done_nodes + 1))
		done
		say "files read:$counts of $files"
		[ "$done_nodes" -lt 2 ] || return 0
		[ "$SECONDS" -lt "$until" ] || die "the readers did not finish in $read_limit s"
		sleep 8
	done
}

check_reader() { # NODE
	local node=$1 code
	code=$(on "$node" 'cat /run/fetch.code')
	[ "$code" = 0 ] || die "dvs-fetch on node $node ended with code $code: $(on "$node" 'cat /run/fetch.err')"
	on "$node" 'cat /run/sums' | LC_ALL=C sort -k 2 >"$demo/sums.$node"
	on "$node" 'cat /run/figures' >"$demo/figures.$node"
	cmp "$demo/originals" "$demo/sums.$node" || {
		diff "$demo/originals" "$demo/sums.$node" | head -n 10
		die "node $node read something else than what node 2 has"
	}
	python3 - "$node" "$demo/figures.$node" "$files" "$bytes" "$large" <<-'END'
		import json, sys
		node, path = sys.argv[1:3]
		files, size, large = map(int, sys.argv[3:])
		f = json.load(open(path))
		assert (f["files"], f["bytes"], f["large_files"]) == (files, size, large), f
		print("node%s: %d files in %d directories, %d bytes, %d large files, %d calls, %.1f s:"
		      " %.0f calls/s, %.2f MB/s" % (node, f["files"], f["directories"], f["bytes"],
		      f["large_files"], f["calls"], f["seconds"], f["calls"] / f["seconds"],
		      f["bytes"] / f["seconds"] / 1e6))
	END
	say "node$node: all $files checksums match the originals"
}

start_loop() { # NODE
	on "$1" "setsid sh -c 'dvsctl exec $dc -- dvs-fetch --loop $slot >/run/loop 2>&1; \
		echo \$? >/run/loop.code' </dev/null >/dev/null 2>&1 &"
}

check_loop() { # NODE
	local node=$1 until=$((SECONDS + death_limit)) said
	until on "$node" 'test -s /run/loop.code'; do
		[ "$SECONDS" -lt "$until" ] || die "the client on node $node hangs $death_limit s after the power loss"
		sleep 0.5
	done
	said=$(on "$node" 'cat /run/loop')
	[ "$(on "$node" 'cat /run/loop.code')" = 0 ] || die "the client on node $node failed otherwise: $said"
	case $said in
	'EOWNERDEAD '* | 'EHOSTUNREACH '*) say "node$node: $said" ;;
	*) die "the client on node $node got an error that does not name a dead node: $said" ;;
	esac
}

# json NODE EXPRESSION COMMAND...: check the document of a dvsctl command
json() {
	local node=$1 expression=$2
	shift 2
	on "$node" dvsctl --json "$@" | python3 -c '
import json, sys
d = json.load(sys.stdin)["data"]
if not eval(sys.argv[1]):
    sys.exit("dvsctl " + " ".join(sys.argv[2:]) + " does not show " + sys.argv[1] + ":\n" + json.dumps(d, indent=1))
' "$expression" "$@"
}

main() {
	local node
	title "the tree to serve: Documentation/ of the kernel"
	prepare_tree

	title "three nodes boot and become quorate"
	"$cluster" start --nodes 3 --node-mem 2=640 --extra "2:$demo/tree.cpio.gz" --limit 3000
	"$cluster" wait-ready --timeout 180
	on_view 1 dvsctl status
	on_view 3 dvsctl node list
	for node in 1 2 3; do
		json "$node" 'd["phase"] == "running" and d["quorate"]' status
		json "$node" '[n["state"] for n in d] == ["member"] * 3' node list
	done

	title "a container over all of them"
	on_view 1 dvsctl dc create "$dc"
	on_view 3 dvsctl dc show "$dc"
	json 3 '[p["state"] for p in d["parts"]] == ["ready"] * 3' dc show "$dc"

	title "node 2 serves the tree at slot $slot"
	on 2 "setsid dvsctl exec $dc -- dvs-files $slot /srv/Documentation </dev/null >/var/log/dvs-files.log 2>&1 &"
	start_reader 1
	start_reader 3
	on --timeout 40 2 'for i in $(seq 60); do grep -q serving /var/log/dvs-files.log && exit; sleep 0.5; done; exit 1' ||
		die "dvs-files did not start: $(on 2 'cat /var/log/dvs-files.log')"
	on_view 2 cat /var/log/dvs-files.log
	on_view 1 dvsctl endpoint list "$dc"

	title "nodes 1 and 3 list and read all of it, through the slot number"
	await_readers
	check_reader 1
	check_reader 3
	on_view 2 dvsctl endpoint list "$dc"
	on_view 1 dvsctl link list

	title "node 2 loses power while both clients call"
	start_loop 1
	start_loop 3
	sleep 3
	for node in 1 3; do
		! on "$node" 'test -s /run/loop.code' || die "the client on node $node ended early: $(on "$node" 'cat /run/loop')"
	done
	"$cluster" kill 2
	local lost
	lost=$(now)
	check_loop 1
	check_loop 3
	say "both clients know $(elapsed "$lost") s after the power loss"

	title "the cluster without node 2"
	"$cluster" wait-ready --timeout 60 1 3
	on_view 1 dvsctl status
	on_view 3 dvsctl node list
	on_view 1 dvsctl dc show "$dc"
	for node in 1 3; do
		json "$node" 'd["quorate"] and [m["node"] for m in d["members"] if m["in_view"]] == [1, 3]' status
		json "$node" '[n["state"] for n in d] == ["member", "absent", "member"]' node list
		# Whoever asks now is told at once that nobody has the slot.
		said=$(on --timeout 30 "$node" "dvsctl exec $dc -- dvs-fetch --loop $slot") || true
		case $said in
		'ENXIO '* | 'EHOSTUNREACH '*) say "node$node, a new client: $said" ;;
		*) die "a new client on node $node got: $said" ;;
		esac
	done
	"$cluster" check
	trap - EXIT
	"$cluster" stop
	title "demo: everything was verified, in $(elapsed "$begin") s"
}

begin=$(now)
trap finish EXIT
trap 'exit 130' INT TERM HUP
main
