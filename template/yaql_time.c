/* yaql's dates and spans of time. A datetime is kept as the microseconds its own clock shows since 1970, and that
 * clock's offset from UTC; it lies in the years 1 to 9999. What needs the current time is refused: a template
 * gives the same stack whenever it is looked at. */
#include "template/yaql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND   INT64_C(1000000)
#define DAY      (86400 * SECOND)
#define FIRST    (INT64_C(-62135596800) * SECOND) /* 0001-01-01 */
#define LAST     (INT64_C(253402300800) * SECOND) /* 10000-01-01 */
#define MAX_SPAN (INT64_C(99999999) * DAY)

struct calendar {
    int64_t year, month, day, hour, minute, second, microsecond;
};

/* ---- the calendar ---- */
static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to a year's first day. */
static int64_t year_start(int64_t year)
{
    int64_t before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

static int64_t local_of(const struct calendar *calendar)
{
    int64_t days = year_start(calendar->year) + calendar->day - 1;
    for (int64_t month = 1; month < calendar->month; month++)
        days += month_days(calendar->year, month);
    return days * DAY + ((calendar->hour * 60 + calendar->minute) * 60 + calendar->second) * SECOND +
           calendar->microsecond;
}

static int64_t of_day(int64_t local)
{
    return ((local % DAY) + DAY) % DAY;
}

static struct calendar calendar_of(int64_t local)
{
    int64_t rest = of_day(local), days = (local - rest) / DAY;
    struct calendar calendar = {.year = 1970 + days / 366, .month = 1};
    while (year_start(calendar.year + 1) <= days)
        calendar.year++;
    while (year_start(calendar.year) > days)
        calendar.year--;
    for (days -= year_start(calendar.year); days >= month_days(calendar.year, calendar.month);
         calendar.month++)
        days -= month_days(calendar.year, calendar.month);
    calendar.day = days + 1;
    calendar.hour = rest / SECOND / 3600;
    calendar.minute = rest / SECOND / 60 % 60;
    calendar.second = rest / SECOND % 60;
    calendar.microsecond = rest % SECOND;
    return calendar;
}

static const struct item *item_time(struct yaql *yaql, int64_t local, int64_t offset)
{
    if (local < FIRST || local >= LAST)
        return yaql_fail_null(yaql, "date value out of range");
    struct item *item = arena_new(yaql->arena, struct item);
    item->kind = ITEM_TIME;
    item->time.local = local;
    item->time.offset = offset;
    return item;
}

static const struct item *checked_span(struct yaql *yaql, double microseconds)
{
    if (!(fabs(microseconds) <= (double)MAX_SPAN))
        return yaql_fail_null(yaql, "days=%.0f; must have magnitude <= 999999999",
                              microseconds / (double)DAY);
    return item_span(yaql, (int64_t)nearbyint(microseconds));
}

/* ---- making ---- */
static const char *wrong_part(const struct calendar *calendar)
{
    if (calendar->year < 1 || calendar->year > 9999)
        return "year is out of range";
    if (calendar->month < 1 || calendar->month > 12)
        return "month must be in 1..12";
    if (calendar->day < 1 || calendar->day > month_days(calendar->year, calendar->month))
        return "day is out of range for month";
    if (calendar->hour < 0 || calendar->hour > 23)
        return "hour must be in 0..23";
    if (calendar->minute < 0 || calendar->minute > 59)
        return "minute must be in 0..59";
    if (calendar->second < 0 || calendar->second > 59)
        return "second must be in 0..59";
    return calendar->microsecond < 0 || calendar->microsecond >= SECOND ? "microsecond must be in 0..999999"
                                                                        : NULL;
}

static const struct item *make(struct yaql *yaql, const struct calendar *calendar, int64_t offset)
{
    const char *wrong = wrong_part(calendar);
    if (wrong && calendar->year != 0 && (calendar->year < 1 || calendar->year > 9999))
        return yaql_fail_null(yaql, "year %lld is out of range", (long long)calendar->year);
    if (wrong)
        return yaql_fail_null(yaql, calendar->year == 0 ? "year 0 is out of range" : "%s", wrong);
    if (offset <= -DAY || offset >= DAY)
        return yaql_fail_null(yaql, "offset must be a timedelta strictly between -timedelta(hours=24) and "
                                    "timedelta(hours=24).");
    return item_time(yaql, local_of(calendar), offset);
}

static int64_t offset_of(const struct item *offset)
{
    return item_is_given(offset) && offset->kind == ITEM_SPAN ? offset->span : 0;
}

const struct item *yaql_datetime(struct yaql_call *call)
{
    struct calendar calendar = {item_integer(call->args[0]), item_integer(call->args[1]),
                                item_integer(call->args[2]), item_integer(call->args[3]),
                                item_integer(call->args[4]), item_integer(call->args[5]),
                                item_integer(call->args[6])};
    return make(call->yaql, &calendar, offset_of(call->args[7]));
}

const struct item *yaql_datetime_of_timestamp(struct yaql_call *call)
{
    double seconds = python_double(call->args[0]->plain);
    int64_t offset = offset_of(call->args[1]);
    if (!(fabs(seconds) < 1e12))
        return yaql_fail_null(call->yaql, "year is out of range");
    double whole = floor(seconds);
    return item_time(call->yaql,
                     (int64_t)whole * SECOND + (int64_t)nearbyint((seconds - whole) * 1e6) + offset, offset);
}

/* At least one digit, at most so many; -1: none. */
static int64_t read_digits(const char **text, int most)
{
    int64_t number = **text >= '0' && **text <= '9' ? 0 : -1;
    for (; most-- && **text >= '0' && **text <= '9'; ++*text)
        number = number * 10 + (**text - '0');
    return number;
}

static bool skip(const char **text, char c)
{
    bool there = **text == c;
    *text += there;
    return there;
}

static bool read_date(const char **text, struct calendar *calendar)
{
    calendar->year = read_digits(text, 4);
    bool dashes = skip(text, '-');
    calendar->month = read_digits(text, 2);
    if (dashes && !skip(text, '-'))
        return false;
    calendar->day = read_digits(text, 2);
    return calendar->day >= 0;
}

static bool read_clock(const char **text, struct calendar *calendar)
{
    calendar->hour = read_digits(text, 2);
    calendar->minute = skip(text, ':') ? read_digits(text, 2) : -1;
    calendar->second = skip(text, ':') ? read_digits(text, 2) : 0;
    int64_t unit = SECOND / 10;
    if (skip(text, '.'))
        for (; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
            calendar->microsecond += (**text - '0') * unit;
    return calendar->minute >= 0 && calendar->second >= 0;
}

/* Z, +02:00, -0330 or nothing. */
static bool read_zone(const char **text, int64_t *offset)
{
    int sign = **text == '-' ? -1 : 1;
    *offset = 0;
    if (skip(text, 'Z') || (!skip(text, '+') && !skip(text, '-')))
        return true;
    int64_t hours = read_digits(text, 2);
    (void)skip(text, ':');
    int64_t minutes = read_digits(text, 2);
    *offset = sign * (hours * 60 + minutes) * 60 * SECOND;
    return hours >= 0 && minutes >= 0;
}

/* 2015-08-29 or 20150829, with "T" or a space and 10:20[:30[.5]], and a zone: what can be read in one way only. */
static bool read_iso(const char *text, struct calendar *calendar, int64_t *offset)
{
    *calendar = (struct calendar){0};
    if (!read_date(&text, calendar))
        return false;
    if ((skip(&text, 'T') || skip(&text, ' ')) && !read_clock(&text, calendar))
        return false;
    return read_zone(&text, offset) && !*text;
}

/* By a format of strptime: the C library's, whose letters are Python's but for %f and %z with a colon. */
static bool read_formatted(const char *text, const char *format, struct calendar *calendar, int64_t *offset)
{
    struct tm tm = {.tm_mday = 1};
    const char *end = strptime(text, format, &tm);
    *calendar =
        (struct calendar){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, 0};
    *offset = strstr(format, "%z") ? tm.tm_gmtoff * SECOND : 0;
    return end && !*end;
}

const struct item *yaql_datetime_of_text(struct yaql_call *call)
{
    const char *text = item_chars(call->args[0], NULL), *format = item_chars(call->args[1], NULL);
    struct calendar calendar;
    int64_t offset;
    if (format && *format) {
        if (!read_formatted(text, format, &calendar, &offset))
            return yaql_fail_null(call->yaql, "time data %s does not match format %s",
                                  python_repr_text(call->yaql->arena, text),
                                  python_repr_text(call->yaql->arena, format));
    } else if (!read_iso(text, &calendar, &offset)) {
        return yaql_fail_null(call->yaql, "Unknown string format: %s", text);
    }
    return make(call->yaql, &calendar, offset);
}

const struct item *yaql_timespan(struct yaql_call *call)
{
    static const double units[] = {(double)DAY, 3600.0 * SECOND, 60.0 * SECOND, (double)SECOND, 1000, 1};
    double total = 0;
    int64_t exact = 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        int64_t part = item_integer(call->args[i]), product;
        total += (double)part * units[i];
        if (__builtin_mul_overflow(part, (int64_t)units[i], &product) ||
            __builtin_add_overflow(exact, product, &exact))
            exact = 0;
    }
    return fabs(total) <= (double)MAX_SPAN ? item_span(call->yaql, exact) : checked_span(call->yaql, total);
}

const struct item *yaql_now(struct yaql_call *call)
{
    return yaql_fail_null(call->yaql, "The yaql function \"%s\" is not available in templates",
                          call->row->name);
}

const struct item *yaql_utctz(struct yaql_call *call)
{
    return item_span(call->yaql, 0);
}

const struct item *yaql_is_datetime(struct yaql_call *call)
{
    return item_bool(call->args[0]->kind == ITEM_TIME);
}

const struct item *yaql_is_timespan(struct yaql_call *call)
{
    return item_bool(call->args[0]->kind == ITEM_SPAN);
}

/* ---- arithmetic ---- */
const struct item *yaql_time_plus(struct yaql_call *call)
{
    bool first = call->args[0]->kind == ITEM_TIME;
    const struct item *time = call->args[first ? 0 : 1], *span = call->args[first ? 1 : 0];
    return item_time(call->yaql, time->time.local + span->span, time->time.offset);
}

const struct item *yaql_time_minus(struct yaql_call *call)
{
    const struct item *time = call->args[0];
    return item_time(call->yaql, time->time.local - call->args[1]->span, time->time.offset);
}

static int64_t utc_of(const struct item *time)
{
    return time->time.local - time->time.offset;
}

const struct item *yaql_time_between(struct yaql_call *call)
{
    return item_span(call->yaql, utc_of(call->args[0]) - utc_of(call->args[1]));
}

const struct item *yaql_span_plus(struct yaql_call *call)
{
    int64_t sum = call->args[0]->span + call->args[1]->span;
    return sum > MAX_SPAN || sum < -MAX_SPAN ? checked_span(call->yaql, (double)sum)
                                             : item_span(call->yaql, sum);
}

const struct item *yaql_span_minus(struct yaql_call *call)
{
    int64_t rest = call->args[0]->span - call->args[1]->span;
    return rest > MAX_SPAN || rest < -MAX_SPAN ? checked_span(call->yaql, (double)rest)
                                               : item_span(call->yaql, rest);
}

const struct item *yaql_span_times(struct yaql_call *call)
{
    bool first = call->args[0]->kind == ITEM_SPAN;
    const struct item *span = call->args[first ? 0 : 1], *number = call->args[first ? 1 : 0];
    int64_t product;
    if (item_is_plain(number, VALUE_INT) &&
        !__builtin_mul_overflow(span->span, item_integer(number), &product) && product <= MAX_SPAN &&
        product >= -MAX_SPAN)
        return item_span(call->yaql, product);
    return checked_span(call->yaql, (double)span->span * python_double(number->plain));
}

static const struct item *fail_zero(struct yaql_call *call, const char *what)
{
    return yaql_fail_null(call->yaql, "%s", what);
}

const struct item *yaql_span_ratio(struct yaql_call *call)
{
    if (call->args[1]->span == 0)
        return fail_zero(call, "float division by zero");
    return item_float(call->yaql, (double)call->args[0]->span / (double)call->args[1]->span);
}

const struct item *yaql_span_divide(struct yaql_call *call)
{
    double number = python_double(call->args[1]->plain);
    if (number == 0)
        return fail_zero(call, item_is_plain(call->args[1], VALUE_FLOAT) ? "float division by zero"
                                                                         : "division by zero");
    return checked_span(call->yaql, (double)call->args[0]->span / number);
}

const struct item *yaql_span_negative(struct yaql_call *call)
{
    return item_span(call->yaql, -call->args[0]->span);
}

const struct item *yaql_span_positive(struct yaql_call *call)
{
    return call->args[0];
}

/* ---- properties ---- */
static const struct item *in_units(struct yaql_call *call, double unit)
{
    return item_float(call->yaql, (double)call->args[0]->span / unit);
}

const struct item *yaql_span_microseconds(struct yaql_call *call)
{
    return item_int(call->yaql, call->args[0]->span);
}

const struct item *yaql_span_milliseconds(struct yaql_call *call)
{
    return in_units(call, 1e3);
}

const struct item *yaql_span_seconds(struct yaql_call *call)
{
    return in_units(call, 1e6);
}

const struct item *yaql_span_minutes(struct yaql_call *call)
{
    return in_units(call, 6e7);
}

const struct item *yaql_span_hours(struct yaql_call *call)
{
    return in_units(call, 3.6e9);
}

const struct item *yaql_span_days(struct yaql_call *call)
{
    return in_units(call, 8.64e10);
}

static struct calendar calendar_of_call(const struct yaql_call *call)
{
    return calendar_of(call->args[0]->time.local);
}

#define CALENDAR_PROPERTY(name, part)                                                                        \
    const struct item *name(struct yaql_call *call)                                                          \
    {                                                                                                        \
        return item_int(call->yaql, calendar_of_call(call).part);                                            \
    }
CALENDAR_PROPERTY(yaql_time_year, year)
CALENDAR_PROPERTY(yaql_time_month, month)
CALENDAR_PROPERTY(yaql_time_day, day)
CALENDAR_PROPERTY(yaql_time_hour, hour)
CALENDAR_PROPERTY(yaql_time_minute, minute)
CALENDAR_PROPERTY(yaql_time_second, second)
CALENDAR_PROPERTY(yaql_time_microsecond, microsecond)

/* Monday is 0. */
const struct item *yaql_time_weekday(struct yaql_call *call)
{
    int64_t local = call->args[0]->time.local, days = (local - of_day(local)) / DAY;
    return item_int(call->yaql, ((days + 3) % 7 + 7) % 7);
}

const struct item *yaql_time_date(struct yaql_call *call)
{
    int64_t local = call->args[0]->time.local;
    return item_time(call->yaql, local - of_day(local), call->args[0]->time.offset);
}

const struct item *yaql_time_time(struct yaql_call *call)
{
    return item_span(call->yaql, of_day(call->args[0]->time.local));
}

/* The library takes the offset off the clock and leaves the zone as it was. */
const struct item *yaql_time_utc(struct yaql_call *call)
{
    return item_time(call->yaql, utc_of(call->args[0]), call->args[0]->time.offset);
}

const struct item *yaql_time_offset(struct yaql_call *call)
{
    return item_span(call->yaql, call->args[0]->time.offset);
}

const struct item *yaql_time_timestamp(struct yaql_call *call)
{
    const struct item *time = call->args[0];
    return item_float(call->yaql, (double)(utc_of(time) - time->time.offset) / 1e6);
}

/* ---- changing and printing ---- */
const struct item *yaql_time_replace(struct yaql_call *call)
{
    struct calendar calendar = calendar_of_call(call);
    int64_t *parts[] = {&calendar.year,   &calendar.month,  &calendar.day,        &calendar.hour,
                        &calendar.minute, &calendar.second, &calendar.microsecond};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!item_is_null(call->args[i + 1]))
            *parts[i] = item_integer(call->args[i + 1]);
    const struct item *offset = call->args[8];
    return make(call->yaql, &calendar, item_is_null(offset) ? call->args[0]->time.offset : offset->span);
}

static struct tm broken_down(const struct yaql_call *call)
{
    struct calendar calendar = calendar_of_call(call);
    struct tm tm = {.tm_year = (int)calendar.year - 1900,
                    .tm_mon = (int)calendar.month - 1,
                    .tm_mday = (int)calendar.day,
                    .tm_hour = (int)calendar.hour,
                    .tm_min = (int)calendar.minute,
                    .tm_sec = (int)calendar.second,
                    .tm_gmtoff = call->args[0]->time.offset / SECOND,
                    .tm_zone = "UTC"};
    int64_t local = call->args[0]->time.local, days = (local - of_day(local)) / DAY;
    tm.tm_wday = (int)(((days + 4) % 7 + 7) % 7);
    tm.tm_yday = (int)(days - year_start(calendar.year));
    return tm;
}

/* %f is Python's own; the rest is the C library's, in the C locale. */
const struct item *yaql_time_format(struct yaql_call *call)
{
    struct tm tm = broken_down(call);
    const char *format = item_chars(call->args[1], NULL);
    const char *fraction =
        arena_printf(call->yaql->arena, "%06lld", (long long)calendar_of_call(call).microsecond);
    const struct item *with_fraction =
        item_plain(call->yaql, python_replace(call->yaql->arena, value_string(call->yaql->arena, format),
                                              "%f", 2, fraction, 6));
    const char *whole = item_chars(with_fraction, NULL);
    enum { MOST = 4096 };
    char *out = arena_alloc(call->yaql->arena, MOST);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    size_t length = strftime(out, MOST, whole, &tm);
#pragma GCC diagnostic pop
    if (length == 0 && *whole)
        return yaql_fail_null(call->yaql, "Expression consumed too much memory");
    return item_text(call->yaql, out, length);
}
