#!/usr/bin/env python3
"""The conformance suite as lines that programs in C can read: "MODEL FILE SCALE HASH" for every rendering, "MODEL FILE 0 -" for invalid files.

    scripts/conformance-list.py testdata/conformance
"""

import json
import pathlib
import sys

cases = json.loads((pathlib.Path(sys.argv[1]) / "manifest.json").read_text(encoding="utf-8"))["cases"]
# Files of one model one after the other, so that it need not be loaded again.
for case in sorted(cases, key=lambda case: case["model"]):
    if "error" in case:
        print(case["model"], case["file"], 0, "-")
        continue
    for scale, expected in {"1": case["pixels"]["hash"], **case["smaller"]}.items():
        print(case["model"], case["file"], scale, expected)
