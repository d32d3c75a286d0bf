# Sourced by the cases: private servers for one benchmark, each with its own data directory below $dir, loopback only; gone with the script.
set -eu
PATH=$PATH:/usr/sbin:/sbin  # of a plain user too: mariadbd lies there
top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
build=${TIDEMARK_BUILD:-$top/build/release}
dir=$(mktemp -d /tmp/tidemark-bench.XXXXXX)
chmod 711 "$dir"
groups=()

stop_all() {
  local pid
  for pid in "${groups[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  sleep 1
  for pid in "${groups[@]}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap stop_all EXIT
trap 'exit 130' INT TERM

start() {  # start LOG COMMAND...: in a process group of its own that dies with this script
  local log=$1; shift
  setsid setpriv --pdeathsig KILL -- "$@" >"$log" 2>&1 </dev/null &
  groups+=($!)
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "no answer: $*" >&2; exit 1; }
as_root=()
[ "$(id -u)" != 0 ] || as_root=(--user=root)

# start_mariadb NAME SERVER_ID [FLAG...]: socket $dir/NAME.sock, port in ${NAME}_port. Durability is the same for every contender.
start_mariadb() {
  local name=$1 id=$2; shift 2
  local port; port=$(free_port)
  printf -v "${name}_port" %s "$port"
  mariadb-install-db --no-defaults --datadir="$dir/$name" --auth-root-authentication-method=normal --skip-test-db "${as_root[@]}" >/dev/null 2>&1
  start "$dir/$name.log" mariadbd --no-defaults --datadir="$dir/$name" --socket="$dir/$name.sock" --pid-file="$dir/$name.pid" \
    --port="$port" --bind-address=127.0.0.1 --skip-name-resolve --server-id="$id" --log-bin=binlog --binlog-format=ROW \
    --binlog-row-metadata=FULL --sync-binlog=0 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=2G \
    --innodb-log-file-size=1G --max-binlog-size=1G --character-set-server=utf8mb4 "${as_root[@]}" "$@"
  wait_for mariadb --no-defaults --socket="$dir/$name.sock" --user=root -e 'SELECT 1'
  my "$name" "CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO bench@'127.0.0.1'"
}
my() { mariadb --no-defaults --socket="$dir/$1.sock" --user=root --batch --skip-column-names -e "$2"; }

# start_postgres NAME [SETTING...]: port in ${NAME}_port, socket in $dir/NAME, database bench. Durability is the same for every contender.
start_postgres() {
  local name=$1 setting settings=(); shift
  for setting; do settings+=(-c "$setting"); done
  local port; port=$(free_port)
  printf -v "${name}_port" %s "$port"
  pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
  local as=()
  mkdir "$dir/$name"
  if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid postgres --regid postgres --init-groups); chown postgres: "$dir/$name"; fi
  (cd / && "${as[@]}" "$pg_bin/initdb" --pgdata="$dir/$name/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null)
  (cd / && setsid "${as[@]}" setpriv --pdeathsig KILL -- "$pg_bin/postgres" -D "$dir/$name/data" -p "$port" -k "$dir/$name" \
    -c listen_addresses=127.0.0.1 -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=30min "${settings[@]}" >"$dir/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/$name.group")
  groups+=("$(cat "$dir/$name.group")")
  wait_for pg "$name" -d postgres -c 'SELECT 1'
  pg "$name" -d postgres -c "CREATE DATABASE bench"
}
pg() {  # pg NAME PSQL_ARGUMENT...: in the database bench
  local port=$1_port; shift
  "$pg_bin/psql" -X -q -A -t -h 127.0.0.1 -p "${!port}" -U postgres -d bench -v ON_ERROR_STOP=1 "$@"
}

# The measured row: about 465 bytes, three time columns, a decimal.
wide_table='CREATE TABLE bench.t500 (id BIGINT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, amount DECIMAL(18,4) NOT NULL,
  ratio DOUBLE NOT NULL, created DATETIME(6) NOT NULL, changed TIMESTAMP(6) NOT NULL, due DATETIME NOT NULL, s1 VARCHAR(64) NOT NULL,
  s2 VARCHAR(64) NOT NULL, s3 VARCHAR(64) NOT NULL, s4 VARCHAR(64) NOT NULL, s5 VARCHAR(64) NOT NULL, s6 VARCHAR(64) NOT NULL)'
fill_wide() {  # fill_wide SERVER ROWS
  my "$1" "CREATE DATABASE IF NOT EXISTS bench; $wide_table; FLUSH BINARY LOGS"
  my "$1" "USE bench; INSERT INTO bench.t500 SELECT seq, seq*7 MOD 1000003, seq*13 MOD 997, seq, seq/7, seq/3.7,
    '2020-01-01 00:00:00' + INTERVAL seq*1000003 MICROSECOND, '2021-01-01 00:00:00' + INTERVAL seq*777 MICROSECOND,
    '2022-01-01' + INTERVAL seq SECOND, SHA2(seq,256), SHA2(seq+1,256), SHA2(seq+2,256), SHA2(seq+3,256), SHA2(seq+4,256), SHA2(seq+5,256)
    FROM seq_1_to_$2"
}

# The same row at PostgreSQL: pg_wide_table SCHEMA, and its rows.
pg_wide_table() {
  echo "CREATE TABLE $1.t500 (id bigint PRIMARY KEY, a integer NOT NULL, b integer NOT NULL, c integer NOT NULL, amount numeric(18,4) NOT NULL,
    ratio double precision NOT NULL, created timestamp(6) NOT NULL, changed timestamptz(6) NOT NULL, due timestamp(0) NOT NULL,
    s1 varchar(64) NOT NULL, s2 varchar(64) NOT NULL, s3 varchar(64) NOT NULL, s4 varchar(64) NOT NULL, s5 varchar(64) NOT NULL,
    s6 varchar(64) NOT NULL)"
}
pg_fill_wide() {  # pg_fill_wide SERVER ROWS: into bench.t500
  pg "$1" -c "INSERT INTO bench.t500 SELECT i, i*7 % 1000003, i*13 % 997, i, i/7.0, i/3.7, timestamp '2020-01-01' + i*1000003 * interval '1 microsecond',
    timestamptz '2021-01-01' + i*777 * interval '1 microsecond', timestamp '2022-01-01' + i * interval '1 second', encode(sha256(int8send(i)),'hex'),
    encode(sha256(int8send(i+1)),'hex'), encode(sha256(int8send(i+2)),'hex'), encode(sha256(int8send(i+3)),'hex'), encode(sha256(int8send(i+4)),'hex'),
    encode(sha256(int8send(i+5)),'hex') FROM generate_series(1, $2::bigint) i" -c "VACUUM ANALYZE bench.t500" -c CHECKPOINT
}

# The servers are called source and sink; $source_engine and $sink_engine say what they are (mariadb and postgres).
endpoint() {  # endpoint NAME ENGINE
  local port=$1_port
  case $2 in
    postgres) echo "{engine: postgres, host: 127.0.0.1, port: ${!port}, user: postgres, database: bench, password: {file: $dir/password}}" ;;
    *) echo "{engine: $2, host: 127.0.0.1, port: ${!port}, user: bench, password: {file: $dir/password}}" ;;
  esac
}
write_config() {  # write_config PIPELINE_YAML_LINE...
  (umask 077; printf bench >"$dir/password")
  cat >"$dir/tidemark.yaml" <<YAML
version: 1
daemon: {state: $dir/state.db, socket: $dir/control.sock, log: {level: warn}}
sources:
  source: $(endpoint source "${source_engine:-mariadb}")
sinks:
  sink: $(endpoint sink "${sink_engine:-postgres}")
pipelines:
  - name: bench
    source: source
    sink: sink
    tables: {include: ["bench.*"]}
$(printf '    %s\n' "$@")
YAML
}

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.3f\n", b - a }'; }
rates() { awk -v n="$1" '{ printf "%.1f\n", n / $1 }' "$2" >"$2.rate"; echo "$2.rate"; }  # rates COUNT SECONDS_FILE: a file of COUNT per second
report() { python3 "$top/bench/report.py" "$@"; }
# measure CASE NAME COMMAND...: its seconds go to $dir/times.NAME, its peak memory to what the case `memory` reports
peaks=${BENCH_PEAKS:-$dir/peaks}
mkdir -p "$peaks"
measure() { local case=$1 name=$2; shift 2; python3 "$top/bench/measure.py" "$dir/times.$name" "$peaks/$case" "$@"; }
