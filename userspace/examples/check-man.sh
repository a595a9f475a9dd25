#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages: no page has an error that man finds, every example compiles and links as an
# outside program would be (pkg-config, shared library), every function and system call has a page
# and every error a page lists is one. O, HEADERS, CC, PKG_CONFIG: as in userspace/Makefile.
set -u

here=$(cd "$(dirname "$0")" && pwd)
pages=$here/../../Documentation/man
work=$O/check-man
failed=0

fail() {
	echo "not ok: $*" >&2
	failed=1
}

# The programs between .EX and .EE under EXAMPLES, without the markup of roff.
extract() { # PAGE
	awk '
		/^\.SH / { examples = $0 ~ /^\.SH EXAMPLES/ }
		/^\.EE/ { code = 0 }
		code { print }
		examples && /^\.EX/ { code = 1 }
	' "$1" | sed -e 's/\\-/-/g' -e 's/\\(aq/'"'"'/g' -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/^\\&//'
}

compile() { # NAME SOURCE
	# shellcheck disable=SC2046
	"$CC" -std=gnu17 -Wall -Wextra -Werror -Wno-missing-field-initializers -o "$work/$1" "$2" \
		$(PKG_CONFIG_PATH=$O/pkgconfig "$PKG_CONFIG" --cflags --libs dvs) || fail "$1 does not compile"
}

rm -rf "$work"
mkdir -p "$work"
count=0
for page in "$pages"/*.[1-8]; do
	name=$(basename "$page")
	if grep -q '^\.so ' "$page"; then
		target=$(sed -n 's/^\.so man[0-9]\///p' "$page")
		[ -f "$pages/$target" ] || fail "$name refers to $target, which does not exist"
		grep -qw "${name%.*}" "$pages/$target" || fail "$target does not speak of ${name%.*}"
		continue
	fi
	warnings=$(LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$warnings" ] || fail "$name: $warnings"
	extract "$page" >"$work/$name.c"
	if [ -s "$work/$name.c" ]; then
		compile "$name" "$work/$name.c"
		count=$((count + 1))
	else
		case $name in *.[23]) fail "$name has no example" ;; esac
	fi
	sed -n '/^\.SH ERRORS/,/^\.SH [^E]/s/^\.B \(E[A-Z0-9]*\)$/\1/p' "$page" >"$work/errors"
	case $name in
	*.2) [ -s "$work/errors" ] || fail "$name lists no errors" ;;
	esac
	while read -r error; do
		printf '#include <errno.h>\nint error = %s;\n' "$error" | "$CC" -x c -fsyntax-only - ||
			fail "$name: $error is no error"
	done <"$work/errors"
	[ "$(sort "$work/errors" | uniq -d)" = "" ] || fail "$name lists an error twice"
done
[ "$count" -ge 15 ] || fail "only $count examples were found"

for symbol in $(sed -n 's/^\t\(dvs_[a-z_]*\);/\1/p' "$here/../libdvs/libdvs.map"); do
	[ -f "$pages/$symbol.2" ] || [ -f "$pages/$symbol.3" ] || fail "$symbol has no manual page"
	nm -D --defined-only "$O/lib/libdvs.so" | grep -q " T $symbol@@" || fail "libdvs.so has no $symbol"
done

for program in server client; do
	compile "$program" "$here/$program.c"
done
rm -rf "$work"
[ "$failed" -ne 0 ] || echo "           $count examples of manual pages compile"
exit $failed
