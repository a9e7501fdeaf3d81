/* The token document of Keystone v3, {"token": {…}}. */
#ifndef HEARTH_CLOUD_KEYSTONE_TOKEN_H
#define HEARTH_CLOUD_KEYSTONE_TOKEN_H

#include "base/arena.h"
#include "cloud/identity.h"

/* NULL when text is none. Everything is copied to arena; identity->token is left NULL. */
struct identity *keystone_token_read(struct arena *arena, const char *text, size_t length);

#endif
