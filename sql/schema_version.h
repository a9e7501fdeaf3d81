/* Which schema this binary works on: it refuses any other, and never migrates by itself. */
#ifndef HEARTH_SQL_SCHEMA_VERSION_H
#define HEARTH_SQL_SCHEMA_VERSION_H

#include "base/ctx.h"
#include "sql/db.h"

/* MIN is the last migration that this program needs. It works on one more, for the time of an upgrade in which hosts
 * change over one by one: a migration may add, but takes nothing away that the program before it uses. */
enum { SCHEMA_VERSION_MIN = 7, SCHEMA_VERSION_MAX = SCHEMA_VERSION_MIN + 1 };

/* -1 (FAULT_UNAVAILABLE) when the database's version is outside; the message says what to run. */
int schema_check(struct ctx *ctx, struct db *db) MUST_CHECK;

#endif
