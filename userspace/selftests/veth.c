// SPDX-License-Identifier: GPL-2.0-or-later
#include "veth.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include "netlink.h"

static int submit(struct request *r)
{
	struct netlink nl;
	int error;

	error = netlink_socket(&nl, NETLINK_ROUTE);
	if (error) {
		request_free(r);
		return error;
	}
	error = netlink_do(&nl, r);
	netlink_close(&nl);
	return error;
}

int veth_create(const char *name, const char *peer_name, int peer_net)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	size_t info, data, peer;
	struct request r;

	request_header(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	request_string(&r, IFLA_IFNAME, name);
	info = request_nest(&r, IFLA_LINKINFO);
	request_string(&r, IFLA_INFO_KIND, "veth");
	data = request_nest(&r, IFLA_INFO_DATA);
	/* The nest begins with a header of its own. */
	peer = r.length;
	request_put(&r, VETH_INFO_PEER, &ifi, sizeof(ifi));
	request_string(&r, IFLA_IFNAME, peer_name);
	request_u32(&r, IFLA_NET_NS_FD, peer_net);
	request_end(&r, peer);
	request_end(&r, data);
	request_end(&r, info);
	return submit(&r);
}

int veth_set_up(const char *name, int up)
{
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = if_nametoindex(name),
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};
	struct request r;

	if (!ifi.ifi_index)
		return -errno;
	request_header(&r, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	return submit(&r);
}

int veth_add_address(const char *name, __u32 address)
{
	struct ifaddrmsg ifa = {
		.ifa_family = AF_INET,
		.ifa_prefixlen = 32,
		.ifa_index = if_nametoindex(name),
	};
	struct request r;

	if (!ifa.ifa_index)
		return -errno;
	request_header(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa, sizeof(ifa));
	request_put(&r, IFA_LOCAL, &address, sizeof(address));
	request_put(&r, IFA_ADDRESS, &address, sizeof(address));
	return submit(&r);
}

int veth_add_route(const char *name, __u32 address)
{
	struct rtmsg rtm = {
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct request r;
	unsigned int index = if_nametoindex(name);

	if (!index)
		return -errno;
	request_header(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &rtm, sizeof(rtm));
	request_put(&r, RTA_DST, &address, sizeof(address));
	request_u32(&r, RTA_OIF, index);
	return submit(&r);
}
