#!/usr/bin/env bash
# Runs `vqz compare` on testdata/photo.png and checks its numbers with numpy. About a minute.
#   scripts/test-compare.sh [VQZ]   VQZ is target/release/vqz by default, built with the feature `measure`
# With KODAK=FOLDER it takes those photos instead, and some of JPEG's and WebP's published qualities, and checks these points too.
# Needs python3 with venv; installs the codecs' wheels and numpy into .venv-compare.
set -euo pipefail

vqz=$(realpath -e "${1:-$(dirname "$0")/../target/release/vqz}")
cd "$(dirname "$0")/.."

environment=$(scripts/setup-compare.sh)
eval "$environment"
"$VQZ_PYTHON" -c 'import numpy' 2>/dev/null || "$VQZ_PYTHON" -m pip install --quiet numpy

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
if [ -n "${KODAK:-}" ]; then
    photos=$KODAK
    options=(--codecs jpeg,webp --no-memory --metrics psnr --qualities jpeg=5,25,50,75,95 --qualities webp=5,25,50,75,95)
else
    echo "published curves of Kodak not checked: set KODAK to the folder with its 24 photos"
    photos=testdata
    options=(--qualities vqz=10,40,80 --qualities jpeg=20,50,85 --qualities mozjpeg=20,50,85 --qualities webp=10,50,85
             --qualities avif=20,50,80 --qualities jxl=40,60,85)
fi
"$vqz" compare "$photos"/*.png --out "$out" "${options[@]}"
"$VQZ_PYTHON" scripts/check-compare.py "$out" "$photos" --vqz "$vqz"
