/* Hearth's side of the comparison with Heat: reads cases as JSON lines, writes what Hearth makes of each as a
 * JSON line. The cases go the way of a request, from its body to a checked definition; only the database is
 * left out.
 *
 *   {"kind": "template" | "environment", "text": "…"}       {"value": …}
 *   {"kind": "create", "request": {…}, "world": {…}}        {"parameters": …, "environment": …, "edges": …,
 *                                                            "resources": …, "outputs": …}
 *   {"kind": "validate", "request": {…}}                    {"value": …}
 *                                                           {"error": {"type": …, "message": …}}
 *
 * world: what the resources give once they are there, {name: {"id": …, "attributes": {…}}}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "engine/draft.h"
#include "handlers/instantiation.h"
#include "resources/catalogue.h"

enum { ARENA_CAP = 256 << 20, MINUTE_US = 60000000 };

struct run {
    struct request request;
    const struct value *given; /* the case */
    const struct value *world;
    struct definition *definition;
};

static const char *const no_parameters[] = {NULL};

static struct ctx *ctx_of(struct run *run)
{
    return &run->request.ctx;
}

/* ---- answers ---- */
static const struct value *failure(struct ctx *ctx)
{
    struct value *said = value_map(ctx->arena), *answer = value_map(ctx->arena);
    value_map_set(ctx->arena, said, "type", value_string(ctx->arena, fault_type(ctx->error.fault)));
    value_map_set(ctx->arena, said, "message", value_string(ctx->arena, ctx->error.message));
    value_map_set(ctx->arena, answer, "error", said);
    return answer;
}

/* {"value": …}, or the error that stands in the context, which is taken away. */
static const struct value *outcome(struct ctx *ctx, const struct value *value)
{
    struct value *answer = value_map(ctx->arena);
    if (!value) {
        const struct value *failed = failure(ctx);
        error_clear(ctx);
        return failed;
    }
    value_map_set(ctx->arena, answer, "value", value);
    return answer;
}

/* ---- the world ---- */
static const struct value *world_id(struct ctx *ctx, void *self, const char *resource)
{
    return value_get(value_get(((struct run *)self)->world, resource), "id");
}

static const struct value *world_attribute(struct ctx *ctx, void *self, const char *resource,
                                           const char *attribute)
{
    const struct value *known = value_get(value_get(((struct run *)self)->world, resource), "attributes");
    if (!attribute)
        return known;
    if (!value_has(known, attribute))
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         resource, attribute);
    return value_get(known, attribute);
}

static void enter_world(struct run *run)
{
    run->definition->scope.world = (struct world){
        .self = run,
        .reference_id = world_id,
        .attribute = world_attribute,
    };
}

/* ---- a stack that was accepted ---- */
static const struct value *resolved(struct run *run, const struct value *snippet, const char *path)
{
    return outcome(ctx_of(run), definition_resolve(run->definition, &run->definition->scope, path, snippet));
}

static const struct value *resources_resolved(struct run *run)
{
    struct arena *arena = ctx_of(run)->arena;
    const struct graph *graph = run->definition->graph;
    struct value *all = value_map(arena);
    for (size_t i = 0; i < graph->order_count; i++) {
        const struct resource_definition *resource = &graph->template->resources[graph->order[i]];
        struct value *one = value_map(arena);
        if (resource->properties)
            value_map_set(arena, one, "properties", resolved(run, resource->properties, ""));
        if (resource->metadata)
            value_map_set(arena, one, "metadata", resolved(run, resource->metadata, ""));
        value_map_set(arena, all, resource->name, one);
    }
    return all;
}

static const struct value *outputs_resolved(struct run *run)
{
    struct ctx *ctx = ctx_of(run);
    const struct template *template = run->definition->template;
    struct value *all = value_map(ctx->arena);
    for (size_t i = 0; i < template->output_count; i++) {
        const struct output_definition *output = &template->outputs[i];
        int present = output->condition ? scope_condition(&run->definition->scope, output->condition) : 1;
        if (present < 0)
            error_clear(ctx);
        if (present >= 0)
            value_map_set(ctx->arena, all, output->name,
                          present ? resolved(run, output->value, "") : outcome(ctx, &value_null));
    }
    return all;
}

/* Who requires whom: "a b" for a that requires b. */
static const struct value *edges(struct run *run)
{
    struct arena *arena = ctx_of(run)->arena;
    const struct graph *graph = run->definition->graph;
    struct value *list = value_list(arena);
    for (size_t i = 0; i < graph->edge_count; i++)
        value_list_add(arena, list,
                       value_printf(arena, "%s %s", graph->template->resources[graph->edges[i].from].name,
                                    graph->template->resources[graph->edges[i].to].name));
    return list;
}

static const struct value *stack_answer(struct run *run)
{
    struct ctx *ctx = ctx_of(run);
    struct value *answer = value_map(ctx->arena);
    enter_world(run);
    value_map_set(ctx->arena, answer, "parameters",
                  parameters_shown(ctx, run->definition->parameters, false));
    value_map_set(ctx->arena, answer, "environment", environment_document(ctx, run->definition->environment));
    value_map_set(ctx->arena, answer, "edges", edges(run));
    value_map_set(ctx->arena, answer, "resources", resources_resolved(run));
    value_map_set(ctx->arena, answer, "outputs", outputs_resolved(run));
    return answer;
}

/* ---- kinds of cases ---- */
static int check_stack(struct run *run, const struct stack_input *input)
{
    struct ctx *ctx = ctx_of(run);
    struct documents documents = {
        .template = input->template,
        .environment = draft_environment(ctx, input),
        .environment_files = input->environment_files,
        .files = input->files,
        .stack_name = input->name,
        .stack_id = "None",
        .strict = true,
    };
    run->definition = definition_parse(ctx, &documents);
    if (!run->definition || draft_check_resource_limit(ctx, run->definition->template) != 0 ||
        definition_resolve_parameters(run->definition, &documents) != 0 ||
        definition_link(run->definition) != 0)
        return -1;
    return definition_validate(run->definition, true, 60 * (int64_t)MINUTE_US);
}

static const struct value *run_create(struct run *run)
{
    struct stack_input input;
    if (instantiation_read(&run->request, true, &input) != 0 || check_stack(run, &input) != 0)
        return failure(ctx_of(run));
    return stack_answer(run);
}

static const struct value *run_validate(struct run *run)
{
    struct stack_input input;
    if (instantiation_read(&run->request, false, &input) != 0)
        return failure(ctx_of(run));
    return outcome(ctx_of(run), stack_validate(ctx_of(run), &input, false, NULL));
}

static const struct value *run_text(struct run *run, const char *kind)
{
    const struct value *text = value_get(run->given, "text");
    bool template = strcmp(kind, "template") == 0;
    return outcome(ctx_of(run), (template ? template_read : environment_read)(ctx_of(run), text->string.text,
                                                                              text->string.length));
}

static const struct value *run_case(struct run *run)
{
    struct ctx *ctx = ctx_of(run);
    const char *kind = value_get_text(run->given, "kind");
    const struct value *request = value_get(run->given, "request");
    if (value_get(run->given, "text"))
        return run_text(run, kind);
    run->world = value_get(run->given, "world");
    run->request.body = value_to_json(ctx->arena, request);
    run->request.body_length = strlen(run->request.body);
    return strcmp(kind, "create") == 0 ? run_create(run) : run_validate(run);
}

/* ---- lines ---- */
static void run_line(const char *line, size_t length, const struct config *config)
{
    struct run run = {.request = {.ctx = {.arena = arena_create(ARENA_CAP),
                                          .config = config,
                                          .tenant_id = "11112222333344445555666677778888"},
                                  .parameters = no_parameters}};
    run.given = value_read_json(ctx_of(&run), line, length);
    if (!run.given) {
        fprintf(stderr, "no case: %s\n", run.request.ctx.error.message);
        exit(1);
    }
    puts(value_to_json(ctx_of(&run)->arena, run_case(&run)));
    fflush(stdout);
    arena_destroy(ctx_of(&run)->arena);
}

int main(void)
{
    struct ctx ctx = {.arena = arena_create(0)};
    const struct config *config = config_read(&ctx, NULL);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    ctx.config = config;
    if (!config || catalogue_open(&ctx) != 0) {
        fprintf(stderr, "%s\n", ctx.error.message);
        return 1;
    }
    while ((length = getline(&line, &room, stdin)) > 0)
        run_line(line, (size_t)length, config);
    free(line);
    arena_destroy(ctx.arena);
    return 0;
}
