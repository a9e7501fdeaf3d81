/* Events: what users see of the life of a stack. */
#include "engine/event.h"

void event_row(struct row_list *list, const struct event *event)
{
    row_begin(list);
    row_text(list, "tenant_id", event->tenant_id);
    row_text(list, "stack_id", event->stack_id);
    row_text(list, "operation_id", event->operation_id);
    row_text(list, "resource_name", event->resource_name);
    row_text(list, "resource_type", event->resource_type);
    row_text(list, "physical_id", event->physical_id);
    row_text(list, "action", event->action);
    row_text(list, "status", event->status);
    row_text(list, "reason", event->reason);
    row_text(list, "properties", event->properties);
    row_end(list);
}
