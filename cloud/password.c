/* Passwords at rest. */
#include "cloud/password.h"

#include <crypt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char method[] = "$y$"; /* yescrypt */

/* crypt_ra keeps its scratch memory (32 kB) in *data; it has held the password. */
static void wipe(void *data, int size)
{
    if (data != NULL)
        sodium_memzero(data, (size_t)size);
    free(data);
}

const char *password_hash(struct ctx *ctx, const char *password)
{
    size_t length = strlen(password);
    if (length == 0 || length > PASSWORD_LENGTH_MAX)
        return fail_null(ctx, FAULT_BAD_REQUEST, "A password has 1 to %d bytes.", PASSWORD_LENGTH_MAX);
    void *data = NULL;
    int size = 0;
    char *setting = crypt_gensalt_ra(method, 0, NULL, 0);
    const char *hash = setting ? crypt_ra(password, setting, &data, &size) : NULL;
    const char *kept = hash ? arena_strdup(ctx->arena, hash) : NULL;
    free(setting);
    wipe(data, size);
    return kept ? kept : fail_null(ctx, FAULT_INTERNAL, "crypt(3) has no yescrypt");
}

/* What an unknown user's password is tried against: it costs the same and nothing hashes to it. */
static const char *decoy(void)
{
    static char *setting;
    if (setting == NULL)
        setting = crypt_gensalt_ra(method, 0, NULL, 0);
    return setting ? setting : "$y$j9T$abcdefghijklmnop$";
}

bool password_matches(const char *password, const char *hash)
{
    void *data = NULL;
    int size = 0;
    const char *against = hash ? hash : decoy();
    const char *made = crypt_ra(password, against, &data, &size);
    bool same = made != NULL && hash != NULL && strlen(made) == strlen(hash) &&
                sodium_memcmp(made, hash, strlen(hash)) == 0;
    wipe(data, size);
    return same;
}
