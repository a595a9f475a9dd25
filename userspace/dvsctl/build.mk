# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += dvsctl
dvsctl_SOURCES := main.c usage.c request.c report.c table.c status.c node.c dc.c endpoint.c link.c exec.c complete.c
dvsctl_PACKAGES := libqb jansson smartcols
dvsctl_CPPFLAGS := -I$(dir)/../dvsd
CHECKS += check-dvsctl.sh
DATA += dvsctl.bash=share/bash-completion/completions

TESTS += dvsctl-request-test
dvsctl-request-test_SOURCES := request_test.c
dvsctl-request-test_PACKAGES := libqb jansson
dvsctl-request-test_CPPFLAGS := -I$(dir)/../dvsd
