# The private service below run/: its directory and its users. Sourced by scripts/up and scripts/down.
#
#   run/bin          the programs that run (copies: a rebuild does not disturb them)
#   run/hearth.conf  made from the defaults of scripts/up and the file given as CONF
#   run/hearthd      what is hearthd's own: key file, sockets, log, process id
#   run/pg, run/db   PostgreSQL's data, and its socket
#   run/nginx        its configuration and temporary files
#   run/log          everyone else's logs
#   run/openrc       for the openstack client
#
# Who runs what. Started by an ordinary user, everything is that user's. Started by root, nothing stays root's:
# PostgreSQL runs as postgres, hearthd as hearth (made when missing), nginx's workers as www-data.
#
# Where. run/ is a directory in the checkout, unless another user could not get there (a checkout in /root) or the
# socket's path would pass the 107 bytes the kernel allows; then run is a link to /var/tmp/hearth-<hash of the path>.

RUN=$ROOT/run
if [ "$(id -u)" = 0 ]; then
    PG_USER=postgres SERVICE_USER=hearth SERVICE_GROUP=www-data
else
    PG_USER=$(id -un) SERVICE_USER=$(id -un) SERVICE_GROUP=$(id -gn)
fi

make_service_user() {
    [ "$(id -u)" = 0 ] || return 0
    id "$SERVICE_USER" >/dev/null 2>&1 ||
        useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$SERVICE_USER" ||
        die "could not make the system user $SERVICE_USER"
}

reachable() {
    as "$PG_USER" test -x "$1" && as "$SERVICE_USER" test -x "$1"
}

socket_fits() {
    local path=$1/hearthd/status.sock
    [ ${#path} -le 107 ]
}

elsewhere() {
    echo "/var/tmp/hearth-$(printf %s "$ROOT" | sha256sum | cut -c1-12)"
}

# A directory of this name that we did not make would be someone's trap.
claim_elsewhere() {
    local there
    there=$(elsewhere)
    mkdir -m 0755 "$there" 2>/dev/null || { [ -d "$there" ] && [ ! -L "$there" ]; } || die "cannot make $there"
    case $(stat -c %u "$there") in
    "$(id -u)" | "$(id -u "$SERVICE_USER")") ;;
    *) die "$there belongs to someone else" "remove it, or move the checkout to another path" ;;
    esac
    ln -sfn "$there" "$RUN"
    say "run/ is a link to $there ($1)"
}

make_run() {
    if [ ! -e "$RUN" ]; then
        if ! reachable "$ROOT"; then
            claim_elsewhere "users $PG_USER and $SERVICE_USER cannot reach $ROOT"
        elif ! socket_fits "$RUN"; then
            claim_elsewhere "the path of the checkout is too long for a socket"
        else
            mkdir -m 0755 "$RUN"
        fi
    fi
    RUN=$(cd "$RUN" && pwd -P)
    mkdir -p "$RUN/bin" "$RUN/log" "$RUN/nginx" "$RUN/db" "$RUN/pg" "$RUN/hearthd"
    [ "$(id -u)" != 0 ] || {
        chown "$SERVICE_USER:$SERVICE_GROUP" "$RUN/hearthd"
        chown "$PG_USER" "$RUN/db" "$RUN/pg"
    }
    chmod 0700 "$RUN/pg"
}

enter_run() {
    [ -d "$RUN" ] || return 1
    RUN=$(cd "$RUN" && pwd -P)
}

# ---- the three programs: running, or not; each is known by its pid file and by what that process really is ----------

# pid_running FILE PROGRAM
pid_running() {
    local pid
    pid=$(pid_of "$1") || return 1
    case $(readlink "/proc/$pid/exe" 2>/dev/null || ps -o comm= -p "$pid") in
    *"$2"*) echo "$pid" ;;
    *) return 1 ;;
    esac
}
postgres_pid() { pid_running "$RUN/pg/postmaster.pid" postgres; }
hearthd_pid() { pid_running "$RUN/hearthd/hearthd.pid" hearthd; }
nginx_pid() { pid_running "$RUN/nginx/nginx.pid" nginx; }

# stop_pid NAME PID SIGNAL: and wait for its end; a process that does not go within 40 s is killed.
stop_pid() {
    [ -n "$2" ] || return 0
    say "Stopping $1"
    kill -"$3" "$2"
    wait_for 40 gone "$2" || kill -KILL "$2"
}
gone() { ! alive "$1"; }
