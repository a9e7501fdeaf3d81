/* The service catalogue. */
#include "cloud/catalog.h"

#include <jansson.h>
#include <string.h>

static const char *copy_text(struct arena *arena, const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));
    return text ? arena_strdup(arena, text) : "";
}

static const char *copy_url(struct arena *arena, const json_t *endpoint)
{
    const char *url = json_string_value(json_object_get(endpoint, "url"));
    size_t length = url ? strlen(url) : 0;
    while (length > 0 && url[length - 1] == '/')
        length--;
    return arena_strndup(arena, url ? url : "", length);
}

static size_t count_endpoints(const json_t *services)
{
    size_t count = 0, i;
    json_t *service;
    json_array_foreach(services, i, service) count += json_array_size(json_object_get(service, "endpoints"));
    return count;
}

static const struct catalog *copy_services(struct arena *arena, const json_t *services)
{
    struct catalog *catalog = arena_new(arena, struct catalog);
    struct endpoint *to = arena_array(arena, struct endpoint, count_endpoints(services) + 1);
    catalog->endpoints = to;
    size_t i, j;
    json_t *service, *from;
    json_array_foreach(services, i, service)
    {
        const char *type = copy_text(arena, service, "type");
        json_array_foreach(json_object_get(service, "endpoints"), j, from)
        {
            to->type = type;
            to->interface = copy_text(arena, from, "interface");
            to->region = copy_text(arena, from, "region_id");
            to->url = copy_url(arena, from);
            to++;
        }
    }
    catalog->count = (size_t)(to - catalog->endpoints);
    return catalog;
}

const struct catalog *catalog_read(struct ctx *ctx, const char *text, size_t length)
{
    json_auto_t *document = json_loadb(text, length, 0, NULL);
    const json_t *token = json_object_get(document, "token");
    const json_t *services = json_object_get(token ? token : document, "catalog");
    if (!json_is_array(services))
        return fail_null(ctx, FAULT_UNAVAILABLE, "The identity service answered without a catalogue.");
    return copy_services(ctx->arena, services);
}

static bool fits(const char *wanted, const char *found)
{
    return wanted == NULL || *wanted == '\0' || strcmp(wanted, found) == 0;
}

const char *catalog_endpoint(struct ctx *ctx, const struct catalog *catalog, const char *type,
                             const char *interface, const char *region)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const struct endpoint *endpoint = &catalog->endpoints[i];
        if (strcmp(type, endpoint->type) == 0 && fits(interface, endpoint->interface) &&
            fits(region, endpoint->region) && *endpoint->url != '\0')
            return endpoint->url;
    }
    return fail_null(ctx, FAULT_UNAVAILABLE, "The service catalogue has no %s endpoint of %s in region %s.",
                     interface ? interface : "", type, region && *region ? region : "any");
}
