// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family, command by command: what it does, every error, and what
 * it makes of nonsense. What views and slot maps mean for messages is tested in
 * view_test.c and claim_test.c.
 */
#include <arpa/inet.h>

#include "common.h"
#include "veth.h"

#define DCID		42
#define NAME		"blue"
#define PORT		7100
#define LOOPBACK	"127.0.0.1"
#define NOBODY		65534

/* A network namespace of its own, in which nothing is set up */
FIXTURE(family)
{
	struct netlink nl;
};

FIXTURE_SETUP(family)
{
	int error;

	if (unshare(CLONE_NEWNET) || unshare(CLONE_NEWDC))
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, veth_set_up("lo", 1));
	error = netlink_open(&self->nl);
	if (error == -ENOENT)
		SKIP(return, "needs CONFIG_DVS");
	ASSERT_EQ(0, error);
}

FIXTURE_TEARDOWN(family)
{
	netlink_close(&self->nl);
}

/* The same as node 1 that knows node 2 */
FIXTURE(node)
{
	struct netlink nl;
};

FIXTURE_SETUP(node)
{
	if (unshare(CLONE_NEWNET) || unshare(CLONE_NEWDC))
		SKIP(return, "needs CONFIG_DVS and root");
	ASSERT_EQ(0, veth_set_up("lo", 1));
	if (netlink_open(&self->nl) == -ENOENT)
		SKIP(return, "needs CONFIG_DVS");
	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	ASSERT_EQ(0, test_peer_set(&self->nl, 2, LOOPBACK, PORT + 1));
}

FIXTURE_TEARDOWN(node)
{
	netlink_close(&self->nl);
}

/* Become somebody without any privilege; the network namespace stays. */
static int drop_privileges(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ? -errno : 0;
}

/* What a command without attributes returns */
static int bare(struct netlink *nl, __u8 command)
{
	struct request r;

	request_begin(&r, nl, command);
	return netlink_do(nl, &r);
}

static int count(const struct genlmsghdr *message, size_t length, void *data)
{
	(void)message;
	(void)length;
	++*(int *)data;
	return 0;
}

/* Messages of a dump, or a negated errno */
static int dump_count(struct netlink *nl, __u8 command)
{
	struct request r;
	int messages = 0;

	request_begin(&r, nl, command);
	return netlink_dump(nl, &r, count, &messages) ?: messages;
}

/*
 * node-set, node-get, node-del
 */

TEST_F(family, no_node_before_node_set)
{
	EXPECT_EQ(-ENODEV, test_node_get(&self->nl));
	EXPECT_EQ(-ENODEV, test_node_del(&self->nl));
	EXPECT_EQ(-ENODEV, test_peer_set(&self->nl, 2, LOOPBACK, PORT));
	EXPECT_EQ(-ENODEV, test_peer_del(&self->nl, 2));
	EXPECT_EQ(-ENODEV, test_peer_get(&self->nl, 2));
	EXPECT_EQ(-ENODEV, test_view_stop(&self->nl, 1, NULL, 0));
	EXPECT_EQ(-ENODEV, test_view_start(&self->nl, 1, NULL, 0));
	EXPECT_EQ(-ENODEV, test_dc_new(&self->nl, DCID, NAME, 0, 0));
	EXPECT_EQ(-ENODEV, test_dc_del(&self->nl, DCID));
	EXPECT_EQ(-ENODEV, test_dc_get(&self->nl, DCID));
	EXPECT_EQ(-ENODEV, test_slots_set(&self->nl, DCID, 1, false, NULL, 0));
	EXPECT_EQ(-ENODEV, test_claim_get(&self->nl, DCID, 80));
	EXPECT_EQ(-ENODEV, test_claim_refuse(&self->nl, DCID, 80, EADDRINUSE));
	EXPECT_EQ(-ENODEV, dump_count(&self->nl, DVS_CMD_PEER_GET));
	EXPECT_EQ(-ENODEV, dump_count(&self->nl, DVS_CMD_CLAIM_GET));
	EXPECT_EQ(-ENODEV, dump_count(&self->nl, DVS_CMD_DC_GET));
	EXPECT_STRNE("", self->nl.message);
	EXPECT_EQ(0, dump_count(&self->nl, DVS_CMD_ENDPOINT_GET));
}

TEST_F(family, node_get_says_what_node_set_said)
{
	__u32 address = 0;

	ASSERT_EQ(0, test_node_set(&self->nl, 0x123456789abcULL, 65535, LOOPBACK, PORT));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(0x123456789abcULL, reply_uint(&self->nl, DVS_A_NODE_CLUSTER));
	EXPECT_EQ(65535, reply_uint(&self->nl, DVS_A_NODE_NODE));
	EXPECT_EQ(PORT, reply_uint(&self->nl, DVS_A_NODE_PORT));
	address = reply_uint(&self->nl, DVS_A_NODE_ADDRESS);
	EXPECT_EQ(inet_addr(LOOPBACK), address);
	EXPECT_NE(0, reply_uint(&self->nl, DVS_A_NODE_INCARNATION));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_VIEW));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_MEMBER));
}

TEST_F(family, the_same_node_set_again_changes_nothing)
{
	__u64 incarnation;

	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	ASSERT_EQ(0, test_node_get(&self->nl));
	incarnation = reply_uint(&self->nl, DVS_A_NODE_INCARNATION);
	EXPECT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(incarnation, reply_uint(&self->nl, DVS_A_NODE_INCARNATION));
}

TEST_F(family, another_node_set_is_EEXIST)
{
	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	EXPECT_EQ(-EEXIST, test_node_set(&self->nl, 8, 1, LOOPBACK, PORT));
	EXPECT_EQ(-EEXIST, test_node_set(&self->nl, 7, 2, LOOPBACK, PORT));
	EXPECT_EQ(-EEXIST, test_node_set(&self->nl, 7, 1, "127.0.0.2", PORT));
	EXPECT_EQ(-EEXIST, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT + 1));
	EXPECT_EQ(-EEXIST, test_node_set(&self->nl, 7, 1, "::1", PORT));
}

TEST_F(family, a_port_in_use_is_EADDRINUSE)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&in, sizeof(in)));
	ASSERT_EQ(0, listen(fd, 1));
	EXPECT_EQ(-EADDRINUSE, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	close(fd);
	EXPECT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
}

TEST_F(family, an_address_of_no_interface_is_EADDRNOTAVAIL)
{
	EXPECT_EQ(-EADDRNOTAVAIL, test_node_set(&self->nl, 7, 1, "192.0.2.1", PORT));
	EXPECT_EQ(-ENODEV, test_node_get(&self->nl));
}

TEST_F(family, addresses_no_node_can_have_are_EINVAL)
{
	static const char *const bad[] = { "224.0.0.1", "255.255.255.255", "ff02::1", "fe80::1" };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, test_node_set(&self->nl, 7, 1, bad[i], PORT));
	}
}

TEST_F(family, an_address_has_4_or_16_bytes)
{
	static const unsigned char bytes[20];
	static const size_t bad[] = { 0, 1, 3, 5, 15, 17, 20 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct request r;

		request_begin(&r, &self->nl, DVS_CMD_NODE_SET);
		request_uint(&r, DVS_A_NODE_CLUSTER, 7);
		request_u32(&r, DVS_A_NODE_NODE, 1);
		request_put(&r, DVS_A_NODE_ADDRESS, bytes, bad[i]);
		request_u16(&r, DVS_A_NODE_PORT, PORT);
		EXPECT_EQ(-EINVAL, netlink_do(&self->nl, &r));
		EXPECT_NE(0, self->nl.attribute);
	}
}

TEST_F(family, ipv6_is_as_good)
{
	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, "::1", PORT));
	EXPECT_EQ(0, test_node_set(&self->nl, 7, 1, "::1", PORT));
	EXPECT_EQ(0, test_peer_set(&self->nl, 2, "2001:db8::2", PORT));
	EXPECT_EQ(0, test_peer_get(&self->nl, 2));
}

TEST_F(family, numbers_out_of_range_are_refused)
{
	EXPECT_EQ(-ERANGE, test_node_set(&self->nl, 7, 0, LOOPBACK, PORT));
	EXPECT_EQ(-ERANGE, test_node_set(&self->nl, 7, 65536, LOOPBACK, PORT));
	EXPECT_EQ(-ERANGE, test_node_set(&self->nl, 7, 1, LOOPBACK, 0));
}

TEST_F(family, a_node_can_be_set_and_deleted_again_and_again)
{
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, test_node_set(&self->nl, 7, 1 + i, LOOPBACK, PORT));
		ASSERT_EQ(0, test_peer_set(&self->nl, 100, LOOPBACK, PORT));
		ASSERT_EQ(0, test_dc_new(&self->nl, DCID, NAME, 0, 0));
		ASSERT_EQ(0, test_node_del(&self->nl));
		ASSERT_EQ(-ENODEV, test_node_get(&self->nl));
	}
}

TEST_F(family, network_namespaces_are_different_nodes)
{
	struct netlink other;

	ASSERT_EQ(0, test_node_set(&self->nl, 7, 1, LOOPBACK, PORT));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, veth_set_up("lo", 1));
	ASSERT_EQ(0, netlink_open(&other));
	EXPECT_EQ(-ENODEV, test_node_get(&other));
	EXPECT_EQ(0, test_node_set(&other, 7, 2, LOOPBACK, PORT));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_NODE_NODE));
	netlink_close(&other);
}

/*
 * Nonsense
 */

/* The attributes each command cannot do without, in an order that makes one good */
static const struct {
	__u8 command;
	__u16 needed[5];
} needs[] = {
	{ DVS_CMD_NODE_SET,
	  { DVS_A_NODE_CLUSTER, DVS_A_NODE_NODE, DVS_A_NODE_ADDRESS, DVS_A_NODE_PORT } },
	{ DVS_CMD_PEER_SET, { DVS_A_PEER_NODE, DVS_A_PEER_ADDRESS, DVS_A_PEER_PORT } },
	{ DVS_CMD_PEER_DEL, { DVS_A_PEER_NODE } },
	{ DVS_CMD_PEER_GET, { DVS_A_PEER_NODE } },
	{ DVS_CMD_VIEW_STOP, { DVS_A_VIEW_VIEW } },
	{ DVS_CMD_VIEW_START, { DVS_A_VIEW_VIEW } },
	{ DVS_CMD_DC_NEW, { DVS_A_DC_DCID, DVS_A_DC_NAME } },
	{ DVS_CMD_DC_DEL, { DVS_A_DC_DCID } },
	{ DVS_CMD_DC_ATTACH, { DVS_A_DC_DCID, DVS_A_DC_NS_FD } },
	{ DVS_CMD_DC_GET, { DVS_A_DC_DCID } },
	{ DVS_CMD_SLOT_SET, { DVS_A_SLOTS_DCID, DVS_A_SLOTS_VERSION } },
	{ DVS_CMD_CLAIM_GET, { DVS_A_CLAIM_DCID, DVS_A_CLAIM_SLOT } },
	{ DVS_CMD_CLAIM_REFUSE, { DVS_A_CLAIM_DCID, DVS_A_CLAIM_SLOT, DVS_A_CLAIM_ERROR } },
};

static void put_needed(struct request *r, __u8 command, __u16 type)
{
	static const unsigned char address[4] = { 127, 0, 0, 1 };

	/* Address and port are the only ones that are no 32-bit number. */
	if (command == DVS_CMD_DC_NEW && type == DVS_A_DC_NAME)
		request_string(r, type, NAME);
	else if (command == DVS_CMD_NODE_SET && type == DVS_A_NODE_ADDRESS)
		request_put(r, type, address, sizeof(address));
	else if (command == DVS_CMD_PEER_SET && type == DVS_A_PEER_ADDRESS)
		request_put(r, type, address, sizeof(address));
	else if ((command == DVS_CMD_NODE_SET && type == DVS_A_NODE_PORT) ||
		 (command == DVS_CMD_PEER_SET && type == DVS_A_PEER_PORT))
		request_u16(r, type, PORT);
	else
		request_u32(r, type, 1);
}

TEST_F(family, every_missing_attribute_is_EINVAL)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(needs); i++) {
		for (unsigned int missing = 0; needs[i].needed[missing]; missing++) {
			struct request r;

			request_begin(&r, &self->nl, needs[i].command);
			for (unsigned int j = 0; needs[i].needed[j]; j++)
				if (j != missing)
					put_needed(&r, needs[i].command, needs[i].needed[j]);
			EXPECT_EQ(-EINVAL, netlink_do(&self->nl, &r)) {
				TH_LOG("command %u without attribute %u", needs[i].command,
				       needs[i].needed[missing]);
			}
		}
	}
}

TEST_F(node, unknown_attributes_are_EINVAL)
{
	for (__u8 command = DVS_CMD_NODE_SET; command <= DVS_CMD_ENDPOINT_GET; command++) {
		struct request r;
		int error;

		request_begin(&r, &self->nl, command);
		request_u32(&r, 1000, 1);
		error = netlink_do(&self->nl, &r);
		/* Notifications, and those that only dump, are no requests. */
		EXPECT_TRUE(error == -EINVAL || error == -EOPNOTSUPP) {
			TH_LOG("command %u: %d", command, error);
		}
	}
}

TEST_F(node, dumps_refuse_attributes_they_do_not_know)
{
	static const __u8 dumps[] = { DVS_CMD_PEER_GET, DVS_CMD_DC_GET, DVS_CMD_CLAIM_GET,
				      DVS_CMD_SLOT_GET, DVS_CMD_ENDPOINT_GET };

	for (unsigned int i = 0; i < ARRAY_SIZE(dumps); i++) {
		struct request r;
		int messages = 0;

		request_begin(&r, &self->nl, dumps[i]);
		request_u32(&r, 1000, 1);
		EXPECT_EQ(-EINVAL, netlink_dump(&self->nl, &r, count, &messages));
	}
}

TEST_F(node, short_and_long_numbers_are_refused)
{
	static const unsigned char bytes[9] = { 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(needs); i++) {
		for (size_t length = 0; length <= sizeof(bytes); length++) {
			struct request r;

			/* A number may have these. */
			if (length == 4 || length == 8)
				continue;
			request_begin(&r, &self->nl, needs[i].command);
			request_put(&r, needs[i].needed[0], bytes, length);
			EXPECT_EQ(-EINVAL, netlink_do(&self->nl, &r)) {
				TH_LOG("command %u, %zu bytes", needs[i].command, length);
			}
		}
	}
	ASSERT_EQ(0, test_node_get(&self->nl));
}

TEST_F(node, truncated_requests_are_refused_at_every_length)
{
	struct test_member members[] = { { 1, 1 }, { 2, 1 } };
	struct nlmsghdr *nlh;
	struct request r;
	size_t nest, whole;

	request_begin(&r, &self->nl, DVS_CMD_VIEW_START);
	request_uint(&r, DVS_A_VIEW_VIEW, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(members); i++) {
		nest = request_nest(&r, DVS_A_VIEW_MEMBERS);
		request_u32(&r, DVS_A_MEMBER_NODE, members[i].node);
		request_uint(&r, DVS_A_MEMBER_SESSION, members[i].session);
		request_end(&r, nest);
	}
	whole = r.length;
	nlh = (struct nlmsghdr *)r.data;
	for (size_t length = NLMSG_HDRLEN; length < whole; length++) {
		nlh->nlmsg_len = length;
		nlh->nlmsg_seq = ++self->nl.sequence;
		ASSERT_EQ(0, netlink_send(&self->nl, r.data, length));
		EXPECT_GT(0, netlink_answer(&self->nl)) {
			TH_LOG("length %zu of %zu", length, whole);
		}
	}
	request_free(&r);
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_VIEW));
}

TEST_F(node, random_attributes_do_no_harm)
{
	struct request r;
	unsigned char bytes[64];

	srandom(1);
	for (int i = 0; i < 5000; i++) {
		int attributes = random() % 6;

		request_begin(&r, &self->nl, random() % (DVS_CMD_MAX + 3));
		/* These would take the node away. */
		if (r.data[NLMSG_HDRLEN] == DVS_CMD_NODE_DEL) {
			request_free(&r);
			continue;
		}
		while (attributes--) {
			for (unsigned int j = 0; j < sizeof(bytes); j++)
				bytes[j] = random();
			request_put(&r, random() % 18 | (random() % 4 ? 0 : NLA_F_NESTED), bytes,
				    random() % sizeof(bytes));
		}
		netlink_do(&self->nl, &r);
	}
	EXPECT_EQ(0, test_node_get(&self->nl));
}

TEST_F(node, an_unknown_command_is_EOPNOTSUPP)
{
	EXPECT_EQ(-EOPNOTSUPP, bare(&self->nl, DVS_CMD_MAX + 1));
	EXPECT_EQ(-EOPNOTSUPP, bare(&self->nl, 0));
	EXPECT_EQ(-EOPNOTSUPP, bare(&self->nl, DVS_CMD_NODE_NTF));
}

/*
 * Privilege
 */

TEST_F(node, commands_of_administrators_are_EPERM_for_others)
{
	static const __u8 commands[] = {
		DVS_CMD_NODE_SET, DVS_CMD_NODE_DEL, DVS_CMD_PEER_SET, DVS_CMD_PEER_DEL,
		DVS_CMD_PEER_GET, DVS_CMD_VIEW_STOP, DVS_CMD_VIEW_START, DVS_CMD_DC_NEW,
		DVS_CMD_DC_DEL, DVS_CMD_DC_ATTACH, DVS_CMD_SLOT_SET, DVS_CMD_CLAIM_GET,
		DVS_CMD_CLAIM_REFUSE,
	};

	ASSERT_EQ(0, drop_privileges());
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(-EPERM, bare(&self->nl, commands[i])) {
			TH_LOG("command %u", commands[i]);
		}
	}
	EXPECT_EQ(-EPERM, dump_count(&self->nl, DVS_CMD_PEER_GET));
	EXPECT_EQ(-EPERM, dump_count(&self->nl, DVS_CMD_SLOT_GET));
	EXPECT_EQ(-EPERM, dump_count(&self->nl, DVS_CMD_CLAIM_GET));
}

TEST_F(node, root_of_a_user_namespace_is_no_administrator)
{
	struct netlink nl;

	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWNET));
	ASSERT_EQ(0, netlink_open(&nl));
	EXPECT_EQ(-EPERM, test_node_set(&nl, 7, 3, LOOPBACK, PORT));
	netlink_close(&nl);
}

TEST_F(node, everybody_may_read_the_node)
{
	ASSERT_EQ(0, drop_privileges());
	EXPECT_EQ(0, test_node_get(&self->nl));
}

TEST_F(node, events_are_for_administrators)
{
	struct netlink nl;

	ASSERT_EQ(0, netlink_open(&nl));
	EXPECT_EQ(0, netlink_subscribe(&nl));
	netlink_close(&nl);
	ASSERT_EQ(0, drop_privileges());
	ASSERT_EQ(0, netlink_open(&nl));
	EXPECT_EQ(-EPERM, netlink_subscribe(&nl));
	netlink_close(&nl);
}

/*
 * peer-set, peer-get, peer-del
 */

TEST_F(node, a_node_is_not_its_own_peer)
{
	EXPECT_EQ(-EINVAL, test_peer_set(&self->nl, 1, LOOPBACK, PORT));
}

TEST_F(node, a_peer_needs_an_address_that_can_be_connected_to)
{
	EXPECT_EQ(-EINVAL, test_peer_set(&self->nl, 3, "0.0.0.0", PORT));
	EXPECT_EQ(-EINVAL, test_peer_set(&self->nl, 3, "::", PORT));
	EXPECT_EQ(-EINVAL, test_peer_set(&self->nl, 3, "fe80::1", PORT));
	EXPECT_EQ(-ENOENT, test_peer_get(&self->nl, 3));
}

TEST_F(node, peer_set_again_changes_the_address)
{
	ASSERT_EQ(0, test_peer_set(&self->nl, 2, "192.0.2.2", 99));
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(inet_addr("192.0.2.2"), (__u32)reply_uint(&self->nl, DVS_A_PEER_ADDRESS));
	EXPECT_EQ(99, reply_uint(&self->nl, DVS_A_PEER_PORT));
}

TEST_F(node, a_new_peer_is_in_no_view)
{
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_PEER_SESSION));
	EXPECT_EQ(DVS_LINK_STATE_DOWN, reply_uint(&self->nl, DVS_A_PEER_STATE));
}

TEST_F(node, an_unknown_peer_is_ENOENT)
{
	EXPECT_EQ(-ENOENT, test_peer_get(&self->nl, 3));
	EXPECT_EQ(-ENOENT, test_peer_del(&self->nl, 3));
	EXPECT_EQ(-ENOENT, test_peer_get(&self->nl, 1));
}

TEST_F(node, a_deleted_peer_is_gone)
{
	ASSERT_EQ(0, test_peer_del(&self->nl, 2));
	EXPECT_EQ(-ENOENT, test_peer_get(&self->nl, 2));
	EXPECT_EQ(0, dump_count(&self->nl, DVS_CMD_PEER_GET));
}

TEST_F(node, a_peer_in_the_view_is_EBUSY)
{
	struct test_member both[] = { { 1, 1 }, { 2, 1 } };
	struct test_member self_only[] = { { 1, 1 } };

	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	EXPECT_EQ(-EBUSY, test_peer_del(&self->nl, 2));
	ASSERT_EQ(0, test_view_stop(&self->nl, 2, self_only, 1));
	EXPECT_EQ(-EBUSY, test_peer_del(&self->nl, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 2, self_only, 1));
	EXPECT_EQ(0, test_peer_del(&self->nl, 2));
}

TEST_F(node, a_dump_shows_many_peers_each_once)
{
	for (int i = 3; i <= 600; i++) {
		ASSERT_EQ(0, test_peer_set(&self->nl, i, LOOPBACK, PORT));
	}
	EXPECT_EQ(599, dump_count(&self->nl, DVS_CMD_PEER_GET));
}

/*
 * view-stop, view-start
 */

static const struct test_member both[] = { { 1, 1 }, { 2, 1 } };
static const struct test_member alone[] = { { 1, 1 } };
static const struct test_member other[] = { { 2, 1 } };

TEST_F(node, stop_and_start_make_a_member)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_NODE_STOPPED_VIEW));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_VIEW));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_MEMBER));

	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_STOPPED_VIEW));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_NODE_VIEW));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_NODE_SESSION));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_NODE_MEMBER));

	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_PEER_SESSION));
	EXPECT_NE(DVS_LINK_STATE_DOWN, reply_uint(&self->nl, DVS_A_PEER_STATE));
}

TEST_F(node, a_start_without_a_stop_is_EINVAL)
{
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 2, both, 2));
}

TEST_F(node, views_only_grow)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 5, both, 2));
	EXPECT_EQ(-ESTALE, test_view_stop(&self->nl, 4, both, 2));
	EXPECT_EQ(-ESTALE, test_view_start(&self->nl, 4, both, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 5, both, 2));
	EXPECT_EQ(-ESTALE, test_view_stop(&self->nl, 5, both, 2));
	EXPECT_EQ(-ESTALE, test_view_start(&self->nl, 5, both, 2));
	EXPECT_EQ(-ESTALE, test_view_stop(&self->nl, 1, both, 2));
}

TEST_F(node, a_stop_can_be_repeated_and_superseded)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 3, both, 2));
	EXPECT_EQ(0, test_view_stop(&self->nl, 3, alone, 1));
	EXPECT_EQ(0, test_view_stop(&self->nl, 4, both, 2));
	EXPECT_EQ(-ESTALE, test_view_start(&self->nl, 3, both, 2));
	EXPECT_EQ(0, test_view_start(&self->nl, 4, both, 2));
}

TEST_F(node, views_that_can_not_be_are_EINVAL)
{
	EXPECT_EQ(-EINVAL, test_view_stop(&self->nl, 0, both, 2));
	EXPECT_EQ(-EINVAL, test_view_stop(&self->nl, 1ULL << 48, both, 2));
	EXPECT_EQ(-EINVAL, test_view_stop(&self->nl, ~0ULL, both, 2));
	EXPECT_EQ(0, test_view_stop(&self->nl, (1ULL << 48) - 1, both, 2));
}

TEST_F(node, an_unknown_member_is_EINVAL_and_named)
{
	static const struct test_member unknown[] = { { 1, 1 }, { 77, 1 } };

	EXPECT_EQ(-EINVAL, test_view_stop(&self->nl, 1, unknown, 2));
	EXPECT_NE(NULL, strstr(self->nl.message, "77"));
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 1, unknown, 2));
	EXPECT_NE(NULL, strstr(self->nl.message, "77"));
	EXPECT_EQ(0, test_view_start(&self->nl, 1, both, 2));
}

TEST_F(node, a_member_listed_twice_is_EINVAL)
{
	static const struct test_member twice[] = { { 1, 1 }, { 2, 1 }, { 2, 1 } };

	EXPECT_EQ(-EINVAL, test_view_stop(&self->nl, 1, twice, 3));
}

TEST_F(node, sessions_that_can_not_be_are_EINVAL)
{
	static const struct test_member none[] = { { 1, 1 }, { 2, 0 } };
	static const struct test_member future[] = { { 1, 1 }, { 2, 2 } };

	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 1, none, 2));
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 1, future, 2));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_MEMBER));
}

TEST_F(node, a_view_without_this_node_cannot_be_started)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, other, 1));
	EXPECT_EQ(-EINVAL, test_view_start(&self->nl, 1, other, 1));
}

TEST_F(node, a_node_that_is_left_out_is_no_member)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_stop(&self->nl, 2, other, 1));
	ASSERT_EQ(0, test_node_get(&self->nl));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_MEMBER));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_NODE_SESSION));
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(0, reply_uint(&self->nl, DVS_A_PEER_SESSION));
	EXPECT_EQ(DVS_LINK_STATE_DOWN, reply_uint(&self->nl, DVS_A_PEER_STATE));
}

TEST_F(node, a_peer_that_is_left_out_is_suspended_then_down)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_stop(&self->nl, 2, alone, 1));
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(DVS_LINK_STATE_SUSPENDED, reply_uint(&self->nl, DVS_A_PEER_STATE));
	ASSERT_EQ(0, test_view_start(&self->nl, 2, alone, 1));
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(DVS_LINK_STATE_DOWN, reply_uint(&self->nl, DVS_A_PEER_STATE));
}

TEST_F(node, a_suspended_peer_that_stays_goes_on)
{
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	ASSERT_EQ(0, test_view_stop(&self->nl, 2, alone, 1));
	ASSERT_EQ(0, test_view_start(&self->nl, 2, both, 2));
	ASSERT_EQ(0, test_peer_get(&self->nl, 2));
	EXPECT_EQ(1, reply_uint(&self->nl, DVS_A_PEER_SESSION));
	EXPECT_EQ(DVS_LINK_STATE_CONNECTING, reply_uint(&self->nl, DVS_A_PEER_STATE));
}

TEST_F(node, listeners_hear_of_views)
{
	struct netlink events;

	ASSERT_EQ(0, netlink_open(&events));
	ASSERT_EQ(0, netlink_subscribe(&events));
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, alone, 1));
	EXPECT_EQ(DVS_CMD_NODE_NTF, netlink_event(&events, PATIENCE_MS));
	EXPECT_EQ(1, reply_uint(&events, DVS_A_NODE_STOPPED_VIEW));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, alone, 1));
	EXPECT_EQ(DVS_CMD_NODE_NTF, netlink_event(&events, PATIENCE_MS));
	EXPECT_EQ(1, reply_uint(&events, DVS_A_NODE_MEMBER));
	ASSERT_EQ(0, test_node_del(&self->nl));
	EXPECT_EQ(DVS_CMD_NODE_NTF, netlink_event(&events, PATIENCE_MS));
	EXPECT_EQ(0, reply_uint(&events, DVS_A_NODE_MEMBER));
	netlink_close(&events);
}

TEST_F(node, listeners_hear_of_links)
{
	struct netlink events;

	ASSERT_EQ(0, netlink_open(&events));
	ASSERT_EQ(0, test_view_stop(&self->nl, 1, both, 2));
	ASSERT_EQ(0, netlink_subscribe(&events));
	ASSERT_EQ(0, test_view_start(&self->nl, 1, both, 2));
	EXPECT_EQ(DVS_CMD_PEER_NTF, netlink_event(&events, PATIENCE_MS));
	EXPECT_EQ(2, reply_uint(&events, DVS_A_PEER_NODE));
	EXPECT_EQ(DVS_LINK_STATE_CONNECTING, reply_uint(&events, DVS_A_PEER_STATE));
	netlink_close(&events);
}

TEST_HARNESS_MAIN
