#!/bin/bash
# packaging/demo.sh between pairs of engines: it must say equal, end with 0 and leave no process and no folder behind.
# demo_test.sh [SOURCE-SINK ...]
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit 1
[ $# -gt 0 ] || set -- mariadb-sqlite mysql-postgres
for pair; do
  before=$(ls -d /tmp/tidemark-demo.* 2>/dev/null)
  bash packaging/demo.sh --source "${pair%-*}" --sink "${pair#*-}" --seconds 2 || exit 1
  left=$(comm -13 <(echo "$before") <(ls -d /tmp/tidemark-demo.* 2>/dev/null))
  [ -z "$left" ] || { echo "left behind: $left"; exit 1; }
done
