#!/usr/bin/env bash
# Tells a Linux desktop of .vqz files: MIME type, icon, thumbnails, `file`, ImageMagick, the gdk-pixbuf loader (eog, gthumb, GTK programs) and
# the plugins for Qt 5 and Qt 6 (gwenview, KDE).
#   scripts/install-desktop.sh [--prefix DIR] [--uninstall] [--no-loader]      ~/.local by default, /usr/local for root
# The command `vqz` must be in the PATH; loader and plugins need libvqz (scripts/install-capi.sh), pkg-config, a C or C++ compiler and make;
# libgdk-pixbuf-2.0-dev; qtbase5-dev, qt6-base-dev. What is missing is left out, with a note. --no-loader leaves all of them out.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=$HOME/.local uninstall='' loader=1
[ "$(id -u)" != 0 ] || prefix=/usr/local
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix) prefix=$(realpath -m -- "${2:?--prefix needs a folder}") && shift 2 ;;
    --uninstall) uninstall=1 && shift ;;
    --no-loader) loader='' && shift ;;
    *) sed -n '4p' "$0" >&2 && exit 2 ;;
    esac
done
from=bindings/desktop
share=$prefix/share
say() { printf '%s\n' "$*"; }

# Takes our lines out of a file of the user's or the machine's, and puts them in if told: block FILE [CONTENT]
block() {
    local file=$1 begin='# vqz: begin' end='# vqz: end'
    if [ -e "$file" ] && grep -qx "$begin" "$file"; then sed -i "/^$begin\$/,/^$end\$/d" "$file"; fi
    # A last line without an end would run into ours.
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi
    if [ $# -gt 1 ]; then { echo "$begin" && cat "$2" && echo "$end"; } >>"$file"; fi
    if [ -e "$file" ] && [ ! -s "$file" ]; then rm "$file"; fi
}

# What is read from fixed places: the machine's, or the user's. Other prefixes have copies, for whoever knows where to look.
magic='' delegates=''
case "$prefix" in
/usr | /usr/local) magic=/etc/magic ;;
"$HOME/.local") magic=$HOME/.magic delegates=${XDG_CONFIG_HOME:-$HOME/.config}/ImageMagick/delegates.xml ;;
esac

icons=$share/icons/hicolor
installed=("$share/mime/packages/vqz.xml" "$share/thumbnailers/vqz.thumbnailer" "$share/vqz/magic" "$share/vqz/ImageMagick/delegates.xml"
    "$icons/scalable/mimetypes/image-x-vqz.svg")
if [ -n "$uninstall" ]; then
    rm -f "${installed[@]}"
    rmdir -p --ignore-fail-on-non-empty "$share/vqz/ImageMagick" "$share/thumbnailers" "$icons/scalable/mimetypes" 2>/dev/null || true
    [ -z "$magic" ] || block "$magic"
    if [ -n "$delegates" ] && cmp -s "$delegates" $from/delegates.xml; then rm "$delegates"; fi
else
    install -D -m 644 $from/vqz.xml "${installed[0]}"
    install -D -m 644 $from/vqz.thumbnailer "${installed[1]}"
    install -D -m 644 $from/vqz.magic "${installed[2]}"
    install -D -m 644 $from/delegates.xml "${installed[3]}"
    install -D -m 644 $from/image-x-vqz.svg "${installed[4]}"
    [ -z "$magic" ] || block "$magic" $from/vqz.magic
    if [ -n "$delegates" ] && [ ! -e "$delegates" ]; then
        install -D -m 644 $from/delegates.xml "$delegates"
    elif [ -z "$delegates" ] || ! cmp -s "$delegates" $from/delegates.xml; then
        say "ImageMagick: set MAGICK_CONFIGURE_PATH=$share/vqz/ImageMagick, or copy its lines into a delegates.xml of yours"
    fi
    command -v vqz >/dev/null || say "note: there is no vqz in the PATH yet, which thumbnails and ImageMagick need: cargo install --locked --path codec-cli"
fi
# A cache of icons that is older than the folder is not used.
[ ! -d "$icons" ] || touch "$icons"
if [ -d "$share/mime/packages" ]; then
    if command -v update-mime-database >/dev/null; then
        update-mime-database "$share/mime"
    else
        say "note: there is no update-mime-database (shared-mime-info), so that nobody knows the MIME type yet"
    fi
fi

[ -n "$loader" ] || exit 0
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
if ! command -v pkg-config >/dev/null || { [ -z "$uninstall" ] && ! pkg-config --exists vqz; }; then
    say "note: no gdk-pixbuf loader and no Qt plugin, for there is no pkg-config or no libvqz (scripts/install-capi.sh)"
    exit 0
fi
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
action=install
[ -z "$uninstall" ] || action=uninstall
# Programs look into their own folders only, wherever the rest is; with other prefixes nothing outside of them is touched.
own=''
case "$prefix" in
/usr | /usr/local) own=1 ;;
esac

gdk_pixbuf() {
    local modules
    if ! pkg-config --exists gdk-pixbuf-2.0; then
        say "note: no gdk-pixbuf loader, for there is no libgdk-pixbuf-2.0-dev"
        return
    fi
    modules=$prefix/lib/gdk-pixbuf-2.0/loaders
    [ -z "$own" ] || modules=$(pkg-config --variable=gdk_pixbuf_moduledir gdk-pixbuf-2.0)
    make -s -C bindings/gdk-pixbuf BUILD="$build" MODULES="$modules" $action
    [ -z "$own" ] || return 0
    if [ -n "$uninstall" ]; then
        rm -f "$modules/loaders.cache"
        rmdir -p --ignore-fail-on-non-empty "$modules" 2>/dev/null || true
    else
        say "gdk-pixbuf: programs find the loader by GDK_PIXBUF_MODULE_FILE=$modules/loaders.cache"
    fi
}

# For one version of Qt, by its qmake, which distributions name differently: qt VERSION PACKAGE QMAKE...
qt() {
    local version=$1 package=$2 qmake plugins project=$PWD/bindings/qt/vqz.pro
    shift 2
    for qmake in "$@" ''; do
        [ "$("${qmake:-false}" -query QT_VERSION 2>/dev/null | cut -d. -f1)" != "$version" ] || break
    done
    if [ -z "$qmake" ]; then
        say "note: no plugin for Qt $version, for there is no $package"
        return
    fi
    plugins=$prefix/lib/qt$version/plugins
    [ -z "$own" ] || plugins=$("$qmake" -query QT_INSTALL_PLUGINS)
    if [ -n "$uninstall" ]; then
        rm -f "$plugins/imageformats/libqvqz.so"
        [ -n "$own" ] || rmdir -p --ignore-fail-on-non-empty "$plugins/imageformats" 2>/dev/null || true
        return
    fi
    mkdir "$build/qt$version"
    (cd "$build/qt$version" && "$qmake" PLUGINS="$plugins" "$project" >/dev/null 2>&1 && make -s && make -s install)
    [ -n "$own" ] || say "Qt $version: programs find the plugin by QT_PLUGIN_PATH=$plugins"
}

gdk_pixbuf
qt 5 qtbase5-dev qmake qmake-qt5 qmake5
qt 6 qt6-base-dev qmake6 qmake-qt6 qmake
