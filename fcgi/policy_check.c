/* The compiler and the evaluator of oslo.policy check strings. */
#include "fcgi/policy_check.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

enum check_kind {
    CHECK_ALWAYS,
    CHECK_NEVER,
    CHECK_AND,
    CHECK_OR,
    CHECK_NOT,
    CHECK_RULE,
    CHECK_ROLE,
    CHECK_CREDENTIAL,
    CHECK_LITERAL,
};

/* A match, cut at its %(key)s: texts and keys in turn. */
struct part {
    const char *text; /* literal; NULL when this part is a key */
    const char *key;
    const struct part *next;
};

struct check {
    enum check_kind kind;
    const struct check *left, *right; /* operands; NOT has the left one only */
    const char *name;                 /* rule, credential or literal */
    const struct part *match;
};

enum { PAREN_DEPTH_MAX = 50, VALUE_SIZE_MAX = 512 };

/* ---- words ---- */

/* Parentheses stick to words, but only at their ends: "%(project_id)s" is one word, "(role:a" is two. */
struct reader {
    struct ctx *ctx;
    const char *at;
    const char *word; /* the current one; NULL at the end */
    size_t pending;   /* ")" still to be handed out after the current word */
    int depth;
};

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t closing(const char *word, size_t length)
{
    size_t count = 0;
    while (count < length && word[length - 1 - count] == ')')
        count++;
    return count;
}

static void next_word(struct reader *reader)
{
    if (reader->pending > 0) {
        reader->pending--;
        reader->word = ")";
        return;
    }
    while (space(*reader->at))
        reader->at++;
    if (*reader->at == '\0') {
        reader->word = NULL;
        return;
    }
    if (*reader->at == '(') {
        reader->at++;
        reader->word = "(";
        return;
    }
    size_t length = 0;
    while (reader->at[length] != '\0' && !space(reader->at[length]))
        length++;
    size_t tail = closing(reader->at, length);
    reader->word = length == tail ? ")" : arena_strndup(reader->ctx->arena, reader->at, length - tail);
    reader->pending = length == tail ? tail - 1 : tail;
    reader->at += length;
}

static bool word_is(const struct reader *reader, const char *word)
{
    return reader->word != NULL && strcasecmp(reader->word, word) == 0;
}

/* ---- parsing ---- */

static struct check *new_check(struct reader *reader, enum check_kind kind)
{
    struct check *check = arena_new(reader->ctx->arena, struct check);
    check->kind = kind;
    return check;
}

static const struct part *parse_match(struct ctx *ctx, const char *match, bool *ok);

static struct part *new_part(struct ctx *ctx, const char *text, const char *key, const char *rest, bool *ok)
{
    struct part *part = arena_new(ctx->arena, struct part);
    part->text = text;
    part->key = key;
    part->next = *rest == '\0' ? NULL : parse_match(ctx, rest, ok);
    return part;
}

/* Cuts off the first part and goes on with the rest; *ok turns false at a "%" that is neither %(key)s nor %%.
 */
static const struct part *parse_match(struct ctx *ctx, const char *match, bool *ok)
{
    size_t plain = strcspn(match, "%");
    if (plain > 0 || *match == '\0')
        return new_part(ctx, arena_strndup(ctx->arena, match, plain), NULL, match + plain, ok);
    if (match[1] == '%')
        return new_part(ctx, "%", NULL, match + 2, ok);
    size_t key = match[1] == '(' ? strcspn(match + 2, ")") : 0;
    if (key == 0 || match[2 + key] == '\0' || match[2 + key + 1] != 's') {
        *ok = false;
        return NULL;
    }
    return new_part(ctx, NULL, arena_strndup(ctx->arena, match + 2, key), match + 2 + key + 2, ok);
}

/* 'text' or "text" without the quotes; True, False, None and numbers as they are; NULL when kind is no
 * literal. */
static const char *literal_text(struct ctx *ctx, const char *kind)
{
    size_t length = strlen(kind);
    if (length >= 2 && (kind[0] == '\'' || kind[0] == '"') && kind[length - 1] == kind[0])
        return arena_strndup(ctx->arena, kind + 1, length - 2);
    bool word = strcmp(kind, "True") == 0 || strcmp(kind, "False") == 0 || strcmp(kind, "None") == 0;
    bool number = strspn(kind, "0123456789.-") == length;
    return word || number ? kind : NULL;
}

static const struct check *parse_leaf(struct reader *reader)
{
    struct ctx *ctx = reader->ctx;
    const char *word = reader->word;
    if (strcmp(word, "@") == 0)
        return new_check(reader, CHECK_ALWAYS);
    if (strcmp(word, "!") == 0)
        return new_check(reader, CHECK_NEVER);
    const char *colon = strchr(word, ':');
    if (colon == NULL || colon == word)
        return fail_null(ctx, FAULT_INVALID, "'%s' is no check; write kind:match, as role:member", word);

    const char *kind = arena_strndup(ctx->arena, word, (size_t)(colon - word));
    if (strcmp(kind, "rule") == 0) {
        struct check *rule = new_check(reader, CHECK_RULE);
        rule->name = colon + 1;
        return rule;
    }
    if (strcmp(kind, "http") == 0 || strcmp(kind, "https") == 0)
        return fail_null(ctx, FAULT_INVALID, "'%s' asks a remote server, which is not offered here", word);
    const char *literal = literal_text(ctx, kind);
    bool role = strcmp(kind, "role") == 0;
    struct check *check = new_check(reader, role ? CHECK_ROLE : literal ? CHECK_LITERAL : CHECK_CREDENTIAL);
    check->name = literal ? literal : kind;
    bool ok = true;
    check->match = parse_match(ctx, colon + 1, &ok);
    if (!ok)
        return fail_null(ctx, FAULT_INVALID, "'%s' has a %% that begins neither %%(key)s nor %%%%", word);
    return check;
}

static const struct check *parse_or(struct reader *reader);

static const struct check *parse_group(struct reader *reader)
{
    next_word(reader);
    const struct check *inner = parse_or(reader);
    if (inner == NULL)
        return NULL;
    if (!word_is(reader, ")"))
        return fail_null(reader->ctx, FAULT_INVALID, "a parenthesis is not closed");
    next_word(reader);
    return inner;
}

static const struct check *parse_not(struct reader *reader);

static const struct check *parse_negation(struct reader *reader)
{
    next_word(reader);
    const struct check *inner = parse_not(reader);
    if (inner == NULL)
        return NULL;
    struct check *check = new_check(reader, CHECK_NOT);
    check->left = inner;
    return check;
}

static const struct check *parse_not(struct reader *reader)
{
    if (reader->word == NULL)
        return fail_null(reader->ctx, FAULT_INVALID, "a check is missing at the end");
    if (word_is(reader, ")") || word_is(reader, "and") || word_is(reader, "or"))
        return fail_null(reader->ctx, FAULT_INVALID, "a check is missing before '%s'", reader->word);
    if (++reader->depth > PAREN_DEPTH_MAX)
        return fail_null(reader->ctx, FAULT_INVALID, "nested more than %d deep", PAREN_DEPTH_MAX);
    const struct check *check;
    if (word_is(reader, "not")) {
        check = parse_negation(reader);
    } else if (word_is(reader, "(")) {
        check = parse_group(reader);
    } else {
        check = parse_leaf(reader);
        next_word(reader);
    }
    reader->depth--;
    return check;
}

/* operand { word operand }, leaning to the left. */
static const struct check *parse_row(struct reader *reader, const char *word, enum check_kind kind,
                                     const struct check *(*operand)(struct reader *))
{
    const struct check *left = operand(reader);
    while (left != NULL && word_is(reader, word)) {
        next_word(reader);
        struct check *both = new_check(reader, kind);
        both->left = left;
        both->right = operand(reader);
        left = both->right == NULL ? NULL : both;
    }
    return left;
}

static const struct check *parse_and(struct reader *reader)
{
    return parse_row(reader, "and", CHECK_AND, parse_not);
}

static const struct check *parse_or(struct reader *reader)
{
    return parse_row(reader, "or", CHECK_OR, parse_and);
}

const struct check *check_parse(struct ctx *ctx, const char *text)
{
    struct reader reader = {.ctx = ctx, .at = text};
    next_word(&reader);
    if (reader.word == NULL)
        return new_check(&reader, CHECK_ALWAYS);
    const struct check *check = parse_or(&reader);
    if (check != NULL && reader.word != NULL)
        return fail_null(ctx, FAULT_INVALID, "'%s' does not belong after a whole check", reader.word);
    return check;
}

/* ---- asking ---- */

static const char *target_value(const struct check_question *question, const char *key)
{
    bool project = strcmp(key, "project_id") == 0 || strcmp(key, "tenant_id") == 0;
    return project ? question->project_id : NULL;
}

/* Whether the match, with its keys replaced, reads exactly as value. */
static bool match_is(const struct part *part, const struct check_question *question, const char *value,
                     bool any_case)
{
    char text[VALUE_SIZE_MAX];
    size_t length = 0;
    for (; part != NULL; part = part->next) {
        const char *piece = part->text ? part->text : target_value(question, part->key);
        size_t size = piece ? strlen(piece) : 0;
        if (piece == NULL || length + size >= sizeof text)
            return false;
        memcpy(text + length, piece, size);
        length += size;
    }
    text[length] = '\0';
    return (any_case ? strcasecmp(text, value) : strcmp(text, value)) == 0;
}

static bool any_role(const struct check *check, const struct check_question *question, bool any_case)
{
    for (size_t i = 0; i < question->identity->role_count; i++)
        if (match_is(check->match, question, question->identity->roles[i], any_case))
            return true;
    return false;
}

/* What the token says under this name, "None" where it has nothing to say (Python's None, printed); NULL for
 * a name that no token knows. */
static const char *credential_value(const struct identity *identity, const char *name)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"user_id", identity->user_id},
        {"project_id", identity->project_id},
        {"tenant_id", identity->project_id},
        {"user_domain_id", identity->user_domain_id},
        {"project_domain_id", identity->project_domain_id},
        {"system_scope", identity->system_scope ? "all" : NULL},
        {"is_admin_project", identity->is_admin_project ? "True" : "False"},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value ? values[i].value : "None";
    return NULL;
}

static bool credential_holds(const struct check *check, const struct check_question *question)
{
    if (strcmp(check->name, "roles") == 0)
        return any_role(check, question, false);
    const char *value = credential_value(question->identity, check->name);
    return value != NULL && match_is(check->match, question, value, false);
}

static bool rule_holds(const struct check *check, const struct check_question *question)
{
    const struct check *rule = question->lookup(question->rules, check->name);
    return rule != NULL && check_holds(rule, question);
}

bool check_holds(const struct check *check, const struct check_question *question)
{
    switch (check->kind) {
    case CHECK_ALWAYS:
        return true;
    case CHECK_NEVER:
        return false;
    case CHECK_AND:
        return check_holds(check->left, question) && check_holds(check->right, question);
    case CHECK_OR:
        return check_holds(check->left, question) || check_holds(check->right, question);
    case CHECK_NOT:
        return !check_holds(check->left, question);
    case CHECK_RULE:
        return rule_holds(check, question);
    case CHECK_ROLE:
        return any_role(check, question, true);
    case CHECK_CREDENTIAL:
        return credential_holds(check, question);
    case CHECK_LITERAL:
        return match_is(check->match, question, check->name, false);
    }
    return false;
}

int check_each_rule(const struct check *check, int (*visit)(void *self, const char *name), void *self)
{
    if (check == NULL)
        return 0;
    if (check->kind == CHECK_RULE)
        return visit(self, check->name);
    int stopped = check_each_rule(check->left, visit, self);
    return stopped ? stopped : check_each_rule(check->right, visit, self);
}
