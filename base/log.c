/* The log: one line per event, written with one write(2), so that lines of many processes never mix.
 *
 *   2026-01-31T12:00:00.123456Z level=info role=api pid=4711 request=req-… the message, key=value where there
 * are any
 *
 * Control characters in a message are written as \xNN: a line stays one line whatever a client sent. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_SIZE = 8192, PATH_SIZE = 4096, ROLE_SIZE = 32 };

static const char *const level_names[] = {
    [LOG_ERROR_LEVEL] = "error",
    [LOG_WARNING_LEVEL] = "warning",
    [LOG_INFO_LEVEL] = "info",
    [LOG_DEBUG_LEVEL] = "debug",
};

/* A process has one log. */
static struct {
    char role[ROLE_SIZE], path[PATH_SIZE];
    enum log_level level;
    int fd;
} the_log = {.role = "hearth", .level = LOG_INFO_LEVEL, .fd = STDERR_FILENO};

void log_open(const char *role, enum log_level level, const char *path)
{
    snprintf(the_log.role, sizeof the_log.role, "%s", role);
    snprintf(the_log.path, sizeof the_log.path, "%s", path ? path : "");
    the_log.level = level;
    log_reopen();
}

/* The old file is let go only once the new one is open: a full or read-only disk does not silence us. */
void log_reopen(void)
{
    int old = the_log.fd, fd = STDERR_FILENO;
    if (the_log.path[0])
        fd = open(the_log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
        log_error(NULL, "cannot open log file %s: %s; writing on as before", the_log.path, strerror(errno));
        return;
    }
    the_log.fd = fd;
    if (old != STDERR_FILENO)
        close(old);
}

static size_t write_head(char *line, enum log_level level, const char *request_id)
{
    char now[CLOCK_ISO_SIZE];
    clock_iso_us(clock_wall_us(), now);
    int length = snprintf(line, LINE_SIZE, "%s level=%s role=%s pid=%d", now, level_names[level],
                          the_log.role, (int)getpid());
    if (request_id && *request_id)
        length += snprintf(line + length, LINE_SIZE - (size_t)length, " request=%.64s", request_id);
    line[length++] = ' ';
    return (size_t)length;
}

/* Copies text, escaping what would break the line; stops where the line is full. */
static size_t add_escaped(char *line, size_t length, const char *text)
{
    for (; *text && length < LINE_SIZE - 8; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F)
            length += (size_t)snprintf(line + length, LINE_SIZE - length, "\\x%02x", c);
        else
            line[length++] = *text;
    }
    if (*text)
        length += (size_t)snprintf(line + length, LINE_SIZE - length, "...");
    return length;
}

static void write_all(const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(the_log.fd, line, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* a log that cannot be written must not stop the work */
        line += written;
        length -= (size_t)written;
    }
}

void log_write(enum log_level level, const char *request_id, const char *format, ...)
{
    if (level > the_log.level)
        return;
    int saved = errno;
    char line[LINE_SIZE], message[LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t length = add_escaped(line, write_head(line, level, request_id), message);
    line[length++] = '\n';
    write_all(line, length);
    errno = saved;
}
