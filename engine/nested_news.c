/* How the children are: read when an operation is loaded, and when a child has ended an operation of its own. */
#include <string.h>

#include "base/log.h"
#include "engine/names.h"
#include "engine/nested.h"
#include "engine/nested_types.h"
#include "engine/rows.h"

/* ---- whose children ---- */
static const char *parents_json(struct ctx *ctx, struct operation **operations, size_t count, size_t *parents)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        if (value_count(operations[i]->children) > 0)
            row_list_add_text(&list, operations[i]->stack_id);
    *parents = list.count;
    return row_list_json(&list);
}

static struct operation *find_parent(struct operation **operations, size_t count, const char *stack_id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(operations[i]->stack_id, stack_id) == 0)
            return operations[i];
    return NULL;
}

static struct node *find_node(struct operation *operation, const char *child_id)
{
    const struct value *index = value_get(operation->children, child_id);
    return index ? &operation->nodes[index->integer] : NULL;
}

/* ---- one child ---- */
static const struct value *read_outputs(struct operation *operation, const char *stored)
{
    struct ctx *ctx = &operation->ctx;
    struct value *outputs = value_map(operation->arena);
    const char *text = column_open(ctx, operation->tenant_id, stored);
    const struct value *list = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *output = value_at(list, i);
        if (value_get_text(output, "output_key"))
            value_map_set(operation->arena, outputs, value_get_text(output, "output_key"),
                          value_get(output, "output_value"));
    }
    error_clear(ctx);
    return outputs;
}

struct columns {
    int parent_id, id, action, status, reason, revision, deleted, outputs, news;
};

static void read_child(struct operation *operation, struct node *node, const struct rows *rows, size_t row,
                       const struct columns *columns)
{
    const char *reason = rows_text(rows, row, columns->reason);
    struct child *child = arena_new(operation->arena, struct child);
    child->id = node->nested_id;
    child->reason = arena_strdup(operation->arena, reason ? reason : "");
    child->revision = rows_int(rows, row, columns->revision);
    child->deleted = rows_bool(rows, row, columns->deleted);
    child->view.outputs = read_outputs(operation, rows_text(rows, row, columns->outputs));
    if (state_read(&operation->ctx, rows_text(rows, row, columns->action),
                   rows_text(rows, row, columns->status), &child->state) != 0)
        error_clear(&operation->ctx);
    node->child = child;
    node->child_news = node->running;
    operation->signalled = true;
}

/* The news are taken back with the next commit, together with what the step makes of them. */
static void note(struct operation *operation, const char *id, int64_t revision)
{
    if (!operation->noted)
        operation->noted = value_map(operation->arena);
    value_map_set(operation->arena, operation->noted, id, value_int(operation->arena, revision));
}

/* ---- what is in it, for the types that look ---- */
static bool wants_members(const struct node *node)
{
    return node && node->child && !node->child->deleted && node_is_nested(node) &&
           !node->type->hooks->nested->outputs_only;
}

static const struct value *own_json(struct operation *operation, const char *stored)
{
    const char *text = column_open(&operation->ctx, operation->tenant_id, stored);
    const struct value *value = text ? value_read_json(&operation->ctx, text, strlen(text)) : NULL;
    error_clear(&operation->ctx);
    return value;
}

static const char *own_text(struct operation *operation, const struct rows *rows, size_t row,
                            const char *column)
{
    const char *text = rows_get(rows, row, column);
    return text ? arena_strdup(operation->arena, text) : NULL;
}

static void add_member(struct operation *operation, struct child *child, const struct rows *rows, size_t row)
{
    struct ctx *ctx = &operation->ctx;
    const struct resource_type *type = catalogue_find(rows_get(rows, row, "type"));
    if (!type && rows_get(rows, row, "nested_id"))
        type = nested_type_unknown(ctx, rows_get(rows, row, "type"));
    struct resource_job job = {
        .tenant_id = operation->tenant_id,
        .physical_id = own_text(operation, rows, row, "physical_id"),
        .physical_name = own_text(operation, rows, row, "physical_name"),
    };
    const char *name = own_text(operation, rows, row, "name");
    const struct value *resources = value_get(child->view.template, "resources");
    if (type && type->hooks->reference) {
        job.attributes = own_json(operation, rows_get(rows, row, "attributes"));
        job.data = own_json(operation, rows_get(rows, row, "data"));
    }
    struct nested_member *members = (struct nested_member *)child->view.members;
    members[child->view.member_count++] = (struct nested_member){
        .name = name,
        .reference = type && type->hooks->reference && job.physical_id ? type->hooks->reference(ctx, &job)
                                                                       : job.physical_id,
        .status = own_text(operation, rows, row, "status"),
        .created_us = rows_int(rows, row, rows_column(rows, "created_us")),
        .definition = value_get(
            value_is(resources, VALUE_MAP) ? resources : value_get(child->view.template, "Resources"), name),
    };
}

static size_t count_members(const struct rows *rows, const char *id, int column)
{
    size_t count = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        count += strcmp(rows_text(rows, i, column), id) == 0;
    return count;
}

static void take_members(struct operation *operation, struct node *node, const struct rows *templates,
                         const struct rows *members)
{
    struct child *child = node->child;
    int column = rows_column(members, "stack_id");
    for (size_t i = 0; i < rows_count(templates); i++)
        if (strcmp(rows_get(templates, i, "id"), child->id) == 0)
            child->view.template = own_json(operation, rows_get(templates, i, "template"));
    child->view.members =
        arena_array(operation->arena, struct nested_member, count_members(members, child->id, column) + 1);
    for (size_t i = 0; i < rows_count(members); i++)
        if (strcmp(rows_text(members, i, column), child->id) == 0)
            add_member(operation, child, members, i);
}

struct wanting {
    struct operation *operation;
    struct node *node;
};

static int read_members(struct ctx *ctx, struct db *db, struct wanting *wanting, size_t count)
{
    struct row_list ids = ROW_LIST_INIT(ctx->arena);
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        row_list_add_text(&ids, wanting[i].node->child->id);
    const char *json = row_list_json(&ids);
    struct rows *templates = db_run(ctx, db, STMT_nested_templates, json);
    struct rows *members = templates ? db_run(ctx, db, STMT_nested_members, json) : NULL;
    for (size_t i = 0; members && i < count; i++)
        take_members(wanting[i].operation, wanting[i].node, templates, members);
    return members ? 0 : -1;
}

/* ---- all of them ---- */
int nested_read(struct ctx *ctx, struct db *db, struct operation **operations, size_t count, bool news)
{
    size_t parents, wanting_count = 0;
    const char *ids = parents_json(ctx, operations, count, &parents);
    if (parents == 0)
        return 0;
    struct rows *rows = db_run(ctx, db, STMT_nested_children, ids, news ? "true" : "false");
    if (!rows)
        return -1;
    struct columns columns = {
        rows_column(rows, "parent_id"),     rows_column(rows, "id"),
        rows_column(rows, "action"),        rows_column(rows, "status"),
        rows_column(rows, "status_reason"), rows_column(rows, "revision"),
        rows_column(rows, "deleted"),       rows_column(rows, "outputs"),
        rows_column(rows, "news"),
    };
    struct wanting *wanting = arena_array(ctx->arena, struct wanting, rows_count(rows) + 1);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct operation *operation = find_parent(operations, count, rows_text(rows, i, columns.parent_id));
        struct node *node = operation ? find_node(operation, rows_text(rows, i, columns.id)) : NULL;
        if (!operation || (node && node->request))
            continue; /* it is about to be asked for something else */
        if (rows_bool(rows, i, columns.news))
            note(operation, rows_text(rows, i, columns.id), rows_int(rows, i, columns.revision));
        if (!node)
            continue;
        read_child(operation, node, rows, i, &columns);
        if (wants_members(node))
            wanting[wanting_count++] = (struct wanting){operation, node};
    }
    return read_members(ctx, db, wanting, wanting_count);
}
