/* Batches and pauses: how many members of a group are renewed at once, and where a series of them stands.
 *
 * Sizes are Heat's: a batch first takes up what the group has to grow by, and when it must keep so many in
 * service that it cannot renew as many as it may, it makes the group larger for the time being:
 *
 *   3 members, 2 at once, 2 in service:   3 ──> 4 (2 renewed) ──> 3 (1 renewed)
 *
 * Where the series stands is a map in job->progress: the fields of struct group_batches, and
 *   begun   a batch was made       due   the pause before the next one ends then
 *   whole   the last round, the group as it shall be, is yet to come */
#include "resources/group.h"
#include "resources/numbers.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool group_batches_next(struct group_batches *batches, struct group_batch *batch)
{
    int64_t target = batches->target, current = batches->current;
    if (batches->renewed >= current && current == target)
        return false;
    int64_t in_service = smaller(batches->in_service, smaller(target, current));
    int64_t renewed = smaller(larger(batches->size, 1), larger(target - batches->renewed, 0));
    int64_t capacity = renewed + larger(smaller(current, target - renewed), in_service);
    int64_t surplus = batches->replaces_surplus ? larger(capacity - larger(current, target), 0) : 0;
    *batch = (struct group_batch){capacity, renewed};
    batches->renewed += renewed - surplus;
    batches->current = capacity;
    return true;
}

int64_t group_batches_count(struct group_batches batches)
{
    struct group_batch batch;
    int64_t count = 0;
    while (group_batches_next(&batches, &batch))
        count++;
    return count;
}

/* ---- kept between rounds ---- */
static const struct value *write_batches(struct ctx *ctx, const struct group_batches *batches)
{
    struct value *map = value_map(ctx->arena);
    value_map_set(ctx->arena, map, "target", value_int(ctx->arena, batches->target));
    value_map_set(ctx->arena, map, "current", value_int(ctx->arena, batches->current));
    value_map_set(ctx->arena, map, "size", value_int(ctx->arena, batches->size));
    value_map_set(ctx->arena, map, "in_service", value_int(ctx->arena, batches->in_service));
    value_map_set(ctx->arena, map, "renewed", value_int(ctx->arena, batches->renewed));
    value_map_set(ctx->arena, map, "replaces_surplus", value_bool(batches->replaces_surplus));
    value_map_set(ctx->arena, map, "pause", value_float(ctx->arena, batches->pause));
    return map;
}

static int64_t field(const struct value *map, const char *name)
{
    const struct value *number = value_get(map, name);
    return value_is(number, VALUE_INT) ? number->integer : 0;
}

/* Of progress without batches: none are left. */
static struct group_batches read_batches(const struct value *progress)
{
    const struct value *map = value_get(progress, "batches");
    return (struct group_batches){
        .target = field(map, "target"),
        .current = field(map, "current"),
        .size = field(map, "size"),
        .in_service = field(map, "in_service"),
        .renewed = field(map, "renewed"),
        .replaces_surplus = value_truth(value_get(map, "replaces_surplus")),
        .pause = number_double(value_get(map, "pause")),
    };
}

static void set_progress(struct ctx *ctx, struct resource_job *job, const char *key,
                         const struct value *value)
{
    struct value *progress = value_copy(ctx->arena, job->progress);
    value_map_set(ctx->arena, progress, key, value);
    job->progress = progress;
}

/* ---- rounds ---- */
static int check_pauses(struct ctx *ctx, const struct resource_job *job, const struct group_batches *batches)
{
    int64_t pauses = larger(group_batches_count(*batches) - 1, 0);
    if (!job->timeout_us || (double)pauses * batches->pause < (double)job->timeout_us / 1e6)
        return 0;
    return fail(ctx, FAULT_VALUE_ERROR, "The current update policy will result in stack update timeout.");
}

int group_rounds_begin(struct ctx *ctx, struct resource_job *job, const struct group_batches *batches,
                       bool whole)
{
    if (batches && (group_check_size(ctx, batches->target) != 0 || check_pauses(ctx, job, batches) != 0))
        return -1;
    job->progress = value_map(ctx->arena);
    if (batches)
        set_progress(ctx, job, "batches", write_batches(ctx, batches));
    set_progress(ctx, job, "whole", value_bool(whole));
    return 0;
}

/* Whether a pause lies between now and the next batch. Each is begun once and ends once. */
static bool is_paused(struct ctx *ctx, struct resource_job *job, double seconds)
{
    enum { SECONDS_MAX = 1000000000 };
    if (!value_truth(value_get(job->progress, "begun")) || seconds <= 0)
        return false;
    if (value_is_null(value_get(job->progress, "due"))) {
        int64_t pause_us = (int64_t)((seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1e6);
        set_progress(ctx, job, "due", value_int(ctx->arena, job->now_us + pause_us));
    }
    job->due_us = field(job->progress, "due");
    return job->now_us < job->due_us;
}

enum group_round group_rounds_next(struct ctx *ctx, struct resource_job *job, struct group_batch *batch)
{
    struct group_batches batches = read_batches(job->progress);
    double pause = batches.pause;
    if (group_batches_next(&batches, batch)) {
        if (is_paused(ctx, job, pause))
            return ROUND_PAUSE;
        set_progress(ctx, job, "batches", write_batches(ctx, &batches));
        set_progress(ctx, job, "begun", &value_true);
        set_progress(ctx, job, "due", &value_null);
        return ROUND_BATCH;
    }
    if (!value_truth(value_get(job->progress, "whole")))
        return ROUND_END;
    set_progress(ctx, job, "whole", &value_false);
    return ROUND_WHOLE;
}
