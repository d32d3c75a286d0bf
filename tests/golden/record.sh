#!/bin/bash
# tests/golden/record.sh [NAME...]    makes the captures anew: starts private servers, runs each NAME.sql, keeps the binary log that it
# makes as NAME.binlog, and writes what tidemark decodes from it to NAME.json. Look at the difference before it is committed.
#   NAME    without it: all. What begins with mariadb runs on the MariaDB of this machine, what begins with mysql on the private MySQL.
# A statement after a line "-- fails" has to fail; any other that does fails the recording. "-- flags: ..." in the first lines of a file
# are flags of a server of its own. The log ends where the file ends, or with the server's shutdown when it says "-- shutdown".
# TIDEMARK_BUILD: where the unit tests were built (default build/release).
set -eu
cd "$(dirname "$(realpath "$0")")"
top=$(realpath ../..)
build=${TIDEMARK_BUILD:-$top/build/release}
work=$(mktemp -d /tmp/tidemark-golden.XXXXXX)
server=
finish() {
  [ -z "$server" ] || { kill -KILL "$server" 2>/dev/null || true; }
  rm -rf "$work"
}
trap finish EXIT

fail() { echo "record.sh: $1" >&2; exit 1; }

# A log has the server's clock and uuid in it: no two recordings are the same, and the JSON belongs to its own log.
common=(--server-id=7 --log-bin=golden --binlog-row-metadata=FULL --sync-binlog=0 --innodb-buffer-pool-size=64M --skip-networking
  --character-set-server=utf8mb4 --default-time-zone=+00:00)
user=()
[ "$(id -u)" != 0 ] || user=(--user=root)

start() {  # start FAMILY FLAG...
  local family=$1; shift
  data=$work/data socket=$work/s.sock log=$work/log
  rm -rf "$data" "$socket"
  local flags=(--datadir="$data" --socket="$socket" --pid-file="$work/pid" --tmpdir="$work" "${common[@]}" "${user[@]}" "$@") program
  if [ "$family" = mariadb ]; then
    mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
      "${user[@]}" >"$log" 2>&1 || { tail "$log" >&2; fail "mariadb-install-db"; }
    program=(mariadbd --no-defaults --binlog-format=ROW --innodb-log-file-size=16M)
    client=(mariadb --no-defaults)
  else
    program=(bash "$top/packaging/mysql-private.sh" mysqld)
    "${program[@]}" --initialize-insecure --datadir="$data" "${user[@]}" >"$log" 2>&1 ||
      { tail "$log" >&2; fail "mysqld --initialize"; }
    program+=(--gtid-mode=ON_PERMISSIVE --enforce-gtid-consistency=ON)
    client=(bash "$top/packaging/mysql-private.sh" mysql)
  fi
  client+=(--socket="$socket" -u root --default-character-set=utf8mb4 --batch --skip-column-names)
  "${program[@]}" "${flags[@]}" >>"$log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    "${client[@]}" -e "CREATE DATABASE golden" >/dev/null 2>&1 && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$log" >&2
  fail "the server does not start"
}

shut_down() {
  "${client[@]}" -e SHUTDOWN
  wait "$server" || true
  server=
}

current_log() { find "$data" -name 'golden.[0-9]*' | sort | tail -1; }

record() {  # record NAME
  local name=$1 family=${1%%-*} flags file line at
  flags=$(sed -n 's/^-- flags: //p' "$name.sql")
  printf '1;%032d\n' 0 >"$work/key"  # of an encrypted log, which nobody is to read
  # shellcheck disable=SC2086  # one word a flag
  start "$family" ${flags//WORK/$work}
  "${client[@]}" -e "FLUSH BINARY LOGS"
  file=$(current_log)
  head -c 12000 /dev/zero | tr '\0' 'x' >"$work/long.txt"
  printf '1\tone\n2\ttwo\n' >"$work/rows.txt"
  printf '1\tone\n1\tagain\n' >"$work/twice.txt"
  chmod 755 "$work"; chmod 644 "$work"/*.txt
  sed "s,WORK,$work,g" "$name.sql" >"$work/run.sql"
  "${client[@]}" --force golden <"$work/run.sql" >/dev/null 2>"$work/errors" || true
  while read -r line; do
    at=$(sed -nE 's/^ERROR .* at line ([0-9]+).*/\1/p' <<<"$line")
    if [ -z "$at" ] || [ "$(sed -n "$((at - 1))p" "$work/run.sql")" != "-- fails" ]; then fail "$name: $line"; fi
  done < <(grep "^ERROR" "$work/errors")
  [ "$(grep -c '^-- fails' "$work/run.sql")" = "$(grep -c '^ERROR' "$work/errors")" ] || fail "$name: a statement that has to fail did not"
  if grep -q '^-- shutdown' "$name.sql"; then shut_down; else "${client[@]}" -e "FLUSH BINARY LOGS"; fi
  cp "$file" "$name.binlog"
  chmod 644 "$name.binlog"
  [ -z "$server" ] || shut_down
  echo "$name: $(stat -c %s "$name.binlog") bytes"
}

if [ $# = 0 ]; then
  set -- *.sql
fi
for name; do record "$(basename "$name" .sql)"; done
UPDATE_GOLDEN=1 "$build/tests/unit_mysql" "captures decode*" >/dev/null || fail "a capture cannot be decoded: $build/tests/unit_mysql captures"
git -C "$top" status --short tests/golden
