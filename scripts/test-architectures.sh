#!/usr/bin/env bash
# The conformance suite on other architectures: the same bits on 64-bit ARM, 32-bit x86, big-endian s390x (all three emulated by QEMU)
# and on WebAssembly (in Node), and on this machine at every SIMD level it has.
#   scripts/test-architectures.sh [ARCHITECTURE...]    native aarch64 i686 s390x wasm32; all unless told
# Installs what is missing: Rust's standard library for a target (rustup), cross linkers and QEMU (Debian's packages, as root or by
# sudo). Node 20 or later has to be there. Each target takes about a minute on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=testdata/conformance
folder=${CARGO_TARGET_DIR:-target}

install() { # PACKAGE...
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
}

build() { # TARGET
    rustup target list --installed | grep -qx "$1" || rustup target add "$1"
    CARGO_PROFILE_DEV_DEBUG=0 cargo build --locked -p vqz-conformance --target "$1"
}

# A target under QEMU.
emulated() { # TARGET LINKER LIBRARIES EMULATOR
    local name=${1^^}
    export "CARGO_TARGET_${name//-/_}_LINKER=$2"
    build "$1"
    "$4" -L "$3" "$folder/$1/debug/vqz-conformance" "$suite"
}

native() {
    cargo build --locked -p vqz-conformance
    # A level that the machine lacks runs as the best one below it, and says so.
    for level in scalar avx2 avx512; do
        VQZ_SIMD=$level "$folder/debug/vqz-conformance" "$suite"
    done
}

aarch64() {
    install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    emulated aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc /usr/aarch64-linux-gnu qemu-aarch64
}

i686() {
    install qemu-user gcc-i686-linux-gnu libc6-dev-i386-cross
    emulated i686-unknown-linux-gnu i686-linux-gnu-gcc /usr/i686-linux-gnu qemu-i386
}

s390x() {
    install qemu-user gcc-s390x-linux-gnu libc6-dev-s390x-cross
    emulated s390x-unknown-linux-gnu s390x-linux-gnu-gcc /usr/s390x-linux-gnu qemu-s390x
}

wasm32() {
    build wasm32-wasip1
    node --no-warnings scripts/run-wasi.mjs "$folder/wasm32-wasip1/debug/vqz-conformance.wasm" "$suite"
}

[ $# -gt 0 ] || set -- native aarch64 i686 s390x wasm32
for architecture in "$@"; do
    case "$architecture" in
    native | aarch64 | i686 | s390x | wasm32) printf '== %s\n' "$architecture" && "$architecture" ;;
    *) echo "usage: $0 [native|aarch64|i686|s390x|wasm32]..." >&2 && exit 2 ;;
    esac
done
