#!/usr/bin/env bash
# The plugin for Qt programs (bindings/qt), with Qt 5 and Qt 6: installs it below a temporary folder, runs it over every file of the
# conformance suite (whole, regions, scaled, cut anywhere, damaged anywhere), writes files, and takes all away again. A minute or two.
#   scripts/test-qt.sh
# Installs what it needs with apt-get, where that is at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need-debian.sh g++ make pkg-config qtbase5-dev qt6-base-dev shared-mime-info

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig XDG_DATA_DIRS=$prefix/share:/usr/local/share:/usr/share
scripts/install-capi.sh --prefix "$prefix" --profile dev
scripts/install-desktop.sh --prefix "$prefix"
scripts/conformance-list.py testdata/conformance >"$work/list"
for version in 5 6; do
    read -ra flags <<<"$(pkg-config --cflags --libs "Qt${version}Gui" vqz)"
    "${CXX:-c++}" -std=c++17 -fPIC -g -O1 -Wall -Wextra -Werror bindings/qt/tests/suite.cpp -o "$work/suite" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
    # Hundreds of refusals, each with its reason, would only hide others.
    QT_PLUGIN_PATH=$prefix/lib/qt$version/plugins QT_LOGGING_RULES='vqz=false;qt.gui.imageio=false' "$work/suite" testdata/conformance "$work/list"
done

scripts/install-desktop.sh --prefix "$prefix" --uninstall
scripts/install-capi.sh --prefix "$prefix" --uninstall
left=$(find "$prefix" -type f -not -path '*/share/mime/*')
[ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }
echo "Qt: all well"
