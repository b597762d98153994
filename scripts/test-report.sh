#!/usr/bin/env bash
# Makes a report with a built vqz (with the feature `measure`) and drives it in headless Chromium. About a minute.
#   scripts/test-report.sh [VQZ [SCREENSHOTS]]   VQZ is target/release/vqz by default; SCREENSHOTS is a folder, to look at
# Needs python3 and Chromium with its driver: installs Debian's packages if they are missing and this is run as root.
# Selenium goes into a virtual environment in .venv.
set -euo pipefail

vqz=$(realpath -e "${1:-$(dirname "$0")/../target/release/vqz}")
screenshots=${2:+$(realpath -m "$2")}
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "test-report.sh: needs the commands chromium and chromedriver; on Debian: apt-get install chromium chromium-driver" >&2
        exit 1
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null
fi

python=python3
if ! "$python" -c 'import selenium' 2>/dev/null; then
    python=.venv/bin/python
    [ -x "$python" ] || python3 -m venv .venv
    "$python" -c 'import selenium' 2>/dev/null || "$python" -m pip install --quiet selenium
fi

environment=$(scripts/setup-compare.sh)
eval "$environment"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/photos"
cp testdata/photo.png "$folder/photos/"
# A name that must stay text, a picture too small for some metrics, and a file that is none.
"$vqz" encode -s -q 60 testdata/photo.png - | "$vqz" decode -s - "$folder/photos/<img src=x onerror=alert(1)>.png"
"$vqz" decode -s testdata/conformance/default/picture.vqz "$folder/photos/small.png"
echo 'no picture' >"$folder/photos/broken.png"

# One file fails, which the command says by exit code 1.
"$vqz" compare -s --no-memory --codecs vqz,jpeg,webp,avif --qualities vqz=10,40,70 --qualities jpeg=10,40,80 \
    --qualities webp=10,40,80 --qualities avif=20,50,80 --out "$folder/report" "$folder/photos" || [ $? = 1 ]
PYTHONDONTWRITEBYTECODE=1 "$python" lab/measure/tests/report/test_report.py "$folder/report/report.html" $screenshots
