/* Listening sockets: made from the configuration, or handed over by whoever started us. */
#ifndef HEARTH_FCGI_LISTENER_H
#define HEARTH_FCGI_LISTENER_H

#include <stdbool.h>

#include "base/config.h"
#include "base/ctx.h"

struct listener {
    int fd;           /* -1: none */
    const char *path; /* of a unix socket that we made and remove at the end; else NULL */
};

/* address: a path, or host:port, :port, [v6]:port. mode: permissions of a socket file, 0 leaves the umask's.
 * A socket file that nobody listens on any more is replaced; one that somebody does is an error. */
int listener_open(struct ctx *ctx, struct listener *listener, const char *address, int backlog, unsigned mode,
                  const char *group) MUST_CHECK;
/* Closes, and removes the file we made. */
void listener_close(struct listener *listener);

/* True when descriptor fd is a listening socket. */
bool listener_is(int fd);
/* How many listening sockets systemd passed us (sd_listen_fds(3)); they begin at descriptor 3. */
int listener_inherited(void);

/* Tells systemd "READY=1" and the like (sd_notify(3)); does nothing elsewhere. */
void service_notify(const char *state);

#endif
