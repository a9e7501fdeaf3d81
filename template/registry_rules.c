/* What an environment's registry says of resources by name: breakpoints ("hooks") and actions that are not
 * allowed ("restricted_actions").
 *
 *   resource_registry:
 *     resources:
 *       web:     {hooks: pre-create}
 *       "db_*":  {hooks: [pre-update, post-update], restricted_actions: replace}
 *
 * Names are patterns as of the shell (*, ?, [a-c], [!a-c]); all that fit count. */
#include <fnmatch.h>
#include <string.h>

#include "template/call.h"

static const char *const breakpoints[] = {"pre-create",  "pre-update",  "pre-delete",
                                          "post-create", "post-update", "post-delete"};
static const char *const restrictions[] = {"update", "replace"};

static const struct rule {
    const char *key, *name, *of; /* the latter two: in Heat's messages */
    enum fault fault;
    const char *const *words;
    size_t count;
} rules[] = {
    {"hooks", "hook", "resource breakpoint", FAULT_BREAKPOINT, breakpoints, COUNT_OF(breakpoints)},
    {"restricted_actions", "restricted_action", "resource", FAULT_RESTRICTION, restrictions,
     COUNT_OF(restrictions)},
};

/* ---- checking ---- */
static bool is_word(const struct rule *rule, const char *word)
{
    for (size_t i = 0; word && i < rule->count; i++)
        if (strcmp(word, rule->words[i]) == 0)
            return true;
    return false;
}

bool environment_hook_valid(const char *hook)
{
    return is_word(&rules[0], hook);
}

static bool is_rule_valid(const struct rule *rule, const struct value *said)
{
    if (!value_is(said, VALUE_LIST))
        return is_word(rule, value_text(said));
    for (size_t i = 0; i < value_count(said); i++)
        if (!is_word(rule, value_text(value_at(said, i))))
            return false;
    return true;
}

/* As Python writes the tuple of them. */
static const char *words_text(struct ctx *ctx, const struct rule *rule)
{
    struct str text = STR_INIT(ctx->arena);
    for (size_t i = 0; i < rule->count; i++)
        str_printf(&text, "%s'%s'", i ? ", " : "", rule->words[i]);
    return text.data;
}

static int check_rule(struct ctx *ctx, const struct rule *rule, const struct value *said)
{
    if (is_rule_valid(rule, said))
        return 0;
    return fail(ctx, rule->fault, "Invalid %s type \"%s\" for %s, acceptable %s types are: (%s)", rule->name,
                value_to_str(ctx->arena, said), rule->of, rule->name, words_text(ctx, rule));
}

static const struct rule *find_rule(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (strcmp(rules[i].key, key) == 0)
            return &rules[i];
    return NULL;
}

/* The depth is that of what was read, which is capped. */
int environment_check_rules(struct ctx *ctx, const struct value *registry)
{
    for (size_t i = 0; value_is(registry, VALUE_MAP) && i < value_count(registry); i++) {
        const struct value_entry *entry = &registry->map.entries[i];
        const struct rule *rule = find_rule(entry->key);
        if (value_is_null(entry->value))
            continue;
        if (rule ? check_rule(ctx, rule, entry->value) != 0 : environment_check_rules(ctx, entry->value) != 0)
            return -1;
    }
    return 0;
}

/* ---- matching ---- */
static bool says(const struct value *said, const char *word)
{
    if (!value_is(said, VALUE_LIST))
        return value_text(said) && strcmp(value_text(said), word) == 0;
    for (size_t i = 0; i < value_count(said); i++)
        if (value_text(value_at(said, i)) && strcmp(value_text(value_at(said, i)), word) == 0)
            return true;
    return false;
}

static bool any_says(const struct environment *environment, const char *resource, const char *key,
                     const char *word)
{
    const struct value *resources =
        environment ? value_get(environment->resource_registry, "resources") : NULL;
    for (size_t i = 0; value_is(resources, VALUE_MAP) && i < value_count(resources); i++) {
        const struct value_entry *entry = &resources->map.entries[i];
        if (value_is(entry->value, VALUE_MAP) && fnmatch(entry->key, resource, FNM_NOESCAPE) == 0 &&
            says(value_get(entry->value, key), word))
            return true;
    }
    return false;
}

bool environment_has_hook(const struct environment *environment, const char *resource, const char *hook)
{
    return any_says(environment, resource, "hooks", hook);
}

bool environment_restricts(const struct environment *environment, const char *resource, const char *action)
{
    return any_says(environment, resource, "restricted_actions", action);
}
