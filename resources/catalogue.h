/* The resource types: each is one JSON file (resources/types/…, embedded; or in the operator's
 * types_directory) that says what users see, and names the hooks in C that make it. The file's format is in
 * docs/resource-types.md. */
#ifndef HEARTH_RESOURCES_CATALOGUE_H
#define HEARTH_RESOURCES_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"
#include "resources/hooks.h"

struct resource_type {
    const char *name;
    const char *description;
    const char *template_name;             /* what catalogue_template_… call the resource */
    const struct value *definition;        /* the whole file */
    const struct value *properties;        /* map name -> schema as GET resource_types/{type} shows it */
    const struct value *hidden_properties; /* the same for those still accepted but not shown; NULL: none */
    const struct value *type_from;         /* map property -> property that names its type; NULL: none */
    const struct value *attributes;        /* map name -> schema, "show" among them */
    const struct value *support_status;
    const struct resource_hooks *hooks;
    bool takes_signals;
    const struct value *template; /* of a type that is a template: its document; else NULL */
    const char *template_file;    /* the same: its name among the files */
    bool any_attribute;           /* get_attr may name any: attributes of its members, too */
    bool any_property; /* takes any property without looking at it, and gives any attribute as null */
};

/* Reads the embedded files and those in config->types_directory (a file there replaces a type of the same
 * name; one that is wrong is left out, and the log says so). Once per process; -1 when an embedded file is wrong, or
 * the directory cannot be read. */
int catalogue_open(struct ctx *ctx) MUST_CHECK;
const struct resource_type *catalogue_find(const char *name); /* NULL: no such type */
size_t catalogue_count(void);
const struct resource_type *catalogue_at(size_t i); /* in the order Heat lists them: by name */

/* The first mistake in what a file says of properties and attributes, with its place; NULL: there is none. */
const char *type_mistake(struct ctx *ctx, const struct value *definition);
/* Reads one file as catalogue_open does, for its author. NULL with the file and what is wrong with it. */
const struct resource_type *catalogue_read_file(struct ctx *ctx, const char *path) MUST_CHECK;

/* Schema of a property, a hidden one too; NULL: the type has none of that name. */
const struct value *type_property(const struct resource_type *type, const char *name);
/* Whether get_attr may name it. */
bool type_has_attribute(const struct resource_type *type, const char *name);

/* ---- properties against their schema ---- */
/* Checks and completes resolved properties: unknown and missing ones, types, constraints (custom ones too),
 * defaults. resource: name, for the path "resources.<name>.properties". Fails with FAULT_STACK_VALIDATION and
 * Heat's message "Property error: : resources.r.properties.length: : Value 'abc' is not an integer". Values
 * that are not known yet (get_attr during validation) are value_unknown and pass. Returns the completed map.
 */
const struct value *properties_check(struct ctx *ctx, const struct resource_type *type, const char *resource,
                                     const struct value *properties) MUST_CHECK;
/* The same with the whole path given ("Resources.r.Properties" in a CFN template). */
const struct value *properties_check_at(struct ctx *ctx, const struct resource_type *type, const char *path,
                                        const struct value *properties) MUST_CHECK;
/* Names alone: fails for unknown properties, looks at no value. */
int properties_check_names(struct ctx *ctx, const struct resource_type *type, const char *path,
                           const struct value *properties) MUST_CHECK;
/* A null that stands for "not known yet"; told apart by its address. */
extern const struct value value_unknown;

/* ---- what the API shows of a type ---- */
const struct value *catalogue_schema(struct ctx *ctx, const struct resource_type *type);
/* Template that takes every property as a parameter and gives every attribute as an output. */
const struct value *catalogue_template_hot(struct ctx *ctx, const struct resource_type *type);
const struct value *catalogue_template_cfn(struct ctx *ctx, const struct resource_type *type);

#endif
