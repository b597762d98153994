#!/usr/bin/env bash
# Builds the loader for glycin (bindings/glycin) and installs it where GNOME programs look: libexec/glycin-loaders/2+/vqz-glycin, and
# share/glycin-loaders/2+/conf.d/vqz.conf, by which they know of it.
#   scripts/install-glycin.sh [--prefix DIR] [--profile dev] [--uninstall]     ~/.local by default, /usr/local for root; DESTDIR is honoured
# Needs Rust 1.93, a C compiler to link with and libseccomp, which it installs with apt-get where that is at hand.
set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "$0")/.."

prefix=$HOME/.local
[ "$(id -u)" != 0 ] || prefix=/usr/local
. scripts/install-options.sh
# What glycin 3 and 4 and libglycin 2 read.
programs=libexec/glycin-loaders/2+
configs=share/glycin-loaders/2+/conf.d

if [ -n "$uninstall" ]; then
    cd "$root"
    rm -f "$programs/vqz-glycin" "$configs/vqz.conf"
    rmdir -p --ignore-fail-on-non-empty "$programs" "$configs" 2>/dev/null || true
    exit 0
fi
scripts/need-debian.sh gcc libseccomp-dev
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cargo build --manifest-path bindings/glycin/Cargo.toml --target-dir "$target" --locked --profile "$profile"
install -D -m 755 "$target/$folder/vqz-glycin" "$root/$programs/vqz-glycin"
install -d "$root/$configs"
sed "s|@EXEC@|$prefix/$programs/vqz-glycin|" bindings/glycin/vqz.conf.in >"$root/$configs/vqz.conf"
