# Starts servers on free ports, each with its data in one temporary folder, and stops them.

folder=""

make_folder() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/waterline-test.XXXXXX")
    # PostgreSQL runs as a user of its own and must be able to get to its folder.
    chmod 755 "$folder"
}

stop_servers() {
    [[ -n $folder ]] || return 0
    if [[ -f $folder/request-tracker.pid ]]; then
        kill "$(< "$folder/request-tracker.pid")" 2> /dev/null || true
    fi
    if [[ -f $folder/postgresql/postmaster.pid ]]; then
        as_postgres "$(postgresql_folder)/pg_ctl" --pgdata "$folder/postgresql" --mode immediate stop > /dev/null || true
    fi
    rm -rf "$folder"
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
        console.log(s.address().port); s.close(); })'
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

postgresql_folder() {
    compgen -G "/usr/lib/postgresql/*/bin" | sort -V | tail -n 1
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if ((EUID == 0)); then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start_postgresql() {
    local bin port data=$folder/postgresql
    bin=$(postgresql_folder)
    port=$(free_port)
    mkdir "$data"
    ((EUID != 0)) || chown postgres "$data"
    as_postgres "$bin/initdb" --pgdata "$data" --username waterline --auth trust --encoding UTF8 --locale C.UTF-8 \
        --no-sync > /dev/null
    # The data does not outlive the tests, so nothing waits for the disk.
    as_postgres "$bin/pg_ctl" --pgdata "$data" --log "$data/log" --wait --timeout 60 start --options \
        "-p $port -k $data -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" > /dev/null \
        || { cat "$data/log"; return 1; }
    echo "listens on port $port"
    export_later WATERLINE_TEST_POSTGRES "postgres://waterline@127.0.0.1:$port/postgres"
}

start_request_tracker() {
    local port home=$folder/request-tracker
    port=$(free_port)
    mkdir -p "$home/RT_SiteConfig.d"
    cat > "$home/RT_SiteConfig.pm" <<CONFIG
Set(\$rtname, 'waterline-test');
Set(\$Organization, 'rt.example.nhs.uk');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebPath, '');
Set(\$RestrictReferrer, 0);
Set(\$Timezone, 'Europe/London');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$home/rt.db');
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'warning');
1;
CONFIG
    export RT_SITE_CONFIG=$home/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$home/RT_SiteConfig.d
    {
        rt-setup-database-5 --action init --skip-create
        rt-setup-database-5 --action insert --datafile tests/request_tracker/initialdata
    } > "$home/log" 2>&1 || { cat "$home/log"; return 1; }
    /usr/share/request-tracker5/libexec/rt-server --server Standalone --host 127.0.0.1 --port "$port" \
        >> "$home/log" 2>&1 &
    echo $! > "$folder/request-tracker.pid"
    wait_for 60 curl --silent --fail --user root:password "http://127.0.0.1:$port/REST/2.0/rt" \
        || { cat "$home/log"; return 1; }
    echo "listens on port $port"
    export_later WATERLINE_TEST_RT "http://127.0.0.1:$port"
}
