# Sourced by packaging/demo.sh: private servers for it, in $dir, started with its start() and waited for with its wait_for().
# Each sets `port`, the text `version`, and what is needed to ask the server.
# shellcheck shell=bash disable=SC2034,SC2154

# my_program ENGINE PROGRAM ARGUMENT...: a program of MariaDB, or of the private MySQL
my_program() {
  local engine=$1 program=$2; shift 2
  if [ "$engine" = mysql ]; then bash "$top/packaging/mysql-private.sh" "$program" "$@"; return; fi
  case $program in mysql) program=mariadb ;; mysqld) program=mariadbd ;; esac
  "$program" --no-defaults "$@"
}

# my_sql ENGINE FOLDER SQL
my_sql() { my_program "$1" mysql --socket="$2.sock" --user=root --batch --skip-column-names -e "$3"; }

# start_mysql_family ENGINE FOLDER SERVER_ID
start_mysql_family() {
  local engine=$1 folder=$2 id=$3 as_root=() own command
  [ "$(id -u)" != 0 ] || as_root=(--user=root)
  port=$(free_port)
  if [ "$engine" = mariadb ]; then
    quietly mariadb-install-db --no-defaults --datadir="$folder" --auth-root-authentication-method=normal --skip-test-db "${as_root[@]}"
    command=(mariadbd --no-defaults)
    own=(--binlog-format=ROW --log-slave-updates)
  else
    quietly my_program mysql mysqld --initialize-insecure --datadir="$folder" "${as_root[@]}"
    command=(bash "$top/packaging/mysql-private.sh" mysqld)
    own=(--gtid-mode=ON --enforce-gtid-consistency=ON)
  fi
  start "$folder.log" "${command[@]}" --datadir="$folder" --socket="$folder.sock" --pid-file="$folder.pid" --port="$port" \
    --bind-address=127.0.0.1 --skip-name-resolve --server-id="$id" --log-bin=binlog --binlog-row-metadata=FULL --sync-binlog=1 \
    --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=256M --character-set-server=utf8mb4 "${own[@]}" "${as_root[@]}"
  wait_for "$folder.log" "$started" my_sql "$engine" "$folder" 'SELECT 1'
  version="$(my_sql "$engine" "$folder" 'SELECT VERSION()')"
  [ "$engine" = mariadb ] || version="MySQL $version"
}

# pg_sql PORT DATABASE SQL...: as superuser
pg_sql() {
  local at=$1 database=$2 statements=() sql
  shift 2
  for sql; do statements+=(-c "$sql"); done
  "$pg_bin/psql" -X -q -A -t -h 127.0.0.1 -p "$at" -U postgres -d "$database" -v ON_ERROR_STOP=1 "${statements[@]}"
}

# start_postgres FOLDER
start_postgres() {
  local folder=$1 as_postgres=() bound=(setpriv --pdeathsig KILL --)
  pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
  if [ "$(id -u)" = 0 ]; then as_postgres=(setpriv --reuid postgres --regid postgres --init-groups); fi
  mkdir "$folder"
  [ "$(id -u)" != 0 ] || chown postgres: "$folder"
  cd /
  quietly "${as_postgres[@]}" "$pg_bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
  port=$(free_port)
  # the database's user changes first: what the kernel is told about our death does not survive it
  [ -z "$keep" ] || bound=()
  start "$folder.log" "${as_postgres[@]}" "${bound[@]}" "$pg_bin/postgres" -D "$folder/data" -p "$port" -k "$folder" \
    -c listen_addresses=127.0.0.1 -c wal_level=logical
  wait_for "$folder.log" "$started" pg_sql "$port" postgres 'SELECT 1'
  version="PostgreSQL $("$pg_bin/postgres" --version | grep -oE '[0-9.]+' | head -1)"
}
