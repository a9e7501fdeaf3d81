/* What a signal changes beyond the metadata of its resource, as an operation of its own: SIGNAL.
 *
 *   API worker                                      engine
 *   metadata, event, resource_signal (if the type   waits until no other operation is under way, then
 *   has a step for it), operation SIGNAL, unless    each queued signal ── handle, a step that may wait
 *   the stack has one: that is woken                attributes made anew ── refresh
 *                                                   outputs, if any attribute changed
 *
 * It changes neither states nor dates, and tells no events but of signals that changed another resource, which is a
 * stack itself (a policy its group): the child gets an UPDATE, and the signal waits for its end. It is in nobody's way: no call sees it, another
 * operation of the stack takes its place at once, and it begins again after that (sql/queries/signals.sql).
 * What is done of it is in the rows: a signal that was dealt with is gone from the queue, one under way has
 * its step's progress there. */
#ifndef HEARTH_ENGINE_SIGNAL_H
#define HEARTH_ENGINE_SIGNAL_H

#include "engine/operation.h"

/* Makes it one for signals. */
void signals_open(struct operation *operation);
/* One of the queue, as stored. */
struct new_signal {
    const char *id, *resource_id;
    const struct value *details, *progress; /* or NULL */
    int64_t due_us;                         /* 0: its step was not called yet */
};
/* Takes it up, unless it is known already; the resources are loaded. */
void signals_add(struct operation *operation, const struct new_signal *signal);
/* The same with each of the stack's rows of signal_pending. */
void signals_load(struct operation *operation, const struct rows *rows);
void signals_turn(struct operation *operation, int64_t now_us);
int64_t signals_due(const struct operation *operation);
/* Nothing is left to do for now but to wait for nested stacks that signals changed. */
bool signals_wait_for_children(const struct operation *operation);
bool signals_changed(const struct operation *operation);
/* Writes what changed in those of the operations that are for signals and not lost. */
int signals_write(struct ctx *ctx, struct db *db, struct operation **operations, size_t count) MUST_CHECK;
void signals_committed(struct operation *operation);
/* Ends it: what it would write is refused. The stack stays as it is. */
void signals_give_up(struct operation *operation);

#endif
