/* Fuzz target: a whole template parsed, its graph built, every resource and output checked and resolved. */
#include <stddef.h>
#include <stdint.h>

#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct value *some_attribute(struct ctx *ctx, void *self, const char *resource,
                                          const char *attribute)
{
    return attribute ? value_string(ctx->arena, attribute) : NULL;
}

static void resolve_all(struct scope *scope)
{
    const struct template *template = scope->template;
    for (size_t i = 0; i < template->resource_count; i++) {
        const char **names;
        (void)!scope_resolve(scope, template->resources[i].properties);
        (void)!scope_resolve(scope, template->resources[i].metadata);
        (void)graph_attributes_read(scope->ctx, scope, template->resources[i].name, &names);
        error_clear(scope->ctx);
    }
    for (size_t i = 0; i < template->output_count; i++) {
        (void)!scope_condition(scope, template->outputs[i].condition);
        (void)!scope_resolve(scope, template->outputs[i].value);
        error_clear(scope->ctx);
    }
}

static void evaluate(struct ctx *ctx, const struct template *template)
{
    static const struct pseudo_parameters pseudo = {"stack", "id", "project", "region", NULL};
    struct environment *environment = environment_build_for(ctx, template, NULL, NULL, NULL);
    struct parameters *parameters =
        environment ? parameters_resolve(ctx, template, environment, NULL, &pseudo, false) : NULL;
    if (!parameters)
        return;
    struct scope scope = {
        .ctx = ctx, .template = template, .parameters = parameters, .world = {.attribute = some_attribute}};
    (void)parameters_shown(ctx, parameters, true);
    (void)parameters_describe(ctx, template, parameters);
    (void)!scope_check_template(&scope);
    error_clear(ctx);
    (void)!graph_build(ctx, &scope);
    error_clear(ctx);
    resolve_all(&scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CAP = 32 * 1024 * 1024 };
    struct ctx ctx = {.arena = arena_create(CAP)};
    const struct value *document = template_read(&ctx, (const char *)data, size);
    struct template *template = document ? template_parse(&ctx, document) : NULL;
    if (template)
        evaluate(&ctx, template);
    arena_destroy(ctx.arena);
    return 0;
}
