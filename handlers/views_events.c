/* How an event is shown. */
#include "handlers/views.h"

static void view_links(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                       const struct link_target *stack, const struct link_target *root)
{
    struct link_target resource = *stack;
    resource.resource = rows_text(rows, row, EVENT_RESOURCE);
    struct link_target event = resource;
    event.event = rows_text(rows, row, EVENT_ID);
    str_add(out, ", \"links\": [");
    link_write(out, links, &event, "self");
    str_add(out, ", ");
    link_write(out, links, &resource, "resource");
    str_add(out, ", ");
    link_write(out, links, stack, "stack");
    if (root) {
        str_add(out, ", ");
        link_write(out, links, root, "root_stack");
    }
    str_add_char(out, ']');
}

void view_event(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                const struct event_view *view)
{
    str_add(out, "{\"id\": \"");
    str_add(out, rows_text(rows, row, EVENT_ID));
    str_add_char(out, '"');
    view_links(out, links, rows, row, view->stack, view->root);
    member_time(out, "event_time", rows_text(rows, row, EVENT_TIME));
    member_text(out, "logical_resource_id", rows_text(rows, row, EVENT_RESOURCE));
    member_text(out, "resource_name", rows_text(rows, row, EVENT_RESOURCE));
    member_text(out, "physical_resource_id", rows_text(rows, row, EVENT_PHYSICAL_ID));
    member_plain(out, "resource_status", rows_text(rows, row, EVENT_STATE));
    member_text(out, "resource_status_reason", rows_text(rows, row, EVENT_REASON));
    if (view->detail) {
        const char *properties = rows_text(rows, row, EVENT_PROPERTIES);
        member_text(out, "resource_type", rows_text(rows, row, EVENT_TYPE));
        member_json(out, "resource_properties", properties ? properties : "{}");
    }
    if (view->operation)
        member_plain(out, "operation_id", rows_text(rows, row, EVENT_OPERATION));
    str_add_char(out, '}');
}
