#!/bin/bash
# tests/mutants.sh [NAME...]    proves that the simulator sees: plants one bug after the other (tests/mutants/*.patch) into copies of the
# sources, builds a simulator with each, and runs it. Every one must be caught within 60 seconds, and the true core must pass.
# One line a mutant; the last line counts them. NAME: only the mutants whose names contain it. TIDEMARK_JOBS: how many at a time.
set -u
cd "$(dirname "$(realpath "$0")")/.." || exit 1
top=$PWD
build=$top/build/release
work=$top/build/mutants
jobs=${TIDEMARK_JOBS:-$(nproc)}
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$top

{ [ -e "$build/build.ninja" ] || cmake --preset release; cmake --build --preset release --target tidemark-sim; } >/dev/null || exit 1
rm -rf "$work"
mkdir -p "$work"
link=$(cd "$build" && ninja -t commands tests/sim/tidemark-sim | tail -1)

compile() {  # compile FILE COPY OBJECT: as the build does it
  python3 - "$build/compile_commands.json" "$top/$1" "$2" "$3" <<'PY'
import json, shlex, subprocess, sys
commands, source, copy, out = sys.argv[1:]
entry = next(e for e in json.load(open(commands)) if e["file"] == source)
args = shlex.split(entry["command"])
args[args.index("-o") + 1] = out
args[args.index(source)] = copy
sys.exit(subprocess.run(args, cwd=entry["directory"]).returncode)
PY
}

plant() {  # plant PATCH: prints the mutant's line, fails when it is not caught
  local patch=$1 name dir file objects="" start output status
  name=$(basename "$patch" .patch)
  dir=$work/$name
  mkdir -p "$dir"
  cp -r "$top/src" "$dir/src"
  if ! patch -d "$dir" -p1 -s -F0 --no-backup-if-mismatch <"$patch" >"$dir/patch.log" 2>&1; then
    echo "$name: the patch does not apply"
    return 1
  fi
  for file in $(sed -n 's,^+++ b/,,p' "$patch" | cut -f1); do
    if ! compile "$file" "$dir/$file" "$dir/$(basename "$file").o" >"$dir/compile.log" 2>&1; then
      echo "$name: $file does not compile"
      return 1
    fi
    objects="$objects $dir/$(basename "$file").o"
  done
  # An object on the command line comes before that of the library with the same symbols.
  if ! (cd "$build" && eval "${link/-o tests\/sim\/tidemark-sim/$objects -o $dir/tidemark-sim}") >"$dir/link.log" 2>&1; then
    echo "$name: it does not link"
    return 1
  fi
  start=$(date +%s%N)
  output=$(timeout 70 "$dir/tidemark-sim" --seconds 60 --failures 1 2>&1)
  status=$?
  rm -rf "$dir/src" "$dir/tidemark-sim"
  output=$(grep -m1 '^seed' <<<"$output")
  if [ "$status" != 1 ] || [ -z "$output" ]; then
    echo "$name: NOT CAUGHT (exit status $status)"
    return 1
  fi
  printf '%-38s caught in %5.1f s: %s\n' "$name" "$((($(date +%s%N) - start) / 100000000))e-1" "${output:0:150}"
}

planted=0 missed=0 pids=()
for patch in tests/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# -gt 0 ]; then
    wanted=0
    for part; do [[ $name == *"$part"* ]] && wanted=1; done
    [ "$wanted" = 1 ] || continue
  fi
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  plant "$top/$patch" &
  pids+=($!)
  planted=$((planted + 1))
done
for pid in "${pids[@]}"; do wait "$pid" || missed=$((missed + 1)); done
"$build/tests/sim/tidemark-sim" --seeds 20000 || { echo "the true core fails"; missed=$((missed + 1)); }
echo "$planted mutants, $((planted - missed)) caught, $missed missed"
[ "$missed" = 0 ] && [ "$planted" -gt 0 ]
