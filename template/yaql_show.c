/* Items as text: Python's str() and repr(). */
#include "template/yaql.h"

#include <stdlib.h>

static const int64_t second = 1000000, day = 86400 * 1000000LL;

/* Days since 1970-01-01 to a date (proleptic Gregorian; Howard Hinnant's civil_from_days). */
static void civil(int64_t days, int64_t *year, int *month, int *date)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *date = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void write_offset(struct str *out, int64_t offset)
{
    int64_t size = llabs(offset) / second;
    str_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', (int)(size / 3600), (int)(size / 60 % 60));
    if (size % 60)
        str_printf(out, ":%02d", (int)(size % 60));
}

static void write_time(struct str *out, const struct item *time)
{
    int64_t of_day = ((time->time.local % day) + day) % day, year;
    int month, date;
    civil((time->time.local - of_day) / day, &year, &month, &date);
    str_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", (int)year, month, date, (int)(of_day / second / 3600),
               (int)(of_day / second / 60 % 60), (int)(of_day / second % 60));
    if (of_day % second)
        str_printf(out, ".%06d", (int)(of_day % second));
    write_offset(out, time->time.offset);
}

static void write_span(struct str *out, int64_t span)
{
    int64_t of_day = ((span % day) + day) % day, days = (span - of_day) / day;
    if (days)
        str_printf(out, "%lld day%s, ", (long long)days, llabs(days) == 1 ? "" : "s");
    str_printf(out, "%d:%02d:%02d", (int)(of_day / second / 3600), (int)(of_day / second / 60 % 60),
               (int)(of_day / second % 60));
    if (of_day % second)
        str_printf(out, ".%06d", (int)(of_day % second));
}

/* ---- collections ---- */
static int write_items(struct yaql *yaql, struct str *out, const struct item **items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str_add(out, i ? ", " : "");
        if (item_write(yaql, out, items[i], true) != 0)
            return -1;
    }
    return 0;
}

static int write_list(struct yaql *yaql, struct str *out, const struct item *list)
{
    bool tuple = list->kind == ITEM_TUPLE;
    str_add(out, tuple ? "(" : "[");
    int result = write_items(yaql, out, list->list.items, list->list.count);
    str_add(out, !tuple ? "]" : list->list.count == 1 ? ",)" : ")");
    return result;
}

static int write_map(struct yaql *yaql, struct str *out, const struct table *table)
{
    int result = 0;
    str_add_char(out, '{');
    for (size_t i = 0; i < table->count && result == 0; i++) {
        str_add(out, i ? ", " : "");
        result = item_write(yaql, out, table->entries[i].key, true);
        str_add(out, ": ");
        if (result == 0)
            result = item_write(yaql, out, table->entries[i].value, true);
    }
    str_add_char(out, '}');
    return result;
}

static int write_set(struct yaql *yaql, struct str *out, const struct table *table)
{
    int result = 0;
    str_add(out, table->count ? "frozenset({" : "frozenset(");
    for (size_t i = 0; i < table->count && result == 0; i++) {
        str_add(out, i ? ", " : "");
        result = item_write(yaql, out, table->entries[i].key, true);
    }
    str_add(out, table->count ? "})" : ")");
    return result;
}

static int write_view(struct yaql *yaql, struct str *out, const struct item *view)
{
    str_printf(out, "%s(", item_python_type(view));
    int result = write_map(yaql, out, view->table);
    str_add_char(out, ')');
    return result;
}

static int write_collection(struct yaql *yaql, struct str *out, const struct item *item)
{
    switch (item->kind) {
    case ITEM_TUPLE:
    case ITEM_LIST:
        return write_list(yaql, out, item);
    case ITEM_MAP:
    case ITEM_DICT:
        return write_map(yaql, out, item->table);
    case ITEM_SET:
        return write_set(yaql, out, item->table);
    case ITEM_KEYS:
    case ITEM_VALUES:
    case ITEM_PAIRS:
        return write_view(yaql, out, item);
    case ITEM_TIME:
        write_time(out, item);
        return 0;
    case ITEM_SPAN:
        write_span(out, item->span);
        return 0;
    case ITEM_REGEX:
        str_printf(out, "re.compile(%s)", python_repr_text(out->arena, regex_pattern(item->regex)));
        return 0;
    default: /* Python adds an address */
        str_printf(out, "<%s object>", item_python_type(item));
        return 0;
    }
}

int item_write(struct yaql *yaql, struct str *out, const struct item *item, bool repr)
{
    if (item->kind == ITEM_PLAIN) {
        (repr ? value_write_repr : value_write_str)(out, item->plain);
        return 0;
    }
    int result = yaql_enter(yaql) == 0 ? write_collection(yaql, out, item) : -1;
    yaql_leave(yaql);
    return result;
}

const char *item_shown(struct yaql *yaql, const struct item *item)
{
    struct str out = STR_INIT(yaql->arena);
    return item_write(yaql, &out, item, false) == 0 ? out.data : "…";
}
