#!/bin/bash
# Installs the Debian packages that tidemark is built and tested with (Debian 12 and 13). Installs only what is missing.
#   install-deps.sh --build-only   what the build and the unit tests need
#   install-deps.sh --servers      that, and the server programs that the demo and the integration tests start for themselves
#   install-deps.sh [--all]        that, and the tools of the other tests: clang, clang-format, clang-tidy, curl, patchelf
#   install-deps.sh --bench        that of --servers, and the peers that the benchmarks run
# No system service is started, and no database cluster of the system is touched.
set -eu
level=${1:---all}
case $level in
  --build-only | --servers | --all | --bench) ;;
  *) echo "usage: install-deps.sh [--build-only|--servers|--all|--bench]" >&2; exit 2 ;;
esac

build="build-essential cmake ninja-build pkg-config ccache git ca-certificates libmariadb-dev libpq-dev libsqlite3-dev libyaml-cpp-dev
  libboost-dev libboost-program-options-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libzstd-dev zlib1g-dev libxxhash-dev
  libsystemd-dev catch2"
# mariadb-server-core is the server without the service of the package mariadb-server
servers="python3 mariadb-server-core mariadb-client postgresql sqlite3 util-linux"
# clang-format is pinned to 14, since other versions lay the same source out differently; the others may be any version
bench="pgloader pgcopydb mydumper curl"
tools="curl patchelf clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev"
other_tools="curl patchelf clang clang-tidy libclang-rt-dev"

installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }
known() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

missing=()
collect_missing() {
  local wanted="$build" package
  [ "$level" = --build-only ] || wanted+=" $servers"
  [ "$level" != --bench ] || wanted+=" $bench"
  if [ "$level" = --all ]; then
    if installed clang-14 || known clang-14; then wanted+=" $tools"; else wanted+=" $other_tools"; fi
  fi
  missing=()
  for package in $wanted; do installed "$package" || missing+=("$package"); done
}
collect_missing
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps.sh: missing ${missing[*]}: not root, and there is no sudo" >&2; exit 1; }
  root=(sudo)
fi
# invoke-rc.d and deb-systemd-invoke ask this file before they start a service: 101 means no
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '"${root[@]}" rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
  "${root[@]}" chmod 755 $policy
fi
apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"; }
# The package lists of the image may be old or empty: renew them. A source of someone else that fails does not matter if ours are found.
apt update >&2 || true
collect_missing  # only now is it known which versions of the tools there are
echo "installing: ${missing[*]}" >&2
apt install -y --no-install-recommends "${missing[@]}" </dev/null >&2
