/* Update policies of groups: what a template says, against the schema in the type's file. */
#include <ctype.h>
#include <stdlib.h>

#include "resources/catalogue.h"
#include "resources/group.h"

int group_policy(struct ctx *ctx, const char *type_name, const char *resource,
                 const struct value *update_policy, const char *name, const struct value **policy)
{
    const struct resource_type *type = catalogue_find(type_name);
    const struct value *schema = type ? value_get(type->definition, "update_policy") : NULL;
    *policy = NULL;
    if (!schema)
        return 0;
    struct resource_type section = {.name = type_name, .properties = schema};
    const char *path = arena_printf(ctx->arena, "resources.%s.update_policy", resource);
    const struct value *checked = properties_check_at(ctx, &section, path, update_policy);
    if (!checked)
        return -1;
    if (name && value_truth(value_get(checked, name)))
        *policy = value_get(checked, name);
    return 0;
}

/* One "30M" of a duration: 0 where that letter does not come next. */
static double take_part(const char **text, char letter, double seconds)
{
    const char *end = *text;
    while (isdigit((unsigned char)*end))
        end++;
    if (end == *text || *end != letter)
        return 0;
    double number = strtod(*text, NULL);
    *text = end + 1;
    return number * seconds;
}

int group_duration(struct ctx *ctx, const char *text, double *seconds)
{
    bool begins = text && text[0] == 'P' && text[1] == 'T';
    const char *rest = begins ? text + 2 : "?";
    *seconds = take_part(&rest, 'H', 3600);
    *seconds += take_part(&rest, 'M', 60);
    *seconds += take_part(&rest, 'S', 1);
    if (*rest == '\0')
        return 0;
    return fail(ctx, FAULT_VALUE_ERROR, "Only ISO 8601 duration format of the form PT#H#M#S is supported.");
}
