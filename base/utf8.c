/* UTF-8: reading, writing and checking it. */
#include "base/utf8.h"

#include "base/attributes.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of a sequence by its first one, and the bits that one carries; 0 for a byte that cannot be first. */
static size_t sequence_length(unsigned char first, uint32_t *bits)
{
    if (first < 0x80)
        return *bits = first, 1;
    if (first >= 0xC2 && first <= 0xDF)
        return *bits = first & 0x1F, 2;
    if (first >= 0xE0 && first <= 0xEF)
        return *bits = first & 0x0F, 3;
    if (first >= 0xF0 && first <= 0xF4)
        return *bits = first & 0x07, 4;
    return 0;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0)
        return 0;
    size_t size = sequence_length((unsigned char)text[0], code);
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (!is_tail((unsigned char)text[i]))
            return 0;
        *code = *code << 6 | ((unsigned char)text[i] & 0x3F);
    }
    bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < smallest[size] || *code > 0x10FFFF || surrogate ? 0 : size;
}

size_t utf8_encode(uint32_t code, char out[UTF8_MAX])
{
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(first[size] | code);
    return size;
}

size_t utf8_valid_prefix(const char *text, size_t length)
{
    size_t at = 0;
    uint32_t code;
    while (at < length) {
        size_t size = (unsigned char)text[at] < 0x80 ? 1 : utf8_decode(text + at, length - at, &code);
        if (size == 0)
            break;
        at += size;
    }
    return at;
}

bool utf8_valid(const char *text, size_t length)
{
    return utf8_valid_prefix(text, length) == length;
}

size_t utf8_count(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += !is_tail((unsigned char)text[i]);
    return count;
}

static const struct {
    uint32_t first, last;
} unprintable[] = {
#define RANGE(first, last) {first, last},
#include "base/unprintable.def"
#undef RANGE
};

bool utf8_printable(uint32_t code)
{
    size_t low = 0, high = COUNT_OF(unprintable);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > unprintable[middle].last)
            low = middle + 1;
        else if (code < unprintable[middle].first)
            high = middle;
        else
            return false;
    }
    return true;
}
