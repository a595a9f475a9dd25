#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Install the distribution packages listed in ci/packages.txt that are not there yet.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

missing() {
	local pkg
	for pkg in "$@"; do
		dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$pkg"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "packages are missing and neither root nor sudo is at hand; as root: apt-get install $(tr '\n' ' ' <<<"$need")"
	fi
}

command -v dpkg-query >/dev/null ||
	die "no dpkg on this machine: the build takes its parts from Debian 12 packages (ci/packages.txt)"

mapfile -t want < <(grep -v '^#' "$top/ci/packages.txt")
# Another 6.12.y tree given by hand replaces the package.
[ -z "${KERNEL_SRC:-}" ] || mapfile -t want < <(printf '%s\n' "${want[@]}" | grep -v '^linux-source-')
need=$(missing "${want[@]}")
if [ -z "$need" ]; then
	say "[deps] all ${#want[@]} packages are installed"
	exit 0
fi
say "[deps] to install: $(tr '\n' ' ' <<<"$need")"

# A password is asked for here, where there is a terminal, and not inside a step.
[ "$(id -u)" -eq 0 ] || ! command -v sudo >/dev/null || sudo -v || die "sudo refused"

# env is part of the command because sudo drops the environment.
apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"; }

lists_fresh() {
	local pkg
	for pkg in $need; do
		apt-cache policy "$pkg" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
	done
}
if ! lists_fresh; then
	step apt-update 'tail -n 1 "$log"' apt_get update
fi
# A list can name versions the mirror no longer has: refresh once and try again.
# shellcheck disable=SC2086
step apt-install 'tail -n 1 "$log"' apt_get install -y --no-install-recommends $need || {
	step apt-update 'tail -n 1 "$log"' apt_get update
	step apt-install 'tail -n 1 "$log"' apt_get install -y --no-install-recommends $need
}
need=$(missing "${want[@]}")
[ -z "$need" ] || die "still missing after apt-get install: $(tr '\n' ' ' <<<"$need")"
