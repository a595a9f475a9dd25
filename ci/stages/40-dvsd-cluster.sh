# SPDX-License-Identifier: GPL-2.0-or-later
# stage: dvsd under a real Corosync in namespaces of this machine, while nodes and Corosync fail
# in: all check
# needs: userspace
# timeout: 400
# alone: yes

"$top/userspace/dvsd/tests/cluster.sh" "$build/userspace/tests/dvsd-test" "$build/userspace/bin/dvsctl" \
	"$build/userspace/tests/dvsd-poke"
