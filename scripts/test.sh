#!/usr/bin/env bash
# All checks. On two cores: some minutes for the codec, some more for libtorch and the trainer.
#   scripts/test.sh             everything
#   scripts/test.sh --no-train  without the trainer: pure Rust, no libtorch
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*" && "$@"; }

step cargo fmt --all --check
step scripts/readme-results.py --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
step cargo test --workspace --locked
# The encoder's hashes again, with the plain kernels instead of the SIMD ones. (The tests run the conformance suite with all kernels.)
VQZ_SIMD=scalar step cargo test --locked --test golden
# A second decoder, written from SPEC.md, must agree and pass the conformance suite.
step scripts/test-reference-decoder.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
# 32-bit and big-endian machines give the same pixels. (Without arguments: 64-bit ARM and WebAssembly too.)
step scripts/test-architectures.sh i686 s390x

if [ "${1:-}" != --no-train ]; then
    environment=$(scripts/setup-libtorch.sh)
    eval "$environment"
    step cargo clippy --workspace --features train --locked -- -D warnings
    step cargo test -p vqz --features train --locked --lib train
fi
