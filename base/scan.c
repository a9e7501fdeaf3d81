/* Small readers of text. */
#include "base/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

enum { LONGEST_WORD = 63 };

int scan_int64(const char *text, int64_t *out)
{
    char *end;
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*digits))
        return -1;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (*end || errno)
        return -1;
    *out = n;
    return 0;
}

struct unit {
    const char *name;
    int64_t factor;
};

/* Digits followed by one of the units; no number may be negative or overflow. */
static int scan_with_unit(const char *text, const struct unit *units, size_t count, int64_t *out)
{
    char *unit;
    if (!isdigit((unsigned char)*text))
        return -1;
    errno = 0;
    long long n = strtoll(text, &unit, 10);
    if (errno)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(unit, units[i].name) == 0)
            return __builtin_mul_overflow((int64_t)n, units[i].factor, out) ? -1 : 0;
    return -1;
}

int scan_duration(const char *text, int64_t *milliseconds)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    if (strcmp(text, "0") == 0) {
        *milliseconds = 0;
        return 0;
    }
    return scan_with_unit(text, units, COUNT_OF(units), milliseconds);
}

int scan_size(const char *text, int64_t *bytes)
{
    static const struct unit units[] = {{"", 1}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
    return scan_with_unit(text, units, COUNT_OF(units), bytes);
}

int scan_boolean(const char *text, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i % 2;
            return 0;
        }
    return -1;
}

int scan_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t scan_word(const char *text, const char **next)
{
    size_t length = strcspn(text, ",");
    *next = text[length] ? text + length + 1 : NULL;
    return length;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* row[j] holds the distance between the first i bytes of a and the first j of b. */
size_t word_distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1], m = strlen(a), n = strlen(b);
    if (m > LONGEST_WORD || n > LONGEST_WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

bool word_is_near(const char *typed, const char *known)
{
    size_t length = strlen(known);
    return word_distance(typed, known) <= (length < 6 ? 1 : length / 3);
}
