/* Fuzz target: template text, YAML or JSON, read and parsed. */
#include <stddef.h>
#include <stdint.h>

#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CAP = 32 * 1024 * 1024 };
    struct ctx ctx = {.arena = arena_create(CAP)};
    const struct value *document = template_read(&ctx, (const char *)data, size);
    if (document && template_parse(&ctx, document))
        (void)value_to_json(ctx.arena, document);
    error_clear(&ctx);
    (void)!environment_read(&ctx, (const char *)data, size);
    arena_destroy(ctx.arena);
    return 0;
}
