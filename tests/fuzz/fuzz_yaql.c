/* Fuzz target: the input is a yaql expression, evaluated over data of every kind. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "template/yaql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char some_data[] =
    "{\"n\": [3, 1, 2], \"s\": [\"b\", \"\\u00e9\", \"\"], \"m\": {\"x\": 1, \"y\": {\"z\": [null, true]}},"
    " \"t\": \"Hello\", \"f\": 1.5, \"l\": [{\"id\": 1, \"g\": \"a\"}, {\"id\": 2, \"g\": \"b\"}], \"u\": "
    "null}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CAP = 16 * 1024 * 1024 };
    struct ctx ctx = {.arena = arena_create(CAP)};
    struct scope scope = {.ctx = &ctx};
    struct yaql yaql;
    yaql_begin(&yaql, &scope);
    const struct value *value = value_read_json(&ctx, some_data, strlen(some_data));
    size_t valid = utf8_valid_prefix((const char *)data, size); /* templates are UTF-8 by then */
    const struct node *node = yaql_parse(&yaql, (const char *)data, valid);
    if (node)
        (void)!yaql_evaluate(&yaql, node, value);
    arena_destroy(ctx.arena);
    return 0;
}
