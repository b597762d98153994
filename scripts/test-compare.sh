#!/usr/bin/env bash
# Runs `vqz compare` on testdata/photo.png and checks its numbers with Pillow and numpy. About a minute.
#   scripts/test-compare.sh [VQZ]   VQZ is target/release/vqz by default, built with the feature `compare`
# With KODAK=FOLDER it takes those photos instead, and some of JPEG's and WebP's published qualities, and checks these points too.
# Needs python3; makes a virtual environment in .venv and installs Pillow and numpy there.
set -euo pipefail

vqz=$(realpath -e "${1:-$(dirname "$0")/../target/release/vqz}")
cd "$(dirname "$0")/.."

python=.venv/bin/python
[ -x "$python" ] || python3 -m venv .venv
"$python" -c 'import numpy, PIL' 2>/dev/null || "$python" -m pip install --quiet numpy pillow

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
if [ -n "${KODAK:-}" ]; then
    photos=$KODAK
    options=(--codecs jpeg,webp --no-memory --qualities jpeg=5,25,50,75,95 --qualities webp=5,25,50,75,95)
else
    echo "published curves of Kodak not checked: set KODAK to the folder with its 24 photos"
    photos=testdata
    options=(--qualities vqz=10,40,80 --qualities jpeg=20,50,85 --qualities mozjpeg=20,50,85 --qualities webp=10,50,85
             --qualities avif=20,50,80 --qualities jxl=40,60,85)
fi
"$vqz" compare "$photos"/*.png --out "$out" "${options[@]}"
"$python" scripts/check-compare.py "$out" "$photos" --vqz "$vqz"
