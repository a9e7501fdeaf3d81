/* Reading JSON straight into values.
 *
 * One cursor over the text, one function per construct (RFC 8259, section by section). The messages are those
 * of Python's json module, which clients of Heat know, with its line, column and character offset. All three
 * are counted only when there is something to complain about. A string without escapes is copied once; one
 * with escapes is decoded into a buffer of its raw size, because no escape is shorter than what it stands
 * for. */
#include "base/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "base/utf8.h"

struct reader {
    struct ctx *ctx;
    const char *text, *end, *at;
    int depth;
};

/* ---- complaints ---- */

static int complain(struct reader *reader, const char *position, const char *what)
{
    size_t line = 1;
    const char *line_start = reader->text;
    for (const char *c = reader->text; c < position; c++)
        if (*c == '\n') {
            line++;
            line_start = c + 1;
        }
    size_t column = utf8_count(line_start, (size_t)(position - line_start)) + 1;
    size_t offset = utf8_count(reader->text, (size_t)(position - reader->text));
    return fail(reader->ctx, FAULT_BAD_REQUEST, "%s: line %zu column %zu (char %zu)", what, line, column,
                offset);
}

static const struct value *complain_null(struct reader *reader, const char *position, const char *what)
{
    complain(reader, position, what);
    return NULL;
}

/* ---- tokens ---- */

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) && *reader->at)
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* ---- strings (section 7) ---- */

/* The four digits of \uXXXX at text; -1 when there are not four. */
static int32_t read_hex4(const char *text, const char *end)
{
    int32_t code = 0;
    if (end - text < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = scan_hex_digit(text[i]);
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

static bool is_high_surrogate(int32_t code)
{
    return code >= 0xD800 && code <= 0xDBFF;
}

static bool is_low_surrogate(int32_t code)
{
    return code >= 0xDC00 && code <= 0xDFFF;
}

/* Decodes the \uXXXX at *at (past its backslash and u). A pair makes one character; a lone half, which UTF-8
 * cannot hold, makes U+FFFD. */
static int read_unicode_escape(struct reader *reader, const char **at, const char *end, uint32_t *code)
{
    int32_t first = read_hex4(*at, end);
    if (first < 0)
        return complain(reader, *at - 1, "Invalid \\uXXXX escape");
    *at += 4;
    *code = (uint32_t)first;
    if (is_high_surrogate(first) && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        int32_t second = read_hex4(*at + 2, end);
        if (is_low_surrogate(second)) {
            *at += 6;
            *code = 0x10000 + (((uint32_t)first & 0x3FF) << 10) + ((uint32_t)second & 0x3FF);
            return 0;
        }
    }
    if (is_high_surrogate(first) || is_low_surrogate(first))
        *code = UTF8_REPLACEMENT;
    return 0;
}

static int read_escape(struct reader *reader, const char **at, const char *end, uint32_t *code)
{
    static const char shorts[128] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    const char *backslash = *at;
    unsigned char letter = (unsigned char)backslash[1];
    *at += 2;
    if (letter == 'u')
        return read_unicode_escape(reader, at, end, code);
    if (letter >= 128 || !shorts[letter])
        return complain(reader, backslash, "Invalid \\escape");
    *code = (uint32_t)shorts[letter];
    return 0;
}

/* Steps over a string's inside and its closing quote, checking each escape; *escaped when there is any. */
static int skip_string(struct reader *reader, bool *escaped)
{
    const char *quote = reader->at - 1;
    *escaped = false;
    while (reader->at < reader->end && *reader->at != '"') {
        uint32_t code;
        if ((unsigned char)*reader->at < 0x20)
            return complain(reader, reader->at, "Invalid control character at");
        if (*reader->at != '\\') {
            reader->at++;
            continue;
        }
        *escaped = true;
        if (reader->end - reader->at < 2)
            break;
        if (read_escape(reader, &reader->at, reader->end, &code) < 0)
            return -1;
    }
    if (reader->at == reader->end || !take(reader, '"'))
        return complain(reader, quote, "Unterminated string starting at");
    return 0;
}

/* Copies [from, end), whose escapes have been checked, to out; returns the size written. */
static size_t decode_escapes(struct reader *reader, const char *from, const char *end, char *out)
{
    char *start = out;
    while (from < end) {
        uint32_t code = 0;
        const char *backslash = memchr(from, '\\', (size_t)(end - from));
        size_t plain = (size_t)((backslash ? backslash : end) - from);
        memcpy(out, from, plain);
        out += plain;
        from += plain;
        if (from == end || read_escape(reader, &from, end, &code) < 0)
            break;
        out += utf8_encode(code, out);
    }
    *out = '\0';
    return (size_t)(out - start);
}

/* The string whose opening quote was just taken, decoded, on the arena. */
static const char *read_text(struct reader *reader, size_t *length)
{
    const char *from = reader->at;
    bool escaped;
    if (skip_string(reader, &escaped) < 0)
        return NULL;
    size_t raw = (size_t)(reader->at - 1 - from);
    size_t valid = utf8_valid_prefix(from, raw);
    if (valid < raw)
        return complain(reader, from + valid, "Invalid UTF-8"), NULL;
    *length = raw;
    if (!escaped)
        return arena_strndup(reader->ctx->arena, from, raw);
    char *text = arena_alloc(reader->ctx->arena, raw + 1);
    *length = decode_escapes(reader, from, from + raw, text);
    return text;
}

static const struct value *read_string(struct reader *reader)
{
    size_t length;
    const char *text = read_text(reader, &length);
    if (!text)
        return NULL;
    struct value *value = arena_new(reader->ctx->arena, struct value);
    *value = (struct value){.kind = VALUE_STRING, .string = {text, length}};
    return value;
}

/* ---- numbers (section 6) ---- */

static const char *skip_digits(const struct reader *reader, const char *at)
{
    while (at < reader->end && isdigit((unsigned char)*at))
        at++;
    return at;
}

static const char *skip_fraction(const struct reader *reader, const char *at)
{
    if (at == reader->end || *at != '.')
        return at;
    const char *digits = skip_digits(reader, at + 1);
    return digits > at + 1 ? digits : at;
}

static const char *skip_exponent(const struct reader *reader, const char *at)
{
    if (at == reader->end || (*at != 'e' && *at != 'E'))
        return at;
    const char *first = at + 1;
    if (first < reader->end && (*first == '+' || *first == '-'))
        first++;
    const char *digits = skip_digits(reader, first);
    return digits > first ? digits : at;
}

static const struct value *read_number(struct reader *reader)
{
    const char *from = reader->at, *digits = from + (*from == '-');
    const char *whole = digits < reader->end && *digits == '0' ? digits + 1 : skip_digits(reader, digits);
    if (whole == digits)
        return complain_null(reader, from, "Expecting value");
    reader->at = skip_exponent(reader, skip_fraction(reader, whole));
    size_t length = (size_t)(reader->at - from);
    if (reader->at == whole)
        return value_integer_text(reader->ctx->arena, from, length);
    return value_float(reader->ctx->arena, strtod(arena_strndup(reader->ctx->arena, from, length), NULL));
}

/* ---- literals, lists and objects (sections 3 to 5) ---- */

static const struct value *read_value(struct reader *reader);

static const struct value *read_word(struct reader *reader)
{
    static const struct value nan_value = {.kind = VALUE_FLOAT, .number = __builtin_nan("")};
    static const struct value infinity = {.kind = VALUE_FLOAT, .number = __builtin_inf()};
    static const struct value minus_infinity = {.kind = VALUE_FLOAT, .number = -__builtin_inf()};
    static const struct {
        const char *word;
        const struct value *value;
    } words[] = {{"null", &value_null}, {"true", &value_true},   {"false", &value_false},
                 {"NaN", &nan_value},   {"Infinity", &infinity}, {"-Infinity", &minus_infinity}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (take_word(reader, words[i].word))
            return words[i].value;
    return NULL;
}

static int check_room(struct reader *reader)
{
    if (arena_over(reader->ctx->arena))
        return fail(reader->ctx, FAULT_TOO_LARGE, "The JSON document is too large to be read in memory");
    return 0;
}

/* After an item: 1 when a comma says that another follows, 0 when close ends it, -1 when neither does. */
static int read_separator(struct reader *reader, char close)
{
    skip_blanks(reader);
    if (take(reader, close))
        return 0;
    if (!take(reader, ','))
        return complain(reader, reader->at, "Expecting ',' delimiter");
    skip_blanks(reader);
    return check_room(reader) < 0 ? -1 : 1;
}

static const struct value *read_list(struct reader *reader)
{
    struct arena *arena = reader->ctx->arena;
    struct value *list = value_list(arena);
    skip_blanks(reader);
    int more = !take(reader, ']');
    while (more > 0) {
        const struct value *item = read_value(reader);
        if (!item)
            return NULL;
        value_list_add(arena, list, item);
        more = read_separator(reader, ']');
    }
    return more < 0 ? NULL : list;
}

/* A key cannot hold NUL: keys are C strings everywhere, and no store downstream takes one. */
static const char *read_key(struct reader *reader)
{
    const char *start = reader->at;
    size_t length;
    if (!take(reader, '"'))
        return complain(reader, start, "Expecting property name enclosed in double quotes"), NULL;
    const char *key = read_text(reader, &length);
    if (!key)
        return NULL;
    if (strlen(key) != length)
        return complain(reader, start, "Invalid \\u0000 in a property name"), NULL;
    skip_blanks(reader);
    if (!take(reader, ':'))
        return complain(reader, reader->at, "Expecting ':' delimiter"), NULL;
    skip_blanks(reader);
    return key;
}

static const struct value *read_object(struct reader *reader)
{
    struct arena *arena = reader->ctx->arena;
    struct value *map = value_map(arena);
    skip_blanks(reader);
    int more = !take(reader, '}');
    while (more > 0) {
        const char *key = read_key(reader);
        const struct value *item = key ? read_value(reader) : NULL;
        if (!item)
            return NULL;
        value_map_set(arena, map, key, item);
        more = read_separator(reader, '}');
    }
    return more < 0 ? NULL : map;
}

static const struct value *read_nested(struct reader *reader, char open)
{
    if (reader->depth == VALUE_MAX_DEPTH)
        return complain_null(reader, reader->at - 1, "Too many levels of nesting");
    reader->depth++;
    const struct value *value = open == '[' ? read_list(reader) : read_object(reader);
    reader->depth--;
    return value;
}

static const struct value *read_value(struct reader *reader)
{
    if (check_room(reader) < 0)
        return NULL;
    if (take(reader, '"'))
        return read_string(reader);
    if (take(reader, '{'))
        return read_nested(reader, '{');
    if (take(reader, '['))
        return read_nested(reader, '[');
    const struct value *word = read_word(reader);
    if (word)
        return word;
    if (reader->at == reader->end || (*reader->at != '-' && !isdigit((unsigned char)*reader->at)))
        return complain_null(reader, reader->at, "Expecting value");
    return read_number(reader);
}

const struct value *value_read_json(struct ctx *ctx, const char *text, size_t length)
{
    struct reader reader = {.ctx = ctx, .text = text, .end = text + length, .at = text};
    if (take_word(&reader, "\xEF\xBB\xBF"))
        return complain_null(&reader, text, "Unexpected UTF-8 BOM (decode using utf-8-sig)");
    skip_blanks(&reader);
    const struct value *value = read_value(&reader);
    if (!value)
        return NULL;
    skip_blanks(&reader);
    return reader.at == reader.end ? value : complain_null(&reader, reader.at, "Extra data");
}
