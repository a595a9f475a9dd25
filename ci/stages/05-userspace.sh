# SPDX-License-Identifier: GPL-2.0-or-later
# stage: the tests of user space that need no kernel of ours
# in: all check
# needs: userspace
# timeout: 600

make -C "$top/userspace" O="$build/userspace" HEADERS="$build/headers/include" KSRC="$build/linux" check
