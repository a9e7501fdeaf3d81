/* Regular expressions: Python's syntax, matched by PCRE2.
 *
 * The two agree on most; translate() writes the rest the way PCRE2 has it, and refuses what Python's re refuses, so
 * that no template comes to depend on PCRE2. All that PCRE2 allocates lies on the arena, and a match that goes
 * back too often, or needs too much memory, ends as an error. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "template/yaql.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "base/utf8.h"

enum { MATCH_LIMIT = 1000000, HEAP_LIMIT_KIB = 20000, MAX_PATTERN = 20000, MAX_GROUPS = 100 };

struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    const char *pattern;
};

static void *allocate(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void keep(void *block, void *arena)
{
    (void)block;
    (void)arena;
}

/* ---- translating ---- */
struct translator {
    struct yaql *yaql;
    const char *start, *at, *end;
    struct str out;
    const char *open[MAX_GROUPS]; /* parentheses not closed yet */
    size_t open_count;
};

static int fail_regex(struct translator *translator, const char *what, const char *at)
{
    return yaql_fail(translator->yaql, PROBLEM_OTHER, "%s at position %zu", what,
                     utf8_count(translator->start, (size_t)(at - translator->start)));
}

/* \x41, é, \U0001F600: exactly that many digits. */
static int translate_code(struct translator *translator, int digits)
{
    const char *start = translator->at;
    uint32_t code = 0;
    for (int i = 0; i < digits; i++) {
        int digit = start + 2 + i < translator->end ? scan_hex_digit(start[2 + i]) : -1;
        if (digit < 0)
            return fail_regex(
                translator, arena_printf(translator->yaql->arena, "incomplete escape \\%c", start[1]), start);
        code = code << 4 | (uint32_t)digit;
    }
    str_printf(&translator->out, "\\x{%x}", code);
    translator->at += 2 + digits;
    return 0;
}

static int translate_escape(struct translator *translator, bool in_class)
{
    const char *at = translator->at;
    if (at + 1 == translator->end)
        return fail_regex(translator, "bad escape (end of pattern)", at);
    char c = at[1];
    if (c == 'x' || c == 'u' || c == 'U')
        return translate_code(translator, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    if (isalpha((unsigned char)c) && !strchr(in_class ? "abfnrtvdDsSwW" : "abfnrtvdDsSwWABZ", c))
        return fail_regex(translator, arena_printf(translator->yaql->arena, "bad escape \\%c", c), at);
    if (c == 'v')
        str_add(&translator->out, "\\x0b");
    else if (c == 'Z')
        str_add(&translator->out, "\\z");
    else
        str_add_bytes(&translator->out, at, 2);
    translator->at += 2;
    return 0;
}

/* [ … ]: a "[" inside is plain, where PCRE2 might see a POSIX class. */
static int translate_class(struct translator *translator)
{
    const char *start = translator->at++;
    bool first = true;
    str_add_char(&translator->out, '[');
    if (translator->at < translator->end && *translator->at == '^')
        str_add_char(&translator->out, *translator->at++);
    for (; translator->at < translator->end; first = false) {
        char c = *translator->at;
        if (c == ']' && !first)
            break;
        if (c == '\\') {
            if (translate_escape(translator, true) != 0)
                return -1;
            continue;
        }
        if (c == '[' || c == ']')
            str_add_char(&translator->out, '\\');
        str_add_char(&translator->out, c);
        translator->at++;
    }
    if (translator->at == translator->end)
        return fail_regex(translator, "unterminated character set", start);
    str_add_char(&translator->out, *translator->at++);
    return 0;
}

/* "(": of what may follow "?", what Python knows. */
static int translate_group(struct translator *translator)
{
    const char *at = translator->at;
    size_t left = (size_t)(translator->end - at);
    static const char *const known[] = {"(?:",  "(?=",  "(?!", "(?<=", "(?<!",
                                        "(?P<", "(?P=", "(?#", "(?>",  "(?("};
    bool good = left < 2 || at[1] != '?';
    for (size_t i = 0; i < COUNT_OF(known); i++)
        good = good || (left >= strlen(known[i]) && memcmp(at, known[i], strlen(known[i])) == 0);
    if (left >= 2 && at[1] == '*')
        return fail_regex(translator, "nothing to repeat", at + 1);
    if (good) {
        str_add_char(&translator->out, *translator->at++);
        return 0;
    }
    size_t flags = strspn(at + 2, "aiLmsux-");
    if (flags && at + 2 + flags == translator->end)
        return fail_regex(translator, "missing -, : or )", translator->end);
    if (flags == 0 || at + 2 + flags >= translator->end || !strchr("):", at[2 + flags]))
        return fail_regex(translator, left > 2 ? "unknown extension" : "unexpected end of pattern", at + 1);
    str_add(&translator->out, "(?");
    for (size_t i = 0; i < flags; i++)
        if (strchr("imsx-", at[2 + i]))
            str_add_char(&translator->out, at[2 + i]);
    translator->at += 2 + flags;
    return 0;
}

/* {,n} is {0,n} in Python, and nothing special in PCRE2. */
static void translate_brace(struct translator *translator)
{
    const char *at = translator->at + 1;
    bool open = at < translator->end && *at == ',';
    size_t digits = open ? strspn(at + 1, "0123456789") : 0;
    str_add_char(&translator->out, '{');
    if (open && at + 1 + digits < translator->end && at[1 + digits] == '}')
        str_add_char(&translator->out, '0');
    translator->at++;
}

static int count_group(struct translator *translator)
{
    if (*translator->at == ')' && translator->open_count-- == 0)
        return fail_regex(translator, "unbalanced parenthesis", translator->at);
    if (*translator->at == '(' && translator->open_count == MAX_GROUPS)
        return fail_regex(translator, "too many nested groups", translator->at);
    if (*translator->at == '(')
        translator->open[translator->open_count++] = translator->at;
    return 0;
}

static int translate_one(struct translator *translator)
{
    if (count_group(translator) != 0)
        return -1;
    switch (*translator->at) {
    case '\\':
        return translate_escape(translator, false);
    case '[':
        return translate_class(translator);
    case '(':
        return translate_group(translator);
    case '{':
        translate_brace(translator);
        return 0;
    default:
        str_add_char(&translator->out, *translator->at++);
        return 0;
    }
}

/* ---- compiling ---- */
static int fail_compile(struct translator *translator, int error, size_t offset)
{
    static const struct {
        int error;
        const char *text;
    } known[] = {{109, "nothing to repeat"},
                 {108, "bad character range"},
                 {115, "invalid group reference"},
                 {125, "look-behind requires fixed-width pattern"}};
    unsigned char text[200];
    (void)pcre2_get_error_message(error, text, sizeof(text));
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i].error == error)
            (void)snprintf((char *)text, sizeof(text), "%s", known[i].text);
    return yaql_fail(translator->yaql, PROBLEM_OTHER, "%s at position %zu", (char *)text,
                     offset ? offset - 1 : 0);
}

static struct regex *compile(struct yaql *yaql, struct text pattern, uint32_t options)
{
    struct translator translator = {.yaql = yaql,
                                    .start = pattern.at,
                                    .at = pattern.at,
                                    .end = pattern.at + pattern.length,
                                    .out = STR_INIT(yaql->arena)};
    if (pattern.length > MAX_PATTERN || scope_spend(yaql->scope, pattern.length + 1) != 0)
        return yaql_fail_null(yaql, "Expression consumed too much memory");
    while (translator.at < translator.end)
        if (translate_one(&translator) != 0)
            return NULL;
    if (translator.open_count) {
        (void)fail_regex(&translator, "missing ), unterminated subpattern",
                         translator.open[translator.open_count - 1]);
        return NULL;
    }
    pcre2_general_context *memory = pcre2_general_context_create(allocate, keep, yaql->arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    (void)pcre2_set_parens_nest_limit(context, 100);
    struct regex *regex = arena_new(yaql->arena, struct regex);
    int error;
    size_t offset;
    regex->pattern = arena_strndup(yaql->arena, pattern.at, pattern.length);
    regex->code = pcre2_compile((PCRE2_SPTR)translator.out.data, translator.out.length,
                                PCRE2_UTF | PCRE2_UCP | options, &error, &offset, context);
    if (!regex->code)
        return fail_compile(&translator, error, offset) == 0 ? regex : NULL;
    regex->match = pcre2_match_data_create_from_pattern(regex->code, memory);
    regex->limits = pcre2_match_context_create(memory);
    (void)pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
    return regex;
}

const char *regex_pattern(const struct regex *regex)
{
    return regex->pattern;
}

static struct regex *regex_of(struct yaql *yaql, const struct item *item)
{
    return item->kind == ITEM_REGEX ? item->regex : compile(yaql, text_of(item), 0);
}

const struct item *yaql_regex(struct yaql_call *call)
{
    uint32_t options = (item_truth(call->args[1]) ? PCRE2_CASELESS : 0) |
                       (item_truth(call->args[2]) ? PCRE2_MULTILINE : 0) |
                       (item_truth(call->args[3]) ? PCRE2_DOTALL : 0);
    struct item *item = arena_new(call->yaql->arena, struct item);
    item->kind = ITEM_REGEX;
    item->regex = compile(call->yaql, text_of(call->args[0]), options);
    return item->regex ? item : NULL;
}

const struct item *yaql_is_regex(struct yaql_call *call)
{
    return item_bool(call->args[0]->kind == ITEM_REGEX);
}

/* ---- matching ---- */
/* The groups of one match: pairs of byte offsets, PCRE2_UNSET for those that took no part. */
struct matcher {
    struct yaql *yaql;
    struct regex *regex;
    const struct item *string;
    size_t at;     /* where the next search begins */
    bool advance;  /* and must not end without having moved: the last match was empty */
    size_t *spans; /* of the last match */
    size_t groups; /* the whole match included */
};

static struct matcher matcher_of(struct yaql *yaql, struct regex *regex, const struct item *string)
{
    return (struct matcher){.yaql = yaql, .regex = regex, .string = string};
}

/* 1, 0, -1. */
static int match_next(struct matcher *matcher)
{
    struct text text = text_of(matcher->string);
    if (scope_spend(matcher->yaql->scope, 10) != 0)
        return -1;
    int count = pcre2_match(matcher->regex->code, (PCRE2_SPTR)text.at, text.length, matcher->at,
                            PCRE2_NO_UTF_CHECK | (matcher->advance ? PCRE2_NOTEMPTY_ATSTART : 0),
                            matcher->regex->match, matcher->regex->limits);
    if (count == PCRE2_ERROR_NOMATCH)
        return 0;
    if (count < 0)
        return yaql_fail(matcher->yaql, PROBLEM_OTHER, "The regular expression takes too much work to match");
    size_t *spans = pcre2_get_ovector_pointer(matcher->regex->match);
    matcher->groups = pcre2_get_ovector_count(matcher->regex->match);
    matcher->spans = arena_array(matcher->yaql->arena, size_t, 2 * matcher->groups);
    for (size_t i = 0; i < 2 * matcher->groups; i++)
        matcher->spans[i] = i / 2 < (size_t)count ? spans[i] : PCRE2_UNSET;
    matcher->at = spans[1];
    matcher->advance = spans[0] == spans[1];
    return 1;
}

static const struct item *group_item(const struct matcher *matcher, size_t group)
{
    const size_t *span = &matcher->spans[2 * group];
    if (group >= matcher->groups || span[0] == PCRE2_UNSET || span[1] < span[0])
        return &item_null;
    return item_text(matcher->yaql, text_of(matcher->string).at + span[0], span[1] - span[0]);
}

static const struct item *position_item(const struct matcher *matcher, size_t offset)
{
    if (offset == PCRE2_UNSET)
        return item_int(matcher->yaql, -1);
    return item_int(matcher->yaql, (int64_t)utf8_count(text_of(matcher->string).at, offset));
}

static const struct item *test(struct yaql_call *call, const struct item *string, const struct item *pattern,
                               bool wanted)
{
    struct regex *regex = regex_of(call->yaql, pattern);
    struct matcher matcher = matcher_of(call->yaql, regex, string);
    int found = regex ? match_next(&matcher) : -1;
    return found < 0 ? NULL : item_bool(found == wanted);
}

const struct item *yaql_matches(struct yaql_call *call)
{
    return test(call, call->args[1], call->args[0], true);
}

const struct item *yaql_matches_string(struct yaql_call *call)
{
    return test(call, call->args[0], call->args[1], true);
}

const struct item *yaql_matches_not(struct yaql_call *call)
{
    return test(call, call->args[0], call->args[1], false);
}

/* ---- what a lambda sees of a match ---- $ is the match, $2 the first group …; named groups by their names. */
static const struct item *record(const struct matcher *matcher, size_t group)
{
    struct yaql *yaql = matcher->yaql;
    struct table *table = table_new(yaql);
    const struct item *parts[] = {group_item(matcher, group),
                                  position_item(matcher, matcher->spans[2 * group]),
                                  position_item(matcher, matcher->spans[2 * group + 1])};
    static const char *const names[] = {"value", "start", "end"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (table_set(yaql, table, item_text(yaql, names[i], strlen(names[i])), parts[i]) != 0)
            return NULL;
    return item_table(yaql, ITEM_DICT, table);
}

static void publish_names(const struct matcher *matcher, struct context *context)
{
    uint32_t count = 0, size = 0;
    PCRE2_SPTR names = NULL;
    (void)pcre2_pattern_info(matcher->regex->code, PCRE2_INFO_NAMECOUNT, &count);
    (void)pcre2_pattern_info(matcher->regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(matcher->regex->code, PCRE2_INFO_NAMETABLE, &names);
    for (uint32_t i = 0; i < count; i++, names += size)
        context_set(matcher->yaql, context, (const char *)names + 2,
                    record(matcher, (size_t)names[0] << 8 | names[1]));
}

static const struct item *call_with_match(const struct matcher *matcher, const struct item *lambda,
                                          struct context *parent)
{
    struct context *context = context_new(matcher->yaql, parent);
    for (size_t i = 0; i < matcher->groups; i++)
        context_set(matcher->yaql, context, arena_printf(matcher->yaql->arena, "%zu", i + 1),
                    record(matcher, i));
    publish_names(matcher, context);
    return lambda_call_in(matcher->yaql, lambda, NULL, context);
}

static const struct item *result_of(const struct matcher *matcher, const struct yaql_call *call)
{
    return item_is_given(call->args[2]) ? call_with_match(matcher, call->args[2], call->context)
                                        : group_item(matcher, 0);
}

const struct item *yaql_search(struct yaql_call *call)
{
    struct matcher matcher = matcher_of(call->yaql, call->args[0]->regex, call->args[1]);
    int found = match_next(&matcher);
    return found < 0 ? NULL : found ? result_of(&matcher, call) : &item_null;
}

static int next_match(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    (void)yaql;
    int found = match_next(self->state);
    if (found > 0 && !(*out = result_of(self->state, self->call)))
        return -1;
    return found;
}

const struct item *yaql_search_all(struct yaql_call *call)
{
    struct iterator *iterator = iterator_new(call->yaql, next_match);
    struct matcher *matcher = arena_new(call->yaql->arena, struct matcher);
    *matcher = matcher_of(call->yaql, call->args[0]->regex, call->args[1]);
    iterator->state = matcher;
    iterator->call = arena_new(call->yaql->arena, struct yaql_call);
    *iterator->call = *call;
    return item_iterator(call->yaql, iterator);
}

/* ---- splitting ---- */
static const struct item *split(struct yaql_call *call, const struct item *string, struct regex *regex)
{
    struct matcher matcher = matcher_of(call->yaql, regex, string);
    struct text text = text_of(string);
    int64_t most = item_integer(call->args[2]);
    const struct item **parts = NULL;
    size_t count = 0, at = 0;
    int found = 0;
    for (int64_t i = 0; most >= 0 && (most == 0 || i < most) && (found = match_next(&matcher)) > 0; i++) {
        parts = items_append(call->yaql, parts, count++,
                             item_text(call->yaql, text.at + at, matcher.spans[0] - at));
        for (size_t group = 1; group < matcher.groups; group++)
            parts = items_append(call->yaql, parts, count++, group_item(&matcher, group));
        at = matcher.spans[1];
    }
    parts = items_append(call->yaql, parts, count++, item_text(call->yaql, text.at + at, text.length - at));
    return found < 0 ? NULL : item_list(call->yaql, ITEM_LIST, parts, count);
}

const struct item *yaql_split_regex(struct yaql_call *call)
{
    return split(call, call->args[1], call->args[0]->regex);
}

const struct item *yaql_split_by_regex(struct yaql_call *call)
{
    return split(call, call->args[0], call->args[1]->regex);
}

/* ---- replacing ---- */
static int fail_template(const struct matcher *matcher, const char *what, size_t position)
{
    return yaql_fail(matcher->yaql, PROBLEM_OTHER, "%s at position %zu", what, position);
}

static int add_group(const struct matcher *matcher, struct str *out, size_t group, size_t position)
{
    if (group >= matcher->groups)
        return fail_template(
            matcher, arena_printf(matcher->yaql->arena, "invalid group reference %zu", group), position);
    const struct item *item = group_item(matcher, group);
    if (!item_is_null(item))
        str_add_bytes(out, text_of(item).at, text_of(item).length);
    return 0;
}

/* \g<name>: *at is past "\g" and ends past ">". */
static int add_named(const struct matcher *matcher, struct str *out, struct text text, size_t *at)
{
    const char *close =
        *at < text.length && text.at[*at] == '<' ? memchr(text.at + *at, '>', text.length - *at) : NULL;
    if (!close)
        return fail_template(matcher, "missing <", *at);
    size_t start = *at + 1, length = (size_t)(close - text.at) - start;
    const char *name = arena_strndup(matcher->yaql->arena, text.at + start, length);
    *at = start + length + 1;
    if (length && length < 6 && strspn(name, "0123456789") == length) {
        int64_t number = 0;
        (void)scan_int64(name, &number);
        return add_group(matcher, out, (size_t)number, start);
    }
    int group = pcre2_substring_number_from_name(matcher->regex->code, (PCRE2_SPTR)name);
    if (group < 0)
        return yaql_fail(matcher->yaql, PROBLEM_INDEX, "unknown group name %s",
                         python_repr_text(matcher->yaql->arena, name));
    return add_group(matcher, out, (size_t)group, start);
}

/* \0, \012 and \123 are characters, \1 to \99 groups. */
static int add_numbered(const struct matcher *matcher, struct str *out, struct text text, size_t *at)
{
    char digits[4] = "";
    size_t count = 0;
    while (count < 3 && *at + count < text.length && isdigit((unsigned char)text.at[*at + count])) {
        digits[count] = text.at[*at + count];
        count++;
    }
    bool octal = digits[0] == '0' || (count == 3 && strspn(digits, "01234567") == 3);
    size_t used = octal ? strspn(digits, "01234567") : count > 2 ? 2 : count;
    unsigned number = 0;
    for (size_t i = 0; i < used; i++)
        number = number * (octal ? 8 : 10) + (unsigned)(digits[i] - '0');
    *at += used;
    if (!octal)
        return add_group(matcher, out, number, *at - used);
    char bytes[UTF8_MAX];
    str_add_bytes(out, bytes, utf8_encode(number, bytes));
    return 0;
}

static int add_escaped(const struct matcher *matcher, struct str *out, struct text text, size_t *at)
{
    static const char plain[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
    char c = text.at[*at];
    if (isdigit((unsigned char)c))
        return add_numbered(matcher, out, text, at);
    if (c == 'g') {
        ++*at;
        return add_named(matcher, out, text, at);
    }
    for (size_t i = 0; i + 1 < sizeof(plain); i += 2)
        if (plain[i] == c) {
            str_add_char(out, plain[i + 1]);
            ++*at;
            return 0;
        }
    if (isalpha((unsigned char)c))
        return fail_template(matcher, arena_printf(matcher->yaql->arena, "bad escape \\%c", c), *at - 1);
    str_add_char(out, '\\');
    return 0;
}

static int add_replacement(const struct matcher *matcher, struct str *out, struct text text)
{
    for (size_t at = 0; at < text.length;) {
        if (text.at[at] != '\\' || at + 1 == text.length) {
            if (text.at[at] == '\\')
                return fail_template(matcher, "bad escape (end of pattern)", at);
            str_add_char(out, text.at[at++]);
            continue;
        }
        at++;
        if (add_escaped(matcher, out, text, &at) != 0)
            return -1;
    }
    return 0;
}

/* repl: a template, or a lambda that gives the text. */
static int add_replaced(const struct matcher *matcher, struct str *out, const struct yaql_call *call)
{
    const struct item *repl = call->args[2];
    if (repl->kind != ITEM_LAMBDA)
        return add_replacement(matcher, out, text_of(repl));
    const struct item *text = call_with_match(matcher, repl, call->context);
    if (!text)
        return -1;
    if (!item_is_plain(text, VALUE_STRING))
        return item_is_null(text) ? 0
                                  : yaql_fail(matcher->yaql, PROBLEM_OTHER, "expected str instance, %s found",
                                              item_python_type(text));
    str_add_bytes(out, text_of(text).at, text_of(text).length);
    return 0;
}

static const struct item *replace(struct yaql_call *call, const struct item *string, struct regex *regex)
{
    struct matcher matcher = matcher_of(call->yaql, regex, string);
    struct str out = STR_INIT(call->yaql->arena);
    struct text text = text_of(string);
    int64_t most = item_integer(call->args[3]);
    size_t at = 0;
    int found = 0;
    for (int64_t i = 0; most >= 0 && (most == 0 || i < most) && (found = match_next(&matcher)) > 0; i++) {
        str_add_bytes(&out, text.at + at, matcher.spans[0] - at);
        if (add_replaced(&matcher, &out, call) != 0)
            return NULL;
        at = matcher.spans[1];
    }
    str_add_bytes(&out, text.at + at, text.length - at);
    return found < 0 ? NULL : item_str(call->yaql, &out);
}

const struct item *yaql_replace_regex(struct yaql_call *call)
{
    return replace(call, call->args[1], call->args[0]->regex);
}

const struct item *yaql_replace_by_regex(struct yaql_call *call)
{
    return replace(call, call->args[0], call->args[1]->regex);
}

const struct item *yaql_escape_regex(struct yaql_call *call)
{
    struct str out = STR_INIT(call->yaql->arena);
    struct text text = text_of(call->args[0]);
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] && strchr("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", text.at[i]))
            str_add_char(&out, '\\');
        str_add_char(&out, text.at[i]);
    }
    return item_str(call->yaql, &out);
}
