#!/usr/bin/env bash
# Builds the C interface (bindings/c) and installs it: libvqz.so.0, libvqz.a, vqz.h, vqz.pc.
#   scripts/install-capi.sh --prefix DIR [--profile dev] [--uninstall]     /usr/local by default; DESTDIR is honoured
set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "$0")/.."

prefix=/usr/local
. scripts/install-options.sh

if [ -n "$uninstall" ]; then
    rm -f "$root"/lib/{libvqz.so,libvqz.so.0,libvqz.a,pkgconfig/vqz.pc} "$root/include/vqz.h"
else
    cargo build -p vqz-capi --locked --profile "$profile"
    built=${CARGO_TARGET_DIR:-target}/$folder
    version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
    install -d "$root/lib/pkgconfig" "$root/include"
    install -m 644 "$built/libvqz.so" "$root/lib/libvqz.so.0"
    ln -sfn libvqz.so.0 "$root/lib/libvqz.so"
    install -m 644 "$built/libvqz.a" "$root/lib/"
    install -m 644 bindings/c/include/vqz.h "$root/include/"
    sed "s|@prefix@|$prefix|; s|@version@|$version|" bindings/c/vqz.pc.in >"$root/lib/pkgconfig/vqz.pc"
fi
# So that programs find the library, where that is ours to do.
if [ -z "${DESTDIR:-}" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
