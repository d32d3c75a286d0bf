#!/bin/bash
# tests/crash-matrix.sh [--all] [--seed S] [--points PATTERN] [--pair SOURCE-SINK]
# Kills the real daemon with SIGKILL at failpoints (src/base/failpoint_names.h), at the first, second and a random hit, between real MariaDB
# and MySQL and real PostgreSQL and SQLite, starts it again, and compares the sink with the source: with `tidemark verify`, and without our code.
# One line a cell, counts at the end; exit status 1 when a cell fails or a point is never hit.
#   --all              every point, pair and hit; without: one cell a point, about three minutes
#   --seed S           draws lives and hits (default 1)
#   --points PATTERN   only points whose names contain it, or match it as a shell pattern
#   --pair P           only mariadb-postgres, mariadb-sqlite, mysql-postgres or mysql-sqlite
set -u
cd "$(dirname "$(realpath "$0")")/.." || exit 1
build=$PWD/build/release
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD

bash packaging/mysql-private.sh >/dev/null || exit 1
mkdir -p build
{ [ -e "$build/build.ninja" ] || cmake --preset release; cmake --build --preset release --target tidemark crash-matrix; } >"$build.log" 2>&1 \
  || { tail -40 "$build.log" >&2; exit 1; }

exec "$build/tests/crash-matrix" "$@"
