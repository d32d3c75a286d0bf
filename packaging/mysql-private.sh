#!/bin/bash
# A real MySQL 9 on Debian 12 and 13 without touching the system: packages of Debian's unstable suite, unpacked into a cache folder and
# run by the dynamic loader and the libraries that lie there with them.
#   mysql-private.sh              unpack (about 70 MB are fetched, once) and print the folder
#   mysql-private.sh mysqld ...   run a program of it: mysqld, mysql, mysqladmin, mysqlbinlog
# Folder: $TIDEMARK_MYSQL_ROOT, else mysql in $TIDEMARK_CACHE, else in ~/.cache/tidemark. Archive: see unpack-unstable.sh.
set -eu
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
root=${TIDEMARK_MYSQL_ROOT:-${TIDEMARK_CACHE:-$home/.cache/tidemark}/mysql}

fail() { echo "mysql-private.sh: $1" >&2; exit 1; }

# shellcheck source=packaging/unpack-unstable.sh
. "$(dirname "$(realpath "$0")")/unpack-unstable.sh"
ensure_unpacked "$root" : mysql-server-core mysql-client-core
root=$(realpath "$root")
[ $# -gt 0 ] || { echo "$root"; exit 0; }

program=$1; shift
binary=$root/usr/sbin/$program
[ -x "$binary" ] || binary=$root/usr/bin/$program
[ -x "$binary" ] || fail "no program $program in $root"
loader=$(compgen -G "$root/usr/lib*/ld-linux-*.so.*" | head -1)
libraries=$(dirname "$(compgen -G "$root/usr/lib/*-linux-gnu/libc.so.6" | head -1)")
extra=()
if [ "$program" = mysqld ]; then
  extra=(--basedir="$root/usr" --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets"
    --plugin-dir="$root/usr/lib/mysql/plugin" --secure-file-priv= --mysqlx=OFF)
fi
exec "$loader" --library-path "$libraries" "$binary" --no-defaults "${extra[@]}" "$@"
