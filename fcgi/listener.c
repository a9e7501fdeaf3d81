/* Listening sockets. */
#include "fcgi/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool listener_is(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

int listener_inherited(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!pid || !count || atol(pid) != (long)getpid())
        return 0;
    return atoi(count);
}

/* ---- unix sockets ---- */

static int fill_address(struct ctx *ctx, struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return fail(ctx, FAULT_INTERNAL, "socket path %s is longer than %zu characters", path,
                    sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Somebody answers there: another server of ours, which must not lose its socket to us. */
static bool in_use(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return answered;
}

static int set_owner(struct ctx *ctx, const char *path, unsigned mode, const char *group)
{
    if (mode && chmod(path, mode))
        return fail(ctx, FAULT_INTERNAL, "cannot set the mode of %s: %s", path, strerror(errno));
    if (!group || !*group)
        return 0;
    const struct group *entry = getgrnam(group);
    if (!entry)
        return fail(ctx, FAULT_INTERNAL, "there is no group %s", group);
    if (chown(path, (uid_t)-1, entry->gr_gid))
        return fail(ctx, FAULT_INTERNAL, "cannot give %s to group %s: %s", path, group, strerror(errno));
    return 0;
}

static int open_unix(struct ctx *ctx, struct listener *listener, const char *path, unsigned mode,
                     const char *group)
{
    struct sockaddr_un address;
    struct stat status;
    if (fill_address(ctx, &address, path))
        return -1;
    if (in_use(&address))
        return fail(ctx, FAULT_INTERNAL, "another process listens on %s", path);
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0 || bind(listener->fd, (struct sockaddr *)&address, sizeof address))
        return fail(ctx, FAULT_INTERNAL, "cannot make the socket %s: %s", path, strerror(errno));
    listener->path = path;
    return set_owner(ctx, path, mode, group);
}

/* ---- TCP ---- */

/* "host:port" in two; the brackets of an IPv6 address go. */
static void split_address(struct ctx *ctx, const char *address, const char **host, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    *host = length ? arena_strndup(ctx->arena, address, length) : NULL;
    *port = colon + 1;
}

static int open_tcp(struct ctx *ctx, struct listener *listener, const char *address)
{
    const char *host, *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    split_address(ctx, address, &host, &port);
    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem)
        return fail(ctx, FAULT_INTERNAL, "cannot listen on %s: %s", address, gai_strerror(problem));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted ones inherit it */
    problem = fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    listener->fd = fd;
    return problem ? fail(ctx, FAULT_INTERNAL, "cannot listen on %s: %s", address, strerror(errno)) : 0;
}

static bool is_path(const char *address)
{
    return strchr(address, '/') || !strchr(address, ':');
}

int listener_open(struct ctx *ctx, struct listener *listener, const char *address, int backlog, unsigned mode,
                  const char *group)
{
    *listener = (struct listener){.fd = -1};
    int rc =
        is_path(address) ? open_unix(ctx, listener, address, mode, group) : open_tcp(ctx, listener, address);
    if (rc == 0 && listen(listener->fd, backlog))
        rc = fail(ctx, FAULT_INTERNAL, "cannot listen on %s: %s", address, strerror(errno));
    if (rc)
        listener_close(listener);
    return rc;
}

void listener_close(struct listener *listener)
{
    if (listener->path)
        unlink(listener->path);
    if (listener->fd >= 0)
        close(listener->fd);
    *listener = (struct listener){.fd = -1};
}

void service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract address */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(fd);
}
