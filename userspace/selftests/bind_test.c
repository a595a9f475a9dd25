// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dvs_bind(): slots, their generations, and the descriptor it returns. Waiting
 * for the cluster is in claim_test.c.
 */
#include <linux/capability.h>
#include <sys/socket.h>

#include "common.h"

FIXTURE(bind)
{
	struct world world;
};

FIXTURE_VARIANT(bind)
{
	bool remote;
};

FIXTURE_VARIANT_ADD(bind, local)
{
	.remote = false,
};

FIXTURE_VARIANT_ADD(bind, remote)
{
	.remote = true,
};

FIXTURE_SETUP(bind)
{
	int error = world_create(&self->world, variant->remote);

	if (error == -EOPNOTSUPP || error == -EPERM)
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, world_enter(&self->world, SERVER));
}

FIXTURE_TEARDOWN(bind)
{
	if (_metadata->exit_code == KSFT_PASS)
		EXPECT_TRUE(world_empty(&self->world));
	world_destroy(&self->world);
}

TEST_F(bind, a_given_slot_is_taken)
{
	__u32 number = 0;
	int epfd = bind_slot(SERVER_SLOT, &number);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(SERVER_SLOT, DVS_SLOT(number));
	EXPECT_NE(0, DVS_GENERATION(number));
	EXPECT_EQ(number, info(epfd).endpoint);
	close(epfd);
}

TEST_F(bind, any_slot_is_a_dynamic_one)
{
	__u32 first = 0, second = 0;
	int one = bind_slot(DVS_SLOT_ANY, &first);
	int two = bind_slot(DVS_SLOT_ANY, &second);

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_LE(DVS_SLOT_DYNAMIC_FIRST, DVS_SLOT(first));
	EXPECT_LE(DVS_SLOT_DYNAMIC_FIRST, DVS_SLOT(second));
	EXPECT_NE(DVS_SLOT(first), DVS_SLOT(second));
	close(one);
	close(two);
}

TEST_F(bind, a_dynamic_slot_can_be_given)
{
	__u32 number = 0;
	int epfd = bind_slot(SERVER_UNBOUND, &number);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(SERVER_UNBOUND, DVS_SLOT(number));
	close(epfd);
}

TEST_F(bind, a_bound_slot_is_in_use)
{
	int epfd = bind_slot(SERVER_SLOT, NULL);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(-EADDRINUSE, bind_slot(SERVER_SLOT, NULL));
	close(epfd);
}

static void drop_net_bind_service(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	syscall(SYS_capget, &header, data);
	data[0].effective &= ~(1U << CAP_NET_BIND_SERVICE);
	syscall(SYS_capset, &header, data);
}

TEST_F(bind, a_well_known_slot_needs_cap_net_bind_service)
{
	int epfd;

	drop_net_bind_service();
	EXPECT_EQ(-EPERM, bind_slot(SERVER_SLOT, NULL));
	EXPECT_EQ(-EPERM, bind_slot(DVS_SLOT_DYNAMIC_FIRST - 1, NULL));
	epfd = bind_slot(DVS_SLOT_DYNAMIC_FIRST, NULL);
	EXPECT_LE(0, epfd);
	close(epfd);
}

static int bind_in_new_user_namespace(struct job *job)
{
	if (unshare(CLONE_NEWUSER))
		return -errno;
	return bind_slot(job->bind.slot, NULL);
}

TEST_F(bind, that_capability_is_needed_in_the_containers_user_namespace)
{
	struct job *job = job_new();

	job->bind.slot = SERVER_SLOT;
	ASSERT_NE(NULL, job_start(job, -1, bind_in_new_user_namespace));
	EXPECT_EQ(-EPERM, job_result(job));
}

static int bind_in_own_container(struct job *job)
{
	if (unshare(CLONE_NEWUSER) || unshare(CLONE_NEWDC))
		return -errno;
	return bind_slot(job->bind.slot, NULL) < 0 ? -errno : 0;
}

TEST_F(bind, who_makes_a_container_may_bind_well_known_slots_in_it)
{
	struct job *job = job_new();

	job->bind.slot = SERVER_SLOT;
	ASSERT_NE(NULL, job_start(job, -1, bind_in_own_container));
	EXPECT_EQ(0, job_result(job));
}

TEST_F(bind, unknown_flags_are_refused)
{
	for (int bit = 0; bit < 64; bit++) {
		struct dvs_bind_args args = { .flags = 1ULL << bit };

		EXPECT_EQ(-EINVAL, sys_dvs_bind(&args, sizeof(args)));
	}
}

TEST_F(bind, reserved_fields_are_refused)
{
	struct dvs_bind_args args = { .reserved = 1 };

	EXPECT_EQ(-EINVAL, sys_dvs_bind(&args, sizeof(args)));
}

TEST_F(bind, slots_end_at_65535)
{
	struct dvs_bind_args args = { .slot = DVS_SLOT_MAX + 1 };

	EXPECT_EQ(-EINVAL, sys_dvs_bind(&args, sizeof(args)));
	args.slot = ~0U;
	EXPECT_EQ(-EINVAL, sys_dvs_bind(&args, sizeof(args)));
}

TEST_F(bind, without_a_free_descriptor_nothing_is_bound)
{
	struct rlimit limit = {};

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, bind_slot(SERVER_SLOT, NULL));
	limit.rlim_cur = limit.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, info(-1).endpoints);
}

TEST_F(bind, without_a_place_for_the_number_nothing_is_bound)
{
	struct dvs_bind_args *args = readonly_memory();

	EXPECT_EQ(-EFAULT, sys_dvs_bind(args, sizeof(*args)));
	EXPECT_EQ(0, info(-1).endpoints);
}

TEST_F(bind, the_descriptor_closes_on_exec)
{
	int epfd = bind_slot(DVS_SLOT_ANY, NULL);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(epfd, F_GETFD));
	close(epfd);
}

TEST_F(bind, the_last_close_unbinds)
{
	__u32 number = 0;
	int other = bind_slot(DVS_SLOT_ANY, NULL);
	int epfd = bind_slot(SERVER_SLOT, &number);
	int copy = dup(epfd);

	ASSERT_LE(0, epfd);
	close(epfd);
	EXPECT_EQ(-EAGAIN, send_now(other, number, 0));
	close(copy);
	EXPECT_EQ(-ENXIO, send_now(other, SERVER_SLOT, 0));
	close(other);
}

TEST_F(bind, a_child_inherits_the_endpoint)
{
	struct dvs_receive_args m;
	struct job *job;
	__u32 number = 0;
	int other = bind_slot(DVS_SLOT_ANY, NULL);
	int epfd = bind_slot(SERVER_SLOT, &number);

	ASSERT_LE(0, epfd);
	job = start_receive(epfd, 0, 0);
	ASSERT_TRUE(job_blocked(job));
	close(epfd);
	EXPECT_EQ(0, send_now(other, number, 5));
	EXPECT_EQ(0, job_result(job));
	EXPECT_EQ(5, job->receive.msg.type);
	EXPECT_EQ(-ENXIO, send_now(other, SERVER_SLOT, 0));
	EXPECT_EQ(-EAGAIN, take_now(other, &m));
	close(other);
}

static int pass_descriptor(int socket, int fd)
{
	char data = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = &data, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int passed_descriptor(int socket)
{
	char data, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = &data, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

TEST_F(bind, the_descriptor_can_be_passed)
{
	int sockets[2], epfd, other, passed;
	__u32 number = 0;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	other = bind_slot(DVS_SLOT_ANY, NULL);
	epfd = bind_slot(SERVER_SLOT, &number);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, pass_descriptor(sockets[0], epfd));
	close(epfd);
	EXPECT_EQ(-EAGAIN, send_now(other, number, 0));
	passed = passed_descriptor(sockets[1]);
	EXPECT_EQ(number, info(passed).endpoint);
	close(passed);
	EXPECT_EQ(-ENXIO, send_now(other, SERVER_SLOT, 0));
	close(other);
}

TEST_F(bind, a_descriptor_that_is_never_fetched_unbinds_with_its_socket)
{
	int sockets[2], epfd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	epfd = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, pass_descriptor(sockets[0], epfd));
	close(epfd);
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_TRUE(eventually(info(-1).endpoints == 0));
}

TEST_F(bind, binding_anew_gives_a_new_generation)
{
	__u32 before = 0, after = 0;
	int other = bind_slot(DVS_SLOT_ANY, NULL);
	int epfd = bind_slot(SERVER_SLOT, &before);

	ASSERT_LE(0, epfd);
	close(epfd);
	epfd = bind_slot(SERVER_SLOT, &after);
	ASSERT_LE(0, epfd);
	EXPECT_EQ(DVS_SLOT(before), DVS_SLOT(after));
	EXPECT_LT(DVS_GENERATION(before), DVS_GENERATION(after));
	EXPECT_EQ(-ESTALE, send_now(other, before, 0));
	EXPECT_EQ(-EAGAIN, send_now(other, after, 0));
	EXPECT_EQ(-EAGAIN, send_now(other, SERVER_SLOT, 0));
	close(epfd);
	close(other);
}

TEST_F(bind, a_slot_just_left_is_not_the_next_one_given)
{
	__u32 before = 0, after = 0;
	int epfd = bind_slot(DVS_SLOT_ANY, &before);

	ASSERT_LE(0, epfd);
	close(epfd);
	epfd = bind_slot(DVS_SLOT_ANY, &after);
	ASSERT_LE(0, epfd);
	EXPECT_NE(DVS_SLOT(before), DVS_SLOT(after));
	close(epfd);
}

TEST_F(bind, an_endpoint_stays_in_the_container_it_was_made_in)
{
	int here, there;

	here = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, here);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	there = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, there);
	EXPECT_EQ(1, info(here).endpoints);
	EXPECT_EQ(1, info(there).endpoints);
	EXPECT_EQ(self->world.remote ? WORLD_DCID : 0, info(here).dcid);
	EXPECT_EQ(0, info(there).dcid);
	close(here);
	close(there);
}

TEST_F(bind, nobody_is_reached_in_another_container)
{
	int here, there;

	here = bind_slot(SERVER_SLOT, NULL);
	ASSERT_LE(0, here);
	ASSERT_EQ(0, unshare(CLONE_NEWDC));
	there = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, there);
	EXPECT_EQ(-ENXIO, send_now(there, SERVER_SLOT, 0));
	close(here);
	close(there);
}

TEST_HARNESS_MAIN
