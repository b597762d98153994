#!/usr/bin/env bash
# Installs those of Debian's packages that are missing, as root or by sudo. Where there is no apt-get, whoever runs the script has to see to the programs.
#   scripts/need-debian.sh PACKAGE...
set -euo pipefail
command -v apt-get >/dev/null || exit 0
missing=()
for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
root=()
[ "$(id -u)" = 0 ] || root=(sudo)
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
