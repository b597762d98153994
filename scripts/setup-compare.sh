#!/usr/bin/env bash
# Installs what the feature `compare` needs to be built, besides Rust and a C++ compiler: cmake, nasm and libclang.
# Does nothing if they are there. For Debian and Ubuntu; uses sudo unless it runs as root.
set -euo pipefail

missing=()
command -v cmake >/dev/null || missing+=(cmake)
command -v nasm >/dev/null || missing+=(nasm)
# libclang with its own C headers, for bindgen.
if [ -z "${LIBCLANG_PATH:-}" ] && ! compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null; then
    missing+=(libclang-dev)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "please install: ${missing[*]} (these are the names of Debian's packages)" >&2
    exit 1
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
