#!/usr/bin/env bash
# The Debian packages (scripts/build-debs.sh): lintian, then unpacked into a temporary folder and used there, by programs of others.
#   scripts/test-debs.sh [--profile NAME]     builds them with the profile dev, unless told, and installs nothing but what it needs for that
#   scripts/test-debs.sh --install FOLDER     as root: installs those of a folder on this machine, uses them, and removes them again
set -euo pipefail
profile=dev folder=''
case "${1:-}" in
"") ;;
--profile) profile=${2:?--profile needs a name} ;;
--install) folder=$(realpath -e -- "${2:?--install needs a folder}") ;;
*) sed -n '3,4p' "$0" >&2 && exit 2 ;;
esac
cd "$(dirname "$0")/.."

scripts/need-debian.sh lintian man-db file libglib2.0-bin libgdk-pixbuf2.0-bin shared-mime-info g++ pkg-config qtbase5-dev qt6-base-dev
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suite=$PWD/testdata/conformance
cp "$suite/default/picture.vqz" "$work/picture.vqz"
libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)

# expect WHAT PATTERN COMMAND...: the command's output has the pattern
expect() {
    local what=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1) || { printf '%s failed: %s\n' "$what" "$output" >&2 && exit 1; }
    grep -q -- "$pattern" <<<"$output" || { printf '%s: no "%s" in: %s\n' "$what" "$pattern" "$output" >&2 && exit 1; }
    echo "$what: well"
}

# What users do, with the packages below a root: use ROOT
use() {
    local root=$1
    expect "vqz" '192 × 130\|192x130\|192×130' vqz info "$work/picture.vqz"
    expect "thumbnailer" '' vqz thumbnail --size 64 "$work/picture.vqz" "$work/thumbnail.png"
    expect "man" 'learned image codec\|vqz' man -P cat -l "$root/usr/share/man/man1/vqz-encode.1.gz"
    expect "completions" 'encode' bash -c ". '$root/usr/share/bash-completion/completions/vqz' && complete -p vqz && echo encode"
    cp "$work/picture.vqz" "$work/nameless"
    expect "gio, by signature" image/x-vqz gio info -a standard::content-type "$work/nameless"
    expect "gio, icon" image-x-vqz gio info -a standard::icon "$work/nameless"
    expect "file" 'vqz image data' file -m "$root/usr/share/vqz/magic" "$work/nameless"
    gdk-pixbuf-thumbnailer -s 64 "$work/nameless" "$work/gdk.png"
    expect "gdk-pixbuf" 'PNG image data, 64 x 43' file "$work/gdk.png"
    scripts/conformance-list.py "$suite" >"$work/list"
    for version in 5 6; do
        read -ra flags <<<"$(pkg-config --cflags --libs "Qt${version}Gui")"
        "${CXX:-c++}" -std=c++17 -fPIC -O1 bindings/qt/tests/suite.cpp -o "$work/suite" -I"$root/usr/include" "${flags[@]}" -L"$root/$libraries" -lvqz
        QT_LOGGING_RULES='vqz=false;qt.gui.imageio=false' "$work/suite" "$suite" "$work/list"
    done
}

if [ -n "$folder" ]; then
    names=()
    for package in "$folder"/*.deb; do names+=("$(dpkg-deb -f "$package" Package)"); done
    dpkg -i "$folder"/*.deb
    use ""
    expect "the library of the plugins" "libvqz.so.0 => /lib/\|libvqz.so.0 => /usr/lib/" ldd "$(find /$libraries/qt6 -name libqvqz.so)"
    dpkg -r "${names[@]}"
    left=$(find /usr /etc /var/lib/dpkg/info -path /usr/local -prune -o -path /usr/src -prune -o -name '*vqz*' -print && grep -ls vqz /$libraries/gdk-pixbuf-2.0/*/loaders.cache || true)
    [ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }
    if gio info -a standard::content-type "$work/nameless" | grep vqz; then echo "the MIME database still knows vqz" >&2 && exit 1; fi
    echo "installed and removed: all well"
    exit
fi

scripts/build-debs.sh --profile "$profile" "$work/debs"
# Made here, they close no bug of Debian's and have no maintainer's address; and the loader calls GLib instead of libc.
lintian --fail-on error --suppress-tags initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog,library-not-linked-against-libc \
    "$work"/debs/*.deb
root=$work/root
for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
export PATH=$root/usr/bin:$PATH LD_LIBRARY_PATH=$root/$libraries XDG_DATA_DIRS=$root/usr/share:/usr/local/share:/usr/share XDG_DATA_HOME=$work/data
export GDK_PIXBUF_MODULE_FILE=$work/loaders.cache QT_PLUGIN_PATH=$root/$libraries/qt5/plugins:$root/$libraries/qt6/plugins
update-mime-database "$root/usr/share/mime"
"/$libraries/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders" "$(find "$root" -name libpixbufloader-vqz.so)" >"$GDK_PIXBUF_MODULE_FILE"
use "$root"
echo "the packages: all well"
