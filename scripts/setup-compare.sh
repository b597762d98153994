#!/usr/bin/env bash
# Sets up a Python with the codecs that `vqz compare` runs beside vqz, and prints the environment to export:
#
#   eval "$(scripts/setup-compare.sh [FOLDER])"
#
# FOLDER is a virtual environment, .venv-compare by default; done once (20 MB), the next run only prints.
# Needs Python 3.10 or later with venv. On a platform without these wheels, pip builds them from source or says that it cannot.
set -euo pipefail

folder=${1:-"$(dirname "$0")/../.venv-compare"}
# JPEG, WebP and AVIF (libavif 1.4, which tunes still pictures by default); JPEG XL.
wheels=(pillow==13.0.0 pillow-jxl-plugin==1.3.8)

stamp="$folder/$(printf '%s,' "${wheels[@]}")"
if [ ! -e "$stamp" ]; then
    echo "installing ${wheels[*]} into $folder" >&2
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --no-cache-dir "${wheels[@]}" >&2
    touch "$stamp"
fi

echo "export VQZ_PYTHON='$(cd "$folder" && pwd)/bin/python'"
