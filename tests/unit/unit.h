/* What every unit test includes: cmocka with the headers it wants before it, and a context to work in. */
#ifndef HEARTH_TESTS_UNIT_UNIT_H
#define HEARTH_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* cmocka has a fail() too, and makes fail_msg() of it; here the name is the context's. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include "base/ctx.h"

/* A context on a new arena with that cap (0: none). End it with unit_end(). */
static inline struct ctx unit_begin(size_t cap)
{
    return (struct ctx){.arena = arena_create(cap), .request_id = "req-unit"};
}

static inline void unit_end(struct ctx *ctx)
{
    arena_destroy(ctx->arena);
}

/* The context has failed with that fault and a message that contains part. */
#define assert_failed(ctx, expected_fault, part)                                                             \
    do {                                                                                                     \
        assert_string_equal(fault_name((ctx)->error.fault), fault_name(expected_fault));                     \
        if (!strstr((ctx)->error.message, (part)))                                                           \
            fail_msg("\"%s\" does not contain \"%s\"", (ctx)->error.message, (part));                        \
    } while (0)

#endif
