/* Arenas: alignment, growth in place, clean-ups, reset, and the cap. */
#include "tests/unit/unit.h"

#include <stdalign.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

static void blocks_are_aligned_and_apart(void **state)
{
    struct arena *arena = arena_create(0);
    char *previous = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        char *block = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)block % alignof(max_align_t), 0);
        memset(block, (int)size, size);
        assert_ptr_not_equal(block, previous);
        previous = block;
    }
    arena_destroy(arena);
}

static void zalloc_clears_reused_memory(void **state)
{
    struct arena *arena = arena_create(0);
    memset(arena_alloc(arena, 1000), 0xAA, 1000);
    arena_reset(arena);
    const char *block = arena_zalloc(arena, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(block[i], 0);
    arena_destroy(arena);
}

static void the_last_block_grows_in_place(void **state)
{
    struct arena *arena = arena_create(0);
    char *block = arena_alloc(arena, 16);
    strcpy(block, "fifteen letters");
    assert_ptr_equal(arena_grow(arena, block, 16, 500), block);
    arena_alloc(arena, 1);
    char *moved = arena_grow(arena, block, 500, 1000);
    assert_ptr_not_equal(moved, block);
    assert_string_equal(moved, "fifteen letters");
    arena_destroy(arena);
}

static void larger_than_any_block(void **state)
{
    struct arena *arena = arena_create(0);
    char *huge = arena_alloc(arena, 5 << 20);
    memset(huge, 1, 5 << 20);
    char *small = arena_strdup(arena, "after it");
    assert_string_equal(small, "after it");
    assert_true(arena_used(arena) >= 5 << 20);
    arena_destroy(arena);
}

static void strings(void **state)
{
    struct arena *arena = arena_create(0);
    assert_null(arena_strdup(arena, NULL));
    assert_string_equal(arena_strndup(arena, "stack", 3), "sta");
    assert_string_equal(arena_printf(arena, "%s-%05d", "web", 42), "web-00042");
    assert_string_equal(arena_printf(arena, "%s", ""), "");
    const char *longer = arena_printf(arena, "%0100000d", 7);
    assert_int_equal(strlen(longer), 100000);
    arena_destroy(arena);
}

static char order[8], a[] = "a", b[] = "b", c[] = "c";

static void note(void *letter)
{
    strcat(order, letter);
}

static void clean_ups_run_last_hung_first_and_once(void **state)
{
    struct arena *arena = arena_create(0);
    order[0] = '\0';
    arena_on_end(arena, note, a);
    arena_on_end(arena, note, b);
    arena_reset(arena);
    assert_string_equal(order, "ba");
    arena_on_end(arena, note, c);
    arena_destroy(arena);
    assert_string_equal(order, "bac");
    arena_destroy(NULL);
}

static void cap_is_soft_and_stays_passed(void **state)
{
    struct arena *arena = arena_create(10000);
    arena_alloc(arena, 9000);
    assert_false(arena_over(arena));
    arena_alloc(arena, 2000);
    assert_true(arena_over(arena));
    assert_non_null(arena_alloc(arena, 100));
    assert_true(arena_over(arena));
    arena_reset(arena);
    assert_false(arena_over(arena));
    assert_int_equal(arena_used(arena), 0);
    arena_destroy(arena);
}

static void no_cap_is_never_over(void **state)
{
    struct arena *arena = arena_create(0);
    arena_alloc(arena, 10 << 20);
    assert_false(arena_over(arena));
    arena_destroy(arena);
}

static void give_up(void)
{
    _exit(42);
}

/* Runs work in a child whose handler exits with 42; the child's exit status. */
static int exit_status_of(void (*work)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        arena_on_out_of_memory(give_up);
        work();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

/* Of a child that ends in its handler: still reachable then, so no leak. */
static struct arena *abandoned;

static void use_four_times_the_cap(void)
{
    abandoned = arena_create(1000);
    for (int i = 0; i < 100; i++)
        arena_alloc(abandoned, 1000);
}

static void stay_below_it(void)
{
    struct arena *arena = arena_create(1000);
    arena_alloc(arena, 3000);
    arena_destroy(arena);
}

static void ask_for_an_impossible_array(void)
{
    abandoned = arena_create(0);
    arena_zalloc_array(abandoned, SIZE_MAX / 2, 16);
}

static void hard_limit_calls_the_handler(void **state)
{
    assert_int_equal(exit_status_of(use_four_times_the_cap), 42);
    assert_int_equal(exit_status_of(ask_for_an_impossible_array), 42);
    assert_int_equal(exit_status_of(stay_below_it), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_apart),
        cmocka_unit_test(zalloc_clears_reused_memory),
        cmocka_unit_test(the_last_block_grows_in_place),
        cmocka_unit_test(larger_than_any_block),
        cmocka_unit_test(strings),
        cmocka_unit_test(clean_ups_run_last_hung_first_and_once),
        cmocka_unit_test(cap_is_soft_and_stays_passed),
        cmocka_unit_test(no_cap_is_never_over),
        cmocka_unit_test(hard_limit_calls_the_handler),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
