#!/bin/bash
# tests/soak.sh [--minutes M] [--seed S] [--rounds N] [--source mariadb|mysql|postgres] [--sink postgres|sqlite|mysql|mariadb]
# Random schemas and transactions on private servers (MariaDB and MySQL in turn unless given) into others (PostgreSQL and SQLite), with
# kill -9, SIGTERM, restarted servers, cut and silent networks; after the faults the sink must be equal, and it must have been whole all the
# time. One round a seed, S, S+1, ...; until M minutes are over (default 5; N rounds at most). S is random unless given.
# A line a round, counts in the end. Exit status 1 when a round is wrong; what there is to read then lies in build/soak/seed-<its seed>.
# The same seed draws the same tables, statements and faults; the order of the threads is the machine's.
set -u
cd "$(dirname "$(realpath "$0")")/.." || exit 1
build=$PWD/build/release
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD
log=$(mktemp)
{
  bash packaging/mysql-private.sh && bash packaging/postgres-private.sh &&
    { [ -e "$build/build.ninja" ] || cmake --preset release -D TIDEMARK_TESTS=ON; } &&
    cmake --build --preset release --target tidemark tidemark-soak
} >"$log" 2>&1 </dev/null || { tail -40 "$log" >&2; rm -f "$log"; exit 2; }
rm -f "$log"
exec "$build/tests/soak/tidemark-soak" --keep "$PWD/build/soak" "$@"
