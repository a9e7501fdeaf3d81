/* Encryption at rest.
 *
 *   line of the key file ──> master key ──kdf 1──> sealing key   (XChaCha20-Poly1305, random nonce of 24
 * bytes) └─kdf 2──> signing key   (BLAKE2b)
 *
 * Two derived keys, so that one key never serves two algorithms. A nonce of 24 random bytes needs no counter,
 * which many processes on many hosts could not share. */
#include "base/seal.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    KEYS_MAX = 16,
    KEY_SIZE = crypto_kdf_KEYBYTES,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    DIGEST_SIZE = 32,
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};
_Static_assert(KEY_SIZE == 32, "64 hex digits in the key file");

struct key {
    char id[SEAL_KEY_ID_MAX + 1];
    unsigned char sealing[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    unsigned char signing[crypto_generichash_KEYBYTES];
};

/* A process has one set of keys. */
static struct keys {
    struct key key[KEYS_MAX]; /* the first one seals */
    size_t count;
} keys;

/* ---- the key file ---- */

static bool is_id_char(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* Length of the key id at the start of text; 0 when there is none. */
static size_t id_length(const char *text)
{
    size_t length = 0;
    while (text[length] && is_id_char(text[length]))
        length++;
    return length <= SEAL_KEY_ID_MAX ? length : 0;
}

static const struct key *find_key(const struct keys *set, const char *id, size_t length)
{
    for (size_t i = 0; i < set->count; i++)
        if (strlen(set->key[i].id) == length && memcmp(set->key[i].id, id, length) == 0)
            return &set->key[i];
    return NULL;
}

static void derive(struct key *key, const unsigned char master[KEY_SIZE])
{
    static const char purpose[crypto_kdf_CONTEXTBYTES + 1] = "hearth01";
    crypto_kdf_derive_from_key(key->sealing, sizeof key->sealing, 1, purpose, master);
    crypto_kdf_derive_from_key(key->signing, sizeof key->signing, 2, purpose, master);
}

/* "<key id> <64 hex digits>"; NULL when it is well formed, else what is wrong with it. */
static const char *add_key(struct keys *set, const char *line)
{
    unsigned char master[KEY_SIZE];
    size_t length = id_length(line), size = 0;
    const char *digits = line + length + strspn(line + length, " \t");
    const char *end = digits + strspn(digits, "0123456789abcdefABCDEF");
    if (length == 0 || digits == line + length || end - digits != KEY_SIZE * 2 || *end)
        return "expected \"<key id> <64 hex digits>\"";
    if (find_key(set, line, length))
        return "this key id stands on an earlier line too";
    if (set->count == KEYS_MAX)
        return "too many keys; remove those that no row is sealed under any more";
    struct key *key = &set->key[set->count++];
    memcpy(key->id, line, length);
    sodium_hex2bin(master, sizeof master, digits, KEY_SIZE * 2, NULL, &size, NULL);
    derive(key, master);
    sodium_memzero(master, sizeof master);
    return NULL;
}

static int read_key_lines(struct ctx *ctx, const char *path, FILE *file, struct keys *set)
{
    char line[256];
    for (size_t number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!*line || *line == '#')
            continue;
        const char *wrong = add_key(set, line);
        if (wrong)
            return fail(ctx, FAULT_INVALID, "%s:%zu: %s", path, number, wrong);
    }
    if (set->count == 0)
        return fail(ctx, FAULT_INVALID, "%s holds no key; make one with: hearthctl key new", path);
    return 0;
}

static int check_mode(struct ctx *ctx, const char *path, FILE *file)
{
    struct stat status;
    if (fstat(fileno(file), &status) < 0)
        return fail(ctx, FAULT_INVALID, "%s: %s", path, strerror(errno));
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return fail(ctx, FAULT_INVALID, "key file %s is open to others than its owner; run: chmod 600 %s",
                    path, path);
    return 0;
}

static int read_key_file(struct ctx *ctx, const char *path, struct keys *set)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(ctx, FAULT_INVALID, "cannot read key file %s: %s%s", path, strerror(errno),
                    errno == ENOENT ? "; make one with: hearthctl key new" : "");
    char buffer[4096];
    setvbuf(file, buffer, _IOFBF, sizeof buffer); /* ours, so that it can be wiped */
    int result = check_mode(ctx, path, file);
    if (result == 0)
        result = read_key_lines(ctx, path, file, set);
    fclose(file);
    sodium_memzero(buffer, sizeof buffer);
    return result;
}

int seal_load_keys(struct ctx *ctx, const char *path)
{
    struct keys set = {.count = 0};
    if (sodium_init() < 0)
        return fail(ctx, FAULT_INTERNAL, "libsodium cannot be initialised");
    int result = read_key_file(ctx, path, &set);
    if (result == 0)
        keys = set;
    sodium_memzero(&set, sizeof set);
    return result;
}

int seal_new_key(const char *key_id, char out[SEAL_KEY_LINE_SIZE])
{
    unsigned char key[KEY_SIZE];
    char digits[KEY_SIZE * 2 + 1];
    if (sodium_init() < 0 || id_length(key_id) == 0 || key_id[id_length(key_id)])
        return -1;
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(digits, sizeof digits, key, sizeof key);
    snprintf(out, SEAL_KEY_LINE_SIZE, "%s %s", key_id, digits);
    sodium_memzero(key, sizeof key);
    sodium_memzero(digits, sizeof digits);
    return 0;
}

/* ---- sealing ---- */

static const char *encode(struct ctx *ctx, const char *key_id, const unsigned char *box, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, BASE64);
    char *text = arena_alloc(ctx->arena, room);
    sodium_bin2base64(text, room, box, size, BASE64);
    return arena_printf(ctx->arena, "1:%s:%s", key_id, text);
}

const char *seal(struct ctx *ctx, const char *context, const char *plain)
{
    if (keys.count == 0)
        return fail_null(ctx, FAULT_INTERNAL, "no key is loaded to seal with");
    size_t length = strlen(plain);
    unsigned char *box = arena_alloc(ctx->arena, NONCE_SIZE + length + TAG_SIZE);
    randombytes_buf(box, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_SIZE, NULL, (const unsigned char *)plain, length,
                                               (const unsigned char *)context, strlen(context), NULL, box,
                                               keys.key[0].sealing);
    return encode(ctx, keys.key[0].id, box, NONCE_SIZE + length + TAG_SIZE);
}

/* The key that text says it is sealed under; *box is where the base64 begins. NULL: unknown, or no sealed
 * text. */
static const struct key *key_of(const char *sealed, const char **box)
{
    if (strncmp(sealed, "1:", 2) != 0)
        return NULL;
    size_t length = id_length(sealed + 2);
    if (length == 0 || sealed[2 + length] != ':')
        return NULL;
    *box = sealed + 2 + length + 1;
    return find_key(&keys, sealed + 2, length);
}

static const char *unbox(struct ctx *ctx, const struct key *key, const char *context, const char *base64)
{
    size_t room = strlen(base64), size;
    unsigned char *box = arena_alloc(ctx->arena, room);
    if (sodium_base642bin(box, room, base64, room, NULL, &size, NULL, BASE64) < 0 ||
        size < NONCE_SIZE + TAG_SIZE)
        return NULL;
    size_t length = size - NONCE_SIZE - TAG_SIZE;
    unsigned char *plain = arena_zalloc(ctx->arena, length + 1);
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, box + NONCE_SIZE,
                                                            size - NONCE_SIZE, (const unsigned char *)context,
                                                            strlen(context), box, key->sealing);
    return opened == 0 ? (const char *)plain : NULL;
}

const char *seal_open(struct ctx *ctx, const char *context, const char *sealed)
{
    const char *base64 = NULL;
    const struct key *key = key_of(sealed, &base64);
    if (!key)
        return fail_null(ctx, FAULT_INTERNAL,
                         "a stored secret is sealed under a key that is not in the key file");
    const char *plain = unbox(ctx, key, context, base64);
    if (!plain)
        return fail_null(ctx, FAULT_INTERNAL, "a stored secret does not open: it was changed, moved or cut");
    return plain;
}

bool seal_is_current(const char *sealed)
{
    const char *base64;
    const struct key *key = key_of(sealed, &base64);
    return key && key == &keys.key[0];
}

/* ---- signing ---- */

static void sign_with(const struct key *key, const char *text, char out[65])
{
    unsigned char digest[DIGEST_SIZE];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, strlen(text), key->signing,
                       sizeof key->signing);
    sodium_bin2hex(out, 65, digest, sizeof digest);
}

/* Without a key there is no signature: the empty one, which seal_verify() takes for none. */
void seal_sign(const char *text, char out[65])
{
    if (keys.count == 0)
        out[0] = '\0';
    else
        sign_with(&keys.key[0], text, out);
}

int seal_verify(const char *text, const char *signature)
{
    char right[65];
    int matches = 0;
    if (strlen(signature) != sizeof right - 1)
        return 0;
    for (size_t i = 0; i < keys.count; i++) {
        sign_with(&keys.key[i], text, right);
        matches |= sodium_memcmp(right, signature, sizeof right - 1) == 0;
    }
    return matches;
}
