#!/usr/bin/env bash
# The kernels and parsers under tools that see wrong memory accesses: AddressSanitizer (the stable compiler, told by RUSTC_BOOTSTRAP
# to take the flag), with every set of kernels that this CPU has; valgrind (if installed; it has AVX2, but no AVX-512); Miri (a nightly toolchain, which
# it installs), with the scalar kernels and fewer rounds. Some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
build=${CARGO_TARGET_DIR:-target}
filter=(nn:: container:: entropy:: model::)

echo "== AddressSanitizer"
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$build/asan \
    cargo test -p vqz --locked --lib --target "$host" -- "${filter[@]}"

if command -v valgrind >/dev/null; then
    echo "== valgrind"
    binary=$(cargo test --locked --lib --no-run --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    RAYON_NUM_THREADS=1 valgrind --quiet --error-exitcode=1 "$binary" --test-threads=1 \
        nn::kernel nn::ops nn::tests::run container::header container::signature container::tests
fi

echo "== Miri"
nightly=nightly-2026-10-30
rustup toolchain install "$nightly" --no-self-update --profile minimal --component miri --component rust-src
CARGO_TARGET_DIR=$build/miri cargo "+$nightly" miri test -p vqz --locked --lib -- container:: entropy:: nn::
