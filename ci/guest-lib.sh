# SPDX-License-Identifier: GPL-2.0-or-later
# What ci/guest and ci/cluster share: how a QEMU guest is started, and what in its console is a fault.

# KVM only where the processor really has it: without these flags /dev/kvm can exist and hang.
qemu_accel() {
	if grep -qwE 'svm|vmx' /proc/cpuinfo && [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
		printf '%s\n' -accel kvm -cpu host
	else
		printf '%s\n' -accel tcg,thread=multi -cpu max
	fi
}

# clock_words: what an emulated guest must be told about its clock (ci/tools/tsc-khz.c says why)
clock_words() {
	local khz
	! qemu_accel | grep -qx kvm || return 0
	khz=$("$build/ci/tsc-khz") || die "build/ci/tsc-khz does not run; run 'make image'"
	printf 'tsc_early_khz=%s' "$khz"
}

# qemu_common: what every guest has, one argument a line
qemu_common() {
	printf '%s\n' -machine q35,usb=off,vmport=off -nodefaults -no-user-config -display none -no-reboot \
		-device virtio-rng-pci -device virtio-serial-pci,id=vser,max_ports=16
}

# What a kernel says when something is wrong with it, at the beginning of a message. The boot
# messages that only name a checker do not match, nor does what programs write.
fault_pattern='^\[ *[0-9]+\.[0-9]+\]( *\[[ TC0-9]+\])? *(BUG: |WARNING: |Oops|Kernel panic|KASAN: |UBSAN: |kmemleak: [0-9]+ new|INFO: task .* blocked|INFO: rcu|rcu: INFO|.*possible .*deadlock|.*suspicious RCU|.*detected stall|general protection|unable to handle|ODEBUG: |refcount_t: |watchdog: BUG|.*Call Trace:|Out of memory|unregister_netdevice: waiting|=+\[|INFO: (trying|lockdep|possible)|.*segfault at|traps: )'

# console_faults FILE: the lines of a console that are faults; false when there is none
console_faults() {
	grep -aE "$fault_pattern" "$1"
}

# show_console FILE: the part of a console that a person needs, around the first fault or the end
show_console() {
	local first
	first=$(grep -anE "$fault_pattern" "$1" | sed -n '1s/:.*//p') || true
	say "---- console ${1#"$top"/}"
	if [ -n "$first" ]; then
		tr -d '\r\000' <"$1" | sed -n "$((first > 15 ? first - 15 : 1)),$((first + 70))p"
	else
		tr -d '\r\000' <"$1" | tail -n 60
	fi
	say "---- end of console"
}

# kernel_image normal|debug|FILE: what a guest boots
kernel_image() {
	case $1 in
	normal) printf '%s' "$build/kernel/arch/x86/boot/bzImage" ;;
	debug) printf '%s' "$build/debug/arch/x86/boot/bzImage" ;;
	*) printf '%s' "$1" ;;
	esac
}

# initrd_images KERNEL: the archives every guest with it has, one a line
initrd_images() {
	printf '%s\n' "$build/image/node.cpio.gz"
	[ "$1" != debug ] || printf '%s\n' "$build/image/modules.cpio.gz"
}

# need_file FILE [TARGET]
need_file() {
	[ -f "$1" ] || die "$1 does not exist; run 'make ${2:-kernel image}'"
}

# join_initrd OUT FILE...: several archives as one; a single one is used where it is
join_initrd() {
	local out=$1 file
	shift
	for file in "$@"; do
		need_file "$file" 'kernel image'
	done
	if [ $# -eq 1 ]; then
		printf '%s' "$1"
	else
		cat "$@" >"$out"
		printf '%s' "$out"
	fi
}
