/* Reading the configuration.
 *
 * config.def makes one table of rows (name, type, place in struct config, default). The defaults are put in
 * place by the same readers as the file's values, so a row whose default would be refused cannot stay
 * unnoticed. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_table.h"
#include "base/scan.h"
#include "base/str.h"

const struct config_option config_options[] = {
#define OPTION(type, name, initial, choices, section, text)                                                  \
    {CONFIG_##type, #name, #type, initial, choices, section, text, offsetof(struct config, name)},
#include "base/config.def"
#undef OPTION
};

const size_t config_option_count = COUNT_OF(config_options);

struct reader {
    struct ctx *ctx;
    const char *path;
    size_t line;
    struct config *config;
    size_t set_at[COUNT_OF(config_options)]; /* line on which each option was set; 0: not yet */
};

/* ---- one value ---- */

static void *place(struct config *config, const struct config_option *option)
{
    return (char *)config + option->offset;
}

static int put_string(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    *(config_string *)out = arena_strdup(arena, text);
    return 0;
}

static int put_integer(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    int64_t n;
    if (scan_int64(text, &n) < 0 || n < atoll(option->choices))
        return -1;
    *(config_integer *)out = n;
    return 0;
}

static int put_duration(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    return scan_duration(text, out);
}

static int put_size(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    return scan_size(text, out);
}

static int put_boolean(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    return scan_boolean(text, out);
}

static int put_choice(struct arena *arena, const struct config_option *option, const char *text, void *out)
{
    for (const char *word = option->choices, *next; word; word = next) {
        size_t length = scan_word(word, &next);
        if (strlen(text) == length && memcmp(text, word, length) == 0)
            return put_string(arena, option, text, out);
    }
    return -1;
}

static const struct {
    int (*put)(struct arena *arena, const struct config_option *option, const char *text, void *out);
    const char *expected;
} types[] = {
    [CONFIG_string] = {put_string, "a text"},
    [CONFIG_integer] = {put_integer, "a whole number"},
    [CONFIG_duration] = {put_duration, "a duration such as 250ms, 10s, 5m, 2h or 1d"},
    [CONFIG_size] = {put_size, "a size in bytes such as 524288, 64k, 8m or 1g"},
    [CONFIG_boolean] = {put_boolean, "true or false"},
    [CONFIG_choice] = {put_choice, "one of"},
};

static const char *expectation(struct arena *arena, const struct config_option *option)
{
    const char *expected = types[option->type].expected;
    if (option->type == CONFIG_choice)
        return arena_printf(arena, "%s %s", expected, option->choices);
    if (option->type == CONFIG_integer)
        return arena_printf(arena, "%s, %lld or more", expected, atoll(option->choices));
    return expected;
}

/* ---- one line ---- */

static int complain(struct reader *reader, const char *what)
{
    return fail(reader->ctx, FAULT_INVALID, "%s:%zu: %s", reader->path, reader->line, what);
}

/* The known key that is nearest to a mistyped one; NULL when none is near. */
static const char *nearest_key(const char *typed)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < config_option_count; i++) {
        const char *known = config_options[i].name;
        if (word_is_near(typed, known) && word_distance(typed, known) < distance) {
            nearest = known;
            distance = word_distance(typed, known);
        }
    }
    return nearest;
}

static int complain_unknown(struct reader *reader, const char *key)
{
    struct arena *arena = reader->ctx->arena;
    const char *nearest = nearest_key(key);
    const char *hint = nearest ? arena_printf(arena, "; did you mean %s?", nearest) : "";
    return complain(reader, arena_printf(arena, "unknown option %s%s", key, hint));
}

static int set_option(struct reader *reader, size_t i, const char *value)
{
    struct arena *arena = reader->ctx->arena;
    const struct config_option *option = &config_options[i];
    if (reader->set_at[i])
        return complain(reader, arena_printf(arena, "%s is set twice, first on line %zu", option->name,
                                             reader->set_at[i]));
    reader->set_at[i] = reader->line;
    if (types[option->type].put(arena, option, value, place(reader->config, option)) < 0)
        return complain(reader, arena_printf(arena, "%s = %s: expected %s", option->name, value,
                                             expectation(arena, option)));
    return 0;
}

static int set_by_name(struct reader *reader, const char *key, const char *value)
{
    for (size_t i = 0; i < config_option_count; i++)
        if (strcmp(config_options[i].name, key) == 0)
            return set_option(reader, i, value);
    return complain_unknown(reader, key);
}

/* Cuts a comment: '#' at the start of the line or after a blank. (So an URL may hold one.) */
static void cut_comment(char *line)
{
    for (char *c = line; (c = strchr(c, '#')); c++)
        if (c == line || isblank((unsigned char)c[-1])) {
            *c = '\0';
            return;
        }
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int read_line(struct reader *reader, char *line)
{
    cut_comment(line);
    line = trim(line);
    if (!*line)
        return 0;
    char *equals = strchr(line, '=');
    if (!equals || equals == line)
        return complain(reader,
                        arena_printf(reader->ctx->arena, "expected \"key = value\", found \"%.80s\"", line));
    *equals = '\0';
    return set_by_name(reader, trim(line), trim(equals + 1));
}

/* ---- the file ---- */

static int read_lines(struct reader *reader, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int result = 0;
    while (result == 0 && (length = getline(&line, &capacity, file)) >= 0) {
        reader->line++;
        if (strlen(line) != (size_t)length)
            result = complain(reader, "a NUL byte; this is no text file");
        else
            result = read_line(reader, line);
    }
    if (result == 0 && ferror(file))
        result = fail(reader->ctx, FAULT_INVALID, "%s: %s", reader->path, strerror(errno));
    free(line);
    return result;
}

static int read_file(struct reader *reader)
{
    FILE *file = fopen(reader->path, "re");
    if (!file)
        return fail(reader->ctx, FAULT_INVALID, "cannot read configuration file %s: %s", reader->path,
                    strerror(errno));
    int result = read_lines(reader, file);
    fclose(file);
    return result;
}

static int put_defaults(struct ctx *ctx, struct config *config)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        if (types[option->type].put(ctx->arena, option, option->initial, place(config, option)) < 0)
            return fail(ctx, FAULT_INTERNAL, "config.def: default of %s: expected %s", option->name,
                        expectation(ctx->arena, option));
    }
    return 0;
}

const struct config *config_read(struct ctx *ctx, const char *path)
{
    struct config *config = arena_new(ctx->arena, struct config);
    struct reader reader = {.ctx = ctx, .path = path, .config = config};
    if (put_defaults(ctx, config) < 0 || (path && read_file(&reader) < 0))
        return NULL;
    return config;
}
