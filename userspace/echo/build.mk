# SPDX-License-Identifier: GPL-2.0-or-later
# dvs-echo: a service and its clients for the tests of a cluster
PROGRAMS := dvs-echo
dvs-echo_SOURCES := echo.c
