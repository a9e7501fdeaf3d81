/* Splits and joins multi-part messages. */
#include "resources/mime.h"

#include <ctype.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/uuid.h"

enum { BASE64_LINE_BYTES = 57, MIME_DEPTH_MAX = 20 };

/* ---- joining ---- */
static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* All ends of lines become "\n". */
static void add_lines(struct str *out, const char *text)
{
    for (; *text; text++) {
        str_add_char(out, *text == '\r' ? '\n' : *text);
        if (text[0] == '\r' && text[1] == '\n')
            text++;
    }
}

static void add_base64(struct str *out, const char *text)
{
    char line[sodium_base64_ENCODED_LEN(BASE64_LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    for (size_t left = strlen(text); left > 0;) {
        size_t size = left < BASE64_LINE_BYTES ? left : BASE64_LINE_BYTES;
        sodium_bin2base64(line, sizeof(line), (const unsigned char *)text, size,
                          sodium_base64_VARIANT_ORIGINAL);
        str_printf(out, "%s\n", line);
        text += size;
        left -= size;
    }
}

/* RFC 2183; a name beyond ASCII by RFC 2231. */
static void add_filename(struct str *out, const char *name)
{
    bool ascii = is_ascii(name);
    str_add(out, ascii ? "Content-Disposition: attachment; filename=\""
                       : "Content-Disposition: attachment; filename*=utf-8''");
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (ascii && (c == '"' || c == '\\'))
            str_add_char(out, '\\');
        if (ascii)
            str_add_char(out, c < ' ' ? ' ' : (char)c);
        else if (isalnum(c) || strchr("-._~", c))
            str_add_char(out, (char)c);
        else
            str_printf(out, "%%%02X", c);
    }
    str_add(out, ascii ? "\"\n" : "\n");
}

static const char *subtype_of(struct ctx *ctx, const struct mime_part *part)
{
    if (part->subtype && *part->subtype)
        return part->subtype;
    if (!part->filename || !*part->filename)
        return "plain";
    const char *dot = strrchr(part->filename, '.');
    size_t length = dot && dot != part->filename ? (size_t)(dot - part->filename) : strlen(part->filename);
    return arena_strndup(ctx->arena, part->filename, length);
}

static void add_part(struct ctx *ctx, struct str *out, const struct mime_part *part)
{
    bool ascii = is_ascii(part->text);
    str_add(out, "Content-Type: text/");
    for (const char *c = subtype_of(ctx, part); *c; c++)
        str_add_char(out, (unsigned char)*c < ' ' ? ' ' : *c);
    str_printf(out, "; charset=\"%s\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: %s\n",
               ascii ? "us-ascii" : "utf-8", ascii ? "7bit" : "base64");
    if (part->filename && *part->filename)
        add_filename(out, part->filename);
    str_add_char(out, '\n');
    if (ascii)
        add_lines(out, part->text);
    else
        add_base64(out, part->text);
}

const char *mime_join(struct ctx *ctx, const struct mime_part *parts)
{
    struct str out = STR_INIT(ctx->arena);
    uint64_t number;
    random_bytes(&number, sizeof(number));
    const char *boundary = arena_printf(ctx->arena, "===============%019" PRIu64 "==", number >> 1);
    str_printf(&out, "Content-Type: multipart/mixed; boundary=\"%s\"\nMIME-Version: 1.0\n\n--%s\n", boundary,
               boundary);
    for (const struct mime_part *part = parts; part; part = part->next) {
        add_part(ctx, &out, part);
        if (part->next)
            str_printf(&out, "\n--%s\n", boundary);
    }
    str_printf(&out, "\n--%s--\n", boundary);
    return out.data;
}

/* ---- splitting ---- */
/* A header's value with its continuation lines, NULL: there is none. head ends with an empty line. */
static const char *header_of(struct ctx *ctx, const char *head, const char *end, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = head; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        while (next < end && (*next == ' ' || *next == '\t')) {
            const char *more = memchr(next, '\n', (size_t)(end - next));
            next = more ? more + 1 : end;
        }
        if ((size_t)(end - line) > length && strncasecmp(line, name, length) == 0 && line[length] == ':')
            return arena_strndup(ctx->arena, line + length + 1, (size_t)(next - line) - length - 1);
        line = next;
    }
    return NULL;
}

/* A parameter of a header: boundary="x" or boundary=x. */
static const char *parameter_of(struct ctx *ctx, const char *header, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = header ? strchr(header, ';') : NULL; at; at = strchr(at, ';')) {
        at += 1 + strspn(at + 1, " \t\r\n");
        if (strncasecmp(at, name, length) != 0 || at[length] != '=')
            continue;
        at += length + 1;
        if (*at == '"')
            return arena_strndup(ctx->arena, at + 1, strcspn(at + 1, "\""));
        return arena_strndup(ctx->arena, at, strcspn(at, "; \t\r\n"));
    }
    return NULL;
}

/* Where the body begins: behind the first empty line. */
static const char *body_of(const char *text, const char *end)
{
    for (const char *line = text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (*line == '\n' || (line[0] == '\r' && line + 1 < end && line[1] == '\n'))
            return next + 1;
        if (!next)
            return end;
        line = next + 1;
    }
    return end;
}

/* Whether nothing but blanks follows on the line. */
static bool is_line_end(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at == end || *at == '\n';
}

static bool is_boundary(const char *line, const char *end, const char *boundary, bool *last)
{
    size_t length = strlen(boundary);
    if ((size_t)(end - line) < length + 2 || strncmp(line, "--", 2) != 0 ||
        strncmp(line + 2, boundary, length) != 0)
        return false;
    const char *rest = line + 2 + length;
    *last = end - rest >= 2 && strncmp(rest, "--", 2) == 0;
    return is_line_end(*last ? rest + 2 : rest, end);
}

/* The next line that is a boundary; NULL: none. *last: it ends the message. */
static const char *find_boundary(const char *from, const char *end, const char *boundary, bool *last)
{
    for (const char *line = from; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (is_boundary(line, end, boundary, last))
            return line;
        if (!next)
            return NULL;
        line = next + 1;
    }
    return NULL;
}

struct splitting {
    struct ctx *ctx;
    const struct mime_part **end; /* where the next part is hung */
};

static bool split(struct splitting *splitting, const char *text, const char *end, int depth);

static const char *subtype_in(struct ctx *ctx, const char *type)
{
    const char *slash = type ? strchr(type, '/') : NULL;
    return slash ? arena_strndup(ctx->arena, slash + 1, strcspn(slash + 1, "; \t\r\n")) : "plain";
}

static void take_part(struct splitting *splitting, const char *text, const char *end, int depth)
{
    struct ctx *ctx = splitting->ctx;
    if (depth < MIME_DEPTH_MAX && split(splitting, text, end, depth + 1))
        return;
    const char *body = body_of(text, end);
    const char *type = header_of(ctx, text, body, "Content-Type");
    const char *disposition = header_of(ctx, text, body, "Content-Disposition");
    const char *filename = parameter_of(ctx, disposition, "filename");
    struct mime_part *part = arena_new(ctx->arena, struct mime_part);
    part->text = arena_strndup(ctx->arena, body, (size_t)(end - body));
    part->subtype = subtype_in(ctx, type);
    part->filename = filename ? filename : parameter_of(ctx, type, "name");
    *splitting->end = part;
    splitting->end = &part->next;
}

/* The line's end before a boundary belongs to the boundary. */
static const char *without_newline(const char *begin, const char *end)
{
    if (end > begin && end[-1] == '\n')
        end--;
    return end > begin && end[-1] == '\r' ? end - 1 : end;
}

static bool split(struct splitting *splitting, const char *text, const char *end, int depth)
{
    struct ctx *ctx = splitting->ctx;
    const char *body = body_of(text, end), *type = header_of(ctx, text, body, "Content-Type");
    const char *boundary = parameter_of(ctx, type, "boundary");
    bool multipart = type && strncasecmp(type + strspn(type, " \t"), "multipart/", 10) == 0;
    if (!multipart || !boundary || !*boundary)
        return false;
    bool last = false;
    const char *at = find_boundary(body, end, boundary, &last);
    while (at && !last) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *begin = line_end ? line_end + 1 : end;
        at = find_boundary(begin, end, boundary, &last);
        take_part(splitting, begin, at ? without_newline(begin, at) : end, depth);
    }
    return true;
}

const struct mime_part *mime_split(struct ctx *ctx, const char *text)
{
    const struct mime_part *first = NULL;
    struct splitting splitting = {ctx, &first};
    split(&splitting, text, text + strlen(text), 0);
    return first;
}
