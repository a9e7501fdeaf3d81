/* Carries out effects and questions. */
#include "engine/effects.h"

#include <string.h>

#include "base/uuid.h"
#include "engine/rows.h"
#include "engine/software.h"

static const enum statement effect_statements[EFFECT_COUNT] = {
#define EFFECT(kind, statement) [EFFECT_##kind] = STMT_##statement,
#define ASK(kind, statement)
#include "resources/effects.def"
#undef ASK
#undef EFFECT
};

static const enum statement ask_statements[ASK_COUNT] = {
#define EFFECT(kind, statement)
#define ASK(kind, statement) [ASK_##kind] = STMT_##statement,
#include "resources/effects.def"
#undef ASK
#undef EFFECT
};

/* ---- writing ---- */
static void add_row(struct ctx *ctx, struct value *rows, const char *tenant_id, const struct value *row)
{
    struct value *own = value_copy(ctx->arena, row);
    value_map_set(ctx->arena, own, "tenant_id", value_string(ctx->arena, tenant_id));
    value_list_add(ctx->arena, rows, own);
}

/* The rows of one kind, of each id the newest. */
static const struct value *rows_of(struct ctx *ctx, enum effect_kind kind,
                                   const struct effect_source *sources, size_t count)
{
    struct value *rows = value_list(ctx->arena), *seen = value_map(ctx->arena);
    for (size_t i = 0; i < count; i++)
        for (const struct effect *effect = sources[i].effects; effect; effect = effect->before) {
            if (effect->kind != kind)
                continue;
            const char *id = value_to_str(ctx->arena, value_get(effect->row, "id"));
            const char *key = arena_printf(ctx->arena, "%s %s", sources[i].tenant_id, id);
            if (!value_has(seen, key))
                add_row(ctx, rows, sources[i].tenant_id, effect->row);
            value_map_set(ctx->arena, seen, key, &value_true);
        }
    return rows;
}

int effects_write(struct ctx *ctx, struct db *db, const struct effect_source *sources, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = any || sources[i].effects;
    for (int kind = 0; any && kind < EFFECT_COUNT; kind++) {
        const struct value *rows = rows_of(ctx, (enum effect_kind)kind, sources, count);
        if (value_count(rows) == 0)
            continue;
        const char *json = value_to_json(ctx->arena, rows);
        int written = kind == EFFECT_SERVER_METADATA ? server_metadata_write(ctx, db, json)
                                                     : db_queue(ctx, db, effect_statements[kind], json);
        if (written != 0)
            return -1;
    }
    return 0;
}

/* ---- answering ---- */
/* Ids of configurations and deployments are UUIDs; whatever else is asked for is not there. */
static bool may_exist(const struct ask *ask)
{
    return ask->kind == ASK_SERVER || uuid_valid(ask->key);
}

static const char *questions(struct ctx *ctx, enum ask_kind kind, const struct asker *askers, size_t count,
                             size_t *asked)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        for (const struct ask *ask = *askers[i].asked; ask; ask = ask->before) {
            if (ask->kind != kind || !may_exist(ask))
                continue;
            row_begin(&list);
            row_text(&list, "tenant_id", askers[i].tenant_id);
            row_text(&list, "key", ask->key);
            row_end(&list);
        }
    *asked = list.count;
    return list.count ? row_list_json(&list) : NULL;
}

static const char *const answer_columns[] = {
    "server_id", "config_id", "input_values", "output_values", "action",  "status",    "status_reason",
    "name",      "group",     "config",       "created",       "updated", "referenced"};

/* A row as a map of texts and nulls, on the asker's arena. */
static const struct value *answer_of(struct arena *arena, const struct rows *rows, size_t row)
{
    struct value *answer = value_map(arena);
    for (size_t i = 0; i < COUNT_OF(answer_columns); i++) {
        int column = rows_column(rows, answer_columns[i]);
        const char *text = column >= 0 ? rows_text(rows, row, column) : NULL;
        if (column >= 0)
            value_map_set(arena, answer, answer_columns[i],
                          text ? value_string(arena, arena_strdup(arena, text)) : &value_null);
    }
    return answer;
}

/* Map "tenant key" -> row, 1 for the first. */
static const struct value *index_rows(struct ctx *ctx, const struct rows *rows)
{
    struct value *index = value_map(ctx->arena);
    for (size_t i = 0; rows && i < rows_count(rows); i++)
        value_map_set(ctx->arena, index,
                      arena_printf(ctx->arena, "%s %s", rows_text(rows, i, 0), rows_text(rows, i, 1)),
                      value_int(ctx->arena, (int64_t)i + 1));
    return index;
}

static void give_answers(struct ctx *ctx, enum ask_kind kind, const struct rows *rows,
                         const struct asker *askers, size_t count)
{
    const struct value *index = index_rows(ctx, rows);
    for (size_t i = 0; i < count; i++)
        for (const struct ask *ask = *askers[i].asked; ask; ask = ask->before) {
            if (ask->kind != kind)
                continue;
            const struct value *row =
                value_get(index, arena_printf(ctx->arena, "%s %s", askers[i].tenant_id, ask->key));
            const struct value *answer =
                row ? answer_of(askers[i].arena, rows, (size_t)row->integer - 1) : &value_null;
            *askers[i].answers = answers_add(askers[i].arena, *askers[i].answers, kind, ask->key, answer);
        }
}

int effects_answer(struct ctx *ctx, struct db *db, const struct asker *askers, size_t count)
{
    for (int kind = 0; kind < ASK_COUNT; kind++) {
        size_t asked;
        const char *json = questions(ctx, (enum ask_kind)kind, askers, count, &asked);
        struct rows *rows = asked ? db_read(ctx, db, ask_statements[kind], json) : NULL;
        if (asked && !rows)
            return -1;
        give_answers(ctx, (enum ask_kind)kind, rows, askers, count);
    }
    for (size_t i = 0; i < count; i++)
        *askers[i].asked = NULL;
    return 0;
}

/* ---- the metadata of servers ---- */
enum { OF_TENANT = CONFIG_REST + 1, OF_SERVER }; /* columns of software_servers_deployments */

static const char *with_deployments(struct ctx *ctx, const char *metadata, const struct value *list)
{
    const struct value *before = value_read_json(ctx, metadata, strlen(metadata));
    if (!before)
        return NULL;
    struct value *after = value_copy(ctx->arena, before);
    value_map_set(ctx->arena, after, "deployments", list);
    return value_to_json(ctx->arena, after);
}

/* A server's part of the rows, which are in order of tenant and server. */
static const struct value *deployments_of(struct ctx *ctx, const struct rows *configs, const char *tenant_id,
                                          const char *server_id)
{
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < rows_count(configs); i++) {
        struct str text = STR_INIT(ctx->arena);
        if (strcmp(rows_text(configs, i, OF_SERVER), server_id) != 0 ||
            strcmp(rows_text(configs, i, OF_TENANT), tenant_id) != 0)
            continue;
        software_config_write(&text, configs, i, true, false);
        const struct value *config = value_read_json(ctx, text.data, text.length);
        if (!config)
            return NULL;
        value_list_add(ctx->arena, list, config);
    }
    return list;
}

static int add_metadata(struct ctx *ctx, struct row_list *list, const struct rows *servers, size_t row,
                        const struct rows *configs)
{
    const struct value *deployments =
        deployments_of(ctx, configs, rows_text(servers, row, 0), rows_text(servers, row, 1));
    const char *metadata =
        deployments ? with_deployments(ctx, rows_text(servers, row, 3), deployments) : NULL;
    if (!metadata)
        return -1;
    row_begin(list);
    row_text(list, "id", rows_text(servers, row, 2));
    row_text(list, "metadata", metadata);
    row_end(list);
    return 0;
}

int server_metadata_write(struct ctx *ctx, struct db *db, const char *servers)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    struct rows *locked = db_run(ctx, db, STMT_software_servers_lock, servers);
    if (!locked)
        return -1;
    if (rows_count(locked) == 0)
        return 0;
    struct rows *configs = db_run(ctx, db, STMT_software_servers_deployments, servers);
    for (size_t i = 0; configs && i < rows_count(locked); i++)
        if (add_metadata(ctx, &list, locked, i, configs) != 0)
            return -1;
    return configs ? db_queue(ctx, db, STMT_software_servers_store, row_list_json(&list)) : -1;
}
