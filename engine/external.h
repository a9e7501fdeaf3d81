/* External resources: external_id in the template names something that is there already. It is taken over as
 * in an adoption and then checked; no update changes it, and nobody but its owner deletes it
 * (definition_deletion_policy: Retain). */
#ifndef HEARTH_ENGINE_EXTERNAL_H
#define HEARTH_ENGINE_EXTERNAL_H

#include "engine/operation.h"

/* As the template has it now. */
bool node_is_external(const struct node *node);
/* It was dealt with by an earlier turn of a creation. */
bool external_is_done(const struct operation *operation, const struct node *node);
/* In place of node_create. */
void external_create(struct operation *operation, struct node *node, int64_t now_us);
/* The step of its adoption starts from this. */
int external_adopt(struct operation *operation, struct node *node, struct resource_job *job) MUST_CHECK;
/* It was adopted: true when its check is under way. */
bool external_check(struct operation *operation, struct node *node, enum action ended, int64_t now_us);
/* An update meets it: true when there is no more to do, because it stays, or may not become or cease to be
 * external (which fails the update). */
bool external_update(struct operation *operation, struct node *node, int64_t now_us);

#endif
