/* The order of work: counters of unmet requirements, and a queue of what is ready. */
#include "engine/plan.h"

struct plan {
    size_t count, left;
    size_t *unmet; /* per node: requirements not done yet */
    size_t *start; /* per node: where its dependents begin in dependents; one more at the end */
    size_t *dependents;
    bool *done;
    size_t *queue; /* each node enters at most once */
    size_t head, tail;
    size_t unseen; /* nodes before this one were looked at for being ready from the beginning */
};

static size_t edge_owner(const struct edge *edge, bool reverse)
{
    return reverse ? edge->to : edge->from;
}

static size_t edge_requirement(const struct edge *edge, bool reverse)
{
    return reverse ? edge->from : edge->to;
}

/* Counting sort of the edges by what they require. */
static void sort_dependents(struct plan *plan, const struct edge *edges, size_t edge_count, bool reverse,
                            size_t *next)
{
    for (size_t i = 0; i < edge_count; i++) {
        plan->unmet[edge_owner(&edges[i], reverse)]++;
        plan->start[edge_requirement(&edges[i], reverse) + 1]++;
    }
    for (size_t i = 0; i < plan->count; i++)
        plan->start[i + 1] += plan->start[i];
    for (size_t i = 0; i < plan->count; i++)
        next[i] = plan->start[i];
    for (size_t i = 0; i < edge_count; i++)
        plan->dependents[next[edge_requirement(&edges[i], reverse)]++] = edge_owner(&edges[i], reverse);
}

struct plan *plan_create(struct arena *arena, size_t nodes, const struct edge *edges, size_t edge_count,
                         bool reverse)
{
    struct plan *plan = arena_new(arena, struct plan);
    plan->count = plan->left = nodes;
    plan->unmet = arena_array(arena, size_t, nodes + 1);
    plan->start = arena_array(arena, size_t, nodes + 2);
    plan->dependents = arena_array(arena, size_t, edge_count + 1);
    plan->done = arena_array(arena, bool, nodes + 1);
    plan->queue = arena_array(arena, size_t, nodes + 1);
    sort_dependents(plan, edges, edge_count, reverse, arena_array(arena, size_t, nodes + 1));
    return plan;
}

void plan_done(struct plan *plan, size_t node)
{
    if (plan->done[node])
        return;
    plan->done[node] = true;
    plan->left--;
    for (size_t i = plan->start[node]; i < plan->start[node + 1]; i++) {
        size_t dependent = plan->dependents[i];
        /* those not looked at yet are found by the look itself */
        if (--plan->unmet[dependent] == 0 && dependent < plan->unseen && !plan->done[dependent])
            plan->queue[plan->tail++] = dependent;
    }
}

bool plan_next(struct plan *plan, size_t *node)
{
    for (; plan->unseen < plan->count; plan->unseen++)
        if (plan->unmet[plan->unseen] == 0 && !plan->done[plan->unseen])
            plan->queue[plan->tail++] = plan->unseen;
    while (plan->head < plan->tail) {
        *node = plan->queue[plan->head++];
        if (!plan->done[*node])
            return true;
    }
    return false;
}

bool plan_force(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->done[i] || plan->unmet[i] == 0)
            continue;
        plan->unmet[i] = 0;
        plan->queue[plan->tail++] = i;
        return true;
    }
    return false;
}

bool plan_over(const struct plan *plan)
{
    return plan->left == 0;
}
