/* Turns a value into libyaml's events; how they look is libyaml's affair, as it is with PyYAML's C dumper. */
#include "template/yaml_write.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"
#include "template/yaml_scalar.h"

static int append(void *self, unsigned char *bytes, size_t length)
{
    str_add_bytes(self, (const char *)bytes, length);
    return 1;
}

static int write_value(yaml_emitter_t *emitter, struct arena *arena, const struct value *value);

/* ---- scalars ---- */
static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* A bare word that PyYAML reads as a date or time; a time of day has to follow a date that is not complete. */
static bool looks_like_time(const char *text)
{
    if (count_digits(text) != 4 || text[4] != '-')
        return false;
    size_t month = count_digits(text + 5);
    if (month < 1 || month > 2 || text[5 + month] != '-')
        return false;
    const char *day = text + 5 + month + 1;
    size_t digits = count_digits(day);
    if (digits < 1 || digits > 2)
        return false;
    return day[digits] == '\0' ? month == 2 && digits == 2 : strchr("Tt \t", day[digits]) != NULL;
}

static int write_scalar(yaml_emitter_t *emitter, const char *text, size_t length, bool plain)
{
    yaml_event_t event;
    return yaml_scalar_event_initialize(&event, NULL, (const yaml_char_t *)"!", (const yaml_char_t *)text,
                                        (int)length, plain, true, YAML_ANY_SCALAR_STYLE) &&
           yaml_emitter_emit(emitter, &event);
}

static int write_plain(yaml_emitter_t *emitter, const char *text)
{
    return write_scalar(emitter, text, strlen(text), true);
}

/* A text that would read as something else is quoted. */
static int write_string(yaml_emitter_t *emitter, const struct value *value)
{
    const char *text = value->string.text;
    size_t length = value->string.length;
    bool plain = scalar_resolve(text, length) == SCALAR_STR && !looks_like_time(text);
    return write_scalar(emitter, text, length, plain);
}

/* YAML 1.1 wants a dot before an exponent. */
static int write_float(yaml_emitter_t *emitter, struct arena *arena, const struct value *value)
{
    if (isnan(value->number))
        return write_plain(emitter, ".nan");
    if (isinf(value->number))
        return write_plain(emitter, value->number > 0 ? ".inf" : "-.inf");
    const char *text = value_to_str(arena, value), *exponent = strchr(text, 'e');
    if (exponent && !strchr(text, '.'))
        text = arena_printf(arena, "%.*s.0%s", (int)(exponent - text), text, exponent);
    return write_plain(emitter, text);
}

/* ---- collections ---- */
static int write_list(yaml_emitter_t *emitter, struct arena *arena, const struct value *list)
{
    yaml_event_t event;
    if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE) ||
        !yaml_emitter_emit(emitter, &event))
        return 0;
    for (size_t i = 0; i < value_count(list); i++)
        if (!write_value(emitter, arena, value_at(list, i)))
            return 0;
    return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static int compare_keys(const void *a, const void *b)
{
    const struct value_entry *left = a, *right = b;
    return strcmp(left->key, right->key);
}

static int write_map(yaml_emitter_t *emitter, struct arena *arena, const struct value *map)
{
    yaml_event_t event;
    size_t count = value_count(map);
    struct value_entry *entries = arena_array(arena, struct value_entry, count + 1);
    if (count)
        memcpy(entries, map->map.entries, count * sizeof(*entries));
    qsort(entries, count, sizeof(*entries), compare_keys);
    if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) ||
        !yaml_emitter_emit(emitter, &event))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!write_string(emitter, value_string(arena, entries[i].key)) ||
            !write_value(emitter, arena, entries[i].value))
            return 0;
    return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static int write_value(yaml_emitter_t *emitter, struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        return write_plain(emitter, "null");
    case VALUE_BOOL:
        return write_plain(emitter, value->boolean ? "true" : "false");
    case VALUE_INT:
    case VALUE_BIGINT:
        return write_plain(emitter, value_to_str(arena, value));
    case VALUE_FLOAT:
        return write_float(emitter, arena, value);
    case VALUE_STRING:
        return write_string(emitter, value);
    case VALUE_LIST:
        return write_list(emitter, arena, value);
    case VALUE_MAP:
        return write_map(emitter, arena, value);
    }
    return 0;
}

/* ---- the document ---- */
static int write_document(yaml_emitter_t *emitter, struct arena *arena, const struct value *value)
{
    yaml_event_t event;
    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
           yaml_emitter_emit(emitter, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
           yaml_emitter_emit(emitter, &event) && write_value(emitter, arena, value) &&
           yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event) &&
           yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

const char *yaml_write(struct ctx *ctx, const struct value *value)
{
    struct str out = STR_INIT(ctx->arena);
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter))
        return fail_null(ctx, FAULT_INTERNAL, "YAML cannot be written: no memory");
    yaml_emitter_set_output(&emitter, append, &out);
    int written = write_document(&emitter, ctx->arena, value);
    if (!written)
        (void)fail(ctx, FAULT_INTERNAL, "YAML cannot be written: %s",
                   emitter.problem ? emitter.problem : "no memory");
    yaml_emitter_delete(&emitter);
    return written ? out.data : NULL;
}
