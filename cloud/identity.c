/* Questions about an identity. */
#include "cloud/identity.h"

#include <string.h>

bool identity_has_role(const struct identity *identity, const char *role)
{
    for (size_t i = 0; i < identity->role_count; i++)
        if (strcmp(identity->roles[i], role) == 0)
            return true;
    return false;
}
