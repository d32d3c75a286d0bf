#!/bin/bash
# packaging/demo.sh into both sinks: it must say equal, end with 0 and leave no process and no folder behind.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit 1
for sink in sqlite postgres; do
  before=$(ls -d /tmp/tidemark-demo.* 2>/dev/null)
  bash packaging/demo.sh --sink $sink --seconds 2 || exit 1
  left=$(comm -13 <(echo "$before") <(ls -d /tmp/tidemark-demo.* 2>/dev/null))
  [ -z "$left" ] || { echo "left behind: $left"; exit 1; }
done
