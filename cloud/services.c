/* Reads the file of services. */
#include "cloud/services.h"

#include <stdio.h>
#include <string.h>

enum { SERVICES_FILE_MAX = 1 << 20 };

static int mistake(struct ctx *ctx, const char *path, const char *service, const char *what)
{
    return fail(ctx, FAULT_INVALID, "services_file %s: %s%s%s", path, service ? service : "",
                service ? ": " : "", what);
}

static const struct value *read_file(struct ctx *ctx, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        (void)mistake(ctx, path, NULL, "cannot be opened");
        return NULL;
    }
    char *text = arena_alloc(ctx->arena, SERVICES_FILE_MAX);
    size_t length = fread(text, 1, SERVICES_FILE_MAX, file);
    bool whole = !ferror(file) && length < SERVICES_FILE_MAX;
    fclose(file);
    const struct value *value = whole ? value_read_json(ctx, text, length) : NULL;
    const char *why = ctx->error.message;
    error_clear(ctx);
    if (!value)
        (void)mistake(ctx, path, NULL, whole ? why : "cannot be read, or is too large");
    return value;
}

static bool is_header_text(const char *text)
{
    return text && text[strcspn(text, "\r\n")] == '\0';
}

static const char *headers_mistake(const struct value *headers)
{
    if (headers && !value_is(headers, VALUE_MAP))
        return "\"headers\" is not a map";
    for (size_t i = 0; i < value_count(headers); i++)
        if (!is_header_text(headers->map.entries[i].key) ||
            !is_header_text(value_text(headers->map.entries[i].value)))
            return "\"headers\" are texts of one line";
    return NULL;
}

static const char *service_mistake(const struct value *row)
{
    static const char *const known[] = {"url", "headers", "cacert", "parallel"};
    const char *url = value_get_text(row, "url");
    const struct value *parallel = value_get(row, "parallel");
    for (size_t i = 0; i < value_count(row) && value_is(row, VALUE_MAP); i++) {
        size_t k = 0;
        while (k < COUNT_OF(known) && strcmp(known[k], row->map.entries[i].key) != 0)
            k++;
        if (k == COUNT_OF(known))
            return "knows \"url\", \"headers\", \"cacert\" and \"parallel\" only";
    }
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return "has no \"url\" that begins with http:// or https://";
    if (parallel && (!value_is(parallel, VALUE_INT) || parallel->integer < 1))
        return "\"parallel\" is not a number from 1";
    if (value_has(row, "cacert") && !value_get_text(row, "cacert"))
        return "\"cacert\" is not a text";
    return headers_mistake(value_get(row, "headers"));
}

static struct service service_of(struct ctx *ctx, const char *name, const struct value *row)
{
    const char *url = value_get_text(row, "url");
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    const struct value *parallel = value_get(row, "parallel");
    return (struct service){
        .name = name,
        .url = arena_strndup(ctx->arena, url, length),
        .headers = value_get(row, "headers"),
        .cacert = value_get_text(row, "cacert"),
        .parallel = parallel ? parallel->integer : 0,
    };
}

int services_read(struct ctx *ctx, const char *path, struct services *services)
{
    *services = (struct services){0};
    if (!path || !*path)
        return 0;
    const struct value *rows = read_file(ctx, path);
    if (!rows)
        return -1;
    if (!value_is(rows, VALUE_MAP))
        return mistake(ctx, path, NULL, "is not a JSON map of services");
    services->items = arena_array(ctx->arena, struct service, value_count(rows) + 1);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value_entry *entry = &rows->map.entries[i];
        const char *what = service_mistake(entry->value);
        if (what)
            return mistake(ctx, path, entry->key, what);
        services->items[services->count++] = service_of(ctx, entry->key, entry->value);
    }
    return 0;
}

const struct service *services_find(const struct services *services, const char *name)
{
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->items[i].name, name) == 0)
            return &services->items[i];
    return NULL;
}
