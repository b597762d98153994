#!/usr/bin/env bash
# Debian packages for this machine's architecture, against this machine's libraries (Debian 12 or later):
#   libvqz0, libvqz-dev           the library, and what compiling against it needs
#   vqz                           the command, its man pages, completions and thumbnailer
#   vqz-common                    MIME type, icon, `file`'s magic, ImageMagick's delegates
#   vqz-gdk-pixbuf                the loader of GTK programs
#   vqz-qt5, vqz-qt6              the plugins of Qt programs
# They call libvqz.so, so that the weights are installed once for all of them; the command alone has its own.
#   scripts/build-debs.sh [--profile dev] [FOLDER]     into target/debs
# Installs what it needs with apt-get. DEBFULLNAME and DEBEMAIL name the maintainer. The packages have no scripts: Debian's triggers
# update its databases of MIME types, icons, loaders, manual pages and libraries.
set -euo pipefail
profile=release
if [ "${1:-}" = --profile ]; then profile=${2:?--profile needs a name} && shift 2; fi
[ $# -le 1 ] || { sed -n '9p' "$0" >&2 && exit 2; }
out=${1:+$(realpath -m -- "$1")}
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
out=${out:-$target/debs}

scripts/need-debian.sh dpkg-dev chrpath gcc g++ make pkg-config libgdk-pixbuf-2.0-dev qtbase5-dev qt6-base-dev python3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
architecture=$(dpkg --print-architecture)
libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
maintainer="${DEBFULLNAME:-The vqz authors} <${DEBEMAIL:-vqz@localhost.localdomain}>"
# Equal sources give equal packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# ---- What is in them ----

prefix=$work/prefix
scripts/install-capi.sh --prefix "$prefix" --profile "$profile"
cargo build -p vqz-cli --locked --profile "$profile"
folder=$profile
[ "$profile" != dev ] || folder=debug
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# put FILE PATH [MODE]: a file into the package $package
put() { install -D -m "${3:-644}" "$1" "$work/$package/$2"; }

package=libvqz0
put "$prefix/lib/libvqz.so.0" "$libraries/libvqz.so.0"
mkdir "$work/$package/DEBIAN"
echo "libvqz 0 libvqz0 (>= $version)" >"$work/$package/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$work/$package/DEBIAN/triggers"

package=libvqz-dev
put "$prefix/lib/libvqz.a" "$libraries/libvqz.a"
ln -s libvqz.so.0 "$work/$package/$libraries/libvqz.so"
put bindings/c/include/vqz.h usr/include/vqz.h
sed "s|@prefix@|/usr|; s|@version@|$version|; s|^libdir=.*|libdir=/$libraries|" bindings/c/vqz.pc.in >"$work/vqz.pc"
put "$work/vqz.pc" "$libraries/pkgconfig/vqz.pc"

package=vqz
vqz=$target/$folder/vqz
put "$vqz" usr/bin/vqz 755
"$vqz" man-pages "$work/man"
for page in "$work"/man/*.1; do put "$page" "usr/share/man/man1/${page##*/}"; done
gzip -9n "$work/$package"/usr/share/man/man1/*.1
for shell in bash zsh fish; do "$vqz" completions $shell >"$work/$shell"; done
put "$work/bash" usr/share/bash-completion/completions/vqz
put "$work/zsh" usr/share/zsh/vendor-completions/_vqz
put "$work/fish" usr/share/fish/vendor_completions.d/vqz.fish
put bindings/desktop/vqz.thumbnailer usr/share/thumbnailers/vqz.thumbnailer

package=vqz-common
put bindings/desktop/vqz.xml usr/share/mime/packages/vqz.xml
put bindings/desktop/image-x-vqz.svg usr/share/icons/hicolor/scalable/mimetypes/image-x-vqz.svg
put bindings/desktop/vqz.magic usr/share/vqz/magic
put bindings/desktop/delegates.xml usr/share/vqz/ImageMagick/delegates.xml

package=vqz-gdk-pixbuf
make -s -C bindings/gdk-pixbuf BUILD="$work" "$work/libpixbufloader-vqz.so"
put "$work/libpixbufloader-vqz.so" "$(pkg-config --variable=gdk_pixbuf_moduledir gdk-pixbuf-2.0 | cut -c2-)/libpixbufloader-vqz.so"

project=$PWD/bindings/qt/vqz.pro
for qt in 5:qmake 6:qmake6; do
    package=vqz-qt${qt%:*}
    mkdir "$work/build-$package"
    (cd "$work/build-$package" && "${qt#*:}" "$project" >/dev/null 2>&1 && make -s)
    put "$work/build-$package/libqvqz.so" "$("${qt#*:}" -query QT_INSTALL_PLUGINS | cut -c2-)/imageformats/libqvqz.so"
done

# ---- How they are described ----

# finish SECTION DEPENDS SUMMARY TEXT: the package $package, with what its programs and libraries need in addition
finish() {
    local root=$work/$package doc=$work/$package/usr/share/doc/$package depends=$2 arch=$architecture shared objects=() crates=vqz-capi
    mkdir -p "$root/DEBIAN" "$doc"
    while read -r file; do objects+=("$file"); done < <(find "$root" -type f \( -name '*.so*' -o -path '*/bin/*' \))
    if [ ${#objects[@]} -gt 0 ]; then
        # Where the library was built says nothing here, and the linker finds it by itself.
        chrpath --delete "${objects[@]}" >/dev/null
        strip --strip-unneeded --remove-section=.comment "${objects[@]}"
        shared=$(cd "$work" && dpkg-shlibdeps -O -l"$work/libvqz0/$libraries" "${objects[@]}")
        depends="${shared#shlibs:Depends=}${depends:+, $depends}"
    fi
    find "$root" -name '*.a' -exec strip --strip-debug --enable-deterministic-archives {} +
    [ "$package" != vqz-common ] || arch=all

    printf '%s (%s) unstable; urgency=medium\n\n  * The changes are in CHANGELOG.md of the sources.\n\n -- %s  %s\n' vqz "$version" "$maintainer" \
        "$(date -uRd "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
    {
        printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: vqz\n\nFiles: *\n'
        printf 'Copyright: %s The vqz authors\nLicense: Expat or Apache-2.0\n\nLicense: Expat\n' "$(date -ud "@$SOURCE_DATE_EPOCH" +%Y)"
        sed -e '1,4d' -e 's/^$/./' -e 's/^/ /' LICENSE-MIT
        printf '\nLicense: Apache-2.0\n See /usr/share/common-licenses/Apache-2.0.\n'
    } >"$doc/copyright"
    case $package in
    vqz) crates=vqz-cli ;&
    libvqz*)
        printf '\nComment: Crates in Rust are part of the program. Their licences are in crate-licences.gz beside this file.\n' >>"$doc/copyright"
        scripts/crate-licences.py $crates | gzip -9n >"$doc/crate-licences.gz"
        ;;
    esac

    (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    cat >"$root/DEBIAN/control" <<END
Package: $package
Source: vqz
Version: $version
Architecture: $arch
Multi-Arch: $([[ $package == vqz-common || $package == vqz ]] && echo foreign || echo same)
Maintainer: $maintainer
Installed-Size: $(du -k -s --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Section: $1
Priority: optional
${depends:+Depends: $depends
}Description: $3
$(fmt -w 78 <<<"$4" | sed 's/^/ /')
END
    dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
    echo "$out/${package}_${version}_$arch.deb: $(stat -c %s "$out/${package}_${version}_$arch.deb") bytes"
}

mkdir -p "$out" "$work/debian"
printf 'Source: vqz\nMaintainer: %s\n\nPackage: vqz\nArchitecture: any\n' "$maintainer" >"$work/debian/control"
echo "libvqz 0 libvqz0 (>= $version)" >"$work/debian/shlibs.local"
what='vqz is a learned image codec: small files of photos, which decode to the same pixels on every machine.'
package=libvqz0 && finish libs '' 'learned image codec - shared library' "$what This is the library, with the trained model built in."
package=libvqz-dev && finish libdevel "libvqz0 (= $version)" 'learned image codec - development files' "$what This is what programs in C and C++ are compiled with."
package=vqz-common && finish graphics '' 'learned image codec - MIME type and icon' \
    "$what This tells the desktop of the files. Their magic for file(1) and delegates for ImageMagick are in /usr/share/vqz."
package=vqz && finish graphics "vqz-common (= $version)" 'learned image codec - command and thumbnailer' "$what This is the command, which encodes, decodes and inspects, and by which file managers make thumbnails."
package=vqz-gdk-pixbuf && finish graphics "vqz-common (>= $version)" 'learned image codec - loader for GTK programs' "$what This is how programs that use gdk-pixbuf open them."
for qt in 5 6; do
    package=vqz-qt$qt && finish graphics "vqz-common (>= $version)" "learned image codec - plugin for Qt $qt programs" "$what This is how programs that use Qt $qt open and save them."
done
