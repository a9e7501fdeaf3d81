/* Rows: a PGresult that lives as long as the arena it hangs on. */
#include "sql/db_internal.h"

#include <stdlib.h>

struct rows {
    PGresult *result;
};

static void clear_result(void *object)
{
    PQclear(object);
}

struct rows *rows_new(struct ctx *ctx, PGresult *result)
{
    struct rows *rows = arena_new(ctx->arena, struct rows);
    rows->result = result;
    arena_on_end(ctx->arena, clear_result, result);
    return rows;
}

size_t rows_count(const struct rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

size_t rows_affected(const struct rows *rows)
{
    return strtoul(PQcmdTuples(rows->result), NULL, 10);
}

int rows_column(const struct rows *rows, const char *name)
{
    return PQfnumber(rows->result, name);
}

static bool is_null(const struct rows *rows, size_t row, int column)
{
    return column < 0 || row >= rows_count(rows) || PQgetisnull(rows->result, (int)row, column);
}

const char *rows_text(const struct rows *rows, size_t row, int column)
{
    return is_null(rows, row, column) ? NULL : PQgetvalue(rows->result, (int)row, column);
}

size_t rows_length(const struct rows *rows, size_t row, int column)
{
    return is_null(rows, row, column) ? 0 : (size_t)PQgetlength(rows->result, (int)row, column);
}

bool rows_bool(const struct rows *rows, size_t row, int column)
{
    const char *text = rows_text(rows, row, column);
    return text && text[0] == 't';
}

int64_t rows_int(const struct rows *rows, size_t row, int column)
{
    const char *text = rows_text(rows, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

const char *rows_get(const struct rows *rows, size_t row, const char *name)
{
    return rows_text(rows, row, rows_column(rows, name));
}
