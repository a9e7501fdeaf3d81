/* The order of work: which node may begin, given what is done. O(nodes + edges) over the whole life.
 *
 *   a requires b and c:      unmet: a=2 b=0 c=0     ready: b c
 *   plan_done(b)             unmet: a=1             ready: c
 *   plan_done(c)             unmet: a=0             ready: a
 *
 * A deletion is the same plan with the edges turned round. */
#ifndef HEARTH_ENGINE_PLAN_H
#define HEARTH_ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "template/template.h"

struct plan;

/* edges: from requires to; reverse: to requires from. Lives on arena. */
struct plan *plan_create(struct arena *arena, size_t nodes, const struct edge *edges, size_t edge_count,
                         bool reverse);
/* Node is done: now, or already when the plan was made. What required it may become ready. */
void plan_done(struct plan *plan, size_t node);
/* Takes the next ready node, in order of becoming ready. False: none at the moment. */
bool plan_next(struct plan *plan, size_t *node);
/* What is left requires each other in a circle: one of it becomes ready all the same. False: none is left.
 * Only when plan_next has nothing and nothing is being worked on. */
bool plan_force(struct plan *plan);
/* All nodes are done. */
bool plan_over(const struct plan *plan);

#endif
