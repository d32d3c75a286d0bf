#!/bin/bash
# Another major version of PostgreSQL than the system's, on Debian 12 and 13 without touching the system: the newest of Debian's unstable
# suite, unpacked into a cache folder. Its programs start each other (initdb and pg_ctl start postgres), so each of them is told where its
# loader and its libraries lie, with patchelf: they run as they are, from that folder only.
#   postgres-private.sh               unpack (about 70 MB are fetched, once) and print the folder of the programs
#   postgres-private.sh psql ...      run a program of it: initdb, postgres, pg_ctl, psql, pg_recvlogical, pg_basebackup
# $TIDEMARK_POSTGRES_VERSION: another major version than the newest, 15 or 17, from the Debian that has it (12, 13), in a folder of its own.
# Folder: $TIDEMARK_POSTGRES_ROOT, else postgres in $TIDEMARK_CACHE, else in ~/.cache/tidemark; root's is in /var/cache/tidemark, since the
# server runs as another user. Archive: see unpack-unstable.sh.
set -eu
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=$home/.cache/tidemark
[ "$(id -u)" != 0 ] || cache=/var/cache/tidemark
version=${TIDEMARK_POSTGRES_VERSION:-}
root=${TIDEMARK_POSTGRES_ROOT:-${TIDEMARK_CACHE:-$cache}/postgres${version:+-$version}}

fail() { echo "postgres-private.sh: $1" >&2; exit 1; }

case $version in
  '') version='[0-9]+' ;;
  15) unpack_suite=bookworm ;;
  17) unpack_suite=trixie ;;
  *) fail "no Debian suite is known to have version $version" ;;
esac

# point_at_libraries FOLDER: its programs and libraries, once it has its final name
point_at_libraries() {
  local folder=$1 final loader libraries file
  command -v patchelf >/dev/null || fail "no patchelf: install the package patchelf"
  final=$(realpath -m "$root")
  libraries=$(dirname "$(compgen -G "$folder/usr/lib/*-linux-gnu/libc.so.6" | head -1)")
  loader=$(compgen -G "$folder/usr/lib*/ld-linux-*.so.*" | head -1)
  libraries=$final${libraries#"$folder"}
  loader=$final${loader#"$folder"}
  for file in "$folder"/usr/lib/postgresql/*/bin/*; do
    # scripts and links are none of its business; a library path of the old kind holds for what a library needs, too
    [ ! -f "$file" ] || [ -L "$file" ] || ! head -c 4 "$file" | grep -q ELF ||
      patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$file"
  done
  chmod -R go+rX "$folder"
}

# shellcheck source=packaging/unpack-unstable.sh
. "$(dirname "$(realpath "$0")")/unpack-unstable.sh"
ensure_unpacked "$root" point_at_libraries "/^postgresql-$version\$/" "/^postgresql-client-$version\$/"
programs=$(compgen -G "$(realpath "$root")/usr/lib/postgresql/*/bin" | head -1)
[ $# -gt 0 ] || { echo "$programs"; exit 0; }

program=$1; shift
[ -x "$programs/$program" ] || fail "no program $program in $programs"
exec "$programs/$program" "$@"
