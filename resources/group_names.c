/* Names for members that say nothing: as if drawn, but the same ones again when a step is repeated. */
#include <sodium.h>
#include <string.h>

#include "resources/group.h"

enum { NAME_LENGTH = 12 };

/* Sixty bits as base32, in lower case. */
static const char *short_name(struct arena *arena, const unsigned char bits[8])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bits[i];
    char name[NAME_LENGTH + 1] = {0};
    for (int i = 0; i < NAME_LENGTH; i++, number >>= 5)
        name[i] = alphabet[number & 31];
    return arena_strdup(arena, name);
}

static const char *nth_name(struct arena *arena, const char *seed, int64_t n)
{
    unsigned char digest[crypto_generichash_BYTES];
    const char *text = arena_printf(arena, "%s/member/%lld", seed, (long long)n);
    crypto_generichash(digest, sizeof(digest), (const unsigned char *)text, strlen(text), NULL, 0);
    return short_name(arena, digest);
}

const char *group_name_new(struct ctx *ctx, const char *seed, const struct value **data,
                           const struct nested_child *child)
{
    const struct value *given = value_get(*data, "names");
    int64_t count = value_is(given, VALUE_INT) ? given->integer : 0;
    const char *name;
    do
        name = nth_name(ctx->arena, seed, count++);
    while (group_member_find(child, name));
    struct value *kept = *data ? value_copy(ctx->arena, *data) : value_map(ctx->arena);
    value_map_set(ctx->arena, kept, "names", value_int(ctx->arena, count));
    *data = kept;
    return name;
}
