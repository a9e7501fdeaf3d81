/* Text as Python counts it, in characters, over UTF-8. */
#include "template/yaql.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "base/utf8.h"

struct text text_of(const struct item *item)
{
    struct text text;
    text.at = item_chars(item, &text.length);
    return text;
}

const struct item *text_item(struct yaql *yaql, struct text text)
{
    return item_text(yaql, text.at, text.length);
}

size_t text_count(struct text text)
{
    return utf8_count(text.at, text.length);
}

size_t text_offset(struct text text, size_t characters)
{
    uint32_t code;
    size_t offset = 0, size;
    while (characters-- && (size = utf8_decode(text.at + offset, text.length - offset, &code)) > 0)
        offset += size;
    return offset;
}

struct text text_slice(struct text text, int64_t from, int64_t to)
{
    int64_t count = (int64_t)text_count(text);
    from = from < 0 ? (from + count < 0 ? 0 : from + count) : from;
    to = to < 0 ? to + count : to;
    if (from >= count || to <= from)
        return (struct text){text.at, 0};
    size_t start = text_offset(text, (size_t)from), end = text_offset(text, (size_t)to);
    return (struct text){text.at + start, end - start};
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    if (order == 0)
        return (a.length > b.length) - (a.length < b.length);
    return order < 0 ? -1 : 1;
}

/* ---- blanks ---- */
bool text_is_space(uint32_t code)
{
    static const uint32_t spaces[] = {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    for (size_t i = 0; i < COUNT_OF(spaces); i++)
        if (spaces[i] == code)
            return true;
    return (code >= 9 && code <= 13) || (code >= 28 && code <= 31) || (code >= 0x2000 && code <= 0x200A);
}

/* chars: the characters to strip, a string; or null for blanks. */
static bool is_stripped(uint32_t code, const struct item *chars)
{
    if (item_is_null(chars))
        return text_is_space(code);
    struct text set = text_of(chars);
    uint32_t one;
    for (size_t at = 0, size; (size = utf8_decode(set.at + at, set.length - at, &one)) > 0; at += size)
        if (one == code)
            return true;
    return false;
}

static size_t last_size(struct text text)
{
    size_t size = 1;
    while (size < text.length && ((unsigned char)text.at[text.length - size] & 0xC0) == 0x80)
        size++;
    return size;
}

struct text text_strip(struct text text, const struct item *chars, bool left, bool right)
{
    uint32_t code;
    size_t size;
    while (left && (size = utf8_decode(text.at, text.length, &code)) > 0 && is_stripped(code, chars))
        text.at += size, text.length -= size;
    while (right && text.length) {
        size = last_size(text);
        (void)utf8_decode(text.at + text.length - size, size, &code);
        if (!is_stripped(code, chars))
            break;
        text.length -= size;
    }
    return text;
}

/* ---- case ---- The C library knows it character by character; these become several. */
static const struct {
    uint32_t code;
    bool upper;
    const char *text;
} special_cases[] = {
    {0xDF, true, "SS"},   {0x149, true, "\xCA\xBCN"}, {0x1F0, true, "J\xCC\x8C"},  {0xFB00, true, "FF"},
    {0xFB01, true, "FI"}, {0xFB02, true, "FL"},       {0xFB03, true, "FFI"},       {0xFB04, true, "FFL"},
    {0xFB05, true, "ST"}, {0xFB06, true, "ST"},       {0x130, false, "i\xCC\x87"},
};

static const char *special_case(uint32_t code, bool upper)
{
    for (size_t i = 0; i < COUNT_OF(special_cases); i++)
        if (special_cases[i].code == code && special_cases[i].upper == upper)
            return special_cases[i].text;
    return NULL;
}

static void add_cased(struct str *out, uint32_t code, bool upper, locale_t locale)
{
    char bytes[UTF8_MAX];
    const char *special = special_case(code, upper);
    if (special) {
        str_add(out, special);
        return;
    }
    wint_t other = upper ? towupper_l((wint_t)code, locale) : towlower_l((wint_t)code, locale);
    str_add_bytes(out, bytes, utf8_encode((uint32_t)other, bytes));
}

const struct item *text_case(struct yaql *yaql, struct text text, bool upper)
{
    struct str out = STR_INIT(yaql->arena);
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
    uint32_t code;
    for (size_t at = 0, size; (size = utf8_decode(text.at + at, text.length - at, &code)) > 0; at += size)
        add_cased(&out, code, upper, locale);
    freelocale(locale);
    return item_str(yaql, &out);
}
