/* hearthctl key and config: what a host needs before anything runs. */
#include "cmd/hearthctl/hearthctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "cloud/services.h"
#include "fcgi/policy.h"

/* A key is named after its day, with a random tail. */
static void make_key_id(char id[SEAL_KEY_ID_MAX + 1])
{
    char now[CLOCK_ISO_SIZE], tail[5];
    clock_iso(clock_wall_us(), now);
    random_base32(tail, sizeof tail - 1);
    snprintf(id, SEAL_KEY_ID_MAX + 1, "%.10s-%s", now, tail);
}

static int write_key(struct session *session, const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(&session->ctx, FAULT_CONFLICT,
                    "%s is there already and was left alone: without its keys, what they "
                    "sealed is lost. To use a new key, put its line first and keep the old ones",
                    path);
    if (fd < 0)
        return fail(&session->ctx, FAULT_INVALID, "%s cannot be made: %s", path, strerror(errno));
    bool good = dprintf(fd, "%s\n", line) > 0 && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    return good ? 0 : fail(&session->ctx, FAULT_INVALID, "%s cannot be written: %s", path, strerror(errno));
}

int key_new(struct session *session)
{
    const char *path = session->word_count ? session->words[0] : session->ctx.config->key_file;
    char id[SEAL_KEY_ID_MAX + 1], line[SEAL_KEY_LINE_SIZE];
    make_key_id(id);
    if (seal_new_key(id, line) < 0)
        return fail(&session->ctx, FAULT_INTERNAL, "the key's name %s is refused", id);
    if (write_key(session, path, line) < 0)
        return -1;
    print_done(session, "Made key file", path, id);
    return 0;
}

int config_check(struct session *session)
{
    struct policy *policy = policy_create(&session->ctx, session->ctx.config->policy_file);
    if (policy == NULL)
        return -1;
    policy_destroy(policy);
    struct services services;
    if (services_read(&session->ctx, session->ctx.config->services_file, &services) != 0)
        return -1;
    print_done(session,
               "Read without complaint:", session->config_path ? session->config_path : "the defaults", NULL);
    return 0;
}

int config_sample(struct session *session)
{
    (void)session;
    config_write_sample(stdout);
    return 0;
}

int config_markdown(struct session *session)
{
    (void)session;
    config_write_markdown(stdout);
    return 0;
}
