/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is measured: each function returns nanoseconds for one round, the mean
 * over @rounds after some that are not counted. They end the program when
 * something fails.
 */
#ifndef DVS_BENCH_H
#define DVS_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* rtt.c: a message of 64 bytes to another process and one back */
double rtt_dvs(unsigned int rounds);
double rtt_pipe(unsigned int rounds);
double rtt_unix(unsigned int rounds);
/* The same with 8 bytes, which is all an eventfd carries */
double rtt_eventfd(unsigned int rounds);

/* copy.c: 1 MiB out of another process's memory */
#define COPY_SIZE	(1024 * 1024)
double copy_dvs(unsigned int rounds);
double copy_process_vm(unsigned int rounds);

/* main.c */
uint64_t now_ns(void);

#endif /* DVS_BENCH_H */
