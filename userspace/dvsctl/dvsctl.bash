# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for dvsctl: the program itself knows the words.

_dvsctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local -a given=("${COMP_WORDS[@]:1:COMP_CWORD-1}")

	COMPREPLY=()
	# What follows "exec NAME" is a command line of its own.
	if [[ " ${given[*]} " == *" exec "[!-]*" "* ]] &&
	   declare -F _command_offset >/dev/null; then
		local i=1
		while [[ ${COMP_WORDS[i]} != exec ]]; do
			i=$((i + 1))
		done
		i=$((i + 2))
		[[ ${COMP_WORDS[i]} != -- ]] || i=$((i + 1))
		if ((COMP_CWORD >= i)); then
			_command_offset "$i"
			return
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(dvsctl __complete "${given[@]}" "$cur" 2>/dev/null)" -- "$cur")
}
complete -F _dvsctl dvsctl
