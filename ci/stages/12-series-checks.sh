# SPDX-License-Identifier: GPL-2.0-or-later
# stage: kernel/dvs and the hooked files under sparse with endian checks and W=1, and for arm64
# in: all check
# needs: headers
# timeout: 900

linux=$build/linux
export KBUILD_BUILD_TIMESTAMP='2025-01-01' KBUILD_BUILD_USER=dvs KBUILD_BUILD_HOST=dvs KBUILD_BUILD_VERSION=1
export CCACHE_BASEDIR=$top CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime,time_macros
ccache=
if command -v ccache >/dev/null && [ -z "${NO_CCACHE:-}" ]; then
	ccache='ccache '
fi

# What the series touches outside of kernel/dvs, as objects.
objects() {
	sed -n 's|^+++ b/\(\(kernel\|fs\)/.*\)\.c$|\1.o|p' "$top"/patches/*.patch | sort -u
}

kmake() { # OUT ARCH CROSS ARGS...
	local out=$1 arch=$2 cross=$3
	shift 3
	nice make -s -C "$linux" O="$out" ARCH="$arch" CROSS_COMPILE="$cross" CC="$ccache${cross}gcc" -j"$jobs" "$@"
}

# configure OUT ARCH CROSS: tinyconfig and what DVS and its tests need
configure() {
	local out=$1 option
	mkdir -p "$out"
	kmake "$@" tinyconfig || return 1
	for option in EXPERT 64BIT MULTIUSER NAMESPACES PROC_FS SYSCTL NET INET IPV6 NET_NS USER_NS PID_NS SMP MEMCG CGROUPS \
		BLK_DEV_INITRD PRINTK TRACEPOINTS FTRACE ENABLE_DEFAULT_TRACERS EPOLL EVENTFD KUNIT DVS DVS_KUNIT_TEST; do
		sed -i "/CONFIG_$option[ =]/d" "$out/.config"
		printf 'CONFIG_%s=y\n' "$option" >>"$out/.config"
	done
	kmake "$@" olddefconfig || return 1
	grep -qx 'CONFIG_DVS=y' "$out/.config" && grep -qx 'CONFIG_DVS_KUNIT_TEST=y' "$out/.config"
}

# compile LOG OUT ARCH CROSS ARGS...: kernel/dvs/ and the hooked files; what is said about our
# files or by the build as a whole is the result, the rest of the kernel's own is not
compile() {
	local log=$1 rc=0
	shift
	configure "${@:1:3}" || { say "the configuration lacks CONFIG_DVS or its tests"; return 1; }
	# shellcheck disable=SC2046
	kmake "$@" -k kernel/dvs/ $(objects) >"$log" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ]; then
		grep -E 'warning:|error:' "$log" || tail -n 40 "$log"
		return "$rc"
	fi
	! grep -E '(^|/)(kernel/dvs/|include/(uapi/)?(linux|trace/events)/(dvs|dc_namespace))[^ ]*:.*(warning|error)' "$log"
}

check "kernel/dvs is clean under sparse with endian checks and W=1" \
	compile "$logs/series-sparse.log" "$build/check-sparse" x86_64 '' C=2 CF='-D__CHECK_ENDIAN__' W=1
check "kernel/dvs compiles for arm64" \
	compile "$logs/series-arm64.log" "$build/check-arm64" arm64 aarch64-linux-gnu- W=1
