/* Small readers of text, for configuration, query strings and command lines. Each takes the whole text or
 * nothing: no leading or trailing blanks, no sign unless said. */
#ifndef HEARTH_BASE_SCAN_H
#define HEARTH_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal whole number with optional sign. -1 when text is none or does not fit. */
int scan_int64(const char *text, int64_t *out);
/* "250ms", "10s", "5m", "2h", "1d" and plain "0"; in milliseconds. */
int scan_duration(const char *text, int64_t *milliseconds);
/* "524288", "64k", "8m", "1g" (powers of 1024, either case); in bytes. */
int scan_size(const char *text, int64_t *bytes);
/* true, yes, on, 1 and false, no, off, 0, in lower case. */
int scan_boolean(const char *text, bool *out);
/* Value of one hexadecimal digit; -1 when c is none. */
int scan_hex_digit(char c);
/* Length of the word at the start of text, up to a comma or the end; *next is past the comma, or NULL at the
 * end. */
size_t scan_word(const char *text, const char **next);

/* Edit distance (Levenshtein, in bytes): how many insertions, deletions and replacements lie between two
 * words. Words longer than 63 bytes are taken as far apart (SIZE_MAX). */
size_t word_distance(const char *a, const char *b);
/* True when somebody who wrote typed may have meant known: at most one edit in three characters. */
bool word_is_near(const char *typed, const char *known);

#endif
