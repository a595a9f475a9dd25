# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += dvs-bench
dvs-bench_SOURCES := main.c rtt.c copy.c
