/* OS::Heat::RandomString.
 *
 * Each class of characters gives its least number of characters; the rest is drawn from all classes together;
 * then the whole is shuffled, so that position tells nothing of the class. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "resources/hooks.h"
#include "resources/numbers.h"

#define LOWERCASE "abcdefghijklmnopqrstuvwxyz"
#define UPPERCASE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"

static const struct {
    const char *name, *characters;
} classes[] = {
    {"lettersdigits", LOWERCASE UPPERCASE DIGITS},
    {"letters", LOWERCASE UPPERCASE},
    {"lowercase", LOWERCASE},
    {"uppercase", UPPERCASE},
    {"digits", DIGITS},
    {"hexdigits", DIGITS "ABCDEF"},
    {"octdigits", "01234567"},
};

/* A set of characters, each once. */
struct alphabet {
    uint32_t *codes;
    size_t count;
};

/* The string as it grows, and a pool of random bytes, so that not each character is a system call. */
struct draw {
    struct arena *arena;
    uint32_t *codes;
    size_t count;
    uint32_t pool[64];
    size_t pool_left;
};

/* ---- alphabets ---- */
static int compare_codes(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void make_unique(struct alphabet *alphabet)
{
    qsort(alphabet->codes, alphabet->count, sizeof(uint32_t), compare_codes);
    size_t kept = 0;
    for (size_t i = 0; i < alphabet->count; i++)
        if (i == 0 || alphabet->codes[i] != alphabet->codes[i - 1])
            alphabet->codes[kept++] = alphabet->codes[i];
    alphabet->count = kept;
}

static struct alphabet alphabet_of(struct arena *arena, const char *text, size_t length)
{
    struct alphabet alphabet = {arena_array(arena, uint32_t, length + 1), 0};
    for (size_t at = 0, size; at < length; at += size) {
        size = utf8_decode(text + at, length - at, &alphabet.codes[alphabet.count]);
        if (size == 0)
            break;
        alphabet.count++;
    }
    make_unique(&alphabet);
    return alphabet;
}

static struct alphabet alphabet_join(struct arena *arena, struct alphabet a, struct alphabet b)
{
    struct alphabet joined = {arena_array(arena, uint32_t, a.count + b.count + 1), a.count + b.count};
    if (a.count)
        memcpy(joined.codes, a.codes, a.count * sizeof(uint32_t));
    if (b.count)
        memcpy(joined.codes + a.count, b.codes, b.count * sizeof(uint32_t));
    make_unique(&joined);
    return joined;
}

static struct alphabet alphabet_named(struct arena *arena, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strcmp(classes[i].name, name) == 0)
            return alphabet_of(arena, classes[i].characters, strlen(classes[i].characters));
    return (struct alphabet){NULL, 0};
}

/* ---- drawing ---- */
static uint32_t next_random(struct draw *draw)
{
    if (draw->pool_left == 0) {
        random_bytes(draw->pool, sizeof(draw->pool));
        draw->pool_left = COUNT_OF(draw->pool);
    }
    return draw->pool[--draw->pool_left];
}

/* Evenly from 0 to limit - 1: numbers from the incomplete last round are thrown away. */
static size_t random_below(struct draw *draw, size_t limit)
{
    uint32_t bound = (uint32_t)limit, unfair = UINT32_MAX - UINT32_MAX % bound, number;
    do
        number = next_random(draw);
    while (number >= unfair);
    return number % bound;
}

static void draw_from(struct draw *draw, struct alphabet alphabet, size_t times)
{
    for (size_t i = 0; i < times; i++)
        draw->codes[draw->count++] = alphabet.codes[random_below(draw, alphabet.count)];
}

static void shuffle(struct draw *draw)
{
    for (size_t i = draw->count; i > 1; i--) {
        size_t other = random_below(draw, i);
        uint32_t code = draw->codes[i - 1];
        draw->codes[i - 1] = draw->codes[other];
        draw->codes[other] = code;
    }
}

static const char *text_of(const struct draw *draw)
{
    struct str text = STR_INIT(draw->arena);
    for (size_t i = 0; i < draw->count; i++) {
        char bytes[UTF8_MAX];
        str_add_bytes(&text, bytes, utf8_encode(draw->codes[i], bytes));
    }
    return text.data;
}

/* ---- the resource ---- */
static int64_t least(const struct value *rule)
{
    return (int64_t)number_double(value_get(rule, "min"));
}

static int64_t least_of_all(const struct value *rules)
{
    int64_t sum = 0;
    for (size_t i = 0; i < value_count(rules); i++)
        sum += least(value_at(rules, i));
    return sum;
}

static int random_string_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *properties = draft->properties, *length = value_get(properties, "length");
    int64_t sum = least_of_all(value_get(properties, "character_sequences")) +
                  least_of_all(value_get(properties, "character_classes"));
    if (value_is_null(length) || sum <= (int64_t)number_double(length))
        return 0;
    return fail(
        ctx, FAULT_STACK_VALIDATION,
        "Length property cannot be smaller than combined character class and character sequence minimums");
}

static struct alphabet rule_alphabet(struct arena *arena, const struct value *rule)
{
    const char *name = value_get_text(rule, "class");
    const struct value *own = value_get(rule, "sequence");
    if (name)
        return alphabet_named(arena, name);
    return value_is(own, VALUE_STRING) ? alphabet_of(arena, own->string.text, own->string.length)
                                       : (struct alphabet){NULL, 0};
}

static int draw_least(struct ctx *ctx, struct draw *draw, const struct value *rules, struct alphabet *all)
{
    for (size_t i = 0; i < value_count(rules); i++) {
        const struct value *rule = value_at(rules, i);
        struct alphabet own = rule_alphabet(ctx->arena, rule);
        if (own.count == 0 && least(rule) > 0)
            return fail(ctx, FAULT_VALUE_ERROR, "Cannot choose from an empty sequence");
        draw_from(draw, own, (size_t)least(rule));
        *all = alphabet_join(ctx->arena, *all, own);
    }
    return 0;
}

/* The old property "sequence" names one more class. */
static const struct value *class_rules(struct ctx *ctx, const struct value *properties)
{
    const struct value *rules = value_get(properties, "character_classes"),
                       *old = value_get(properties, "sequence");
    if (value_is_null(old))
        return rules;
    struct value *rule = value_map(ctx->arena);
    value_map_set(ctx->arena, rule, "class", old);
    value_map_set(ctx->arena, rule, "min", value_int(ctx->arena, 1));
    struct value *list = value_is(rules, VALUE_LIST) ? value_copy(ctx->arena, rules) : value_list(ctx->arena);
    value_list_add(ctx->arena, list, rule);
    return list;
}

static const char *random_string(struct ctx *ctx, const struct value *properties)
{
    const struct value *sequences = value_get(properties, "character_sequences");
    const struct value *rules = class_rules(ctx, properties);
    size_t length = (size_t)number_double(value_get(properties, "length"));
    size_t most = length + (size_t)least_of_all(sequences) + (size_t)least_of_all(rules);
    struct draw draw = {.arena = ctx->arena, .codes = arena_array(ctx->arena, uint32_t, most + 1)};
    struct alphabet all = {NULL, 0};
    if (draw_least(ctx, &draw, sequences, &all) != 0 || draw_least(ctx, &draw, rules, &all) != 0)
        return NULL;
    if (all.count == 0)
        return fail_null(ctx, FAULT_VALUE_ERROR, "Cannot choose from an empty sequence");
    if (draw.count < length)
        draw_from(&draw, all, length - draw.count);
    shuffle(&draw);
    draw.count = length;
    return text_of(&draw);
}

static enum step_result random_string_create(struct ctx *ctx, struct resource_job *job)
{
    const char *string = random_string(ctx, job->properties);
    if (!string)
        return STEP_FAILED;
    job_set_attribute(ctx, job, "value", value_string(ctx->arena, string));
    return job_take_name(ctx, job);
}

static const char *random_string_reference(struct ctx *ctx, const struct resource_job *job)
{
    return value_get_text(job->attributes, "value");
}

extern const struct resource_hooks hooks_random_string;
const struct resource_hooks hooks_random_string = {
    .name = "random_string",
    .validate = random_string_validate,
    .create = random_string_create,
    .reference = random_string_reference,
};
