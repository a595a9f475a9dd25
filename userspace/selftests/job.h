/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: one system call made by another process, so that a test can look at
 * it, interrupt it or kill it while it waits. A job holds the one endpoint it
 * uses and no other descriptor of the test.
 */
#ifndef DVS_SELFTESTS_JOB_H
#define DVS_SELFTESTS_JOB_H

#include "message.h"

#define JOB_RESTART	1	/* signals restart the call (SA_RESTART) */
#define JOB_RESUME	2	/* after EINTR with a handle, call again */

/* In memory that both processes share */
struct job {
	int pid;
	int epfd;
	unsigned int flags;
	int (*run)(struct job *job);
	struct __kernel_timespec timeout;
	union {
		struct dvs_bind_args bind;
		struct dvs_send_args send;	/* and sendrec */
		struct dvs_receive_args receive;
		struct dvs_replyrec_args replyrec;
		struct dvs_vcopy_args vcopy;
		struct dvs_wait_args wait;
	};
	struct dvs_segment segments[DVS_SEGMENTS_MAX];
	void *data;
	unsigned int signals;	/* handled */
	unsigned int eintr;	/* calls that ended so */
	__u64 handle;		/* what the last of those left behind */
	bool ready;
	bool done;
	int result;
};

/* What a job does, for job_start(). With job->timeout set they end then. */
int job_bind(struct job *job);
int job_send(struct job *job);
int job_sendrec(struct job *job);
int job_receive(struct job *job);
int job_replyrec(struct job *job);
int job_vcopy(struct job *job);
int job_wait(struct job *job);

struct job *job_new(void);

/* NULL when no process can be had. @epfd is -1 for none. */
struct job *job_start(struct job *job, int epfd, int (*run)(struct job *));

/* Shorthands: made and started */
struct job *start_send(int epfd, __u32 to, __u32 type);
struct job *start_sendrec(int epfd, __u32 to, __u32 type);
struct job *start_receive(int epfd, __u64 flags, __u32 source);
struct job *start_wait(int epfd, __u32 endpoint, __u32 events);

/* Grant memory of the job with its request. */
void job_grant(struct job *job, void *memory, __u64 length, __u32 flags);

/* It sleeps in a system call of this subsystem. */
bool job_blocked(struct job *job);

/* It has not returned and does not within a moment. */
bool job_waits(struct job *job);

/* Send a signal, and see it handled. */
bool job_interrupt(struct job *job);

/* Wait for the result; -ETIME when it does not come. The job stays readable. */
int job_result(struct job *job);

/* SIGKILL it, and wait until it is gone. */
void job_kill(struct job *job);

/* Memory to share with jobs that are started later, zeroed */
void *shared_memory(size_t size);
/* A page nobody can write to */
void *readonly_memory(void);

#endif /* DVS_SELFTESTS_JOB_H */
