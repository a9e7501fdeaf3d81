/* Rows on their way to the database: a JSON list of maps, written straight to text, read there by
 * json_to_recordset. */
#ifndef HEARTH_ENGINE_ROWS_H
#define HEARTH_ENGINE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct row_list {
    struct str text;
    size_t count;
    bool first_field;
};

#define ROW_LIST_INIT(arena_)                                                                                \
    {                                                                                                        \
        .text = STR_INIT(arena_)                                                                             \
    }

void row_begin(struct row_list *list);
void row_text(struct row_list *list, const char *name, const char *value); /* NULL: null */
void row_int(struct row_list *list, const char *name, int64_t value);
void row_bool(struct row_list *list, const char *name, bool value);
void row_json(struct row_list *list, const char *name, const char *json); /* as it is; NULL: null */
void row_end(struct row_list *list);
/* A row that is one text. */
void row_list_add_text(struct row_list *list, const char *value);
/* The whole as JSON; no more rows after this. */
const char *row_list_json(struct row_list *list);

#endif
