# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the kernel's own tests of clone3 and of joining namespaces, with the rows the hooks add
# in: all
# needs: kernel image headers
# timeout: 400

linux=$build/linux
dir=$build/tmp/series-namespaces
rm -rf "$dir"
mkdir -p "$dir"

compile() { # NAME SOURCE FLAG...
	local name=$1 source=$2
	shift 2
	gcc -static -O2 -D_GNU_SOURCE= -isystem "$build/headers/include" -I"$linux/tools/testing/selftests" -pthread \
		-o "$dir/$name" "$linux/tools/testing/selftests/$source" "$@"
}
check "the tests compile" eval 'compile clone3 clone3/clone3.c -lcap && compile pidfd_setns pidfd/pidfd_setns_test.c'

"$top/ci/mkcpio.sh" "$dir" /series "$dir.cpio.gz"
rc=0
guest --timeout 300 --extra "$dir.cpio.gz" '/series/clone3 && /series/pidfd_setns' >"$dir.log" 2>&1 || rc=$?
cat "$dir.log"
check "the guest ended well" [ "$rc" -eq 0 ]
# Both pass without the rows too.
check "clone3() made a DC namespace" grep -q '^ok .* New DC NS$' "$dir.log"
check "a DC namespace was joined by pidfd" grep -q 'correctly setns to dc namespace of .* via pidfd' "$dir.log"
