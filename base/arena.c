/* Memory by unit of work: a chain of blocks, thrown away together. */
#include "base/arena.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_BLOCK = 32 * 1024,
    LARGEST_REGULAR_BLOCK = 1024 * 1024,
    HARD_LIMIT_FACTOR = 4,
    OWN_MAPPING = 128 * 1024, /* blocks from this size on are mapped one by one */
};

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct clean_up {
    struct clean_up *next;
    void (*clean)(void *object);
    void *object;
};

struct arena {
    struct block *blocks; /* newest first; the last one is kept over a reset */
    struct clean_up *clean_ups;
    size_t cap, used;
};

static NORETURN void default_out_of_memory(void)
{
    static const char line[] = "hearth: out of memory\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(71);
    _exit(70);
}

static void (*out_of_memory)(void) = default_out_of_memory;

void arena_on_out_of_memory(void (*handler)(void))
{
    out_of_memory = handler;
}

static NORETURN void run_out(void)
{
    out_of_memory();
    default_out_of_memory();
}

static struct block *block_create(size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        run_out();
    block->next = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_create(size_t cap)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        run_out();
    arena->cap = cap;
    arena->blocks = block_create(FIRST_BLOCK);
    return arena;
}

static size_t aligned(size_t size)
{
    const size_t alignment = alignof(max_align_t);
    if (size > SIZE_MAX - alignment)
        run_out();
    return (size + alignment - 1) & ~(alignment - 1);
}

/* Blocks double, so that a unit of work of any size costs few mallocs. */
static struct block *block_for(struct arena *arena, size_t size)
{
    size_t regular = arena->blocks->size * 2;
    if (regular > LARGEST_REGULAR_BLOCK)
        regular = LARGEST_REGULAR_BLOCK;
    struct block *block = block_create(size > regular ? size : regular);
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

static void count(struct arena *arena, size_t size)
{
    arena->used += size;
    if (arena->cap && arena->used / HARD_LIMIT_FACTOR > arena->cap)
        run_out();
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = aligned(size ? size : 1);
    count(arena, size);
    struct block *block = arena->blocks;
    if (block->size - block->used < size)
        block = block_for(arena, size);
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_zalloc_array(struct arena *arena, size_t count_, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count_, size, &bytes))
        run_out();
    return arena_zalloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    struct block *block = arena->blocks;
    size_t old_room = aligned(old_size ? old_size : 1), new_room = aligned(new_size);
    bool is_last = old && (char *)old + old_room == block->bytes + block->used;
    if (is_last && block->size - block->used >= new_room - old_room) {
        count(arena, new_room - old_room);
        block->used += new_room - old_room;
        return old;
    }
    void *grown = arena_alloc(arena, new_size);
    if (old)
        memcpy(grown, old, old_size);
    return grown;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(arena, (size_t)(length < 0 ? 0 : length) + 1);
    text[0] = '\0';
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void arena_on_end(struct arena *arena, void (*clean)(void *object), void *object)
{
    struct clean_up *entry = arena_new(arena, struct clean_up);
    *entry = (struct clean_up){arena->clean_ups, clean, object};
    arena->clean_ups = entry;
}

static void run_clean_ups(struct arena *arena)
{
    while (arena->clean_ups) {
        struct clean_up *entry = arena->clean_ups;
        arena->clean_ups = entry->next;
        entry->clean(entry->object);
    }
}

void arena_reset(struct arena *arena)
{
    run_clean_ups(arena);
    while (arena->blocks->next) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->blocks->used = 0;
    arena->used = 0;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->blocks);
    free(arena);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

bool arena_over(const struct arena *arena)
{
    return arena->cap && arena->used > arena->cap;
}

void memory_setup(void)
{
    mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
    mallopt(M_TRIM_THRESHOLD, OWN_MAPPING);
}

void memory_trim(void)
{
    malloc_trim(0);
}
