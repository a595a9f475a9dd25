// SPDX-License-Identifier: GPL-2.0-or-later
#include "job.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static struct job *self;

static void *map(size_t size, int protection, int flags)
{
	void *memory = mmap(NULL, size, protection, flags | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

void *shared_memory(size_t size)
{
	return map(size, PROT_READ | PROT_WRITE, MAP_SHARED);
}

void *readonly_memory(void)
{
	return map(4096, PROT_READ, MAP_PRIVATE);
}

struct job *job_new(void)
{
	return shared_memory(sizeof(struct job));
}

static __u64 job_timeout(struct job *job)
{
	return job->timeout.tv_sec ? P(&job->timeout) : 0;
}

int job_bind(struct job *job)
{
	job->bind.clockid = CLOCK_MONOTONIC;
	job->bind.timeout = job_timeout(job);
	return sys_dvs_bind(&job->bind, sizeof(job->bind));
}

int job_send(struct job *job)
{
	int result;

	job->send.clockid = CLOCK_MONOTONIC;
	job->send.timeout = job_timeout(job);
	do {
		result = sys_dvs_send(job->epfd, &job->send, sizeof(job->send));
		if (result == -EINTR) {
			job->handle = job->send.call;
			job->eintr++;
		}
	} while (result == -EINTR && (job->flags & JOB_RESUME) && job->handle);
	return result;
}

int job_sendrec(struct job *job)
{
	int result;

	job->send.clockid = CLOCK_MONOTONIC;
	job->send.timeout = job_timeout(job);
	job->send.segments = P(job->segments);
	do {
		result = sys_dvs_sendrec(job->epfd, &job->send, sizeof(job->send));
		if (result == -EINTR) {
			job->handle = job->send.call;
			job->eintr++;
		}
	} while (result == -EINTR && (job->flags & JOB_RESUME) && job->handle);
	return result;
}

int job_receive(struct job *job)
{
	job->receive.clockid = CLOCK_MONOTONIC;
	job->receive.timeout = job_timeout(job);
	return sys_dvs_receive(job->epfd, &job->receive, sizeof(job->receive));
}

int job_replyrec(struct job *job)
{
	job->replyrec.receive.clockid = CLOCK_MONOTONIC;
	job->replyrec.receive.timeout = job_timeout(job);
	return sys_dvs_replyrec(job->epfd, &job->replyrec, sizeof(job->replyrec));
}

int job_vcopy(struct job *job)
{
	job->vcopy.clockid = CLOCK_MONOTONIC;
	job->vcopy.timeout = job_timeout(job);
	return sys_dvs_vcopy(job->epfd, &job->vcopy, sizeof(job->vcopy));
}

int job_wait(struct job *job)
{
	job->wait.clockid = CLOCK_MONOTONIC;
	job->wait.timeout = job_timeout(job);
	return sys_dvs_wait(job->epfd, &job->wait, sizeof(job->wait));
}

static void handler(int signal)
{
	(void)signal;
	__atomic_add_fetch(&self->signals, 1, __ATOMIC_SEQ_CST);
}

static void work(struct job *job)
{
	struct sigaction action = {
		.sa_handler = handler,
		.sa_flags = job->flags & JOB_RESTART ? SA_RESTART : 0,
	};

	self = job;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	if (job->epfd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, job->epfd - 1, 0);
	close_range((job->epfd > STDERR_FILENO ? job->epfd : STDERR_FILENO) + 1, ~0U, 0);
	__atomic_store_n(&job->ready, true, __ATOMIC_SEQ_CST);
	job->result = job->run(job);
	__atomic_store_n(&job->done, true, __ATOMIC_SEQ_CST);
	_exit(0);
}

struct job *job_start(struct job *job, int epfd, int (*run)(struct job *))
{
	int pid;

	job->epfd = epfd;
	job->run = run;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return NULL;
	if (!pid)
		work(job);
	job->pid = pid;
	/* From here on it can be sent signals. */
	return eventually(__atomic_load_n(&job->ready, __ATOMIC_SEQ_CST)) ? job : NULL;
}

struct job *start_send(int epfd, __u32 to, __u32 type)
{
	struct job *job = job_new();

	job->send.destination = to;
	job->send.msg.type = type;
	return job_start(job, epfd, job_send);
}

struct job *start_sendrec(int epfd, __u32 to, __u32 type)
{
	struct job *job = job_new();

	job->send.destination = to;
	job->send.msg.type = type;
	return job_start(job, epfd, job_sendrec);
}

struct job *start_receive(int epfd, __u64 flags, __u32 source)
{
	struct job *job = job_new();

	job->receive.flags = flags;
	job->receive.source = source;
	return job_start(job, epfd, job_receive);
}

struct job *start_wait(int epfd, __u32 endpoint, __u32 events)
{
	struct job *job = job_new();

	job->wait.endpoint = endpoint;
	job->wait.events = events;
	return job_start(job, epfd, job_wait);
}

void job_grant(struct job *job, void *memory, __u64 length, __u32 flags)
{
	struct dvs_segment *segment = &job->segments[job->send.segment_count++];

	segment->addr = P(memory);
	segment->length = length;
	segment->flags = flags;
}

/* The number of the system call a process sleeps in; -1 when it runs */
static int sleeps_in(int pid)
{
	char path[64], line[256], *end;
	int number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fgets(line, sizeof(line), file)) {
		/* "running", or the number and more */
		number = strtol(line, &end, 10);
		if (end == line)
			number = -1;
	}
	fclose(file);
	return number;
}

bool job_blocked(struct job *job)
{
	return eventually(sleeps_in(job->pid) >= __NR_dvs_bind &&
			  sleeps_in(job->pid) <= __NR_dvs_getinfo);
}

static bool job_done(struct job *job)
{
	return __atomic_load_n(&job->done, __ATOMIC_SEQ_CST);
}

bool job_waits(struct job *job)
{
	if (!job_blocked(job))
		return false;
	for (int ms = 0; ms < MOMENT_MS; ms++) {
		if (job_done(job))
			return false;
		sleep_ms(1);
	}
	return true;
}

bool job_interrupt(struct job *job)
{
	unsigned int before = __atomic_load_n(&job->signals, __ATOMIC_SEQ_CST);

	kill(job->pid, SIGUSR1);
	return eventually(__atomic_load_n(&job->signals, __ATOMIC_SEQ_CST) != before);
}

int job_result(struct job *job)
{
	bool ended = eventually(waitpid(job->pid, NULL, WNOHANG) != 0);

	if (!ended) {
		job_kill(job);
		return -ETIME;
	}
	return job_done(job) ? job->result : -ECHILD;
}

void job_kill(struct job *job)
{
	kill(job->pid, SIGKILL);
	waitpid(job->pid, NULL, 0);
}
