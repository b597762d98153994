#!/usr/bin/env python3
"""The crates that a program of this workspace contains, with their licences and the texts of these, which whoever passes the program on passes on too.

    scripts/crate-licences.py PACKAGE      such as vqz-cli
"""

import json
import pathlib
import subprocess
import sys


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments, "--locked"], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


packages = {(p["name"], p["version"]): p for p in json.loads(cargo("metadata", "--format-version=1"))["packages"]}
# Procedural macros run when the program is built, and are not in it.
lines = cargo("tree", "-p", sys.argv[1], "-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}").splitlines()
crates = sorted({(name, version.removeprefix("v")) for name, version, *_ in map(str.split, filter(None, lines))})
# Ours have the licence of the whole.
crates = [crate for crate in crates if packages[crate]["source"]]

print("Rust's standard library: MIT OR Apache-2.0")
texts = {}
for crate in crates:
    package = packages[crate]
    print(f"{' '.join(crate)}: {package['license']}")
    for path in sorted(pathlib.Path(package["manifest_path"]).parent.iterdir()):
        if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")):
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            # The same text is often broken into other lines.
            texts.setdefault(" ".join(text.split()), (text, []))[1].append(crate[0])
for text, names in texts.values():
    print(f"\n{'=' * 100}\n{', '.join(names)}:\n\n{text}")
