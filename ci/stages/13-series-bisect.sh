# SPDX-License-Identifier: GPL-2.0-or-later
# stage: every patch of the series compiles, with DVS and without
# in: all
# needs: series
# timeout: 1800

repo=$build/series.git
tree=$build/series.linux
done_list=$build/series.compiled
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export KBUILD_BUILD_TIMESTAMP='2025-01-01' KBUILD_BUILD_USER=dvs KBUILD_BUILD_HOST=dvs KBUILD_BUILD_VERSION=1
export CCACHE_BASEDIR=$top CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime,time_macros
cc=gcc
if command -v ccache >/dev/null && [ -z "${NO_CCACHE:-}" ]; then
	cc='ccache gcc'
fi

# A work tree without the drivers' sources: configuring reads their Kconfig files only.
make_tree() {
	if [ "$(git -C "$tree" rev-parse -q --verify 'pristine^{commit}' 2>/dev/null)" != "$(git -C "$repo" rev-parse 'pristine^{commit}')" ]; then
		rm -rf "$tree"
		git -C "$repo" worktree prune
		git -C "$repo" worktree add -q --no-checkout --detach "$tree" pristine || return 1
	fi
	printf '%s\n' '/*' '!/Documentation/*/' '!/drivers/**/*.c' '!/drivers/**/*.h' '!/sound/**/*.c' '!/sound/**/*.h' \
		'!/arch/**/*.dts' '!/arch/**/*.dtsi' '!/tools/testing/' '!/samples/**/*.c' |
		git -C "$tree" sparse-checkout set --no-cone --stdin || return 1
	git -C "$tree" reset -q --hard
}

# A patch is known by the tree it leaves, which is the same however it was arrived at.
id_of() { printf '%s %s' "$(git -C "$repo" rev-parse "$1^{tree}")" "$(gcc -dumpfullversion)"; }

# Does COMMIT touch anything that is compiled?
compiled() {
	git -C "$repo" diff-tree --no-commit-id --name-only -r "$1" |
		grep -qvE '^(Documentation|tools/testing)/|^MAINTAINERS$'
}

kmake() { # OUT ARGS...
	local out=$1
	shift
	nice make -s -C "$tree" O="$out" ARCH=x86_64 CC="$cc" KBUILD_KCONFIG="$build/tmp/Kconfig.broken" -j"$jobs" "$@"
}

# configure OUT y|n: the option depends on BROKEN until the series is complete; here it does not
configure() {
	local out=$1 dvs=$2 option
	mkdir -p "$out"
	{ cat "$tree/Kconfig"; printf '\nconfig BROKEN\n\tdef_bool y\n'; } >"$build/tmp/Kconfig.broken"
	if [ ! -f "$out/.config" ]; then
		kmake "$out" tinyconfig || return 1
		for option in 64BIT EXPERT MULTIUSER NAMESPACES PROC_FS SYSCTL NET INET IPV6 NET_NS USER_NS PID_NS SMP MEMCG CGROUPS \
			IA32_EMULATION PRINTK FTRACE ENABLE_DEFAULT_TRACERS EPOLL EVENTFD KUNIT; do
			sed -i "/CONFIG_$option[ =]/d" "$out/.config"
			printf 'CONFIG_%s=y\n' "$option" >>"$out/.config"
		done
	fi
	sed -i '/CONFIG_DVS/d' "$out/.config"
	[ "$dvs" = n ] || printf 'CONFIG_DVS=y\nCONFIG_DVS_KUNIT_TEST=y\n' >>"$out/.config"
	kmake "$out" olddefconfig || return 1
	# Once there is such an option it must have been taken.
	[ "$dvs" = n ] || ! grep -q 'kernel/dvs/Kconfig' "$tree/init/Kconfig" || grep -qx 'CONFIG_DVS=y' "$out/.config"
}

compile() { # COMMIT
	local dvs
	local -a targets=() options=(y n)
	git -C "$tree" checkout -q --detach "$1" || return 1
	if git -C "$repo" diff-tree --no-commit-id --name-only -r "$1" | grep -qv '^kernel/dvs/'; then
		mapfile -t targets < <(git -C "$repo" diff --name-only pristine "$1" -- kernel fs |
			sed -n '/^kernel\/dvs\//d; s|\.c$|.o|p')
		targets+=(arch/x86/entry/)
	else
		# Without the option nothing of this patch is seen.
		options=(y)
	fi
	if grep -qs 'dvs/' "$tree/kernel/Makefile"; then
		targets+=(kernel/dvs/)
	elif [ ${#targets[@]} -eq 0 ]; then
		return 0
	fi
	for dvs in "${options[@]}"; do
		configure "$build/series-$dvs" "$dvs" || { say "cannot be configured with CONFIG_DVS=$dvs"; return 1; }
		kmake "$build/series-$dvs" KCFLAGS=-Werror "${targets[@]}" || { say "does not compile with CONFIG_DVS=$dvs"; return 1; }
	done
}

check "a work tree for compiling" make_tree
touch "$done_list"
for commit in $(git -C "$repo" rev-list --reverse pristine..series); do
	what=$(git -C "$repo" show -s --format=%s "$commit")
	id=$(id_of "$commit")
	if ! compiled "$commit"; then
		pass "$what (nothing to compile)"
	elif grep -qxF "$id" "$done_list"; then
		pass "$what (compiled before)"
	elif compile "$commit"; then
		printf '%s\n' "$id" >>"$done_list"
		pass "$what"
	else
		fail "$what"
		# Whatever follows would fail for the same reason.
		break
	fi
done
