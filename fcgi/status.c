/* The status page's HTTP server: one poll loop, a bounded number of clients, one request per connection, each
 * with a time limit. It reads nothing but the scoreboard, so nothing that ails the workers or the database
 * can hold it up. */
#include "fcgi/status.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { CLIENTS_MAX = 32, REQUEST_MAX = 4096, CLIENT_LIMIT_US = 5 * 1000000 };

struct client {
    int fd; /* -1: a free place */
    int64_t deadline_us;
    char request[REQUEST_MAX];
    size_t received;
    struct arena *arena; /* of the reply; NULL while the request is read */
    struct str reply;
    size_t sent;
};

struct status_server {
    const struct config *config;
    const struct route_table *routes;
    struct slot *slot;
    int listener, signals;
    bool stopping;
    struct client clients[CLIENTS_MAX];
};

/* ---- one request ---- */

static void not_found(struct str *body, const struct status_server *server, const char *query)
{
    str_add(body, "There are /ping, /status, /status?json, /status?full and /metrics.\n");
}

static void ping(struct str *body, const struct status_server *server, const char *query)
{
    str_add(body, "pong\n");
}

static void status_page(struct str *body, const struct status_server *server, const char *query)
{
    bool full = strstr(query, "full") != NULL;
    if (strstr(query, "json"))
        status_write_json(body, server->config, full);
    else
        status_write_text(body, server->config, full);
}

static void metrics(struct str *body, const struct status_server *server, const char *query)
{
    status_write_metrics(body, server->routes);
}

static const struct page {
    const char *path, *type;
    void (*write)(struct str *body, const struct status_server *server, const char *query);
} pages[] = {
    {"/ping", "text/plain", ping},
    {"/status", "text/plain; charset=utf-8", status_page},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics},
};

static const struct page page_unknown = {NULL, "text/plain", not_found};

static const struct page *find_page(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        if (strcmp(pages[i].path, path) == 0)
            return &pages[i];
    return &page_unknown;
}

static void reply_start(struct client *client, const char *status, const char *type, const struct str *body,
                        bool head)
{
    str_printf(&client->reply,
               "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
               "Connection: close\r\n\r\n",
               status, type, body->length);
    if (!head)
        str_add_bytes(&client->reply, body->data, body->length);
}

/* The request line is all that matters: "GET /status?json HTTP/1.1". */
static void answer(const struct status_server *server, struct client *client)
{
    char method[8] = "", target[256] = "";
    client->arena = arena_create(0);
    client->reply = (struct str)STR_INIT(client->arena);
    struct str body = STR_INIT(client->arena);
    bool read_line = sscanf(client->request, "%7s %255s", method, target) == 2;
    bool head = strcmp(method, "HEAD") == 0;
    if (!read_line || target[0] != '/') {
        reply_start(client, "400 Bad Request", "text/plain", &body, false);
        return;
    }
    if (!head && strcmp(method, "GET") != 0) {
        reply_start(client, "405 Method Not Allowed\r\nAllow: GET, HEAD", "text/plain", &body, false);
        return;
    }
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    const struct page *page = find_page(target);
    page->write(&body, server, query ? query : "");
    bool json = page->write == status_page && query && strstr(query, "json");
    reply_start(client, page == &page_unknown ? "404 Not Found" : "200 OK",
                json ? "application/json" : page->type, &body, head);
}

/* ---- clients ---- */

static void client_close(struct client *client)
{
    close(client->fd);
    arena_destroy(client->arena);
    client->arena = NULL;
    client->fd = -1;
}

static void client_receive(struct status_server *server, struct client *client)
{
    ssize_t got = recv(client->fd, client->request + client->received, REQUEST_MAX - 1 - client->received, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            client_close(client);
        return;
    }
    client->received += (size_t)got;
    client->request[client->received] = '\0';
    bool complete = strstr(client->request, "\r\n\r\n") || strstr(client->request, "\n\n");
    if (complete || client->received == REQUEST_MAX - 1)
        answer(server, client);
}

/* The close comes after the client has read all: SHUT_WR, then the end of its side or the time limit. */
static void client_send(struct client *client)
{
    ssize_t sent = send(client->fd, client->reply.data + client->sent, client->reply.length - client->sent,
                        MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        client_close(client);
        return;
    }
    client->sent += sent > 0 ? (size_t)sent : 0;
    if (client->sent == client->reply.length)
        shutdown(client->fd, SHUT_WR);
}

static void client_drain(struct client *client)
{
    ssize_t got = recv(client->fd, client->request, sizeof client->request, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        client_close(client);
}

static bool all_sent(const struct client *client)
{
    return client->arena && client->sent == client->reply.length;
}

static short client_events(const struct client *client)
{
    return client->arena && !all_sent(client) ? POLLOUT : POLLIN;
}

static void client_step(struct status_server *server, struct client *client)
{
    if (!client->arena)
        client_receive(server, client);
    else if (all_sent(client))
        client_drain(client);
    if (client->fd >= 0 && client->arena && !all_sent(client))
        client_send(client);
}

static void accept_client(struct status_server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->fd >= 0)
            continue;
        client->fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        client->deadline_us = clock_monotonic_us() + CLIENT_LIMIT_US;
        client->received = client->sent = 0;
        return;
    }
}

/* ---- the loop ---- */

/* Fills polls: the listener (while there is a place), the signals, then the clients; returns how many. */
static nfds_t fill_polls(struct status_server *server, struct pollfd *polls, struct client **who)
{
    nfds_t count = 2;
    bool room = false;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        room |= client->fd < 0;
        if (client->fd < 0)
            continue;
        who[count] = client;
        polls[count++] = (struct pollfd){.fd = client->fd, .events = client_events(client)};
    }
    polls[0] = (struct pollfd){.fd = room && !server->stopping ? server->listener : -1, .events = POLLIN};
    polls[1] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    return count;
}

static void close_late(struct status_server *server)
{
    int64_t now = clock_monotonic_us();
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].fd >= 0 && now > server->clients[i].deadline_us)
            client_close(&server->clients[i]);
}

/* Told to stop, it takes no new clients and goes when those it has are served. */
static void take_signals(struct status_server *server)
{
    struct signalfd_siginfo info;
    while (read(server->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            log_reopen();
        else
            server->stopping = true;
    }
}

static bool has_clients(const struct status_server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].fd >= 0)
            return true;
    return false;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int status_run(const struct config *config, const struct route_table *routes, int listener, struct slot *slot)
{
    static struct status_server server;
    server = (struct status_server){
        .config = config, .routes = routes, .slot = slot, .listener = listener, .signals = open_signals()};
    for (int i = 0; i < CLIENTS_MAX; i++)
        server.clients[i].fd = -1;
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK); /* one handed over may block */
    slot->state = SLOT_IDLE;
    while (!server.stopping || has_clients(&server)) {
        struct pollfd polls[CLIENTS_MAX + 2];
        struct client *who[CLIENTS_MAX + 2] = {0};
        nfds_t count = fill_polls(&server, polls, who);
        poll(polls, count, 1000);
        for (nfds_t i = 2; i < count; i++)
            if (polls[i].revents)
                client_step(&server, who[i]);
        if (polls[0].revents)
            accept_client(&server);
        take_signals(&server);
        close_late(&server);
    }
    return 0;
}
