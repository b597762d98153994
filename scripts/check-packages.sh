#!/usr/bin/env bash
# The crates as crates.io would get them: their manifests say what they are, they can be packaged, none is larger than it takes (10 MB), and the
# library builds with the oldest Rust that its manifest promises.
#   scripts/check-packages.sh
# Installs that Rust (rustup) if it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${CARGO_TARGET_DIR:-target}

# All crates of the workspace that do not say `publish = false`.
names=$(cargo metadata --no-deps --format-version 1 --locked | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["publish"] != []:
        missing = [field for field in ("description", "license", "rust_version", "keywords", "categories") if not package[field]]
        if "\ninclude = [" not in open(package["manifest_path"], encoding="utf-8").read():
            missing.append("include")
        name = package["name"]
        if missing:
            sys.exit(f"error: {name}: its manifest has no {missing[0]}")
        print(name)
')
mapfile -t crates <<<"$names"

# Not verified by a build of each: the tests have built them. A dirty tree is packaged too, since CI looks at what is there.
cargo package --no-verify --allow-dirty --quiet "${crates[@]/#/-p=}" 2> >(grep -v 'ignoring \(test\|benchmark\|example\)' >&2)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
for crate in "${crates[@]}"; do
    bytes=$(stat -c %s "$folder/package/$crate-$version.crate")
    echo "$crate $version: $bytes bytes"
    [ "$bytes" -le 10000000 ] || { echo "error: crates.io takes 10,000,000 bytes" >&2 && exit 1; }
done

oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
# A toolchain goes by the name that it was installed under: 1.89 or 1.89.0.
toolchain=$(rustup toolchain list | sed -n "s/^\($oldest\(\.[0-9]*\)\?\)-.*/\1/p" | head -1)
if [ -z "$toolchain" ]; then
    rustup toolchain install "$oldest" --profile minimal
    toolchain=$oldest
fi
cargo "+$toolchain" check -p vqz --locked --target-dir "$folder/oldest-rust"
cargo "+$toolchain" check -p vqz --locked --no-default-features --target-dir "$folder/oldest-rust"
