/* UTF-8 (RFC 3629): one code point at a time. Overlong forms, surrogates and anything past U+10FFFF are
 * invalid. */
#ifndef HEARTH_BASE_UTF8_H
#define HEARTH_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX = 4, UTF8_REPLACEMENT = 0xFFFD };

/* Reads the code point at the start of text: its bytes (1 to 4), or 0 when text is empty or does not begin
 * with one. */
size_t utf8_decode(const char *text, size_t length, uint32_t *code);
/* Writes code, which must be valid, and returns its bytes. */
size_t utf8_encode(uint32_t code, char out[UTF8_MAX]);
/* Bytes at the start of text that are valid UTF-8; length when all are. */
size_t utf8_valid_prefix(const char *text, size_t length);
bool utf8_valid(const char *text, size_t length);
/* Code points in valid text, as Python's len(). */
size_t utf8_count(const char *text, size_t length);
/* As Python's str.isprintable() of one character: false for what repr() escapes. */
bool utf8_printable(uint32_t code);

#endif
