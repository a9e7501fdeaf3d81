/* What the groups share: their members in order, what a child is made of, and the rounds of an update.
 *
 * A group is a stack of like resources, its members. It says what that child shall be (resources/nested.h);
 * its files are
 *
 *   group_resource_group.c   OS::Heat::ResourceGroup: members are numbered
 *   group_chain.c            OS::Heat::ResourceChain: a type for each member
 *   group_scaling.c          OS::Heat::AutoScalingGroup, OS::Heat::InstanceGroup and
 *                            AWS::AutoScaling::AutoScalingGroup: members have names that say nothing
 *   group_launch.c           AWS::AutoScaling::LaunchConfiguration, and the members made from one
 *   group_members.c          members in order, and which of them change next
 *   group_template.c         the child's template with its outputs
 *   group_rounds.c           batches and pauses
 *   group_names.c            names that say nothing
 *
 * Rules, order and names are those of Heat, so that a stack that moves from there finds its members. All here
 * is computed from what it is given; nothing is kept but job->data, job->progress and job->metadata. */
#ifndef HEARTH_RESOURCES_GROUP_H
#define HEARTH_RESOURCES_GROUP_H

#include "resources/hooks.h"
#include "resources/nested.h"

/* ---- members (group_members.c) ---- */
struct group_member {
    const char *name;
    const struct value *definition;
};
struct group_members {
    struct group_member *items;
    size_t count;
};

/* A group larger than this is refused; the limit on the resources of a stack lies far below. */
enum { GROUP_MEMBERS_MAX = 1 << 20 };
int group_check_size(struct ctx *ctx, int64_t capacity);

/* How many members there are; failed ones count where failed is true. */
size_t group_size(const struct nested_child *child, bool failed);
/* Members, failed ones first (where failed is true), then the oldest first, then by name. */
struct group_members group_members_sorted(struct arena *arena, const struct nested_child *child, bool failed);
const struct nested_member *group_member_find(const struct nested_child *child, const char *name);
/* "Member '7' not found in group resource 'g'."; NULL. */
const struct value *group_member_missing(struct ctx *ctx, const char *group, const char *member);

/* The next state of a group: so many members in all, of which at most renewed get the new definition, new
 * ones counted first. old: in the order in which they are to be replaced or dropped. */
struct group_change {
    struct group_members old;
    int64_t capacity, renewed;
    const struct value *(*definition)(void *self, const char *name); /* the new one, for a member */
    const char *(*new_name)(void *self);
    void *self;
};
int group_members_change(struct ctx *ctx, const struct group_change *change, struct group_members *members);

/* ---- the child's template (group_template.c) ---- */
struct group_template {
    struct ctx *ctx;
    bool cfn; /* Resources, Properties and Fn::GetAtt instead of resources, properties and get_attr */
    struct value *resources, *outputs;
};

struct group_template group_template_begin(struct ctx *ctx, bool cfn);
/* definition is shared; what it says of depends_on is reduced to members put before it. */
void group_template_put(struct group_template *template, const char *name, const struct value *definition);
void group_template_output(struct group_template *template, const char *name, const struct value *value);
/* The whole. It has no list of resources or outputs where there are none. */
const struct value *group_template_end(const struct group_template *template);

/* {"get_resource": name} */
const struct value *group_get_resource(const struct group_template *template, const char *name);
/* {"get_attr": [name, …]} with path from its element skip on. */
const struct value *group_get_attr(const struct group_template *template, const char *name,
                                   const struct value *path, size_t skip);
/* Outputs that tell of all members: a list, or a map from name. With path NULL what get_resource gives. */
const struct value *group_output_list(const struct group_template *template,
                                      const struct group_members *members, const struct value *path,
                                      size_t skip);
const struct value *group_output_map(const struct group_template *template,
                                     const struct group_members *members, const struct value *path,
                                     size_t skip);

/* "attributes, value, 0": name of the output for a path. */
const char *group_output_name(struct arena *arena, const struct value *path);
/* The path with "resource.3.value.x" taken apart into "resource", "3" and "value.x"; NULL: it does not begin
 * with "resource.". */
const struct value *group_member_path(struct arena *arena, const struct value *path);
/* Paths of referenced; an empty one stands for each of names (up to a NULL). */
const struct value *group_paths(struct arena *arena, const struct value *referenced,
                                const char *const names[]);
/* What lies behind the rest of the path (from skip on) in value, lists and maps alike; null: nothing. */
const struct value *group_select(const struct value *value, const struct value *path, size_t skip);

/* ---- rounds (group_rounds.c) ---- */
struct group_batch {
    int64_t capacity, renewed; /* members after it; those that may get the new definition in it */
};

/* From current members to target ones, all renewed, size at once, with in_service of them left in peace. */
struct group_batches {
    int64_t target, current, size, in_service;
    int64_t renewed;       /* so far */
    bool replaces_surplus; /* what a batch adds beyond the group is not counted as renewed */
    double pause;          /* seconds between two */
};

/* The next batch; false: all is done. */
bool group_batches_next(struct group_batches *batches, struct group_batch *batch);
int64_t group_batches_count(struct group_batches batches);

enum group_round {
    ROUND_BATCH, /* the batch is set */
    ROUND_WHOLE, /* the group as it shall be in the end */
    ROUND_PAUSE, /* job->due_us is set */
    ROUND_END,
};

/* Begins the rounds of an action: batches (NULL: none), then the whole if so. Kept in job->progress. -1: the
 * pauses alone take longer than the stack may. */
int group_rounds_begin(struct ctx *ctx, struct resource_job *job, const struct group_batches *batches,
                       bool whole);
enum group_round group_rounds_next(struct ctx *ctx, struct resource_job *job, struct group_batch *batch);

/* ---- names (group_names.c) ---- */
/* A name of 12 characters that no member bears. The n-th name of a resource is always the same (a digest of
 * seed, its physical name, and n); how many were given is kept in data ("names"), which is replaced. */
const char *group_name_new(struct ctx *ctx, const char *seed, const struct value **data,
                           const struct nested_child *child);

/* ---- update policies (group_policy.c) ---- */
/* The policy of that name, checked and completed as the type's file says ("update_policy"); *policy NULL:
 * there is none. */
int group_policy(struct ctx *ctx, const char *type, const char *resource, const struct value *update_policy,
                 const char *name, const struct value **policy);
/* Seconds of "PT1H30M5S". Fails with FAULT_VALUE_ERROR. */
int group_duration(struct ctx *ctx, const char *text, double *seconds);

/* ---- launch configurations (group_launch.c) ---- */
/* Definition (CFN) of an instance made from the launch configuration the group's properties name. tag: what
 * a reference to the group gives. */
const struct value *group_launch_definition(struct ctx *ctx, const struct resource_job *job, bool scaling,
                                            const char *tag);

#endif
