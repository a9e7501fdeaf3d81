/* How a stack is shown: in lists, and by itself. */
#include "base/value.h"
#include "handlers/views.h"

static struct link_target stack_target(const struct rows *rows, size_t row)
{
    return (struct link_target){.stack_name = rows_text(rows, row, STACK_NAME),
                                .stack_id = rows_text(rows, row, STACK_ID)};
}

static void view_identity(struct str *out, const struct links *links, const struct rows *rows, size_t row)
{
    struct link_target target = stack_target(rows, row);
    str_add(out, "\"id\": \"");
    str_add(out, target.stack_id);
    str_add(out, "\", \"links\": [");
    link_write(out, links, &target, "self");
    str_add_char(out, ']');
}

void view_stack_summary(struct str *out, const struct links *links, const struct rows *rows, size_t row,
                        bool project)
{
    str_add_char(out, '{');
    view_identity(out, links, rows, row);
    if (project)
        member_text(out, "project", rows_text(rows, row, STACK_TENANT));
    member_text(out, "stack_name", rows_text(rows, row, STACK_NAME));
    str_add(out, ", \"description\": \"\"");
    member_plain(out, "stack_status", rows_text(rows, row, STACK_STATE));
    member_text(out, "stack_status_reason", rows_text(rows, row, STACK_REASON));
    member_time(out, "creation_time", rows_text(rows, row, STACK_CREATED));
    member_time(out, "updated_time", rows_text(rows, row, STACK_UPDATED));
    member_time(out, "deletion_time", rows_text(rows, row, STACK_DELETED));
    member_text(out, "stack_owner", rows_text(rows, row, STACK_OWNER));
    member_plain(out, "parent", rows_text(rows, row, STACK_PARENT));
    member_text(out, "stack_user_project_id", rows_text(rows, row, STACK_USER_PROJECT));
    member_json(out, "tags", rows_text(rows, row, STACK_TAGS));
    str_add_char(out, '}');
}

void view_stack(struct str *out, const struct links *links, const struct rows *rows, const char *outputs)
{
    const char *tags = rows_text(rows, 0, STACK_TAGS);
    str_add(out, "{\"stack_name\": ");
    json_write_string(out, rows_text(rows, 0, STACK_NAME));
    str_add(out, ", ");
    view_identity(out, links, rows, 0);
    member_time(out, "creation_time", rows_text(rows, 0, STACK_CREATED));
    member_time(out, "updated_time", rows_text(rows, 0, STACK_UPDATED));
    member_time(out, "deletion_time", rows_text(rows, 0, STACK_DELETED));
    str_add(out, ", \"notification_topics\": []");
    member_json(out, "parameters", rows_text(rows, 0, STACK_PARAMETERS));
    member_text(out, "description", rows_text(rows, 0, STACK_DESCRIPTION));
    member_text(out, "template_description", rows_text(rows, 0, STACK_DESCRIPTION));
    str_add(out, ", \"capabilities\": []");
    member_json(out, "disable_rollback", rows_bool(rows, 0, STACK_DISABLE_ROLLBACK) ? "true" : "false");
    member_json(out, "timeout_mins", rows_text(rows, 0, STACK_TIMEOUT));
    member_text(out, "stack_owner", rows_text(rows, 0, STACK_OWNER));
    member_plain(out, "parent", rows_text(rows, 0, STACK_PARENT));
    member_text(out, "stack_user_project_id", rows_text(rows, 0, STACK_USER_PROJECT));
    member_json(out, "tags", tags ? tags : "[]");
    member_plain(out, "stack_status", rows_text(rows, 0, STACK_STATE));
    member_text(out, "stack_status_reason", rows_text(rows, 0, STACK_REASON));
    if (outputs)
        member_json(out, "outputs", outputs);
    if (rows_bool(rows, 0, STACK_PROTECTED))
        member_json(out, "protected", "true");
    str_add_char(out, '}');
}
