/* The limit to measure Hearth against: the least a FastCGI service can do that answers from PostgreSQL.
 * Pre-forked libfcgi workers on one socket, each with one connection and one prepared SELECT of a 1.5 kB
 * document by key; no authentication, no routing, no row security. tests/bench/bench.py runs it behind the
 * same nginx as Hearth.
 *
 *   limit SOCKET WORKERS CONNINFO
 */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 511 };

static void die(const char *what)
{
    fprintf(stderr, "limit: %s\n", what);
    exit(1);
}

static PGconn *connect_and_prepare(const char *conninfo)
{
    PGconn *db = PQconnectdb(conninfo);
    if (PQstatus(db) != CONNECTION_OK)
        die(PQerrorMessage(db));
    PGresult *result = PQprepare(db, "show", "select body from public.limit_document where id = $1", 1, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(PQerrorMessage(db));
    PQclear(result);
    return db;
}

static void answer(FCGX_Request *request, PGconn *db)
{
    const char *const key[] = {"1"};
    PGresult *result = PQexecPrepared(db, "show", 1, key, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        die(PQerrorMessage(db));
    FCGX_FPrintF(request->out,
                 "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
                 PQgetlength(result, 0, 0));
    FCGX_PutStr(PQgetvalue(result, 0, 0), PQgetlength(result, 0, 0), request->out);
    PQclear(result);
}

static void serve(int listening, const char *conninfo)
{
    PGconn *db = connect_and_prepare(conninfo);
    FCGX_Request request;
    FCGX_Init();
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) == 0) {
        answer(&request, db);
        FCGX_Finish_r(&request);
    }
    exit(0);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("usage: limit SOCKET WORKERS CONNINFO");
    int listening = FCGX_OpenSocket(argv[1], BACKLOG);
    if (listening < 0)
        die("cannot listen");
    chmod(argv[1], 0660);
    signal(SIGTERM, SIG_DFL);
    for (int i = 0; i < atoi(argv[2]); i++)
        if (fork() == 0)
            serve(listening, argv[3]);
    while (wait(NULL) > 0)
        ;
    return 0;
}
