/* Writes what turns changed: all operations of this engine in one transaction, each table in one statement.
 */
#ifndef HEARTH_ENGINE_BATCH_H
#define HEARTH_ENGINE_BATCH_H

#include "engine/operation.h"

/* Commits the changes of operations (those that have any, or all when renew). Those whose fence is gone are
 * marked lost and not written. -1: nothing was committed, or it is unknown whether it was: load them anew. */
int batch_commit(struct ctx *ctx, struct db *db, struct operation **operations, size_t count,
                 bool renew) MUST_CHECK;

#endif
