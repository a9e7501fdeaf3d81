/* What an update means for one resource: compares what was last applied with what the template says now. */
#ifndef HEARTH_ENGINE_UPDATE_COMPARE_H
#define HEARTH_ENGINE_UPDATE_COMPARE_H

#include "engine/definition.h"
#include "resources/catalogue.h"

enum update_kind {
    UPDATE_NONE,     /* all is as it was */
    UPDATE_IN_PLACE, /* the resource takes the change */
    UPDATE_REPLACE,  /* a property changed that the schema does not allow to change, or no hook takes it */
    UPDATE_REPLACE_HOOK, /* the type's own rule says so */
    UPDATE_REFUSED,      /* an immutable property changed */
};

/* One side of the comparison. */
struct update_side {
    const struct value *given;      /* properties as the template gives them, resolved */
    const struct value *properties; /* the same, checked and completed; NULL: they are not valid */
    const struct value *definition; /* of update_definition; NULL: not known, which counts as the same */
};

/* Values that are not known yet (value_unknown) differ from every other. refused: names of the immutable
 * properties that changed, comma separated; set with UPDATE_REFUSED only. */
enum update_kind update_compare(struct ctx *ctx, const struct resource_type *type,
                                const struct update_side *before, const struct update_side *after,
                                const char **refused);

/* What the template says of a resource beside its properties, functions resolved: a map of metadata,
 * depends_on, deletion_policy, update_policy, external_id and condition, as far as they are there. What does
 * not resolve is left out. */
const struct value *update_definition(struct definition *definition,
                                      const struct resource_definition *resource);

#endif
