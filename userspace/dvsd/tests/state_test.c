// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replicated state, the slot map, messages, the sender's window.
 */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../message.h"
#include "../sender.h"

struct tap tap;

#define HISTORY	0x1122334455667788ull

static struct state *state;
static struct log entries;
static uint64_t sequences[4];

static void add_view(uint64_t view, uint64_t rebooted, uint32_t mask)
{
	struct view_member members[3];
	uint32_t count = 0;
	AUTO_BUF buf = {};

	for (uint32_t node = 1; node <= 3; node++)
		if (mask & (1u << node))
			members[count++] = (struct view_member){
				.node = node,
				.session = node == rebooted ? view : 1,
				.kernel = node == rebooted ? 100 + view : node,
				.daemon = node == rebooted ? 100 + view : node,
			};
	entry_view(&buf, view, 1, members, count);
	log_append(&entries, view, buf.data, buf.len);
	state_apply(state, log_entry(&entries, log_last(&entries).index),
		    &(struct command_id){}, &(struct result){});
}

static void setup(void)
{
	struct elector electors[3] = {};

	for (uint32_t i = 0; i < 3; i++) {
		electors[i].node = i + 1;
		snprintf(electors[i].name, sizeof(electors[i].name), "node%u",
			 i + 1);
		electors[i].address_len = 4;
		electors[i].address[3] = i + 1;
		electors[i].port = 2077;
	}
	state = state_new(HISTORY, electors, 3);
	log_reset(&entries, (struct position){});
	memset(sequences, 0, sizeof(sequences));
	add_view(1, 0, 0xe);
}

static void teardown(void)
{
	state_free(state);
	log_reset(&entries, (struct position){});
}

static struct result give(uint32_t node, uint64_t sequence, struct buf *command)
{
	struct command_id id = { node, node, sequence };
	struct result result = { .error = -1 };
	AUTO_BUF buf = {};

	entry_command(&buf, &id, command->data, command->len);
	log_append(&entries, 1, buf.data, buf.len);
	if (!state_apply(state,
			 log_entry(&entries, log_last(&entries).index), &id,
			 &result))
		result.error = ECANCELED;
	buf_free(command);
	return result;
}

static struct result next(uint32_t node, struct buf *command)
{
	return give(node, ++sequences[node], command);
}

static struct result create(uint32_t node, const char *name)
{
	struct buf command = {};

	command_dc_create(&command, name, (uint32_t[]){ 1, 2, 3 }, 3, 10, 20);
	return next(node, &command);
}

static struct result delete(uint32_t node, const char *name)
{
	struct buf command = {};

	command_dc_delete(&command, name);
	return next(node, &command);
}

static struct result part(uint32_t node, uint64_t dcid, enum part_state reached)
{
	struct buf command = {};

	command_part(&command, dcid, reached, 0);
	return next(node, &command);
}

static struct result claim(uint32_t node, uint64_t dcid, uint16_t slot)
{
	struct buf command = {};

	command_claim(&command, dcid, slot);
	return next(node, &command);
}

static struct result release(uint32_t node, uint64_t dcid, uint16_t slot,
			     uint64_t epoch)
{
	struct buf command = {};

	command_release(&command, dcid, slot, epoch);
	return next(node, &command);
}

static struct result raise_to(uint32_t node, uint64_t dcid, uint16_t slot,
			      uint64_t epoch, uint32_t ceiling)
{
	struct buf command = {};

	command_raise(&command, dcid, slot, epoch, ceiling);
	return next(node, &command);
}

static const struct range *owner(uint64_t dcid, uint16_t slot)
{
	return slots_find(&state_container(state, dcid)->slots, slot);
}

/* --- containers ----------------------------------------------------------- */

static void a_new_container_splits_the_dynamic_slots_evenly(void)
{
	uint32_t sizes[4] = {};
	struct result result;

	setup();
	result = create(1, "web");
	EXPECT(!result.error);
	for (uint32_t slot = 1; slot <= SLOT_LAST; slot++) {
		const struct range *range = owner(result.value, slot);

		EXPECT(!range == (slot < SLOT_FIRST_DYNAMIC));
		if (range)
			sizes[range->node]++;
	}
	EXPECT(sizes[1] == 21504 && sizes[2] == 21504 && sizes[3] == 21504);
	EXPECT(owner(result.value, 1024)->floor == 1);
	EXPECT(owner(result.value, 1024)->ceiling == 1 + GENERATION_STEP);
	teardown();
}

static void names_are_unique_and_numbers_never_used_again(void)
{
	struct result first, second;

	setup();
	first = create(1, "web");
	EXPECT(create(2, "web").error == EEXIST);
	EXPECT(delete(2, "web").value == first.value);
	EXPECT(create(2, "web").error == EBUSY);
	for (uint32_t node = 1; node <= 3; node++)
		EXPECT(!part(node, first.value, PART_GONE).error);
	EXPECT(!state_container(state, first.value));
	second = create(2, "web");
	EXPECT(!second.error && second.value > first.value);
	EXPECT(second.value >> 32 == HISTORY >> 32);
	teardown();
}

static void bad_definitions_are_refused(void)
{
	static const char *const names[] = { "", ".", "-a", "a/b", "a b", "\xc3\xa4" };
	char longest[DVSD_NAME_MAX + 2];
	struct buf command = {};

	setup();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		EXPECT(create(1, names[i]).error == EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[DVSD_NAME_MAX + 1] = '\0';
	EXPECT(create(1, longest).error == EINVAL);
	longest[DVSD_NAME_MAX] = '\0';
	EXPECT(!create(1, longest).error);
	command_dc_create(&command, "x", (uint32_t[]){ 4 }, 1, 1, 1);
	EXPECT(next(1, &command).error == ENXIO);
	command_dc_create(&command, "x", NULL, 0, 1, 1);
	EXPECT(next(1, &command).error == EINVAL);
	command_dc_create(&command, "x", (uint32_t[]){ 1 }, 1, 0, 1);
	EXPECT(next(1, &command).error == EINVAL);
	put_u8(&command, 77);
	put_u64(&command, 1);
	EXPECT(next(1, &command).error == ENOENT);
	teardown();
}

static void a_deleted_container_waits_for_nodes_of_the_view_only(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	delete(1, "web");
	part(1, dcid, PART_GONE);
	EXPECT(state_container(state, dcid));
	EXPECT(claim(1, dcid, 7).error == EIDRM);
	part(2, dcid, PART_GONE);
	EXPECT(state_container(state, dcid));
	add_view(5, 0, 0x6);
	EXPECT(!state_container(state, dcid));
	teardown();
}

/* --- slots ---------------------------------------------------------------- */

static void a_well_known_slot_goes_to_the_first_claim(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	EXPECT(!claim(2, dcid, 7).error);
	EXPECT(claim(1, dcid, 7).error == EADDRINUSE);
	EXPECT(!claim(2, dcid, 7).error);
	EXPECT(owner(dcid, 7)->node == 2);
	EXPECT(owner(dcid, 7)->epoch == 1);
	teardown();
}

static void dynamic_slots_are_not_claimed(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	EXPECT(claim(2, dcid, 1024).error == EADDRINUSE);
	EXPECT(claim(2, dcid, 0).error == EINVAL);
	EXPECT(claim(2, dcid + 1, 7).error == ENOENT);
	teardown();
}

static void a_slot_whose_owner_left_the_view_may_be_taken(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	claim(2, dcid, 7);
	add_view(5, 0, 0xa);
	EXPECT(!claim(1, dcid, 7).error);
	EXPECT(owner(dcid, 7)->node == 1);
	EXPECT(owner(dcid, 7)->epoch == 2);
	EXPECT(owner(dcid, 7)->floor == 1 + GENERATION_STEP);
	EXPECT(owner(dcid, 7)->ceiling == 1 + 2 * GENERATION_STEP);
	teardown();
}

static void a_released_slot_may_be_taken(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	claim(2, dcid, 7);
	EXPECT(release(1, dcid, 7, 1).error == ESTALE);
	EXPECT(release(2, dcid, 7, 2).error == ESTALE);
	EXPECT(!release(2, dcid, 7, 1).error);
	EXPECT(!owner(dcid, 7)->node);
	EXPECT(!claim(3, dcid, 7).error);
	EXPECT(owner(dcid, 7)->floor == 1 + GENERATION_STEP);
	teardown();
}

static void an_owner_that_comes_back_unchanged_keeps_its_generations(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	claim(2, dcid, 7);
	release(2, dcid, 7, 1);
	EXPECT(!claim(2, dcid, 7).error);
	EXPECT(owner(dcid, 7)->epoch == 3);
	EXPECT(owner(dcid, 7)->floor == 1);
	teardown();
}

static void ceilings_rise_by_steps_to_the_end(void)
{
	uint32_t ceiling = 1 + GENERATION_STEP;
	uint64_t dcid, version;

	setup();
	dcid = create(1, "web").value;
	claim(2, dcid, 7);
	version = state_container(state, dcid)->version;
	EXPECT(raise_to(2, dcid, 7, 2, ceiling).error == ESTALE);
	EXPECT(raise_to(1, dcid, 7, 1, ceiling).error == ESTALE);
	while (owner(dcid, 7)->ceiling < GENERATION_END) {
		EXPECT(!raise_to(2, dcid, 7, 1, ceiling).error);
		EXPECT(owner(dcid, 7)->ceiling > ceiling);
		/* Said twice, done once. */
		EXPECT(!raise_to(2, dcid, 7, 1, ceiling).error);
		ceiling = owner(dcid, 7)->ceiling;
		version++;
		EXPECT(state_container(state, dcid)->version == version);
	}
	EXPECT(raise_to(2, dcid, 7, 1, ceiling).error == ENOSPC);
	EXPECT(!release(2, dcid, 7, 1).error);
	EXPECT(claim(1, dcid, 7).error == ENOSPC);
	teardown();
}

static void a_kernel_that_forgot_starts_above_its_ceilings(void)
{
	uint64_t dcid;

	setup();
	dcid = create(1, "web").value;
	claim(2, dcid, 7);
	part(2, dcid, PART_READY);
	add_view(5, 2, 0xe);
	EXPECT(!owner(dcid, 7)->node);
	EXPECT(owner(dcid, 30000)->node == 2);
	EXPECT(owner(dcid, 30000)->floor == 1 + GENERATION_STEP);
	EXPECT(owner(dcid, 30000)->epoch == 2);
	EXPECT(owner(dcid, 1024)->epoch == 1);
	EXPECT(container_part(state_container(state, dcid), 2)->state ==
	       PART_PENDING);
	teardown();
}

/* No slot has two owners and no generation two users, whatever is asked. */
static void random_commands_keep_the_slot_map_whole(void)
{
	static uint32_t used[1024];
	uint64_t dcid;
	uint32_t seed = 1;

	setup();
	dcid = create(1, "web").value;
	memset(used, 0, sizeof(used));
	for (int i = 0; i < 20000; i++) {
		const struct slots *slots;
		const struct range *range;
		uint32_t node, slot;
		uint64_t epoch;

		seed = seed * 1103515245 + 12345;
		node = 1 + (seed >> 8) % 3;
		slot = 1 + (seed >> 16) % 4;
		range = owner(dcid, slot);
		epoch = range ? range->epoch : 0;
		switch ((seed >> 12) % 3) {
		case 0:
			if (claim(node, dcid, slot).error ||
			    owner(dcid, slot)->epoch == epoch)
				break;
			range = owner(dcid, slot);
			/* A new owner begins where nobody has been. */
			EXPECT(range->floor >= used[slot] ||
			       range->last_node == node);
			break;
		case 1:
			release(node, dcid, slot, epoch);
			break;
		default:
			raise_to(node, dcid, slot, epoch,
				 range ? range->ceiling : 0);
		}
		range = owner(dcid, slot);
		if (range && range->node && used[slot] < range->ceiling)
			used[slot] = range->ceiling;
		slots = &state_container(state, dcid)->slots;
		for (uint32_t j = 1; j < slots->count; j++)
			EXPECT(slots->ranges[j - 1].last <
			       slots->ranges[j].first);
		if (!tap.ok)
			break;
	}
	teardown();
}

/* --- commands, snapshots -------------------------------------------------- */

static void a_repeated_command_is_recognised(void)
{
	struct buf command = {};
	struct result first, again;
	uint64_t hash;

	setup();
	command_dc_create(&command, "web", (uint32_t[]){ 1 }, 1, 1, 1);
	first = give(1, 5, &command);
	hash = state_hash(state);
	command_dc_create(&command, "web", (uint32_t[]){ 1 }, 1, 1, 1);
	again = give(1, 5, &command);
	EXPECT(!first.error && !again.error && first.value == again.value);
	EXPECT(state->container_count == 1);
	state->index--;
	EXPECT(state_hash(state) == hash);
	teardown();
}

static void commands_may_arrive_out_of_order(void)
{
	struct buf command = {};

	setup();
	command_dc_create(&command, "b", (uint32_t[]){ 1 }, 1, 1, 1);
	EXPECT(!give(1, 2, &command).error);
	command_dc_create(&command, "a", (uint32_t[]){ 1 }, 1, 1, 1);
	EXPECT(!give(1, 1, &command).error);
	EXPECT(state->container_count == 2);
	teardown();
}

static void a_daemon_outside_the_view_commands_nothing(void)
{
	struct command_id id = { 1, 99, 1 };
	struct result result;
	AUTO_BUF command = {};
	AUTO_BUF buf = {};

	setup();
	add_view(5, 0, 0x6);
	EXPECT(create(3, "web").error == ECANCELED);
	command_dc_delete(&command, "web");
	entry_command(&buf, &id, command.data, command.len);
	log_append(&entries, 5, buf.data, buf.len);
	EXPECT(!state_apply(state,
			    log_entry(&entries, log_last(&entries).index),
			    &id, &result));
	teardown();
}

static void the_same_log_gives_the_same_state(void)
{
	struct state *other;
	uint64_t dcid;

	setup();
	other = state_new(HISTORY, state->electors, 3);
	for (uint32_t i = 0; i < 3; i++)
		other->electors[i].session = 0;
	for (int i = 0; i < 50; i++) {
		char name[16];

		snprintf(name, sizeof(name), "dc%d", i);
		dcid = create(1 + i % 3, name).value;
		claim(1 + i % 2, dcid, 1 + i);
		if (i % 3 == 0)
			delete(2, name);
	}
	for (uint64_t i = 1; i <= log_last(&entries).index; i++)
		state_apply(other, log_entry(&entries, i),
			    &(struct command_id){}, &(struct result){});
	EXPECT(state_hash(other) == state_hash(state));
	state_free(other);
	teardown();
}

static void a_snapshot_is_the_state(void)
{
	struct state *copy;
	AUTO_BUF first = {};
	AUTO_BUF second = {};
	struct result result;
	uint64_t dcid;

	setup();
	dcid = create(2, "web").value;
	claim(2, dcid, 7);
	part(2, dcid, PART_FAILED);
	delete(3, "web");
	state_encode(state, &first);
	copy = state_decode(first.data, first.len);
	EXPECT(copy);
	state_encode(copy, &second);
	EXPECT(first.len == second.len &&
	       !memcmp(first.data, second.data, first.len));
	/* What a command came to is remembered in it. */
	EXPECT(state_done(copy, &(struct command_id){ 2, 2, 1 }, &result));
	EXPECT(result.value == dcid);
	state_free(copy);
	teardown();
}

static void a_broken_snapshot_is_refused(void)
{
	AUTO_BUF buf = {};

	setup();
	create(2, "web");
	state_encode(state, &buf);
	for (size_t len = 0; len < buf.len; len++)
		EXPECT(!state_decode(buf.data, len));
	for (size_t i = 0; i < buf.len; i++) {
		struct state *copy;

		/* Whatever comes out, nothing may break. */
		buf.data[i] ^= 0xff;
		copy = state_decode(buf.data, buf.len);
		state_free(copy);
		buf.data[i] ^= 0xff;
	}
	teardown();
}

/* --- log, messages, sender ------------------------------------------------ */

static void a_log_is_cut_and_trimmed(void)
{
	struct log log = {};

	log_reset(&log, (struct position){ 3, 10 });
	for (int i = 0; i < 8000; i++)
		log_append(&log, 4, "x", 1);
	EXPECT(log_last(&log).index == 8010);
	EXPECT(log_holds(&log, (struct position){ 3, 10 }));
	EXPECT(!log_holds(&log, (struct position){ 3, 11 }));
	log_cut(&log, 8001);
	EXPECT(log_last(&log).index == 8000 && log_last(&log).view == 4);
	log_trim(&log, 5000);
	EXPECT(log.base.index == 8000 - LOG_KEEP_ENTRIES);
	EXPECT(log_entry(&log, log.base.index + 1)->index ==
	       log.base.index + 1);
	EXPECT(!log_entry(&log, log.base.index));
	log_reset(&log, (struct position){});
	free(log.entries);
}

static void broken_messages_are_refused(void)
{
	struct log log = {};
	struct message message = {
		.type = MESSAGE_APPEND,
		.last = { 1, 0 },
	}, decoded;
	struct entry entry;
	AUTO_BUF buf = {};
	int count = 0;

	log_append(&log, 1, "one", 3);
	log_append(&log, 1, "two", 3);
	message_encode(&message, &log, &buf);
	EXPECT(message_decode(&decoded, 1, buf.data, buf.len));
	while (message_entry(&decoded, &entry))
		count++;
	EXPECT(count == 2);
	for (size_t i = 0; i < buf.len; i++) {
		EXPECT(!message_decode(&decoded, 1, buf.data, i));
		buf.data[i] ^= 1;
		EXPECT(!message_decode(&decoded, 1, buf.data, buf.len));
		buf.data[i] ^= 1;
	}
	log_reset(&log, (struct position){});
	free(log.entries);
}

static uint32_t sent_messages;
static bool corosync_is_busy;

static enum send_result count_message(void *context, const void *data,
				      size_t len)
{
	(void)context;
	(void)data;
	(void)len;
	if (corosync_is_busy)
		return SEND_AGAIN;
	sent_messages++;
	return SEND_OK;
}

static void a_sender_keeps_to_its_window(void)
{
	static char data[MESSAGE_MAX];
	struct sender sender;

	sender_init(&sender);
	sent_messages = 0;
	for (int i = 0; i < 100; i++)
		sender_add(&sender, data, 100);
	EXPECT(sender_flush(&sender, 0, count_message, NULL) == SEND_OK);
	EXPECT(sent_messages == WINDOW_MESSAGES);
	sender_delivered(&sender, 1);
	sender_flush(&sender, 1, count_message, NULL);
	EXPECT(sent_messages == WINDOW_MESSAGES + 1);
	EXPECT(!sender_room(&sender));
	/* What does not come back is lost. */
	sender_flush(&sender, 1 + WINDOW_STALL_MS, count_message, NULL);
	EXPECT(sent_messages == 2 * WINDOW_MESSAGES + 1);
	EXPECT(sender.stalled == 1);
	sender_reset(&sender);
	EXPECT(sender_room(&sender) == WINDOW_BYTES);

	sent_messages = 0;
	for (int i = 0; i < 12; i++)
		sender_add(&sender, data, sizeof(data));
	sender_flush(&sender, 5000, count_message, NULL);
	EXPECT(sent_messages == WINDOW_BYTES / sizeof(data));
	sender_reset(&sender);
}

static void a_message_corosync_does_not_take_is_kept(void)
{
	struct sender sender;

	sender_init(&sender);
	sent_messages = 0;
	corosync_is_busy = true;
	sender_add(&sender, "x", 1);
	EXPECT(sender_flush(&sender, 0, count_message, NULL) == SEND_AGAIN);
	corosync_is_busy = false;
	EXPECT(sender_flush(&sender, 0, count_message, NULL) == SEND_OK);
	EXPECT(sent_messages == 1);
	sender_reset(&sender);
}

int main(void)
{
	printf("1..22\n");
	RUN(a_new_container_splits_the_dynamic_slots_evenly);
	RUN(names_are_unique_and_numbers_never_used_again);
	RUN(bad_definitions_are_refused);
	RUN(a_deleted_container_waits_for_nodes_of_the_view_only);
	RUN(a_well_known_slot_goes_to_the_first_claim);
	RUN(dynamic_slots_are_not_claimed);
	RUN(a_slot_whose_owner_left_the_view_may_be_taken);
	RUN(a_released_slot_may_be_taken);
	RUN(an_owner_that_comes_back_unchanged_keeps_its_generations);
	RUN(ceilings_rise_by_steps_to_the_end);
	RUN(a_kernel_that_forgot_starts_above_its_ceilings);
	RUN(random_commands_keep_the_slot_map_whole);
	RUN(a_repeated_command_is_recognised);
	RUN(commands_may_arrive_out_of_order);
	RUN(a_daemon_outside_the_view_commands_nothing);
	RUN(the_same_log_gives_the_same_state);
	RUN(a_snapshot_is_the_state);
	RUN(a_broken_snapshot_is_refused);
	RUN(a_log_is_cut_and_trimmed);
	RUN(broken_messages_are_refused);
	RUN(a_sender_keeps_to_its_window);
	RUN(a_message_corosync_does_not_take_is_kept);
	free(entries.entries);
	return tap.failed ? 1 : 0;
}
