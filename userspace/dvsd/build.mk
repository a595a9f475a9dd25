# SPDX-License-Identifier: GPL-2.0-or-later
dvsd_pure := codec.c slots.c state.c commands.c snapshot.c log.c message.c \
	agree.c round.c install.c append.c transfer.c submit.c
dvsd_daemon := main.c daemon.c sync.c claims.c cmap.c corosync.c connection.c sender.c namespace.c \
	ipc.c verbs.c reading.c changing.c report.c status.c query.c gather.c

PROGRAMS += dvsd
dvsd_SOURCES := $(dvsd_pure) $(dvsd_daemon) netlink.c
dvsd_PACKAGES := libqb libcpg libquorum libcmap libcorosync_common jansson
dvsd_YNL := y
dvsd_SBIN := y

# Agreement and the state machine, in simulated time.
TESTS += dvsd-agree-test dvsd-state-test
dvsd-agree-test_SOURCES := tests/agree_test.c tests/world.c $(dvsd_pure)
dvsd-agree-test_PACKAGES := libqb
dvsd-state-test_SOURCES := tests/state_test.c sender.c $(dvsd_pure)
dvsd-state-test_PACKAGES := libqb

# The whole daemon, with a kernel that is a file, for tests/cluster.sh.
HELPERS += dvsd-test dvsd-poke
dvsd-test_SOURCES := $(dvsd_pure) $(dvsd_daemon) tests/kernel_fake.c
dvsd-test_PACKAGES := $(dvsd_PACKAGES)
dvsd-poke_SOURCES := tests/poke.c
dvsd-poke_PACKAGES := libqb
