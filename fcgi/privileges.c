/* The one place where root is given up. */
#include "fcgi/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static int find_group(struct ctx *ctx, const char *group, gid_t *gid)
{
    if (!*group)
        return 0;
    const struct group *entry = getgrnam(group);
    if (!entry)
        return fail(ctx, FAULT_INTERNAL, "there is no group %s", group);
    *gid = entry->gr_gid;
    return 0;
}

int privileges_drop(struct ctx *ctx, const char *user, const char *group)
{
    if (!*user || geteuid() != 0)
        return 0;
    const struct passwd *entry = getpwnam(user);
    if (!entry)
        return fail(ctx, FAULT_INTERNAL, "there is no user %s", user);
    uid_t uid = entry->pw_uid;
    gid_t gid = entry->pw_gid;
    if (find_group(ctx, group, &gid))
        return -1;
    if (initgroups(user, gid) || setgid(gid) || setuid(uid))
        return fail(ctx, FAULT_INTERNAL, "cannot become user %s: %s", user, strerror(errno));
    if (uid != 0 && setuid(0) == 0)
        return fail(ctx, FAULT_INTERNAL, "root could be had back after becoming %s", user);
    return 0;
}
