#!/usr/bin/env bash
# Tells a Linux desktop of .vqz files: MIME type, thumbnails, `file`, ImageMagick, and the gdk-pixbuf loader (eog, gthumb, GTK programs).
#   scripts/install-desktop.sh [--prefix DIR] [--uninstall] [--no-loader]      ~/.local by default, /usr/local for root
# The command `vqz` must be in the PATH; the loader needs libvqz (scripts/install-capi.sh), libgdk-pixbuf-2.0-dev, a C compiler and make.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=$HOME/.local uninstall='' loader=1
[ "$(id -u)" != 0 ] || prefix=/usr/local
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix) prefix=$(realpath -m -- "${2:?--prefix needs a folder}") && shift 2 ;;
    --uninstall) uninstall=1 && shift ;;
    --no-loader) loader='' && shift ;;
    *) sed -n '3p' "$0" >&2 && exit 2 ;;
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

installed=("$share/mime/packages/vqz.xml" "$share/thumbnailers/vqz.thumbnailer" "$share/vqz/magic" "$share/vqz/ImageMagick/delegates.xml")
if [ -n "$uninstall" ]; then
    rm -f "${installed[@]}"
    rmdir -p --ignore-fail-on-non-empty "$share/vqz/ImageMagick" "$share/thumbnailers" 2>/dev/null || true
    [ -z "$magic" ] || block "$magic"
    if [ -n "$delegates" ] && cmp -s "$delegates" $from/delegates.xml; then rm "$delegates"; fi
else
    install -D -m 644 $from/vqz.xml "${installed[0]}"
    install -D -m 644 $from/vqz.thumbnailer "${installed[1]}"
    install -D -m 644 $from/vqz.magic "${installed[2]}"
    install -D -m 644 $from/delegates.xml "${installed[3]}"
    [ -z "$magic" ] || block "$magic" $from/vqz.magic
    if [ -n "$delegates" ] && [ ! -e "$delegates" ]; then
        install -D -m 644 $from/delegates.xml "$delegates"
    elif [ -z "$delegates" ] || ! cmp -s "$delegates" $from/delegates.xml; then
        say "ImageMagick: set MAGICK_CONFIGURE_PATH=$share/vqz/ImageMagick, or copy its lines into a delegates.xml of yours"
    fi
    command -v vqz >/dev/null || say "note: there is no vqz in the PATH yet, which thumbnails and ImageMagick need: cargo install --locked --path codec-cli"
fi
if [ -d "$share/mime/packages" ]; then
    if command -v update-mime-database >/dev/null; then
        update-mime-database "$share/mime"
    else
        say "note: there is no update-mime-database (shared-mime-info), so that nobody knows the MIME type yet"
    fi
fi

[ -n "$loader" ] || exit 0
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
missing='libvqz (scripts/install-capi.sh) or libgdk-pixbuf-2.0-dev'
if ! command -v pkg-config >/dev/null || ! pkg-config --exists gdk-pixbuf-2.0 || { [ -z "$uninstall" ] && ! pkg-config --exists vqz; }; then
    say "note: no gdk-pixbuf loader, for there is no $missing"
    exit 0
fi
modules=$(pkg-config --variable=gdk_pixbuf_moduledir gdk-pixbuf-2.0)
case "$prefix" in
/usr | /usr/local) ;;
*) modules=$prefix/lib/gdk-pixbuf-2.0/loaders ;;
esac
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
make -s -C bindings/gdk-pixbuf BUILD="$build" MODULES="$modules" "$([ -z "$uninstall" ] || echo un)install"
case "$prefix" in
/usr | /usr/local) ;;
*)
    if [ -n "$uninstall" ]; then
        rm -f "$modules/loaders.cache"
        rmdir -p --ignore-fail-on-non-empty "$modules" 2>/dev/null || true
    else
        say "gdk-pixbuf: programs find the loader by GDK_PIXBUF_MODULE_FILE=$modules/loaders.cache"
    fi
    ;;
esac
