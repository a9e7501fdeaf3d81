/* Faults: recording the first reason, and what each fault is called. */
#include "base/ctx.h"

#include <stddef.h>

static const struct {
    int status;
    const char *type, *name;
} faults[FAULT_COUNT] = {
    [FAULT_NONE] = {200, "", "NONE"},
#define FAULT(name, status, type) [FAULT_##name] = {status, type, #name},
#include "base/faults.def"
#undef FAULT
};

static _Atomic uint64_t *raised; /* by fault, or NULL */

void fault_count_into(_Atomic uint64_t counts[FAULT_COUNT])
{
    raised = counts;
}

int fail_at(struct ctx *ctx, enum fault fault, const char *file, int line, const char *format, ...)
{
    if (ctx->error.fault != FAULT_NONE)
        return -1;
    if (raised)
        atomic_fetch_add_explicit(&raised[fault], 1, memory_order_relaxed);
    va_list args;
    va_start(args, format);
    ctx->error = (struct error){
        .fault = fault,
        .message = arena_vprintf(ctx->arena, format, args),
        .where = arena_printf(ctx->arena, "%s:%d", file, line),
    };
    va_end(args);
    return -1;
}

int fail_path(struct ctx *ctx, const char *format, ...)
{
    if (ctx->error.path)
        return -1;
    va_list args;
    va_start(args, format);
    ctx->error.path = arena_vprintf(ctx->arena, format, args);
    va_end(args);
    return -1;
}

int fail_kind(struct ctx *ctx, const char *kind)
{
    if (!ctx->error.kind)
        ctx->error.kind = kind;
    return -1;
}

void error_clear(struct ctx *ctx)
{
    ctx->error = (struct error){0};
}

int fault_status(enum fault fault)
{
    return faults[fault].status;
}

const char *fault_type(enum fault fault)
{
    return faults[fault].type;
}

const char *fault_name(enum fault fault)
{
    return faults[fault].name;
}
