/* Runs the cases of the template language: tests/template/README.md says how they are written. Fails when a
 * case does, and when a row of functions.def was evaluated by none. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template/yaql.h"

enum { MAX_SECTIONS = 24, ARENA_CAP = 64 * 1024 * 1024 };

struct section {
    const char *name, *argument, *body;
};

struct test_case {
    const char *file, *name;
    struct section sections[MAX_SECTIONS];
    size_t count;
};

struct run {
    struct ctx ctx;
    const struct test_case *test;
    const struct template_version *version;
    const struct value *world, *snippet, *result;
    struct template *template;
    struct environment *environment;
    struct parameters *parameters;
    struct scope scope;
    struct graph *graph;
    struct str report; /* what went wrong; empty: nothing */
};

static bool *seen, *seen_yaql;
static size_t passed, failed;

/* ---- sections ---- */
static const struct section *section_of(const struct test_case *test, const char *name)
{
    for (size_t i = 0; i < test->count; i++)
        if (strcmp(test->sections[i].name, name) == 0)
            return &test->sections[i];
    return NULL;
}

static const char *body_of(const struct run *run, const char *name)
{
    const struct section *section = section_of(run->test, name);
    return section ? section->body : NULL;
}

static const struct value *yaml_of(struct run *run, const char *name)
{
    const char *body = body_of(run, name);
    if (!body)
        return NULL;
    const struct value *value = yaml_read(&run->ctx, body, strlen(body));
    if (!value) {
        str_printf(&run->report, "  section %s is no YAML: %s\n", name, run->ctx.error.message);
        error_clear(&run->ctx);
    }
    return value;
}

static char *trimmed(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    while (length && strchr("\n ", text[length - 1]))
        length--;
    return arena_strndup(arena, text, length);
}

/* ---- the world of a case ---- */
static const struct value *world_resource(void *self, const char *resource)
{
    return value_get(value_get(((struct run *)self)->world, "resources"), resource);
}

static const struct value *world_id(struct ctx *ctx, void *self, const char *resource)
{
    return value_get(world_resource(self, resource), "id");
}

static const struct value *world_attribute(struct ctx *ctx, void *self, const char *resource,
                                           const char *attribute)
{
    const struct value *attributes = value_get(world_resource(self, resource), "attributes");
    if (!attributes)
        return NULL;
    if (!attribute)
        return attributes;
    if (!value_has(attributes, attribute))
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         resource, attribute);
    return value_get(attributes, attribute);
}

static const struct value *world_facade(struct ctx *ctx, void *self, const char *what)
{
    return value_get(value_get(((struct run *)self)->world, "facade"), what);
}

static const struct value *world_zones(struct ctx *ctx, void *self)
{
    return value_get(((struct run *)self)->world, "zones");
}

static int known_constraint(struct ctx *ctx, void *self, const char *name, const struct value *value,
                            const char **reason)
{
    if (strcmp(name, "test.good") == 0)
        return 1;
    if (strcmp(name, "test.bad") != 0)
        return -1;
    *reason =
        arena_printf(ctx->arena, "Error validating value '%s': it is bad", value_to_str(ctx->arena, value));
    return 0;
}

/* ---- preparing ---- */
static const struct template_version *version_called(struct arena *arena, const char *name)
{
    if (strcmp(name, "aws") == 0)
        return template_version_find("AWSTemplateFormatVersion.2010-09-09");
    if (strcmp(name, "heat-cfn") == 0)
        return template_version_find("HeatTemplateFormatVersion.2012-12-12");
    return template_version_find(arena_printf(arena, "heat_template_version.%s", name));
}

static void add_section(struct run *run, struct value *document, const char *key, const char *name)
{
    const struct value *section = yaml_of(run, name);
    if (section)
        value_map_set(run->ctx.arena, document, key, section);
}

static void add_resource(struct run *run, struct value *resources, const char *name,
                         const struct value *snippet)
{
    struct arena *arena = run->ctx.arena;
    bool hot = run->version->class == TEMPLATE_HOT;
    struct value *resource = value_map(arena), *properties = value_map(arena);
    value_map_set(arena, resource, hot ? "type" : "Type", value_string(arena, "Test"));
    if (snippet) {
        value_map_set(arena, properties, "value", snippet);
        value_map_set(arena, resource, hot ? "properties" : "Properties", properties);
    }
    value_map_set(arena, resources, name, resource);
}

/* A template around the snippet of a "value" case. */
static const struct value *made_document(struct run *run)
{
    struct arena *arena = run->ctx.arena;
    bool hot = run->version->class == TEMPLATE_HOT;
    struct value *document = value_map(arena), *resources = value_map(arena);
    const struct value *others = value_get(run->world, "resources");
    value_map_set(arena, document, run->version->key, value_string(arena, run->version->date));
    add_section(run, document, hot ? "parameters" : "Parameters", "schema");
    add_section(run, document, hot ? "conditions" : "Conditions", "conditions");
    add_section(run, document, hot ? "mappings" : "Mappings", "mappings");
    run->snippet = yaml_of(run, "value");
    add_resource(run, resources, "r", run->snippet);
    for (size_t i = 0; i < value_count(others); i++)
        add_resource(run, resources, others->map.entries[i].key, NULL);
    value_map_set(arena, document, hot ? "resources" : "Resources", resources);
    return document;
}

static const struct value *document_of(struct run *run)
{
    const char *text = body_of(run, "template");
    return text ? template_read(&run->ctx, text, strlen(text)) : made_document(run);
}

static const struct value *environment_of(struct run *run)
{
    const char *text = body_of(run, "environment");
    return text ? environment_read(&run->ctx, text, strlen(text)) : NULL;
}

static int prepare_scope(struct run *run)
{
    run->scope = (struct scope){.ctx = &run->ctx,
                                .template = run->template,
                                .parameters = run->parameters,
                                .files = yaml_of(run, "files"),
                                .world = {.self = run},
                                .seen = seen,
                                .seen_yaql = seen_yaql};
    if (run->world)
        run->scope.world = (struct world){run,
                                          world_id,
                                          world_attribute,
                                          NULL,
                                          value_has(run->world, "facade") ? world_facade : NULL,
                                          value_has(run->world, "zones") ? world_zones : NULL};
    if (scope_check_template(&run->scope) != 0)
        return -1;
    run->graph = graph_build(&run->ctx, &run->scope);
    return run->graph ? 0 : -1;
}

static int prepare(struct run *run)
{
    static const struct pseudo_parameters pseudo = {"stack", "11111111-2222-3333-4444-555555555555",
                                                    "project", "RegionOne", NULL};
    const struct value *document = document_of(run);
    run->template = document ? template_parse(&run->ctx, document) : NULL;
    if (!run->template)
        return -1;
    run->template->custom_constraint = known_constraint;
    const struct value *environment = environment_of(run);
    if (run->ctx.error.fault)
        return -1;
    run->environment = environment_build_for(&run->ctx, run->template, environment,
                                             yaml_of(run, "environment_files"), yaml_of(run, "files"));
    if (!run->environment)
        return -1;
    run->parameters = parameters_resolve(&run->ctx, run->template, run->environment, yaml_of(run, "given"),
                                         &pseudo, !section_of(run->test, "lenient"));
    return run->parameters ? prepare_scope(run) : -1;
}

/* ---- comparing ---- */
static void expect_text(struct run *run, const char *what, const char *wanted, const char *got)
{
    if (strcmp(wanted, got ? got : "") != 0)
        str_printf(&run->report, "  %s\n    wanted: %s\n    got:    %s\n", what, wanted,
                   got ? got : "(none)");
}

static void expect_json(struct run *run, const char *what, const char *body, const struct value *got)
{
    if (!got) {
        str_printf(&run->report, "  %s: failed with %s: %s\n    path: %s\n", what,
                   fault_name(run->ctx.error.fault), run->ctx.error.message,
                   run->ctx.error.path ? run->ctx.error.path : "");
        return;
    }
    const struct value *wanted = value_read_json(&run->ctx, body, strlen(body));
    if (!wanted)
        str_printf(&run->report, "  %s is no JSON\n", what);
    else
        expect_text(run, what, value_to_json(run->ctx.arena, wanted), value_to_json(run->ctx.arena, got));
}

static const struct value *resolved_outputs(struct run *run)
{
    struct value *outputs = value_map(run->ctx.arena);
    for (size_t i = 0; i < run->template->output_count; i++) {
        const struct output_definition *output = &run->template->outputs[i];
        if (output->condition && scope_condition(&run->scope, output->condition) == 0)
            continue;
        run->scope.path = arena_printf(run->ctx.arena, "outputs.%s.value", output->name);
        const struct value *value = scope_resolve(&run->scope, output->value);
        if (!value)
            return NULL;
        value_map_set(run->ctx.arena, outputs, output->name, value);
    }
    return outputs;
}

static const struct value *resolved_properties(struct run *run, const char *name)
{
    const struct resource_definition *resource = template_resource(run->template, name);
    run->scope.path = arena_printf(run->ctx.arena, "resources.%s.properties", name);
    return resource ? scope_resolve(&run->scope, resource->properties) : NULL;
}

static const char *order_text(struct run *run)
{
    struct str out = STR_INIT(run->ctx.arena);
    for (size_t i = 0; i < run->graph->order_count; i++)
        str_printf(&out, "%s%s", i ? " " : "", run->template->resources[run->graph->order[i]].name);
    return out.data;
}

static const char *edges_text(struct run *run)
{
    struct str out = STR_INIT(run->ctx.arena);
    for (size_t i = 0; i < run->graph->edge_count; i++)
        str_printf(&out, "%s%s -> %s", i ? "\n" : "",
                   run->template->resources[run->graph->edges[i].from].name,
                   run->template->resources[run->graph->edges[i].to].name);
    return out.data;
}

static const char *reads_text(struct run *run, const char *resource)
{
    struct str out = STR_INIT(run->ctx.arena);
    const char **names;
    size_t count = graph_attributes_read(&run->ctx, &run->scope, resource, &names);
    for (size_t i = 0; i < count; i++)
        str_printf(&out, "%s%s", i ? " " : "", names[i] ? names[i] : "*");
    return out.data;
}

static const char *functions_text(struct run *run, bool with_conditions)
{
    struct str out = STR_INIT(run->ctx.arena);
    const struct template_function *list;
    size_t count = template_version_functions(&run->ctx, run->version, with_conditions, &list);
    for (size_t i = 0; i < count; i++)
        str_printf(&out, "%s%s", i ? " " : "", list[i].name);
    return out.data;
}

static void expect_section(struct run *run, const struct section *section)
{
    struct arena *arena = run->ctx.arena;
    const char *name = section->name, *body = section->body, *text = trimmed(arena, body);
    if (strcmp(name, "result") == 0)
        expect_json(run, name, body, run->result);
    else if (strcmp(name, "outputs") == 0)
        expect_json(run, name, body, resolved_outputs(run));
    else if (strcmp(name, "properties") == 0)
        expect_json(run, name, body, resolved_properties(run, section->argument));
    else if (strcmp(name, "shown") == 0 || strcmp(name, "revealed") == 0)
        expect_json(run, name, body, parameters_shown(&run->ctx, run->parameters, name[0] == 'r'));
    else if (strcmp(name, "described") == 0)
        expect_json(run, name, body, parameters_describe(&run->ctx, run->template, run->parameters));
    else if (strcmp(name, "merged") == 0)
        expect_json(run, name, body, environment_document(&run->ctx, run->environment));
    else if (strcmp(name, "order") == 0)
        expect_text(run, name, text, order_text(run));
    else if (strcmp(name, "edges") == 0)
        expect_text(run, name, text, edges_text(run));
    else if (strcmp(name, "reads") == 0)
        expect_text(run, name, text, reads_text(run, section->argument));
    else if (strcmp(name, "functions") == 0)
        expect_text(run, name, text, functions_text(run, *section->argument));
}

static void expect_error(struct run *run, const struct section *section)
{
    struct arena *arena = run->ctx.arena;
    const struct error *error = &run->ctx.error;
    char *fault = arena_strdup(arena, section->argument), *dots = strstr(fault, " ...");
    const char *wanted = trimmed(arena, section->body);
    if (dots)
        *dots = '\0';
    expect_text(run, "error", fault, fault_name(error->fault));
    const char *got = error->message ? error->message : "(none)";
    if (dots && strncmp(got, wanted, strlen(wanted)) == 0)
        got = wanted;
    expect_text(run, "message", wanted, got);
    if (body_of(run, "path"))
        expect_text(run, "path", trimmed(arena, body_of(run, "path")), error->path);
    if (body_of(run, "kind"))
        expect_text(run, "kind", trimmed(arena, body_of(run, "kind")), error->kind);
}

/* ---- running ---- */
static int execute(struct run *run)
{
    const char *yaml = body_of(run, "yaml");
    if (yaml) {
        run->result = yaml_read(&run->ctx, yaml, strlen(yaml));
        return run->result ? 0 : -1;
    }
    run->world = yaml_of(run, "world");
    if (prepare(run) != 0)
        return -1;
    if (!run->snippet)
        return 0;
    run->scope.path = "resources.r.properties.value";
    run->result = scope_resolve(&run->scope, run->snippet);
    return run->result ? 0 : -1;
}

static void compare(struct run *run, int outcome)
{
    const struct section *error = section_of(run->test, "error");
    if (outcome == 0)
        for (size_t i = 0; i < run->test->count; i++)
            expect_section(run, &run->test->sections[i]);
    if (error)
        expect_error(run, error);
    else if (outcome != 0)
        str_printf(&run->report, "  failed with %s: %s\n    path: %s\n", fault_name(run->ctx.error.fault),
                   run->ctx.error.message, run->ctx.error.path ? run->ctx.error.path : "(none)");
}

static void run_case(const struct test_case *test)
{
    struct run run = {.test = test};
    run.ctx.arena = arena_create(ARENA_CAP);
    run.report = (struct str)STR_INIT(run.ctx.arena);
    const struct section *version = section_of(test, "version");
    run.version = version_called(run.ctx.arena, version ? version->argument : "rocky");
    if (!run.version)
        str_add(&run.report, "  unknown version\n");
    else
        compare(&run, execute(&run));
    if (run.report.length) {
        failed++;
        printf("not ok - %s: %s\n%s", test->file, test->name, run.report.data);
    } else {
        passed++;
        printf("ok - %s: %s\n", test->file, test->name);
    }
    arena_destroy(run.ctx.arena);
}

/* ---- files ---- */
static char *read_file(struct arena *arena, const char *path)
{
    struct str text = STR_INIT(arena);
    char chunk[8192];
    FILE *file = fopen(path, "r");
    size_t size;
    while (file && (size = fread(chunk, 1, sizeof chunk, file)) > 0)
        str_add_bytes(&text, chunk, size);
    if (file)
        fclose(file);
    return text.data;
}

static const char *const known_sections[] = {"version",    "value",     "schema",
                                             "conditions", "mappings",  "template",
                                             "yaml",       "given",     "environment",
                                             "files",      "world",     "result",
                                             "lenient",    "error",     "path",
                                             "kind",       "outputs",   "properties",
                                             "order",      "edges",     "shown",
                                             "revealed",   "merged",    "reads",
                                             "functions",  "described", "environment_files"};

static void check_section_name(const struct test_case *test, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(known_sections); i++)
        if (strcmp(name, known_sections[i]) == 0)
            return;
    fprintf(stderr, "%s: %s: no such section: %s\n", test->file, test->name, name);
    exit(1);
}

static void begin_section(struct test_case *test, char *line)
{
    if (test->count == MAX_SECTIONS) {
        fprintf(stderr, "%s: %s: too many sections\n", test->file, test->name);
        exit(1);
    }
    char *space = strchr(line, ' ');
    if (space)
        *space++ = '\0';
    check_section_name(test, line);
    test->sections[test->count++] = (struct section){line, space ? space : "", ""};
}

/* Lines are cut in place; a body is what lies between two section lines. */
static void run_file(struct arena *arena, const char *path)
{
    struct test_case test = {.file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path};
    char *line = read_file(arena, path), *next;
    struct str body = STR_INIT(arena);
    for (; *line; line = next) {
        next = strchrnul(line, '\n');
        if (*next)
            *next++ = '\0';
        bool new_case = strncmp(line, "=== ", 4) == 0, new_section = strncmp(line, "--- ", 4) == 0;
        if ((new_case || new_section) && test.count)
            test.sections[test.count - 1].body = body.data;
        if (new_case || new_section)
            body = (struct str)STR_INIT(arena);
        if (new_case) {
            if (test.name)
                run_case(&test);
            test.name = line + 4;
            test.count = 0;
        } else if (new_section) {
            begin_section(&test, line + 4);
        } else if (test.count) {
            str_printf(&body, "%s\n", line);
        }
    }
    if (test.count)
        test.sections[test.count - 1].body = body.data;
    if (test.name)
        run_case(&test);
}

/* ---- the tables ---- */
static void check_yaql_rows(void)
{
    for (size_t i = 0; i < yaql_row_count(); i++)
        if (!seen_yaql[i]) {
            failed++;
            printf("not ok - yaql_functions.def: no case calls %s(%s) (row %zu)\n", yaql_row_at(i)->name,
                   yaql_row_at(i)->signature, i + 1);
        }
}

static void check_rows(void)
{
    for (size_t i = 0; i < function_row_count(); i++) {
        const struct function_row *row = function_row_at(i);
        if (!seen[i]) {
            failed++;
            printf("not ok - functions.def: no case evaluates %s (row %zu)\n", row->shown.name, i + 1);
        }
        if (i > 0 && strcmp(function_row_at(i - 1)->shown.name, row->shown.name) > 0) {
            failed++;
            printf("not ok - functions.def: %s is out of order\n", row->shown.name);
        }
    }
}

int main(int argc, char **argv)
{
    glob_t files;
    const char *pattern = argc > 1 ? argv[1] : "tests/template/*.test";
    struct arena *arena = arena_create(0);
    seen = arena_array(arena, bool, function_row_count());
    seen_yaql = arena_array(arena, bool, yaql_row_count());
    if (glob(pattern, 0, NULL, &files) != 0) {
        fprintf(stderr, "no cases: %s\n", pattern);
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        run_file(arena, files.gl_pathv[i]);
    globfree(&files);
    if (argc == 1) {
        check_rows();
        check_yaql_rows();
    }
    arena_destroy(arena);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed ? 1 : 0;
}
