#!/usr/bin/env bash
# The C interface (bindings/c): builds and installs it into a temporary folder, compares its symbols, compiles the test programs in C and C++
# without a warning, and runs them: plainly and under AddressSanitizer, over every file of the conformance suite.
#   scripts/test-capi.sh          below a minute once built
#   scripts/test-capi.sh --all    also with a library that has AddressSanitizer itself, and under valgrind (some minutes)
# Needs a C and a C++ compiler and pkg-config (--all: valgrind), which it installs where apt-get is at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
"" | --all) ;;
*) sed -n '4,5p' "$0" >&2 && exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=(gcc g++ pkg-config)
[ "${1:-}" != --all ] || packages+=(valgrind)
missing=()
for package in "${packages[@]}"; do command -v "$package" >/dev/null || missing+=("$package"); done
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

scripts/install-capi.sh --prefix "$work/install" --profile dev
export PKG_CONFIG_PATH=$work/install/lib/pkgconfig LD_LIBRARY_PATH=$work/install/lib
nm -D --defined-only "$work/install/lib/libvqz.so" | awk '{print $3}' | LC_ALL=C sort | diff bindings/c/symbols.txt - ||
    { echo "exported symbols are not those of bindings/c/symbols.txt" >&2 && exit 1; }
readelf -d "$work/install/lib/libvqz.so" | grep -q 'soname: \[libvqz.so.0\]'

scripts/conformance-list.py testdata/conformance >"$work/list"

tests=bindings/c/tests
read -ra flags <<<"$(pkg-config --cflags vqz)"
read -ra shared <<<"$(pkg-config --libs vqz)"
warnings=(-g -O1 -Wall -Wextra -Wpedantic -Werror)
# compile NAME FLAG...: the three programs, into a folder of that name
compile() {
    local to=$work/$1
    shift
    mkdir -p "$to"
    "${CC:-cc}" -std=c99 "${warnings[@]}" "${flags[@]}" "$tests/api.c" -o "$to/api" "$@" -lm
    "${CC:-cc}" -std=c99 "${warnings[@]}" "${flags[@]}" "$tests/suite.c" -o "$to/suite" "$@"
    "${CXX:-c++}" -std=c++14 "${warnings[@]}" "${flags[@]}" "$tests/cpp.cpp" -o "$to/cpp" "$@" -pthread
}
# try TITLE FOLDER COMMAND...: runs them under a command; of the suite what $list has
list=$work/list
try() {
    local title=$1 from=$work/$2
    shift 2
    echo "== $title"
    "$@" "$from/api" testdata/conformance
    "$@" "$from/cpp" testdata/conformance/default/picture.vqz
    "$@" "$from/suite" testdata/conformance "$list"
}

compile plain "${shared[@]}"
try "libvqz.so" plain env
# Statically too, with everything that vqz.pc says.
static=("$work/install/lib/libvqz.a")
for flag in $(sed -n 's/^Libs.private: //p' "$work/install/lib/pkgconfig/vqz.pc"); do static+=("$flag"); done
compile static "${static[@]}"
echo "== libvqz.a" && "$work/static/api" testdata/conformance
compile asan -fsanitize=address,undefined -fno-sanitize-recover=all "${shared[@]}"
try "programs with AddressSanitizer" asan env

if [ "${1:-}" = --all ]; then
    if command -v valgrind >/dev/null; then
        # Fifty times slower: every 15th rendering will do.
        awk 'NR % 15 == 0' "$work/list" >"$work/some"
        list=$work/some try valgrind plain valgrind --quiet --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
    fi
    host=$(rustc -vV | sed -n 's/^host: //p')
    build=${CARGO_TARGET_DIR:-target}/asan
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$build \
        cargo rustc -p vqz-capi --locked --target "$host" --crate-type staticlib
    compile asan-both -fsanitize=address "$build/$host/debug/libvqz.a" "${static[@]:1}"
    try "all with AddressSanitizer" asan-both env
fi
echo "the C interface: all well"
