# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += dvs-example-server dvs-example-client
dvs-example-server_SOURCES := server.c
dvs-example-client_SOURCES := client.c
CHECKS += check-man.sh
