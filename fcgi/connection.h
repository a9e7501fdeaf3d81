/* One FastCGI connection from the web server: accepting it, taking a request off it, and sending the reply.
 *
 * libfcgi reads the protocol. Accepting, waiting, writing and closing are done here, because its own ways of
 * doing them have the traps that operators of FastCGI services know:
 *
 *   FCGX_Accept_r blocks in accept and in read,      we accept, wait for the first byte beside the other
 *   with no time limit                               descriptors, and set a read limit
 *   accept and SIGTERM race                          nobody blocks in accept: the listening socket does not
 *                                                    block, signals come by descriptor
 *   close waits up to 2 s for a silent peer          the request was read to its end: nothing to wait for
 *   input nobody read begins the next request        the same
 *   replies leave in pieces of 8 kB                  one sendmsg, whatever the size
 *
 * For that, a connection is handed to libfcgi through the fields of FCGX_Request that its header shows but
 * does not promise (ipcFd, keepConnection, detached, listen_sock); they have been the same since its first
 * release.
 *
 * Saying good-bye. A web server that keeps connections (FCGI_KEEP_CONN) takes the next request to the one it
 * used last. If we just closed it, a request could be on its way at that moment and be lost: nginx repeats a
 * GET then, but answers 502 to a POST. FastCGI has no "Connection: close". What nginx does have: bytes after
 * the end of the reply, in the same read, make it give the connection up. So a farewell is the reply,
 * FCGI_END_REQUEST and one management record in one sendmsg, then close. Apache, asking before each request
 * whether the connection is still open, would take that record for a sign of life, so it is sent to nginx
 * alone. */
#ifndef HEARTH_FCGI_CONNECTION_H
#define HEARTH_FCGI_CONNECTION_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "fcgi/request.h"

struct connection {
    int fd;           /* -1: closed */
    bool kept;        /* served a request, and the peer wants it open */
    uint32_t stamp;   /* of the worker that holds it; unlike that of any other it held */
    int64_t since_us; /* monotonic: accepted, or last request done */
    FCGX_Request fcgi;
};

/* Takes one connection off the listening socket, which must not block. false: there was none (any more), or
 * no descriptor left for it. */
bool connection_accept(struct connection *connection, int listener);

/* True when the first byte of a request is there. */
bool connection_ready(const struct connection *connection);

/* True when a whole request is there, so that reading it waits for nobody. Of one larger than some kilobytes that is not
 * known: false. */
bool connection_complete(const struct connection *connection);

/* Reads the parameters of one request and fills what request_begin fills. -1: the peer closed or talked
 * nonsense; the connection is closed. What the request itself has wrong is in request->ctx.error, with 0. */
int connection_receive(struct connection *connection, struct request *request) MUST_CHECK;

/* Reads the body to its end, keeping at most max_json_body_size of it. Problems go to request->ctx.error. */
void connection_receive_body(struct connection *connection, struct request *request);

/* Sends the reply. keep: leave the connection open if the peer wants that. Returns bytes sent, -1 when the
 * peer was gone. Afterwards connection->fd is -1 unless it was kept. */
int64_t connection_reply(struct connection *connection, struct request *request, bool keep);

void connection_close(struct connection *connection);

/* A complete 503 in one write, without any allocation, for the moment when memory has run out. */
void connection_last_words(struct connection *connection);

#endif
