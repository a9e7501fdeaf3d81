/* Members of a group in order, and which of them a change touches. */
#include <stdlib.h>
#include <string.h>

#include "resources/group.h"

static bool is_failed(const struct nested_member *member)
{
    return member->status && strcmp(member->status, "FAILED") == 0;
}

size_t group_size(const struct nested_child *child, bool failed)
{
    size_t count = 0;
    for (size_t i = 0; i < child->member_count; i++)
        count += failed || !is_failed(&child->members[i]);
    return count;
}

static int compare_members(const void *a, const void *b)
{
    const struct nested_member *left = *(const struct nested_member *const *)a;
    const struct nested_member *right = *(const struct nested_member *const *)b;
    if (is_failed(left) != is_failed(right))
        return is_failed(left) ? -1 : 1;
    if (left->created_us != right->created_us)
        return left->created_us < right->created_us ? -1 : 1;
    return strcmp(left->name, right->name);
}

struct group_members group_members_sorted(struct arena *arena, const struct nested_child *child, bool failed)
{
    const struct nested_member **sorted =
        arena_array(arena, const struct nested_member *, child->member_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < child->member_count; i++)
        if (child->members[i].definition && (failed || !is_failed(&child->members[i])))
            sorted[count++] = &child->members[i];
    qsort(sorted, count, sizeof(*sorted), compare_members);
    struct group_members members = {arena_array(arena, struct group_member, count + 1), count};
    for (size_t i = 0; i < count; i++)
        members.items[i] = (struct group_member){sorted[i]->name, sorted[i]->definition};
    return members;
}

const struct nested_member *group_member_find(const struct nested_child *child, const char *name)
{
    for (size_t i = 0; i < child->member_count; i++)
        if (strcmp(child->members[i].name, name) == 0)
            return &child->members[i];
    return NULL;
}

const struct value *group_member_missing(struct ctx *ctx, const char *group, const char *member)
{
    return fail_null(ctx, FAULT_NOT_FOUND, "Member '%s' not found in group resource '%s'.", member, group);
}

int group_check_size(struct ctx *ctx, int64_t capacity)
{
    if (capacity <= GROUP_MEMBERS_MAX && !arena_over(ctx->arena))
        return 0;
    return fail(ctx, FAULT_TOO_LARGE, "A group of %lld members is too large.", (long long)capacity);
}

/* A member that was there keeps its definition while there are no renewals left. */
static struct group_member next_member(const struct group_change *change, const struct group_member *old,
                                       int64_t *renewals)
{
    const char *name = old ? old->name : change->new_name(change->self);
    const struct value *definition = change->definition(change->self, name);
    if (old && (value_equal(old->definition, definition) || (*renewals)-- <= 0))
        definition = old->definition;
    return (struct group_member){name, definition};
}

/* The last of the old ones stay, as many as there is room for; for what they lack new ones come, and old ones
 * are renewed only as far as the new ones leave renewals over. */
int group_members_change(struct ctx *ctx, const struct group_change *change, struct group_members *members)
{
    size_t capacity = change->capacity > 0 ? (size_t)change->capacity : 0;
    size_t dropped = change->old.count > capacity ? change->old.count - capacity : 0;
    size_t kept = change->old.count - dropped;
    int64_t renewals = change->renewed - (int64_t)(capacity - kept);
    if (group_check_size(ctx, change->capacity) != 0)
        return -1;
    *members = (struct group_members){arena_array(ctx->arena, struct group_member, capacity + 1), capacity};
    for (size_t i = 0; i < capacity; i++) {
        if (group_check_size(ctx, change->capacity) != 0)
            return -1;
        const struct group_member *old = i < kept ? &change->old.items[dropped + i] : NULL;
        members->items[i] = next_member(change, old, &renewals);
    }
    return 0;
}
