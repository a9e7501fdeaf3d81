/* Fuzzes the JSON reader and the writers: whatever is read must be written so that it reads back equal, and
 * writing it once more must give the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 8 << 20 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* A NaN is not equal to itself; the comparison of the written texts covers it. */
static bool has_nan(const char *json)
{
    return strstr(json, "NaN");
}

static void check_round_trip(struct ctx *ctx, const struct value *value)
{
    const char *json = value_to_json(ctx->arena, value);
    if (arena_over(ctx->arena))
        return;
    const struct value *back = value_read_json(ctx, json, strlen(json));
    if (!back) {
        check(ctx->error.fault == FAULT_TOO_LARGE);
        return;
    }
    const char *again = value_to_json(ctx->arena, back);
    if (arena_over(ctx->arena))
        return;
    check(strcmp(json, again) == 0);
    check(has_nan(json) || value_equal(value, back));
}

static void print_in_every_way(struct arena *arena, const struct value *value)
{
    struct str sorted = STR_INIT(arena);
    value_write_json_sorted(&sorted, value);
    check(value_to_str(arena, value) != NULL);
    check(value_to_repr(arena, value)[0] != '\0');
    check(value_truth(value) == value_truth(value_copy(arena, value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_create(MEMORY)};
    const struct value *value = value_read_json(&ctx, (const char *)data, size);
    check((value == NULL) == (ctx.error.fault != FAULT_NONE));
    if (value) {
        print_in_every_way(ctx.arena, value);
        check_round_trip(&ctx, value);
    }
    arena_destroy(ctx.arena);
    return 0;
}
