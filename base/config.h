/* The configuration: one file of "key = value" lines, described by one table (config.def), from which the
 * reader, the sample (deploy/hearth.conf.sample) and docs/configuration.md are made. */
#ifndef HEARTH_BASE_CONFIG_H
#define HEARTH_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ctx.h"

/* Durations are written 250ms, 10s, 5m, 2h, 1d and kept in milliseconds; sizes 64k, 8m, 1g in bytes. */
typedef const char *config_string;
typedef int64_t config_integer;
typedef int64_t config_duration;
typedef int64_t config_size;
typedef bool config_boolean;
typedef const char *config_choice; /* one of the words in the row */

struct config {
#define OPTION(type, name, initial, choices, section, text) config_##type name;
#include "base/config.def"
#undef OPTION
};

/* Reads path over the defaults. Unknown key, bad value or unreadable file: NULL, and the error says file,
 * line and what would be right. path NULL: the defaults. The result lives on ctx->arena. */
const struct config *config_read(struct ctx *ctx, const char *path) MUST_CHECK;
/* Writes the commented sample, and the reference table in Markdown. */
void config_write_sample(FILE *out);
void config_write_markdown(FILE *out);

#endif
