#!/usr/bin/env bash
# All checks of the codec. On two cores: some minutes for the codec, some more for libtorch and the trainer.
#   scripts/test.sh             what CI runs
#   scripts/test.sh --no-train  the same without the trainer: no libtorch
#   scripts/test.sh --all       also every other architecture, the desktop, browsers, the Python module, the licences of dependencies, and the page of `vqz compare` in a browser
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
"" | --no-train | --all) ;;
*) sed -n '3,5p' "$0" >&2 && exit 2 ;;
esac

# Everything is built once here: what would make the next build faster only fills the disk.
export CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*" && "$@"; }

step cargo fmt --all --check
step scripts/check-imports.py
step scripts/readme-results.py --check
step scripts/readme-compare.py --check
step scripts/lab-codewords.py --check
# As most people build it; the trainer comes last, for it needs libtorch.
step cargo clippy --workspace --exclude vqz-train --all-targets --locked -- -D warnings
step cargo test -p vqz-cli --locked --test messages
# With `vqz eval` and `vqz compare`, which run the codecs of Python's wheels.
environment=$(scripts/setup-compare.sh)
eval "$environment"
step cargo clippy -p vqz-cli --features measure --all-targets --locked -- -D warnings
step cargo test --workspace --exclude vqz-train --features vqz-cli/measure --locked
step scripts/test-compare.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
# As docs.rs would show the libraries: no link that leads nowhere. (The command's own name is that of the library, so that it has no pages.)
libraries=(vqz vqz-models vqz-image vqz-conformance vqz-measure vqz-testkit)
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --all-features --locked "${libraries[@]/#/-p=}"
# As crates.io would get them, and with the oldest Rust that is promised.
step scripts/check-packages.sh
# The encoder's hashes again, with the plain kernels instead of the SIMD ones. (The tests run the conformance suite with all kernels.)
VQZ_SIMD=scalar step cargo test --locked --test golden
# A second decoder, written from SPEC.md, must agree and pass the conformance suite.
step scripts/test-reference-decoder.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
# The C interface, by programs in C and C++, over the conformance suite.
step scripts/test-capi.sh
# A short run of every fuzz target.
step cargo fmt --manifest-path fuzz/Cargo.toml --check
step scripts/fuzz-summary.py --check
step scripts/fuzz.sh --ci --minutes 0.3
# A 32-bit and a big-endian machine give the same pixels.
architectures=(i686 s390x)
[ "${1:-}" != --all ] || architectures=()
step scripts/test-architectures.sh "${architectures[@]}"

if [ "${1:-}" = --all ]; then
    step scripts/deny.sh
    step scripts/test-capi.sh --all
    # The loader of GTK programs, MIME type, thumbnails, ImageMagick.
    step scripts/test-desktop.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
    # The plugin of Qt programs.
    step scripts/test-qt.sh
    # The loader of newer GNOMEs.
    step scripts/test-glycin.sh
    step scripts/test-report.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
    # The package for browsers, in Chromium.
    step scripts/test-browser.sh "${CARGO_TARGET_DIR:-target}/debug/vqz"
    # The Python wheel, in release.
    step scripts/test-python.sh
fi
if [ "${1:-}" != --no-train ]; then
    environment=$(scripts/setup-libtorch.sh)
    eval "$environment"
    step cargo clippy -p vqz-train -p vqz-cli --features vqz-cli/train --all-targets --locked -- -D warnings
    step cargo test -p vqz-train --locked --lib
    RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --locked -p vqz-train
fi
