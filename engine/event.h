/* Events: what users see of the life of a stack. */
#ifndef HEARTH_ENGINE_EVENT_H
#define HEARTH_ENGINE_EVENT_H

#include "base/ctx.h"
#include "engine/rows.h"

struct event {
    const char *tenant_id, *stack_id, *operation_id; /* operation NULL: a signal */
    const char *resource_name, *resource_type;       /* of the stack itself: its name, "OS::Heat::Stack" */
    const char *physical_id;                         /* NULL: none yet */
    const char *action, *status, *reason;
    const char *properties; /* JSON map as shown; NULL: none */
};

#define STACK_EVENT_TYPE "OS::Heat::Stack"

/* One of the stack itself; action, status and reason are left to the caller. */
struct event event_of_stack(const char *tenant_id, const char *stack_id, const char *stack_name,
                            const char *operation_id);

/* For STMT_engine_events_insert. */
void event_row(struct row_list *list, const struct event *event);
/* Queues the insertion of one event by itself; 0 or -1 as db_queue. */
int event_queue(struct ctx *ctx, const struct event *event) MUST_CHECK;

#endif
