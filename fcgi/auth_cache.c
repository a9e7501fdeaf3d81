/* The cache of checked tokens.
 *
 *   buckets ──> entry ──> entry        each entry is one block: struct, role pointers, texts
 *                 ↑↓ newer, older      a list in order of use; its tail makes room
 */
#include "fcgi/auth_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct entry {
    struct entry *next;          /* in its bucket */
    struct entry *newer, *older; /* in order of use */
    uint64_t generation;
    int64_t until_us;
    bool refused;
    char digest[AUTH_DIGEST_SIZE];
    struct identity identity;
    char space[]; /* role pointers, then texts */
};

struct auth_cache {
    struct arena *home;
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t capacity, count;
    struct entry *newest, *oldest;
};

struct auth_cache *auth_cache_create(size_t capacity)
{
    struct arena *home = arena_create(0);
    struct auth_cache *cache = arena_new(home, struct auth_cache);
    cache->home = home;
    cache->capacity = capacity > 0 ? capacity : 1;
    cache->bucket_count = 16;
    while (cache->bucket_count < cache->capacity)
        cache->bucket_count *= 2;
    cache->buckets = arena_array(home, struct entry *, cache->bucket_count);
    return cache;
}

void auth_cache_destroy(struct auth_cache *cache)
{
    if (cache == NULL)
        return;
    for (struct entry *entry = cache->newest; entry != NULL;) {
        struct entry *older = entry->older;
        free(entry);
        entry = older;
    }
    arena_destroy(cache->home);
}

/* The digest is keyed, so nobody can choose it: any part of it is as good as a hash. */
static struct entry **bucket_of(const struct auth_cache *cache, const char *digest)
{
    char head[17];
    memcpy(head, digest, 16);
    head[16] = '\0';
    return &cache->buckets[strtoull(head, NULL, 16) & (cache->bucket_count - 1)];
}

static struct entry *find(const struct auth_cache *cache, const char *digest)
{
    struct entry *entry = *bucket_of(cache, digest);
    while (entry != NULL && memcmp(entry->digest, digest, AUTH_DIGEST_SIZE) != 0)
        entry = entry->next;
    return entry;
}

/* ---- order of use ---- */

static void unlink_use(struct auth_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct auth_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct auth_cache *cache, struct entry *entry)
{
    struct entry **at = bucket_of(cache, entry->digest);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    unlink_use(cache, entry);
    cache->count--;
    free(entry);
}

/* ---- one entry ---- */

/* All texts of an identity that an entry keeps. */
enum { TEXT_COUNT = 8 };
static void collect_texts(struct identity *identity, const char **texts[TEXT_COUNT])
{
    const char **all[TEXT_COUNT] = {
        &identity->user_id,           &identity->user_name,           &identity->user_domain_id,
        &identity->user_domain_name,  &identity->project_id,          &identity->project_name,
        &identity->project_domain_id, &identity->project_domain_name,
    };
    memcpy(texts, all, sizeof all);
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **space, const char *text)
{
    size_t size = text_size(text);
    if (size == 0)
        return NULL;
    char *copy = memcpy(*space, text, size);
    *space += size;
    return copy;
}

static size_t space_needed(const struct identity *identity)
{
    struct identity look = *identity;
    const char **texts[TEXT_COUNT];
    collect_texts(&look, texts);
    size_t size = identity->role_count * sizeof(char *);
    for (size_t i = 0; i < TEXT_COUNT; i++)
        size += text_size(*texts[i]);
    for (size_t i = 0; i < identity->role_count; i++)
        size += text_size(identity->roles[i]);
    return size;
}

static void copy_identity(struct entry *entry, const struct identity *identity)
{
    entry->identity = *identity;
    entry->identity.token = NULL;
    const char **roles = (const char **)(void *)entry->space;
    char *space = entry->space + identity->role_count * sizeof *roles;
    for (size_t i = 0; i < identity->role_count; i++)
        roles[i] = copy_text(&space, identity->roles[i]);
    entry->identity.roles = roles;
    const char **texts[TEXT_COUNT];
    collect_texts(&entry->identity, texts);
    for (size_t i = 0; i < TEXT_COUNT; i++)
        *texts[i] = copy_text(&space, *texts[i]);
}

/* ---- asking and telling ---- */

const struct identity *auth_cache_get(struct auth_cache *cache, const char *digest, uint64_t generation,
                                      int64_t now_us, bool *refused)
{
    *refused = false;
    struct entry *entry = find(cache, digest);
    if (entry == NULL)
        return NULL;
    if (entry->generation != generation || entry->until_us <= now_us) {
        drop(cache, entry);
        return NULL;
    }
    unlink_use(cache, entry);
    link_newest(cache, entry);
    *refused = entry->refused;
    return entry->refused ? NULL : &entry->identity;
}

void auth_cache_put(struct auth_cache *cache, const char *digest, const struct identity *identity,
                    uint64_t generation, int64_t until_us)
{
    struct entry *old = find(cache, digest);
    if (old != NULL)
        drop(cache, old);
    else if (cache->count == cache->capacity)
        drop(cache, cache->oldest);
    struct entry *entry = calloc(1, sizeof *entry + (identity ? space_needed(identity) : 0));
    if (entry == NULL) /* a cache may forget */
        return;
    entry->generation = generation;
    entry->until_us = until_us;
    entry->refused = identity == NULL;
    memcpy(entry->digest, digest, AUTH_DIGEST_SIZE);
    if (identity != NULL)
        copy_identity(entry, identity);
    struct entry **bucket = bucket_of(cache, digest);
    entry->next = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->count++;
}

size_t auth_cache_count(const struct auth_cache *cache)
{
    return cache->count;
}
