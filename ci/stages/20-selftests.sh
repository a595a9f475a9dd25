# SPDX-License-Identifier: GPL-2.0-or-later
# stage: selftests in a guest with the nodes' kernel
# in: all check
# needs: kernel image
# timeout: 700

guest --timeout 600 run-selftests
