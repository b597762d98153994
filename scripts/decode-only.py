#!/usr/bin/env python3
"""A program that only decodes (examples/decode_only.rs, without what only encoders need): its size when stripped, and how long it takes to start, decode
a small file and end.

    scripts/decode-only.py FILE.vqz [RUNS]     20 runs unless told otherwise; a picture of 64 x 64 pixels shows the start

docs/performance.md has what was measured. Standard library only; needs a POSIX system with `strip`.
"""
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
MANIFEST = f"""
[package]
name = "decode_only"
edition = "2021"
[[bin]]
name = "decode_only"
path = "{ROOT}/examples/decode_only.rs"
[dependencies]
vqz = {{ path = "{ROOT}", default-features = false, features = ["default-model"] }}
"""


def median(command, runs):
    """Of the runs after the first one, which reads the program from the disk: milliseconds that passed, and those of processors."""
    passed, worked = [], []
    for _ in range(runs + 1):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        passed.append(1000 * (time.perf_counter() - start))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return statistics.median(passed[1:]), statistics.median(worked[1:])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    file, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        # A package of its own: as an example it would have the features that tests want.
        pathlib.Path(folder, "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
        shutil.copy(ROOT / "Cargo.lock", folder)
        subprocess.run(["cargo", "build", "--release", "--quiet", "--target-dir", TARGET], cwd=folder, check=True)
        program = f"{folder}/decode_only"
        subprocess.run(["strip", "-o", program, TARGET / "release/decode_only"], check=True)
        size, model = os.path.getsize(program), os.path.getsize(ROOT / "models/default.vqzm")
        print(f"{size:,} bytes, of which the model is {model:,}")
        for name, command in (("decode_only", [program, file]), ("true", ["true"])):
            passed, worked = median(command, runs)
            print(f"{name}: {passed:.1f} ms, {worked:.1f} ms of processors")


main()
