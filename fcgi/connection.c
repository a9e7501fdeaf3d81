/* One FastCGI connection. */
#include "fcgi/connection.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "fcgi/errors.h"
#include "fcgi/request_read.h"

enum {
    PEER_TIMEOUT_S = 10, /* the longest one read from or write to the web server may take */
    RECORD_MAX = 0xFFF8, /* content of one FastCGI record; a multiple of 8 */
    DRAIN_FACTOR = 64,   /* so many times the largest body are read and thrown away; past it we hang up */
    READ_STEP = 16 * 1024,
};

bool connection_accept(struct connection *connection, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    struct timeval limit = {.tv_sec = PEER_TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    *connection = (struct connection){.fd = fd, .since_us = clock_monotonic_us()};
    return true;
}

bool connection_ready(const struct connection *connection)
{
    char byte;
    return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static size_t content_of(const FCGI_Header *header)
{
    return (size_t)(header->contentLengthB1 << 8 | header->contentLengthB0);
}

/* From record to record, up to the empty one that ends the body. */
bool connection_complete(const struct connection *connection)
{
    unsigned char bytes[READ_STEP];
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    size_t there = got > 0 ? (size_t)got : 0;
    for (size_t at = 0; at + FCGI_HEADER_LEN <= there;) {
        FCGI_Header header;
        memcpy(&header, bytes + at, sizeof header);
        at += FCGI_HEADER_LEN + content_of(&header) + header.paddingLength;
        if (header.type == FCGI_STDIN && content_of(&header) == 0)
            return at <= there;
    }
    return false;
}

void connection_close(struct connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    connection->kept = false;
}

/* ---- reading ---- */

int connection_receive(struct connection *connection, struct request *request)
{
    FCGX_Request *fcgi = &connection->fcgi;
    FCGX_InitRequest(fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    fcgi->ipcFd = connection->fd;
    fcgi->keepConnection = 1; /* or else FCGX_Accept_r begins with closing it */
    fcgi->detached = 1;       /* close without waiting */
    if (FCGX_Accept_r(fcgi) < 0) {
        connection->fd = -1; /* closed by libfcgi, which then found no listening socket to go on with */
        connection->kept = false;
        return -1;
    }
    connection->kept = fcgi->keepConnection != 0;
    (void)!request_begin(request, (const char *const *)fcgi->envp);
    return 0;
}

/* Throws away what is left. The empty record that ends the body must be taken off the socket even when there
 * was no body, or it would stand before the next request. */
static uint64_t drain(struct connection *connection, uint64_t limit)
{
    char waste[READ_STEP];
    uint64_t drained = 0;
    int got;
    while (drained <= limit && (got = FCGX_GetStr(waste, sizeof waste, connection->fcgi.in)) > 0)
        drained += (uint64_t)got;
    if (drained > limit || FCGX_GetError(connection->fcgi.in))
        connection->kept = false;
    return drained;
}

/* Reads up to limit bytes into the arena, growing as they come. */
static void read_up_to(struct connection *connection, struct request *request, size_t limit)
{
    struct str body = STR_INIT(request->ctx.arena);
    while (body.length < limit) {
        size_t step = limit - body.length < READ_STEP ? limit - body.length : READ_STEP;
        str_reserve(&body, step);
        int got = FCGX_GetStr(body.data + body.length, (int)step, connection->fcgi.in);
        if (got <= 0)
            break;
        body.length += (size_t)got;
        body.data[body.length] = '\0';
    }
    request->body = body.data;
    request->body_length = body.length;
}

/* -1: no Content-Length, or none that is a number. */
static int64_t content_length(const struct request *request)
{
    const char *text = request_parameter(request, "CONTENT_LENGTH");
    if (!text || !*text || strlen(text) > 18 || text[strspn(text, "0123456789")] != '\0')
        return -1;
    return strtoll(text, NULL, 10);
}

void connection_receive_body(struct connection *connection, struct request *request)
{
    int64_t cap = request->ctx.config->max_json_body_size, announced = content_length(request);
    int64_t limit = announced < 0 || announced > cap ? cap : announced;
    read_up_to(connection, request, (size_t)limit);
    int64_t length =
        (int64_t)request->body_length + (int64_t)drain(connection, (uint64_t)(cap * DRAIN_FACTOR));
    if (length > cap || announced > cap)
        (void)!fail(
            &request->ctx, FAULT_REQUEST_LIMIT,
            "Request limit exceeded: JSON body size (%lld bytes) exceeds maximum allowed size (%lld bytes).",
            (long long)(announced > length ? announced : length), (long long)cap);
    else if (announced >= 0 && length < announced)
        (void)!fail(&request->ctx, FAULT_BAD_REQUEST, "The request body ended after %lld of %lld bytes.",
                    (long long)length, (long long)announced);
}

/* ---- writing ---- */

static FCGI_Header record(const struct connection *connection, int type, size_t length)
{
    int id = connection->fcgi.requestId;
    return (FCGI_Header){
        .version = FCGI_VERSION_1,
        .type = (unsigned char)type,
        .requestIdB1 = (unsigned char)(id >> 8),
        .requestIdB0 = (unsigned char)id,
        .contentLengthB1 = (unsigned char)(length >> 8),
        .contentLengthB0 = (unsigned char)length,
    };
}

/* All of it, over as many calls as it takes. -1: the peer is gone, or does not read. */
static int send_all(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = count < 512 ? count : 512};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        while (count > 0 && (size_t)sent >= parts->iov_len) {
            sent -= (ssize_t)parts->iov_len;
            parts++, count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
    return 0;
}

/* What ends a reply: the empty record that closes STDOUT, END_REQUEST, and the farewell (see connection.h).
 */
struct ending {
    FCGI_Header out_end;
    FCGI_EndRequestRecord request_end;
    FCGI_UnknownTypeRecord farewell;
};

static struct iovec *add_part(struct iovec *part, const void *base, size_t length)
{
    *part = (struct iovec){.iov_base = (void *)(uintptr_t)base, .iov_len = length};
    return part + 1;
}

/* head and body as STDOUT records, then the ending. */
static int send_records(struct connection *connection, struct arena *arena, const struct str *head,
                        const char *body, size_t length, bool farewell)
{
    size_t most = (head->length + length) / RECORD_MAX + 2;
    FCGI_Header *headers = arena_array(arena, FCGI_Header, most);
    struct iovec *parts = arena_array(arena, struct iovec, 2 * most + 3), *part = parts;
    size_t head_left = head->length;
    for (size_t n = 0; head_left + length > 0; n++) {
        size_t from_head = head_left < RECORD_MAX ? head_left : RECORD_MAX, room = RECORD_MAX - from_head;
        size_t from_body = length < room ? length : room;
        headers[n] = record(connection, FCGI_STDOUT, from_head + from_body);
        part = add_part(part, &headers[n], sizeof headers[n]);
        if (from_head)
            part = add_part(part, head->data + head->length - head_left, from_head);
        if (from_body)
            part = add_part(part, body, from_body);
        head_left -= from_head;
        body += from_body;
        length -= from_body;
    }
    struct ending ending = {
        .out_end = record(connection, FCGI_STDOUT, 0),
        .request_end.header = record(connection, FCGI_END_REQUEST, sizeof ending.request_end.body),
        .farewell.header = {.version = FCGI_VERSION_1,
                            .type = FCGI_UNKNOWN_TYPE,
                            .contentLengthB0 = sizeof ending.farewell.body},
    };
    part = add_part(part, &ending, farewell ? sizeof ending : offsetof(struct ending, farewell));
    return send_all(connection->fd, parts, (size_t)(part - parts));
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

static void add_header(struct str *head, const char *name, const char *value)
{
    str_add(head, name);
    str_add(head, ": ");
    str_add(head, value);
    str_add_bytes(head, "\r\n", 2);
}

static struct str write_head(struct request *request, int status)
{
    const struct reply *reply = &request->reply;
    struct str head = STR_INIT(request->ctx.arena);
    char number[32];
    str_reserve(&head, 256 + reply->headers.length);
    snprintf(number, sizeof number, "%d ", status);
    str_add(&head, "Status: ");
    str_add(&head, number);
    str_add(&head, reply->reason ? reply->reason : status_phrase(status));
    str_add(&head, "\r\n");
    if (!has_no_body(status) && (reply->body.length > 0 || reply->content_type))
        add_header(&head, "Content-Type", reply->content_type ? reply->content_type : "application/json");
    snprintf(number, sizeof number, "%zu", has_no_body(status) ? 0 : reply->body.length);
    add_header(&head, "Content-Length", number);
    add_header(&head, "X-Openstack-Request-Id", request->ctx.request_id);
    str_add_bytes(&head, reply->headers.data, reply->headers.length);
    str_add(&head, "\r\n");
    return head;
}

static bool peer_is_nginx(const struct request *request)
{
    const char *software = request_parameter(request, "SERVER_SOFTWARE");
    return software && strncmp(software, "nginx", 5) == 0;
}

int64_t connection_reply(struct connection *connection, struct request *request, bool keep)
{
    int status = request->reply.status;
    bool bodiless = has_no_body(status) || request->method == METHOD_HEAD;
    size_t length = bodiless ? 0 : request->reply.body.length;
    struct str head = write_head(request, status);
    bool farewell = connection->kept && !keep && peer_is_nginx(request);
    int rc = send_records(connection, request->ctx.arena, &head, request->reply.body.data, length, farewell);
    request->parameters = NULL;
    FCGX_Free(&connection->fcgi, 0);
    if (rc || !keep || !connection->kept)
        connection_close(connection);
    connection->since_us = clock_monotonic_us();
    return rc ? -1 : (int64_t)(head.length + length);
}

void connection_last_words(struct connection *connection)
{
    static const char reply[] = "Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n"
                                "{\"code\": 503, \"title\": \"Service Unavailable\", \"explanation\": \"The "
                                "server is currently unavailable. "
                                "Please try again at a later time.\", \"error\": {\"type\": "
                                "\"ServiceUnavailable\", \"traceback\": null, "
                                "\"message\": \"Out of memory.\"}}";
    FCGI_Header header = record(connection, FCGI_STDOUT, sizeof reply - 1);
    struct ending ending = {
        .out_end = record(connection, FCGI_STDOUT, 0),
        .request_end.header = record(connection, FCGI_END_REQUEST, sizeof ending.request_end.body),
    };
    struct iovec parts[3], *part = add_part(parts, &header, sizeof header);
    part = add_part(part, reply, sizeof reply - 1);
    add_part(part, &ending, offsetof(struct ending, farewell));
    send_all(connection->fd, parts, COUNT_OF(parts));
}
