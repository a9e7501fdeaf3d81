/* OS::Heat::ResourceGroup: members are numbered from 0, and bear their number in their properties.
 *
 * Numbers that were taken away by a removal policy are not used again. They are kept in job->data as
 * "name_blacklist", sorted and comma separated; the members are the first numbers that are not among them:
 *
 *   count 3, "1" taken away:   0  2  3
 *
 * When the definition changes and the update policy has a rolling_update, members are renewed in batches, the
 * highest numbers first; without one all at once. With a batch_create they are made in batches. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "resources/catalogue.h"
#include "resources/group.h"
#include "resources/numbers.h"

static const char type_name[] = "OS::Heat::ResourceGroup";
static const char *const attribute_names[] = {"refs", "refs_map", "attributes", "removed_rsrc_list", NULL};
static const char skipped_key[] = "name_blacklist";

/* A group and what it is asked for; draft: for a validation, where values may be unknown. */
struct group {
    struct ctx *ctx;
    const struct value *properties, *skipped; /* map of names that are not used */
    bool draft;
    int64_t next_number; /* for new names in a batch */
    const struct nested_child *child;
};

static int64_t group_count(const struct value *properties)
{
    const struct value *count = value_get(properties, "count");
    if (value_is(count, VALUE_INT))
        return count->integer;
    return value_is(count, VALUE_BIGINT) ? INT64_MAX : 1;
}

/* ---- names that are not used any more ---- */
static void add_name(struct ctx *ctx, struct value *names, const char *name)
{
    value_map_set(ctx->arena, names, name, &value_true);
}

static struct value *kept_names(struct ctx *ctx, const struct value *data)
{
    struct value *names = value_map(ctx->arena);
    const char *text = value_get_text(data, skipped_key), *comma;
    for (; text && *text; text = comma ? comma + 1 : NULL) {
        comma = strchr(text, ',');
        add_name(ctx, names, arena_strndup(ctx->arena, text, comma ? (size_t)(comma - text) : strlen(text)));
    }
    return names;
}

/* The member that get_resource gives reference for; NULL: none. */
static const char *name_of_reference(const struct nested_child *child, const char *reference)
{
    const struct value *map = value_get(child->outputs, "refs_map");
    for (size_t i = 0; i < value_count(map) && map->kind == VALUE_MAP; i++) {
        const char *own = value_text(map->map.entries[i].value);
        if (own && strcmp(own, reference) == 0)
            return map->map.entries[i].key;
    }
    for (size_t i = 0; !value_is(map, VALUE_MAP) && i < child->member_count; i++) {
        const char *own = child->members[i].reference;
        if (own && strcmp(own, reference) == 0)
            return child->members[i].name;
    }
    return NULL;
}

/* What a policy lists is a name that is skipped already or a member bears, or what get_resource gives for a
 * member. Before there are members, anything is a name. */
static const char *listed_name(const struct group *group, const struct value *kept, const struct value *item)
{
    const char *text = value_to_str(group->ctx->arena, item);
    if (value_has(kept, text) || !group->child->template || group_member_find(group->child, text))
        return text;
    return value_text(item) ? name_of_reference(group->child, text) : NULL;
}

static void add_listed(const struct group *group, const struct value *kept, struct value *names)
{
    const struct value *policies = value_get(group->properties, "removal_policies");
    for (size_t i = 0; i < value_count(policies); i++) {
        const struct value *list = value_get(value_at(policies, i), "resource_list");
        for (size_t k = 0; k < value_count(list); k++) {
            const char *name = listed_name(group, kept, value_at(list, k));
            if (name)
                add_name(group->ctx, names, name);
        }
    }
}

static bool replaces_names(const struct value *properties)
{
    const char *mode = value_get_text(properties, "removal_policies_mode");
    return mode && strcmp(mode, "update") == 0;
}

static struct value *skipped_names(const struct group *group, const struct value *data)
{
    struct value *kept = kept_names(group->ctx, data);
    struct value *names = replaces_names(group->properties) ? value_map(group->ctx->arena)
                                                            : value_copy(group->ctx->arena, kept);
    add_listed(group, kept, names);
    return names;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined_names(struct ctx *ctx, const struct value *names)
{
    size_t count = value_count(names);
    const char **sorted = arena_array(ctx->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        sorted[i] = names->map.entries[i].key;
    qsort(sorted, count, sizeof(*sorted), compare_names);
    struct str text = STR_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        str_printf(&text, "%s%s", i ? "," : "", sorted[i]);
    return text.data;
}

/* Reads the policies once, as the action begins. */
static void keep_names(const struct group *group, struct resource_job *job)
{
    const struct value *names = skipped_names(group, job->data);
    if (value_equal(names, kept_names(group->ctx, job->data)))
        return;
    struct arena *arena = group->ctx->arena;
    struct value *data = job->data ? value_copy(arena, job->data) : value_map(arena);
    value_map_set(arena, data, skipped_key, value_string(arena, joined_names(group->ctx, names)));
    job->data = data;
}

static const struct value *removed_list(struct ctx *ctx, const struct value *data)
{
    struct value *list = value_list(ctx->arena);
    const struct value *names = kept_names(ctx, data);
    for (size_t i = 0; i < value_count(names); i++)
        value_list_add(ctx->arena, list, value_string(ctx->arena, names->map.entries[i].key));
    return list;
}

/* ---- members ---- */
static const char *next_number(struct group *group)
{
    const char *name;
    do
        name = arena_printf(group->ctx->arena, "%lld", (long long)group->next_number++);
    while (value_has(group->skipped, name));
    return name;
}

static const char *replace_text(struct arena *arena, const char *text, const char *what, const char *by)
{
    struct str out = STR_INIT(arena);
    size_t length = strlen(what);
    for (const char *found; length && (found = strstr(text, what)); text = found + length) {
        str_add_bytes(&out, text, (size_t)(found - text));
        str_add(&out, by);
    }
    str_add(&out, text);
    return out.data;
}

/* The index in the place of its variable, in texts at any depth; not in keys. Not called for a value that is
 * unknown, which is told by its address. */
static const struct value *with_index(struct arena *arena, const struct value *value, const char *variable,
                                      const char *index)
{
    if (value_text(value) && strstr(value_text(value), variable))
        return value_string(arena, replace_text(arena, value_text(value), variable, index));
    if (value_is(value, VALUE_LIST)) {
        struct value *list = value_list(arena);
        for (size_t i = 0; i < value_count(value) && !arena_over(arena); i++)
            value_list_add(arena, list, with_index(arena, value_at(value, i), variable, index));
        return list;
    }
    if (!value_is(value, VALUE_MAP))
        return value;
    struct value *map = value_map(arena);
    for (size_t i = 0; i < value_count(value) && !arena_over(arena); i++)
        value_map_set(arena, map, value->map.entries[i].key,
                      with_index(arena, value->map.entries[i].value, variable, index));
    return map;
}

/* A draft keeps properties that are null, for they may only be unknown. */
static const struct value *given_properties(const struct group *group, const struct value *properties)
{
    if (group->draft || !value_is(properties, VALUE_MAP))
        return properties;
    struct value *given = value_map(group->ctx->arena);
    for (size_t i = 0; i < value_count(properties); i++)
        if (!value_is_null(properties->map.entries[i].value))
            value_map_set(group->ctx->arena, given, properties->map.entries[i].key,
                          properties->map.entries[i].value);
    return given;
}

static const struct value *member_definition(void *self, const char *name)
{
    const struct group *group = self;
    struct arena *arena = group->ctx->arena;
    const struct value *definition = value_get(group->properties, "resource_def");
    const struct value *properties = given_properties(group, value_get(definition, "properties"));
    const struct value *metadata = value_get(definition, "metadata");
    const char *variable = value_get_text(group->properties, "index_var");
    struct value *out = value_map(arena);
    value_map_set(arena, out, "type", value_get(definition, "type"));
    if (!value_is_null(properties))
        value_map_set(arena, out, "properties",
                      variable ? with_index(arena, properties, variable, name) : properties);
    if (!value_is_null(metadata))
        value_map_set(arena, out, "metadata", metadata);
    return out;
}

static int first_members(struct group *group, int64_t count, struct group_members *members)
{
    if (group_check_size(group->ctx, count) != 0)
        return -1;
    *members = (struct group_members){arena_array(group->ctx->arena, struct group_member, (size_t)count + 1),
                                      (size_t)count};
    for (size_t i = 0; i < members->count; i++) {
        if (group_check_size(group->ctx, count) != 0)
            return -1;
        const char *name = next_number(group);
        members->items[i] = (struct group_member){name, member_definition(group, name)};
    }
    return 0;
}

/* ---- the child ---- */
static void put_output(struct group_template *template, const struct group_members *members,
                       const struct value *path)
{
    struct arena *arena = template->ctx->arena;
    const struct value *parts = group_member_path(arena, path);
    const char *key = parts ? "" : value_to_str(arena, value_at(path, 0)),
               *name = group_output_name(arena, path);
    if (strcmp(key, "refs") == 0)
        group_template_output(template, "refs", group_output_list(template, members, NULL, 0));
    else if (parts && value_count(parts) > 2 &&
             value_has(template->resources, value_text(value_at(parts, 1))))
        group_template_output(template, name,
                              group_get_attr(template, value_text(value_at(parts, 1)), parts, 2));
    else if (strcmp(key, "attributes") == 0 && value_count(path) > 1)
        group_template_output(template, name, group_output_map(template, members, path, 1));
    else if (!parts && strcmp(key, "attributes") != 0 && strcmp(key, "refs_map") != 0 &&
             strcmp(key, "removed_rsrc_list") != 0)
        group_template_output(template, name, group_output_list(template, members, path, 0));
}

/* told: the members that outputs tell of, in order. */
static const struct value *child_of(struct ctx *ctx, const struct group_members *members,
                                    const struct group_members *told, const struct value *referenced)
{
    struct group_template template = group_template_begin(ctx, false);
    for (size_t i = 0; i < members->count; i++)
        group_template_put(&template, members->items[i].name, members->items[i].definition);
    const struct value *paths = group_paths(ctx->arena, referenced, attribute_names);
    for (size_t i = 0; i < value_count(paths); i++)
        put_output(&template, told, value_at(paths, i));
    group_template_output(&template, "refs_map", group_output_map(&template, told, NULL, 0));
    return group_template_end(&template);
}

/* ---- renewing in batches ---- */
struct candidate {
    struct group_member member;
    int64_t priority;
    size_t place;
};

/* Surplus members go first, then the highest number; those beyond the final count stay as they are. */
static int64_t priority_of(const struct value *places, const char *name, int64_t target, int64_t capacity)
{
    const struct value *place = value_get(places, name);
    if (!place)
        return 0;
    return place->integer < target ? target - place->integer : capacity;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->priority != right->priority)
        return left->priority < right->priority ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

/* The first numbers of a group of that capacity, each with its place. */
static const struct value *places_of(struct group *group, int64_t capacity)
{
    struct value *places = value_map(group->ctx->arena);
    group->next_number = 0;
    for (int64_t i = 0; i < capacity; i++)
        value_map_set(group->ctx->arena, places, next_number(group), value_int(group->ctx->arena, i));
    return places;
}

static struct group_members members_to_renew(const struct group *group, const struct value *places,
                                             int64_t capacity)
{
    struct arena *arena = group->ctx->arena;
    struct group_members members = group_members_sorted(arena, group->child, false);
    struct candidate *candidates = arena_array(arena, struct candidate, members.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < members.count; i++) {
        const char *name = members.items[i].name;
        if (!value_has(group->skipped, name))
            candidates[count++] = (struct candidate){
                members.items[i], priority_of(places, name, group_count(group->properties), capacity), i};
    }
    qsort(candidates, count, sizeof(*candidates), compare_candidates);
    for (size_t i = 0; i < count; i++)
        members.items[i] = candidates[i].member;
    members.count = count;
    return members;
}

/* A number that no member bears that stays. */
static const char *free_number(void *self)
{
    struct group *group = self;
    const struct nested_member *member;
    const char *name;
    do {
        name = next_number(group);
        member = group_member_find(group->child, name);
    } while (member && member->definition && strcmp(member->status, "FAILED") != 0);
    return name;
}

static bool has_member(const struct group_members *members, const char *name)
{
    for (size_t i = 0; i < members->count; i++)
        if (strcmp(members->items[i].name, name) == 0)
            return true;
    return false;
}

/* Outputs tell of members in the order of their numbers, whatever the order of renewal. */
static struct group_members in_places(struct arena *arena, const struct group_members *members,
                                      const struct value *places)
{
    struct group_members sorted = {arena_array(arena, struct group_member, members->count + 1), 0};
    for (size_t i = 0; i < value_count(places); i++)
        if (has_member(members, places->map.entries[i].key))
            sorted.items[sorted.count++].name = places->map.entries[i].key;
    return sorted;
}

static const struct value *batch_child(struct group *group, const struct group_batch *batch,
                                       const struct value *referenced)
{
    if (group_check_size(group->ctx, batch->capacity) != 0)
        return NULL;
    const struct value *places = places_of(group, batch->capacity);
    struct group_change change = {
        .old = members_to_renew(group, places, batch->capacity),
        .capacity = batch->capacity,
        .renewed = batch->renewed,
        .definition = member_definition,
        .new_name = free_number,
        .self = group,
    };
    struct group_members members;
    group->next_number = 0;
    if (group_members_change(group->ctx, &change, &members) != 0)
        return NULL;
    struct group_members told = in_places(group->ctx->arena, &members, places);
    return child_of(group->ctx, &members, &told, referenced);
}

/* ---- the rounds of an action ---- */
static int64_t present_members(const struct group *group)
{
    int64_t skipped = 0;
    for (size_t i = 0; i < group->child->member_count; i++) {
        const struct nested_member *member = &group->child->members[i];
        skipped += strcmp(member->status, "FAILED") != 0 && value_has(group->skipped, member->name);
    }
    return (int64_t)group_size(group->child, true) - skipped;
}

static int64_t integer_of(const struct value *map, const char *name)
{
    return (int64_t)number_double(value_get(map, name));
}

/* The policy that applies to this action; NULL: all at once. */
static int action_policy(const struct group *group, const struct resource_job *job,
                         const struct value **policy)
{
    bool creates = !group->child->template;
    bool renews =
        !value_equal(value_get(job->before, "resource_def"), value_get(job->properties, "resource_def"));
    const char *name = creates ? "batch_create" : renews ? "rolling_update" : NULL;
    return group_policy(group->ctx, type_name, job->resource_name, job->update_policy, name, policy);
}

static int begin_rounds(struct group *group, struct resource_job *job)
{
    const struct value *policy;
    keep_names(group, job);
    group->skipped = kept_names(group->ctx, job->data);
    if (action_policy(group, job, &policy) != 0)
        return -1;
    if (!policy)
        return group_rounds_begin(group->ctx, job, NULL, true);
    struct group_batches batches = {
        .target = group_count(group->properties),
        .current = present_members(group),
        .size = integer_of(policy, "max_batch_size"),
        .in_service = integer_of(policy, "min_in_service"),
        .replaces_surplus = true,
        .pause = number_double(value_get(policy, "pause_time")),
    };
    bool nothing = batches.target == 0 && batches.current == 0;
    return group_rounds_begin(group->ctx, job, nothing ? NULL : &batches, nothing);
}

static const struct value *whole_child(struct group *group, const struct value *referenced)
{
    struct group_members members;
    if (first_members(group, group_count(group->properties), &members) != 0)
        return NULL;
    return child_of(group->ctx, &members, &members, referenced);
}

static enum nested_next group_next(struct ctx *ctx, struct resource_job *job,
                                   const struct nested_child *child, struct nested_stack *stack)
{
    struct group group = {.ctx = ctx, .properties = job->properties, .child = child};
    if (!job->progress && begin_rounds(&group, job) != 0)
        return NESTED_FAILED;
    group.skipped = kept_names(ctx, job->data);
    struct group_batch batch;
    switch (group_rounds_next(ctx, job, &batch)) {
    case ROUND_BATCH:
        stack->template = batch_child(&group, &batch, job->referenced);
        break;
    case ROUND_WHOLE:
        stack->template = whole_child(&group, job->referenced);
        break;
    case ROUND_PAUSE:
        return NESTED_PAUSE;
    case ROUND_END:
        return NESTED_DONE;
    }
    stack->parameters = NULL;
    return stack->template ? NESTED_STACK : NESTED_FAILED;
}

static const struct value *group_draft(struct ctx *ctx, const struct resource_draft *draft)
{
    static const struct value none = {.kind = VALUE_MAP};
    const struct nested_child child = {.outputs = &none};
    struct group group = {.ctx = ctx, .properties = draft->properties, .draft = true, .child = &child};
    group.skipped = skipped_names(&group, NULL);
    struct group_members members = {NULL, 0};
    bool known = value_text(value_get(value_get(draft->properties, "resource_def"), "type"));
    if (known && first_members(&group, group_count(draft->properties), &members) != 0)
        return NULL;
    return child_of(ctx, &members, &members, draft->referenced);
}

static int group_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *policy;
    return group_policy(ctx, type_name, draft->name, draft->update_policy, NULL, &policy);
}

/* ---- attributes ---- */
/* What a member gave is not in the outputs, for nothing refers to it or the child is not complete. */
static const struct value *missing_of_member(struct ctx *ctx, const struct resource_job *job,
                                             const struct nested_child *child, const struct value *parts)
{
    const char *name = value_text(value_at(parts, 1));
    if (child->member_count == 0 && value_count(parts) > 2)
        return &value_null;
    const struct nested_member *member = group_member_find(child, name);
    if (!member)
        return group_member_missing(ctx, job->resource_name, name);
    if (value_count(parts) > 2 || !member->reference)
        return &value_null;
    return value_string(ctx->arena, member->reference);
}

static const struct value *member_reference(struct ctx *ctx, const struct resource_job *job,
                                            const struct nested_child *child, const struct value *parts)
{
    const struct value *map = value_get(child->outputs, "refs_map");
    const char *name = value_text(value_at(parts, 1));
    if (!value_is(map, VALUE_MAP))
        return missing_of_member(ctx, job, child, parts);
    const struct value *reference = value_get(map, name);
    return reference ? reference : group_member_missing(ctx, job->resource_name, name);
}

static const struct value *reference_or_null(struct ctx *ctx, const struct nested_member *member)
{
    return member->reference ? value_string(ctx->arena, member->reference) : &value_null;
}

/* Without an output: of each member that shall be there, what get_resource gives, or null. */
static const struct value *missing_of_all(struct ctx *ctx, const struct resource_job *job,
                                          const struct nested_child *child, const struct value *path)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    bool references = strcmp(key, "refs") == 0 || strcmp(key, "refs_map") == 0;
    bool by_name = strcmp(key, "refs_map") == 0 || strcmp(key, "attributes") == 0;
    struct value *list = value_list(ctx->arena), *map = value_map(ctx->arena);
    struct group group = {.ctx = ctx, .skipped = kept_names(ctx, job->data)};
    for (int64_t i = 0; i < group_count(job->properties) && child->member_count; i++) {
        const char *name = next_number(&group);
        const struct nested_member *member = group_member_find(child, name);
        if (!member)
            return group_member_missing(ctx, job->resource_name, name);
        const struct value *one = references ? reference_or_null(ctx, member) : &value_null;
        value_list_add(ctx->arena, list, one);
        value_map_set(ctx->arena, map, name, one);
    }
    return by_name ? map : strcmp(key, "refs") == 0 ? group_select(list, path, 1) : list;
}

static const struct value *group_attribute(struct ctx *ctx, const struct resource_job *job,
                                           const struct nested_child *child, const struct value *path,
                                           size_t *used)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    const struct value *parts = group_member_path(ctx->arena, path);
    *used = value_count(path);
    if (strcmp(key, "removed_rsrc_list") == 0)
        return removed_list(ctx, job->data);
    if (strcmp(key, "attributes") == 0 && value_count(path) == 1)
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         job->resource_name, key);
    if (parts && value_count(parts) == 2)
        return member_reference(ctx, job, child, parts);
    bool references = strcmp(key, "refs") == 0;
    const struct value *output =
        value_get(child->outputs, references ? "refs" : group_output_name(ctx->arena, path));
    if (output)
        return references ? group_select(output, path, 1) : output;
    return parts ? missing_of_member(ctx, job, child, parts) : missing_of_all(ctx, job, child, path);
}

/* In GET …/resources/{name}: attributes are told where the group itself knows them. */
static const struct value *shown_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return strcmp(name, "removed_rsrc_list") == 0 ? removed_list(ctx, job->data) : &value_null;
}

static const struct nested_hooks group_nested = {
    .next = group_next,
    .draft = group_draft,
    .attribute = group_attribute,
};

extern const struct resource_hooks hooks_resource_group;
const struct resource_hooks hooks_resource_group = {
    .name = "resource_group",
    .validate = group_validate,
    .attribute = shown_attribute,
    .nested = &group_nested,
};
