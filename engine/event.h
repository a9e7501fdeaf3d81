/* Events: what users see of the life of a stack. */
#ifndef HEARTH_ENGINE_EVENT_H
#define HEARTH_ENGINE_EVENT_H

#include "engine/rows.h"

struct event {
    const char *tenant_id, *stack_id, *operation_id; /* operation NULL: a signal */
    const char *resource_name, *resource_type;       /* of the stack itself: its name, "OS::Heat::Stack" */
    const char *physical_id;                         /* NULL: none yet */
    const char *action, *status, *reason;
    const char *properties; /* JSON map as shown; NULL: none */
};

#define STACK_EVENT_TYPE "OS::Heat::Stack"

/* For STMT_engine_events_insert. */
void event_row(struct row_list *list, const struct event *event);

#endif
