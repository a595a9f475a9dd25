# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the cluster harness itself: commands, cables, power, as corosync sees them
# in: all
# needs: kernel image
# timeout: 400
# alone: yes

trap cluster_end EXIT

members() { node --timeout 10 "$1" "timeout 5 corosync-quorumtool -s" 2>/dev/null | awk '$1 == "Nodes:" { n = $2 } $1 == "Quorate:" { q = $2 } END { print n, q }'; }
sees() { [ "$(members "$1")" = "$2" ]; }

check "three nodes boot" cluster start --nodes 3 --limit 350
check "three nodes become quorate" cluster wait-ready --timeout 120

refuse "a command's exit code passes through" 7 node 1 'exit 7'
refuse "a command killed by a signal says so" 137 node 1 'kill -9 $$'
refuse "a command that is not there says so" 127 node 1 no-such-command x
refuse "a command that takes too long is killed" 124 node --timeout 2 1 'sleep 60'
check "words are not split again" test "$(node 2 printf '%s|' 'a b' c)" = 'a b|c|'
check "output and errors keep apart" test "$(node 2 'echo out; echo err >&2' 2>/dev/null)" = out
data=$(head -c 3000000 /dev/urandom | base64 -w0)
check "standard input and output of four megabytes arrive whole" \
	test "$(printf '%s' "$data" | node -i 3 cat | sha256sum)" = "$(printf '%s' "$data" | sha256sum)"
check "commands on one node run side by side" bash -c '
	for i in 1 2 3 4; do "$0" exec --name "$1" --timeout 20 1 "touch /run/side.$2.$i; until [ -e /run/side.$2.1 -a -e /run/side.$2.2 -a -e /run/side.$2.3 -a -e /run/side.$2.4 ]; do sleep 0.1; done" & done
	for i in 1 2 3 4; do wait -n || exit 1; done' "$top/ci/cluster" "$stage" "$$"
check "a daemon outlives the command that started it" bash -c '
	"$0" exec --name "$1" 1 "sleep 1000 & echo \$! >/run/sleeper" && sleep 1 && "$0" exec --name "$1" 1 "kill \$(cat /run/sleeper)"' \
	"$top/ci/cluster" "$stage"

check "node 3's cable is cut" cluster cut 3
check "node 1 loses node 3" within 20 sees 1 '2 Yes'
check "node 3 is without quorum" within 20 sees 3 '1 No'
check "node 3's cable is mended" cluster mend 3
check "all three are together again" cluster wait-ready --timeout 60

check "node 2 loses power" cluster kill 2
check "node 1 loses node 2" within 20 sees 1 '2 Yes'
refuse "a command for a node without power fails" 125 node 2 true
check "node 2 boots again" cluster restart 2
check "node 2 comes back" cluster wait-ready --timeout 90
