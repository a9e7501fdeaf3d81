/* The documents of the status page, from the scoreboard. */
#include "fcgi/status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/value.h"

/* ---- gathering ---- */

struct summary {
    int states[PROCESS_KINDS][SLOT_STOPPING + 1];
    uint64_t requests, bytes;
};

static struct summary summarize(void)
{
    struct summary sum = {0};
    for (int i = 0; i < SLOTS_MAX; i++) {
        const struct slot *slot = scoreboard_slot(i);
        if (slot->state != SLOT_EMPTY)
            sum.states[slot->kind][slot->state]++;
        sum.bytes += slot->bytes;
    }
    for (int route = -1; route < ROUTES_MAX; route++)
        for (int column = 0; scoreboard_status_at(column) >= 0; column++)
            sum.requests += scoreboard_counts(route)->by_status[column];
    return sum;
}

/* Rows that both the text and the JSON show, in this order. */
struct line {
    const char *name, *text;
    int64_t number;
};

enum { LINES = 16 };

static int count_api(const struct summary *sum)
{
    int all = 0;
    for (enum slot_state state = SLOT_STARTING; state <= SLOT_STOPPING; state++)
        all += sum->states[PROCESS_API][state];
    return all;
}

static int fill_lines(struct line lines[LINES], const struct config *config, const struct summary *sum)
{
    const struct pool_totals *totals = scoreboard_totals();
    const int *api = sum->states[PROCESS_API];
    const struct line all[] = {
        {"pool", config->pool, 0},
        {"start since", NULL, (clock_wall_us() - totals->started_us) / 1000000},
        {"configuration", NULL, totals->generation},
        {"requests", NULL, (int64_t)sum->requests},
        {"accepted conn", NULL, (int64_t)totals->accepted},
        {"idle processes", NULL, api[SLOT_IDLE] + api[SLOT_HOLDING]},
        {"active processes", NULL, api[SLOT_BUSY]},
        {"stopping processes", NULL, api[SLOT_STOPPING]},
        {"total processes", NULL, count_api(sum)},
        {"engines", NULL, sum->states[PROCESS_ENGINE][SLOT_IDLE] + sum->states[PROCESS_ENGINE][SLOT_BUSY]},
        {"slow requests", NULL, (int64_t)totals->slow_requests},
        {"timed out requests", NULL, (int64_t)totals->timed_out},
        {"crashed processes", NULL,
         (int64_t)(totals->crashed[PROCESS_API] + totals->crashed[PROCESS_ENGINE])},
        {"recycled processes", NULL, (int64_t)totals->recycled[PROCESS_API]},
    };
    static_assert(COUNT_OF(all) <= LINES, "LINES is too small");
    for (size_t i = 0; i < COUNT_OF(all); i++)
        lines[i] = all[i];
    return (int)COUNT_OF(all);
}

/* How long the current request runs, in milliseconds; 0 when there is none. */
static double running_ms(const struct slot *slot)
{
    int64_t begun = slot->request_us;
    return begun ? (double)(clock_monotonic_us() - begun) / 1e3 : 0;
}

/* ---- text ---- */

static void write_process_text(struct str *out, const struct slot *slot)
{
    char started[CLOCK_ISO_SIZE];
    clock_iso(slot->started_us, started);
    str_printf(out, "%-8d %-7s %-9s %-22s %-10llu %10.1f  %s %s\n", (int)slot->pid,
               process_kind_name(slot->kind), slot_state_name((enum slot_state)slot->state), started,
               (unsigned long long)slot->requests, running_ms(slot), slot->method[0] ? slot->method : "-",
               slot->path[0] ? slot->path : "-");
}

void status_write_text(struct str *out, const struct config *config, bool full)
{
    struct summary sum = summarize();
    struct line lines[LINES];
    int count = fill_lines(lines, config, &sum);
    for (int i = 0; i < count; i++) {
        str_printf(out, "%s:%*s", lines[i].name, (int)(22 - strlen(lines[i].name)), "");
        if (lines[i].text)
            str_printf(out, "%s\n", lines[i].text);
        else
            str_printf(out, "%lld\n", (long long)lines[i].number);
    }
    if (!full)
        return;
    str_printf(out, "\n%-8s %-7s %-9s %-22s %-10s %10s  %s\n", "pid", "kind", "state", "started", "requests",
               "running ms", "current or last request");
    for (int i = 0; i < SLOTS_MAX; i++)
        if (scoreboard_slot(i)->state != SLOT_EMPTY)
            write_process_text(out, scoreboard_slot(i));
}

/* ---- JSON ---- */

static void write_process_json(struct str *out, const struct slot *slot)
{
    char started[CLOCK_ISO_SIZE];
    clock_iso(slot->started_us, started);
    str_printf(
        out,
        "{\"pid\": %d, \"kind\": \"%s\", \"state\": \"%s\", \"configuration\": %u, \"started\": \"%s\", "
        "\"requests\": %llu, \"running_ms\": %.1f, \"request\": ",
        (int)slot->pid, process_kind_name(slot->kind), slot_state_name((enum slot_state)slot->state),
        slot->generation, started, (unsigned long long)slot->requests, running_ms(slot));
    char request[sizeof slot->method + sizeof slot->path + 2];
    snprintf(request, sizeof request, "%s %s", slot->method, slot->path);
    json_write_string(out, request);
    str_printf(out, ", \"operations\": %d}", slot->engine.operations);
}

void status_write_json(struct str *out, const struct config *config, bool full)
{
    struct summary sum = summarize();
    struct line lines[LINES];
    int count = fill_lines(lines, config, &sum);
    for (int i = 0; i < count; i++) {
        str_add(out, i ? ", " : "{");
        json_write_string(out, lines[i].name);
        if (lines[i].text)
            str_printf(out, ": \"%s\"", lines[i].text);
        else
            str_printf(out, ": %lld", (long long)lines[i].number);
    }
    const char *separator = "";
    if (full)
        str_add(out, ", \"processes\": [");
    for (int i = 0; full && i < SLOTS_MAX; i++)
        if (scoreboard_slot(i)->state != SLOT_EMPTY) {
            str_add(out, separator);
            write_process_json(out, scoreboard_slot(i));
            separator = ", ";
        }
    str_add(out, full ? "]}\n" : "}\n");
}

/* ---- Prometheus ---- */

static void head(struct str *out, const char *name, const char *type, const char *help)
{
    str_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *route_label(const struct route_table *routes, int route)
{
    return route < 0 ? "none" : routes->routes[route].name;
}

static void write_requests(struct str *out, const struct route_table *routes)
{
    head(out, "hearth_requests_total", "counter", "Requests by route (none: no route matched) and status.");
    for (int route = -1; route < (int)routes->count; route++)
        for (int column = 0, status; (status = scoreboard_status_at(column)) >= 0; column++) {
            uint64_t count = scoreboard_counts(route)->by_status[column];
            if (count)
                str_printf(out, "hearth_requests_total{route=\"%s\",status=\"%d\"} %llu\n",
                           route_label(routes, route), status, (unsigned long long)count);
        }
}

static void write_histogram(struct str *out, const char *route, const struct route_counts *counts)
{
    uint64_t seen = 0;
    for (int i = 0; i < LATENCY_BUCKETS; i++) {
        seen += counts->buckets[i];
        str_printf(out, "hearth_request_duration_seconds_bucket{route=\"%s\",le=\"", route);
        if (latency_bounds[i] == INT64_MAX)
            str_add(out, "+Inf");
        else
            str_printf(out, "%g", (double)latency_bounds[i] / 1e6);
        str_printf(out, "\"} %llu\n", (unsigned long long)seen);
    }
    str_printf(out, "hearth_request_duration_seconds_sum{route=\"%s\"} %.6f\n", route,
               (double)counts->time_us / 1e6);
    str_printf(out, "hearth_request_duration_seconds_count{route=\"%s\"} %llu\n", route,
               (unsigned long long)seen);
}

static void write_histograms(struct str *out, const struct route_table *routes)
{
    head(out, "hearth_request_duration_seconds", "histogram",
         "From a request's first byte to its reply, by route.");
    for (int route = -1; route < (int)routes->count; route++)
        if (scoreboard_counts(route)->time_us)
            write_histogram(out, route_label(routes, route), scoreboard_counts(route));
}

static void write_faults(struct str *out)
{
    head(out, "hearth_faults_total", "counter", "Faults raised, by the name in base/faults.def.");
    for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
        if (scoreboard_faults(fault))
            str_printf(out, "hearth_faults_total{fault=\"%s\"} %llu\n", fault_name(fault),
                       (unsigned long long)scoreboard_faults(fault));
}

static void write_processes(struct str *out, const struct summary *sum)
{
    head(out, "hearth_processes", "gauge", "Processes by kind and state.");
    for (enum process_kind kind = 0; kind < PROCESS_KINDS; kind++)
        for (enum slot_state state = SLOT_STARTING; state <= SLOT_STOPPING; state++)
            str_printf(out, "hearth_processes{kind=\"%s\",state=\"%s\"} %d\n", process_kind_name(kind),
                       slot_state_name(state), sum->states[kind][state]);
}

static void write_by_kind(struct str *out, const char *name, const char *help, const _Atomic uint64_t *counts)
{
    head(out, name, "counter", help);
    for (enum process_kind kind = 0; kind < PROCESS_KINDS; kind++)
        str_printf(out, "%s{kind=\"%s\"} %llu\n", name, process_kind_name(kind),
                   (unsigned long long)counts[kind]);
}

static void write_number(struct str *out, const char *name, const char *type, const char *help,
                         uint64_t number)
{
    head(out, name, type, help);
    str_printf(out, "%s %llu\n", name, (unsigned long long)number);
}

/* A row per engine; the numbers begin again when an engine is replaced, as counters may. */
static void write_engines(struct str *out)
{
    static const char *const names[] = {
        "hearth_engine_operations", "hearth_engine_turns_total", "hearth_engine_transactions_total",
        "hearth_engine_resources_done_total", "hearth_engine_takeovers_total"};
    static const char *const helps[] = {"Operations held.", "Turns of the loop.", "Transactions committed.",
                                        "Resources brought to an end.",
                                        "Operations taken over from another engine."};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        head(out, names[n], n == 0 ? "gauge" : "counter", helps[n]);
        for (int i = 0; i < SLOTS_MAX; i++) {
            const struct slot *slot = scoreboard_slot(i);
            const struct engine_status *e = &slot->engine;
            const unsigned long numbers[] = {(unsigned long)e->operations, e->turns, e->transactions,
                                             e->resources_done, e->takeovers};
            if (slot->kind == PROCESS_ENGINE && slot->state != SLOT_EMPTY)
                str_printf(out, "%s{slot=\"%d\"} %lu\n", names[n], i, numbers[n]);
        }
    }
}

void status_write_metrics(struct str *out, const struct route_table *routes)
{
    const struct pool_totals *totals = scoreboard_totals();
    struct summary sum = summarize();
    write_requests(out, routes);
    write_histograms(out, routes);
    write_faults(out);
    write_processes(out, &sum);
    write_by_kind(out, "hearth_processes_crashed_total", "Processes that died unasked.", totals->crashed);
    write_by_kind(out, "hearth_processes_recycled_total", "Processes that left after max_requests.",
                  totals->recycled);
    write_number(out, "hearth_requests_timed_out_total", "counter",
                 "Requests ended by request_terminate_timeout.", totals->timed_out);
    write_number(out, "hearth_requests_slow_total", "counter", "Requests that took longer than slow_request.",
                 totals->slow_requests);
    write_number(out, "hearth_connections_accepted_total", "counter", "FastCGI connections accepted.",
                 totals->accepted);
    write_number(out, "hearth_configuration_generation", "gauge",
                 "Counts the configurations since the start.", totals->generation);
    write_number(out, "hearth_start_time_seconds", "gauge",
                 "When the master started, seconds since the epoch.",
                 (uint64_t)(totals->started_us / 1000000));
    write_engines(out);
}
