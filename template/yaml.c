/* YAML to values, as PyYAML's safe loader reads it with timestamps left as strings (which is how Heat loads
 * templates).
 *
 *   libyaml's parser ──events──> read_node ──> values
 *                                  │  ^
 *                      anchors: name -> value and its size
 *
 * Values are immutable, so an alias shares what its anchor made: no copy. But who walks the result sees every
 * alias expanded, so the size of the expansion is counted while reading: each node adds its own to its
 * parent's, and past MAX_NODES the document is refused. That stops "billion laughs" here, before anything
 * else can trip over it. Depth counts the same way, through aliases.
 *
 * (Rejected: libyaml's own document API. It builds all nodes first, without a cap, and knows nothing of merge
 * keys.)
 *
 * Messages are those of libyaml, set as PyYAML sets them, with the piece of text and a mark below. */
#include "template/template.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>
#include <yaml.h>

#include "base/utf8.h"
#include "template/name_index.h"
#include "template/yaml_scalar.h"

enum { MAX_NODES = 1000 * 1000, MAX_ANCHORS = 10 * 1000 };

struct anchor {
    const struct value *value; /* NULL: still being read */
    size_t nodes, depth;
    yaml_mark_t mark;
};

struct reader {
    struct ctx *ctx;
    const char *text;
    size_t length;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_event;
    struct name_index *names;
    struct anchor *anchors;
    size_t anchor_count;
    size_t depth;      /* of collections around */
    struct error flaw; /* of a value, not of the text; told last */
    size_t flaw_depth;
};

/* A node just read: its value, and what expanding it amounts to. */
struct node {
    const struct value *value;
    size_t nodes, depth;
    bool merge;     /* it is the key "<<" */
    bool value_key; /* it is a bare "=" */
    yaml_mark_t mark;
};

/* ---- messages ---- */
static const char *line_start(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n' && at[-1] != '\r')
        at--;
    return at;
}

/* Start of line number line of the text. */
static const char *line_at(const struct reader *reader, size_t line)
{
    const char *at = reader->text, *end = at + reader->length;
    while (line > 0 && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return line_start(reader->text, end);
        at = newline + 1;
        line--;
    }
    return at;
}

/* Moves at by up to count characters, not past a line's end; *moved tells how many. */
static const char *forward(const char *at, const char *end, size_t count, size_t *moved)
{
    uint32_t code;
    size_t size;
    for (*moved = 0; *moved < count && at < end && *at != '\n' && *at != '\r'; (*moved)++) {
        size = utf8_decode(at, (size_t)(end - at), &code);
        at += size ? size : 1;
    }
    return at;
}

/* The line with a caret under the column; of a long one only what is near, as PyYAML cuts it. */
static void write_snippet(struct str *out, const struct reader *reader, const yaml_mark_t *mark)
{
    enum { NEAR = 36, CUT = 32 };
    const char *end = reader->text + reader->length;
    size_t before = mark->column > NEAR ? CUT : mark->column, skipped, reached, rest;
    const char *from = forward(line_at(reader, mark->line), end, mark->column - before, &skipped);
    const char *point = forward(from, end, before, &reached), *stop = forward(point, end, NEAR + 1, &rest);
    if (rest > NEAR)
        stop = forward(point, end, CUT, &rest);
    const char *head = skipped ? " ... " : "",
               *tail = rest == CUT && stop < end && *stop != '\n' ? " ... " : "";
    str_printf(out, ":\n    %s%.*s%s\n    %*s^", head, (int)(stop - from), from, tail,
               (int)(reached + strlen(head)), "");
}

static void write_mark(struct str *out, const struct reader *reader, const yaml_mark_t *mark)
{
    str_printf(out, "%s  in \"<unicode string>\", line %zu, column %zu", out->length ? "\n" : "",
               mark->line + 1, mark->column + 1);
    write_snippet(out, reader, mark);
}

static int fail_marked(struct reader *reader, const char *context, const yaml_mark_t *context_mark,
                       const char *problem, const yaml_mark_t *mark)
{
    struct str out = STR_INIT(reader->ctx->arena);
    if (context)
        str_add(&out, context);
    if (context_mark && (context_mark->line != mark->line || context_mark->column != mark->column))
        write_mark(&out, reader, context_mark);
    str_printf(&out, "%s%s", out.length ? "\n" : "", problem);
    write_mark(&out, reader, mark);
    return fail(reader->ctx, FAULT_BAD_REQUEST, "%s", out.data);
}

static int fail_here(struct reader *reader, const char *problem)
{
    return fail_marked(reader, NULL, NULL, problem, &reader->event.start_mark);
}

/* What is wrong with a value that could be read is told only when all could be: PyYAML makes its values after
 * the text was composed, from the outermost level inwards. Call it after a fail; the value is null then. */
static int defer(struct reader *reader, struct node *node)
{
    struct ctx *ctx = reader->ctx;
    if (ctx->error.fault != FAULT_BAD_REQUEST)
        return -1;
    if (reader->flaw.fault == FAULT_NONE || reader->depth < reader->flaw_depth) {
        reader->flaw = ctx->error;
        reader->flaw_depth = reader->depth;
    }
    error_clear(ctx);
    node->value = &value_null;
    return 0;
}

/* PyYAML's words for libyaml's, where it goes on with what was found instead. */
static const char *const problems[][2] = {
    {"did not find expected ',' or ']'", "expected ',' or ']', but got"},
    {"did not find expected ',' or '}'", "expected ',' or '}', but got"},
    {"did not find expected node content", "expected the node content, but found"},
    {"did not find expected key", "expected <block end>, but found"},
    {"did not find expected '-' indicator", "expected <block end>, but found"},
    {"did not find expected <document start>", "expected '<document start>', but found"},
};

static const char *text_at(const struct reader *reader, const yaml_mark_t *mark)
{
    size_t moved;
    return forward(line_at(reader, mark->line), reader->text + reader->length, mark->column, &moved);
}

static const char *character_at(const struct reader *reader, const yaml_mark_t *mark)
{
    const char *at = text_at(reader, mark);
    uint32_t code;
    if (at >= reader->text + reader->length)
        return "'\\x00'";
    size_t size = utf8_decode(at, (size_t)(reader->text + reader->length - at), &code);
    return value_to_repr(reader->ctx->arena, value_string_n(reader->ctx->arena, at, size));
}

/* Whether a scalar that begins here is a simple key: its line goes on with a colon. */
static bool begins_key(const char *at, const char *end)
{
    for (; at < end && !strchr("\r\n", *at); at++)
        if (*at == ':' && (at + 1 == end || strchr(" \r\n", at[1])))
            return true;
    return false;
}

/* What stands at the mark, named as PyYAML names tokens. */
static const char *token_at(const struct reader *reader, const yaml_mark_t *mark)
{
    const char *at = text_at(reader, mark), *end = reader->text + reader->length;
    while (at < end && strchr(" \r\n", *at))
        at++;
    if (at >= end)
        return "'<stream end>'";
    if (strchr(",:?-[]{}", *at))
        return arena_printf(reader->ctx->arena, "'%c'", *at);
    if (begins_key(at, end))
        return "'?'";
    return *at == '&' ? "'<anchor>'" : *at == '*' ? "'<alias>'" : *at == '!' ? "'<tag>'" : "'<scalar>'";
}

/* PyYAML's words for libyaml's, where it goes on with the character that was found instead. */
static const char *const character_problems[][2] = {
    {"found character that cannot start any token", "found character %s that cannot start any token"},
    {"could not find expected directive name", "expected alphabetic or numeric character, but found %s"},
    {"did not find expected alphabetic or numeric character",
     "expected alphabetic or numeric character, but found %s"},
    {"did not find expected tag URI", "expected URI, but found %s"},
    {"did not find expected comment or line break", "expected a comment or a line break, but found %s"},
    {"did not find expected whitespace or line break", "expected ' ', but found %s"},
    {"did not find expected hexdecimal number",
     "expected escape sequence of 4 hexadecimal numbers, but found %s"},
};

/* The words with what was found. */
static const char *with_character(const struct reader *reader, const char *words)
{
    const char *hole = strstr(words, "%s");
    return arena_printf(reader->ctx->arena, "%.*s%s%s", (int)(hole - words), words,
                        character_at(reader, &reader->parser.problem_mark), hole + 2);
}

static const char *problem_text(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (strcmp(parser->problem, "mapping values are not allowed in this context") == 0)
        return "mapping values are not allowed here";
    if (strcmp(parser->problem, "block sequence entries are not allowed in this context") == 0)
        return "sequence entries are not allowed here";
    if (strcmp(parser->problem, "did not find expected comment or line break") == 0 && parser->context &&
        strcmp(parser->context, "while scanning a block scalar") == 0 &&
        !strchr(" \t", text_at(reader, &parser->problem_mark)[-1]))
        return with_character(reader, "expected chomping or indentation indicators, but found %s");
    for (size_t i = 0; i < COUNT_OF(character_problems); i++)
        if (strcmp(parser->problem, character_problems[i][0]) == 0)
            return with_character(reader, character_problems[i][1]);
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (strcmp(parser->problem, problems[i][0]) == 0)
            return arena_printf(reader->ctx->arena, "%s %s", problems[i][1],
                                token_at(reader, &parser->problem_mark));
    return parser->problem;
}

/* At the end of a text without a last newline libyaml stands on a line that is not there; PyYAML, after the
 * last character. */
static void settle_mark(const struct reader *reader, yaml_mark_t *mark)
{
    const char *end = reader->text + reader->length, *last = line_start(reader->text, end);
    size_t lines = 0;
    for (const char *at = reader->text; at < last; at++)
        lines += *at == '\n';
    if (mark->line <= lines || last == end)
        return;
    mark->line = lines;
    (void)forward(last, end, (size_t)(end - last), &mark->column);
}

static int fail_parser(struct reader *reader)
{
    yaml_parser_t *parser = &reader->parser;
    settle_mark(reader, &parser->problem_mark);
    settle_mark(reader, &parser->context_mark);
    if (parser->error == YAML_READER_ERROR)
        return fail(reader->ctx, FAULT_BAD_REQUEST,
                    "unacceptable character #x%04x: special characters are not allowed\n  in \"<unicode "
                    "string>\", position %zu",
                    (unsigned)parser->problem_value, utf8_count(reader->text, parser->problem_offset));
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return fail(reader->ctx, FAULT_UNAVAILABLE, "Out of memory");
    return fail_marked(reader, parser->context, parser->context ? &parser->context_mark : NULL,
                       problem_text(reader), &parser->problem_mark);
}

/* ---- events ---- */
static void drop_event(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
}

static int next_event(struct reader *reader)
{
    drop_event(reader);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return fail_parser(reader);
    reader->has_event = true;
    if (arena_over(reader->ctx->arena))
        return fail(reader->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The document takes too much memory.");
    return 0;
}

/* ---- size ---- */
static int add_size(struct reader *reader, struct node *parent, const struct node *child)
{
    parent->nodes += child->nodes;
    if (child->depth >= parent->depth)
        parent->depth = child->depth + 1;
    if (parent->nodes > MAX_NODES)
        return fail(
            reader->ctx, FAULT_TOO_LARGE,
            "Request limit exceeded: The document has more than %d nodes when its aliases are expanded.",
            MAX_NODES);
    if (parent->depth + reader->depth > VALUE_MAX_DEPTH)
        return fail(reader->ctx, FAULT_BAD_REQUEST, "The document is nested more than %d levels deep.",
                    VALUE_MAX_DEPTH);
    return 0;
}

/* ---- anchors ---- */
/* Registers the anchor of the current event, if any: its number is put in *number, else SIZE_MAX. */
static int open_anchor(struct reader *reader, const yaml_char_t *name, size_t *number)
{
    *number = SIZE_MAX;
    if (!name)
        return 0;
    struct arena *arena = reader->ctx->arena;
    const char *text = arena_strdup(arena, (const char *)name);
    if (!reader->names) {
        reader->names = name_index_create(arena, MAX_ANCHORS);
        reader->anchors = arena_array(arena, struct anchor, MAX_ANCHORS);
    }
    size_t known = name_index_find(reader->names, text);
    if (known != NAME_NOT_FOUND)
        return fail_marked(reader, arena_printf(arena, "found duplicate anchor '%s'; first occurrence", text),
                           &reader->anchors[known].mark, "second occurrence", &reader->event.start_mark);
    if (reader->anchor_count == MAX_ANCHORS)
        return fail(reader->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The document has more than %d anchors.", MAX_ANCHORS);
    *number = reader->anchor_count++;
    reader->anchors[*number].mark = reader->event.start_mark;
    name_index_add(reader->names, text, *number);
    return 0;
}

static void close_anchor(struct reader *reader, size_t number, const struct node *node)
{
    if (number != SIZE_MAX)
        reader->anchors[number] =
            (struct anchor){node->value, node->nodes, node->depth, reader->anchors[number].mark};
}

static int read_alias(struct reader *reader, struct node *node)
{
    const char *name = (const char *)reader->event.data.alias.anchor;
    size_t number = name_index_find(reader->names, name);
    if (number == NAME_NOT_FOUND)
        return fail_here(reader, arena_printf(reader->ctx->arena, "found undefined alias '%s'", name));
    const struct anchor *anchor = &reader->anchors[number];
    if (!anchor->value)
        return fail_here(reader, "found unconstructable recursive node"), defer(reader, node);
    node->value = anchor->value;
    node->nodes = anchor->nodes;
    node->depth = anchor->depth;
    return 0;
}

/* ---- scalars ---- */
static const char standard[] = "tag:yaml.org,2002:";

static int fail_tag(struct reader *reader, const char *tag)
{
    return fail_here(
        reader, arena_printf(reader->ctx->arena, "could not determine a constructor for the tag '%s'", tag));
}

static const struct value *decode_binary(struct reader *reader, const char *text, size_t length)
{
    unsigned char *bytes = arena_alloc(reader->ctx->arena, length + 1);
    size_t size = 0;
    if (sodium_base642bin(bytes, length + 1, text, length, " \t\r\n", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        !utf8_valid((const char *)bytes, size))
        return NULL;
    return value_string_n(reader->ctx->arena, (const char *)bytes, size);
}

static const struct value *read_tagged(struct reader *reader, const char *kind, const char *text,
                                       size_t length)
{
    static const struct {
        const char *name;
        enum scalar_tag tag;
    } tags[] = {{"str", SCALAR_STR},   {"null", SCALAR_NULL},   {"bool", SCALAR_BOOL},
                {"int", SCALAR_INT},   {"float", SCALAR_FLOAT}, {"timestamp", SCALAR_STR},
                {"value", SCALAR_STR}, {"merge", SCALAR_STR}};
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (strcmp(kind, tags[i].name) == 0)
            return scalar_construct(reader->ctx->arena, tags[i].tag, text, length);
    return strcmp(kind, "binary") == 0 ? decode_binary(reader, text, length) : NULL;
}

static bool is_known_scalar_tag(const char *kind)
{
    static const char *const known[] = {"str", "null", "bool", "int", "float", "timestamp", "binary"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(kind, known[i]) == 0)
            return true;
    return false;
}

static int read_explicit(struct reader *reader, struct node *node, const char *tag, const char *text,
                         size_t length)
{
    const char *kind = strncmp(tag, standard, sizeof standard - 1) == 0 ? tag + sizeof standard - 1 : NULL;
    if (!kind || !is_known_scalar_tag(kind))
        return fail_tag(reader, tag);
    node->value = read_tagged(reader, kind, text, length);
    if (!node->value)
        return fail_here(reader,
                         arena_printf(reader->ctx->arena, "invalid value for the tag '%s': '%s'", tag, text));
    return 0;
}

static int read_plain(struct reader *reader, struct node *node, const char *text, size_t length)
{
    enum scalar_tag tag = scalar_resolve(text, length);
    node->merge = tag == SCALAR_MERGE;
    node->value_key = tag == SCALAR_VALUE;
    node->value = scalar_construct(reader->ctx->arena, tag, text, length);
    if (!node->value)
        return fail_here(reader, arena_printf(reader->ctx->arena, "invalid number '%s'", text));
    return 0;
}

static int read_scalar(struct reader *reader, struct node *node)
{
    const char *text = (const char *)reader->event.data.scalar.value;
    const char *tag = (const char *)reader->event.data.scalar.tag;
    size_t length = reader->event.data.scalar.length;
    if (tag && strcmp(tag, "!") != 0)
        return read_explicit(reader, node, tag, text, length);
    if (reader->event.data.scalar.plain_implicit)
        return read_plain(reader, node, text, length);
    node->value = value_string_n(reader->ctx->arena, text, length);
    return 0;
}

/* ---- collections ---- */
static int read_node(struct reader *reader, struct node *node);

static int check_collection_tag(struct reader *reader, const yaml_char_t *tag, const char *kind)
{
    const char *text = (const char *)tag;
    if (!text || strcmp(text, "!") == 0)
        return 0;
    if (strncmp(text, standard, sizeof standard - 1) != 0)
        return fail_tag(reader, text);
    const char *name = text + sizeof standard - 1;
    return strcmp(name, kind) == 0 ? 0 : fail_tag(reader, text);
}

static int enter_collection(struct reader *reader)
{
    if (++reader->depth > VALUE_MAX_DEPTH)
        return fail(reader->ctx, FAULT_BAD_REQUEST, "The document is nested more than %d levels deep.",
                    VALUE_MAX_DEPTH);
    return 0;
}

/* A bare "=" is only good as a key. */
static int check_item(struct reader *reader, const struct node *item)
{
    if (!item->value_key)
        return 0;
    return fail_marked(reader, NULL, NULL,
                       "could not determine a constructor for the tag 'tag:yaml.org,2002:value'",
                       &item->mark);
}

static int check_list_item(struct reader *reader, const struct node *item)
{
    if (!item->merge)
        return check_item(reader, item);
    return fail_marked(reader, NULL, NULL,
                       "could not determine a constructor for the tag 'tag:yaml.org,2002:merge'",
                       &item->mark);
}

static int read_items(struct reader *reader, struct node *node, struct value *list)
{
    for (;;) {
        struct node item = {0};
        if (next_event(reader) != 0)
            return -1;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        if (read_node(reader, &item) != 0 ||
            (check_list_item(reader, &item) != 0 && defer(reader, &item) != 0) ||
            add_size(reader, node, &item) != 0)
            return -1;
        value_list_add(reader->ctx->arena, list, item.value);
    }
}

/* A list of maps of one entry to a list of [key, value]. */
static int make_pairs(struct reader *reader, struct node *node, const yaml_mark_t *start)
{
    struct arena *arena = reader->ctx->arena;
    struct value *pairs = value_list(arena);
    for (size_t i = 0; i < value_count(node->value); i++) {
        const struct value *item = value_at(node->value, i);
        if (!value_is(item, VALUE_MAP) || value_count(item) != 1)
            return fail_marked(reader, "while constructing pairs", start, "expected a mapping of length 1",
                               start),
                   defer(reader, node);
        struct value *pair = value_list(arena);
        value_list_add(arena, pair, value_string(arena, item->map.entries[0].key));
        value_list_add(arena, pair, item->map.entries[0].value);
        value_list_add(arena, pairs, pair);
    }
    node->value = pairs;
    return 0;
}

static int read_list(struct reader *reader, struct node *node)
{
    const char *tag = (const char *)reader->event.data.sequence_start.tag;
    bool pairs =
        tag && (strcmp(tag, "tag:yaml.org,2002:pairs") == 0 || strcmp(tag, "tag:yaml.org,2002:omap") == 0);
    if (!pairs && check_collection_tag(reader, reader->event.data.sequence_start.tag, "seq") != 0 &&
        defer(reader, node) != 0)
        return -1;
    if (enter_collection(reader) != 0)
        return -1;
    yaml_mark_t start = reader->event.start_mark;
    struct value *list = value_list(reader->ctx->arena);
    int result = read_items(reader, node, list);
    node->value = list;
    if (result == 0 && pairs)
        result = make_pairs(reader, node, &start);
    reader->depth--;
    return result;
}

/* How json.dumps writes a key that is no string; NULL when it cannot be a key. */
static const char *key_text(struct arena *arena, const struct value *key)
{
    switch (key->kind) {
    case VALUE_STRING:
        return strlen(key->string.text) == key->string.length ? key->string.text : NULL;
    case VALUE_LIST:
    case VALUE_MAP:
        return NULL;
    default:
        return value_to_json(arena, key);
    }
}

static void merge_into(struct arena *arena, struct value *map, const struct value *source)
{
    for (size_t i = 0; i < value_count(source); i++)
        value_map_set(arena, map, source->map.entries[i].key, source->map.entries[i].value);
}

/* What "<<" names goes before the map's own keys, the first of several maps winning. */
static int merge(struct reader *reader, struct value *merged, const struct node *item,
                 const yaml_mark_t *start)
{
    const struct value *source = item->value;
    if (value_is(source, VALUE_MAP)) {
        merge_into(reader->ctx->arena, merged, source);
        return 0;
    }
    if (!value_is(source, VALUE_LIST))
        return fail_marked(reader, "while constructing a mapping", start,
                           "expected a mapping or list of mappings for merging, but found scalar",
                           &item->mark);
    for (size_t i = value_count(source); i-- > 0;) {
        if (!value_is(value_at(source, i), VALUE_MAP))
            return fail_marked(
                reader, "while constructing a mapping", start,
                arena_printf(reader->ctx->arena, "expected a mapping for merging, but found %s",
                             value_is(value_at(source, i), VALUE_LIST) ? "sequence" : "scalar"),
                &item->mark);
        merge_into(reader->ctx->arena, merged, value_at(source, i));
    }
    return 0;
}

struct mapping {
    struct value *own, *merged; /* merged: NULL without "<<" */
    yaml_mark_t start;
};

static int read_entry(struct reader *reader, struct node *node, struct mapping *mapping)
{
    struct arena *arena = reader->ctx->arena;
    struct node key = {0}, item = {0};
    if (read_node(reader, &key) != 0 || add_size(reader, node, &key) != 0)
        return -1;
    const char *text = key_text(arena, key.value);
    struct node flawed;
    if (!text && (fail_marked(reader, "while constructing a mapping", &mapping->start, "found unhashable key",
                              &key.mark),
                  defer(reader, &flawed)) != 0)
        return -1;
    if (next_event(reader) != 0 || read_node(reader, &item) != 0 ||
        (check_list_item(reader, &item) != 0 && defer(reader, &item) != 0) ||
        add_size(reader, node, &item) != 0)
        return -1;
    if (!text)
        return 0;
    if (!key.merge) {
        value_map_set(arena, mapping->own, text, item.value);
        return 0;
    }
    if (!mapping->merged)
        mapping->merged = value_map(arena);
    return merge(reader, mapping->merged, &item, &mapping->start) == 0 ? 0 : defer(reader, &flawed);
}

static int read_entries(struct reader *reader, struct node *node, struct mapping *mapping)
{
    for (;;) {
        if (next_event(reader) != 0)
            return -1;
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (read_entry(reader, node, mapping) != 0)
            return -1;
    }
}

static int read_map(struct reader *reader, struct node *node)
{
    if ((check_collection_tag(reader, reader->event.data.mapping_start.tag, "map") != 0 &&
         defer(reader, node) != 0) ||
        enter_collection(reader) != 0)
        return -1;
    struct mapping mapping = {value_map(reader->ctx->arena), NULL, reader->event.start_mark};
    int result = read_entries(reader, node, &mapping);
    if (mapping.merged)
        merge_into(reader->ctx->arena, mapping.merged, mapping.own);
    node->value = mapping.merged ? mapping.merged : mapping.own;
    reader->depth--;
    return result;
}

/* Reads the node that the current event begins. */
static int read_node(struct reader *reader, struct node *node)
{
    const yaml_event_t *event = &reader->event;
    size_t anchor = SIZE_MAX;
    int result;
    node->nodes = 1;
    node->mark = event->start_mark;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return read_alias(reader, node);
    case YAML_SCALAR_EVENT:
        result = open_anchor(reader, event->data.scalar.anchor, &anchor);
        if (result == 0 && read_scalar(reader, node) != 0)
            result = defer(reader, node);
        break;
    case YAML_SEQUENCE_START_EVENT:
        result = open_anchor(reader, event->data.sequence_start.anchor, &anchor) == 0
                     ? read_list(reader, node)
                     : -1;
        break;
    default:
        result =
            open_anchor(reader, event->data.mapping_start.anchor, &anchor) == 0 ? read_map(reader, node) : -1;
    }
    if (result == 0)
        close_anchor(reader, anchor, node);
    return result;
}

/* ---- the document ---- */
static const struct value *read_document(struct reader *reader)
{
    struct node node = {0};
    if (next_event(reader) != 0 || next_event(reader) != 0)
        return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return &value_null;
    if (next_event(reader) != 0 || read_node(reader, &node) != 0 ||
        (check_list_item(reader, &node) != 0 && defer(reader, &node) != 0) || next_event(reader) != 0 ||
        next_event(reader) != 0)
        return NULL;
    if (reader->event.type != YAML_STREAM_END_EVENT) {
        (void)fail_marked(reader, "expected a single document in the stream", &node.mark,
                          "but found another document", &reader->event.start_mark);
        return NULL;
    }
    if (reader->flaw.fault == FAULT_NONE)
        return node.value;
    reader->ctx->error = reader->flaw;
    return NULL;
}

const struct value *yaml_read(struct ctx *ctx, const char *text, size_t length)
{
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3, length -= 3;
    struct reader reader = {.ctx = ctx, .text = text, .length = length};
    if (!yaml_parser_initialize(&reader.parser))
        return fail_null(ctx, FAULT_UNAVAILABLE, "Out of memory");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
    const struct value *value = read_document(&reader);
    drop_event(&reader);
    yaml_parser_delete(&reader.parser);
    return value;
}
