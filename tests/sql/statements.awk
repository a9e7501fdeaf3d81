# Makes a pgTAP test of sql/queries/*.sql: every statement is prepared and explained under each role that runs it, so
# that a wrong column, a type that cannot be inferred or a missing grant is found without any caller.
#
#   awk -f tests/sql/statements.awk -v role=hearth_api sql/queries/*.sql
#
# Fragments ("-- fragment:", "-- include:") are put in as sql/embed.awk does.
#
# A comment line "-- roles: hearth_engine" (or several, separated by blanks) between a statement's name and its text
# says whose it is; "-- roles from here on: …" says it for the rest of a file. Without either, see default_roles.

function default_roles(file)
{
    if (file ~ /\/engine\.sql$/)
        return "hearth_engine"
    if (file ~ /\/(identity|operator)\.sql$/)
        return "hearth_api hearth_engine"
    return file ~ /\/purge\.sql$/ ? "hearth_purge" : "hearth_api"
}

function finish(    n, i, nulls)
{
    if (name == "" || index(" " roles " ", " " role " ") == 0 || text ~ /^(begin|commit|rollback)/) {
        name = ""
        return
    }
    nulls = ""
    n = 0
    rest = text
    while (match(rest, /\$[0-9]+/)) {
        i = substr(rest, RSTART + 1, RLENGTH - 1) + 0
        n = i > n ? i : n
        rest = substr(rest, RSTART + RLENGTH)
    }
    for (i = 1; i <= n; i++)
        nulls = nulls (i > 1 ? ", " : "(") "null" (i == n ? ")" : "")
    sub(/[ \t\n;]+$/, "", text)
    printf "select lives_ok($statement$prepare %s as %s$statement$, '%s: %s is prepared');\n", name, text, role, name
    printf "select lives_ok($statement$explain execute %s%s$statement$, '%s may run %s');\n", name, nulls, role, name
    name = ""
}

BEGIN {
    print "set client_min_messages = warning;"
    print "\\pset format unaligned\n\\pset tuples_only on"
    print "set role " role ";\nset search_path = hearth, public;"
    print "begin;\nset transaction read write;\nselect no_plan();\nselect pass('" role "');"
}

FNR == 1 { finish(); fragment = ""; file_roles = default_roles(FILENAME) }
/^-- fragment:/ { finish(); fragment = $3; next }
/^-- include:/ { text = text fragments[$3]; next }
/^-- roles from here on:/ { file_roles = $0; sub(/^[^:]*: */, "", file_roles); next }
/^-- name:/ { finish(); fragment = ""; name = $3; text = ""; roles = file_roles; next }
/^-- roles:/ && name != "" { roles = $0; sub(/^-- roles: */, "", roles); next }
/^[ \t]*--/ { next }
fragment != "" { fragments[fragment] = fragments[fragment] $0 "\n"; next }
{ text = text $0 "\n" }

END {
    finish()
    print "select finish();\nrollback;"
}
