/* What replies look like: rows of the database written as JSON, straight into the reply's body.
 *
 * Nothing is parsed on the way: what is stored as JSON (parameters, outputs, tags, properties …) is copied.
 * The order of members is Heat's; clients do not need it, people comparing answers do. */
#ifndef HEARTH_HANDLERS_VIEWS_H
#define HEARTH_HANDLERS_VIEWS_H

#include "base/str.h"
#include "fcgi/request.h"
#include "handlers/links.h"
#include "sql/db.h"

/* ---- members: ', "key": value'; key is a literal ---- */
#define member_text(out, key, text)                                                                          \
    member_text_at((out), ", \"" key "\": ", sizeof(", \"" key "\": ") - 1, (text))
#define member_json(out, key, json)                                                                          \
    member_json_at((out), ", \"" key "\": ", sizeof(", \"" key "\": ") - 1, (json))
#define member_plain(out, key, text)                                                                         \
    member_plain_at((out), ", \"" key "\": ", sizeof(", \"" key "\": ") - 1, (text))
#define member_time(out, key, seconds)                                                                       \
    member_time_at((out), ", \"" key "\": ", sizeof(", \"" key "\": ") - 1, (seconds))
/* A string with its escapes, or null. */
void member_text_at(struct str *out, const char *key, size_t length, const char *text);
/* JSON as it is stored, or null. */
void member_json_at(struct str *out, const char *key, size_t length, const char *json);
/* A string that needs no escapes (states, ids), or null. */
void member_plain_at(struct str *out, const char *key, size_t length, const char *text);
/* The time that is so many seconds after 1970, "1769860800.25", as "2026-01-31T12:00:00Z", or null. */
void member_time_at(struct str *out, const char *key, size_t length, const char *seconds);
void view_time(struct str *out, const char *seconds); /* the value alone */

/* ---- stacks: columns of sql/queries/stacks.sql ---- */
enum stack_column {
    STACK_ID,
    STACK_NAME,
    STACK_TENANT,
    STACK_STATE,
    STACK_REASON,
    STACK_CREATED,
    STACK_UPDATED,
    STACK_DELETED,
    STACK_OWNER,
    STACK_PARENT,
    STACK_USER_PROJECT,
    STACK_TAGS,
    STACK_PARAMETERS, /* from here on only in stack_show */
    STACK_DESCRIPTION,
    STACK_DISABLE_ROLLBACK,
    STACK_TIMEOUT,
    STACK_OUTPUTS,
    STACK_PROTECTED,
    STACK_REVISION,
};
/* One stack of a list; project: say whose it is, for lists across tenants. */
void view_stack_summary(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                        bool project);
/* outputs: JSON list as shown, NULL to leave them out. */
void view_stack(struct str *out, const struct links *links, const struct rows *rows, const char *outputs);

/* ---- resources: columns of sql/queries/resources.sql ---- */
enum resource_column {
    RESOURCE_STACK_ID,
    RESOURCE_STACK_NAME,
    RESOURCE_PARENT,
    RESOURCE_NAME, /* NULL: the stack is there, no such resource is */
    RESOURCE_UPDATED,
    RESOURCE_CREATED,
    RESOURCE_PHYSICAL_ID,
    RESOURCE_STATE,
    RESOURCE_REASON,
    RESOURCE_TYPE,
    RESOURCE_REQUIRED_BY,
    RESOURCE_NESTED_ID,
    RESOURCE_NESTED_NAME,
    RESOURCE_DESCRIPTION,
    RESOURCE_ATTRIBUTES,
    RESOURCE_DATA,     /* of those that are stacks themselves, with the attributes */
    RESOURCE_METADATA, /* only in resource_show */
};
/* attributes: JSON shown beside the description, NULL for a list without detail. */
void view_resource(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                   const char *attributes);

/* ---- events: columns of sql/queries/events.sql ---- */
enum event_column {
    EVENT_ID, /* NULL: the stack is there, no such event is */
    EVENT_TIME,
    EVENT_RESOURCE,
    EVENT_PHYSICAL_ID,
    EVENT_STATE,
    EVENT_REASON,
    EVENT_OPERATION,
    EVENT_STACK_ID, /* not in event_list, where all are of one stack */
    EVENT_STACK_NAME,
    EVENT_TYPE, /* from here on only in event_show */
    EVENT_PROPERTIES,
};
struct event_view {
    const struct link_target *stack; /* whose event it is */
    const struct link_target
        *root;      /* the stack that a tree's events were asked for; NULL: one stack's events */
    bool detail;    /* type and properties */
    bool operation; /* which operation it is of, as Heat has none */
};
void view_event(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                const struct event_view *view);

#endif
