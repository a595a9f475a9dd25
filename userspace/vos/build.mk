# SPDX-License-Identifier: GPL-2.0-or-later
PROGRAMS += dvs-files dvs-fetch
dvs-files_SOURCES := serve.c tree.c
dvs-fetch_SOURCES := fetch.c remote.c walk.c
dvs-fetch_PACKAGES := libcrypto

TESTS += vos-tree-test
vos-tree-test_SOURCES := tree_test.c tree.c
