/* Memory that lives as long as one unit of work and is given back in one call.
 *
 *   request or engine job begins ──> arena_create
 *        everything it makes     ──> arena_alloc, arena_printf …   (never freed one by one)
 *   request or job ends          ──> arena_reset or arena_destroy
 *
 * Running out. An allocation never returns NULL, so no caller checks. Two limits stand behind that:
 *
 *  - The cap (soft). Past it, arena_over() turns true and stays so. Loops that hostile input can drive (the
 *    YAML and JSON readers, the evaluator, repeat, str_replace) ask at each step and fail with
 *    FAULT_TOO_LARGE, so that an exploding template ends as a 400.
 *  - The machine. When malloc itself fails, or an arena reaches four times its cap, the process's
 * out-of-memory handler runs and does not return: an API worker answers 503 and exits, an engine exits; the
 * master starts another, and the database, which is the truth, has lost nothing. (Rejected: NULL checks after
 * every allocation, which nobody tests, and longjmp, which skips clean-up.)
 */
#ifndef HEARTH_BASE_ARENA_H
#define HEARTH_BASE_ARENA_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

/* New arena. cap: bytes after which arena_over() is true; 0 means no cap. */
struct arena *arena_create(size_t cap);

/* Runs the clean-ups (last hung first), then frees everything. NULL is fine. */
void arena_destroy(struct arena *arena);

/* As destroy, but keeps one block, so that the next request starts without malloc. */
void arena_reset(struct arena *arena);

/* size bytes, aligned for any type; zeroed by arena_zalloc. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);

/* Grows a block from old_size to new_size, in place when it was the last one handed out. */
void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size);

#define arena_new(arena, type)          ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_zalloc_array((arena), (count), sizeof(type)))
void *arena_zalloc_array(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF(2, 0);

/* Calls clean(object) when the arena is reset or destroyed: how a PGresult or a curl handle hangs on it. */
void arena_on_end(struct arena *arena, void (*clean)(void *object), void *object);

/* Bytes handed out since creation or the last reset; and whether that passed the cap. */
size_t arena_used(const struct arena *arena);
bool arena_over(const struct arena *arena);

/* Once per process, first thing: large blocks become mappings of their own, so that freeing them gives them back.
 * (Left to itself, glibc raises that limit with each one freed, and keeps up to 64 MB.) */
void memory_setup(void);
/* After an unusually large unit of work: gives back what is free between what is not. */
void memory_trim(void);

/* Replaces the process's out-of-memory handler (default: a line on stderr, exit status 70). It must not
 * return. */
void arena_on_out_of_memory(void (*handler)(void));

#endif
