/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dvs

#if !defined(_TRACE_DVS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_DVS_H

#include <linux/tracepoint.h>
#include <uapi/linux/dvs_netlink.h>

struct dvs_wire_header;

#ifndef _TRACE_DVS_NAMES
#define _TRACE_DVS_NAMES

/* Numbers of &enum dvs_wire_type, which are part of the wire protocol. */
#define dvs_trace_type(type)			\
	__print_symbolic(type,			\
			 { 1, "HELLO" },	\
			 { 2, "ACK" },		\
			 { 3, "REQUEST" },	\
			 { 4, "MESSAGE" },	\
			 { 5, "REPLY" },	\
			 { 6, "CANCEL" },	\
			 { 7, "READ" },		\
			 { 8, "WRITE" },	\
			 { 9, "COPIED" },	\
			 { 10, "NOTIFY" },	\
			 { 11, "NOTIFIED" },	\
			 { 12, "WATCH" },	\
			 { 13, "WATCHED" })

#define dvs_trace_state(state)						\
	__print_symbolic(state,						\
			 { DVS_LINK_STATE_DOWN, "down" },		\
			 { DVS_LINK_STATE_CONNECTING, "connecting" },	\
			 { DVS_LINK_STATE_UP, "up" },			\
			 { DVS_LINK_STATE_SUSPENDED, "suspended" })

#endif /* _TRACE_DVS_NAMES */

TRACE_DEFINE_ENUM(DVS_LINK_STATE_DOWN);
TRACE_DEFINE_ENUM(DVS_LINK_STATE_CONNECTING);
TRACE_DEFINE_ENUM(DVS_LINK_STATE_UP);
TRACE_DEFINE_ENUM(DVS_LINK_STATE_SUSPENDED);

/*
 * Links
 */

DECLARE_EVENT_CLASS(dvs_frame,
	TP_PROTO(u32 node, u32 peer, const struct dvs_wire_header *header),

	TP_ARGS(node, peer, header),

	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, peer)
		__field(u8, type)
		__field(u16, attempt)
		__field(u32, length)
		__field(u32, sequence)
		__field(u32, ack)
		__field(u64, dcid)
		__field(u64, call)
		__field(u64, epoch)
		__field(u64, trace)
		__field(u32, source)
		__field(u32, destination)
	),

	TP_fast_assign(
		__entry->node = node;
		__entry->peer = peer;
		__entry->type = header->type;
		__entry->attempt = le16_to_cpu(header->attempt);
		__entry->length = le32_to_cpu(header->length);
		__entry->sequence = le32_to_cpu(header->sequence);
		__entry->ack = le32_to_cpu(header->ack);
		__entry->dcid = le64_to_cpu(header->dcid);
		__entry->call = le64_to_cpu(header->call);
		__entry->epoch = le64_to_cpu(header->epoch);
		__entry->trace = le64_to_cpu(header->trace);
		__entry->source = le32_to_cpu(header->source);
		__entry->destination = le32_to_cpu(header->destination);
	),

	TP_printk("node=%u peer=%u type=%s attempt=%u length=%u sequence=%u ack=%u dcid=%llu call=%llu epoch=%llu trace=%#llx source=%#x destination=%#x",
		  __entry->node, __entry->peer, dvs_trace_type(__entry->type),
		  __entry->attempt, __entry->length, __entry->sequence,
		  __entry->ack, __entry->dcid, __entry->call, __entry->epoch,
		  __entry->trace, __entry->source, __entry->destination)
);

/* A frame was given to the connection. */
DEFINE_EVENT(dvs_frame, dvs_frame_tx,
	TP_PROTO(u32 node, u32 peer, const struct dvs_wire_header *header),
	TP_ARGS(node, peer, header)
);

/* A frame of good form has come; it may yet be a duplicate. */
DEFINE_EVENT(dvs_frame, dvs_frame_rx,
	TP_PROTO(u32 node, u32 peer, const struct dvs_wire_header *header),
	TP_ARGS(node, peer, header)
);

TRACE_EVENT(dvs_link_state,
	TP_PROTO(u32 node, u32 peer, u32 state),

	TP_ARGS(node, peer, state),

	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, peer)
		__field(u32, state)
	),

	TP_fast_assign(
		__entry->node = node;
		__entry->peer = peer;
		__entry->state = state;
	),

	TP_printk("node=%u peer=%u state=%s", __entry->node, __entry->peer,
		  dvs_trace_state(__entry->state))
);

/* The connection of a link was of no use any more, or could not be made. */
TRACE_EVENT(dvs_link_error,
	TP_PROTO(u32 node, u32 peer, const char *reason),

	TP_ARGS(node, peer, reason),

	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, peer)
		__string(reason, reason)
	),

	TP_fast_assign(
		__entry->node = node;
		__entry->peer = peer;
		__assign_str(reason);
	),

	TP_printk("node=%u peer=%u reason=\"%s\"", __entry->node,
		  __entry->peer, __get_str(reason))
);

/*
 * Endpoints and calls. The container is 0 when it is attached to no cluster.
 */

DECLARE_EVENT_CLASS(dvs_endpoint,
	TP_PROTO(u64 dcid, u32 endpoint, int error),

	TP_ARGS(dcid, endpoint, error),

	TP_STRUCT__entry(
		__field(u64, dcid)
		__field(u32, endpoint)
		__field(int, error)
	),

	TP_fast_assign(
		__entry->dcid = dcid;
		__entry->endpoint = endpoint;
		__entry->error = error;
	),

	TP_printk("dcid=%llu endpoint=%#x error=%d", __entry->dcid,
		  __entry->endpoint, __entry->error)
);

/* An endpoint was bound, or could not be: then endpoint is the slot asked for. */
DEFINE_EVENT(dvs_endpoint, dvs_endpoint_bind,
	TP_PROTO(u64 dcid, u32 endpoint, int error),
	TP_ARGS(dcid, endpoint, error)
);

/* An endpoint was closed; error is what its operations fail with from now on. */
DEFINE_EVENT(dvs_endpoint, dvs_endpoint_close,
	TP_PROTO(u64 dcid, u32 endpoint, int error),
	TP_ARGS(dcid, endpoint, error)
);

DECLARE_EVENT_CLASS(dvs_call,
	TP_PROTO(u32 node, u64 sequence, u32 source, u32 destination,
		 bool request, int error),

	TP_ARGS(node, sequence, source, destination, request, error),

	TP_STRUCT__entry(
		__field(u32, node)
		__field(u64, sequence)
		__field(u32, source)
		__field(u32, destination)
		__field(bool, request)
		__field(int, error)
	),

	TP_fast_assign(
		__entry->node = node;
		__entry->sequence = sequence;
		__entry->source = source;
		__entry->destination = destination;
		__entry->request = request;
		__entry->error = error;
	),

	TP_printk("node=%u sequence=%llu source=%#x destination=%#x %s error=%d",
		  __entry->node, __entry->sequence, __entry->source,
		  __entry->destination,
		  __entry->request ? "request" : "message", __entry->error)
);

/* A message was sent or a call made, on the node named. */
DEFINE_EVENT(dvs_call, dvs_call_begin,
	TP_PROTO(u32 node, u64 sequence, u32 source, u32 destination,
		 bool request, int error),
	TP_ARGS(node, sequence, source, destination, request, error)
);

/* A receiver on this node has the message. */
DEFINE_EVENT(dvs_call, dvs_call_taken,
	TP_PROTO(u32 node, u64 sequence, u32 source, u32 destination,
		 bool request, int error),
	TP_ARGS(node, sequence, source, destination, request, error)
);

/* A message or call ended, on either of the nodes that know it. */
DEFINE_EVENT(dvs_call, dvs_call_end,
	TP_PROTO(u32 node, u64 sequence, u32 source, u32 destination,
		 bool request, int error),
	TP_ARGS(node, sequence, source, destination, request, error)
);

#endif /* _TRACE_DVS_H */

#include <trace/define_trace.h>
