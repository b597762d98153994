#!/usr/bin/env bash
# Time per thumbnail in tumblerd, the thumbnailer of Thunar and Xfce, beside JPEG and AVIF: a folder of photos in each format, thumbnails of 128 × 128
# asked for over D-Bus as file managers do. AVIF and vqz by their gdk-pixbuf loaders. Some minutes once built.
#   scripts/measure-thumbnails.sh PHOTOS [NUMBER [THUMBNAILS]]     a folder of PNG, WebP or JPEG photos; 200 files of each format unless told, for which
#                                                                  photos are taken again; THUMBNAILS is a folder for some of them, to look at
# PROFILE=dev builds faster, for trying it. Installs what it needs with apt-get, where that is at hand, and vqz below a temporary folder.
set -euo pipefail
[ $# -ge 1 ] && [ $# -le 3 ] || { sed -n '4p' "$0" >&2 && exit 2; }
photos=$(realpath -e -- "$1") number=${2:-200} kept=${3:+$(realpath -m -- "$3")}
cd "$(dirname "$0")/.."
scripts/need-debian.sh gcc make pkg-config libgdk-pixbuf-2.0-dev shared-mime-info imagemagick libavif-bin libavif-gdk-pixbuf tumbler dbus-daemon libglib2.0-bin >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
profile=${PROFILE:-release}
cargo build --locked --profile "$profile" -p vqz-cli
mkdir "$work/bin" && cp "${CARGO_TARGET_DIR:-target}/${profile/#dev/debug}/vqz" "$work/bin/vqz"
export PATH=$work/bin:$PATH XDG_DATA_DIRS=$prefix/share:/usr/local/share:/usr/share
export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work/config
scripts/install-capi.sh --prefix "$prefix" --profile "$profile"
scripts/install-desktop.sh --prefix "$prefix"

# The photos as JPEG of quality 90, and AVIF and vqz of qualities that look alike; then as many files as are wanted.
mkdir -p "$work"/{png,once/{jpg,avif,vqz},jpg,avif,vqz}
pixels=0 names=()
for photo in "$photos"/*.{png,webp,jpg,jpeg}; do
    [ -e "$photo" ] && [ ${#names[@]} -lt "$number" ] || continue
    name=$(basename "${photo%.*}")
    names+=("$name")
    convert "$photo" -strip "$work/png/$name.png"
    pixels=$((pixels + $(identify -format '%w*%h' "$work/png/$name.png")))
    convert "$work/png/$name.png" -quality 90 "$work/once/jpg/$name.jpg"
    avifenc --speed 8 --min 18 --max 26 "$work/png/$name.png" "$work/once/avif/$name.avif" >/dev/null
done
[ ${#names[@]} -gt 0 ] || { echo "there are no photos in $photos" >&2 && exit 1; }
vqz encode -s --quality 60 "$work/png/" "$work/once/vqz/"
for format in jpg avif vqz; do
    for ((i = 0; i < number; i++)); do
        name=${names[i % ${#names[@]}]}
        cp "$work/once/$format/$name.$format" "$work/$format/$i-$name.$format"
    done
done
echo "${#names[@]} photos of $((pixels / ${#names[@]})) pixels on average, $number files of each format"

# Asks tumblerd for thumbnails of a folder and waits for all of them: ask FORMAT MIME. Microseconds that passed, and of processor time.
cat >"$work/ask" <<'END'
set -euo pipefail
daemon=org.freedesktop.thumbnails.Thumbnailer1
call() { gdbus call --session --dest "$1" --object-path "$2" --method "${@:3}"; }
uris='' mimes=''
for file in "$work/$1"/*; do uris+="'file://$file'," mimes+="'$2',"; done
# Started before the clock is.
call $daemon /org/freedesktop/thumbnails/Thumbnailer1 $daemon.GetSupported >"$work/supported"
grep -q "'$2'" "$work/supported" || { echo "tumblerd does not know $2" >&2 && exit 1; }
pid=$(call org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID $daemon | grep -o '[0-9]*,' | tr -d ,)
start=$(date +%s%N)
call $daemon /org/freedesktop/thumbnails/Thumbnailer1 $daemon.Queue "[${uris%,}]" "[${mimes%,}]" normal default 0 >/dev/null
# It tells nobody but the caller, who has gone, that it has finished; a failure leaves a file too, in another folder.
SECONDS=0
until [ "$(find "$XDG_CACHE_HOME/thumbnails" -name '*.png' | wc -l)" -ge "$number" ]; do
    [ $SECONDS -lt 1800 ] || { echo "no thumbnails of $2 in half an hour" >&2 && exit 1; }
    sleep 0.02
done
end=$(date +%s%N)
sleep 0.2
# Of tumblerd, and of the programs that it called and waited for.
ticks=$(awk '{print $14 + $15 + $16 + $17}' "/proc/$pid/stat")
echo "$(((end - start) / 1000)) $((ticks * 1000000 / $(getconf CLK_TCK)))" >"$work/times"
END
export work number

# measure TITLE FORMAT MIME
measure() {
    local made passed worked bytes
    rm -rf "$work/cache" && mkdir -p "$work/cache/thumbnails"
    dbus-run-session -- bash "$work/ask" "$2" "$3" 2>"$work/stderr" || { cat "$work/stderr" >&2 && exit 1; }
    made=$(find "$work/cache/thumbnails/normal" -name '*.png' | wc -l)
    [ "$made" = "$number" ] || { echo "$1: $made thumbnails of $number" >&2 && exit 1; }
    read -r passed worked <"$work/times"
    bytes=$(cat "$work/once/$2"/* | wc -c)
    awk -v title="$1" -v n="$number" -v passed="$passed" -v worked="$worked" -v bytes=$((bytes / ${#names[@]})) \
        'BEGIN { printf "%-34s %6.1f ms each, %6.1f ms of processor time, files of %d bytes\n", title, passed / n / 1000, worked / n / 1000, bytes }'
    [ -z "$kept" ] || { mkdir -p "$kept" && montage $(find "$work/cache/thumbnails/normal" -name '*.png' | sort | head -40) -geometry 128x128+2+2 -tile 10x "$kept/${1//[^A-Za-z]/-}.png"; }
}
measure "JPEG" jpg image/jpeg
loaders=$prefix/lib/gdk-pixbuf-2.0/loaders/loaders.cache
GDK_PIXBUF_MODULE_FILE=$loaders measure "AVIF, by its loader" avif image/avif
GDK_PIXBUF_MODULE_FILE=$loaders measure "vqz, by its loader" vqz image/x-vqz
