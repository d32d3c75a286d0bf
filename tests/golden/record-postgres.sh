#!/bin/bash
# tests/golden/record-postgres.sh [NAME...]    makes the captures of replication streams anew: starts a private PostgreSQL, runs each
# postgres-NAME.sql, keeps the messages that the plugin makes of it as postgres-NAME.<major version>.pgoutput (one a line, in hex), and
# writes what tidemark decodes from them beside it. Look at the difference before it is committed.
#   NAME    without it: all
# Up to the line "-- capture" a file makes its tables, what comes behind it is captured. "-- options: ..." are options of the plugin, other
# than the publication's name. TIDEMARK_BUILD: where the unit tests were built (default build/release). PG_BIN: which server.
set -eu
cd "$(dirname "$(realpath "$0")")"
top=$(realpath ../..)
build=${TIDEMARK_BUILD:-$top/build/release}
bin=${PG_BIN:-$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -1)}
work=$(mktemp -d /tmp/tidemark-golden.XXXXXX)
as=()
[ "$(id -u)" != 0 ] || { as=(setpriv --reuid=postgres --regid=postgres --clear-groups); chown postgres "$work"; }
finish() {
  [ ! -e "$work/data/postmaster.pid" ] || "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

"${as[@]}" "$bin/initdb" -D "$work/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
cat >>"$work/data/postgresql.conf" <<END
wal_level = logical
fsync = off
listen_addresses = ''
unix_socket_directories = '$work'
logical_decoding_work_mem = 64kB
autovacuum = off
END
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/data/log" start >/dev/null
version=$("$bin/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
run=("$bin/psql" -h "$work" -U postgres -X -q -A -t -v ON_ERROR_STOP=1)

record() {  # record NAME
  local name=$1 options
  "${run[@]}" -d postgres -c "SET client_min_messages = warning" -c "DROP DATABASE IF EXISTS golden" -c "CREATE DATABASE golden"
  local golden=("${run[@]}" -d golden -v "beside=host=$work user=postgres dbname=golden")
  options=$(sed -n 's/^-- options: //p' "postgres-$name.sql")
  sed '/^-- capture/,$d' "postgres-$name.sql" | "${golden[@]}"
  "${golden[@]}" -c "CREATE PUBLICATION golden FOR ALL TABLES" \
    -c "SELECT pg_create_logical_replication_slot('golden', 'pgoutput')" >/dev/null
  sed '1,/^-- capture/d' "postgres-$name.sql" | "${golden[@]}" >/dev/null
  "${golden[@]}" -c "SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SELECT encode(data, 'hex') FROM pg_logical_slot_get_binary_changes('golden', NULL, NULL,
      'publication_names', 'golden', ${options:-'proto_version', '1', 'messages', 'on'})" >"postgres-$name.$version.pgoutput"
  "${golden[@]}" -c "SELECT pg_drop_replication_slot('golden')" >/dev/null
  echo "$name: $(wc -l <"postgres-$name.$version.pgoutput") messages"
}

if [ $# = 0 ]; then
  for file in postgres-*.sql; do file=${file%.sql}; set -- "$@" "${file#postgres-}"; done
fi
for name; do record "$name"; done
UPDATE_GOLDEN=1 "$build/tests/unit_postgres" "captured streams*" >/dev/null || { echo "a capture cannot be decoded" >&2; exit 1; }
git -C "$top" status --short tests/golden
