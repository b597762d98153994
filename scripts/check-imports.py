#!/usr/bin/env python3
"""Imports of the library point down only: no room of `src/` uses one above it, so that there are no circles.

    scripts/check-imports.py     lists what breaks the rule, and exits with 1 if anything does

Test modules (`tests.rs`, `mod tests`) may use anything.
"""

import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
# From the ground up; rooms of one line do not use each other, but for the first ones in the order given.
FLOORS = [
    ["error"],
    ["check", "quality", "fields", "pixels", "tune"],
    ["view", "limits", "meter", "work"],
    ["image"],
    ["nn"],
    ["entropy"],
    ["model"],
    ["container"],
    ["codec"],
    ["api"],
    ["testing"],
]
RANK = {room: rank for rank, rooms in enumerate(FLOORS) for room in rooms}


def exported():
    """Room of each name that lib.rs re-exports, which other files import as `crate::Name`."""
    rooms = {}
    for room, names in re.findall(r"pub use (\w+)::\{?([^;}]*)\}?;", (SRC / "lib.rs").read_text(encoding="utf-8")):
        rooms.update({name.strip(): room for name in names.split(",") if name.strip()})
    return rooms


def code(path):
    """A file's code without its tests, comments and strings."""
    text = path.read_text(encoding="utf-8").split("#[cfg(test)]\nmod ")[0]
    return re.sub(r'//[^\n]*|"(?:[^"\\]|\\.)*"', "", text)


def used(text, exports):
    """Rooms that a file's code names."""
    for rest in re.findall(r"\bcrate::(\{[^;]*\}|\w+)", text):
        # Of a braced list the outermost names.
        flat = re.sub(r"::\{[^{}]*\}|::\w+", "", rest.strip("{}"))
        for name in re.findall(r"\w+", flat):
            room = exports.get(name, name)
            if room in RANK:
                yield room


def main():
    exports, wrong = exported(), []
    for path in sorted(SRC.rglob("*.rs")):
        parts = path.relative_to(SRC).with_suffix("").parts
        room = parts[0]
        if room == "lib" or "tests" in parts:
            continue
        if room not in RANK:
            wrong.append(f"src/{room}: not a floor of scripts/check-imports.py")
            continue
        for other in sorted(set(used(code(path), exports))):
            if other != room and RANK[other] >= RANK[room]:
                wrong.append(f"{path.relative_to(SRC.parent)}: {room} uses {other}, which is not below it")
    print("\n".join(wrong) or "imports point down")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
