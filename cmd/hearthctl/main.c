/* hearthctl: finds the command in the table, opens what it needs, runs it, says what went wrong. */
#include "cmd/hearthctl/hearthctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/scan.h"
#include "base/seal.h"

static const struct command {
    const char *words, *also, *arguments;
    size_t least, most;
    const char *options;
    unsigned needs;
    command_run *run;
    const char *help;
} commands[] = {
#define COMMAND(words, also, arguments, least, most, options, needs, run, help)                              \
    {words, also, arguments, least, most, options, needs, run, help},
#include "cmd/hearthctl/commands.def"
#undef COMMAND
};

static const char default_config[] = "/etc/hearth/hearth.conf";

enum { EXIT_USAGE = 2 };

/* ---- help ---- */

static bool same_noun(const struct command *a, const char *noun)
{
    size_t length = strcspn(a->words, " ");
    return strlen(noun) == length && strncmp(a->words, noun, length) == 0;
}

static void print_command(FILE *out, const struct command *command)
{
    fprintf(out, "  %s%s%s\n        %s\n", command->words, *command->arguments ? " " : "", command->arguments,
            command->help);
}

/* noun NULL: all of them. The number printed. */
static size_t print_commands(FILE *out, const char *noun)
{
    size_t printed = 0;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (noun == NULL || same_noun(&commands[i], noun)) {
            print_command(out, &commands[i]);
            printed++;
        }
    return printed;
}

static int help(const char *noun)
{
    printf("usage: hearthctl [-c FILE] [--json] COMMAND …\n\n"
           "  -c, --config FILE   configuration (default: $HEARTH_CONFIG, then %s)\n"
           "  --json              print JSON\n\n",
           default_config);
    return print_commands(stdout, noun) || print_commands(stdout, NULL) ? 0 : EXIT_USAGE;
}

/* What somebody who typed this may have meant. */
static void suggest(const char *typed)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (word_is_near(typed, commands[i].words))
            fprintf(stderr, "  did you mean: hearthctl %s\n", commands[i].words);
}

static int unknown_command(char **words, int count)
{
    char typed[64];
    snprintf(typed, sizeof typed, "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
    if (count == 1 && print_commands(stderr, words[0]) > 0)
        return EXIT_USAGE;
    fprintf(stderr, "hearthctl: there is no command '%s'\n", typed);
    suggest(typed);
    fprintf(stderr, "  hearthctl help lists all commands\n");
    return EXIT_USAGE;
}

/* ---- reading the command line ---- */

static bool words_match(const char *words, char **typed, int count)
{
    const char *second = strchr(words, ' ');
    size_t first = second ? (size_t)(second - words) : 0;
    return second != NULL && count >= 2 && strlen(typed[0]) == first &&
           strncmp(words, typed[0], first) == 0 && strcmp(second + 1, typed[1]) == 0;
}

static const struct command *find_command(char **typed, int count)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (words_match(commands[i].words, typed, count) || words_match(commands[i].also, typed, count))
            return &commands[i];
    return NULL;
}

/* Whether options ("all limit=") has name; sets *takes_value. */
static bool knows_option(const char *options, const char *name, size_t length, bool *takes_value)
{
    for (options += strspn(options, " "); *options; options += strspn(options, " ")) {
        size_t word = strcspn(options, " ");
        *takes_value = options[word - 1] == '=';
        if (word - *takes_value == length && strncmp(options, name, length) == 0)
            return true;
        options += word;
    }
    return false;
}

/* Takes the option at argv[*at]; 0, or -1 with a line on stderr. */
static int take_option(struct session *session, const struct command *command, char **argv, int count,
                       int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    bool takes_value;
    if (strcmp(name, "json") == 0) {
        session->json = true;
        return 0;
    }
    if (!knows_option(command->options, name, length, &takes_value)) {
        fprintf(stderr, "hearthctl: %s has no option --%.*s\n", command->words, (int)length, name);
        return -1;
    }
    const char *value = equals                           ? equals + 1
                        : takes_value && *at + 1 < count ? argv[++*at]
                        : takes_value                    ? NULL
                                                         : "";
    if (value == NULL || session->option_count == WORDS_MAX) {
        fprintf(stderr, "hearthctl: --%.*s needs a value\n", (int)length, name);
        return -1;
    }
    session->options[session->option_count++] =
        (struct option){.name = arena_strndup(session->ctx.arena, name, length), .value = value};
    return 0;
}

static int usage(const struct command *command)
{
    fprintf(stderr, "usage: hearthctl %s %s\n", command->words, command->arguments);
    return EXIT_USAGE;
}

static int take_words(struct session *session, const struct command *command, char **argv, int count)
{
    bool only_words = false;
    for (int i = 0; i < count; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            if (take_option(session, command, argv, count, &i) < 0)
                return usage(command);
        } else if (session->word_count < WORDS_MAX)
            session->words[session->word_count++] = argv[i];
    }
    return session->word_count < command->least || session->word_count > command->most ? usage(command) : 0;
}

const char *option_value(const struct session *session, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < session->option_count; i++)
        if (strcmp(session->options[i].name, name) == 0)
            value = session->options[i].value;
    return value;
}

bool option_given(const struct session *session, const char *name)
{
    return option_value(session, name) != NULL;
}

/* ---- running ---- */

static int open_needs(struct session *session, const struct command *command)
{
    struct ctx *ctx = &session->ctx;
    if (command->needs & NEEDS_CONFIG) {
        ctx->config = config_read(ctx, session->config_path);
        if (ctx->config == NULL)
            return -1;
    }
    const struct config *config = ctx->config;
    if ((command->needs & NEEDS_KEYS) == NEEDS_KEYS && seal_load_keys(ctx, config->key_file) < 0)
        return -1;
    if ((command->needs & NEEDS_DATABASE) == NEEDS_DATABASE) {
        const char *conninfo = *config->operator_database ? config->operator_database
                               : *config->engine_database ? config->engine_database
                                                          : config->database;
        ctx->db = db_open(conninfo, false);
        ctx->tenant_id = "*";
    }
    return 0;
}

/* What to look at, where the message alone does not say. */
static void print_hint(const struct session *session)
{
    const char *path = session->config_path ? session->config_path : "the configuration (none was read)";
    if (session->ctx.error.fault == FAULT_UNAVAILABLE)
        fprintf(
            stderr,
            "  operator_database (else engine_database, else database) in %s says where the database is\n",
            path);
    if (session->ctx.error.fault == FAULT_INTERNAL)
        fprintf(stderr,
                "  the line above is PostgreSQL's; if it speaks of permission: operator_database in %s must "
                "name a "
                "role that may administer identities, as hearth_engine\n",
                path);
}

static int run(struct session *session, const struct command *command)
{
    int result = open_needs(session, command) < 0 ? -1 : command->run(session);
    if (result < 0) {
        fflush(stdout);
        fprintf(stderr, "hearthctl: %s\n",
                session->ctx.error.message ? session->ctx.error.message : "failed");
        print_hint(session);
    }
    if (session->ctx.db != NULL)
        db_close(session->ctx.db);
    return result < 0 ? 1 : 0;
}

static const char *find_config(const char *given)
{
    const char *named = given ? given : getenv("HEARTH_CONFIG");
    if (named != NULL && *named != '\0')
        return named;
    return access(default_config, R_OK) == 0 ? default_config : NULL;
}

/* Options before the command. Returns how many words they took, or -1. */
static int take_global(struct session *session, char **argv, int count, bool *wants_help)
{
    int at = 0;
    for (; at < count && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--json") == 0)
            session->json = true;
        else if ((strcmp(argv[at], "-c") == 0 || strcmp(argv[at], "--config") == 0) && at + 1 < count)
            session->config_path = argv[++at];
        else if (strncmp(argv[at], "--config=", 9) == 0)
            session->config_path = argv[at] + 9;
        else if (strcmp(argv[at], "-h") == 0 || strcmp(argv[at], "--help") == 0)
            *wants_help = true;
        else
            return fprintf(stderr, "hearthctl: unknown option %s; hearthctl help lists what there is\n",
                           argv[at]),
                   -1;
    }
    return at;
}

int main(int argc, char **argv)
{
    log_open("hearthctl", LOG_WARNING_LEVEL, NULL);
    struct session session = {.ctx = {.arena = arena_create(0)}};
    bool wants_help = false;
    int used = take_global(&session, argv + 1, argc - 1, &wants_help);
    if (used < 0)
        return EXIT_USAGE;
    char **words = argv + 1 + used;
    int count = argc - 1 - used, status;
    if (count == 0 || wants_help || strcmp(words[0], "help") == 0) {
        status = help(count > 1 ? words[1] : NULL);
        return count == 0 && !wants_help ? EXIT_USAGE : status;
    }
    const struct command *command = find_command(words, count);
    if (command == NULL)
        return unknown_command(words, count);
    session.config_path = find_config(session.config_path);
    status = take_words(&session, command, words + 2, count - 2);
    if (status == 0)
        status = run(&session, command);
    arena_destroy(session.ctx.arena);
    return status;
}
