/* Roles of the standalone identity. */
#include "cloud/roles.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/str.h"

static const struct {
    const char *name, *implies;
} standard[] = {
#define ROLE(name, implies) {name, implies},
#include "cloud/roles.def"
#undef ROLE
};

const char *role_standard(size_t i)
{
    return i < COUNT_OF(standard) ? standard[i].name : NULL;
}

static bool have(const char *roles, const char *name, size_t length)
{
    for (roles += strspn(roles, " "); *roles; roles += strspn(roles, " ")) {
        size_t word = strcspn(roles, " ");
        if (word == length && memcmp(roles, name, length) == 0)
            return true;
        roles += word;
    }
    return false;
}

bool roles_have(const char *roles, const char *name)
{
    return have(roles, name, strlen(name));
}

static void add_once(struct str *out, const char *name, size_t length)
{
    if (length == 0 || have(out->data, name, length))
        return;
    if (out->length > 0)
        str_add_char(out, ' ');
    str_add_bytes(out, name, length);
}

static const char *implied_by(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(standard); i++)
        if (strlen(standard[i].name) == length && memcmp(standard[i].name, name, length) == 0)
            return standard[i].implies;
    return "";
}

const char *roles_expand(struct arena *arena, const char *roles)
{
    struct str out = STR_INIT(arena);
    for (roles += strspn(roles, " "); *roles; roles += strspn(roles, " ")) {
        size_t length = strcspn(roles, " ");
        add_once(&out, roles, length);
        for (const char *more = implied_by(roles, length); *more; more = implied_by(more, strlen(more)))
            add_once(&out, more, strlen(more));
        roles += length;
    }
    return out.data;
}

const char *roles_common(struct arena *arena, const char *roles, const char *others)
{
    struct str out = STR_INIT(arena);
    for (roles += strspn(roles, " "); *roles; roles += strspn(roles, " ")) {
        size_t length = strcspn(roles, " ");
        if (have(others, roles, length))
            add_once(&out, roles, length);
        roles += length;
    }
    return out.data;
}

bool role_name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t length = strlen(name);
    return length >= 1 && length <= 64 && strspn(name, allowed) == length;
}

void stable_id(const char *kind, const char *name, char out[STABLE_ID_SIZE])
{
    char text[256];
    unsigned char digest[16];
    int length = snprintf(text, sizeof text, "hearth %s %s", kind, name);
    size_t used = length < (int)sizeof text ? (size_t)length : sizeof text - 1;
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, used, NULL, 0);
    sodium_bin2hex(out, STABLE_ID_SIZE, digest, sizeof digest);
}
