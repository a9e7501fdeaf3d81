/* Time: the two clocks, and ISO 8601 there and back. */
#include "base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { SECOND = 1000000 };

static int64_t microseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return microseconds(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return microseconds(CLOCK_REALTIME);
}

/* Whole seconds and what is left of one, also before 1970. */
static time_t split(int64_t wall_us, int *fraction)
{
    int64_t seconds = wall_us / SECOND, rest = wall_us % SECOND;
    *fraction = (int)(rest < 0 ? rest + SECOND : rest);
    return (time_t)(rest < 0 ? seconds - 1 : seconds);
}

static char *put_digits(char *at, int count, int number, char behind)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    at[count] = behind;
    return at + count + 1;
}

/* Digit by digit: a list shows many times, and strftime takes five times as long. Returns where the fraction goes. */
static char *put_seconds(int64_t wall_us, char *at, char behind, int *fraction)
{
    time_t seconds = split(wall_us, fraction);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    int year = tm.tm_year + 1900;
    at = put_digits(at, year > 9999 ? 6 : 4, year, '-');
    at = put_digits(at, 2, tm.tm_mon + 1, '-');
    at = put_digits(at, 2, tm.tm_mday, 'T');
    at = put_digits(at, 2, tm.tm_hour, ':');
    at = put_digits(at, 2, tm.tm_min, ':');
    return put_digits(at, 2, tm.tm_sec, behind);
}

void clock_iso(int64_t wall_us, char out[CLOCK_ISO_SIZE])
{
    int fraction;
    *put_seconds(wall_us, out, 'Z', &fraction) = '\0';
}

void clock_iso_us(int64_t wall_us, char out[CLOCK_ISO_SIZE])
{
    int fraction;
    char *at = put_seconds(wall_us, out, '.', &fraction);
    *put_digits(at, 6, fraction, 'Z') = '\0';
}

/* Two or four digits at *at, moving past them and the separator that must follow (NUL: none). */
static bool take_digits(const char **at, int count, char separator, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *out = *out * 10 + (**at - '0');
    }
    if (!separator)
        return true;
    return *(*at)++ == separator;
}

/* A fraction of any length; digits past the sixth are dropped. */
static bool take_fraction(const char **at, int *microsecond)
{
    *microsecond = 0;
    if (**at != '.')
        return true;
    const char *first = ++*at;
    for (int unit = SECOND / 10; isdigit((unsigned char)**at); unit /= 10)
        *microsecond += unit * (*(*at)++ - '0');
    return *at > first;
}

static bool is_utc(const char *zone)
{
    return strcmp(zone, "Z") == 0 || strcmp(zone, "") == 0 || strcmp(zone, "+00:00") == 0;
}

/* timegm() makes March 2 of February 30; such a date does not come back as it was. */
static bool to_seconds(const struct tm *asked, time_t *seconds)
{
    struct tm tm = *asked;
    *seconds = timegm(&tm);
    return tm.tm_mon == asked->tm_mon && tm.tm_mday == asked->tm_mday;
}

int clock_parse_iso(const char *text, int64_t *wall_us)
{
    struct tm tm = {0};
    int fraction;
    time_t seconds;
    bool read = take_digits(&text, 4, '-', &tm.tm_year) && take_digits(&text, 2, '-', &tm.tm_mon) &&
                take_digits(&text, 2, 'T', &tm.tm_mday) && take_digits(&text, 2, ':', &tm.tm_hour) &&
                take_digits(&text, 2, ':', &tm.tm_min) && take_digits(&text, 2, '\0', &tm.tm_sec) &&
                take_fraction(&text, &fraction) && is_utc(text);
    if (!read || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 59)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (!to_seconds(&tm, &seconds))
        return -1;
    *wall_us = (int64_t)seconds * SECOND + fraction;
    return 0;
}
