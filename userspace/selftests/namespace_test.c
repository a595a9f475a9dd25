// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DC namespaces: making, joining, inspecting and limiting them, who may, and
 * how long they live. What happens inside of one is the other tests' subject.
 *
 * Every test runs in a process of its own, which is free to leave the
 * namespaces it was started in.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "syscalls.h"

/* <linux/pidfd.h> has it, but cannot be included beside <fcntl.h>. */
#ifndef PIDFD_GET_DC_NAMESPACE
#define PIDFD_GET_DC_NAMESPACE	_IO(0xff, 12)
#endif

#define INIT_INODE	0xeffffff0u
#define LIMIT		"/proc/sys/user/max_dc_namespaces"
#define NOBODY		65534

static pid_t clone3(__u64 flags, __u64 exit_signal)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = exit_signal,
	};

	return syscall(__NR_clone3, &args, sizeof(args));
}

static int pidfd_open(pid_t pid)
{
	return syscall(__NR_pidfd_open, pid, 0);
}

static int bind_any(void)
{
	struct dvs_bind_args args = { .slot = DVS_SLOT_ANY };

	return sys_dvs_bind(&args, sizeof(args));
}

/* Endpoints bound in the container of @epfd, or of the caller for -1. */
static int dvs_endpoints(int epfd)
{
	struct dvs_info info = {};

	if (sys_dvs_getinfo(epfd, &info, sizeof(info)))
		return -1;
	return info.endpoints;
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

/* Inode of a namespace, which is its name; 0 if there is none. */
static ino_t inode_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static ino_t own_inode(void)
{
	return inode_at("/proc/thread-self/ns/dc");
}

static int open_ns(pid_t pid, const char *type)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, type);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = strlen(text);
	int ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return ret;
}

static int become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	/* Changing ids hid /proc/self from its new owner. */
	return prctl(PR_SET_DUMPABLE, 1);
}

/* Exit status of a child, or -1 when it did not exit. */
static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* A child in namespaces of its own, which lives until it is killed. */
static pid_t child_in_new(unsigned long flags)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		return -1;

	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(flags) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}

	close(ready[1]);
	if (pid > 0 && read(ready[0], &c, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

FIXTURE(ns)
{
	int home;	/* the namespace the test was started in */
	ino_t inode;	/* its inode */
};

FIXTURE_SETUP(ns)
{
	self->home = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	if (self->home < 0)
		SKIP(return, "the kernel has no DC namespaces");
	if (geteuid() != 0)
		SKIP(return, "needs root");
	self->inode = inode_of(self->home);
	ASSERT_NE(0, self->inode);
}

FIXTURE_TEARDOWN(ns)
{
	close(self->home);
}

/* Looking at namespaces */

TEST_F(ns, link_names_the_type)
{
	char link[64] = {}, want[64];

	ASSERT_GT(readlink("/proc/self/ns/dc", link, sizeof(link) - 1), 0);
	snprintf(want, sizeof(want), "dc:[%lu]", (unsigned long)self->inode);
	EXPECT_STREQ(want, link);
}

TEST_F(ns, initial_namespace_has_a_fixed_inode)
{
	ino_t pid_ns = inode_at("/proc/self/ns/pid");

	if (pid_ns != 0xeffffffcu)
		SKIP(return, "process 1 of this pid namespace is not init");
	EXPECT_EQ(INIT_INODE, inode_at("/proc/1/ns/dc"));
}

TEST_F(ns, type_is_the_clone_flag)
{
	EXPECT_EQ(CLONE_NEWDC, ioctl(self->home, NS_GET_NSTYPE));
}

TEST_F(ns, owner_is_the_creators_user_namespace)
{
	int fd, owner;

	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWDC));
	fd = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	owner = ioctl(fd, NS_GET_USERNS);
	ASSERT_LE(0, owner);
	EXPECT_EQ(inode_at("/proc/self/ns/user"), inode_of(owner));
	close(owner);
	close(fd);
}

TEST_F(ns, has_no_parent)
{
	EXPECT_EQ(-1, ioctl(self->home, NS_GET_PARENT));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(ns, pidfd_gives_the_namespace_of_its_process)
{
	pid_t pid = child_in_new(CLONE_NEWDC);
	int pidfd, fd;

	ASSERT_LT(0, pid);
	pidfd = pidfd_open(pid);
	ASSERT_LE(0, pidfd);
	fd = ioctl(pidfd, PIDFD_GET_DC_NAMESPACE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CLONE_NEWDC, ioctl(fd, NS_GET_NSTYPE));
	EXPECT_NE(self->inode, inode_of(fd));
	ASSERT_EQ(0, setns(fd, CLONE_NEWDC));
	EXPECT_EQ(inode_of(fd), own_inode());

	EXPECT_EQ(-1, ioctl(pidfd, PIDFD_GET_DC_NAMESPACE, 1));
	EXPECT_EQ(EINVAL, errno);

	end_child(pid);
	EXPECT_EQ(-1, ioctl(pidfd, PIDFD_GET_DC_NAMESPACE, 0));
	EXPECT_EQ(ESRCH, errno);
	close(fd);
	close(pidfd);
}

/* Making namespaces */

TEST_F(ns, unshare_makes_a_new_one)
{
	ino_t first;

	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	first = own_inode();
	EXPECT_NE(0, first);
	EXPECT_NE(self->inode, first);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	EXPECT_NE(first, own_inode());
}

TEST_F(ns, unshare_of_other_types_keeps_it)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	EXPECT_EQ(self->inode, own_inode());
}

TEST_F(ns, unshare_refuses_other_signal_bits)
{
	for (int bit = 0x01; bit <= 0x20; bit <<= 1) {
		EXPECT_EQ(-1, unshare(bit));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(self->inode, own_inode());
}

TEST_F(ns, child_inherits_it)
{
	pid_t pid;
	ino_t new;

	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	new = own_inode();
	pid = fork();
	ASSERT_LE(0, pid);
	if (pid == 0)
		_exit(own_inode() == new ? 0 : 1);
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(ns, clone3_makes_a_new_one)
{
	pid_t pid = clone3(CLONE_NEWDC, SIGCHLD);

	ASSERT_LE(0, pid);
	if (pid == 0)
		_exit(own_inode() && own_inode() != self->inode ? 0 : 1);
	EXPECT_EQ(0, status_of(pid));
	EXPECT_EQ(self->inode, own_inode());
}

TEST_F(ns, clone3_refuses_other_signal_bits)
{
	for (int bit = 0x01; bit <= 0x20; bit <<= 1) {
		EXPECT_EQ(-1, clone3(bit, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, clone3(CLONE_NEWDC | bit, 0));
		EXPECT_EQ(EINVAL, errno);
	}
}

/* To clone() the bit is part of the exit signal, here 0x40 | 0x11. */
TEST_F(ns, clone_takes_the_flag_for_a_signal)
{
	pid_t pid = syscall(__NR_clone, CLONE_NEWDC | SIGCHLD, 0, 0, 0, 0);
	int status;

	ASSERT_LE(0, pid);
	if (pid == 0)
		_exit(own_inode() == self->inode ? 0 : 1);
	EXPECT_EQ(-1, waitpid(pid, &status, 0));
	EXPECT_EQ(ECHILD, errno);
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	EXPECT_EQ(0, status);
}

static void *thread_unshare(void *inode)
{
	if (unshare(CLONE_NEWDC))
		return NULL;
	*(ino_t *)inode = own_inode();
	return inode;
}

TEST_F(ns, threads_may_differ)
{
	pthread_t thread;
	ino_t inode = 0;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_unshare, &inode));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	ASSERT_NE(NULL, ret);
	EXPECT_NE(0, inode);
	EXPECT_NE(self->inode, inode);
	EXPECT_EQ(self->inode, own_inode());
}

/* Joining namespaces */

TEST_F(ns, setns_by_descriptor_joins)
{
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	ASSERT_NE(self->inode, own_inode());
	ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));
	EXPECT_EQ(self->inode, own_inode());
	EXPECT_EQ(0, setns(self->home, CLONE_NEWDC));
	EXPECT_EQ(0, setns(self->home, 0));
	EXPECT_EQ(self->inode, own_inode());
}

TEST_F(ns, setns_checks_the_type)
{
	EXPECT_EQ(-1, setns(self->home, CLONE_NEWNS));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setns(self->home, CLONE_NEWDC | CLONE_NEWNS));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(ns, setns_by_pidfd_joins)
{
	pid_t pid = child_in_new(CLONE_NEWDC | CLONE_NEWNS);
	int pidfd, fd;
	ino_t mnt;

	ASSERT_LT(0, pid);
	pidfd = pidfd_open(pid);
	ASSERT_LE(0, pidfd);
	fd = open_ns(pid, "dc");
	ASSERT_LE(0, fd);
	mnt = inode_at("/proc/self/ns/mnt");

	ASSERT_EQ(0, setns(pidfd, CLONE_NEWDC));
	EXPECT_EQ(inode_of(fd), own_inode());
	EXPECT_EQ(mnt, inode_at("/proc/self/ns/mnt"));
	ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));

	ASSERT_EQ(0, setns(pidfd, CLONE_NEWDC | CLONE_NEWNS));
	EXPECT_EQ(inode_of(fd), own_inode());
	EXPECT_NE(mnt, inode_at("/proc/self/ns/mnt"));

	kill(pid, SIGKILL);
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	EXPECT_EQ(-1, setns(pidfd, CLONE_NEWDC));
	EXPECT_EQ(ESRCH, errno);
	waitpid(pid, NULL, 0);
	close(fd);
	close(pidfd);
}

/* Who may */

TEST_F(ns, making_needs_cap_sys_admin)
{
	ASSERT_EQ(0, become_nobody());
	EXPECT_EQ(-1, unshare(CLONE_NEWDC));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, clone3(CLONE_NEWDC, SIGCHLD));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(self->inode, own_inode());
}

TEST_F(ns, owner_of_a_user_namespace_may)
{
	ino_t first;

	ASSERT_EQ(0, become_nobody());
	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWDC));
	first = own_inode();
	EXPECT_NE(self->inode, first);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	EXPECT_NE(first, own_inode());
}

TEST_F(ns, joining_needs_privilege_over_its_owner)
{
	/* All capabilities, but not over the initial user namespace. */
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-1, setns(self->home, CLONE_NEWDC));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(ns, joining_needs_privilege_over_ones_own)
{
	pid_t pid;
	int fd;

	/* The creator of a user namespace has all capabilities over it. */
	ASSERT_EQ(0, become_nobody());
	pid = child_in_new(CLONE_NEWUSER | CLONE_NEWDC);
	ASSERT_LT(0, pid);
	fd = open_ns(pid, "dc");
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, setns(fd, CLONE_NEWDC));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(self->inode, own_inode());
	end_child(pid);
	close(fd);
}

TEST_F(ns, joining_with_its_user_namespace_is_allowed)
{
	int pidfd, fd;
	pid_t pid;

	ASSERT_EQ(0, become_nobody());
	pid = child_in_new(CLONE_NEWUSER | CLONE_NEWDC);
	ASSERT_LT(0, pid);
	fd = open_ns(pid, "dc");
	ASSERT_LE(0, fd);
	pidfd = pidfd_open(pid);
	ASSERT_LE(0, pidfd);
	ASSERT_EQ(0, setns(pidfd, CLONE_NEWUSER | CLONE_NEWDC));
	EXPECT_EQ(inode_of(fd), own_inode());
	end_child(pid);
	close(fd);
	close(pidfd);
}

/* How many */

/* A user namespace of its own, so that limits concern nobody else. */
FIXTURE(ns_limit)
{
	int home;
};

FIXTURE_SETUP(ns_limit)
{
	if (access("/proc/self/ns/dc", F_OK))
		SKIP(return, "the kernel has no DC namespaces");
	if (geteuid() != 0)
		SKIP(return, "needs root");
	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWDC));
	ASSERT_EQ(0, write_file("/proc/self/uid_map", "0 0 1"));
	ASSERT_EQ(0, write_file("/proc/self/setgroups", "deny"));
	ASSERT_EQ(0, write_file("/proc/self/gid_map", "0 0 1"));
	self->home = open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(ns_limit)
{
	close(self->home);
}

TEST_F(ns_limit, refuses_one_more)
{
	ino_t inode = own_inode();

	/* @home is the first. */
	ASSERT_EQ(0, write_file(LIMIT, "2"));
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	inode = own_inode();
	EXPECT_EQ(-1, unshare(CLONE_NEWDC));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, clone3(CLONE_NEWDC, SIGCHLD));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(inode, own_inode());
}

/* Freeing takes a moment, which must not show. */
TEST_F(ns_limit, one_less_makes_room_at_once)
{
	ASSERT_EQ(0, write_file(LIMIT, "2"));
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, unshare(CLONE_NEWDC))
			TH_LOG("round %d: %s", i, strerror(errno));
		ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));
	}
}

TEST_F(ns_limit, counts_those_of_nested_user_namespaces)
{
	ASSERT_EQ(0, write_file(LIMIT, "1"));
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_EQ(-1, unshare(CLONE_NEWDC));
	EXPECT_EQ(ENOSPC, errno);
}

TEST_F(ns_limit, is_a_limit_of_its_own)
{
	char text[32] = {};
	int fd;

	/* Two tables must agree on the order of the limits. */
	ASSERT_EQ(0, write_file(LIMIT, "7"));
	fd = open("/proc/sys/user/max_time_namespaces", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_STRNE("7\n", text);
	close(fd);
	ASSERT_EQ(0, write_file("/proc/sys/user/max_time_namespaces", "0"));
	EXPECT_EQ(0, unshare(CLONE_NEWDC));
}

/* How long */

TEST_F(ns_limit, descriptor_keeps_it_alive)
{
	pid_t pid;
	ino_t inode;
	int fd;

	ASSERT_EQ(0, write_file(LIMIT, "2"));
	pid = child_in_new(CLONE_NEWDC);
	ASSERT_LT(0, pid);
	fd = open_ns(pid, "dc");
	ASSERT_LE(0, fd);
	inode = inode_of(fd);
	end_child(pid);

	EXPECT_EQ(-1, unshare(CLONE_NEWDC));
	EXPECT_EQ(ENOSPC, errno);
	ASSERT_EQ(0, setns(fd, CLONE_NEWDC));
	EXPECT_EQ(inode, own_inode());
	ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));
	close(fd);
	EXPECT_EQ(0, unshare(CLONE_NEWDC));
}

TEST_F(ns_limit, endpoint_keeps_it_alive)
{
	int epfd;

	ASSERT_EQ(0, write_file(LIMIT, "2"));
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	epfd = bind_any();
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));

	EXPECT_EQ(-1, unshare(CLONE_NEWDC));
	EXPECT_EQ(ENOSPC, errno);
	close(epfd);
	EXPECT_EQ(0, unshare(CLONE_NEWDC));
}

/* What lives in it */

TEST_F(ns, endpoint_stays_where_it_was_made)
{
	int epfd, before = dvs_endpoints(-1);

	ASSERT_LE(0, before);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	EXPECT_EQ(0, dvs_endpoints(-1));
	epfd = bind_any();
	ASSERT_LE(0, epfd);
	EXPECT_EQ(1, dvs_endpoints(-1));

	ASSERT_EQ(0, setns(self->home, CLONE_NEWDC));
	EXPECT_EQ(before, dvs_endpoints(-1));
	EXPECT_EQ(1, dvs_endpoints(epfd));
	close(epfd);
}

TEST_F(ns, one_process_serves_several)
{
	int first, second;

	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	first = bind_any();
	ASSERT_LE(0, first);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	second = bind_any();
	ASSERT_LE(0, second);
	EXPECT_EQ(1, dvs_endpoints(first));
	EXPECT_EQ(1, dvs_endpoints(second));
	close(first);
	EXPECT_EQ(1, dvs_endpoints(second));
	close(second);
}

/* The child of a process in a new pid namespace: a server and a client. */
static int pid_seen_by_server(void)
{
	struct dvs_receive_args receive = {};
	struct dvs_bind_args bind = { .slot = DVS_SLOT_ANY };
	int epfd = sys_dvs_bind(&bind, sizeof(bind));
	pid_t pid;

	if (epfd < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		struct dvs_send_args send = { .destination = bind.endpoint };
		int own = bind_any();

		_exit(own < 0 || sys_dvs_send(own, &send, sizeof(send)));
	}
	if (pid < 0 || sys_dvs_receive(epfd, &receive, sizeof(receive)))
		return 0;
	return status_of(pid) == 0 && receive.pid == pid ? receive.pid : 0;
}

TEST_F(ns, pids_are_those_of_the_pid_namespace_made_with_it)
{
	pid_t pid;

	ASSERT_EQ(0, unshare(CLONE_NEWPID | CLONE_NEWDC));
	pid = fork();
	ASSERT_LE(0, pid);
	/* Number 1 is the server, number 2 the client. */
	if (pid == 0)
		_exit(pid_seen_by_server() == 2 ? 0 : 1);
	EXPECT_EQ(0, status_of(pid));
}

TEST_HARNESS_MAIN
