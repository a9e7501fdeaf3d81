/* Reads the policy rules, refuses circles, and answers who may do what. */
#include "fcgi/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "fcgi/auth.h"
#include "fcgi/policy_check.h"

struct rule {
    const char *name, *text;
    int line; /* in the file; 0: a default */
    const struct check *check;
    enum { UNVISITED, VISITING, VISITED } visit; /* of the search for circles */
};

struct policy {
    struct arena *arena;
    const char *path;
    struct rule *rules; /* sorted by name once read */
    size_t count, capacity;
};

static const struct {
    const char *name, *text;
} defaults[] = {
#define RULE(name, text) {name, text},
#include "fcgi/policy.def"
#undef RULE
};

/* ---- the table ---- */

static int compare_rules(const void *a, const void *b)
{
    return strcmp(((const struct rule *)a)->name, ((const struct rule *)b)->name);
}

static struct rule *find_sorted(const struct policy *policy, const char *name)
{
    struct rule key = {.name = name};
    return bsearch(&key, policy->rules, policy->count, sizeof key, compare_rules);
}

static struct rule *find_unsorted(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->count; i++)
        if (strcmp(policy->rules[i].name, name) == 0)
            return &policy->rules[i];
    return NULL;
}

static struct rule *add_rule(struct policy *policy, const char *name)
{
    if (policy->count == policy->capacity) {
        size_t old = policy->capacity * sizeof *policy->rules;
        policy->capacity = policy->capacity ? policy->capacity * 2 : 128;
        policy->rules =
            arena_grow(policy->arena, policy->rules, old, policy->capacity * sizeof *policy->rules);
    }
    struct rule *rule = &policy->rules[policy->count++];
    *rule = (struct rule){.name = name};
    return rule;
}

static void add_defaults(struct policy *policy)
{
    for (size_t i = 0; i < COUNT_OF(defaults); i++)
        add_rule(policy, defaults[i].name)->text = defaults[i].text;
}

/* ---- the file ---- */

static char *skip_spaces(char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Reads a quoted or plain scalar at *at and moves past it; a plain one ends at ": ", " #" or the line's end.
 */
static char *read_scalar(struct policy *policy, char **at)
{
    char *start = skip_spaces(*at);
    if (*start == '"' || *start == '\'') {
        char *end = strchr(start + 1, *start);
        if (end == NULL)
            return NULL;
        *at = end + 1;
        return arena_strndup(policy->arena, start + 1, (size_t)(end - start - 1));
    }
    char *end = start;
    while (*end != '\0' && *end != '\n' && !(*end == '#' && end > start && strchr(" \t", end[-1])) &&
           !(*end == ':' && strchr(" \t\r\n", end[1])))
        end++;
    *at = end;
    while (end > start && strchr(" \t\r", end[-1]))
        end--;
    return arena_strndup(policy->arena, start, (size_t)(end - start));
}

/* "name": "check", the rest of the line empty or a comment. NULL, or what is wrong. */
static const char *read_rule(struct policy *policy, char *line, int number)
{
    char *name = read_scalar(policy, &line);
    line = skip_spaces(line);
    if (name == NULL || *name == '\0' || *line != ':')
        return "expected \"rule\": \"check\"";
    line = skip_spaces(line + 1);
    if (*line == '[')
        return "checks as lists are the old form; write them as one string with and, or";
    char *text = read_scalar(policy, &line);
    line = skip_spaces(line);
    if (text == NULL)
        return "a quote is not closed";
    if (*line != '\0' && *line != '#')
        return "something follows the check; put the check in quotes";
    struct rule *rule = find_unsorted(policy, name);
    if (rule != NULL && rule->line > 0)
        return "the rule was given before";
    if (rule == NULL)
        rule = add_rule(policy, name);
    rule->text = text;
    rule->line = number;
    return NULL;
}

static int read_lines(struct ctx *ctx, struct policy *policy, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    int number = 0, result = 0;
    while (result == 0 && getline(&line, &size, file) >= 0) {
        number++;
        char *start = skip_spaces(line);
        if (*start == '\0' || *start == '#' || strncmp(start, "---", 3) == 0)
            continue;
        const char *wrong = read_rule(policy, start, number);
        if (wrong != NULL)
            result = fail(ctx, FAULT_INVALID, "%s:%d: %s", policy->path, number, wrong);
    }
    if (result == 0 && ferror(file))
        result = fail(ctx, FAULT_INVALID, "%s: cannot be read: %s", policy->path, strerror(errno));
    free(line);
    return result;
}

static int read_file(struct ctx *ctx, struct policy *policy)
{
    FILE *file = fopen(policy->path, "re");
    if (file == NULL)
        return fail(ctx, FAULT_INVALID, "policy_file %s cannot be opened: %s", policy->path, strerror(errno));
    int result = read_lines(ctx, policy, file);
    fclose(file);
    return result;
}

/* ---- compiling ---- */

/* The rule's text is parsed on the policy's arena, with the caller's error. */
static int compile_rule(struct ctx *ctx, struct policy *policy, struct rule *rule)
{
    struct ctx own = {.arena = policy->arena};
    rule->check = check_parse(&own, rule->text);
    if (rule->check != NULL)
        return 0;
    return fail(ctx, FAULT_INVALID, "%s:%d: rule %s: %s", rule->line ? policy->path : "fcgi/policy.def",
                rule->line, rule->name, own.error.message);
}

struct search {
    struct ctx *ctx;
    struct policy *policy;
    struct rule *from;
};

static int search_circle(struct ctx *ctx, struct policy *policy, struct rule *rule);

static int follow(void *self, const char *name)
{
    struct search *search = self;
    struct rule *from = search->from, *to = find_sorted(search->policy, name);
    if (to == NULL)
        return fail(search->ctx, FAULT_INVALID, "%s:%d: rule %s uses rule:%s, which does not exist",
                    search->policy->path, from->line, from->name, name);
    if (to->visit == VISITING)
        return fail(search->ctx, FAULT_INVALID, "%s:%d: rule %s comes back to itself through rule:%s",
                    search->policy->path, from->line, from->name, name);
    return to->visit == VISITED ? 0 : search_circle(search->ctx, search->policy, to);
}

static int search_circle(struct ctx *ctx, struct policy *policy, struct rule *rule)
{
    struct search search = {.ctx = ctx, .policy = policy, .from = rule};
    rule->visit = VISITING;
    int result = check_each_rule(rule->check, follow, &search);
    rule->visit = VISITED;
    return result;
}

static int compile(struct ctx *ctx, struct policy *policy)
{
    for (size_t i = 0; i < policy->count; i++)
        if (compile_rule(ctx, policy, &policy->rules[i]) < 0)
            return -1;
    qsort(policy->rules, policy->count, sizeof *policy->rules, compare_rules);
    for (size_t i = 0; i < policy->count; i++)
        if (policy->rules[i].visit == UNVISITED && search_circle(ctx, policy, &policy->rules[i]) < 0)
            return -1;
    return 0;
}

struct policy *policy_create(struct ctx *ctx, const char *path)
{
    struct arena *arena = arena_create(0);
    struct policy *policy = arena_new(arena, struct policy);
    policy->arena = arena;
    policy->path = path ? arena_strdup(arena, path) : "";
    add_defaults(policy);
    if ((*policy->path != '\0' && read_file(ctx, policy) < 0) || compile(ctx, policy) < 0) {
        arena_destroy(arena);
        return NULL;
    }
    return policy;
}

void policy_destroy(struct policy *policy)
{
    if (policy != NULL)
        arena_destroy(policy->arena);
}

/* ---- asking ---- */

static const struct check *lookup(void *rules, const char *name)
{
    const struct rule *rule = find_sorted(rules, name);
    return rule ? rule->check : NULL;
}

static bool ask(const struct policy *policy, const char *name, const struct identity *identity,
                const char *project_id, bool unknown)
{
    const struct rule *rule = find_sorted(policy, name);
    if (rule == NULL)
        return unknown;
    const struct check_question question = {
        .identity = identity, .project_id = project_id, .lookup = lookup, .rules = (void *)policy};
    return check_holds(rule->check, &question);
}

/* "resource_types:OS::Keystone::User" → "resource_types:OS::Keystone::*"; false when it does not fit. */
static bool family_of(const char *rule, char *family, size_t size)
{
    const char *last = strstr(rule, "::");
    for (const char *next = last; next != NULL; next = strstr(next + 2, "::"))
        last = next;
    return last != NULL && (size_t)snprintf(family, size, "%.*s::*", (int)(last - rule), rule) < size;
}

static const char types_prefix[] = "resource_types:";

static bool names_type(const char *rule)
{
    return strncmp(rule, types_prefix, sizeof types_prefix - 1) == 0;
}

bool policy_check(const struct policy *policy, const char *rule, const struct identity *identity,
                  const char *project_id)
{
    if (!names_type(rule))
        return ask(policy, rule, identity, project_id, false);
    char family[256];
    return ask(policy, rule, identity, project_id, true) &&
           (!family_of(rule, family, sizeof family) || ask(policy, family, identity, project_id, true));
}

const char *policy_name(const struct policy *policy, size_t i)
{
    return i < policy->count ? policy->rules[i].name : NULL;
}

const char *policy_text(const struct policy *policy, const char *name)
{
    const struct rule *rule = find_sorted(policy, name);
    return rule ? rule->text : NULL;
}

/* ---- the process's own policy, for requests (fcgi/auth.h) ---- */

static struct policy *current;

int policy_open(struct ctx *ctx, const char *path)
{
    struct policy *fresh = policy_create(ctx, path);
    if (fresh == NULL)
        return -1;
    policy_destroy(current);
    current = fresh;
    return 0;
}

bool policy_allows(struct ctx *ctx, const char *rule)
{
    return current != NULL && ctx->identity != NULL &&
           policy_check(current, rule, ctx->identity, ctx->tenant_id);
}

int policy_enforce(struct ctx *ctx, const char *rule)
{
    if (policy_allows(ctx, rule))
        return 0;
    const char *what = names_type(rule) ? rule + sizeof types_prefix - 1 : rule;
    return fail(ctx, FAULT_FORBIDDEN, "You are not authorized to use %s.", what);
}
