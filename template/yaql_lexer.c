/* The tokens of a yaql expression: names, numbers, strings with escapes, and symbols. */
#include "template/yaql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "base/utf8.h"

/* Longest first. "name(" with nothing between is one token, whatever the name: "not(" is a call of "not". */
static const char *const symbols[] = {"=~", "!~", ">=", "<=", "!=", "->", "?.", "=>", ".", "+", "-", "*",
                                      "/",  ">",  "<",  "=",  "[",  "{",  "(",  ")",  "]", ",", "}"};
static const char *const word_operators[] = {"mod", "in", "not", "and", "or"};

/* Letters, digits and underscores; beyond ASCII everything printable that is no space counts as a letter. */
static bool is_word(uint32_t code)
{
    if (code < 128)
        return isalnum((int)code) || code == '_';
    return code > 0xBF && code != 0xD7 && code != 0xF7 && utf8_printable(code) && !text_is_space(code) &&
           !(code >= 0x2000 && code < 0x2C00) && !(code >= 0x3001 && code < 0x3005) &&
           !(code >= 0x1F000 && code < 0x20000);
}

static const char *skip_word(const char *at, const char *end)
{
    uint32_t code;
    size_t size;
    while ((size = utf8_decode(at, (size_t)(end - at), &code)) > 0 && is_word(code))
        at += size;
    return at;
}

static int fail_lexical(struct lexer *lexer, size_t position)
{
    uint32_t code;
    size_t size = utf8_decode(lexer->at, (size_t)(lexer->end - lexer->at), &code);
    return yaql_fail(lexer->yaql, PROBLEM_OTHER, "Lexical error: illegal character '%.*s' at position %zu",
                     size ? (int)size : 1, lexer->at, position);
}

/* ---- strings ---- */
static void add_code(struct str *out, uint32_t code)
{
    char bytes[UTF8_MAX];
    bool valid = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    str_add_bytes(out, bytes, utf8_encode(valid ? code : UTF8_REPLACEMENT, bytes));
}

/* Exactly count hexadecimal digits, or false. */
static bool read_hex(const char *at, const char *end, int count, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < count; i++) {
        int digit = at + i < end ? scan_hex_digit(at[i]) : -1;
        if (digit < 0)
            return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return true;
}

static const char *add_octal(struct str *out, const char *at, const char *end)
{
    uint32_t code = 0;
    for (int i = 0; i < 3 && at < end && *at >= '0' && *at <= '7'; i++, at++)
        code = code << 3 | (uint32_t)(*at - '0');
    add_code(out, code);
    return at;
}

/* The escape after a backslash at at; unknown ones stay as they are. NULL: not what follows \x, \u or \U. */
static const char *add_escape(struct str *out, const char *at, const char *end)
{
    static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v", sized[] = "x\2u\4U\10";
    if (*at >= '0' && *at <= '7')
        return add_octal(out, at, end);
    for (size_t i = 0; i + 1 < sizeof(plain); i += 2)
        if (plain[i] == *at) {
            str_add_char(out, plain[i + 1]);
            return at + 1;
        }
    for (size_t i = 0; i + 1 < sizeof(sized); i += 2) {
        uint32_t code;
        if (sized[i] != *at || end - at <= sized[i + 1])
            continue;
        if (!read_hex(at + 1, end, sized[i + 1], &code))
            return NULL;
        add_code(out, code);
        return at + 1 + sized[i + 1];
    }
    str_add_char(out, '\\');
    return at;
}

static const struct item *decode(struct lexer *lexer, const char *at, const char *end)
{
    struct str out = STR_INIT(lexer->yaql->arena);
    while (at && at < end) {
        if (*at != '\\' || at + 1 == end)
            str_add_char(&out, *at++);
        else
            at = add_escape(&out, at + 1, end);
    }
    if (!at)
        return yaql_fail_null(lexer->yaql, "'unicodeescape' codec can't decode an escape sequence");
    return item_str(lexer->yaql, &out);
}

/* Between back quotes only \` means something. */
static const struct item *decode_verbatim(struct lexer *lexer, const char *at, const char *end)
{
    struct str out = STR_INIT(lexer->yaql->arena);
    for (; at < end; at++)
        if (*at != '\\' || at + 1 == end || at[1] != '`')
            str_add_char(&out, *at);
    return item_str(lexer->yaql, &out);
}

/* Past the closing quote, or NULL: none, or a backslash before a line's end. */
static const char *string_end(const struct lexer *lexer)
{
    char quote = *lexer->at;
    const char *at = lexer->at + 1;
    for (; at < lexer->end && *at != quote; at++)
        if (*at == '\\' && (++at >= lexer->end || *at == '\n'))
            return NULL;
    return at < lexer->end ? at + 1 : NULL;
}

static int read_string(struct lexer *lexer, struct token *token)
{
    const char *end = string_end(lexer), *start = lexer->at + 1;
    if (!end)
        return fail_lexical(lexer, token->position);
    token->kind = TOKEN_CONSTANT;
    token->constant =
        *lexer->at == '`' ? decode_verbatim(lexer, start, end - 1) : decode(lexer, start, end - 1);
    if (!token->constant)
        return -1;
    token->text = item_chars(token->constant, NULL);
    lexer->at = end;
    return 0;
}

/* ---- numbers and words ---- */
static const struct item *number_of(struct lexer *lexer, const char *digits)
{
    if (strchr(digits, '.'))
        return item_float(lexer->yaql, strtod(digits, NULL));
    return item_plain(lexer->yaql, value_integer_text(lexer->yaql->arena, digits, strlen(digits)));
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at;
}

static int read_number(struct lexer *lexer, struct token *token)
{
    const char *end = skip_digits(lexer->at, lexer->end);
    if (skip_word(end, lexer->end) != end)
        return fail_lexical(lexer, token->position);
    if (end + 1 < lexer->end && *end == '.') {
        const char *fraction = skip_digits(end + 1, lexer->end);
        if (fraction > end + 1 && skip_word(fraction, lexer->end) == fraction)
            end = fraction;
    }
    token->kind = TOKEN_CONSTANT;
    token->text = arena_strndup(lexer->yaql->arena, lexer->at, (size_t)(end - lexer->at));
    token->constant = number_of(lexer, token->text);
    token->text = item_shown(lexer->yaql, token->constant);
    lexer->at = end;
    return 0;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static void name_word(struct lexer *lexer, struct token *token)
{
    static const struct {
        const char *word, *shown;
        const struct item *item;
    } constants[] = {
        {"true", "True", &item_true}, {"false", "False", &item_false}, {"null", "None", &item_null}};
    token->kind = TOKEN_KEYWORD;
    if (is_one_of(token->text, word_operators, COUNT_OF(word_operators)))
        token->kind = TOKEN_SYMBOL;
    token->constant = item_text(lexer->yaql, token->text, strlen(token->text));
    for (size_t i = 0; i < COUNT_OF(constants); i++)
        if (strcmp(token->text, constants[i].word) == 0)
            *token = (struct token){TOKEN_CONSTANT, constants[i].shown, constants[i].item, token->position};
}

static int read_word(struct lexer *lexer, struct token *token)
{
    const char *end = skip_word(lexer->at, lexer->end);
    token->text = arena_strndup(lexer->yaql->arena, lexer->at, (size_t)(end - lexer->at));
    if (end < lexer->end && *end == '(') {
        token->kind = TOKEN_FUNCTION;
        end++;
    } else if (strncmp(token->text, "__", 2) == 0) {
        return fail_lexical(lexer, token->position);
    } else {
        name_word(lexer, token);
    }
    lexer->at = end;
    return 0;
}

static int read_dollar(struct lexer *lexer, struct token *token)
{
    const char *end = skip_word(lexer->at + 1, lexer->end);
    token->kind = TOKEN_DOLLAR;
    token->text = arena_strndup(lexer->yaql->arena, lexer->at, (size_t)(end - lexer->at));
    lexer->at = end;
    return 0;
}

static int read_symbol(struct lexer *lexer, struct token *token)
{
    for (size_t i = 0; i < COUNT_OF(symbols); i++) {
        size_t length = strlen(symbols[i]);
        if ((size_t)(lexer->end - lexer->at) < length || memcmp(lexer->at, symbols[i], length) != 0)
            continue;
        token->kind = TOKEN_SYMBOL;
        token->text = symbols[i];
        lexer->at += length;
        return 0;
    }
    return fail_lexical(lexer, token->position);
}

int lexer_next(struct lexer *lexer, struct token *token)
{
    while (lexer->at < lexer->end && *lexer->at && strchr(" \t\r\n", *lexer->at))
        lexer->at++;
    lexer->position += utf8_count(lexer->counted, (size_t)(lexer->at - lexer->counted));
    lexer->counted = lexer->at;
    *token = (struct token){.position = lexer->position};
    if (lexer->at == lexer->end)
        return 0;
    uint32_t code = 0;
    (void)utf8_decode(lexer->at, (size_t)(lexer->end - lexer->at), &code);
    if (code == '$')
        return read_dollar(lexer, token);
    if (code == '\'' || code == '"' || code == '`')
        return read_string(lexer, token);
    if (code < 128 && isdigit((int)code))
        return read_number(lexer, token);
    return is_word(code) ? read_word(lexer, token) : read_symbol(lexer, token);
}
