#!/usr/bin/env bash
# What the kernels of other architectures save in decoding a file: instructions on 64-bit ARM (counted by QEMU), time in Node.
#   scripts/measure-architectures.sh FILE.vqz
# Needs what `scripts/test-architectures.sh aarch64 wasm32` installs, and gcc.
set -euo pipefail
file=$(realpath "${1:?usage: $0 FILE.vqz}")
cd "$(dirname "$0")/.."

folder=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=(cargo build --locked --release -p vqz --example decode_time --target)

gcc -shared -fPIC -O1 -o "$work/count.so" scripts/qemu-count.c
CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc "${build[@]}" aarch64-unknown-linux-gnu
instructions() { # KERNELS TIMES
    VQZ_SIMD=$1 RAYON_NUM_THREADS=1 qemu-aarch64 -L /usr/aarch64-linux-gnu -plugin "$work/count.so" \
        "$folder/aarch64-unknown-linux-gnu/release/examples/decode_time" "$file" "$2" 2>&1 >/dev/null
}
for kernels in scalar neon dotprod; do
    # One decode more; the first one loads the model.
    printf 'aarch64 %s: %d million instructions\n' "$kernels" $((($(instructions $kernels 2) - $(instructions $kernels 1)) / 1000000))
done

# WASI programs see the current folder only.
runner=$PWD/scripts/run-wasi.mjs
cp "$file" "$work/file.vqz"
"${build[@]}" wasm32-wasip1
cp "$folder/wasm32-wasip1/release/examples/decode_time.wasm" "$work/scalar.wasm"
CARGO_TARGET_DIR=$folder/simd128 CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-C target-feature=+simd128" "${build[@]}" wasm32-wasip1
cp "$folder/simd128/wasm32-wasip1/release/examples/decode_time.wasm" "$work/simd128.wasm"
cd "$work"
# In turns, so that what else the machine does hits both.
for _ in 1 2 3; do
    for kernels in scalar simd128; do
        printf 'wasm32 ' && node --no-warnings "$runner" "$kernels.wasm" file.vqz 9
    done
done
