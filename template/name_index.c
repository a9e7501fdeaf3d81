/* Names to positions: an open-addressing hash table that only grows up to the room it was made with. */
#include "template/name_index.h"

#include <string.h>

struct slot {
    const char *name; /* NULL: free */
    size_t position;
};

struct name_index {
    size_t mask;
    struct slot slots[];
};

static uint64_t hash_name(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash ^ (hash >> 32);
}

struct name_index *name_index_create(struct arena *arena, size_t room)
{
    size_t size = 8;
    while (size < room * 2)
        size *= 2;
    struct name_index *index = arena_zalloc(arena, sizeof *index + size * sizeof index->slots[0]);
    index->mask = size - 1;
    return index;
}

/* The slot that holds name, or the free one where it belongs. */
static size_t slot_of(const struct name_index *index, const char *name)
{
    size_t i = hash_name(name) & index->mask;
    while (index->slots[i].name && strcmp(index->slots[i].name, name) != 0)
        i = (i + 1) & index->mask;
    return i;
}

void name_index_add(struct name_index *index, const char *name, size_t position)
{
    struct slot *slot = &index->slots[slot_of(index, name)];
    if (!slot->name)
        *slot = (struct slot){name, position};
}

size_t name_index_find(const struct name_index *index, const char *name)
{
    if (!index || !name)
        return NAME_NOT_FOUND;
    const struct slot *slot = &index->slots[slot_of(index, name)];
    return slot->name ? slot->position : NAME_NOT_FOUND;
}
