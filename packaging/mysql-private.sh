#!/bin/bash
# A real MySQL 9 on Debian 12 and 13 without touching the system: packages of Debian's unstable suite, unpacked into a cache folder and
# run by the dynamic loader and the libraries that lie there with them.
#   mysql-private.sh              unpack (about 70 MB are fetched, once) and print the folder
#   mysql-private.sh mysqld ...   run a program of it: mysqld, mysql, mysqladmin, mysqlbinlog
# Folder: $TIDEMARK_MYSQL_ROOT, else mysql in $TIDEMARK_CACHE, else in ~/.cache/tidemark. Archive: $TIDEMARK_DEBIAN_MIRROR, else the
# one in apt's own sources; signatures are checked with Debian's keyring.
set -eu
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
root=${TIDEMARK_MYSQL_ROOT:-${TIDEMARK_CACHE:-$home/.cache/tidemark}/mysql}

fail() { echo "mysql-private.sh: $1" >&2; exit 1; }

# apt knows both forms of its sources (one line each, and deb822). The main archive's address ends in /debian.
archive_uri() {
  if [ -n "${TIDEMARK_DEBIAN_MIRROR:-}" ]; then echo "$TIDEMARK_DEBIAN_MIRROR"; return; fi
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | head -1
}

unpack() {
  local uri work packages options attempt
  uri=$(archive_uri)
  [ -n "$uri" ] || fail "no Debian archive in apt's sources; set TIDEMARK_DEBIAN_MIRROR to the address of one"
  work=$(mktemp -d "$root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  packages=$work/apt
  mkdir -p "$packages"/{lists/partial,cache/archives/partial,etc/parts} "$work/root"
  : >"$packages/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri%/} unstable main" >"$packages/etc/sources.list"
  options=(-o Dir::Etc::sourcelist="$packages/etc/sources.list" -o Dir::Etc::sourceparts="$packages/etc/parts" -o Dir::State::Lists="$packages/lists"
    -o Dir::State::status="$packages/status" -o Dir::Cache="$packages/cache" -o Acquire::Retries=5 -o Acquire::Languages=none
    -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  for attempt in 1 2 3 4; do
    if apt-get "${options[@]}" -qq update >&2 && apt-get "${options[@]}" -qq -y --no-install-recommends --download-only install \
      mysql-server-core mysql-client-core </dev/null >&2; then break; fi
    [ $attempt -lt 4 ] || fail "cannot fetch MySQL's packages from $uri"
    sleep $((attempt * 5))
  done
  local deb
  for deb in "$packages"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  touch "$work/root/.ready"
  mv -T "$work/root" "$root"  # all or nothing
  rm -rf "$work"
  trap - EXIT
}

if [ ! -e "$root/.ready" ]; then
  mkdir -p "$(dirname "$root")"
  exec 9>"$root.lock"
  flock 9
  if [ ! -e "$root/.ready" ]; then
    [ ! -e "$root" ] || fail "$root exists, but was not unpacked by this script: remove it"
    unpack
  fi
  exec 9>&-
fi
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
