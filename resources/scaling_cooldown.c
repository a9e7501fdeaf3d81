/* Whether a group may change its size now. What is known of changes is kept in the group's metadata under
 * Heat's keys:
 *
 *   scaling_in_progress   true from the decision until the child is done
 *   cooldown_end          {time: cause}: no change before it. Times compare as text, as they are written.
 *   cooldown              {time: cause}: when the last change was, as older releases wrote it; still older ones
 *                         wrote time and cause alone */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "resources/numbers.h"
#include "resources/scaling.h"

/* "2026-01-31T12:00:00.123456"; a whole second has no fraction. */
static const char *time_text(struct arena *arena, int64_t wall_us)
{
    char text[CLOCK_ISO_SIZE];
    if (wall_us % 1000000)
        clock_iso_us(wall_us, text);
    else
        clock_iso(wall_us, text);
    text[strcspn(text, "Z")] = '\0';
    return arena_strdup(arena, text);
}

static const char *first_key(const struct value *map)
{
    return value_is(map, VALUE_MAP) && value_count(map) ? map->map.entries[0].key : NULL;
}

static bool is_within(const char *since, double seconds, int64_t now_us)
{
    int64_t since_us;
    if (!since || seconds == 0 || clock_parse_iso(since, &since_us) != 0)
        return false;
    return (double)(now_us - since_us) <= seconds * 1e6;
}

static double seconds_of(const struct value *cooldown)
{
    double seconds = number_double(cooldown);
    return seconds > 0 ? seconds : 0;
}

static bool is_cooling_down(struct arena *arena, const struct value *metadata, double cooldown,
                            int64_t now_us)
{
    if (value_has(metadata, "cooldown_end")) {
        const char *end = first_key(value_get(metadata, "cooldown_end"));
        return end && strcmp(time_text(arena, now_us), end) < 0;
    }
    if (value_has(metadata, "cooldown"))
        return is_within(first_key(value_get(metadata, "cooldown")), cooldown, now_us);
    return is_within(first_key(value_map_without(arena, metadata, "scaling_in_progress")), cooldown, now_us);
}

const struct value *scaling_finished(struct ctx *ctx, const struct value *metadata, double cooldown,
                                     const char *cause, bool changed, int64_t now_us)
{
    enum { COOLDOWN_MAX = 1000000000 };
    struct value *after = value_copy(ctx->arena, metadata);
    if (changed) {
        double seconds = cooldown > 0 ? cooldown < COOLDOWN_MAX ? cooldown : COOLDOWN_MAX : 0;
        const char *end = time_text(ctx->arena, now_us + (int64_t)(seconds * 1e6));
        const char *known = first_key(value_get(metadata, "cooldown_end"));
        struct value *entry = value_map(ctx->arena);
        value_map_set(ctx->arena, entry, known && strcmp(known, end) > 0 ? known : end,
                      value_string(ctx->arena, cause));
        value_map_set(ctx->arena, after, "cooldown_end", entry);
    }
    value_map_set(ctx->arena, after, "scaling_in_progress", &value_false);
    return after;
}

/* ---- the decision ---- */
/* Properties of a group are named in two ways. */
static const struct value *either(const struct value *properties, const char *name, const char *cfn_name)
{
    const struct value *value = value_get(properties, name);
    return value ? value : value_get(properties, cfn_name);
}

static enum scaling_verdict refuse(struct ctx *ctx, const struct scaling_group *group, const char *why,
                                   struct scaling_outcome *outcome)
{
    *outcome = (struct scaling_outcome){
        .reason = arena_printf(ctx->arena, "The resource %s could not perform scaling action: %s",
                               group->name, why)};
    return SCALING_NONE;
}

static int64_t new_capacity(const struct scaling_adjustment *adjustment, const struct scaling_group *group)
{
    int64_t minimum = (int64_t)number_double(either(group->properties, "min_size", "MinSize"));
    int64_t maximum = (int64_t)number_double(either(group->properties, "max_size", "MaxSize"));
    return scaling_new_capacity(group->size, number_double(adjustment->amount), adjustment->type,
                                adjustment->step, minimum, maximum);
}

enum scaling_verdict scaling_decide(struct ctx *ctx, const struct scaling_adjustment *adjustment,
                                    const struct scaling_group *group, int64_t now_us,
                                    struct scaling_outcome *outcome)
{
    struct arena *arena = ctx->arena;
    const struct value *cooldown =
        adjustment->cooldown ? adjustment->cooldown : either(group->properties, "cooldown", "Cooldown");
    int64_t capacity = new_capacity(adjustment, group);
    if (strcmp(group->status, "COMPLETE") != 0)
        return refuse(ctx, group, "its status is not COMPLETE", outcome);
    if (capacity == group->size)
        return refuse(ctx, group, "there is no change in capacity", outcome);
    if (value_truth(value_get(group->metadata, "scaling_in_progress")))
        return refuse(ctx, group, "due to scaling activity", outcome);
    if (is_cooling_down(arena, group->metadata, seconds_of(cooldown), now_us))
        return refuse(ctx, group,
                      arena_printf(arena, "due to cooldown, cooldown %s",
                                   value_truth(cooldown) ? value_to_str(arena, cooldown) : "0"),
                      outcome);
    struct value *metadata = value_copy(arena, group->metadata);
    value_map_set(arena, metadata, "scaling_in_progress", &value_true);
    *outcome = (struct scaling_outcome){
        .capacity = capacity,
        .metadata = metadata,
        .cooldown = seconds_of(cooldown),
        .cause = arena_printf(arena, "%s : %s", adjustment->type, value_to_str(arena, adjustment->amount)),
    };
    return SCALING_RESIZE;
}
