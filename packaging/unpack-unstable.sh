# Sourced by mysql-private.sh and postgres-private.sh: packages of Debian's unstable suite, or of $unpack_suite, with all that they depend
# on, unpacked into a cache folder of their own, on Debian 12 and 13, without touching the system. The caller has defined fail().
# Archive: $TIDEMARK_DEBIAN_MIRROR, else the one in apt's own sources; signatures are checked with Debian's keyring.
# shellcheck shell=bash

# apt knows both forms of its sources (one line each, and deb822). The main archive's address ends in /debian.
archive_uri() {
  if [ -n "${TIDEMARK_DEBIAN_MIRROR:-}" ]; then echo "$TIDEMARK_DEBIAN_MIRROR"; return; fi
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | head -1
}

# unpack_unstable ROOT FINISH PACKAGE...: a package may be a pattern of apt-cache search, /^name-[0-9]+$/; then it is the newest of those.
# FINISH is called with the new folder before it gets its name.
unpack_unstable() {
  local root=$1 finish=$2; shift 2
  local uri work apt options attempt name names deb
  uri=$(archive_uri)
  [ -n "$uri" ] || fail "no Debian archive in apt's sources; set TIDEMARK_DEBIAN_MIRROR to the address of one"
  work=$(mktemp -d "$root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  apt=$work/apt
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,etc/parts} "$work/root"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri%/} ${unpack_suite:-unstable} main" >"$apt/etc/sources.list"
  options=(-o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts="$apt/etc/parts" -o Dir::State::Lists="$apt/lists"
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Acquire::Retries=5 -o Acquire::Languages=none
    -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  for attempt in 1 2 3 4; do
    if apt-get "${options[@]}" -qq update >&2; then
      names=()
      for name; do
        case $name in
          /*/) names+=("$(apt-cache "${options[@]}" search --names-only "$(sed 's,^/,,; s,/$,,' <<<"$name")" | cut -d' ' -f1 | sort -V | tail -1)") ;;
          *) names+=("$name") ;;
        esac
      done
      if apt-get "${options[@]}" -qq -y --no-install-recommends --download-only install "${names[@]}" </dev/null >&2; then break; fi
    fi
    [ "$attempt" -lt 4 ] || fail "cannot fetch ${*} from $uri"
    sleep $((attempt * 5))
  done
  for deb in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  "$finish" "$work/root"
  touch "$work/root/.ready"
  mv -T "$work/root" "$root"  # all or nothing
  rm -rf "$work"
  trap - EXIT
}

# ensure_unpacked ROOT FINISH PACKAGE...: once, whoever else asks for it meanwhile
ensure_unpacked() {
  local root=$1
  [ ! -e "$root/.ready" ] || return 0
  mkdir -p "$(dirname "$root")"
  exec 9>"$root.lock"
  flock 9
  if [ ! -e "$root/.ready" ]; then
    [ ! -e "$root" ] || fail "$root exists, but was not unpacked by this script: remove it"
    unpack_unstable "$@"
  fi
  exec 9>&-
}
