/* Rows on their way to the database, as JSON text. */
#include "engine/rows.h"

#include <inttypes.h>

#include "base/value.h"

static void next_row(struct row_list *list)
{
    str_add_char(&list->text, list->count++ ? ',' : '[');
}

void row_begin(struct row_list *list)
{
    next_row(list);
    str_add_char(&list->text, '{');
    list->first_field = true;
}

static void field(struct row_list *list, const char *name)
{
    if (!list->first_field)
        str_add_char(&list->text, ',');
    list->first_field = false;
    str_add_char(&list->text, '"');
    str_add(&list->text, name);
    str_add(&list->text, "\":");
}

void row_text(struct row_list *list, const char *name, const char *value)
{
    field(list, name);
    if (value)
        json_write_string(&list->text, value);
    else
        str_add(&list->text, "null");
}

void row_int(struct row_list *list, const char *name, int64_t value)
{
    field(list, name);
    str_printf(&list->text, "%" PRId64, value);
}

void row_bool(struct row_list *list, const char *name, bool value)
{
    row_json(list, name, value ? "true" : "false");
}

void row_json(struct row_list *list, const char *name, const char *json)
{
    field(list, name);
    str_add(&list->text, json ? json : "null");
}

void row_end(struct row_list *list)
{
    str_add_char(&list->text, '}');
}

void row_list_add_text(struct row_list *list, const char *value)
{
    next_row(list);
    json_write_string(&list->text, value);
}

const char *row_list_json(struct row_list *list)
{
    str_add(&list->text, list->count ? "]" : "[]");
    return list->text.data;
}
