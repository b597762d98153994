#!/usr/bin/env bash
# The conformance suite on other architectures: the same bits on 64-bit ARM, 32-bit x86, big-endian s390x (all three emulated by QEMU)
# and on WebAssembly (in Node), and on this machine, with every set of kernels that there is. Where a set is only for another architecture
# (NEON, its dot products, simd128), the tests of src/nn run there too: its kernels against the definition, bit for bit.
#   scripts/test-architectures.sh [ARCHITECTURE...]    native aarch64 i686 s390x wasm32; all unless told
# Installs what is missing: Rust's standard library for a target (rustup), cross linkers and QEMU (Debian's packages, as root or by
# sudo). Node 20 or later has to be there. Each target takes some minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=testdata/conformance
folder=${CARGO_TARGET_DIR:-target}

build() { # TARGET
    rustup target list --installed | grep -qx "$1" || rustup target add "$1"
    CARGO_PROFILE_DEV_DEBUG=0 cargo build --locked -p vqz-conformance --target "$1"
}

# Clippy (no other run of it sees these kernels) and the tests of src/nn. Those of kernels say which sets they ran; this one must be among them.
kernels_tested() { # TARGET KERNELS
    local output
    cargo clippy --locked -p vqz --lib --target "$1" -- -D warnings
    output=$(CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_DEV_DEBUG=0 cargo test --locked -p vqz --lib --target "$1" -- nn:: --nocapture 2>&1) ||
        { printf '%s\n' "$output" >&2 && return 1; }
    grep -q "kernels run: .*\b$2\b" <<<"$output" || { printf 'error: no test ran the kernels %s\n' "$2" >&2 && return 1; }
    grep '^test result' <<<"$output"
}

# The suite, which says which kernels decoded.
suite_with() { # KERNELS COMMAND...
    local kernels=$1 output
    shift
    output=$(VQZ_SIMD=$kernels "$@" "$suite") || { printf '%s\n' "$output" >&2 && return 1; }
    grep -qF ", $kernels)" <<<"$output" || { printf 'error: the kernels %s did not run\n%s\n' "$kernels" "$output" >&2 && return 1; }
    tail -n 1 <<<"$output"
}

# A target under QEMU.
emulated() { # TARGET LINKER LIBRARIES EMULATOR KERNELS...
    local target=$1 libraries=$3 emulator=$4 name=${1^^} kernels
    export "CARGO_TARGET_${name//-/_}_LINKER=$2" "CARGO_TARGET_${name//-/_}_RUNNER=$emulator -L $libraries"
    shift 4
    build "$target"
    for kernels in "$@"; do
        suite_with "$kernels" "$emulator" -L "$libraries" "$folder/$target/debug/vqz-conformance"
        [ "$kernels" = scalar ] || kernels_tested "$target" "$kernels"
    done
}

native() {
    cargo build --locked -p vqz-conformance
    # A set that the machine lacks is stood in for by a plainer one, and it says so.
    for kernels in scalar avx2 avx512; do
        VQZ_SIMD=$kernels "$folder/debug/vqz-conformance" "$suite"
    done
}

aarch64() {
    scripts/need-debian.sh qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    emulated aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc /usr/aarch64-linux-gnu qemu-aarch64 scalar neon dotprod
}

i686() {
    scripts/need-debian.sh qemu-user gcc-i686-linux-gnu libc6-dev-i386-cross
    emulated i686-unknown-linux-gnu i686-linux-gnu-gcc /usr/i686-linux-gnu qemu-i386 scalar
}

s390x() {
    scripts/need-debian.sh qemu-user gcc-s390x-linux-gnu libc6-dev-s390x-cross
    emulated s390x-unknown-linux-gnu s390x-linux-gnu-gcc /usr/s390x-linux-gnu qemu-s390x scalar
}

# A program has simd128 or not: two builds, the second one in a folder of its own.
wasm32() {
    local target=wasm32-wasip1 run=(node --no-warnings scripts/run-wasi.mjs)
    export CARGO_TARGET_WASM32_WASIP1_RUNNER="${run[*]}"
    build $target
    suite_with scalar "${run[@]}" "$folder/$target/debug/vqz-conformance.wasm"
    (
        export CARGO_TARGET_DIR=$folder/simd128 CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-C target-feature=+simd128"
        build $target
        suite_with simd128 "${run[@]}" "$folder/simd128/$target/debug/vqz-conformance.wasm"
        kernels_tested $target simd128
    )
}

[ $# -gt 0 ] || set -- native aarch64 i686 s390x wasm32
for architecture in "$@"; do
    case "$architecture" in
    native | aarch64 | i686 | s390x | wasm32) printf '== %s\n' "$architecture" && "$architecture" ;;
    *) echo "usage: $0 [native|aarch64|i686|s390x|wasm32]..." >&2 && exit 2 ;;
    esac
done
