/* The template language: from a document a user wrote to resolved values. Pure: no I/O, no clock, bounded in
 * time, memory, depth and output.
 *
 *   text ──read_yaml / read_json──> value ──template_parse──> struct template (sections checked, functions
 * found) │ environment, parameters ──parameters_resolve──────┤
 *                                                     v
 *        struct scope { template, parameters, files, the world behind get_attr/get_resource }
 *                                                     │
 *                                       scope_resolve(snippet) ──> value
 *
 * Sources: the HOT specification (Heat's template guide) and the CFN template format, as Heat 19 reads them.
 */
#ifndef HEARTH_TEMPLATE_TEMPLATE_H
#define HEARTH_TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"

/* ---- reading ---- */
/* YAML as PyYAML's safe loader reads it, with timestamps left as strings; JSON is a part of it. Fails with
 * FAULT_BAD_REQUEST and Heat's message "Template not in valid format: …" only in template_read below; here
 * the plain YAML error with line and column. Alias expansion, depth and size are capped. */
const struct value *yaml_read(struct ctx *ctx, const char *text, size_t length) MUST_CHECK;
/* Template text (JSON when it starts with '{', else YAML) to a map. Fails as Heat's template_format.parse
 * does. */
const struct value *template_read(struct ctx *ctx, const char *text, size_t length) MUST_CHECK;
/* Environment text to a map with known sections only; fails as Heat's environment_format.parse. */
const struct value *environment_read(struct ctx *ctx, const char *text, size_t length) MUST_CHECK;

/* ---- versions and functions ---- */
enum template_class { TEMPLATE_HOT, TEMPLATE_CFN };

struct template_version {
    const char *key;   /* "heat_template_version", "AWSTemplateFormatVersion", "HeatTemplateFormatVersion" */
    const char *date;  /* "2018-08-31" */
    const char *alias; /* "rocky", or NULL */
    enum template_class class;
    unsigned rank; /* order of HOT versions; functions.def names ranks from … to */
};
size_t template_version_count(void);
const struct template_version *template_version_at(size_t i);
/* id: "heat_template_version.2018-08-31" or with the alias. NULL when unknown. */
const struct template_version *template_version_find(const char *id);

struct template_function {
    const char *name;
    const char *description; /* ours, for GET …/functions */
    bool condition_only;     /* a condition function: listed only when asked for */
};
/* Functions valid in a version in the order Heat lists them (by name). Returns the count; out may be NULL. */
size_t template_version_functions(struct ctx *ctx, const struct template_version *version,
                                  bool with_condition, const struct template_function **out);

/* ---- a parsed template ---- */
enum parameter_type { PARAMETER_STRING, PARAMETER_NUMBER, PARAMETER_LIST, PARAMETER_JSON, PARAMETER_BOOLEAN };

struct parameter_schema {
    const char *name;
    enum parameter_type type;
    const char *type_name;          /* as HOT spells it: "comma_delimited_list" */
    const struct value *definition; /* the map in the template */
    const struct value *initial;    /* "default"; NULL without one */
    const char *description, *label;
    const struct value *constraints; /* list of HOT constraint maps, CFN ones converted; NULL: none */
    const struct value *tags;        /* list, or NULL */
    bool hidden, immutable;
};

struct resource_definition {
    const char *name;
    const char *type;
    const char *description;
    const struct value *properties; /* unresolved; NULL: none */
    const struct value *metadata;   /* unresolved; NULL: none */
    const struct value *depends_on; /* list of names or functions; NULL: none */
    const struct value *deletion_policy, *update_policy, *condition, *external_id;
    size_t index; /* in template->resources */
};

struct output_definition {
    const char *name;
    const char *description; /* NULL: none was given */
    const struct value *value, *condition;
};

struct template;
struct name_index; /* template/name_index.h */

/* What may be wrong with the sections, in the order in which template_parse tells of it. Heat looks at each
 * only when it needs it; whoever checks a request tells in that order, with template_raise. */
enum template_stage {
    STAGE_SECTIONS,   /* unknown ones; resources that are none */
    STAGE_GROUPS,     /* parameter_groups */
    STAGE_CONDITIONS, /* conditions that are no map */
    STAGE_RESOURCES,  /* fields of a resource; the one after the last of template->resources */
    STAGE_NAMES,      /* resources called as parameters are */
    STAGE_OUTPUTS,
    STAGE_COUNT
};

/* Custom constraints ("nova.flavor") are known outside the language. 1: the value is good; 0: it is not, and
 * *reason may say why in Heat's words; -1: no such constraint. */
typedef int constraint_check(struct ctx *ctx, void *self, const char *name, const struct value *value,
                             const char **reason);

struct template
{
    const struct template_version *version;
    const struct value *document;
    const char *description; /* "No description" when there is none, as Heat shows it */
    struct parameter_schema *parameters;
    size_t parameter_count;
    const struct value *parameter_groups; /* list, or NULL */
    const struct value *conditions;       /* map name -> definition, or NULL */
    const struct value *mappings;         /* CFN; or NULL */
    struct resource_definition *resources;
    size_t resource_count;
    struct output_definition *outputs;
    size_t output_count;
    const struct name_index *resource_names, *parameter_names;
    struct error flaws[STAGE_COUNT]; /* of each stage the first */
    /* Set by the caller before parameters_resolve; NULL: custom constraints are all unknown. */
    constraint_check *custom_constraint;
    void *custom_constraint_self;
};

/* Checks version, sections and the shape of each section; fails with Heat's fault and message. */
struct template *template_parse(struct ctx *ctx, const struct value *document) MUST_CHECK;
/* The same, but fails for version and parameters only; flaws of the other sections are noted. */
struct template *template_open(struct ctx *ctx, const struct value *document) MUST_CHECK;
/* Fails with what was noted for the stage. */
int template_raise(struct ctx *ctx, const struct template *template, enum template_stage stage) MUST_CHECK;
const struct resource_definition *template_resource(const struct template *template, const char *name);
const struct parameter_schema *template_parameter(const struct template *template, const char *name);

/* ---- environment ---- */
struct environment {
    const struct value *parameters;                          /* map; never NULL */
    const struct value *parameter_defaults;                  /* map; never NULL */
    const struct value *resource_registry;                   /* map; never NULL */
    const struct value *encrypted_param_names, *event_sinks; /* lists; never NULL */
};
/* From a map as a request gives it (or NULL for none). When environment_files (list of names into files) is
 * given and not empty, it is built from those instead, later ones over earlier, parameter_merge_strategies
 * obeyed, and all over the parameters of environment: clients send the merged environment too, and Heat leaves
 * it aside but for the request's own parameters. Fails with Heat's messages. */
struct environment *environment_build(struct ctx *ctx, const struct value *environment,
                                      const struct value *environment_files,
                                      const struct value *files) MUST_CHECK;
/* The same, with the template whose parameters' types decide how merge strategies join values (and which
 * parameters files after the first may set). */
struct environment *environment_build_for(struct ctx *ctx, const struct template *template,
                                          const struct value *environment,
                                          const struct value *environment_files,
                                          const struct value *files) MUST_CHECK;
/* Refuses unknown and empty (null) sections of an environment with Heat's message. */
int environment_check_sections(struct ctx *ctx, const struct value *environment) MUST_CHECK;
/* Refuses breakpoints and restricted actions in a resource_registry that there are not. */
int environment_check_rules(struct ctx *ctx, const struct value *registry) MUST_CHECK;
/* Whether a resource of that name stops at that breakpoint ("pre-create" …); whether an action ("update",
 * "replace") is not allowed to it. environment NULL: no. */
bool environment_has_hook(const struct environment *environment, const char *resource, const char *hook);
bool environment_restricts(const struct environment *environment, const char *resource, const char *action);
bool environment_hook_valid(const char *hook); /* there is such a breakpoint */
/* The document GET …/environment shows and the database keeps: all sections, in Heat's order. */
const struct value *environment_document(struct ctx *ctx, const struct environment *environment);

/* ---- parameters ---- */
struct parameter {
    const char *name;
    const struct parameter_schema *schema; /* NULL: pseudo parameter */
    const struct value *value;    /* typed: number, list, map …; NULL: no value (only when not strict) */
    const struct value *given;    /* as it was given or defaulted, before typing; NULL: nothing was */
    const struct value *fallback; /* what counts when the user gives nothing: parameter_defaults, default */
    bool user_given;              /* from the request, not a default */
};
struct parameters {
    struct parameter *items;
    size_t count;
    const struct name_index *names;
    struct error flaw; /* the first thing wrong with them (parameters_read) */
};

struct pseudo_parameters {
    const char *stack_name, *stack_id, *project_id, *region; /* OS::… and AWS::… are made from these */
    const char *api_prefix;                                  /* unused by HOT; AWS::… URLs */
};

/* Types, coerces and checks every parameter: user values, then environment->parameters, parameter_defaults,
 * default. Unknown names, missing values, type and constraint violations fail as in Heat. user_parameters may
 * be NULL. strict false (validate): values are not required nor checked. */
struct parameters *parameters_resolve(struct ctx *ctx, const struct template *template,
                                      const struct environment *environment,
                                      const struct value *user_parameters,
                                      const struct pseudo_parameters *pseudo, bool strict) MUST_CHECK;
/* The same, but what is wrong is noted and not raised; the parameter then has the value that can be made of
 * what was given, or none. Never NULL. */
struct parameters *parameters_read(struct ctx *ctx, const struct template *template,
                                   const struct environment *environment, const struct value *user_parameters,
                                   const struct pseudo_parameters *pseudo, bool strict);
const struct parameter *parameters_find(const struct parameters *parameters, const char *name);
/* As "stack show" shows them: all strings; hidden ones "******" unless reveal. Pseudo ones first. */
const struct value *parameters_shown(struct ctx *ctx, const struct parameters *parameters, bool reveal);
/* The map GET/POST validate answers under "Parameters". */
const struct value *parameters_describe(struct ctx *ctx, const struct template *template,
                                        const struct parameters *parameters);

/* ---- evaluation ---- */
/* What lies behind references: the engine's view of a stack, or the validator's. Each may be NULL. */
struct world {
    void *self;
    /* Value of get_resource: physical id or what the type makes of it. NULL with no error: not known yet ->
     * null. */
    const struct value *(*reference_id)(struct ctx *ctx, void *self, const char *resource);
    /* Attribute named attribute of a resource (before any path into it); attribute NULL: all of them as a
     * map. NULL with an error: unknown attribute; NULL without: not known yet -> null. */
    const struct value *(*attribute)(struct ctx *ctx, void *self, const char *resource,
                                     const char *attribute);
    /* The same by the whole path that get_attr was given ([attribute, key, …], resolved), for resources that look at it
     * as a whole; *used: how much of it they took. False: this is none of them, attribute is to be asked. */
    bool (*attribute_path)(struct ctx *ctx, void *self, const char *resource, const struct value *path,
                           size_t *used, const struct value **value);
    /* resource_facade: "metadata", "deletion_policy" or "update_policy" of the parent's resource. */
    const struct value *(*facade)(struct ctx *ctx, void *self, const char *what);
    /* List of availability zones, for Fn::GetAZs; NULL here: ["nova"]. */
    const struct value *(*zones)(struct ctx *ctx, void *self);
};

struct scope {
    struct ctx *ctx;
    const struct template *template;
    const struct parameters *parameters;
    const struct value *files; /* map name -> text */
    struct world world;
    const char *path;                   /* for messages: "resources.web.properties" */
    struct condition_cache *conditions; /* made on first use */
    struct attribute_reads *reads;      /* made on first use */
    unsigned depth;
    bool checking; /* paths of messages name functions too */
    bool parsing;  /* functions are looked at as Heat's parser does: what only validation finds passes */
    size_t steps;  /* work done; capped. Whoever keeps a scope for long sets it to 0 between units of work */
    bool *seen;    /* for tests: per row of functions.def, whether it was evaluated; NULL: nobody asks */
    bool *seen_yaql; /* the same per row of yaql_functions.def */
};

/* Resolves every function in a snippet. Fails with the path of the function in error.path and Heat's message.
 */
const struct value *scope_resolve(struct scope *scope, const struct value *snippet) MUST_CHECK;
/* Whether a snippet as written is one function, not a map of its own. */
bool scope_is_function(const struct scope *scope, const struct value *snippet);
/* Truth of a condition: a name, a boolean or a condition function. -1 on error, else 0 or 1. */
int scope_condition(struct scope *scope, const struct value *condition) MUST_CHECK;
/* What Heat's parser finds in the definitions of conditions. */
int scope_parse_conditions(struct scope *scope) MUST_CHECK;
/* What Heat's parser finds in conditions and resources, in its order: functions that are not well formed,
 * fields of the wrong kind, deletion policies, conditions of resources. */
int scope_parse_resources(struct scope *scope) MUST_CHECK;
/* The same for outputs. */
int scope_parse_outputs(struct scope *scope) MUST_CHECK;
/* What Heat's validation finds in functions that parsed: those of other versions, attributes that do not
 * exist … The path leads to the outermost function at fault, the message from there on. */
int scope_validate(struct scope *scope, const struct value *snippet) MUST_CHECK;
/* scope_validate for the definitions of conditions. */
int scope_validate_conditions(struct scope *scope) MUST_CHECK;
/* Checks functions of a snippet without resolving: valid in the version, arguments well formed, and
 * attributes that get_attr names exist (when the world knows attributes). That a parameter exists shows on
 * resolving, as in Heat. */
int scope_check(struct scope *scope, const struct value *snippet) MUST_CHECK;
/* scope_check for the whole template, in Heat's order: conditions, every field of every resource, outputs. */
int scope_check_template(struct scope *scope) MUST_CHECK;
/* "Delete", "Retain" or "Snapshot": the resource's deletion policy, resolved; "Retain" for an external
 * resource. */
const char *scope_deletion_policy(struct scope *scope, const struct resource_definition *resource) MUST_CHECK;

/* ---- dependencies ---- */
struct edge {
    size_t from, to; /* indices of resources: from requires to */
};
struct graph {
    const struct template *template;
    bool *present;      /* per resource: its condition is true */
    struct edge *edges; /* unique, sorted by from then to */
    size_t edge_count;
    size_t *order; /* present resources, required ones first, ties in template order */
    size_t order_count;
};
/* Which resources exist, and who requires whom: depends_on, get_resource, get_attr (also inside properties,
 * metadata and functions). Dangling references and cycles fail with Heat's messages. */
struct graph *graph_build(struct ctx *ctx, struct scope *scope) MUST_CHECK;
/* The paths by which get_attr refers to attributes, for all resources: map resource -> list of paths, each a list of
 * strings and integers ([attribute, key, …]; empty: all attributes). What cannot be resolved yet ends a path. */
const struct value *graph_attribute_paths(struct scope *scope);
/* Attributes of a resource that the template reads anywhere (outputs too): list of names, "show" style whole
 * reads as NULL entry. Lets the engine fetch and store only these. */
size_t graph_attributes_read(struct ctx *ctx, struct scope *scope, const char *resource, const char ***names);

#endif
