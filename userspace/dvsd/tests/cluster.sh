#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cluster.sh DVSD DVSCTL POKE: dvsd under a real Corosync, a node in each of some namespaces of this
# machine, with a kernel that is a file (tests/kernel_fake.c). Prints TAP.
#
# NODES (3), ROUNDS (4) of breaking things while clients write, KEEP=1 keeps the logs.
set -u
export LC_ALL=C

if [ -z "${INSIDE:-}" ]; then
	user=
	[ "$(id -u)" -eq 0 ] || user='--user --map-root-user'
	if ! unshare $user --net --mount true 2>/dev/null || ! command -v corosync >/dev/null; then
		echo "ok 1 - dvsd under Corosync # SKIP no namespaces or no corosync here"
		exit 0
	fi
	export INSIDE=1
	# Everything ends with the first process in here.
	exec unshare $user --net --mount --pid --fork --ipc --uts --mount-proc \
		--propagation private --kill-child "$0" "$@"
fi

dvsd=$(readlink -f "$1")
dvsctl=$(readlink -f "$2")
poke=$(readlink -f "$3")
nodes=${NODES:-3}
rounds=${ROUNDS:-4}
all=$(seq -s ' ' "$nodes")
lab=$(mktemp -d /tmp/dvsd-cluster.XXXXXX)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$lab"' EXIT
tests=0
failed=0

# --- the cluster ----------------------------------------------------------------------------

on() { # NODE CMD...
	local i=$1
	shift
	nsenter -t "$(cat "$lab/$i/pid")" --net --mount --ipc --uts -- "$@"
}

ctl() { # NODE WORD...
	local i=$1
	shift
	on "$i" "$dvsctl" --timeout 8 "$@"
}

corosync_conf() {
	cat <<-END
	totem {
	  version: 2
	  cluster_name: test
	  transport: knet
	  ip_version: ipv4
	  crypto_cipher: none
	  crypto_hash: none
	  token: 1000
	  token_coefficient: 0
	  interface {
	    linknumber: 0
	    knet_ping_interval: 50
	    knet_ping_timeout: 1000
	  }
	}
	logging {
	  to_stderr: no
	  to_syslog: no
	  to_logfile: yes
	  logfile: /var/log/corosync/corosync.log
	  timestamp: hires
	  blackbox: off
	}
	quorum {
	  provider: corosync_votequorum
	}
	system {
	  sched_rr: no
	  allow_knet_handle_fallback: yes
	}
	nodelist {
	END
	for i in $all; do
		printf '  node {\n    nodeid: %d\n    name: node%d\n    ring0_addr: 10.77.0.%d\n  }\n' \
			"$i" "$i" "$i"
	done
	echo "}"
}

# start NODE NAME CMD...: nsenter becomes the program, so its number is the program's
start() {
	local i=$1 name=$2
	shift 2
	nsenter -t "$(cat "$lab/$i/pid")" --net --mount --ipc --uts -- "$@" >>"$lab/$i/$name.log" 2>&1 &
	echo $! >"$lab/$i/$name.pid"
	disown $!
}

start_corosync() { start "$1" corosync corosync -f; }
start_dvsd() { start "$1" dvsd "$dvsd" -f; }

pid_of() { cat "$lab/$2/$1.pid"; }
signal() { kill "-$1" "$(pid_of "$2" "$3")"; }	# SIGNAL PROGRAM NODE
cut_node() { ip link set "v$1" master brB; }
mend_node() { ip link set "v$1" master brA; }

make_node() { # NODE
	mkdir "$lab/$1"
	unshare --net --mount --ipc --uts --propagation private sh -ec "
		hostname node$1
		for folder in /run /dev/shm /var/lib/corosync /var/log/corosync /etc/corosync; do
			mount -t tmpfs -o mode=755 none \$folder
		done
		mkdir /etc/corosync/uidgid.d
		cp $lab/corosync.conf /etc/corosync/
		ip link set lo up
		: >$lab/$1/up
		exec sleep infinity" &
	echo $! >"$lab/$1/pid"
	while [ ! -e "$lab/$1/up" ]; do sleep 0.02; done
	ip link add "v$1" type veth peer name eth0 netns "$(cat "$lab/$1/pid")"
	ip link set "v$1" master brA up
	on "$1" ip addr add "10.77.0.$1/24" dev eth0
	on "$1" ip link set eth0 up
}

# --- results --------------------------------------------------------------------------------

result() { # CODE NAME
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		failed=1
		sed 's/^/# /' "$lab/output.new" 2>/dev/null
		for i in $all; do
			echo "# node $i:"
			tail -n 12 "$lab/$i/dvsd.log" | sed 's/^/#   /'
			timeout 3 nsenter -t "$(cat "$lab/$i/pid")" --net --mount -- \
				"$dvsctl" status 2>&1 | sed 's/^/#   /'
		done
	fi
}

check() { # NAME CMD...
	local name=$1
	shift
	"$@" >"$lab/output.new" 2>&1
	result $? "$name"
	mv "$lab/output.new" "$lab/output"
}

refuse() { # NAME CODE CMD...
	local name=$1 wanted=$2 code=0
	shift 2
	"$@" >"$lab/output.new" 2>&1 || code=$?
	mv "$lab/output.new" "$lab/output"
	[ "$code" -eq "$wanted" ]
	result $? "$name"
}

within() { # SECONDS CMD...
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# field NODE KEY...: a value of the status
field() {
	local i=$1
	shift
	on "$i" "$dvsctl" --json status | python3 -c '
import json, sys
value = json.load(sys.stdin)["data"]
for key in sys.argv[1:]:
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value)' "$@"
}

# together NODE...: they run one view of just these, in the same state
together() {
	local i want="" got
	for i in "$@"; do
		on "$i" "$dvsctl" status >/dev/null || return 1
		got=$(on "$i" "$dvsctl" --json status | python3 -c '
import json, sys
data = json.load(sys.stdin)["data"]
print(data["view"], data["hash"], data["log"]["committed"],
      [m["node"] for m in data["members"] if m["in_view"]])') || return 1
		[ "$got" = "${want:=$got}" ] || return 1
	done
	[[ $want == *"[${*// /, }]" ]] || [ "${want##*[}" = "$(echo "$*" | sed 's/ /, /g')]" ]
}

kernel() { on "$1" cat /run/dvs-fake/state; }
kernel_says() { kernel "$1" | grep -qE "$2"; }
waits_for() { [ "$(field "$1" waiting for)" = "$2" ]; }
names() { ctl "$1" --json dc list | python3 -c '
import json, sys
print("\n".join(dc["name"] for dc in json.load(sys.stdin)["data"]))'; }

claim() { # NODE DCID SLOT KIND (0 claim, 1 raise, 2 release)
	on "$1" sh -c "echo $2 $3 $4 >/run/dvs-fake/claims"
}
slot_of() { # NODE DC SLOT: owner epoch floor ceiling
	ctl "$1" --json dc show "$2" | python3 -c '
import json, sys
for r in json.load(sys.stdin)["data"]["slots"]:
    if r["first"] <= int(sys.argv[1]) <= r["last"]:
        print(r["node"], r["epoch"], r["generation_floor"], r["generation_ceiling"])' "$3"
}
owned_by() { slot_of 1 "$1" "$2" | grep -q "^$3 "; }	# DC SLOT OWNER

# --- writers: every name whose creation was acknowledged is written down ---------------------

writer() { # NODE
	local k=0
	while [ ! -e "$lab/stop" ]; do
		k=$((k + 1))
		if on "$1" "$dvsctl" --timeout 20 dc create "w$1-$round-$k" >/dev/null 2>&1; then
			echo "w$1-$round-$k" >>"$lab/acknowledged"
		fi
		sleep 0.1
	done
}

start_writers() {
	rm -f "$lab/stop"
	writers=""
	for i in $all; do
		writer "$i" &
		writers="$writers $!"
	done
}

stop_writers() {
	: >"$lab/stop"
	wait $writers
}

nothing_lost() {
	local i
	sort "$lab/acknowledged" >"$lab/wanted"
	for i in $all; do
		names "$i" | sort >"$lab/there" || return 1
		# Shown, because the check hides it otherwise.
		comm -23 "$lab/wanted" "$lab/there" >"$lab/lost"
		[ ! -s "$lab/lost" ] || { sed "s/^/# node $i lost /" "$lab/lost" | head -n 5 >&3; return 1; }
	done
}

# --- tests ----------------------------------------------------------------------------------

exec 3>&1
ip link set lo up
for bridge in brA brB; do
	ip link add "$bridge" type bridge
	ip link set "$bridge" up
done
corosync_conf >"$lab/corosync.conf"
: >"$lab/acknowledged"
for i in $all; do make_node "$i"; done

refuse "without a daemon dvsctl says so" 3 ctl 1 status
start_dvsd 1
check "without Corosync the daemon says what it waits for" within 5 waits_for 1 corosync
refuse "and changes nothing" 4 ctl 1 dc create web
start_corosync 1
check "alone it waits for quorum" within 20 waits_for 1 quorum
for i in ${all#1}; do
	start_corosync "$i"
	start_dvsd "$i"
done
check "all nodes begin a cluster" within 30 together $all
check "there is one history" eval '[ "$(for i in $all; do field $i history; done | sort -u | wc -l)" -eq 1 ]'

check "a container is created" ctl 1 dc create web
check "every node shows it" eval 'for i in $all; do ctl $i dc show web || exit 1; done'
check "every kernel has it attached" \
	eval 'for i in $all; do kernel_says $i "^dc web .*attached 1" || exit 1; done'
check "its namespace is to be seen" \
	eval 'for i in $all; do on $i sh -c "grep -q /run/dvs/dc/web /proc/self/mounts" || exit 1; done'
refuse "a name is given once" 6 ctl 2 dc create web
refuse "what is not there cannot be deleted" 5 ctl 2 dc delete nothing
refuse "a node must be one of the cluster" 5 ctl 2 dc create two --nodes 99
check "a container may span some of the nodes" ctl 2 dc create some --nodes 1,2
check "the others know nothing of it" eval '! kernel_says 3 "^dc some "'
check "it can be deleted" ctl 3 dc delete some
check "and ends on every kernel" eval 'for i in $all; do ! kernel_says $i "^dc some " || exit 1; done'
check "endpoints of all nodes are listed on each" \
	eval '[ "$(ctl 3 --json endpoint list | grep -c "\"endpoint\"")" -eq $nodes ]'
check "so are links" eval '[ "$(ctl 2 --json link list | grep -c "\"peer\"")" -eq $nodes ]'
if [ "$(cat /proc/self/uid_map | awk '{ print $3 }')" -gt 1 ]; then
	chmod 755 "$lab"
	refuse "only root changes anything" 7 on 1 setpriv --reuid 65534 --clear-groups "$dvsctl" dc create x
	check "everybody may read" on 1 setpriv --reuid 65534 --clear-groups "$dvsctl" dc list
fi

# says TEXT CODE: a request that is wrong is answered with that code
says() { on 1 "$poke" "$1" | grep -q "\"code\":\"$2\""; }
check "what is no JSON is answered" says 'garbage' usage
check "so is what is no object" says '[1]' usage
check "so is an empty request" says '' usage
check "another version is answered" says '{"version":2,"object":"status","verb":"show"}' version
check "what cannot be done is answered" says '{"version":1,"object":"moon","verb":"move"}' usage
check "wrong types are answered" says '{"version":1,"object":"dc","verb":"create","name":7}' usage
check "a wrong name is answered" says '{"version":1,"object":"dc","verb":"create","name":"../x"}' usage
check "wrong nodes are answered" \
	says '{"version":1,"object":"dc","verb":"create","name":"x","nodes":["a"]}' not-found
check "a wrong limit is answered" \
	says '{"version":1,"object":"dc","verb":"create","name":"x","call_limit":-1}' usage
check "a wrong time limit is answered" \
	says '{"version":1,"object":"dc","verb":"list","timeout_ms":1}' usage
check "and the daemon lives" together $all

on 2 sh -c ': >/run/dvs-fake/refuse-dc-new'
refuse "a kernel that refuses makes the creation fail" 1 ctl 1 --json dc create broken
check "and its node is named" eval 'grep -A1 "\"nodes\"" "$lab/output" | grep -qw 2'
on 2 rm /run/dvs-fake/refuse-dc-new
check "and asked again" within 10 eval 'ctl 1 dc show broken | grep -cw ready | grep -qx $nodes'
check "the container is complete then" ctl 1 dc delete broken

dcid=$(ctl 1 --json dc show web | sed -n 's/.*"dcid": "\(.*\)".*/\1/p')
claim 2 "$dcid" 7 0
check "a claimed slot goes to the node that asked" within 5 owned_by web 7 2
claim 1 "$dcid" 7 0
check "and to no other" within 5 on 1 grep -q "$dcid 7 98" /run/dvs-fake/refused
claim 2 "$dcid" 7 1
check "a ceiling is raised" within 5 eval 'slot_of 1 web 7 | grep -vq " 257\$"'
claim 2 "$dcid" 7 2
check "a slot is given back" within 5 eval '[ -z "$(slot_of 1 web 7)" ]'
claim 1 "$dcid" 7 0
check "then another may have it" within 5 owned_by web 7 1

# A node that is cut off.
victim=$nodes
others=$(seq -s ' ' $((nodes - 1)))
session=$(kernel "$victim" | sed -n 's/.*session //p')
cut_node "$victim"
check "a node that is cut off knows" within 10 waits_for "$victim" quorum
check "its kernel has left the view" kernel_says "$victim" "^node .*member 0"
refuse "it changes nothing" 4 ctl "$victim" dc create lonely
refuse "it shows nothing that may be old" 4 ctl "$victim" dc list
check "the others go on" within 10 together $others
check "and agree on things" ctl 1 dc create during
mend_node "$victim"
check "mended, all come together" within 20 together $all
check "the node catches up" within 5 kernel_says "$victim" "^dc during .*attached 1"
check "it has another session" eval '[ "$(kernel $victim | sed -n "s/.*session //p")" -gt "$session" ]'

# A container that is deleted while one of its nodes is away.
cut_node "$victim"
check "a container is deleted without a node that is away" \
	eval 'within 10 together $others && ctl 1 dc delete during'
mend_node "$victim"
check "which ends it when it is back" \
	eval 'within 20 together $all && within 5 eval "! kernel_says $victim \"^dc during \""'

# Daemons that die and start again.
session=$(kernel 2 | sed -n 's/.*session //p')
signal KILL dvsd 2
start_dvsd 2
check "a daemon that restarts is taken in again" within 20 together $all
check "with what its kernel has" kernel_says 2 "^dc web .*attached 1"
check "in the same session" eval '[ "$(kernel 2 | sed -n "s/.*session //p")" = "$session" ]'
signal STOP dvsd 2
check "a daemon that hangs is left out" within 40 together $(echo " $all " | sed 's/ 2 / /')
signal CONT dvsd 2
check "and taken in when it goes on" within 30 together $all

signal STOP corosync 1
sleep 0.5
check "with Corosync stopped the status is answered at once" timeout 2 nsenter -t "$(cat "$lab/1/pid")" \
	--net --mount --ipc -- sh -c "$dvsctl status; [ \$? -eq 0 -o \$? -eq 4 ]"
signal CONT corosync 1
check "all come together after it" within 30 together $all

# An answer that is missing a node.
signal STOP dvsd 3
refuse "a list that lacks a node says so" 1 on 1 "$dvsctl" --timeout 3 --json endpoint list
check "and names the node" eval 'grep -A1 "\"nodes\"" "$lab/output" | grep -qw 3'
signal CONT dvsd 3
check "it is there again" within 30 together $all

# Break everything while clients write.
for round in $(seq "$rounds"); do
	start_writers
	sleep 1
	leader=$(field 1 leader 2>/dev/null || echo 1)
	[ "$leader" -ge 1 ] 2>/dev/null || leader=1
	case $((round % 4)) in
	1)	what="Corosync of the leader killed"
		signal KILL corosync "$leader"
		sleep 1
		start_corosync "$leader" ;;
	2)	what="Corosync of each node paused"
		for i in $all; do
			signal STOP corosync "$i"
			sleep 1.5
			signal CONT corosync "$i"
			sleep 1.5
		done ;;
	3)	what="the leader cut off and mended"
		cut_node "$leader"
		sleep 4
		mend_node "$leader" ;;
	0)	what="Corosync of the leader paused for long"
		signal STOP corosync "$leader"
		sleep 5
		signal CONT corosync "$leader" ;;
	esac
	sleep 2
	stop_writers
	check "$what: all come together" within 40 together $all
	check "$what: nothing acknowledged is lost" nothing_lost
done
echo "# $(wc -l <"$lab/acknowledged") containers were acknowledged"
check "every kernel has all of them" within 20 eval 'for i in $all; do
	[ "$(kernel $i | grep -c "^dc .*attached 1")" -eq "$(names 1 | wc -l)" ] || exit 1; done'

# All daemons end: a new history, and nothing of the old one.
history=$(field 1 history)
for i in $all; do signal TERM dvsd "$i"; done
sleep 0.5
for i in $all; do start_dvsd "$i"; done
check "a cluster whose state is lost begins anew" \
	eval 'within 30 together $all && [ "$(field 1 history)" != "$history" ]'
check "containers of its former life end" \
	within 10 eval 'for i in $all; do ! kernel_says $i "^dc " || exit 1; done'
check "new ones are made under new numbers" \
	eval 'ctl 1 dc create web && [ "$(ctl 1 --json dc show web | sed -n "s/.*\"dcid\": \"\(.*\)\".*/\1/p")" != "$dcid" ]'

echo "1..$tests"
exit "$failed"
