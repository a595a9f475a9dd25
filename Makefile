# SPDX-License-Identifier: GPL-2.0-or-later
# The only entry point. Everything is made under build/; the work is done by the scripts of ci/.

.DEFAULT_GOAL := help
.NOTPARALLEL:

NODES ?= 3
JOBS ?= $(shell nproc)
export JOBS KERNEL_SRC NO_CCACHE

# help: this text
help:
	@echo 'usage: make TARGET [VARIABLE=VALUE...]'
	@echo
	@sed -n 's/^# \([a-z-]*\): \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'
	@echo
	@echo 'variables:'
	@echo '  NODES=N           nodes of make shell (default 3)'
	@echo '  JOBS=N            parallel jobs of every build (default: all processors)'
	@echo '  KERNEL_SRC=DIR    another 6.12.y tree instead of the linux-source-6.12 package'
	@echo '  STAGES="A B"      the stages of make test or make check to run, by name'
	@echo '  NO_CCACHE=1       build without ccache'

# deps: install the distribution packages everything needs (sudo when not root)
deps:
	@ci/deps.sh

# kernel: unpack, patch and build the nodes' kernel
kernel: deps
	@ci/preflight.sh kernel
	@ci/kernel-tree.sh
	@ci/kernel-build.sh kernel dvs

# kernel-debug: the same with every sanitizer
kernel-debug: deps
	@ci/preflight.sh kernel-debug
	@ci/kernel-tree.sh
	@ci/kernel-build.sh debug dvs debug
	@ci/image.sh modules

# headers: the kernel's user space headers with ours among them
headers: deps
	@ci/kernel-tree.sh
	@ci/headers.sh

# userspace: libdvs, dvsd, dvsctl, selftests, examples
userspace: headers
	@ci/userspace.sh

# image: the nodes' initramfs
image: userspace
	@ci/image.sh

# demo: build all, boot three nodes, serve a file tree across them, lose one
demo: deps
	@ci/preflight.sh demo
	@$(MAKE) --no-print-directory kernel image
	@ci/demo.sh

# test: everything; ends in "N passed, N failed"
test: deps
	@ci/preflight.sh test
	@ci/test.sh all

# check: the quick part of test, for every commit
check: deps
	@ci/test.sh check

# soak: the long runs
soak: deps
	@ci/preflight.sh test
	@ci/test.sh soak

# kunit: the unit tests alone
kunit: deps
	@STAGES=kunit ci/test.sh all

# shell: a cluster to play with, one prompt per node
shell: kernel image
	@ci/shell.sh $(NODES)

# bench: figures, counted in instructions
bench: kernel image
	@ci/bench.sh

# patches-refresh: write the hooks committed in build/linux back to patches/
patches-refresh:
	@ci/patches-refresh.sh

# series: the complete mailable series in build/series, checked
series: deps
	@ci/kernel-tree.sh
	@ci/series.sh

# clean: remove what the build made, keeping the unpacked kernel
clean:
	@ci/clean.sh

# distclean: remove build/ altogether
distclean:
	@ci/clean.sh all

.PHONY: help deps kernel kernel-debug headers userspace image demo test check soak kunit shell \
	bench patches-refresh series clean distclean
