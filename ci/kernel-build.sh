#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel-build.sh NAME FRAGMENT...: configure build/NAME as tinyconfig plus the fragments of
# configs/ and build bzImage and the modules there, out of the source tree.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

name=$1
shift
linux=$build/linux
out=$build/$name

kmake() { nice make -C "$linux" O="$out" ARCH=x86_64 CC="$(kernel_cc)" "$@"; }

# check_config FRAGMENT...: an option that Kconfig dropped is a mistake in the fragment. What a later
# fragment says of an option replaces what an earlier one said.
check_config() {
	local line option got bad=0
	while read -r option line; do
		got=$(grep -E "^(# )?$option[ =]" "$out/.config" || echo "# $option is not set")
		if [ "$got" != "$line" ]; then
			say "  asked: $line, got: $got"
			bad=1
		fi
	done < <(sed -nE 's/^(CONFIG_[A-Z0-9_]+)=.*/\1 &/p; s/^# (CONFIG_[A-Z0-9_]+) is not set$/\1 &/p' "$@" |
		awk '{ last[$1] = $0 } END { for (o in last) print last[o] }' | sort)
	return $bad
}

configure() {
	local sum
	# Whatever can change the outcome: fragments, the hooks, our Kconfig, the source.
	sum=$(cat "$@" "$linux/.git/dvs-source" "$linux/.git/dvs-hooks" "$top"/kernel/dvs/Kconfig "$0" 2>/dev/null | sha256sum)
	if [ -f "$out/.config" ] && [ "$sum" = "$(cat "$out/.dvs-config" 2>/dev/null)" ]; then
		return 0
	fi
	mkdir -p "$out"
	rm -f "$out/.dvs-config"
	kmake tinyconfig
	(cd "$linux" && scripts/kconfig/merge_config.sh -m -O "$out" "$out/.config" "$@")
	kmake olddefconfig
	check_config "$@" || die "build/$name/.config is not what configs/ asks for (see above)"
	printf '%s\n' "$sum" >"$out/.dvs-config"
}

compile() {
	kmake -j"$jobs" bzImage modules
	rm -rf "$out/modroot"
	kmake INSTALL_MOD_PATH="$out/modroot" INSTALL_MOD_STRIP=1 modules_install
}

main() {
	local -a fragments
	local f
	for f in "$@"; do
		fragments+=("$top/configs/$f.config")
	done
	step "$name-config" : configure "${fragments[@]}"
	step "$name" 'printf "%s objects, now %s" "$(grep -cE "^  (CC|AS|LD|AR|HOSTCC)" "$log")" "$(tail -n 1 "$log")"' compile
	say "[$name] build/$name/arch/x86/boot/bzImage: $(stat -c %s "$out/arch/x86/boot/bzImage") bytes"
}

with_lock "$name" main "$@"
