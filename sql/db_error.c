/* PostgreSQL's errors as faults, by the table in sqlstate.def. */
#include "sql/db_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum recovery { KEEP, RENEW };
enum telling { SHOWN, HIDDEN };

static const struct meaning {
    const char *code;
    enum fault fault;
    enum recovery recovery;
    enum telling telling;
    const char *message;
} meanings[] = {
#define SQLSTATE(code, fault, recovery, telling, message) {code, FAULT_##fault, recovery, telling, message},
#include "sql/sqlstate.def"
#undef SQLSTATE
};

static const struct meaning *meaning_of(const char *code)
{
    const struct meaning *meaning = meanings;
    while (strncmp(code, meaning->code, strlen(meaning->code)) != 0)
        meaning++; /* the last row begins every code */
    return meaning;
}

static const char *field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

/* Conflicts are the client's and not logged as errors; a fault of ours is one. */
static enum log_level level_of(enum fault fault)
{
    switch (fault) {
    case FAULT_CONFLICT:
    case FAULT_BAD_REQUEST:
        return LOG_DEBUG_LEVEL;
    case FAULT_INTERNAL:
        return LOG_ERROR_LEVEL;
    default:
        return LOG_WARNING_LEVEL;
    }
}

bool error_of_result(struct ctx *ctx, struct db *db, const PGresult *result,
                     const struct statement_text *text)
{
    const char *code = field(result, PG_DIAG_SQLSTATE);
    const struct meaning *meaning = meaning_of(code);
    /* In a transaction that we opened read-only, a write is a mistake of ours and no matter of the server. */
    bool ours = strcmp(code, "25006") == 0 && db->mode == DB_READ;
    enum fault fault = ours ? FAULT_INTERNAL : meaning->fault;

    snprintf(db->constraint, sizeof db->constraint, "%s", field(result, PG_DIAG_CONSTRAINT_NAME));
    log_write(level_of(fault), ctx->request_id, "database: statement %s failed, SQLSTATE %s%s%s%s%s%s%s",
              text ? text->name : "(none)",
              code[0] ? code : "unknown", /* the rest only where there is some */
              db->constraint[0] ? ", constraint " : "", db->constraint,
              field(result, PG_DIAG_COLUMN_NAME)[0] ? ", column " : "", field(result, PG_DIAG_COLUMN_NAME),
              meaning->telling == SHOWN ? ": " : "",
              meaning->telling == SHOWN ? field(result, PG_DIAG_MESSAGE_PRIMARY) : "");
    fail(ctx, fault, "%s", ours ? "A database statement failed." : meaning->message);
    return meaning->recovery == RENEW && !ours;
}
