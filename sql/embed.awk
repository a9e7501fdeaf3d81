# Turns sql/queries/*.sql into C: an enum of the statements' names and a table of their texts.
#
#   awk -v header=statements.h -v source=statements.c -f sql/embed.awk sql/queries/*.sql
#
# A query file is a row of statements:
#
#   -- name: stack_show
#   -- Any further comment lines; they stay in the file.
#   select … where tenant_id = $1 and id = $2::uuid
#
# What several statements share stands once, ahead of them in the same file, and is put in where a line names it:
#
#   -- fragment: stack_summary
#   s.id, s.name
#
#   -- name: stack_list
#   select
#   -- include: stack_summary
#   from stack s
#
# A statement or fragment reaches to the next such line or the end of its file; one ";" at a statement's end is dropped.
# Comments and indentation are left out of the program, everything else stays as it is. Two of one name, text before the
# first name, an empty statement, an unknown or unused fragment or a gap in $1…$n end the build. POSIX awk; mawk is
# enough.

function complain(message)
{
    printf "%s:%d: %s\n", FILENAME, FNR, message | "cat 1>&2"
    failed = 1
}

# The line without a comment at its end ("--" outside quotes).
function uncommented(line,    before)
{
    if (match(line, /--/)) {
        before = substr(line, 1, RSTART - 1)
        if (gsub(/'/, "'", before) % 2 == 0)
            return before
    }
    return line
}

# Highest parameter outside quotes; every one below it must be used as well.
function parameters_of(text,    rest, number, highest, used)
{
    gsub(/'[^']*'/, "''", text)
    rest = text
    highest = 0
    while (match(rest, /\$[0-9]+/)) {
        number = substr(rest, RSTART + 1, RLENGTH - 1) + 0
        used[number] = 1
        if (number > highest)
            highest = number
        rest = substr(rest, RSTART + RLENGTH)
    }
    for (number = 1; number <= highest; number++)
        if (!(number in used))
            complain("statement " name " never uses $" number)
    return highest
}

# Does it change rows? (What a function does that it calls is not seen.)
function is_write(text)
{
    gsub(/'[^']*'/, "''", text)
    text = " " tolower(text) " "
    gsub(/[^a-z0-9_]+/, " ", text)
    return text ~ / (insert into|delete from|update [a-z0-9_]+ ((as )?[a-z0-9_]+ )?set) / ? "true" : "false"
}

# The file's fragments are over with it.
function forget_fragments(    fragment)
{
    for (fragment in fragments) {
        if (!(fragment in used_fragments))
            complain("fragment " fragment " is never included")
        delete fragments[fragment]
    }
}

function add_line(line)
{
    text = text (text == "" ? "" : "\n") line
}

function finish()
{
    if (fragment != "")
        fragments[fragment] = text
    fragment = ""
    if (name == "")
        return
    sub(/[ \t\n;]+$/, "", text)
    if (text == "")
        complain("statement " name " is empty")
    names[++count] = name
    texts[count] = text
    parameters[count] = parameters_of(text)
    writes[count] = is_write(text)
    name = ""
}

# One C literal per line of the statement; the lines are concatenated by the compiler.
function literal(text,    lines, n, i, out)
{
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\\&", text)
    n = split(text, lines, "\n")
    out = ""
    for (i = 1; i <= n; i++)
        out = out "     \"" lines[i] (i < n ? "\\n\"\n" : "\"")
    return out
}

FNR == 1 { finish(); forget_fragments() }

/^-- fragment:/ {
    finish()
    fragment = $3
    text = ""
    if (fragment !~ /^[a-z][a-z0-9_]*$/ || NF != 3 || fragment in fragments)
        complain("a fragment is named '-- fragment: some_name', once in its file")
    next
}

/^-- include:/ {
    if (name == "" || !($3 in fragments) || NF != 3)
        complain("no fragment " $3 " ahead of this in the file, or no statement to put it in")
    used_fragments[$3] = 1
    add_line(fragments[$3])
    next
}

/^-- name:/ {
    finish()
    name = $3
    text = ""
    if (name !~ /^[a-z][a-z0-9_]*$/ || NF != 3)
        complain("a statement is named '-- name: some_name'")
    if (name in seen)
        complain("statement " name " was defined before, in " seen[name])
    seen[name] = FILENAME
    next
}

/^[ \t]*--/ || /^[ \t\r]*$/ { next }

{
    if (name == "" && fragment == "") {
        complain("text before the first '-- name:' line")
        next
    }
    line = uncommented($0)
    sub(/^[ \t]+/, "", line)
    sub(/[ \t\r]+$/, "", line)
    add_line(line)
}

END {
    finish()
    forget_fragments()
    if (failed)
        exit 1
    print "/* Made by sql/embed.awk from sql/queries; do not edit. */" > header
    print "#ifndef HEARTH_SQL_STATEMENTS_H\n#define HEARTH_SQL_STATEMENTS_H\n\n#include <stdbool.h>\n" > header
    print "enum statement {" > header
    for (i = 1; i <= count; i++)
        print "    STMT_" names[i] "," > header
    print "    STMT_COUNT\n};\n" > header
    print "struct statement_text {\n    const char *name, *text;\n    int parameters; /* $1 … $n */" > header
    print "    bool writes;    /* inserts, updates or deletes */\n};" > header
    print "extern const struct statement_text statements[STMT_COUNT];\n\n#endif" > header
    close(header)

    print "/* Made by sql/embed.awk from sql/queries; do not edit. */" > source
    print "#include \"sql/statements.h\"\n" > source
    print "const struct statement_text statements[STMT_COUNT] = {" > source
    for (i = 1; i <= count; i++)
        printf "    {\"%s\",\n%s,\n     %d, %s},\n", names[i], literal(texts[i]), parameters[i], writes[i] > source
    print "};" > source
    close(source)
}
