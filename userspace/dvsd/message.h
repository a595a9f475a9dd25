/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages the daemons multicast to each other.
 *
 * Header, 32 bytes: magic (4), version of the layout (1), type (1), 0 (2), tag
 * of the configuration (8), view (8), incarnation of the sending daemon (8);
 * then the fields of the type; then a checksum of all before it (4). Corosync
 * says who sent it. Every message may be lost, and may come twice.
 */
#ifndef DVSD_MESSAGE_H
#define DVSD_MESSAGE_H

#include "log.h"

#define MESSAGE_VERSION		1
/* Versions of the protocol this daemon can speak. */
#define PROTOCOL_MIN		1
#define PROTOCOL_MAX		1

#define MESSAGE_MAX		32768
/* Payload of a message that is one of many. */
#define MESSAGE_CHUNK		24576

enum message_type {
	MESSAGE_HELLO = 1,
	MESSAGE_PROPOSE,
	MESSAGE_PROMISE,
	MESSAGE_APPEND,
	MESSAGE_ACK,
	MESSAGE_SNAPSHOT,
	MESSAGE_COMMAND,
	MESSAGE_QUERY,
	MESSAGE_ANSWER,
};

/* What a node says of its kernel. */
struct kernel_facts {
	uint64_t incarnation;
	uint64_t session;
	bool member;
};

/**
 * struct message - a message, decoded
 * @type: what it is
 * @from: number of the sending node
 * @tag: configuration it was sent in
 * @view: view it is about; 0 in HELLO
 * @incarnation: the sending daemon's
 *
 * HELLO, and as far as it applies PROMISE:
 * @round: round of the configuration
 * @promised: highest view promised
 * @last: last entry held
 * @committed: index of the last entry known to be committed
 * @synced: @last means something: nothing acknowledged was forgotten
 * @history: of the state held
 * @electors: nodes in the electorate of that state, or of the configuration
 * @nodelist: hash of Corosync's node list
 * @leader: leader of the last view held
 * @joined: session of the sender in the state held, 0 for none
 * @kernel: of the sender
 * @version_min: lowest version of the protocol spoken
 * @version_max: highest
 *
 * PROPOSE: @history, @last of the leader, and
 * @bootstrap: there is no state, a new one begins
 * @members: who is to be in the view; a session of 0 is a new one
 * @member_count: entries in @members
 *
 * APPEND: @committed, and
 * @last: the entry before the first one here
 * @entries: the entries, to be read with message_entry()
 *
 * ACK:
 * @index: last entry held that is the leader's
 *
 * SNAPSHOT:
 * @index: last entry in the snapshot
 * @total: its length
 * @offset: place of this piece
 *
 * COMMAND, QUERY, ANSWER:
 * @sequence: the sender's number of the command or query; ANSWER: the asker's
 *
 * ANSWER also @total, @offset, @index (last entry held), and
 * @to: who asked
 *
 * @data: payload, of SNAPSHOT, COMMAND, QUERY and ANSWER
 * @len: its length
 */
struct message {
	enum message_type type;
	uint32_t from;
	uint64_t tag;
	uint64_t view;
	uint64_t incarnation;

	uint32_t round;
	uint64_t promised;
	struct position last;
	uint64_t committed;
	bool synced;
	uint64_t history;
	uint32_t electors;
	uint64_t nodelist;
	uint32_t leader;
	uint64_t joined;
	struct kernel_facts kernel;
	uint8_t version_min;
	uint8_t version_max;

	bool bootstrap;
	struct view_member members[NODES_MAX];
	uint32_t member_count;

	struct reader entries;
	uint64_t index;
	uint64_t sequence;
	uint32_t to;
	uint32_t total;
	uint32_t offset;
	const uint8_t *data;
	uint32_t len;
};

/* @message to bytes. APPEND gets its entries from @log, from @last on, as many
 * as fit; the number is returned in @message->total.
 */
void message_encode(struct message *message, const struct log *log,
		    struct buf *buf);
/* False when the bytes are no message of this version. */
bool message_decode(struct message *message, uint32_t from, const void *data,
		    size_t len);
/* The next entry of an APPEND; false after the last. */
bool message_entry(struct message *message, struct entry *entry);

#endif /* DVSD_MESSAGE_H */
