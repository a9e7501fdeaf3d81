/* Is the database's schema one that this binary works on? */
#include "sql/schema_version.h"

static const char *advice(int64_t version)
{
    return version < SCHEMA_VERSION_MIN
               ? "Run, as the owner of the schema: sql/migrate up --database CONNINFO"
               : "Install the release of Hearth that belongs to it";
}

/* 0 where there is no schema, or none that this role may see. */
static int read_version(struct ctx *ctx, struct db *db, int64_t *version)
{
    *version = 0;
    struct rows *exists = db_read(ctx, db, STMT_schema_exists);
    if (!exists || !rows_bool(exists, 0, 0))
        return exists ? 0 : -1;
    struct rows *rows = db_read(ctx, db, STMT_schema_version);
    if (!rows)
        return -1;
    *version = rows_int(rows, 0, 0);
    return 0;
}

int schema_check(struct ctx *ctx, struct db *db)
{
    int64_t version;
    if (read_version(ctx, db, &version) < 0)
        return -1;
    if (version >= SCHEMA_VERSION_MIN && version <= SCHEMA_VERSION_MAX)
        return 0;
    return fail(ctx, FAULT_UNAVAILABLE,
                "The database's schema is version %lld; this program works on %d to %d. %s.",
                (long long)version, SCHEMA_VERSION_MIN, SCHEMA_VERSION_MAX, advice(version));
}
