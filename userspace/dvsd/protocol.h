/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between dvsd and its clients (dvsctl).
 *
 * Transport: libqb IPC, type QB_IPC_SOCKET, service DVSD_IPC_NAME. The socket
 * is an abstract one, so a client has to be in the network namespace of dvsd;
 * a client must check with qb_ipcc_auth_get() that the server has uid 0.
 *
 * A request is one message: struct qb_ipc_request_header with the id
 * DVSD_IPC_REQUEST, then a JSON object (UTF-8, no NUL, hdr.size - sizeof(hdr)
 * bytes, together not more than DVSD_IPC_REQUEST_MAX).
 *
 * An answer is a JSON object too. It comes in one or several messages, each
 * struct qb_ipc_response_header and a piece of the text. The id of the last
 * one is DVSD_IPC_ANSWER. An earlier one has the id DVSD_IPC_ANSWER_PART; to
 * get the next piece, send a struct qb_ipc_request_header alone, with the id
 * DVSD_IPC_NEXT. hdr.error is 0 in all of them; errors are in the text.
 * A connection carries one request at a time.
 *
 * Request
 *   "version"     integer, DVSD_PROTOCOL
 *   "object"      string  } see the table of verbs
 *   "verb"        string  }
 *   "timeout_ms"  integer, optional: how long dvsd tries before it answers
 *                 "timeout", DVSD_TIMEOUT_MIN_MS to DVSD_TIMEOUT_MAX_MS,
 *                 DVSD_TIMEOUT_DEFAULT_MS when absent. A client should wait
 *                 about a second longer than that.
 *   and the fields of the verb
 *
 * Answer
 *   "version"     integer, DVSD_PROTOCOL of the daemon
 *   "cluster"     string, name of the cluster; "" before Corosync told it
 *   "node"        integer, number of the answering node; 0 as before
 *   "revision"    integer, index of the last committed entry of the log that
 *                 the answer takes into account
 *   "error"       null, or an object:
 *      "code"       string, one of DVSD_ERRORS
 *      "message"    string: object, reason and what to do, one sentence
 *      "retryable"  boolean: the same request can succeed later
 *      "nodes"      array of node numbers the error is about, often empty
 *   "data"        object or array, see the verb; null when there is none. The
 *                 error "incomplete" comes with data, the others with null.
 *
 * Verbs
 *
 * status show           answered in any state; the only verb that is
 *   data: { "cluster", "cluster_id" (16 hex digits), "node", "name",
 *           "daemon" (version of dvsd, string), "protocol" (integer),
 *           "phase":    "running" | "waiting",
 *           "waiting":  null when running, else { "for": one of DVSD_WAITS,
 *                       "nodes": [numbers], "received": k, "total": n,
 *                       "text": a sentence such as "snapshot from node 2
 *                       (3 of 7)" },
 *           "quorate":  boolean,
 *           "electorate": { "size", "majority", "present",
 *                       "failures_survived": how many of those present may
 *                       still fail },
 *           "view":     integer, view installed last, 0: none,
 *           "leader":   node number, 0: none,
 *           "history":  16 hex digits, "" before there is one,
 *           "ring":     { "rep", "seq" },
 *           "log":      { "appended", "committed", "applied", "first" },
 *           "hash":     16 hex digits, of the state after "applied"
 *           "members":  [ member ], every node of the electorate, by number }
 *   member: { "node", "name", "in_view" (boolean), "in_ring" (boolean: its
 *             dvsd is in the Corosync group), "session" (integer, 0: none),
 *             "synced" (boolean), "acked" (index it acknowledged last) }
 *   Exit code: 0 when "phase" is "running", else 4 (the text is printed all
 *   the same).
 *
 * node list             needs a quorate view, as do all that follow
 *   data: [ { "node", "name", "address" (text), "port", "state": "member" |
 *             "joining" (in the ring, not yet in the view) | "absent",
 *             "session", "leader" (boolean), "containers" (DCs over it) } ]
 *
 * dc create             uid 0
 *   request: "name"  string, 1 to 63 of [A-Za-z0-9._-], beginning with a
 *                    letter or digit
 *            "nodes" array of node numbers, optional: all of the electorate
 *            "endpoint_limit", "call_limit"  integers per node, optional;
 *                    default DVSD_ENDPOINT_LIMIT, DVSD_CALL_LIMIT
 *   data: the dc, as in "dc show". Answered when the container exists on all
 *         of its nodes that are in the view.
 *   errors: exists (the name is taken), usage, not-found (no such node),
 *         limit, failed (the kernel of a node refused: see "nodes")
 *
 * dc delete             uid 0
 *   request: "name"
 *   data: { "name", "dcid" }. Answered when every node of the view has ended
 *         the container.
 *   errors: not-found
 *
 * dc list
 *   data: [ { "name", "dcid" (16 hex digits), "state": "creating" | "active"
 *             | "deleting", "nodes": [numbers], "map_version",
 *             "endpoint_limit", "call_limit" } ], by name
 *
 * dc show
 *   request: "name"
 *   data: as an element of "dc list", and
 *         "parts":  [ { "node", "state": "pending" | "ready" | "failed" |
 *                     "gone", "error" (text, "" when none) } ],
 *         "slots":  [ { "first", "last", "node", "epoch",
 *                     "generation_floor", "generation_ceiling" } ]
 *         (slots in no range have no owner)
 *   errors: not-found
 *
 * endpoint list
 *   request: "dc" name, optional: all containers
 *   data: { "endpoints": [ { "dc" (name, "" when unknown), "dcid", "node",
 *             "slot", "generation", "endpoint" (number of 32 bits), "pid",
 *             "uid", "comm", "waiting", "open", "received", "sent" } ],
 *           by dc, slot, node;
 *           "missing": [ { "node", "reason" } ] }
 *   errors: not-found; incomplete (a node of the view did not answer)
 *
 * link list
 *   data: { "links": [ { "node", "peer", "state": "down" | "connecting" |
 *             "up" | "suspended", "session", "address", "port", "connects",
 *             "tx_frames", "tx_bytes", "rx_frames", "rx_bytes",
 *             "resent_frames", "duplicate_frames", "bad_frames",
 *             "queued_frames", "queued_bytes", "calls_out", "calls_in",
 *             "last_error" (text) } ], by node, peer: every link appears
 *             twice, once as either end sees it;
 *           "missing": as above }
 *   errors: incomplete
 *
 * Running a program in a container needs no verb: a client enters the DC
 * namespace with setns() on DVS_DC_DIR "/" NAME of its own node. The file
 * exists as soon as "dc create" is answered, on the nodes of the container.
 */
#ifndef DVSD_PROTOCOL_H
#define DVSD_PROTOCOL_H

#include <qb/qbipc_common.h>

#define DVSD_PROTOCOL		1
#define DVSD_IPC_NAME		"dvsd"
#define DVS_DC_DIR		"/run/dvs/dc"

#define DVSD_IPC_REQUEST	(QB_IPC_MSG_USER_START + 0)
#define DVSD_IPC_NEXT		(QB_IPC_MSG_USER_START + 1)
#define DVSD_IPC_ANSWER		(QB_IPC_MSG_USER_START + 2)
#define DVSD_IPC_ANSWER_PART	(QB_IPC_MSG_USER_START + 3)

/* Longest message in either direction, header included. */
#define DVSD_IPC_MESSAGE_MAX	65536
#define DVSD_IPC_REQUEST_MAX	16384

#define DVSD_TIMEOUT_MIN_MS	100
#define DVSD_TIMEOUT_MAX_MS	600000
#define DVSD_TIMEOUT_DEFAULT_MS	5000

#define DVSD_NAME_MAX		63
#define DVSD_ENDPOINT_LIMIT	16384
#define DVSD_CALL_LIMIT		65536

/*
 * X(symbol, code, exit status of dvsctl, retryable). Exit status 3, no
 * daemon, has no code: a client that cannot connect gets no answer.
 */
#define DVSD_ERRORS(X) \
	X(DVSD_E_FAILED,	"failed",	1, 0) \
	X(DVSD_E_LIMIT,		"limit",	1, 0) \
	X(DVSD_E_INCOMPLETE,	"incomplete",	1, 1) \
	X(DVSD_E_USAGE,		"usage",	2, 0) \
	X(DVSD_E_NO_QUORUM,	"no-quorum",	4, 1) \
	X(DVSD_E_NOT_FOUND,	"not-found",	5, 0) \
	X(DVSD_E_EXISTS,	"exists",	6, 0) \
	X(DVSD_E_BUSY,		"busy",		6, 1) \
	X(DVSD_E_PERMISSION,	"permission",	7, 0) \
	X(DVSD_E_TIMEOUT,	"timeout",	8, 1) \
	X(DVSD_E_VERSION,	"version",	9, 0)

enum dvsd_error {
	DVSD_OK = 0,
#define DVSD_ERROR_ENUM(symbol, code, status, retryable) symbol,
	DVSD_ERRORS(DVSD_ERROR_ENUM)
#undef DVSD_ERROR_ENUM
	DVSD_E_COUNT
};

/*
 * X(symbol, word): what "status" may say it is waiting for, in the order in
 * which a daemon passes through them.
 */
#define DVSD_WAITS(X) \
	X(DVSD_WAIT_COROSYNC,	"corosync") \
	X(DVSD_WAIT_KERNEL,	"kernel") \
	X(DVSD_WAIT_RING,	"ring") \
	X(DVSD_WAIT_QUORUM,	"quorum") \
	X(DVSD_WAIT_HELLO,	"hello") \
	X(DVSD_WAIT_SYNCED,	"synced-majority") \
	X(DVSD_WAIT_PROMISE,	"promise") \
	X(DVSD_WAIT_SNAPSHOT,	"snapshot") \
	X(DVSD_WAIT_STOP,	"stop") \
	X(DVSD_WAIT_COMMIT,	"commit")

enum dvsd_wait {
	DVSD_WAIT_NOTHING = 0,
#define DVSD_WAIT_ENUM(symbol, word) symbol,
	DVSD_WAITS(DVSD_WAIT_ENUM)
#undef DVSD_WAIT_ENUM
	DVSD_WAIT_COUNT
};

#endif /* DVSD_PROTOCOL_H */
