/* What tests with resource types share: a context, the catalogue opened before each test, values read from JSON. */
#ifndef HEARTH_TESTS_UNIT_CATALOGUE_H
#define HEARTH_TESTS_UNIT_CATALOGUE_H

#include "tests/unit/unit.h"

#include "resources/catalogue.h"

static struct ctx ctx;

static int set_up(void **state)
{
    ctx = unit_begin(0);
    return catalogue_open(&ctx);
}

static int tear_down(void **state)
{
    unit_end(&ctx);
    return 0;
}

static inline const struct value *json(const char *text)
{
    const struct value *value = value_read_json(&ctx, text, strlen(text));
    assert_non_null(value);
    return value;
}

/* A file of facts beside the tests. */
static inline const struct value *json_file(const char *path)
{
    enum { SIZE_MAX_READ = 1 << 20 };
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = arena_alloc(ctx.arena, SIZE_MAX_READ);
    size_t length = fread(text, 1, SIZE_MAX_READ, file);
    fclose(file);
    const struct value *value = value_read_json(&ctx, text, length);
    assert_non_null(value);
    return value;
}

static inline void assert_json(const struct value *is, const char *wanted)
{
    if (!value_equal(is, json(wanted)))
        fail_msg("%s is not %s", value_to_json(ctx.arena, is), wanted);
}

#endif
