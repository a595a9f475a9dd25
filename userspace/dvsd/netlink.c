// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel, by its generic netlink family "dvs": one socket for requests, one
 * for events. Events are hints that something is to be looked at; their content
 * is not used, so none that is lost is missed.
 */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "dvs-user.h"
#include "namespace.h"
#include "ynl.h"

/* A kernel that does not answer for so long is not going to. */
#define ANSWER_SECONDS		10

struct kernel {
	struct ynl_sock *requests;
	struct ynl_sock *events;
	char message[512];
};

static const char *message(struct kernel *kernel)
{
	return kernel->message;
}

/* What the last request came to, as an errno. */
static int failure(struct kernel *kernel)
{
	const struct ynl_error *error = &kernel->requests->err;

	snprintf(kernel->message, sizeof(kernel->message), "%s", error->msg);
	/* No answer in time: a late one would be taken for another's. */
	if (error->code == EAGAIN || error->code == EINTR)
		return -ENODEV;
	if (error->code > 0 && error->code < __YNL_ERRNO_END)
		return -(int)error->code;
	return -ENODEV;
}

static struct ynl_sock *connect_family(void)
{
	struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	struct ynl_error error = {};
	struct ynl_sock *sock = ynl_sock_create(&ynl_dvs_family, &error);

	if (!sock) {
		errno = error.code > 0 && error.code < __YNL_ERRNO_END ?
			error.code : ENODEV;
		return NULL;
	}
	setsockopt(ynl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &wait,
		   sizeof(wait));
	return sock;
}

static void close_kernel(struct kernel *kernel)
{
	if (kernel->requests)
		ynl_sock_destroy(kernel->requests);
	if (kernel->events)
		ynl_sock_destroy(kernel->events);
	free(kernel);
}

static int open_kernel(struct kernel **opened)
{
	struct kernel *kernel = xalloc(sizeof(*kernel));
	int error = 0;

	kernel->requests = connect_family();
	if (kernel->requests)
		kernel->events = connect_family();
	if (!kernel->events)
		error = -errno;
	else if (ynl_subscribe(kernel->events, "events"))
		error = -EPERM;
	if (error) {
		close_kernel(kernel);
		return error;
	}
	*opened = kernel;
	return 0;
}

static int event_fd(struct kernel *kernel)
{
	return ynl_socket_get_fd(kernel->events);
}

static void drain(struct kernel *kernel)
{
	char bytes[8192];
	ssize_t len;

	do {
		len = recv(event_fd(kernel), bytes, sizeof(bytes),
			   MSG_DONTWAIT | MSG_TRUNC);
	} while (len >= 0 || errno == ENOBUFS || errno == EINTR);
}

/* --- node, peers, views --------------------------------------------------- */

static int node_get(struct kernel *kernel, struct kernel_node *node)
{
	struct dvs_node_get_rsp *answer = dvs_node_get(kernel->requests);

	*node = (struct kernel_node){};
	if (!answer) {
		int error = failure(kernel);

		/* This network namespace is no node yet. */
		return error == -ENODEV &&
		       kernel->requests->err.code == ENODEV ? 0 : error;
	}
	*node = (struct kernel_node){
		.set = true,
		.cluster = answer->cluster,
		.node = answer->node,
		.incarnation = answer->incarnation,
		.view = answer->view,
		.stopped_view = answer->stopped_view,
		.session = answer->session,
		.member = answer->member,
	};
	dvs_node_get_rsp_free(answer);
	return 0;
}

static int node_set(struct kernel *kernel, uint64_t cluster,
		    const struct elector *self)
{
	struct dvs_node_set_req *request = dvs_node_set_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_node_set_req_set_cluster(request, cluster);
	dvs_node_set_req_set_node(request, self->node);
	dvs_node_set_req_set_address(request, self->address,
				     self->address_len);
	dvs_node_set_req_set_port(request, self->port);
	error = dvs_node_set(kernel->requests, request) ? failure(kernel) : 0;
	dvs_node_set_req_free(request);
	return error;
}

static int node_del(struct kernel *kernel)
{
	return dvs_node_del(kernel->requests) ? failure(kernel) : 0;
}

static int peer_set(struct kernel *kernel, const struct elector *peer)
{
	struct dvs_peer_set_req *request = dvs_peer_set_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_peer_set_req_set_node(request, peer->node);
	dvs_peer_set_req_set_address(request, peer->address,
				     peer->address_len);
	dvs_peer_set_req_set_port(request, peer->port);
	error = dvs_peer_set(kernel->requests, request) ? failure(kernel) : 0;
	dvs_peer_set_req_free(request);
	return error;
}

static struct dvs_member *copy_members(const struct view_member *members,
				       uint32_t count)
{
	struct dvs_member *copy = xalloc((count + 1) * sizeof(*copy));

	for (uint32_t i = 0; i < count; i++) {
		copy[i]._present.node = 1;
		copy[i].node = members[i].node;
		copy[i]._present.session = 1;
		copy[i].session = members[i].session;
	}
	return copy;
}

static int view_stop(struct kernel *kernel, uint64_t view,
		     const struct view_member *members, uint32_t count)
{
	struct dvs_view_stop_req *request = dvs_view_stop_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_view_stop_req_set_view(request, view);
	__dvs_view_stop_req_set_members(request, copy_members(members, count),
					count);
	error = dvs_view_stop(kernel->requests, request) ? failure(kernel) : 0;
	dvs_view_stop_req_free(request);
	return error;
}

static int view_start(struct kernel *kernel, uint64_t view,
		      const struct view_member *members, uint32_t count)
{
	struct dvs_view_start_req *request = dvs_view_start_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_view_start_req_set_view(request, view);
	__dvs_view_start_req_set_members(request, copy_members(members, count),
					 count);
	error = dvs_view_start(kernel->requests, request) ?
		failure(kernel) : 0;
	dvs_view_start_req_free(request);
	return error;
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static int peer_list(struct kernel *kernel,
		     void (*each)(void *context,
				  const struct kernel_peer *peer),
		     void *context)
{
	struct dvs_peer_get_list *list = dvs_peer_get_dump(kernel->requests);

	if (!list)
		return failure(kernel);
	ynl_dump_foreach(list, answer) {
		struct kernel_peer peer = {
			.node = answer->node,
			.port = answer->port,
			.session = answer->session,
			.state = answer->state,
			.connects = answer->connects,
			.tx_frames = answer->tx_frames,
			.tx_bytes = answer->tx_bytes,
			.rx_frames = answer->rx_frames,
			.rx_bytes = answer->rx_bytes,
			.resent_frames = answer->resent_frames,
			.duplicate_frames = answer->duplicate_frames,
			.bad_frames = answer->bad_frames,
			.queued_frames = answer->queued_frames,
			.queued_bytes = answer->queued_bytes,
			.calls_out = answer->calls_out,
			.calls_in = answer->calls_in,
		};

		if (answer->_present.address_len <= ADDRESS_MAX) {
			peer.address_len = answer->_present.address_len;
			memcpy(peer.address, answer->address,
			       peer.address_len);
		}
		copy_text(peer.last_error, sizeof(peer.last_error),
			  answer->last_error);
		each(context, &peer);
	}
	dvs_peer_get_list_free(list);
	return 0;
}

/* --- containers ----------------------------------------------------------- */

static int dc_new(struct kernel *kernel, const struct container *container)
{
	struct dvs_dc_new_req *request = dvs_dc_new_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_dc_new_req_set_dcid(request, container->dcid);
	dvs_dc_new_req_set_name(request, container->name);
	dvs_dc_new_req_set_endpoint_limit(request, container->endpoint_limit);
	dvs_dc_new_req_set_call_limit(request, container->call_limit);
	error = dvs_dc_new(kernel->requests, request) ? failure(kernel) : 0;
	dvs_dc_new_req_free(request);
	return error;
}

static int dc_del(struct kernel *kernel, uint64_t dcid)
{
	struct dvs_dc_del_req *request = dvs_dc_del_req_alloc();
	int error;

	if (!request)
		return -ENOMEM;
	dvs_dc_del_req_set_dcid(request, dcid);
	error = dvs_dc_del(kernel->requests, request) ? failure(kernel) : 0;
	dvs_dc_del_req_free(request);
	return error;
}

static int dc_attach(struct kernel *kernel, uint64_t dcid, int *fd)
{
	struct dvs_dc_attach_req *request;
	int error;

	*fd = namespace_create();
	if (*fd < 0)
		return *fd;
	request = dvs_dc_attach_req_alloc();
	if (!request) {
		close(*fd);
		return -ENOMEM;
	}
	dvs_dc_attach_req_set_dcid(request, dcid);
	dvs_dc_attach_req_set_ns_fd(request, *fd);
	error = dvs_dc_attach(kernel->requests, request) ? failure(kernel) : 0;
	dvs_dc_attach_req_free(request);
	if (error)
		close(*fd);
	return error;
}

static int dc_list(struct kernel *kernel,
		   void (*each)(void *context, const struct kernel_dc *dc),
		   void *context)
{
	struct dvs_dc_get_list *list = dvs_dc_get_dump(kernel->requests);

	if (!list)
		return failure(kernel);
	ynl_dump_foreach(list, answer) {
		struct kernel_dc dc = {
			.dcid = answer->dcid,
			.attached = answer->attached,
			.version = answer->map_version,
		};

		copy_text(dc.name, sizeof(dc.name), answer->name);
		each(context, &dc);
	}
	dvs_dc_get_list_free(list);
	return 0;
}

/* --- slots and claims ----------------------------------------------------- */

static int slot_set(struct kernel *kernel, uint64_t dcid, uint64_t version,
		    bool replace, const struct range *ranges, uint32_t count)
{
	struct dvs_slot_set_req *request = dvs_slot_set_req_alloc();
	struct dvs_range *copy;
	int error;

	if (!request)
		return -ENOMEM;
	dvs_slot_set_req_set_dcid(request, dcid);
	dvs_slot_set_req_set_version(request, version);
	if (replace)
		dvs_slot_set_req_set_replace(request);
	copy = xalloc((count + 1) * sizeof(*copy));
	for (uint32_t i = 0; i < count; i++) {
		const struct range *range = &ranges[i];

		copy[i] = (struct dvs_range){
			._present = {
				.first = 1,
				.last = 1,
				.node = 1,
				.epoch = 1,
				.generation_floor = range->node != 0,
				.generation_ceiling = range->node != 0,
			},
			.first = range->first,
			.last = range->last,
			.node = range->node,
			.epoch = range->epoch,
			.generation_floor = range->floor,
			.generation_ceiling = range->ceiling,
		};
	}
	__dvs_slot_set_req_set_ranges(request, copy, count);
	error = dvs_slot_set(kernel->requests, request) ? failure(kernel) : 0;
	dvs_slot_set_req_free(request);
	return error;
}

static int claim_list(struct kernel *kernel,
		      void (*each)(void *context,
				   const struct kernel_claim *claim),
		      void *context)
{
	static const enum kernel_claim_kind kinds[] = {
		[DVS_CLAIM_KIND_CLAIM] = KERNEL_CLAIM,
		[DVS_CLAIM_KIND_RAISE] = KERNEL_RAISE,
		[DVS_CLAIM_KIND_RELEASE] = KERNEL_RELEASE,
	};
	struct dvs_claim_get_list *list = dvs_claim_get_dump(kernel->requests);

	if (!list)
		return failure(kernel);
	ynl_dump_foreach(list, answer) {
		struct kernel_claim claim = {
			.dcid = answer->dcid,
			.slot = answer->slot,
		};

		if ((unsigned int)answer->kind > DVS_CLAIM_KIND_RELEASE)
			continue;
		claim.kind = kinds[answer->kind];
		each(context, &claim);
	}
	dvs_claim_get_list_free(list);
	return 0;
}

static int claim_refuse(struct kernel *kernel, uint64_t dcid, uint16_t slot,
			int error)
{
	struct dvs_claim_refuse_req *request = dvs_claim_refuse_req_alloc();

	if (!request)
		return -ENOMEM;
	dvs_claim_refuse_req_set_dcid(request, dcid);
	dvs_claim_refuse_req_set_slot(request, slot);
	dvs_claim_refuse_req_set_error(request, error);
	error = dvs_claim_refuse(kernel->requests, request) ?
		failure(kernel) : 0;
	dvs_claim_refuse_req_free(request);
	return error;
}

static int endpoint_list(struct kernel *kernel,
			 void (*each)(void *context,
				      const struct kernel_endpoint *endpoint),
			 void *context)
{
	struct dvs_endpoint_get_req_dump *request;
	struct dvs_endpoint_get_rsp_list *list;

	request = dvs_endpoint_get_req_dump_alloc();
	if (!request)
		return -ENOMEM;
	list = dvs_endpoint_get_dump(kernel->requests, request);
	dvs_endpoint_get_req_dump_free(request);
	if (!list)
		return failure(kernel);
	ynl_dump_foreach(list, answer) {
		struct kernel_endpoint endpoint = {
			.dcid = answer->dcid,
			.endpoint = answer->endpoint,
			.pid = answer->pid,
			.uid = answer->uid,
			.waiting = answer->waiting,
			.open = answer->open,
			.received = answer->received,
			.sent = answer->sent,
		};

		copy_text(endpoint.comm, sizeof(endpoint.comm), answer->comm);
		each(context, &endpoint);
	}
	dvs_endpoint_get_rsp_list_free(list);
	return 0;
}

const struct kernel_ops kernel_ops = {
	.message = message,
	.open = open_kernel,
	.close = close_kernel,
	.event_fd = event_fd,
	.drain = drain,
	.node_get = node_get,
	.node_set = node_set,
	.node_del = node_del,
	.peer_set = peer_set,
	.view_stop = view_stop,
	.view_start = view_start,
	.dc_new = dc_new,
	.dc_del = dc_del,
	.dc_attach = dc_attach,
	.slot_set = slot_set,
	.claim_refuse = claim_refuse,
	.dc_list = dc_list,
	.claim_list = claim_list,
	.endpoint_list = endpoint_list,
	.peer_list = peer_list,
};
