/* Writes what steps noted, and answers what they ask (resources/effects.h): each kind in one statement, whatever
 * the number of steps, stacks and tenants. */
#ifndef HEARTH_ENGINE_EFFECTS_H
#define HEARTH_ENGINE_EFFECTS_H

#include "base/ctx.h"
#include "base/value.h"
#include "resources/effects.h"
#include "sql/db.h"

struct effect_source {
    const char *tenant_id;
    const struct effect *effects; /* or NULL */
};

/* In the open transaction, after the resources' own rows. */
int effects_write(struct ctx *ctx, struct db *db, const struct effect_source *sources,
                  size_t count) MUST_CHECK;

struct asker {
    const char *tenant_id;
    struct arena *arena;          /* of the answers */
    const struct ask **asked;     /* becomes NULL */
    const struct value **answers; /* get what was asked added */
};

/* In the open transaction, or else each statement by itself. */
int effects_answer(struct ctx *ctx, struct db *db, const struct asker *askers, size_t count) MUST_CHECK;

/* Makes the metadata of the resources that are these servers list the servers' deployments, in the open
 * transaction. servers: JSON list of {"tenant_id", "id"}. The resources are locked first, in order, so that of
 * two changes at once the later one lists both. */
int server_metadata_write(struct ctx *ctx, struct db *db, const char *servers) MUST_CHECK;

#endif
