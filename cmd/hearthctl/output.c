/* Tables for people, JSON for programs. */
#include "cmd/hearthctl/hearthctl.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *cell(const struct rows *rows, size_t row, const struct column *column)
{
    const char *text = rows_get(rows, row, column->name);
    if (text != NULL && column->kind == COLUMN_BOOLEAN)
        return *text == 't' ? "yes" : "no";
    return text ? text : "";
}

/* Columns on the screen, near enough: characters. */
static int width_of(const char *text)
{
    return utf8_valid(text, strlen(text)) ? (int)utf8_count(text, strlen(text)) : (int)strlen(text);
}

static void put_cell(const char *text, int width, bool last)
{
    printf("%s%*s", text, last ? 0 : width - width_of(text) + 2, "");
}

static const struct value *cell_value(struct arena *arena, const char *text, const struct column *column)
{
    if (text == NULL)
        return &value_null;
    if (column->kind == COLUMN_BOOLEAN)
        return value_bool(*text == 't');
    return column->kind == COLUMN_NUMBER ? value_integer_text(arena, text, strlen(text))
                                         : value_string(arena, text);
}

static struct value *row_value(struct session *session, const struct rows *rows, size_t row,
                               const struct column *columns, size_t count)
{
    struct arena *arena = session->ctx.arena;
    struct value *map = value_map(arena);
    for (size_t i = 0; i < count; i++)
        value_map_set(arena, map, columns[i].name,
                      cell_value(arena, rows_get(rows, row, columns[i].name), &columns[i]));
    return map;
}

static void print_value(struct session *session, const struct value *value)
{
    puts(value_to_json(session->ctx.arena, value));
}

static void print_table(const struct rows *rows, const struct column *columns, size_t count, int *widths)
{
    for (size_t c = 0; c < count; c++) {
        widths[c] = width_of(columns[c].title);
        for (size_t r = 0; r < rows_count(rows); r++)
            if (width_of(cell(rows, r, &columns[c])) > widths[c])
                widths[c] = width_of(cell(rows, r, &columns[c]));
    }
    for (size_t c = 0; c < count; c++)
        put_cell(columns[c].title, widths[c], c + 1 == count);
    putchar('\n');
    for (size_t r = 0; r < rows_count(rows); r++) {
        for (size_t c = 0; c < count; c++)
            put_cell(cell(rows, r, &columns[c]), widths[c], c + 1 == count);
        putchar('\n');
    }
}

void print_rows(struct session *session, const struct rows *rows, const struct column *columns, size_t count)
{
    struct arena *arena = session->ctx.arena;
    if (!session->json) {
        print_table(rows, columns, count, arena_array(arena, int, count));
        return;
    }
    struct value *list = value_list(arena);
    for (size_t i = 0; i < rows_count(rows); i++)
        value_list_add(arena, list, row_value(session, rows, i, columns, count));
    print_value(session, list);
}

void print_record(struct session *session, const struct rows *rows, const struct column *columns,
                  size_t count)
{
    if (session->json) {
        print_value(session, row_value(session, rows, 0, columns, count));
        return;
    }
    int width = 0;
    for (size_t i = 0; i < count; i++)
        width = width_of(columns[i].title) > width ? width_of(columns[i].title) : width;
    for (size_t i = 0; i < count; i++) {
        put_cell(columns[i].title, width, false);
        puts(cell(rows, 0, &columns[i]));
    }
}

void print_done(struct session *session, const char *what, const char *name, const char *id)
{
    struct arena *arena = session->ctx.arena;
    if (!session->json) {
        printf("%s %s%s%s%s.\n", what, name, id ? " (" : "", id ? id : "", id ? ")" : "");
        return;
    }
    struct value *map = value_map(arena);
    value_map_set(arena, map, "done", value_string(arena, what));
    value_map_set(arena, map, "name", value_string(arena, name));
    value_map_set(arena, map, "id", id ? value_string(arena, id) : &value_null);
    print_value(session, map);
}
