/* How a resource is shown. */
#include "base/value.h"
#include "handlers/views.h"

static void view_links(struct str *out, const struct links *links, const struct rows *rows, size_t row)
{
    struct link_target stack = {.stack_name = rows_text(rows, row, RESOURCE_STACK_NAME),
                                .stack_id = rows_text(rows, row, RESOURCE_STACK_ID)};
    struct link_target resource = stack;
    resource.resource = rows_text(rows, row, RESOURCE_NAME);
    struct link_target nested = {.stack_name = rows_text(rows, row, RESOURCE_NESTED_NAME),
                                 .stack_id = rows_text(rows, row, RESOURCE_NESTED_ID)};
    str_add(out, ", \"links\": [");
    link_write(out, links, &resource, "self");
    str_add(out, ", ");
    link_write(out, links, &stack, "stack");
    if (nested.stack_name) {
        str_add(out, ", ");
        link_write(out, links, &nested, "nested");
    }
    str_add_char(out, ']');
}

void view_resource(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                   const char *attributes)
{
    const char *physical_id = rows_text(rows, row, RESOURCE_PHYSICAL_ID);
    const char *parent = rows_text(rows, row, RESOURCE_PARENT);
    str_add(out, "{\"updated_time\": ");
    view_time(out, rows_text(rows, row, RESOURCE_UPDATED));
    member_time(out, "creation_time", rows_text(rows, row, RESOURCE_CREATED));
    member_text(out, "logical_resource_id", rows_text(rows, row, RESOURCE_NAME));
    member_text(out, "resource_name", rows_text(rows, row, RESOURCE_NAME));
    member_text(out, "physical_resource_id", physical_id ? physical_id : "");
    member_plain(out, "resource_status", rows_text(rows, row, RESOURCE_STATE));
    member_text(out, "resource_status_reason", rows_text(rows, row, RESOURCE_REASON));
    member_text(out, "resource_type", rows_text(rows, row, RESOURCE_TYPE));
    view_links(out, links, rows, row);
    member_json(out, "required_by", rows_text(rows, row, RESOURCE_REQUIRED_BY));
    if (parent)
        member_text(out, "parent_resource", parent);
    if (attributes) {
        member_text(out, "description", rows_text(rows, row, RESOURCE_DESCRIPTION));
        member_json(out, "attributes", attributes);
    }
    str_add_char(out, '}');
}
