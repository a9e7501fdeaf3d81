/* str.format as Python's: "{0:>5} {name[key]!r}" (https://docs.python.org/3/library/string.html#formatstrings).
 * Attributes of arguments ({0.x}) are not looked at: what Python has there is none of a template's business. */
#include "template/yaql.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { MAX_WIDTH = 100000, MAX_PRECISION = 400, MAX_DEPTH = 2 };

struct formatter {
    struct yaql *yaql;
    const struct item **args;
    size_t count;
    const struct table *named;
    int64_t automatic; /* next number for {}; -1: fields are numbered by hand */
    bool manual;
};

struct spec {
    char fill[UTF8_MAX + 1];
    char align, sign, grouping, type;
    bool alternate, zero;
    int width, precision; /* precision -1: none */
};

/* ---- the value of a field ---- */
static const struct item *argument(struct formatter *formatter, size_t i)
{
    if (i < formatter->count)
        return formatter->args[i];
    (void)yaql_fail(formatter->yaql, PROBLEM_INDEX,
                    "Replacement index %zu out of range for positional args tuple", i);
    return NULL;
}

static const struct item *named(struct formatter *formatter, const char *name)
{
    struct table_entry *entry;
    int found = 0;
    if (formatter->named)
        found = table_find(formatter->yaql, formatter->named, item_text(formatter->yaql, name, strlen(name)),
                           &entry);
    if (found > 0)
        return entry->value;
    return yaql_fail_null(formatter->yaql, "%s", python_repr_text(formatter->yaql->arena, name));
}

static const struct item *fail_numbering(struct formatter *formatter, bool automatic)
{
    return yaql_fail_null(formatter->yaql, "cannot switch from %s to %s",
                          automatic ? "manual field specification" : "automatic field numbering",
                          automatic ? "automatic field numbering" : "manual field specification");
}

static const struct item *first_part(struct formatter *formatter, const char *name)
{
    bool digits = *name && strspn(name, "0123456789") == strlen(name);
    if (!*name && formatter->manual)
        return fail_numbering(formatter, true);
    if (digits && formatter->automatic > 0)
        return fail_numbering(formatter, false);
    formatter->manual = formatter->manual || digits;
    if (!*name)
        return argument(formatter, (size_t)formatter->automatic++);
    return digits ? argument(formatter, strlen(name) > 9 ? SIZE_MAX : (size_t)atol(name))
                  : named(formatter, name);
}

static const struct item *index_part(struct formatter *formatter, const struct item *item, const char *key)
{
    struct yaql *yaql = formatter->yaql;
    bool digits = *key && strspn(key, "0123456789") == strlen(key);
    const struct item *index =
        digits ? item_int(yaql, strtoll(key, NULL, 10)) : item_text(yaql, key, strlen(key));
    struct table_entry *entry;
    if (item_is_map(item)) {
        int found = table_find(yaql, item->table, index, &entry);
        return found > 0 ? entry->value : yaql_fail_null(yaql, "%s", item_shown(yaql, index));
    }
    if (item_is_sequence(item) && digits && (size_t)item_integer(index) < item->list.count)
        return item->list.items[item_integer(index)];
    (void)yaql_fail(yaql, PROBLEM_INDEX, "%s index out of range", item_python_type(item));
    return NULL;
}

static const struct item *field_value(struct formatter *formatter, struct text name)
{
    struct arena *arena = formatter->yaql->arena;
    char *copy = arena_strndup(arena, name.at, name.length);
    size_t length = strcspn(copy, ".[");
    const struct item *item = first_part(formatter, arena_strndup(arena, copy, length));
    for (char *at = copy + length; item && *at;) {
        size_t size = strcspn(at, "]");
        if (*at != '[' || at[size] != ']')
            return yaql_fail_null(formatter->yaql, "Attributes cannot be used in format");
        item = index_part(formatter, item, arena_strndup(arena, at + 1, size - 1));
        at += size + 1;
    }
    return item;
}

/* ---- the specification ---- */
static const char *read_fill(const char *at, struct spec *spec)
{
    uint32_t code;
    size_t size = utf8_decode(at, strlen(at), &code);
    if (size && at[size] && strchr("<>=^", at[size])) {
        memcpy(spec->fill, at, size);
        spec->align = at[size];
        return at + size + 1;
    }
    if (*at && strchr("<>=^", *at))
        spec->align = *at++;
    return at;
}

static const char *read_number(struct yaql *yaql, const char *at, int most, int *out)
{
    long number = 0;
    for (; isdigit((unsigned char)*at); at++)
        number = number < 100000000 ? number * 10 + (*at - '0') : number;
    if (number > most)
        return yaql_fail_null(yaql, "Expression consumed too much memory");
    *out = (int)number;
    return at;
}

static const char *read_precision(struct yaql *yaql, const char *at, struct spec *spec)
{
    if (*at && strchr(",_", *at))
        spec->grouping = *at++;
    if (*at != '.')
        return at;
    if (!isdigit((unsigned char)at[1]))
        return yaql_fail_null(yaql, "Format specifier missing precision");
    return read_number(yaql, at + 1, MAX_WIDTH, &spec->precision);
}

static int read_spec(struct yaql *yaql, const char *text, const struct item *item, struct spec *spec)
{
    *spec = (struct spec){.precision = -1};
    const char *at = read_fill(text, spec);
    if (*at && strchr("+- ", *at))
        spec->sign = *at++;
    spec->alternate = *at == '#';
    at += spec->alternate;
    spec->zero = *at == '0' && !spec->align;
    at += *at == '0';
    if ((at = read_number(yaql, at, MAX_WIDTH, &spec->width)))
        at = read_precision(yaql, at, spec);
    if (!at)
        return -1;
    if (*at && at[1])
        return yaql_fail(yaql, PROBLEM_OTHER, "Invalid format specifier '%s' for object of type '%s'", text,
                         item_python_type(item));
    spec->type = *at;
    if (!spec->fill[0])
        spec->fill[0] = spec->zero ? '0' : ' ';
    return 0;
}

/* ---- writing ---- */
static void fill(struct str *out, const struct spec *spec, size_t count)
{
    while (count--)
        str_add(out, spec->fill);
}

/* sign: how much of text stays left of the filling for '='. */
static void write_padded(struct str *out, const struct spec *spec, const char *text, size_t sign, char usual)
{
    size_t count = utf8_count(text, strlen(text)), missing = 0;
    if (spec->width > 0 && (size_t)spec->width > count)
        missing = (size_t)spec->width - count;
    char align = spec->align ? spec->align : spec->zero && usual == '>' ? '=' : usual;
    size_t left = align == '>' || align == '=' ? missing : align == '^' ? missing / 2 : 0;
    if (align == '=')
        str_add_bytes(out, text, sign);
    fill(out, spec, left);
    str_add(out, align == '=' ? text + sign : text);
    fill(out, spec, missing - left);
}

static int fail_code(struct yaql *yaql, const struct spec *spec, const char *type)
{
    return yaql_fail(yaql, PROBLEM_OTHER, "Unknown format code '%c' for object of type '%s'", spec->type,
                     type);
}

static int write_text(struct yaql *yaql, struct str *out, const struct spec *spec, struct text text)
{
    if (spec->type && spec->type != 's')
        return fail_code(yaql, spec, "str");
    if (spec->sign)
        return yaql_fail(yaql, PROBLEM_OTHER, "Sign not allowed in string format specifier");
    if (spec->align == '=')
        return yaql_fail(yaql, PROBLEM_OTHER, "'=' alignment not allowed in string format specifier");
    if (spec->precision >= 0)
        text = text_slice(text, 0, spec->precision);
    write_padded(out, spec, arena_strndup(yaql->arena, text.at, text.length), 0, '<');
    return 0;
}

/* The digits before the point, in groups of three. */
static char *grouped(struct yaql *yaql, const char *digits, char separator)
{
    struct str out = STR_INIT(yaql->arena);
    size_t whole = strspn(digits, "0123456789");
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            str_add_char(&out, separator);
        str_add_char(&out, digits[i]);
    }
    str_add(&out, digits + whole);
    return out.data;
}

static int write_signed(struct yaql *yaql, struct str *out, const struct spec *spec, const char *text,
                        const char *prefix)
{
    bool negative = *text == '-';
    const char *sign = negative ? "-" : spec->sign == '+' ? "+" : spec->sign == ' ' ? " " : "";
    const char *digits = text + negative;
    if (spec->grouping)
        digits = grouped(yaql, digits, spec->grouping);
    write_padded(out, spec, arena_printf(yaql->arena, "%s%s%s", sign, prefix, digits),
                 strlen(sign) + strlen(prefix), '>');
    return 0;
}

static const char *base_digits(struct yaql *yaql, int64_t number, unsigned base, bool upper)
{
    char text[72], *at = text + sizeof(text) - 1;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    *at = '\0';
    do {
        *--at = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[left % base];
    } while (left /= base);
    return arena_printf(yaql->arena, "%s%s", number < 0 ? "-" : "", at);
}

static int write_float(struct yaql *yaql, struct str *out, const struct spec *spec, double number);

static int write_character(struct yaql *yaql, struct str *out, const struct spec *spec,
                           const struct item *item)
{
    char bytes[UTF8_MAX + 1] = "";
    int64_t code = item_integer(item);
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return yaql_fail(yaql, PROBLEM_OTHER, "%%c arg not in range(0x110000)");
    bytes[utf8_encode((uint32_t)code, bytes)] = '\0';
    write_padded(out, spec, bytes, 0, '<');
    return 0;
}

static int write_int(struct yaql *yaql, struct str *out, const struct spec *spec, const struct item *item)
{
    static const char bases[] = "b\2o\10x\20X\20";
    const char *base = spec->type ? strchr(bases, spec->type) : NULL;
    if (spec->type && strchr("eEfFgG%", spec->type))
        return write_float(yaql, out, spec, python_double(item->plain));
    if (spec->precision >= 0)
        return yaql_fail(yaql, PROBLEM_OTHER, "Precision not allowed in integer format specifier");
    if (spec->type == 'c')
        return write_character(yaql, out, spec, item);
    if (!spec->type || strchr("dn", spec->type))
        return write_signed(yaql, out, spec, value_to_str(yaql->arena, item->plain), "");
    if (!base || !isalpha((unsigned char)spec->type))
        return fail_code(yaql, spec, "int");
    if (item_is_plain(item, VALUE_BIGINT))
        return yaql_fail(yaql, PROBLEM_OTHER, "Expression consumed too much memory");
    const char prefix[] = {'0', spec->type, '\0'};
    return write_signed(yaql, out, spec,
                        base_digits(yaql, item_integer(item), (unsigned)base[1], spec->type == 'X'),
                        spec->alternate ? prefix : "");
}

/* What str() prints, or with a precision "g" with a digit after the point. */
static const char *plain_float(struct yaql *yaql, const struct spec *spec, double number)
{
    if (spec->precision < 0)
        return value_to_str(yaql->arena, value_float(yaql->arena, number));
    char *text = arena_printf(yaql->arena, "%.*g", spec->precision ? spec->precision : 1, number);
    return strpbrk(text, ".en") ? text : arena_printf(yaql->arena, "%s.0", text);
}

static int write_float(struct yaql *yaql, struct str *out, const struct spec *spec, double number)
{
    int precision = spec->precision < 0 ? 6 : spec->precision;
    if (precision > MAX_PRECISION)
        return yaql_fail(yaql, PROBLEM_OTHER, "Expression consumed too much memory");
    char type = spec->type == 'n' ? 'g' : spec->type;
    if (!type)
        return write_signed(yaql, out, spec, plain_float(yaql, spec, number), "");
    if (!strchr("eEfFgG%", type))
        return fail_code(yaql, spec, "float");
    const char format[] = {'%', '.', '*', type == '%' ? 'f' : type, '\0'};
    size_t size = 400 + (size_t)precision;
    char *text = arena_alloc(yaql->arena, size);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, size, format, precision, type == '%' ? number * 100 : number);
#pragma GCC diagnostic pop
    return write_signed(yaql, out, spec, type == '%' ? arena_printf(yaql->arena, "%s%%", text) : text, "");
}

static int write_value(struct formatter *formatter, struct str *out, const struct item *item,
                       const char *format)
{
    struct yaql *yaql = formatter->yaql;
    struct spec spec;
    if (!*format)
        return item_write(yaql, out, item, false);
    if (item_is_plain(item, VALUE_NULL) || item->kind != ITEM_PLAIN)
        return yaql_fail(yaql, PROBLEM_OTHER, "unsupported format string passed to %s.__format__",
                         item_python_type(item));
    if (read_spec(yaql, format, item, &spec) != 0)
        return -1;
    if (item_is_plain(item, VALUE_STRING))
        return write_text(yaql, out, &spec, text_of(item));
    if (item_is_plain(item, VALUE_BOOL))
        item = item_int(yaql, item_integer(item));
    return item_is_plain(item, VALUE_FLOAT) ? write_float(yaql, out, &spec, item->plain->number)
                                            : write_int(yaql, out, &spec, item);
}

/* ---- fields ---- */
static int expand(struct formatter *formatter, struct text format, struct str *out, int depth);

static const struct item *converted(struct formatter *formatter, const struct item *item, char conversion)
{
    struct str out = STR_INIT(formatter->yaql->arena);
    if (!strchr("rsa", conversion))
        return yaql_fail_null(formatter->yaql, "Unknown conversion specifier %c", conversion);
    if (item_write(formatter->yaql, &out, item, conversion != 's') != 0)
        return NULL;
    return item_str(formatter->yaql, &out);
}

/* What is between the braces: name, "!" conversion, ":" specification (which may have fields itself). */
static int write_field(struct formatter *formatter, struct text field, struct str *out, int depth)
{
    struct yaql *yaql = formatter->yaql;
    char *copy = arena_strndup(yaql->arena, field.at, field.length);
    size_t length = strcspn(copy, "!:");
    const struct item *item = field_value(formatter, (struct text){copy, length});
    char *rest = copy + length;
    if (item && *rest == '!') {
        if (!rest[1] || (rest[2] && rest[2] != ':'))
            return yaql_fail(yaql, PROBLEM_OTHER, "expected ':' after conversion specifier");
        item = converted(formatter, item, rest[1]);
        rest += 2;
    }
    struct str spec = STR_INIT(yaql->arena);
    if (!item)
        return -1;
    if (*rest == ':' && expand(formatter, (struct text){rest + 1, strlen(rest + 1)}, &spec, depth + 1) != 0)
        return -1;
    return write_value(formatter, out, item, spec.data);
}

/* Bytes up to the brace that closes the one before at; SIZE_MAX: none does. */
static size_t field_length(struct text text)
{
    size_t open = 1;
    for (size_t i = 0; i < text.length; i++) {
        open += text.at[i] == '{';
        open -= text.at[i] == '}';
        if (open == 0)
            return i;
    }
    return SIZE_MAX;
}

static int fail_single(struct formatter *formatter, char brace)
{
    return yaql_fail(formatter->yaql, PROBLEM_OTHER, "Single '%c' encountered in format string", brace);
}

static int expand(struct formatter *formatter, struct text format, struct str *out, int depth)
{
    if (depth > MAX_DEPTH)
        return yaql_fail(formatter->yaql, PROBLEM_OTHER, "Max string recursion exceeded");
    for (size_t at = 0; at < format.length; at++) {
        char c = format.at[at], after = at + 1 < format.length ? format.at[at + 1] : '\0';
        if (c != '{' && c != '}') {
            str_add_char(out, c);
            continue;
        }
        if (after == c) {
            str_add_char(out, c);
            at++;
            continue;
        }
        if (c == '}' || !after)
            return fail_single(formatter, c);
        struct text rest = {format.at + at + 1, format.length - at - 1};
        size_t length = field_length(rest);
        if (length == SIZE_MAX)
            return yaql_fail(formatter->yaql, PROBLEM_OTHER, "expected '}' before end of string");
        if (scope_spend(formatter->yaql->scope, 1) != 0 ||
            write_field(formatter, (struct text){rest.at, length}, out, depth) != 0)
            return -1;
        at += length + 1;
    }
    return 0;
}

const struct item *text_format(struct yaql *yaql, struct text format, const struct item **args, size_t count,
                               const struct table *named_arguments)
{
    struct formatter formatter = {.yaql = yaql, .args = args, .count = count, .named = named_arguments};
    struct str out = STR_INIT(yaql->arena);
    return expand(&formatter, format, &out, 0) == 0 ? item_str(yaql, &out) : NULL;
}
