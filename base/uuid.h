/* Random identifiers, from getrandom(2). */
#ifndef HEARTH_BASE_UUID_H
#define HEARTH_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>

enum { UUID_SIZE = 37, UUID_HEX_SIZE = 33 };

void random_bytes(void *out, size_t size);
void uuid_v4(char out[UUID_SIZE]);      /* RFC 9562 version 4, with dashes */
void uuid_hex(char out[UUID_HEX_SIZE]); /* the same without dashes, as Keystone writes ids */
bool uuid_valid(const char *text);      /* 36 characters, dashes in place, any version */
/* length characters of a-z2-7, NUL after them: the random tail of a physical name. */
void random_base32(char *out, size_t length);

#endif
