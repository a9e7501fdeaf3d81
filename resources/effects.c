/* Notes what a step wants written and asked. */
#include "resources/effects.h"

#include "resources/hooks.h"

static struct effect *note(struct ctx *ctx, struct resource_job *job, enum effect_kind kind)
{
    struct effect *effect = arena_new(ctx->arena, struct effect);
    effect->kind = kind;
    effect->before = job->effects;
    job->effects = effect;
    return effect;
}

/* PostgreSQL's texts have no NUL. */
static const struct value *without_nul(struct ctx *ctx, const struct value *row)
{
    struct value *copy = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(row); i++) {
        const struct value *value = row->map.entries[i].value;
        const char *text = value_text(value);
        value_map_set(ctx->arena, copy, row->map.entries[i].key,
                      text ? value_string(ctx->arena, text) : value);
    }
    return copy;
}

void job_write(struct ctx *ctx, struct resource_job *job, enum effect_kind kind, const struct value *row)
{
    note(ctx, job, kind)->row = without_nul(ctx, row);
}

void job_write_id(struct ctx *ctx, struct resource_job *job, enum effect_kind kind, const char *id)
{
    struct value *row = value_map(ctx->arena);
    value_map_set(ctx->arena, row, "id", value_string(ctx->arena, id));
    note(ctx, job, kind)->row = row;
}

static const char *answer_key(struct arena *arena, enum ask_kind kind, const char *key)
{
    return arena_printf(arena, "%d %s", (int)kind, key);
}

const struct value *job_ask(struct ctx *ctx, struct resource_job *job, enum ask_kind kind, const char *key)
{
    const struct value *answer = value_get(job->answers, answer_key(ctx->arena, kind, key));
    if (answer)
        return answer;
    struct ask *ask = arena_new(ctx->arena, struct ask);
    *ask = (struct ask){kind, key, job->asked};
    job->asked = ask;
    return NULL;
}

const struct value *answers_add(struct arena *arena, const struct value *answers, enum ask_kind kind,
                                const char *key, const struct value *answer)
{
    struct value *more = answers ? value_copy(arena, answers) : value_map(arena);
    value_map_set(arena, more, answer_key(arena, kind, key), answer);
    return more;
}
