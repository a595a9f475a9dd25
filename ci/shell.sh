#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shell.sh N: a cluster to play with. In a terminal, tmux with one pane per node; else
# one prompt that sends every line to the node named before it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

nodes=${1:-3}
export CLUSTER=shell
cluster=$top/ci/cluster
trap '"$cluster" stop || true' EXIT
trap 'exit 130' INT TERM HUP

"$cluster" start --nodes "$nodes" --limit 0
"$cluster" wait-ready --timeout 180

in_tmux() {
	local i command
	# A terminal of its own even inside another tmux.
	unset TMUX
	local -a tmux=(tmux -L "dvs-shell-$$" -f /dev/null)
	for i in $(seq "$nodes"); do
		command="CLUSTER=shell '$cluster' console $i"
		if [ "$i" -eq 1 ]; then
			"${tmux[@]}" new-session -d -s dvs "$command" \; set -g mouse on \; \
				set -g status-right 'Ctrl-] leaves a node, Ctrl-b d ends all' \; set -g status-right-length 50
		else
			"${tmux[@]}" split-window -t dvs "$command" \; select-layout -t dvs tiled
		fi
	done
	"${tmux[@]}" attach -t dvs || true
	"${tmux[@]}" kill-server 2>/dev/null || true
}

by_lines() {
	local i rest
	say "lines of the form 'NODE COMMAND', such as '2 dvsctl status'; 'kill 2', 'restart 2', 'cut 2', 'mend 2'; 'exit' ends all"
	while printf 'dvs> ' && IFS=' ' read -r i rest; do
		case $i in
		exit | quit) break ;;
		'') ;;
		[0-9]*) "$cluster" exec --timeout 600 "$i" "${rest:-true}" || say "(code $?)" ;;
		kill | restart | cut | mend | status | check) "$cluster" "$i" $rest || say "(code $?)" ;;
		*) say "no such command: $i" ;;
		esac
	done
}

if [ -t 0 ] && [ -t 1 ] && command -v tmux >/dev/null && [ -z "${NO_TMUX:-}" ]; then
	in_tmux
else
	by_lines
fi
