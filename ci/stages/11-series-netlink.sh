# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the netlink specification against its schema, and the code generated from it
# in: all check
# needs: headers
# timeout: 120

linux=$build/linux
spec=Documentation/netlink/specs/dvs.yaml
python=/usr/bin/python3

# The kernel's own reader checks every specification against the schema it names.
schema() {
	(cd "$linux" && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tools/net/ynl/lib "$python" - "$spec" <<-'END'
		import sys
		import nlspec
		family = nlspec.SpecFamily(sys.argv[1])
		print(f"{family.name}: {len(family.msgs)} operations, {len(family.attr_sets)} attribute sets")
	END
	)
}
check "$spec is valid against its schema" schema

# A file that says what it was generated from must be what the generator makes of that now.
regenerated() {
	local file=$1 from mode part
	from=$(sed -n 's|^/\*\t\(Documentation/.*\) \*/$|\1|p' "$linux/$file")
	read -r mode part < <(sed -n 's|^/\* YNL-GEN \([a-z]*\) \([a-z]*\) \*/$|\1 \2|p' "$linux/$file")
	mkdir -p "$build/tmp/ynl"
	[ "$from" = "$spec" ] && [ -n "$part" ] || { say "$file does not say that it is generated from $spec"; return 1; }
	(cd "$linux" && PYTHONDONTWRITEBYTECODE=1 "$python" tools/net/ynl/ynl-gen-c.py --mode "$mode" "--$part" --spec "$spec" \
		-o "$build/tmp/ynl/${file##*/}") || return 1
	diff -u "$linux/$file" "$build/tmp/ynl/${file##*/}"
}
for file in include/uapi/linux/dvs_netlink.h kernel/dvs/netlink_gen.h kernel/dvs/netlink_gen.c; do
	check "$file is what the specification generates" regenerated "$file"
done
