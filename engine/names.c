/* Names that the engine makes up, and the sealing of columns. */
#include "engine/names.h"

#include <string.h>

#include "base/seal.h"
#include "base/uuid.h"

enum { PHYSICAL_NAME_MAX = 255, RANDOM_TAIL = 12 };

/* Heat's way to shorten: the first two characters, a hyphen, and the end. */
static const char *shorten(struct ctx *ctx, const char *name)
{
    size_t length = strlen(name);
    if (length <= PHYSICAL_NAME_MAX)
        return name;
    const char *tail = name + length - (PHYSICAL_NAME_MAX - 3);
    while ((*tail & 0xC0) == 0x80) /* not in the middle of a character */
        tail++;
    return arena_printf(ctx->arena, "%.2s-%s", name, tail);
}

const char *physical_name_make(struct ctx *ctx, const char *stack, const char *resource)
{
    char tail[RANDOM_TAIL + 1];
    random_base32(tail, RANDOM_TAIL);
    return shorten(ctx, arena_printf(ctx->arena, "%s-%s-%s", stack, resource, tail));
}

const char *seal_context(struct ctx *ctx, const char *tenant_id, const char *what)
{
    return arena_printf(ctx->arena, "%s/%s", tenant_id, what);
}

const char *column_seal(struct ctx *ctx, const char *tenant_id, bool sealed, const char *text)
{
    return sealed && text ? seal(ctx, seal_context(ctx, tenant_id, "resource"), text) : text;
}

/* JSON maps and lists begin with a bracket, sealed texts with a digit. */
const char *column_open(struct ctx *ctx, const char *tenant_id, const char *text)
{
    if (!text || *text == '{' || *text == '[')
        return text;
    return seal_open(ctx, seal_context(ctx, tenant_id, "resource"), text);
}
