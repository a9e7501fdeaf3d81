/* The configuration: defaults, files good and bad, and what is made from the table. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/config_table.h"
#include "base/str.h"

static char path[] = "/tmp/hearth-config-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    return unlink(path);
}

static const struct config *read_bytes(struct ctx *ctx, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return config_read(ctx, path);
}

static const struct config *read_text(struct ctx *ctx, const char *text)
{
    return read_bytes(ctx, text, strlen(text));
}

static void defaults(void **state)
{
    struct ctx ctx = unit_begin(0);
    const struct config *config = config_read(&ctx, NULL);
    assert_non_null(config);
    assert_string_equal(config->auth, "standalone");
    assert_int_equal(config->request_terminate_timeout, 60000);
    assert_int_equal(config->max_json_body_size, 1 << 20);
    assert_int_equal(config->max_stacks_per_tenant, 512);
    assert_true(config->prepared_statements);
    assert_false(config->trust_proxy_headers);
    assert_string_equal(config->user, "");
    unit_end(&ctx);
}

static void a_file_over_the_defaults(void **state)
{
    struct ctx ctx = unit_begin(0);
    const struct config *config = read_text(&ctx, "# Hearth\n"
                                                  "\n"
                                                  "listen=/run/hearth/hearth.sock\n"
                                                  "  api_workers\t =  12   # three per core\r\n"
                                                  "log_file =\n"
                                                  "pool = dynamic\n"
                                                  "lease = 1500ms\n"
                                                  "max_template_size = 2m\n"
                                                  "max_stacks_per_tenant = -1\n"
                                                  "trust_proxy_headers = yes\n"
                                                  "public_url = https://cloud.example/#/heat?a=b\n"
                                                  "database = host=/run/postgresql dbname=hearth");
    if (!config)
        fail_msg("%s", ctx.error.message);
    assert_string_equal(config->listen, "/run/hearth/hearth.sock");
    assert_int_equal(config->api_workers, 12);
    assert_string_equal(config->log_file, "");
    assert_string_equal(config->pool, "dynamic");
    assert_int_equal(config->lease, 1500);
    assert_int_equal(config->max_template_size, 2 << 20);
    assert_int_equal(config->max_stacks_per_tenant, -1);
    assert_true(config->trust_proxy_headers);
    assert_string_equal(config->public_url, "https://cloud.example/#/heat?a=b");
    assert_string_equal(config->database, "host=/run/postgresql dbname=hearth");
    assert_string_equal(config->region, "RegionOne");
    unit_end(&ctx);
}

static void an_empty_file_is_the_defaults(void **state)
{
    struct ctx ctx = unit_begin(0);
    const struct config *config = read_text(&ctx, "");
    assert_non_null(config);
    assert_int_equal(config->api_workers, 4);
    unit_end(&ctx);
}

static void bad_lines_say_where_and_what(void **state)
{
    static const struct {
        const char *text, *message; /* message: what follows the file's name */
    } cases[] = {
        {"api_worker = 4", ":1: unknown option api_worker; did you mean api_workers?"},
        {"\n\nlog_levle = info", ":3: unknown option log_levle; did you mean log_level?"},
        {"frobnicate = 4", ":1: unknown option frobnicate"},
        {"API_WORKERS = 4", ":1: unknown option API_WORKERS"},
        {"api_workers = four", ":1: api_workers = four: expected a whole number, 0 or more"},
        {"api_workers = -1", ":1: api_workers = -1: expected a whole number, 0 or more"},
        {"api_workers =", ":1: api_workers = : expected a whole number, 0 or more"},
        {"api_workers = 99999999999999999999", "expected a whole number"},
        {"max_stacks_per_tenant = -2", "expected a whole number, -1 or more"},
        {"lease = 10", ":1: lease = 10: expected a duration such as 250ms, 10s, 5m, 2h or 1d"},
        {"max_template_size = big", "expected a size in bytes such as 524288, 64k, 8m or 1g"},
        {"prepared_statements = maybe", ":1: prepared_statements = maybe: expected true or false"},
        {"auth = ldap", ":1: auth = ldap: expected one of standalone,keystone"},
        {"auth = stand", "expected one of standalone,keystone"},
        {"auth =", "expected one of standalone,keystone"},
        {"# one\napi_workers = 4\nengines = 1\napi_workers = 5",
         ":4: api_workers is set twice, first on line 2"},
        {"[processes]", ":1: expected \"key = value\", found \"[processes]\""},
        {"api_workers 4", ":1: expected \"key = value\", found \"api_workers 4\""},
        {"= 4", ":1: expected \"key = value\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ctx ctx = unit_begin(0);
        assert_null(read_text(&ctx, cases[i].text));
        assert_failed(&ctx, FAULT_INVALID, path);
        assert_failed(&ctx, FAULT_INVALID, cases[i].message);
        unit_end(&ctx);
    }
}

static void no_text_file(void **state)
{
    struct ctx ctx = unit_begin(0);
    assert_null(read_bytes(&ctx, "api_workers = 4\nengines = \0 1\n", 30));
    assert_failed(&ctx, FAULT_INVALID, ":2: a NUL byte");
    error_clear(&ctx);
    assert_null(config_read(&ctx, "/nonexistent/hearth.conf"));
    assert_failed(&ctx, FAULT_INVALID,
                  "cannot read configuration file /nonexistent/hearth.conf: No such file");
    error_clear(&ctx);
    assert_null(config_read(&ctx, "/"));
    assert_failed(&ctx, FAULT_INVALID, "Is a directory");
    unit_end(&ctx);
}

static char *written(void (*write)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    write(file);
    fclose(file);
    return text;
}

/* Every "#key = value" line of the sample, taken as it stands, is accepted, and every option is there. */
static void the_sample_is_a_valid_file(void **state)
{
    struct ctx ctx = unit_begin(0);
    char *sample = written(config_write_sample);
    struct str active = STR_INIT(ctx.arena);
    size_t options = 0;
    for (char *line = strtok(sample, "\n"); line; line = strtok(NULL, "\n")) {
        assert_int_equal(line[0], '#');
        assert_true(strlen(line) <= 110);
        if (line[1] != ' ') {
            str_printf(&active, "%s\n", line + 1);
            options++;
        }
    }
    assert_int_equal(options, config_option_count);
    if (!read_text(&ctx, active.data))
        fail_msg("%s", ctx.error.message);
    free(sample);
    unit_end(&ctx);
}

static void the_reference_has_a_row_for_each_option(void **state)
{
    char *page = written(config_write_markdown);
    for (size_t i = 0; i < config_option_count; i++) {
        char row[100];
        snprintf(row, sizeof row, "\n| `%s` | ", config_options[i].name);
        if (!strstr(page, row))
            fail_msg("no row for %s", config_options[i].name);
    }
    free(page);
}

/* A value that the option takes and that is not its default. */
static const char *another_value(struct ctx *ctx, const struct config_option *option)
{
    bool first = strcmp(option->initial, "7") != 0;
    switch (option->type) {
    case CONFIG_boolean:
        return strcmp(option->initial, "true") == 0 ? "false" : "true";
    case CONFIG_integer:
        return first ? "7" : "8";
    case CONFIG_duration:
        return "7d";
    case CONFIG_size:
        return "7g";
    case CONFIG_choice:
        for (const char *word = option->choices; *word;
             word += strcspn(word, ",") + (strchr(word, ',') != NULL))
            if (strncmp(word, option->initial, strcspn(word, ",")) != 0)
                return arena_strndup(ctx->arena, word, strcspn(word, ","));
        break;
    default:
        break;
    }
    return "/else/where";
}

static size_t field_size(const struct config_option *option)
{
    return option->type == CONFIG_boolean ? sizeof(bool) : sizeof(int64_t);
}

/* Set by its name in a file, each option changes its field. */
static void each_option_is_read(void **state)
{
    struct ctx ctx = unit_begin(0);
    const char *defaults_ = (const char *)config_read(&ctx, NULL);
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        const char *line = arena_printf(ctx.arena, "%s = %s\n", option->name, another_value(&ctx, option));
        const char *config = (const char *)read_text(&ctx, line);
        if (!config)
            fail_msg("%s: %s", line, ctx.error.message);
        size_t at = option->offset;
        if (option->type == CONFIG_string || option->type == CONFIG_choice)
            assert_string_not_equal(*(const char *const *)(config + at), option->initial);
        else
            assert_memory_not_equal(config + at, defaults_ + at, field_size(option));
    }
    unit_end(&ctx);
}

/* An option whose text is no sentence, or a section in two places, would read badly in the sample. */
static void rows_are_in_order(void **state)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        assert_int_equal(option->text[strlen(option->text) - 1], '.');
        for (size_t j = i + 2; j < config_option_count; j++)
            if (strcmp(config_options[j].section, option->section) == 0)
                assert_string_equal(config_options[j - 1].section, option->section);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(a_file_over_the_defaults),
        cmocka_unit_test(an_empty_file_is_the_defaults),
        cmocka_unit_test(bad_lines_say_where_and_what),
        cmocka_unit_test(no_text_file),
        cmocka_unit_test(the_sample_is_a_valid_file),
        cmocka_unit_test(the_reference_has_a_row_for_each_option),
        cmocka_unit_test(each_option_is_read),
        cmocka_unit_test(rows_are_in_order),
    };
    return cmocka_run_group_tests_name("base/config", tests, make_file, remove_file);
}
