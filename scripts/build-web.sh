#!/usr/bin/env bash
# The package for browsers (bindings/web), as npm would publish it, and its demo page.
#   scripts/build-web.sh [FOLDER]     FOLDER/vqz is the package, FOLDER/demo the page; target/npm by default
# Serve the folder with any server of static files: `python3 -m http.server -d target/npm`, then http://localhost:8000/demo/
# Installs Rust's standard library for wasm32-unknown-unknown (rustup) if it is missing. Some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
built=${CARGO_TARGET_DIR:-target}
folder=${1:-$built/npm}

rustup target list --installed | grep -qx $target || rustup target add $target
CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128" \
    cargo build --locked -p vqz-capi --no-default-features --profile web --target $target ${CARGO_BUILD_JOBS:+-j "$CARGO_BUILD_JOBS"}

rm -rf "$folder/vqz" "$folder/demo"
mkdir -p "$folder/vqz"
cp -r bindings/web/{package.json,README.md,src} LICENSE-* "$folder/vqz"
cp -r bindings/web/demo "$folder/demo"
cp testdata/photo.png "$folder/demo"
cp "$built/$target/web/vqz.wasm" "$folder/vqz/src"
# Without name and date: the same bytes each time.
for weights in default.vqzm default.vqze perceptual.vqzr; do gzip -9 -n -c "models/$weights" >"$folder/vqz/src/$weights.gz"; done
cat >"$folder/vqz/src/defaults.js" <<END
// Written by scripts/build-web.sh.
export const defaults = {
  wasm: new URL("./vqz.wasm", import.meta.url).href,
  weights: {
    url: new URL("./default.vqzm.gz", import.meta.url).href,
    sha256: "$(cut -c 1-64 models/default.sha256)",
    encoder: {
      url: new URL("./default.vqze.gz", import.meta.url).href,
      sha256: "$(sha256sum models/default.vqze | cut -c 1-64)",
    },
  },
  perceptual: new URL("./perceptual.vqzr.gz", import.meta.url).href,
};
END

# As servers send them: each by itself.
packed() { for file in "$@"; do gzip -9 -c "$file"; done | wc -c; }
wasm=$(packed "$folder/vqz/src/vqz.wasm")
scripts=$(packed "$folder"/vqz/src/*.js)
printf '%s: code %d bytes in gzip (vqz.wasm %d, JavaScript %d), weights %d bytes in gzip, %d more for encoding\n' "$folder" $((wasm + scripts)) \
    "$wasm" "$scripts" "$(stat -c %s "$folder/vqz/src/default.vqzm.gz")" "$(stat -c %s "$folder/vqz/src/default.vqze.gz")"
