/* The documents of a stack on their way into the database: the environment twice when something in it is
 * hidden, once as it is shown, once as a whole and sealed. */
#include "engine/documents.h"

#include "base/seal.h"
#include "engine/names.h"
#include "sql/document.h"

static const struct value *mask_section(struct ctx *ctx, const struct template *template,
                                        const struct value *section)
{
    struct value *masked = value_copy(ctx->arena, section);
    for (size_t i = 0; i < value_count(section); i++) {
        const struct parameter_schema *schema = template_parameter(template, section->map.entries[i].key);
        if (schema && schema->hidden)
            value_map_set(ctx->arena, masked, schema->name, value_string(ctx->arena, "******"));
    }
    return masked;
}

const char *masked_environment(struct ctx *ctx, const struct template *template, const struct value *document)
{
    static const char *const sections[] = {"parameters", "parameter_defaults"};
    struct value *masked = value_copy(ctx->arena, document);
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const struct value *section = value_get(document, sections[i]);
        if (value_is(section, VALUE_MAP))
            value_map_set(ctx->arena, masked, sections[i], mask_section(ctx, template, section));
    }
    return value_to_json(ctx->arena, masked);
}

int documents_put(struct ctx *ctx, const struct draft *draft, const struct value *files,
                  struct stored_documents *out)
{
    const struct definition *definition = draft->definition;
    const struct value *environment = environment_document(ctx, definition->environment);
    *out = (struct stored_documents){
        .parameters = value_to_json(ctx->arena, parameters_shown(ctx, definition->parameters, false))};
    if (definition->has_hidden) {
        out->sealed_environment = seal(ctx, seal_context(ctx, ctx->tenant_id, "environment"),
                                       value_to_json(ctx->arena, environment));
        if (!out->sealed_environment)
            return -1;
    }
    const char *shown = masked_environment(ctx, definition->template, environment);
    if (definition->scope.files) /* what was fetched is among them */
        files = definition->scope.files;
    const char *files_json = value_is_null(files) ? "{}" : value_to_json(ctx->arena, files);
    const char *template = column_seal(ctx, ctx->tenant_id, definition->sealed, draft->template_json);
    out->template = template ? document_put(ctx, ctx->db, template) : NULL;
    out->environment = out->template ? document_put(ctx, ctx->db, shown) : NULL;
    out->files = out->environment ? document_put(ctx, ctx->db, files_json) : NULL;
    return out->files ? 0 : -1;
}
