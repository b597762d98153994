#!/usr/bin/env bash
# The reference decoder (Python, testdata/reference-decoder): the conformance suite is what it generates from SPEC.md, it passes the suite,
# and it agrees with a built vqz about crops of testdata/photo.png and about damaged files. A minute or two.
#   scripts/test-reference-decoder.sh [VQZ]   VQZ is target/release/vqz by default
# Needs python3; without numpy it makes a virtual environment in .venv and installs numpy there.
set -euo pipefail

vqz=$(realpath -e "${1:-$(dirname "$0")/../target/release/vqz}")
cd "$(dirname "$0")/.."
python=$(scripts/python-with-numpy.sh)

# One thread: pictures are small, and the test may share the machine.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" testdata/conformance/generator/generate.py --check
"$vqz" conformance --decoder "$python testdata/reference-decoder/vqz_reference.py" testdata/conformance | grep -v '^pass'
"$python" testdata/reference-decoder/test_reference.py "$vqz" models/default.vqzm testdata/photo.png
