#!/bin/bash
# Every C++ file is laid out as .clang-format says. The version is pinned to 14, since others lay out differently; where Debian does not
# have it (13), there is nothing to check with.
set -eu
cd "$(dirname "$(realpath "$0")")/../.."
program=$(command -v clang-format-14) || { echo "no clang-format-14 here: not checked"; exit 0; }
files() { git ls-files -co --exclude-standard '*.cpp' '*.h' | while read -r file; do [ ! -f "$file" ] || echo "$file"; done; }
wrong=$(files | xargs -r -P "$(nproc)" -n 20 "$program" --dry-run --ferror-limit=1 2>&1 | sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: (warning|error): code should.*/\1/p' | sort -u)
[ -n "$wrong" ] || { echo "laid out as .clang-format says"; exit 0; }
echo "not laid out as .clang-format says; cure: clang-format-14 -i FILE..."
echo "$wrong"
exit 1
