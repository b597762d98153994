#!/usr/bin/env bash
# The package for browsers (bindings/web): builds it, checks its types, and runs it in headless Chromium against the command `vqz`. Some minutes.
#   scripts/test-browser.sh [VQZ [SCREENSHOTS]]     VQZ is built by default, into target/release; SCREENSHOTS is a folder, to look at
# Needs Node 20.11 or later with npm, and Chromium: installs Debian's package if it is missing and this is run as root. What npm installs goes into
# bindings/web/node_modules.
set -euo pipefail

vqz=${1:+$(realpath -e "$1")}
screenshots=${2:+$(realpath -m "$2")}
cd "$(dirname "$0")/.."
if [ -z "$vqz" ]; then
    cargo build --release -p vqz-cli --locked
    vqz=$(realpath -e "${CARGO_TARGET_DIR:-target}/release/vqz")
fi
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}")/npm

if ! command -v chromium >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "test-browser.sh: needs the command chromium; on Debian: apt-get install chromium" >&2
        exit 1
    fi
    apt-get -o DPkg::Lock::Timeout=300 update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi

scripts/build-web.sh "$folder"
(cd bindings/web && npm install --silent --no-package-lock --no-audit --no-fund)
bindings/web/node_modules/.bin/tsc -p bindings/web/test
node bindings/web/test/browser.mjs "$folder" "$vqz" "$(command -v chromium)" $screenshots
