#!/usr/bin/env bash
# What scripts/install-desktop.sh installs, in programs that others wrote: installs it below a temporary folder, asks gio, file and ImageMagick,
# makes thumbnails, runs the gdk-pixbuf loader over every file of the conformance suite, and takes all away again. A minute or two.
#   scripts/test-desktop.sh [VQZ]     VQZ is built by default, into target/debug
# Installs what it needs with apt-get, where that is at hand.
set -euo pipefail
vqz=${1:+$(realpath -e "$1")}
cd "$(dirname "$0")/.."
if [ -z "$vqz" ]; then
    cargo build -p vqz-cli --locked
    vqz=$(realpath -e "${CARGO_TARGET_DIR:-target}/debug/vqz")
fi

scripts/need-debian.sh gcc libgdk-pixbuf-2.0-dev libgdk-pixbuf2.0-bin libglib2.0-bin shared-mime-info file imagemagick pkg-config make

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
mkdir "$work/bin" && ln -s "$vqz" "$work/bin/vqz"
export PATH=$work/bin:$PATH XDG_DATA_DIRS=$prefix/share:/usr/local/share:/usr/share
export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
scripts/install-capi.sh --prefix "$prefix" --profile dev
scripts/install-desktop.sh --prefix "$prefix"
suite=testdata/conformance
picture=$suite/default/picture.vqz
# A file whose name says nothing.
cp $picture "$work/nameless"

# expect WHAT PATTERN COMMAND...: the command's output has the pattern
expect() {
    local what=$1 pattern=$2 output
    shift 2
    output=$("$@" 2>&1) || { printf '%s failed: %s\n' "$what" "$output" >&2 && exit 1; }
    grep -q -- "$pattern" <<<"$output" || { printf '%s: no "%s" in: %s\n' "$what" "$pattern" "$output" >&2 && exit 1; }
    echo "$what: well"
}

expect "gio, by signature" image/x-vqz gio info -a standard::content-type "$work/nameless"
head -c 20 /dev/zero >"$work/zeros.vqz"
expect "gio, by name" image/x-vqz gio info -a standard::fast-content-type "$work/zeros.vqz"
expect "file" 'vqz image data, version 4, 192 x 130' file -m "$prefix/share/vqz/magic" "$work/nameless"
expect "file, MIME type" 'image/x-vqz' file --mime-type -m "$prefix/share/vqz/magic" "$work/nameless"

# A thumbnailer as file managers call it: the suffixes are theirs.
sed -n 's/^Exec=//p' "$prefix/share/thumbnailers/vqz.thumbnailer" >"$work/exec"
sed -i "s|%s|64|; s|%i|$work/nameless|; s|%o|$work/thumbnail.tmp|" "$work/exec"
sh "$work/exec"
expect "thumbnailer" 'PNG image data, 64 x 43' file "$work/thumbnail.tmp"

# ImageMagick, both ways; the pixels are those of vqz decode.
export MAGICK_CONFIGURE_PATH=$prefix/share/vqz/ImageMagick
convert=$(command -v /usr/bin/convert || command -v magick)
vqz decode -s $picture "$work/own.png"
"$convert" $picture "$work/magick.png"
expect "ImageMagick reads the same pixels" '^0$' bash -c "compare -metric AE '$work/own.png' '$work/magick.png' null: 2>&1; echo"
"$convert" "$work/own.png" "$work/magick.vqz"
expect "ImageMagick writes" '192' vqz info "$work/magick.vqz"

export GDK_PIXBUF_MODULE_FILE=$prefix/lib/gdk-pixbuf-2.0/loaders/loaders.cache
gdk-pixbuf-thumbnailer -s 64 "$work/nameless" "$work/gdk.png"
expect "gdk-pixbuf-thumbnailer" 'PNG image data, 64 x 43' file "$work/gdk.png"
scripts/conformance-list.py $suite >"$work/list"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs gdk-pixbuf-2.0 vqz)"
"${CC:-cc}" -std=c99 -g -O1 -Wall -Wextra -Werror bindings/gdk-pixbuf/tests/loader.c -o "$work/loader" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
"$work/loader" $suite "$work/list"
# The rest of the suite, and its hostile files, get past the header only where their models are known.
"${CC:-cc}" -std=c99 -g -O1 -Wall -Wextra -Werror -fPIC -shared bindings/c/tests/with-model.c -o "$work/with-model.so" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
for model in $suite/models/*.vqzm; do
    # `small-encoder` is `small` with an encoder file behind it: the same model.
    name=$(basename "$model" .vqzm)
    LD_PRELOAD=$work/with-model.so VQZ_TEST_MODEL=$model "$work/loader" $suite "$work/list" "models/${name%-encoder}"
done

# As a user's own, beside what is there already.
export HOME=$work/home
mkdir "$HOME" && printf '0 string ABCDEF mine' >"$HOME/.magic"
scripts/install-desktop.sh --prefix "$HOME/.local" --no-loader
expect "file, as the user has it" 'vqz image data, version 4, 192 x 130' file "$work/nameless"
scripts/install-desktop.sh --prefix "$HOME/.local" --no-loader --uninstall
expect "the user's own magic is left" '^0 string ABCDEF mine$' cat "$HOME/.magic"
left=$(find "$HOME" -type f -not -path '*/share/mime/*' -not -path "$HOME/.magic")
[ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }

scripts/install-desktop.sh --prefix "$prefix" --uninstall
scripts/install-capi.sh --prefix "$prefix" --uninstall
left=$(find "$prefix" -type f -not -path '*/share/mime/*')
[ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }
if grep -rqs vqz "$prefix/share/mime"; then echo "the MIME database still knows vqz" >&2 && exit 1; fi
echo "the desktop: all well"
