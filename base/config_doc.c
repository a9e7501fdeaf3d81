/* What operators read about the options: the commented sample and the reference table, both from config.def.
 */
#include "base/config.h"

#include <string.h>

#include "base/config_table.h"
#include "base/scan.h"

enum { SAMPLE_WIDTH = 100 };

static int begins_section(size_t i)
{
    return i == 0 || strcmp(config_options[i].section, config_options[i - 1].section) != 0;
}

/* ---- the sample ---- */

/* Writes text as comment lines, broken between words. */
static void write_comment(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column && column + 1 + word > SAMPLE_WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : "# ", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    fputc('\n', out);
}

static void write_words(FILE *out, const char *choices)
{
    fputs("# One of:", out);
    for (const char *word = choices, *next; word; word = next) {
        int length = (int)scan_word(word, &next);
        fprintf(out, " %.*s", length, word);
    }
    fputc('\n', out);
}

static void write_sample_option(FILE *out, const struct config_option *option)
{
    fputc('\n', out);
    write_comment(out, option->text);
    if (option->type == CONFIG_choice)
        write_words(out, option->choices);
    fprintf(out, "#%s =%s%s\n", option->name, *option->initial ? " " : "", option->initial);
}

void config_write_sample(FILE *out)
{
    fputs(
        "# Hearth's configuration: one \"key = value\" a line; # begins a comment. Each option stands here "
        "with its\n"
        "# default. Durations are written 250ms, 10s, 5m, 2h or 1d; sizes 524288, 64k, 8m or 1g. Relative "
        "paths\n"
        "# start at the directory the daemon is started in. An unknown key or a bad value stops the start.\n",
        out);
    for (size_t i = 0; i < config_option_count; i++) {
        if (begins_section(i))
            fprintf(out, "\n# ---- %s ----\n", config_options[i].section);
        write_sample_option(out, &config_options[i]);
    }
}

/* ---- the reference ---- */

static void write_type(FILE *out, const struct config_option *option)
{
    if (option->type != CONFIG_choice) {
        fputs(option->type_name, out);
        return;
    }
    for (const char *word = option->choices, *next; word; word = next) {
        int length = (int)scan_word(word, &next);
        fprintf(out, "`%.*s`%s", length, word, next ? ", " : "");
    }
}

/* A bar would end the table's cell. */
static void write_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void write_markdown_option(FILE *out, const struct config_option *option)
{
    const char *tick = *option->initial ? "`" : "";
    fprintf(out, "| `%s` | %s%s%s | ", option->name, tick, option->initial, tick);
    write_type(out, option);
    fputs(" | ", out);
    write_cell(out, option->text);
    fputs(" |\n", out);
}

void config_write_markdown(FILE *out)
{
    fputs("# Configuration\n\n"
          "One file of `key = value` lines; `#` at the start of a line or after a blank begins a comment. "
          "Durations are\n"
          "written `250ms`, `10s`, `5m`, `2h` or `1d`; sizes `524288`, `64k`, `8m` or `1g`; booleans `true` "
          "or `false`.\n"
          "Relative paths start at the directory the daemon is started in. An unknown key, a key set twice "
          "or a bad value\n"
          "stops the start with a line that names file, line and key. `deploy/hearth.conf.sample` lists "
          "every option.\n\n"
          "This page and the sample are made from `base/config.def` by `scripts/make-docs`.\n",
          out);
    for (size_t i = 0; i < config_option_count; i++) {
        if (begins_section(i))
            fprintf(out, "\n## %s\n\n| option | default | type | what it does |\n|---|---|---|---|\n",
                    config_options[i].section);
        write_markdown_option(out, &config_options[i]);
    }
}
