/* Which schema this binary works on: it refuses any other, and never migrates by itself. */
#ifndef HEARTH_SQL_SCHEMA_VERSION_H
#define HEARTH_SQL_SCHEMA_VERSION_H

#include "base/ctx.h"
#include "sql/db.h"

enum { SCHEMA_VERSION_MIN = 4, SCHEMA_VERSION_MAX = 4 };

/* -1 (FAULT_UNAVAILABLE) when the database's version is outside; the message says what to run. */
int schema_check(struct ctx *ctx, struct db *db) MUST_CHECK;

#endif
