#!/usr/bin/env python3
"""The stages of decoding in docs/performance.md (between the `stages` marks), measured on this machine.

    scripts/stages.py PHOTO.vqz...     files that the built-in model made

Runs examples/stages.rs on each. Standard library only.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- stages: begin -->", "<!-- stages: end -->"


def measured(file):
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--example", "stages", "--", str(pathlib.Path(file).resolve())]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tables = "\n\n".join(measured(file) for file in sys.argv[1:])
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{rest.split(END)[1]}", encoding="utf-8", newline="\n")


main()
