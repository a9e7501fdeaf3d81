/* Fetching a document from a URL that a user named. */
#include "cloud/fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/str.h"

enum { REDIRECTS_MAX = 5 };

/* ---- which addresses ---- */

static const struct {
    uint32_t network;
    int bits;
} special_v4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local: a cloud's metadata service */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, broadcast */
};

static bool v4_is_public(uint32_t address)
{
    for (size_t i = 0; i < COUNT_OF(special_v4); i++)
        if (((address ^ special_v4[i].network) >> (32 - special_v4[i].bits)) == 0)
            return false;
    return true;
}

static uint32_t v4_inside(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Global unicast is 2000::/3; of it, and of the prefixes that carry an IPv4 address, the inner address
 * counts. */
static bool v6_is_public(const struct in6_addr *address)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF}, nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    const uint8_t *bytes = address->s6_addr;
    if (memcmp(bytes, mapped, sizeof mapped) == 0 || memcmp(bytes, nat64, sizeof nat64) == 0)
        return v4_is_public(v4_inside(bytes + 12));
    if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 */
        return v4_is_public(v4_inside(bytes + 2));
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02) /* 2001::/23, protocol assignments */
        return false;
    return (bytes[0] & 0xE0) == 0x20;
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return v4_is_public(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return v6_is_public(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return false;
}

/* ---- the call ---- */

struct fetch {
    struct str text;
    size_t max;
    bool too_long, private_allowed;
};

static curl_socket_t open_public_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct fetch *fetch = self;
    (void)purpose;
    if (!fetch->private_allowed && !address_is_public(&address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take(char *data, size_t size, size_t count, void *self)
{
    struct fetch *fetch = self;
    size_t length = size * count;
    if (length > fetch->max - fetch->text.length) {
        fetch->too_long = true;
        return 0;
    }
    str_add_bytes(&fetch->text, data, length);
    return length;
}

static void set_options(CURL *curl, const struct config *config, const char *url, struct fetch *fetch)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)config->fetch_timeout);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "hearth");
}

static int check_scheme(struct ctx *ctx, const char *url)
{
    size_t length = strcspn(url, ":/?#");
    bool has_scheme = url[length] == ':';
    if (has_scheme && ((length == 4 && strncasecmp(url, "http", 4) == 0) ||
                       (length == 5 && strncasecmp(url, "https", 5) == 0)))
        return 0;
    return fail(ctx, FAULT_BAD_REQUEST, "Invalid URL scheme %.*s", has_scheme ? (int)length : 0, url);
}

const char *fetch_text(struct ctx *ctx, const char *url, size_t max, size_t *length)
{
    struct fetch fetch = {
        .text = STR_INIT(ctx->arena), .max = max, .private_allowed = ctx->config->fetch_private_addresses};
    if (check_scheme(ctx, url) < 0)
        return NULL;
    CURL *curl = curl_easy_init();
    if (!curl)
        return fail_null(ctx, FAULT_UNAVAILABLE, "libcurl cannot be used");
    set_options(curl, ctx->config, url, &fetch);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (fetch.too_long)
        return fail_null(ctx, FAULT_BAD_REQUEST, "Template exceeds maximum allowed size (%zu bytes)", max);
    if (code != CURLE_OK)
        return fail_null(ctx, FAULT_BAD_REQUEST, "Failed to retrieve template from %s", url);
    *length = fetch.text.length;
    return fetch.text.data;
}
