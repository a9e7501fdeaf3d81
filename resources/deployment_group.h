/* Groups of deployments: one for each server of a map, named by its key. What the stack behind such a group is
 * made of; pure. Outputs of the child are named "attributes, NAME" and are maps from a member to the attribute of
 * that name, one for each attribute that the template reads. */
#ifndef HEARTH_RESOURCES_DEPLOYMENT_GROUP_H
#define HEARTH_RESOURCES_DEPLOYMENT_GROUP_H

#include "resources/nested.h"

/* Definition of a member in the child's template: the group's properties, with the one server in the place of all.
 * member_type: "OS::Heat::SoftwareDeployment" or "OS::Heat::StructuredDeployment". */
const struct value *deployment_group_member(struct ctx *ctx, const char *member_type,
                                            const struct value *properties, const char *name);

/* The attribute of a member that an attribute of the group collects: deploy_stdouts collects deploy_stdout, and
 * what has no name of its own for a group is called as in a member. */
const char *deployment_group_attribute(const char *name);

/* One step of a rolling update: the members as they are (child), of which at most size are made, changed or
 * dropped towards what properties want. *done: the result is what is wanted. size 0: all at once. */
const struct value *deployment_group_batch(struct ctx *ctx, const char *member_type,
                                           const struct value *properties, const struct nested_child *child,
                                           int64_t size, bool *done);

/* The child's template: members (map from name to definition), and an output for each attribute read. referenced:
 * list of paths (lists that begin with the group's attribute), or NULL. */
const struct value *deployment_group_template(struct ctx *ctx, const struct value *members,
                                              const struct value *referenced);

extern const struct nested_hooks nested_deployment_group, nested_structured_deployment_group;

#endif
