/* Functions that make strings: joining, splitting, replacing, digests, URLs. */
#include "template/call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/utf8.h"

static const struct value *text_value(const struct call *call, const struct str *text)
{
    return value_string_n(call_arena(call), text->data, text->length);
}

/* ---- joining ---- */
int check_join(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 2)
        return 0;
    return call_fail_usage(
        call, arena_printf(call_arena(call), "\"%s\" : [ \" \", [ \"str1\", \"str2\"]]", call_name(call)));
}

int check_join_multiple(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) >= 2)
        return 0;
    return call_fail_usage(
        call,
        arena_printf(call_arena(call), "\"%s\" : [ \" \", [ \"str1\", \"str2\"] ...]", call_name(call)));
}

static int fail_item(const struct call *call, const char *wanted, const struct value *item)
{
    return call_fail(call, "Items to join must be %s not %s", wanted,
                     python_cut(call_arena(call), value_to_repr(call_arena(call), item), 200));
}

static int add_text_item(const struct call *call, struct str *out, const struct value *item)
{
    if (value_is_null(item))
        return 0;
    if (!value_is(item, VALUE_STRING))
        return fail_item(call, "strings", item);
    str_add_bytes(out, item->string.text, item->string.length);
    return 0;
}

static int add_any_item(const struct call *call, struct str *out, const struct value *item)
{
    if (value_is_null(item))
        return 0;
    if (value_is(item, VALUE_LIST) || value_is(item, VALUE_MAP))
        value_write_json_sorted(out, item);
    else if (value_is(item, VALUE_STRING))
        str_add_bytes(out, item->string.text, item->string.length);
    else
        return fail_item(call, "string, map or list", item);
    return 0;
}

typedef int add_item(const struct call *call, struct str *out, const struct value *item);

static int join_list(const struct call *call, struct str *out, size_t *joined, const struct value *delimiter,
                     const struct value *list, add_item *add)
{
    for (size_t i = 0; i < value_count(list); i++) {
        size_t before = out->length;
        if ((*joined)++)
            str_add_bytes(out, delimiter->string.text, delimiter->string.length);
        if (add(call, out, value_at(list, i)) != 0 ||
            scope_spend(call->scope, 1 + (out->length - before) / 64) != 0)
            return -1;
    }
    return 0;
}

/* Lists from args[first] on, already resolved. */
static const struct value *join(const struct call *call, const struct value *lists, add_item *add)
{
    struct str out = STR_INIT(call_arena(call));
    size_t joined = 0;
    for (size_t i = 0; i < value_count(lists); i++)
        if (value_truth(value_at(lists, i)) && !value_is(value_at(lists, i), VALUE_LIST))
            return call_fail_null(call, "\"%s\" must operate on a list", call_name(call));
    const struct value *delimiter = call_resolve(call, value_at(call->args, 0));
    if (delimiter && !value_is(delimiter, VALUE_STRING))
        return call_fail_null(call, "\"%s\" delimiter must be a string", call_name(call));
    for (size_t i = 0; delimiter && i < value_count(lists); i++)
        if (join_list(call, &out, &joined, delimiter, value_at(lists, i), add) != 0)
            return NULL;
    return delimiter ? text_value(call, &out) : NULL;
}

const struct value *evaluate_join(const struct call *call)
{
    const struct value *list = call_resolve(call, value_at(call->args, 1));
    if (!list)
        return NULL;
    if (!value_is_null(list) && !value_is(list, VALUE_LIST))
        return call_fail_null(call, "\"%s\" must operate on a list", call_name(call));
    struct value *lists = value_list(call_arena(call));
    value_list_add(call_arena(call), lists, list);
    return join(call, lists, add_text_item);
}

const struct value *evaluate_join_multiple(const struct call *call)
{
    struct value *rest = value_list(call_arena(call));
    for (size_t i = 1; i < value_count(call->args); i++)
        value_list_add(call_arena(call), rest, value_at(call->args, i));
    const struct value *lists = call_resolve(call, rest);
    return lists ? join(call, lists, add_any_item) : NULL;
}

/* ---- splitting ---- */
static const struct value *split(const struct call *call, const struct value *text,
                                 const struct value *delimiter)
{
    if (delimiter->string.length == 0)
        return call_fail_null(call, "empty separator");
    if (scope_spend(call->scope, text->string.length / 16) != 0)
        return NULL;
    return python_split(call_arena(call), text->string.text, text->string.length, delimiter->string.text,
                        delimiter->string.length);
}

static const char *str_split_example(const struct call *call)
{
    return arena_printf(call_arena(call), "\"%s\" : [ \",\", \"apples,pears\", <index>]", call_name(call));
}

int check_str_split(const struct call *call)
{
    if (value_is(call->args, VALUE_STRING) || call_is_map(call, call->args))
        return call_fail_usage(call, str_split_example(call));
    return 0;
}

static const struct value *split_item(const struct call *call, const struct value *parts,
                                      const struct value *index)
{
    const struct value *number = index;
    if (value_is(index, VALUE_STRING) &&
        !python_int(call_arena(call), index->string.text, index->string.length, &number))
        number = NULL;
    if (value_is_null(index) || value_is(index, VALUE_LIST) || value_is(index, VALUE_MAP))
        return call_fail_null(
            call, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
            value_python_type(index));
    number = python_truncate(call_arena(call), number);
    if (!value_is_number(number) && !value_is(number, VALUE_BOOL))
        return call_fail_null(call, "Incorrect index to \"%s\" should be: %s", call_name(call),
                              str_split_example(call));
    const struct value *item = python_item(call_arena(call), parts, number, false);
    if (!item)
        return call_fail_null(call, "Incorrect index to \"%s\" should be between 0 and %zu", call_name(call),
                              value_count(parts) - 1);
    return item;
}

/* Without a delimiter any run of white space is one. */
static const struct value *split_at_spaces(const struct call *call, const struct value *text)
{
    static const char spaces[] = " \t\n\r\f\v\x1c\x1d\x1e\x1f";
    struct value *parts = value_list(call_arena(call));
    const char *at = value_text(text);
    for (size_t length; *(at += strspn(at, spaces)); at += length) {
        length = strcspn(at, spaces);
        value_list_add(call_arena(call), parts, value_string_n(call_arena(call), at, length));
    }
    return parts;
}

const struct value *evaluate_str_split(const struct call *call)
{
    const struct value *args = call_resolve(call, call->args);
    if (!args)
        return NULL;
    if (!value_is(args, VALUE_LIST) || value_count(args) < 2) {
        (void)call_fail_usage(call, str_split_example(call));
        return NULL;
    }
    const struct value *delimiter = value_at(args, 0), *text = value_at(args, 1);
    if (value_is_null(text))
        return &value_null;
    if (!value_is(text, VALUE_STRING))
        return call_fail_null(call, "'%s' object has no attribute 'split'", value_python_type(text));
    if (!value_is(delimiter, VALUE_STRING) && !value_is_null(delimiter))
        return call_fail_null(call, "must be str or None, not %s", value_python_type(delimiter));
    const struct value *parts =
        value_is_null(delimiter) ? split_at_spaces(call, text) : split(call, text, delimiter);
    return parts && value_count(args) > 2 ? split_item(call, parts, value_at(args, 2)) : parts;
}

int check_cfn_split(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 2)
        return 0;
    return call_fail_usage(
        call, arena_printf(call_arena(call), "\"%s\" : [ \",\", \"str1,str2\"]]", call_name(call)));
}

const struct value *evaluate_cfn_split(const struct call *call)
{
    const struct value *delimiter = value_at(call->args, 0);
    const struct value *text = call_resolve(call, value_at(call->args, 1));
    if (!text)
        return NULL;
    if (!value_is(delimiter, VALUE_STRING))
        return call_fail_null(call, "Delimiter for %s must be string", call_name(call));
    if (!value_is(text, VALUE_STRING))
        return call_fail_null(call, "String to split must be string; got <class '%s'>",
                              value_python_type(text));
    return split(call, text, delimiter);
}

/* ---- digests ---- */
static const char digest_names[] =
    "{'blake2b', 'blake2s', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha3_224', "
    "'sha3_256', 'sha3_384', 'sha3_512', 'sha512', 'sha512_224', 'sha512_256', 'sm3'}";

/* hashlib's names, as OpenSSL spells them. */
static const EVP_MD *digest_algorithm(const char *name)
{
    static const char *const spelled[][2] = {
        {"blake2b", "blake2b512"},
        {"blake2s", "blake2s256"},
        {"md5", "md5"},
        {"sha1", "sha1"},
        {"sha224", "sha224"},
        {"sha256", "sha256"},
        {"sha384", "sha384"},
        {"sha512", "sha512"},
        {"sha3_224", "sha3-224"},
        {"sha3_256", "sha3-256"},
        {"sha3_384", "sha3-384"},
        {"sha3_512", "sha3-512"},
        {"sha512_224", "sha512-224"},
        {"sha512_256", "sha512-256"},
        {"sm3", "sm3"},
    };
    for (size_t i = 0; i < COUNT_OF(spelled); i++)
        if (strcasecmp(name, spelled[i][0]) == 0)
            return EVP_get_digestbyname(spelled[i][1]);
    return NULL;
}

/* Text as Latin-1 bytes, which is what is digested. NULL when a character has none. */
static unsigned char *latin1(const struct call *call, const struct value *text, size_t *length)
{
    unsigned char *bytes = arena_alloc(call_arena(call), text->string.length + 1);
    const char *at = text->string.text;
    size_t left = text->string.length, size;
    uint32_t code;
    for (*length = 0; (size = utf8_decode(at, left, &code)) > 0; at += size, left -= size) {
        if (code > 0xFF)
            return call_fail_null(
                call,
                "'latin-1' codec can't encode character '\\u%04x' in position %zu: ordinal not in "
                "range(256)",
                code, *length);
        bytes[(*length)++] = (unsigned char)code;
    }
    return bytes;
}

static const struct value *hex_digest(const struct call *call, const EVP_MD *algorithm,
                                      const struct value *text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    size_t length;
    unsigned char *bytes = latin1(call, text, &length);
    if (!bytes)
        return NULL;
    if (!EVP_Digest(bytes, length, digest, &size, algorithm, NULL))
        return call_fail_null(call, "unsupported hash type");
    struct str out = STR_INIT(call_arena(call));
    for (unsigned i = 0; i < size; i++)
        str_printf(&out, "%02x", digest[i]);
    return text_value(call, &out);
}

static bool all_strings(const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (!value_is(value_at(list, i), VALUE_STRING))
            return false;
    return value_is(list, VALUE_LIST);
}

const struct value *evaluate_digest(const struct call *call)
{
    const struct value *args = call_resolve(call, call->args);
    if (!args)
        return NULL;
    if (!all_strings(args))
        return call_fail_null(call, "Argument to function \"%s\" must be a list of strings", call_name(call));
    if (value_count(args) != 2)
        return call_fail_null(call, "Function \"%s\" usage: [\"<algorithm>\", \"<value>\"]", call_name(call));
    const EVP_MD *algorithm = digest_algorithm(value_text(value_at(args, 0)));
    if (!algorithm)
        return call_fail_null(call, "Algorithm must be one of %s", digest_names);
    return hex_digest(call, algorithm, value_at(args, 1));
}

/* ---- URLs ---- */
static const char *const url_keys[] = {"scheme", "username", "password", "host",
                                       "port",   "path",     "query",    "fragment"};

static bool is_url_key(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(url_keys); i++)
        if (strcmp(key, url_keys[i]) == 0)
            return true;
    return false;
}

static int check_port(const struct call *call, const struct value *port, const struct value *args)
{
    const struct value *number = port;
    if (value_is(port, VALUE_STRING) &&
        !python_int(call_arena(call), port->string.text, port->string.length, &number))
        number = NULL;
    if (value_is(port, VALUE_BOOL) || value_is(port, VALUE_FLOAT))
        number = python_truncate(
            call_arena(call), value_is(port, VALUE_BOOL) ? value_int(call_arena(call), port->boolean) : port);
    if (value_is_null(port) || value_is(port, VALUE_LIST) || value_is(port, VALUE_MAP))
        return call_fail(call,
                         "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                         value_python_type(port));
    if (!value_is(number, VALUE_INT))
        return call_fail(call, "Invalid URL port \"%s\" for %s called with %s",
                         value_to_str(call_arena(call), port), call_name(call),
                         value_to_str(call_arena(call), args));
    if (number->integer <= 0 || number->integer > 65535)
        return call_fail(call, "Invalid URL port %lld, must be in range 1-65535", (long long)number->integer);
    return 0;
}

static int check_url_part(const struct call *call, const char *key, const struct value *part,
                          const struct value *args)
{
    if (call_is_function(call, part))
        return 0;
    if (strcmp(key, "query") == 0)
        return value_is(part, VALUE_MAP)
                   ? 0
                   : call_fail(call, "The \"query\" argument to \"%s\" must be a map", call_name(call));
    if (strcmp(key, "port") == 0)
        return check_port(call, part, args);
    if (!value_is(part, VALUE_STRING))
        return call_fail(call, "The \"%s\" argument to \"%s\" must be a string", key, call_name(call));
    return 0;
}

static int check_url_parts(const struct call *call, const struct value *args)
{
    for (size_t i = 0; i < COUNT_OF(url_keys); i++)
        if (value_has(args, url_keys[i]) &&
            check_url_part(call, url_keys[i], value_get(args, url_keys[i]), args) != 0)
            return -1;
    return 0;
}

int check_make_url(const struct call *call)
{
    if (!call_is_map(call, call->args))
        return call_fail(call, "The arguments to \"%s\" must be a map", call_name(call));
    struct str unknown = STR_INIT(call_arena(call));
    for (size_t i = 0; i < value_count(call->args); i++)
        if (!is_url_key(call->args->map.entries[i].key))
            str_printf(&unknown, "%s%s", unknown.length ? ", " : "", call->args->map.entries[i].key);
    if (unknown.length)
        return call_fail(call, "Invalid arguments to \"%s\": %s", call_name(call), unknown.data);
    return check_url_parts(call, call->args);
}

/* Percent-encodes all but letters, digits, "_.-~" and those in safe; spaces as '+' when plus. */
static void add_quoted(struct str *out, const char *text, size_t length, const char *safe, bool plus)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 128 && isalnum(c)) || (c && (strchr("_.-~", c) || strchr(safe, c))))
            str_add_char(out, (char)c);
        else if (plus && c == ' ')
            str_add_char(out, '+');
        else
            str_printf(out, "%%%02X", c);
    }
}

static void add_quoted_part(struct str *out, const struct value *args, const char *key, const char *safe)
{
    const struct value *part = value_get(args, key);
    if (value_is(part, VALUE_STRING))
        add_quoted(out, part->string.text, part->string.length, safe, false);
}

static void add_user(struct str *out, const struct value *args)
{
    bool user = value_truth(value_get(args, "username")), password = value_truth(value_get(args, "password"));
    if (!user && !password)
        return;
    add_quoted_part(out, args, "username", "");
    if (password) {
        str_add_char(out, ':');
        add_quoted_part(out, args, "password", "");
    }
    str_add_char(out, '@');
}

static void add_host(struct str *out, const struct value *args)
{
    const struct value *host = value_get(args, "host");
    if (!value_is(host, VALUE_STRING))
        return;
    const char *text = host->string.text;
    size_t length = host->string.length;
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']')
        text++, length -= 2;
    bool brackets = memchr(text, ':', length) != NULL;
    str_add(out, brackets ? "[" : "");
    add_quoted(out, text, length, ":", false);
    str_add(out, brackets ? "]" : "");
}

static void add_query(struct str *out, const struct value *query)
{
    for (size_t i = 0; i < value_count(query); i++) {
        const struct value_entry *entry = &query->map.entries[i];
        const char *text = value_to_str(out->arena, entry->value);
        str_add(out, i ? "&" : "?");
        add_quoted(out, entry->key, strlen(entry->key), "/", true);
        str_add_char(out, '=');
        add_quoted(out, text, strlen(text), "/", true);
    }
}

static const char *authority(struct arena *arena, const struct value *args)
{
    struct str out = STR_INIT(arena);
    add_user(&out, args);
    add_host(&out, args);
    if (value_truth(value_get(args, "port")))
        str_printf(&out, ":%s", value_to_str(arena, value_get(args, "port")));
    return out.data;
}

/* Schemes whose URLs have "//" even without a host, as Python's urlunsplit knows them. */
static bool has_authority(const char *scheme)
{
    static const char *const schemes[] = {
        "ftp",     "http",  "gopher", "nntp",     "telnet",  "imap",  "wais",  "file",         "mms",
        "https",   "shttp", "snews",  "prospero", "rtsp",    "rtsps", "rtspu", "rsync",        "svn",
        "svn+ssh", "sftp",  "nfs",    "git",      "git+ssh", "ws",    "wss",   "itms-services"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (strcmp(scheme, schemes[i]) == 0)
            return true;
    return false;
}

/* The parts put together as RFC 3986, 5.3 does. */
static const struct value *assemble_url(const struct call *call, const struct value *args)
{
    struct arena *arena = call_arena(call);
    struct str path = STR_INIT(arena), out = STR_INIT(arena);
    const char *scheme = value_get_text(args, "scheme"), *host = authority(arena, args);
    add_quoted_part(&path, args, "path", "/");
    if (scheme && *scheme)
        str_printf(&out, "%s:", scheme);
    bool double_slash = strncmp(path.data, "//", 2) == 0;
    if (*host || (scheme && has_authority(scheme) && !double_slash))
        str_printf(&out, "//%s%s", host, *path.data && *path.data != '/' ? "/" : "");
    str_add(&out, path.data);
    add_query(&out, value_get(args, "query"));
    if (value_truth(value_get(args, "fragment"))) {
        str_add_char(&out, '#');
        add_quoted_part(&out, args, "fragment", "/");
    }
    return text_value(call, &out);
}

const struct value *evaluate_make_url(const struct call *call)
{
    const struct value *args = call_resolve(call, call->args);
    if (!args || check_url_parts(call, args) != 0)
        return NULL;
    const char *scheme = value_get_text(args, "scheme");
    if (scheme && strchr(scheme, ':'))
        return call_fail_null(call, "URL \"scheme\" should not contain ':'");
    return assemble_url(call, args);
}

/* ---- base64, which does not encode ---- */
const struct value *evaluate_base64(const struct call *call)
{
    const struct value *text = call_resolve(call, call->args);
    if (text && !value_is(text, VALUE_STRING))
        return call_fail_null(call, "\"%s\" argument must be a string", call_name(call));
    return text;
}
