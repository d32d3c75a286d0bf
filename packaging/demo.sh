#!/bin/bash
# A live shop of 200,000 rows in a private server into an embedded SQLite file (or another private server), while writers change it all the
# time; then proves that both sides are equal. Needs no server of yours and leaves nothing behind. Exit status 0: everything is equal.
#   demo.sh [--source mariadb|mysql|postgres] [--sink sqlite|postgres|mysql|mariadb] [--seconds N] [--keep]
#   --source    where the shop is (default mariadb)
#   --sink      what to write into (default sqlite)
#   --seconds   how long to watch the live stream after the copy (default 10)
#   --keep      leave it all running at the end, and print how to look and how to stop
# TIDEMARK_BUILD: a build directory to take the programs from, instead of building build/release.
set -eu

usage() { sed -n '4,8s/^# *//p' "$0"; }
source=mariadb sink=sqlite seconds=10 keep=
while [ $# -gt 0 ]; do
  case $1 in
    --source) source=${2:-}; shift 2 || { usage >&2; exit 2; } ;;
    --sink) sink=${2:-}; shift 2 || { usage >&2; exit 2; } ;;
    --seconds) seconds=${2:-}; shift 2 || { usage >&2; exit 2; } ;;
    --keep) keep=1; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "demo.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done
case $source in mariadb | mysql | postgres) ;; *) echo "demo.sh: --source is mariadb, mysql or postgres, not '$source'" >&2; exit 2 ;; esac
case $sink in
  sqlite | postgres | mysql | mariadb) ;;
  *) echo "demo.sh: --sink is sqlite, postgres, mysql or mariadb, not '$sink'" >&2; exit 2 ;;
esac
case $seconds in '' | *[!0-9]*) echo "demo.sh: --seconds is a whole number, not '$seconds'" >&2; exit 2 ;; esac

export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin  # where servers are, and where Debian's plain users do not look
top=$(realpath "$(dirname "$0")/..")
build=${TIDEMARK_BUILD:-$top/build/release}
tidemark=$build/tidemark
dir=$(mktemp -d /tmp/tidemark-demo.XXXXXX)
chmod 711 "$dir"  # PostgreSQL's user passes through it
groups=()         # process groups that we started

stop_all() {
  local pid
  for pid in "${groups[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for pid in "${groups[@]}"; do
    for _ in $(seq 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
at_exit() {
  local status=$?
  if [ "$status" != 0 ] && [ -e "$dir/tidemark.log" ]; then
    echo "demo.sh: failed; the daemon's log ends with:" >&2
    tail -25 "$dir/tidemark.log" >&2
  fi
  [ -n "$keep" ] && [ "$status" = 0 ] || stop_all
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() { echo "demo.sh: $1" >&2; exit 1; }
quietly() { "$@" >"$dir/step.log" 2>&1 </dev/null || { tail -30 "$dir/step.log" >&2; fail "failed: $*"; }; }

# start LOG COMMAND...: in a process group of its own; it dies with this script unless it is to be kept
start() {
  local log=$1; shift
  local bind=(setpriv --pdeathsig KILL --)
  [ -z "$keep" ] || bind=()
  setsid "${bind[@]}" "$@" >"$log" 2>&1 </dev/null &
  groups+=($!)
  started=$!
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() {  # wait_for LOG PID COMMAND...
  local log=$1 pid=$2; shift 2
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$log" >&2
  fail "$1 gets no answer from its server"
}

# shellcheck source=packaging/demo/servers.sh
. "$top/packaging/demo/servers.sh"

bash "$top/packaging/install-deps.sh" --servers || fail "packages could not be installed"
if [ -z "${TIDEMARK_BUILD:-}" ]; then
  echo "build    release, in $build"
  export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$top
  (cd "$top" && quietly cmake --preset release && quietly cmake --build --preset release --target tidemark tidemark-demo-shop)
fi
begin=$SECONDS

# --- the source ---
(umask 077; printf demo-source >"$dir/source.password"; printf demo-sink >"$dir/sink.password")
if [ "$source" = postgres ]; then
  start_postgres "$dir/source"
  source_port=$port
  ask() { pg_sql "$source_port" shop "$1"; }
  # whoever belongs to the owner of the tables may read and publish them
  pg_sql "$port" postgres "CREATE ROLE shopkeeper LOGIN" "CREATE DATABASE shop OWNER shopkeeper" \
    "CREATE ROLE tidemark LOGIN REPLICATION PASSWORD 'demo-source' IN ROLE shopkeeper"
  shop=postgres:$port
  shop_database=$'\n    database: shop'
else
  start_mysql_family "$source" "$dir/source" 1
  ask() { my_sql "$source" "$dir/source" "$1"; }
  monitor='BINLOG MONITOR'
  [ "$source" = mariadb ] || monitor='REPLICATION CLIENT'
  ask "CREATE USER tidemark@'127.0.0.1' IDENTIFIED BY 'demo-source';
       GRANT REPLICATION SLAVE, $monitor ON *.* TO tidemark@'127.0.0.1';
       GRANT SELECT, LOCK TABLES ON shop.* TO tidemark@'127.0.0.1'"
  shop=mysql:$dir/source.sock
  shop_database=
fi
source_yaml="engine: $source
    host: 127.0.0.1
    port: $port
    user: tidemark$shop_database
    password: {file: $dir/source.password}"
quietly "$build/tidemark-demo-shop" load "$shop"
echo "source   $version on 127.0.0.1:$port with 200 000 rows in $(ask \
  "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='shop'") tables"
start "$dir/writer.out" "$build/tidemark-demo-shop" write "$shop" 400
writer=$started

# --- the sink ---
case $sink in
  sqlite)
    sink_yaml="{engine: sqlite, path: $dir/shop.db}"
    echo "sink     SQLite file $dir/shop.db"
    ;;
  postgres)
    start_postgres "$dir/sink"
    pg_sql "$port" postgres "CREATE ROLE tidemark LOGIN PASSWORD 'demo-sink'" "CREATE DATABASE warehouse OWNER tidemark"
    sink_yaml="{engine: postgres, host: 127.0.0.1, port: $port, user: tidemark, database: warehouse, password: {file: $dir/sink.password}}"
    echo "sink     $version on 127.0.0.1:$port"
    ;;
  *)
    start_mysql_family "$sink" "$dir/sink" 2
    my_sql "$sink" "$dir/sink" "CREATE USER tidemark@'127.0.0.1' IDENTIFIED BY 'demo-sink';
      GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO tidemark@'127.0.0.1'"
    sink_yaml="{engine: $sink, host: 127.0.0.1, port: $port, user: tidemark, password: {file: $dir/sink.password}}"
    echo "sink     $version on 127.0.0.1:$port"
    ;;
esac

# --- tidemark ---
config=$dir/tidemark.yaml
cat >"$config" <<YAML
version: 1
daemon:
  state: $dir/state.db
  socket: $dir/control.sock
sources:
  shop-db:
    $source_yaml
sinks:
  copy: $sink_yaml
pipelines:
  - name: shop
    source: shop-db
    sink: copy
    tables: {include: ["shop.*"]}
YAML
"$tidemark" validate -q -c "$config" >/dev/null || fail "the configuration is not accepted"
copy_begin=$(date +%s.%N)
start "$dir/tidemark.log" "$tidemark" run -c "$config"
daemon=$started
watch() { local verb=$1; shift; python3 "$top/packaging/demo/watch.py" "$verb" "$tidemark" "$config" "$daemon" "$@"; }

watch copy
watch live "$seconds"

kill -TERM "$writer"
wait "$writer" || { cat "$dir/writer.out" >&2; fail "the writer failed"; }
transactions=$(tail -1 "$dir/writer.out")
case $source in
  mariadb) last=$(ask 'SELECT @@GLOBAL.gtid_binlog_pos') ;;
  mysql) last=$(ask 'SELECT @@GLOBAL.gtid_executed') ;;
  postgres)
    last=$(ask 'SELECT pg_current_wal_insert_lsn()')
    ask "UPDATE shop.categories SET title = title WHERE code = 'cat-00'"  # a commit that lies behind it
    ;;
esac
watch until "$last"
copy_seconds=$(python3 -c "print($(date +%s.%N) - $copy_begin)")

verified=0
"$tidemark" verify shop --json -c "$config" >"$dir/verify.json" 2>"$dir/verify.err" || verified=$?
if [ "$verified" != 0 ] && [ "$verified" != 4 ]; then
  cat "$dir/verify.err" >&2
  fail "tidemark verify ended with $verified"
fi
result=0
watch table "$dir/verify.json" "$copy_seconds" "$transactions" || result=$?
if [ "$verified" != 0 ] || [ "$result" != 0 ]; then
  head -c 3000 "$dir/verify.json" >&2
  fail "source and sink differ"
fi
echo " the whole demo took $((SECONDS - begin)) s after the build"

if [ -n "$keep" ]; then
  start "$dir/writer.out" "$build/tidemark-demo-shop" write "$shop" 200
  {
    echo '#!/bin/bash'
    echo "for pid in ${groups[*]}; do kill -TERM -- -\$pid 2>/dev/null; done; sleep 3"
    echo "for pid in ${groups[*]}; do kill -KILL -- -\$pid 2>/dev/null; done; rm -rf $dir"
  } >"$dir/stop.sh"
  cat <<LOOK

 It is still running, and the writer writes again. To look:
   $tidemark status -c $config
   curl --unix-socket $dir/control.sock http://localhost/v1/status
   $tidemark verify shop -c $config
 To stop and remove everything:
   bash $dir/stop.sh
LOOK
  exit 0
fi
kill -TERM "$daemon"
daemon_status=0
wait "$daemon" || daemon_status=$?
[ "$daemon_status" = 0 ] || fail "the daemon ended with $daemon_status after SIGTERM"
