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
suite=testdata/conformance
scripts/conformance-list.py $suite >"$work/list"
read -ra flags <<<"$(pkg-config --cflags --libs vqz)"
"${CC:-cc}" -std=c99 -g -O1 -Wall -Wextra -Werror -fPIC -shared bindings/c/tests/with-model.c -o "$work/with-model.so" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
for version in 5 6; do
    read -ra flags <<<"$(pkg-config --cflags --libs "Qt${version}Gui" vqz)"
    "${CXX:-c++}" -std=c++17 -fPIC -g -O1 -Wall -Wextra -Werror bindings/qt/tests/suite.cpp -o "$work/suite" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
    # Hundreds of refusals, each with its reason, would only hide others.
    export QT_PLUGIN_PATH=$prefix/lib/qt$version/plugins QT_LOGGING_RULES='vqz=false;qt.gui.imageio=false;qt.gui.icc=false'
    "$work/suite" $suite "$work/list"
    # The rest of the suite, and its hostile files, get past the header only where their models are known.
    for model in $suite/models/*.vqzm; do
        # `small-encoder` is `small` with an encoder file behind it: the same model.
        name=$(basename "$model" .vqzm)
        LD_PRELOAD=$work/with-model.so VQZ_TEST_MODEL=$model "$work/suite" $suite "$work/list" "models/${name%-encoder}"
    done
done

scripts/install-desktop.sh --prefix "$prefix" --uninstall
scripts/install-capi.sh --prefix "$prefix" --uninstall
left=$(find "$prefix" -type f -not -path '*/share/mime/*')
[ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }
echo "Qt: all well"
