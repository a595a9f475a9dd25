# SPDX-License-Identifier: GPL-2.0-or-later
# stage: unit tests of kernel/dvs, by the kernel's own kunit.py under QEMU
# in: all check
# needs: kernel
# timeout: 1800

unit_tests() {
	cd "$build/linux"
	nice /usr/bin/python3 tools/testing/kunit/kunit.py run --arch=x86_64 \
		--kunitconfig=kernel/dvs --kunitconfig="$top/configs/kunit.config" \
		--build_dir="$build/kunit" --jobs="$jobs" --make_options=CC="$(kernel_cc)" --timeout=300 2>&1 |
		tee "$build/kunit.out"
}

rc=0
with_lock kunit unit_tests || rc=$?
# Each leaf of the report is a result; kunit.py's own exit code covers what has no line.
sed -nE 's/^\[[0-9:]+\] \[PASSED\] (.*)/ok - \1/p; s/^\[[0-9:]+\] \[(FAILED|CRASHED|TIMED OUT)\] (.*)/not ok - \2/p' "$build/kunit.out"
exit "$rc"
