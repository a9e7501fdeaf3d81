/* Events: what users see of the life of a stack. */
#include "engine/event.h"

#include "sql/db.h"

struct event event_of_stack(const char *tenant_id, const char *stack_id, const char *stack_name,
                            const char *operation_id)
{
    return (struct event){
        .tenant_id = tenant_id,
        .stack_id = stack_id,
        .operation_id = operation_id,
        .resource_name = stack_name,
        .resource_type = STACK_EVENT_TYPE,
        .physical_id = stack_id,
    };
}

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

int event_queue(struct ctx *ctx, const struct event *event)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    event_row(&list, event);
    return db_queue(ctx, ctx->db, STMT_engine_events_insert, row_list_json(&list));
}
