// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family, continued: containers, attaching, slot maps, and who sees
 * what.
 */
#include <poll.h>

#include "common.h"
#include "veth.h"

#define DCID		42
#define OTHER		43
#define NAME		"blue"
#define PORT		7100
#define LOOPBACK	"127.0.0.1"
#define NOBODY		65534

/* A node in a view of its own that knows a container with all slots */
FIXTURE(container)
{
	struct netlink nl;
	int dc;		/* an own DC namespace */
};

static const struct test_range everything[] = { { 1, 65535, 1, 1, 1, 65536 } };

static int this_dc(void)
{
	return open("/proc/self/ns/dc", O_RDONLY | O_CLOEXEC);
}

static int new_dc(void)
{
	return unshare(CLONE_NEWDC) ? -errno : this_dc();
}

FIXTURE_SETUP(container)
{
	static const struct test_member self_only[] = { { 1, 1 } };

	if (unshare(CLONE_NEWNET) || unshare(CLONE_NEWDC))
		SKIP(return, "needs CONFIG_DVS and root");
	self->dc = this_dc();
	ASSERT_LE(0, self->dc);
	ASSERT_EQ(0, veth_set_up("lo", 1));
	if (netlink_open(&self->nl) == -ENOENT)
		SKIP(return, "needs CONFIG_DVS");
	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, self_only, 1));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, self_only, 1));
	ASSERT_EQ(0, test_dc_new(&self->nl, DCID, NAME, 0, 0));
	ASSERT_EQ(0, test_slots_set(&self->nl, DCID, 1, true, everything, 1));
}

FIXTURE_TEARDOWN(container)
{
	close(self->dc);
	netlink_close(&self->nl);
}

static int drop_privileges(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ? -errno : 0;
}

/*
 * dc-new, dc-get, dc-del
 */

TEST_F(container, dc_get_says_what_is_known)
{
	ASSERT_EQ(0, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(DCID, reply_uint(&self->nl, DVS_A_DC_DCID));
	EXPECT_STREQ(NAME, reply_string(&self->nl, DVS_A_DC_NAME));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_DC_ATTACHED));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_DC_MAP_VERSION));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_DC_ENDPOINTS));
	EXPECT_LT(0, reply_uint(&self->nl, DVS_A_DC_ENDPOINT_LIMIT));
}

TEST_F(container, dc_new_again_changes_the_limits_it_names)
{
	ASSERT_EQ(0, test_dc_new(&self->nl, DCID, NAME, 11, 12));
	ASSERT_EQ(0, test_dc_new(&self->nl, DCID, NAME, 0, 13));
	ASSERT_EQ(0, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(11, reply_uint(&self->nl, DVS_A_DC_ENDPOINT_LIMIT));
	EXPECT_EQ(13, reply_uint(&self->nl, DVS_A_DC_CALL_LIMIT));
}

TEST_F(container, another_name_for_a_container_is_EEXIST)
{
	EXPECT_EQ(-EEXIST, test_dc_new(&self->nl, DCID, "green", 0, 0));
}

TEST_F(container, names_and_numbers_that_can_not_be_are_refused)
{
	char name[100];

	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, 0, NAME, 0, 0));
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, "", 0, 0));
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, "two words", 0, 0));
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, "line\n", 0, 0));
	memset(name, 'x', sizeof(name));
	name[DVS_DC_NAME_MAX + 1] = '\0';
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, name, 0, 0));
	name[DVS_DC_NAME_MAX] = '\0';
	EXPECT_EQ(0, test_dc_new(&self->nl, OTHER, name, 0, 0));
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, name, 1U << 31, 0));
	EXPECT_EQ(-EINVAL, test_dc_new(&self->nl, OTHER, name, 0, ~0U));
}

TEST_F(container, a_limit_of_0_is_EINVAL)
{
	struct request r;

	request_begin(&r, &self->nl, DVS_CMD_DC_NEW);
	request_uint(&r, DVS_A_DC_DCID, DCID);
	request_string(&r, DVS_A_DC_NAME, NAME);
	request_u32(&r, DVS_A_DC_CALL_LIMIT, 0);
	EXPECT_EQ(-EINVAL, netlink_do(&self->nl, &r));
}

TEST_F(container, an_unknown_container_is_ENOENT)
{
	EXPECT_EQ(-ENOENT, test_dc_get(&self->nl, OTHER));
	EXPECT_EQ(-ENOENT, test_dc_del(&self->nl, OTHER));
	EXPECT_EQ(-ENOENT, test_dc_attach(&self->nl, OTHER, self->dc));
	EXPECT_EQ(-ENOENT, test_slots_set(&self->nl, OTHER, 1, false, everything, 1));
	EXPECT_EQ(-ENOENT, test_claim_get(&self->nl, OTHER, 80));
	EXPECT_EQ(-ENOENT, test_claim_refuse(&self->nl, OTHER, 80, EADDRINUSE));
}

TEST_F(container, a_deleted_container_is_unknown)
{
	ASSERT_EQ(0, test_dc_del(&self->nl, DCID));
	EXPECT_EQ(-ENOENT, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(-ENOENT, test_dc_del(&self->nl, DCID));
}

TEST_F(container, the_largest_number_is_as_good)
{
	ASSERT_EQ(0, test_dc_new(&self->nl, ~0ULL, "last", 0, 0));
	ASSERT_EQ(0, test_dc_get(&self->nl, ~0ULL));
	EXPECT_EQ(~0ULL, reply_uint(&self->nl, DVS_A_DC_DCID));
}

static int count(const struct genlmsghdr *message, size_t length, void *data)
{
	(void)message;
	(void)length;
	++*(int *)data;
	return 0;
}

static int dump_count(struct netlink *nl, __u8 command)
{
	struct request r;
	int messages = 0;

	request_begin(&r, nl, command);
	return netlink_dump(nl, &r, count, &messages) ?: messages;
}

TEST_F(container, a_dump_shows_many_containers_each_once)
{
	for (int i = 1; i < 300; i++)
		ASSERT_EQ(0, test_dc_new(&self->nl, (1ULL << 40) * i, "many", 0, 0));
	ASSERT_EQ(0, test_dc_new(&self->nl, ~0ULL, "last", 0, 0));
	EXPECT_EQ(301, dump_count(&self->nl, DVS_CMD_DC_GET));
}

/*
 * dc-attach
 */

TEST_F(container, an_attached_namespace_is_the_container)
{
	struct dvs_info in;
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	in = info(epfd);
	EXPECT_EQ(DCID, in.dcid);
	EXPECT_EQ(1, in.node);
	ASSERT_EQ(0, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_DC_ATTACHED));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_DC_ENDPOINTS));
	close(epfd);
}

TEST_F(container, an_attached_namespace_is_EBUSY)
{
	ASSERT_EQ(0, test_dc_new(&self->nl, OTHER, "green", 0, 0));
	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	EXPECT_EQ(-EBUSY, test_dc_attach(&self->nl, DCID, self->dc));
	EXPECT_EQ(-EBUSY, test_dc_attach(&self->nl, OTHER, self->dc));
}

TEST_F(container, a_second_namespace_is_EBUSY)
{
	int second;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	second = new_dc();
	ASSERT_LE(0, second);
	EXPECT_EQ(-EBUSY, test_dc_attach(&self->nl, DCID, second));
	close(second);
}

TEST_F(container, a_namespace_with_endpoints_is_EBUSY)
{
	int epfd = bind_slot(DVS_SLOT_ANY, NULL);

	ASSERT_LE(0, epfd);
	EXPECT_EQ(-EBUSY, test_dc_attach(&self->nl, DCID, self->dc));
	close(epfd);
	EXPECT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
}

TEST_F(container, the_initial_namespace_is_EPERM)
{
	int initial = open("/proc/1/ns/dc", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, initial);
	EXPECT_EQ(-EPERM, test_dc_attach(&self->nl, DCID, initial));
	close(initial);
}

TEST_F(container, what_is_no_DC_namespace_is_EINVAL_or_EBADF)
{
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(-EINVAL, test_dc_attach(&self->nl, DCID, net));
	EXPECT_EQ(-EINVAL, test_dc_attach(&self->nl, DCID, null));
	EXPECT_EQ(-EBADF, test_dc_attach(&self->nl, DCID, 999));
	EXPECT_EQ(-EBADF, test_dc_attach(&self->nl, DCID, -1));
	close(net);
	close(null);
}

TEST_F(container, a_deleted_container_closes_its_namespace_for_good)
{
	ASSERT_EQ(0, test_dc_new(&self->nl, OTHER, "green", 0, 0));
	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	ASSERT_EQ(0, test_dc_del(&self->nl, DCID));
	EXPECT_EQ(-EIDRM, bind_slot(DVS_SLOT_ANY, NULL));
	EXPECT_EQ(-EBUSY, test_dc_attach(&self->nl, OTHER, self->dc));
}

TEST_F(container, a_deleted_node_closes_its_namespaces)
{
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, test_node_del(&self->nl));
	EXPECT_EQ(POLLHUP, POLLHUP & poll_events(epfd, PATIENCE_MS));
	EXPECT_EQ(-EIDRM, bind_slot(DVS_SLOT_ANY, NULL));
	close(epfd);
}

TEST_F(container, the_end_of_the_network_namespace_closes_its_namespaces)
{
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	netlink_close(&self->nl);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(POLLHUP, POLLHUP & poll_events(epfd, PATIENCE_MS));
	EXPECT_EQ(-EIDRM, bind_slot(DVS_SLOT_ANY, NULL));
	close(epfd);
}

TEST_F(container, limits_hold_for_the_namespace_that_is_attached)
{
	int epfd;

	ASSERT_EQ(0, test_dc_new(&self->nl, DCID, NAME, 1, 0));
	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	EXPECT_EQ(-EDQUOT, bind_slot(DVS_SLOT_ANY, NULL));
	close(epfd);
}

/*
 * slot-set, slot-get
 */

struct slots {
	unsigned int ranges;
	unsigned int slots;
	__u64 version;
	struct test_range last;
};

static int add_slots(const struct genlmsghdr *message, size_t length, void *data)
{
	const struct nlattr *range = attribute(message, length, DVS_A_SLOTS_RANGES);
	struct slots *slots = data;

	slots->version = attribute_uint(message, length, DVS_A_SLOTS_VERSION);
	for (; range; range = attribute_next(message, length, range)) {
		slots->last = (struct test_range){
			.first = nested_uint(range, DVS_A_RANGE_FIRST),
			.last = nested_uint(range, DVS_A_RANGE_LAST),
			.node = nested_uint(range, DVS_A_RANGE_NODE),
			.epoch = nested_uint(range, DVS_A_RANGE_EPOCH),
			.floor = nested_uint(range, DVS_A_RANGE_GENERATION_FLOOR),
			.ceiling = nested_uint(range, DVS_A_RANGE_GENERATION_CEILING),
		};
		slots->ranges++;
		slots->slots += slots->last.last - slots->last.first + 1;
	}
	return 0;
}

static int slots_get(struct netlink *nl, __u64 dcid, struct slots *slots)
{
	struct request r;

	memset(slots, 0, sizeof(*slots));
	request_begin(&r, nl, DVS_CMD_SLOT_GET);
	request_uint(&r, DVS_A_SLOTS_DCID, dcid);
	return netlink_dump(nl, &r, add_slots, slots);
}

TEST_F(container, slot_get_says_what_slot_set_said)
{
	static const struct test_range given = { 100, 65535, 65535, 0x123456789abULL, 3, 65536 };
	struct slots slots;

	ASSERT_EQ(0, test_slots_set(&self->nl, DCID, 1ULL << 40, true, &given, 1));
	ASSERT_EQ(0, slots_get(&self->nl, DCID, &slots));
	EXPECT_EQ(1ULL << 40, slots.version);
	EXPECT_EQ(1, slots.ranges);
	EXPECT_EQ(0, memcmp(&given, &slots.last, sizeof(given)));
}

TEST_F(container, an_empty_map_has_a_version)
{
	struct slots slots;

	ASSERT_EQ(0, test_slots_set(&self->nl, DCID, 2, true, NULL, 0));
	ASSERT_EQ(0, slots_get(&self->nl, DCID, &slots));
	EXPECT_EQ(2, slots.version);
	EXPECT_EQ(0, slots.ranges);
}

TEST_F(container, slot_get_needs_a_known_container)
{
	struct slots slots;

	EXPECT_EQ(-ENOENT, slots_get(&self->nl, OTHER, &slots));
	EXPECT_EQ(-EINVAL, dump_count(&self->nl, DVS_CMD_SLOT_GET));
}

TEST_F(container, a_map_of_many_ranges_is_dumped_whole)
{
	struct test_range ranges[500];
	struct slots slots;

	for (unsigned int i = 0; i < 4000; i += 500) {
		for (unsigned int j = 0; j < 500; j++)
			ranges[j] = (struct test_range){
				1 + 3 * (i + j), 1 + 3 * (i + j), 2, 1, 1, 9
			};
		ASSERT_EQ(0, test_slots_set(&self->nl, DCID, 2 + i, !i, ranges, 500));
	}
	ASSERT_EQ(0, slots_get(&self->nl, DCID, &slots));
	EXPECT_EQ(4000, slots.ranges);
	EXPECT_EQ(4000, slots.slots);
}

TEST_F(container, map_versions_only_grow)
{
	EXPECT_EQ(-ESTALE, test_slots_set(&self->nl, DCID, 1, false, everything, 1));
	EXPECT_EQ(-ESTALE, test_slots_set(&self->nl, DCID, 0, false, everything, 1));
	EXPECT_EQ(0, test_slots_set(&self->nl, DCID, 2, false, everything, 1));
}

TEST_F(container, ranges_that_can_not_be_are_refused)
{
	static const struct {
		struct test_range range;
		int error;
	} bad[] = {
		{ { 0, 5, 1, 1, 1, 2 }, -ERANGE },
		{ { 5, 65536, 1, 1, 1, 2 }, -ERANGE },
		{ { 5, 6, 65536, 1, 1, 2 }, -ERANGE },
		{ { 5, 6, 1, 1, 0, 2 }, -ERANGE },
		{ { 5, 6, 1, 1, 1, 65537 }, -ERANGE },
		{ { 6, 5, 1, 1, 1, 2 }, -EINVAL },
		{ { 5, 6, 1, 1, 2, 2 }, -EINVAL },
	};
	static const struct test_range overlap[] = { { 1, 5, 1, 1, 1, 2 }, { 5, 6, 1, 1, 1, 2 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].error,
			  test_slots_set(&self->nl, DCID, 2, false, &bad[i].range, 1)) {
			TH_LOG("range %u", i);
		}
	}
	EXPECT_EQ(-EINVAL, test_slots_set(&self->nl, DCID, 2, false, overlap, 2));
}

TEST_F(container, a_range_lacks_nothing)
{
	for (__u16 missing = DVS_A_RANGE_FIRST; missing <= DVS_A_RANGE_GENERATION_CEILING;
	     missing++) {
		struct request r;
		size_t nest;

		request_begin(&r, &self->nl, DVS_CMD_SLOT_SET);
		request_uint(&r, DVS_A_SLOTS_DCID, DCID);
		request_uint(&r, DVS_A_SLOTS_VERSION, 2);
		nest = request_nest(&r, DVS_A_SLOTS_RANGES);
		for (__u16 type = DVS_A_RANGE_FIRST; type <= DVS_A_RANGE_GENERATION_CEILING; type++)
			if (type != missing)
				request_u32(&r, type,
					    type == DVS_A_RANGE_GENERATION_CEILING ? 2 : 1);
		request_end(&r, nest);
		EXPECT_EQ(-EINVAL, netlink_do(&self->nl, &r)) {
			TH_LOG("attribute %u", missing);
		}
	}
}

/*
 * endpoint-get, and who sees what
 */

struct endpoints {
	int count;
	__u64 dcid;
	__u32 number;
	int pid;
	__u32 uid;
	char comm[17];
};

static int add_endpoint(const struct genlmsghdr *message, size_t length, void *data)
{
	struct endpoints *endpoints = data;

	endpoints->count++;
	endpoints->dcid = attribute_uint(message, length, DVS_A_ENDPOINT_DCID);
	endpoints->number = attribute_uint(message, length, DVS_A_ENDPOINT_ENDPOINT);
	endpoints->pid = attribute_uint(message, length, DVS_A_ENDPOINT_PID);
	endpoints->uid = attribute_uint(message, length, DVS_A_ENDPOINT_UID);
	strncpy(endpoints->comm, attribute_string(message, length, DVS_A_ENDPOINT_COMM),
		sizeof(endpoints->comm) - 1);
	return 0;
}

/* Endpoints of a container, or of all with ~0 */
static int endpoints_get(struct netlink *nl, __u64 dcid, struct endpoints *endpoints)
{
	struct request r;

	memset(endpoints, 0, sizeof(*endpoints));
	request_begin(&r, nl, DVS_CMD_ENDPOINT_GET);
	if (dcid != ~0ULL)
		request_uint(&r, DVS_A_ENDPOINT_DCID, dcid);
	return netlink_dump(nl, &r, add_endpoint, endpoints) ?: endpoints->count;
}

TEST_F(container, an_endpoint_is_described)
{
	struct endpoints seen;
	__u32 number;
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(2000, &number);
	ASSERT_LE(0, epfd);
	EXPECT_EQ(1, endpoints_get(&self->nl, DCID, &seen));
	EXPECT_EQ(DCID, seen.dcid);
	EXPECT_EQ(number, seen.number);
	EXPECT_EQ(getpid(), seen.pid);
	EXPECT_EQ(0, seen.uid);
	EXPECT_STRNE("", seen.comm);
	EXPECT_EQ(0, endpoints_get(&self->nl, OTHER, &seen));
	close(epfd);
}

TEST_F(container, endpoints_of_a_local_container_have_dcid_0)
{
	int epfd = bind_slot(DVS_SLOT_ANY, NULL);
	struct endpoints seen;

	ASSERT_LE(0, epfd);
	EXPECT_EQ(1, endpoints_get(&self->nl, ~0ULL, &seen));
	EXPECT_EQ(0, seen.dcid);
	EXPECT_EQ(1, endpoints_get(&self->nl, 0, &seen));
	EXPECT_EQ(0, endpoints_get(&self->nl, DCID, &seen));
	close(epfd);
}

TEST_F(container, a_dump_shows_many_endpoints_each_once)
{
	struct rlimit files = { 4096, 4096 };
	struct endpoints seen;
	int epfds[1000];

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++) {
		epfds[i] = bind_slot(DVS_SLOT_ANY, NULL);
		ASSERT_LE(0, epfds[i]);
	}
	EXPECT_EQ(1000, endpoints_get(&self->nl, ~0ULL, &seen));
	for (unsigned int i = 0; i < ARRAY_SIZE(epfds); i++)
		close(epfds[i]);
}

TEST_F(container, an_administrator_sees_all_containers_of_the_node)
{
	struct endpoints seen;
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	close(new_dc());
	EXPECT_EQ(1, endpoints_get(&self->nl, ~0ULL, &seen));
	EXPECT_EQ(1, dump_count(&self->nl, DVS_CMD_DC_GET));
	EXPECT_EQ(0, test_dc_get(&self->nl, DCID));
	close(epfd);
}

TEST_F(container, without_privilege_one_sees_ones_own_container)
{
	struct endpoints seen;
	int epfd;

	ASSERT_EQ(0, test_dc_new(&self->nl, OTHER, "green", 0, 0));
	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, drop_privileges());
	EXPECT_EQ(0, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(-ENOENT, test_dc_get(&self->nl, OTHER));
	EXPECT_EQ(1, dump_count(&self->nl, DVS_CMD_DC_GET));
	EXPECT_EQ(1, endpoints_get(&self->nl, ~0ULL, &seen));
	close(epfd);
}

TEST_F(container, without_privilege_one_does_not_see_others)
{
	struct endpoints seen;
	int epfd;

	ASSERT_EQ(0, test_dc_attach(&self->nl, DCID, self->dc));
	epfd = bind_slot(DVS_SLOT_ANY, NULL);
	ASSERT_LE(0, epfd);
	close(new_dc());
	ASSERT_EQ(0, drop_privileges());
	EXPECT_EQ(-ENOENT, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(0, dump_count(&self->nl, DVS_CMD_DC_GET));
	EXPECT_EQ(0, endpoints_get(&self->nl, ~0ULL, &seen));
	EXPECT_EQ(0, endpoints_get(&self->nl, DCID, &seen));
	close(epfd);
}

TEST_HARNESS_MAIN
