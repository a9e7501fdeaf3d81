/* Random identifiers. */
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static const char hex[] = "0123456789abcdef";

/* getrandom() fails for a signal only, or on a kernel without it: then nothing here may go on. */
void random_bytes(void *out, size_t size)
{
    char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR) {
            perror("hearth: getrandom");
            _exit(71);
        }
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
}

static void random_uuid(unsigned char bytes[16])
{
    random_bytes(bytes, 16);
    bytes[6] = (bytes[6] & 0x0F) | 0x40; /* version 4 */
    bytes[8] = (bytes[8] & 0x3F) | 0x80; /* the RFC's variant */
}

void uuid_v4(char out[UUID_SIZE])
{
    unsigned char bytes[16];
    random_uuid(bytes);
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
}

void uuid_hex(char out[UUID_HEX_SIZE])
{
    unsigned char bytes[16];
    random_uuid(bytes);
    for (size_t i = 0; i < 16; i++) {
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
}

bool uuid_valid(const char *text)
{
    size_t i;
    for (i = 0; i < UUID_SIZE - 1 && text[i]; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return i == UUID_SIZE - 1 && text[i] == '\0';
}

void random_base32(char *out, size_t length)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    random_bytes(out, length);
    for (size_t i = 0; i < length; i++)
        out[i] = alphabet[out[i] & 31];
    out[length] = '\0';
}
