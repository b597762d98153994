#!/usr/bin/env bash
# The Python module (bindings/python): builds the wheel for every Linux with glibc 2.17 or later (manylinux2014), has auditwheel look whether it is one,
# installs it into a new virtual environment with NumPy, Pillow and pytest, and runs its tests.
#   scripts/test-python.sh
# PROFILE=dev builds faster. Needs python3 (3.9 or later) with venv, and pip's package index, which has the linker too (zig, 0.1 GB). Some minutes.
# The wheel is left in target/wheels.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
[ $# = 0 ] || { sed -n '4p' "$0" >&2 && exit 2; }

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet "maturin>=1.9,<2" ziglang "auditwheel>=6.8,<7"
rm -f "$target"/wheels/vqz-*.whl
# The linker of this machine would bind the module to this machine's glibc; zig binds it to the one that it is told.
CARGO_TARGET_DIR="$target" PATH="$environment/bin:$PATH" "$environment/bin/maturin" build --manifest-path bindings/python/Cargo.toml \
    --zig --compatibility manylinux2014 --profile "${PROFILE:-release}" --locked --out "$target/wheels" --interpreter python3 ${CARGO_BUILD_JOBS:+-j "$CARGO_BUILD_JOBS"}
wheel=$(echo "$target"/wheels/vqz-*.whl)
"$environment/bin/auditwheel" show --json "$wheel" >"$environment/audit"
grep -q '"overall_tag": "manylinux_2_17_' "$environment/audit" || { printf '%s is no manylinux2014 wheel:\n' "$wheel" >&2 && cat "$environment/audit" >&2 && exit 1; }
"$environment/bin/pip" install --quiet "$wheel[test]"
"$environment/bin/python" -B -m pytest -q -p no:cacheprovider bindings/python/tests
