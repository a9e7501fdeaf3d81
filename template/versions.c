/* The versions and functions as tables, and how a name is found in them. */
#include "template/call.h"

#include <string.h>

enum {
#define VERSION(name, key, date, alias, class, rank) name = (rank),
#include "template/versions.def"
#undef VERSION
    HOT_LAST = HOT_WALLABY
};

enum {
#define VERSION(name, key, date, alias, class, rank) CLASS_##name = (class),
#include "template/versions.def"
#undef VERSION
};

static const struct template_version versions[] = {
#define VERSION(name, key, date, alias, class, rank) {key, date, alias, class, rank},
#include "template/versions.def"
#undef VERSION
};

static const struct function_row rows[] = {
#define FUNCTION(name, first, last, where, check, evaluate, text)                                            \
    {{name, text, (where) == CONDITION},                                                                     \
     (enum template_class)CLASS_##first,                                                                     \
     first,                                                                                                  \
     last,                                                                                                   \
     where,                                                                                                  \
     check,                                                                                                  \
     evaluate},
#include "template/functions.def"
#undef FUNCTION
};

size_t template_version_count(void)
{
    return COUNT_OF(versions);
}

const struct template_version *template_version_at(size_t i)
{
    return i < COUNT_OF(versions) ? &versions[i] : NULL;
}

static bool version_is_called(const struct template_version *version, const char *id)
{
    size_t key = strlen(version->key);
    if (strncmp(id, version->key, key) != 0 || id[key] != '.')
        return false;
    const char *rest = id + key + 1;
    return strcmp(rest, version->date) == 0 || (version->alias && strcmp(rest, version->alias) == 0);
}

const struct template_version *template_version_find(const char *id)
{
    for (size_t i = 0; i < COUNT_OF(versions); i++)
        if (version_is_called(&versions[i], id))
            return &versions[i];
    return NULL;
}

size_t function_row_count(void)
{
    return COUNT_OF(rows);
}

const struct function_row *function_row_at(size_t i)
{
    return i < COUNT_OF(rows) ? &rows[i] : NULL;
}

static bool row_in_version(const struct function_row *row, const struct template_version *version)
{
    return row->class == version->class && row->first <= version->rank && version->rank <= row->last;
}

/* First row whose name is not less than name: rows of one name stand together. */
static size_t first_row(const char *name)
{
    size_t low = 0, high = COUNT_OF(rows);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(rows[middle].shown.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool function_fits(const struct function_row *row, bool condition)
{
    return row->where & (condition ? CONDITION | REMOVED : PLAIN | REMOVED);
}

const struct function_row *function_find(const struct template_version *version, const char *name,
                                         bool condition)
{
    for (size_t i = first_row(name); i < COUNT_OF(rows) && strcmp(rows[i].shown.name, name) == 0; i++)
        if (row_in_version(&rows[i], version))
            return condition || function_fits(&rows[i], condition) ? &rows[i] : NULL;
    return NULL;
}

const struct function_row *function_of(const struct template_version *version, const struct value *snippet,
                                       bool condition)
{
    if (!value_is(snippet, VALUE_MAP) || snippet->map.count != 1)
        return NULL;
    return function_find(version, snippet->map.entries[0].key, condition);
}

static bool row_is_listed(const struct function_row *row, const struct template_version *version,
                          bool with_condition)
{
    if (!row_in_version(row, version) || row->where == REMOVED)
        return false;
    return with_condition || !row->shown.condition_only;
}

size_t template_version_functions(struct ctx *ctx, const struct template_version *version,
                                  bool with_condition, const struct template_function **out)
{
    struct template_function *list = arena_array(ctx->arena, struct template_function, COUNT_OF(rows));
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (row_is_listed(&rows[i], version, with_condition))
            list[count++] = rows[i].shown;
    if (out)
        *out = list;
    return count;
}
