/* The operator's tool: a table of commands, what they are handed, and how they print.
 *
 *   main.c        options, the table, help
 *   commands.def  every command, with its "to add one"
 *   tenants.c users.c tokens.c service.c types.c setup.c   one function per command
 *   output.c      tables and JSON
 */
#ifndef HEARTH_CMD_HEARTHCTL_H
#define HEARTH_CMD_HEARTHCTL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"
#include "sql/db.h"

enum { WORDS_MAX = 16 };

/* "--name value", "--name=value", or a plain "--name" with value "". */
struct option {
    const char *name, *value;
};

struct session {
    struct ctx ctx; /* first; db is open when the command asked for it */
    bool json;
    const char *config_path;      /* NULL: none given, none found: the defaults */
    const char *words[WORDS_MAX]; /* after the command's own */
    size_t word_count;
    struct option options[WORDS_MAX];
    size_t option_count;
};

/* 0, or -1 with the reason in session->ctx.error. */
typedef int command_run(struct session *session);

enum command_need {
    NEEDS_NOTHING = 0,
    NEEDS_CONFIG = 1,
    NEEDS_DATABASE = 2 | NEEDS_CONFIG,
    NEEDS_KEYS = 4 | NEEDS_CONFIG
};

#define COMMAND(words, also, arguments, least, most, options, needs, run, help) command_run run;
#include "cmd/hearthctl/commands.def"
#undef COMMAND

/* ---- options ---- */
/* Last value given; NULL when the option is absent. */
const char *option_value(const struct session *session, const char *name);
bool option_given(const struct session *session, const char *name);

/* ---- output ---- To standard output; as JSON with --json. */
struct column {
    const char *name;                                         /* in the result, and the key in JSON */
    const char *title;                                        /* of the table */
    enum { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_BOOLEAN } kind; /* for JSON */
};
void print_rows(struct session *session, const struct rows *rows, const struct column *columns, size_t count);
/* One row, a line per column. */
void print_record(struct session *session, const struct rows *rows, const struct column *columns,
                  size_t count);
/* One thing and its name, after a change: "Created tenant demo (9f…)." */
void print_done(struct session *session, const char *what, const char *name, const char *id);

/* ---- tenants and users, by name or id ---- NULL with a message on what to do when there is none. */
const struct rows *require_tenant(struct session *session, const char *name) MUST_CHECK;
const struct rows *require_user(struct session *session, const char *name) MUST_CHECK;
/* A name people and programs can live with: 1 to 64 bytes of UTF-8, no blanks at the ends, no control
 * characters. */
int check_name(struct session *session, const char *what, const char *name) MUST_CHECK;
/* Begins a change of the identity tables. */
int begin(struct session *session) MUST_CHECK;

#endif
