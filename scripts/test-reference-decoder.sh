#!/usr/bin/env bash
# Compares the reference decoder (Python, testdata/reference-decoder) with a built vqz, on crops of testdata/photo.png
# and on damaged files. Some seconds.
#   scripts/test-reference-decoder.sh [VQZ]   VQZ is target/release/vqz by default
# Needs python3; without numpy it makes a virtual environment in .venv and installs numpy there.
set -euo pipefail

vqz=$(realpath -e "${1:-$(dirname "$0")/../target/release/vqz}")
cd "$(dirname "$0")/.."

python=python3
if ! "$python" -c 'import numpy' 2>/dev/null; then
    python=.venv/bin/python
    [ -x "$python" ] || python3 -m venv .venv
    "$python" -c 'import numpy' 2>/dev/null || "$python" -m pip install --quiet numpy
fi

# One thread: pictures are small, and the test may share the machine.
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 \
    "$python" testdata/reference-decoder/test_reference.py "$vqz" models/default.vqzm testdata/photo.png
