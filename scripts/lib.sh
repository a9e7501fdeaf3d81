# Shared by the scripts: where things are, who runs what, and how they speak. Sourced, not run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
PATH=$PATH:/usr/sbin:/sbin

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold= plain=; fi

say() {
    printf '%s==>%s %s\n' "$bold" "$plain" "$*"
}

# die WHAT [WHAT TO DO]
die() {
    printf '%serror:%s %s\n' "$bold" "$plain" "$1" >&2
    [ $# -lt 2 ] || printf '  to do: %s\n' "$2" >&2
    exit 1
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$until" ] || return 1
        sleep 0.1
    done
}

# as USER[:GROUP] COMMAND…: as that user, in a directory it can read; as we are when USER is us.
as() {
    local user=${1%:*} group=${1#*:}
    [ "$group" != "$1" ] || group=
    shift
    if [ "$user" = "$(id -un)" ]; then "$@"; else (cd / && exec runuser -u "$user" ${group:+-g "$group"} -- "$@"); fi
}

# alive PID: it runs; one that has ended, and that nobody has reaped yet, does not.
alive() {
    local state
    state=$(ps -o stat= -p "$1") && [ "${state#Z}" = "$state" ]
}

# pid_of FILE: the process id in its first line, if that process lives.
pid_of() {
    local pid
    [ -s "$1" ] && read -r pid <"$1" && [ -n "$pid" ] && alive "$pid" && echo "$pid"
}
