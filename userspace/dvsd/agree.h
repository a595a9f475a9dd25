/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Agreement between the nodes: views, the log, and when an entry counts.
 *
 * A pure state machine: messages, configurations and the time come in, what is
 * to be sent or done goes out by struct agree_ops. Messages may be lost,
 * doubled, delayed, or seen by their sender alone; nothing here takes delivery
 * for agreement. The protocol is described in
 * Documentation/dvs/agreement.rst.
 *
 *   round.c    who is there: HELLO, and who may propose a view
 *   install.c  installing a view: PROPOSE, PROMISE, the entry of the view
 *   append.c   the log within a view: APPEND, ACK, commit
 *   transfer.c snapshots for those that have none
 *   submit.c   this node's own commands
 */
#ifndef DVSD_AGREE_H
#define DVSD_AGREE_H

#include "message.h"

/* All times in milliseconds. */
#define HELLO_REPEAT		1000
/* A node that does not answer is left out of the round. */
#define HELLO_WAIT		3000
/* Rounds that nothing new has caused are not begun more often. */
#define ROUND_PAUSE		2000
#define PROPOSE_REPEAT		1000
#define INSTALL_WAIT		8000
#define HEARTBEAT		500
/* A leader or member that is silent for so long is asked, by a new round. */
#define LEADER_SILENCE		5000
#define MEMBER_SILENCE		10000
#define APPEND_REPEAT		500
#define SNAPSHOT_REPEAT		3000
#define COMMAND_REPEAT		1000
/* A daemon that only restarts is not expelled meanwhile. */
#define RESTART_GRACE		3000
/* Entries of the leader that are not committed yet. */
#define TAIL_MAX		1024
/* A node that did not stop for a view is left out for so long. */
#define SHUN_TIME		30000
/* Nodes that have ever been heard of. */
#define NODES_KNOWN		(2 * NODES_MAX)
/* Commands of this node that wait. */
#define PENDING_MAX		1024

/**
 * struct agree_config - who can be talked to
 * @tag: names the configuration, the same on all its nodes
 * @nodes: nodes whose daemon is in the group and which are in the ring
 * @node_count: entries in @nodes
 * @ring: nodes of the ring
 * @ring_count: entries in @ring
 * @settled: all of Corosync's services speak of the same ring
 * @quorate: votequorum's word
 */
struct agree_config {
	uint64_t tag;
	uint32_t nodes[NODES_MAX];
	uint32_t node_count;
	uint32_t ring[NODES_MAX];
	uint32_t ring_count;
	bool settled;
	bool quorate;
};

/**
 * struct agree_ops - what agreement needs done
 * @send: multicast a message
 * @bulk_room: bytes of bulk data that may be sent now
 * @stop: stop the kernel for a view, but with these members; 0 or -errno
 * @kernel: what the kernel is
 * @changed: the state has advanced, or this node runs or does not run a view
 * @done: a command of this node was applied, with this result
 * @random: a random number, not 0
 * @log: a line for the log
 */
struct agree_ops {
	void (*send)(void *context, const void *data, size_t len);
	size_t (*bulk_room)(void *context);
	int (*stop)(void *context, uint64_t view,
		    const struct view_member *members, uint32_t count);
	void (*kernel)(void *context, struct kernel_facts *facts);
	void (*changed)(void *context);
	void (*done)(void *context, uint64_t sequence,
		     const struct result *result);
	uint64_t (*random)(void *context);
	void (*log)(void *context, const char *line);
};

/* A command of this node that is not done. */
struct pending {
	struct pending *next;
	uint64_t sequence;
	uint64_t sent;
	uint32_t len;
	uint8_t command[];
};

/**
 * struct agree_node - what is known of another node, or of this one
 * @node: number
 * @hello: last HELLO of it
 * @has_hello: there is one
 * @promised: has promised the view being installed
 * @promise: with these words
 * @acked: last entry it has acknowledged in this view
 * @next: leader: next entry to send to it
 * @needs_snapshot: leader: entries are of no use to it yet
 * @heard: when it said something last
 * @shunned_until: leader: not proposed as a member until then
 * @progress: leader: when @acked moved, or entries were sent to it again
 */
struct agree_node {
	uint32_t node;
	struct message hello;
	bool has_hello;
	bool promised;
	struct message promise;
	uint64_t acked;
	uint64_t next;
	bool needs_snapshot;
	uint64_t heard;
	uint64_t shunned_until;
	uint64_t progress;
};

enum agree_step {
	/* No majority, or not settled: nothing goes on. */
	STEP_ALONE,
	/* Promised or running nothing yet, or the view is running. */
	STEP_OPEN,
	/* A view is being installed: from the promise to its entry. */
	STEP_INSTALL,
};

/**
 * struct agree - the agreement as one node sees it
 * @step: see above
 * @running: the entry of view @promised has been applied here
 * @promised: highest view promised; no entry of a lower one is taken
 * @leader: who leads @promised; 0: nobody, it was promised to stop
 * @members: its members
 * @tail: last entry of the leader when it proposed
 * @proposal: this node's own, repeated while @proposing
 * @ready: leader: all members have promised, the log is the one to go on with
 * @left_out: views in a row that this node was not to be a member of
 * @stopped: the kernel has stopped for the view
 * @view_index: index of its entry, 0: not held yet
 * @matched: last entry held that is the leader's
 * @want_state: what is held is no use in this view, a snapshot is needed
 * @synced: see struct message
 * @round_open: waiting for HELLOs
 * @wait: what for, for the status
 * @proposer: who has to propose, by the last round
 */
struct agree {
	const struct agree_ops *ops;
	void *context;
	uint64_t now;
	uint32_t self;
	uint64_t incarnation;
	struct elector *nodelist;
	uint32_t nodelist_count;
	uint64_t nodelist_hash;

	struct state *state;
	struct log log;
	bool synced;
	bool kernel_ready;

	struct agree_config config;
	enum agree_step step;
	enum dvsd_wait wait;
	struct agree_node nodes[NODES_KNOWN];
	uint32_t node_count;

	uint32_t round;
	bool round_open;
	uint64_t round_since;
	uint64_t round_wanted;
	uint64_t hello_sent;
	uint64_t grace_until;
	uint32_t proposer;

	uint64_t promised;
	uint32_t leader;
	uint64_t history;
	struct view_member members[NODES_MAX];
	uint32_t member_count;
	struct position tail;
	bool bootstrap;
	struct message proposal;
	bool proposing;
	bool ready;
	uint32_t left_out;
	bool stopped;
	bool stop_failed;
	uint64_t stop_tried;
	uint64_t install_since;
	uint64_t propose_sent;
	uint64_t view_index;
	uint64_t matched;
	uint64_t committed;
	bool want_state;
	bool running;
	bool ack_wanted;
	bool heartbeat_wanted;
	uint64_t heartbeat_sent;
	/* A proposal that came before this node's configuration settled. */
	struct message early;
	bool has_early;

	/* transfer.c: the snapshot being sent, and the one being received */
	struct buf sent_state;
	uint64_t sent_index;
	uint32_t sent_offset;
	uint64_t sent_at;
	struct buf got_state;
	uint64_t got_index;
	uint32_t got_total;

	struct pending *pending;
	uint32_t pending_count;
	uint64_t sequence;
	bool changed;
	uint64_t bad_messages;
};

void agree_init(struct agree *agree, const struct agree_ops *ops,
		void *context, uint32_t self, uint64_t incarnation,
		const struct elector *nodelist, uint32_t count);
void agree_fini(struct agree *agree);

/* What comes in. agree_flush() has to follow, once for several of them. */
void agree_config(struct agree *agree, uint64_t now,
		  const struct agree_config *config);
/* QUERY and ANSWER are not agreement's: the caller has taken them out. */
void agree_deliver(struct agree *agree, uint64_t now,
		   const struct message *message);
/* Corosync is gone. */
void agree_disconnected(struct agree *agree, uint64_t now);
/* Some time has passed; to be called a few times a second. */
void agree_tick(struct agree *agree, uint64_t now);
/* The kernel can be used, or not; @view is the highest it knows. */
void agree_kernel(struct agree *agree, uint64_t now, bool ready,
		  uint64_t view);
void agree_flush(struct agree *agree);

/* Give a command; 0: too many wait already. The result comes by ops->done. */
uint64_t agree_submit(struct agree *agree, uint64_t now, const void *command,
		      size_t len);

/* Reads may be answered: this node runs a view and has not lost it. */
static inline bool agree_running(const struct agree *agree)
{
	return agree->running;
}

/* What the status says. */
struct agree_wait {
	enum dvsd_wait wait;
	uint32_t nodes[NODES_MAX];
	uint32_t node_count;
	uint32_t received;
	uint32_t total;
};
void agree_waiting(const struct agree *agree, struct agree_wait *wait);

/* --- between the files of agreement --------------------------------------- */

struct agree_node *agree_node(struct agree *agree, uint32_t node);
bool agree_in_config(const struct agree *agree, uint32_t node);
bool agree_is_member(const struct agree *agree, uint32_t node);
/* The electorate by what this node knows: its state, or the node list. */
const struct elector *agree_electors(const struct agree *agree,
				     uint32_t *count);
/* A member of the last view in the log, committed or not. */
bool agree_last_member(const struct agree *agree, uint32_t node,
		       struct view_member *member);
void agree_log(struct agree *agree, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void agree_send(struct agree *agree, struct message *message);
void agree_standing(struct agree *agree, struct message *message);
/* This node is not part of the quorate view: stop the kernel. */
void agree_leave_view(struct agree *agree, const char *reason);
void agree_set_running(struct agree *agree, bool running);

void round_start(struct agree *agree);
void round_want(struct agree *agree);
void round_hello(struct agree *agree, const struct message *message);
void round_tick(struct agree *agree);

void install_propose(struct agree *agree, bool bootstrap, uint64_t view,
		     const struct view_member *members, uint32_t count);
void install_proposed(struct agree *agree, const struct message *message);
void install_promised(struct agree *agree, const struct message *message);
void install_tick(struct agree *agree);
/* Leader: all that has to be before the entry of the view may be there. */
void install_advance(struct agree *agree);

void append_start(struct agree *agree);
void append_local(struct agree *agree, const void *data, size_t len);
void append_received(struct agree *agree, struct message *message);
void append_acked(struct agree *agree, const struct message *message);
void append_tick(struct agree *agree);
void append_flush(struct agree *agree);

void transfer_flush(struct agree *agree);
void transfer_received(struct agree *agree, const struct message *message);
void transfer_reset(struct agree *agree);

void submit_received(struct agree *agree, const struct message *message);
void submit_applied(struct agree *agree, const struct command_id *id,
		    const struct result *result);
/* The state has changed by other means than entries. */
void submit_check(struct agree *agree);
void submit_tick(struct agree *agree);

#endif /* DVSD_AGREE_H */
