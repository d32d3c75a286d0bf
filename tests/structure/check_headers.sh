#!/bin/bash
# Every header of the waist compiles alone.
set -eu
cd "$(dirname "$(realpath "$0")")/../.."
printf '%s\n' include/tidemark/*.h | xargs -P "$(nproc)" -I{} "${CXX:-g++}" -std=c++20 -Wall -Wextra -Iinclude -fsyntax-only -x c++ -include {} /dev/null
