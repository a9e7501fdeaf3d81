/* What steps do beyond their own resource, without doing it: they note rows to be written and questions to be
 * asked; the engine does both, each kind for all operations in one statement.
 *
 *   step ── job_write ──> effects ──┐ one transaction
 *        ── state, data, … ─────────┘
 *        ── job_ask ──> NULL, the step returns STEP_WAIT
 *                        │ the transaction is over, the questions are asked
 *                        └──> the step is called again, job_ask has the answer
 *
 * So a step stays a pure function, what it writes counts when and only when its state does, and what it reads
 * has been committed: a deployment finds the configuration that the same turn made. An answer is good for the
 * calls up to the one that asks nothing; who waits asks again. */
#ifndef HEARTH_RESOURCES_EFFECTS_H
#define HEARTH_RESOURCES_EFFECTS_H

#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"

struct resource_job;

enum effect_kind {
#define EFFECT(kind, statement) EFFECT_##kind,
#define ASK(kind, statement)
#include "resources/effects.def"
#undef ASK
#undef EFFECT
    EFFECT_COUNT
};

enum ask_kind {
#define EFFECT(kind, statement)
#define ASK(kind, statement) ASK_##kind,
#include "resources/effects.def"
#undef ASK
#undef EFFECT
    ASK_COUNT
};

/* Noted rows, newest first; of two with the same kind and id the newest counts. */
struct effect {
    enum effect_kind kind;
    const struct value *row; /* map; "id" is a text */
    const struct effect *before;
};

struct ask {
    enum ask_kind kind;
    const char *key;
    const struct ask *before;
};

/* Notes a row. Texts in it end at a NUL. */
void job_write(struct ctx *ctx, struct resource_job *job, enum effect_kind kind, const struct value *row);
/* A row that is an id alone. */
void job_write_id(struct ctx *ctx, struct resource_job *job, enum effect_kind kind, const char *id);

/* The answer: a map of texts and nulls, value_null when there is nothing of that key; NULL when it is not
 * known yet: return STEP_WAIT (job->asked says so too). */
const struct value *job_ask(struct ctx *ctx, struct resource_job *job, enum ask_kind kind, const char *key);

/* For who answers: adds one to a job's answers. */
const struct value *answers_add(struct arena *arena, const struct value *answers, enum ask_kind kind,
                                const char *key, const struct value *answer);

#endif
