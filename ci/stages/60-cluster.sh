# SPDX-License-Identifier: GPL-2.0-or-later
# stage: three guests under corosync: a killed node, a cut and mended cable, a restarted node
# in: all
# needs: kernel image
# timeout: 900
# alone: yes

slot=100

trap cluster_end EXIT
cluster start --nodes 3 --limit 900
cluster wait-ready

# in_dc NODE CMD...: a command in the container's part on a node
in_dc() {
	local i=$1
	shift
	node "$i" dvsctl exec demo "$@"
}

# background NODE FILE CMD...: the same, going on after this returns; its output and then "end" in FILE
background() {
	local i=$1 file=$2
	shift 2
	node "$i" "setsid sh -c 'dvsctl exec demo $*; echo end' >$file 2>&1 </dev/null & :"
}

serve() { # NODE
	background "$1" /run/echo dvs-echo serve "$slot"
	within 30 node "$1" 'grep -q "^serving" /run/echo'
}

# reached NODE BY: the service is on NODE, and a client on BY gets its answer from there
reached() {
	in_dc "$2" dvs-echo until "$slot" 60 | tail -n 1 | grep -qE "^[0-9]+ ok [0-9]+ $1\$"
}

# outcome NODE FILE PATTERN: the only line a client wrote, once it has one, says PATTERN
outcome() {
	within 60 node "$1" "grep -q ' ' $2" || return 1
	node "$1" "cat $2" | tee /dev/stderr | grep -qE "^1 ($3) "
}

# fails_with NODE SLOT PATTERN: a call from there fails, and with what
fails_with() {
	local said
	said=$(in_dc "$1" dvs-echo call "$2" 1 0 5000) && return 1
	say "node $1: $said"
	grep -qE "^1 ($3) " <<<"$said"
}

# only NODE FILE PATTERN: the client has ended, and saw no other results than these
only() {
	within 120 node "$1" "grep -q '^end' $2" || return 1
	node "$1" "grep -v '^end' $2 | cut -d' ' -f2 | sort | uniq -c" | tee "$logs/$stage.results"
	! awk '{ print $2 }' "$logs/$stage.results" | grep -vxE "$3"
}

# quick NODE FILE MS: no call took longer
quick() { node "$1" "awk '\$3 > $3 { print; bad = 1 } END { exit bad }' $2"; }

check "a container is made over three nodes" node 1 dvsctl dc create demo
for i in 1 2 3; do
	check "node $i has its part of it" within 30 in_dc "$i" true
done
check "a service on node 2 takes a well-known slot" serve 2
for i in 1 2 3; do
	check "a client on node $i reaches it by number alone" reached 2 "$i"
done

# A disturbance shorter than corosync's patience: nobody notices.
background 1 /run/short dvs-echo call $slot 100 10
sleep 0.3
cluster cut 2
sleep 0.2
cluster mend 2
check "a moment without cable loses nothing" only 1 /run/short ok
check "all nodes are still together" cluster wait-ready

# The server's node is cut off: the others go on without it.
background 1 /run/held dvs-echo hold $slot
background 3 /run/loop dvs-echo call $slot 40 250 20000
sleep 1
cluster cut 2
check "a call it had taken ends with an unknown outcome" outcome 1 /run/held EOWNERDEAD
check "the others are quorate without it" cluster wait-ready 1 3
refuse "a client of the others is told at once" 1 in_dc 3 dvs-echo call $slot 1 0 5000
check "what it is told is that the node is gone" fails_with 3 $slot 'EHOSTUNREACH|ENXIO'
check "on the node that was cut off a client learns that it is alone" \
	within 60 fails_with 2 101 'ENOTCONN|EHOSTUNREACH|ENXIO'
cluster mend 2
check "mended, all nodes come together" cluster wait-ready
check "clients saw the end of the node and nothing else" \
	only 3 /run/loop 'ok|EOWNERDEAD|EHOSTUNREACH|ENXIO|EIDRM|ESTALE'
check "none of them waited long" quick 3 /run/loop 20000
node 2 'killall dvs-echo; :'
check "the service starts on the node again" serve 2
check "and is reached again" reached 2 1

# The server's node loses power.
background 1 /run/held dvs-echo hold $slot
background 3 /run/loop dvs-echo call $slot 40 250 20000
sleep 1
cluster kill 2
check "a call taken by a node that lost power ends with an unknown outcome" outcome 1 /run/held EOWNERDEAD
check "the survivors are quorate" cluster wait-ready 1 3
check "clients of the dead node saw its end and nothing else" \
	only 3 /run/loop 'ok|EOWNERDEAD|EHOSTUNREACH|ENXIO'
check "nobody hangs" quick 3 /run/loop 20000
check "the container is still managed" node 3 dvsctl dc show demo
cluster restart 2
check "restarted, the node is taken in again" cluster wait-ready
check "with its part of the container" within 60 in_dc 2 true
check "where the service can be started again" serve 2
check "and is reached from node 1" reached 2 1
check "and from node 3" reached 2 3

# A client's node loses power while its call is held.
background 3 /run/held dvs-echo hold $slot
sleep 1
cluster kill 3
check "the service outlives its clients' nodes" reached 2 1
check "the others go on" cluster wait-ready 1 2
cluster restart 3
check "and the client's node comes back" cluster wait-ready
check "to the same service" reached 2 3
