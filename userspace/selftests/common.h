/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every test includes.
 */
#ifndef DVS_SELFTESTS_COMMON_H
#define DVS_SELFTESTS_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "job.h"
#include <kselftest_harness.h>
#include "world.h"

/* A sanitizer kernel in an emulator is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

#endif /* DVS_SELFTESTS_COMMON_H */
