// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's wishes for the slot maps become commands; a refusal goes back to
 * the kernel, a grant does so as the changed map.
 */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Wishes that are commands under way; the others wait in the kernel. */
#define CLAIMS_MAX	64

struct claims {
	struct daemon *daemon;
	struct {
		struct kernel_claim claim;
		uint64_t sequence;
	} under_way[CLAIMS_MAX];
	uint32_t count;
	/* While a list is read: first what is given back, then the rest. */
	bool releases;
};

struct claims *claims_new(struct daemon *daemon)
{
	struct claims *claims = xalloc(sizeof(*claims));

	claims->daemon = daemon;
	return claims;
}

void claims_free(struct claims *claims)
{
	free(claims);
}

void claims_reset(struct claims *claims)
{
	claims->count = 0;
}

static bool under_way(const struct claims *claims,
		      const struct kernel_claim *claim)
{
	for (uint32_t i = 0; i < claims->count; i++) {
		const struct kernel_claim *other = &claims->under_way[i].claim;

		if (other->dcid == claim->dcid && other->slot == claim->slot &&
		    other->kind == claim->kind)
			return true;
	}
	return false;
}

static void refuse(struct claims *claims, const struct kernel_claim *claim,
		   int reason)
{
	struct daemon *daemon = claims->daemon;
	int error;

	if (!daemon->kernel)
		return;
	error = daemon->kernel_ops->claim_refuse(daemon->kernel, claim->dcid,
						 claim->slot, reason);
	if (error && error != -ENOENT)
		sync_failed(daemon, error, "a claim cannot be refused");
}

/* The command for a wish; false: the agreed state has answered it already. */
static bool command_of(struct claims *claims,
		       const struct kernel_claim *claim, struct buf *command)
{
	struct daemon *daemon = claims->daemon;
	const struct container *container;
	const struct range *range;

	container = state_container(daemon->agree.state, claim->dcid);
	if (!container || container->deleting)
		return false;
	range = slots_find(&container->slots, claim->slot);
	if (claim->kind == KERNEL_CLAIM) {
		if (range && range->node == daemon->cluster.self)
			return false;
		command_claim(command, claim->dcid, claim->slot);
		return true;
	}
	if (!range || range->node != daemon->cluster.self)
		return false;
	if (claim->kind == KERNEL_RAISE)
		command_raise(command, claim->dcid, claim->slot, range->epoch,
			      range->ceiling);
	else
		command_release(command, claim->dcid, claim->slot,
				range->epoch);
	return true;
}

static void read_claim(void *context, const struct kernel_claim *claim)
{
	struct claims *claims = context;
	AUTO_BUF command = {};
	uint64_t sequence;

	if (claims->releases != (claim->kind == KERNEL_RELEASE) ||
	    claims->count == CLAIMS_MAX || under_way(claims, claim) ||
	    !command_of(claims, claim, &command))
		return;
	sequence = agree_submit(&claims->daemon->agree, now_ms(),
				command.data, command.len);
	if (!sequence)
		return;
	claims->under_way[claims->count].claim = *claim;
	claims->under_way[claims->count].sequence = sequence;
	claims->count++;
}

void claims_read(struct claims *claims)
{
	struct daemon *daemon = claims->daemon;
	int error;

	if (!daemon->kernel || !daemon->has_agree ||
	    !agree_running(&daemon->agree))
		return;
	claims->releases = true;
	error = daemon->kernel_ops->claim_list(daemon->kernel, read_claim,
					       claims);
	claims->releases = false;
	if (!error)
		error = daemon->kernel_ops->claim_list(daemon->kernel,
						       read_claim, claims);
	if (error)
		sync_failed(daemon, error, "claims cannot be listed");
	agree_flush(&daemon->agree);
}

void claims_done(struct claims *claims, uint64_t sequence,
		 const struct result *result)
{
	for (uint32_t i = 0; i < claims->count; i++) {
		struct kernel_claim claim = claims->under_way[i].claim;

		if (claims->under_way[i].sequence != sequence)
			continue;
		claims->count--;
		claims->under_way[i] = claims->under_way[claims->count];
		/* ESTALE: the map has changed meanwhile, the kernel knows. */
		if (result->error && result->error != ESTALE)
			refuse(claims, &claim, result->error);
		/* There may be more than fitted, or the same once more. */
		claims->daemon->sync_wanted = true;
		return;
	}
}
