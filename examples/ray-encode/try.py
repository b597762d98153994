#!/usr/bin/env python3
"""Tries encode_folder.py on two local workers, of which one is killed on the way: nothing may be lost.

    try.py     needs ray, pillow and the wheel `vqz` (scripts/test-python.sh builds it); some minutes on a busy machine
"""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from PIL import Image

import vqz

HERE = pathlib.Path(__file__).resolve().parent
PHOTO = HERE.parents[1] / "testdata" / "photo.png"


def lines(manifest):
    return [json.loads(line) for line in manifest.read_text().splitlines()] if manifest.exists() else []


def main():
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "photos"), pathlib.Path(folder, "encoded")
        photo = Image.open(PHOTO).convert("RGB")
        for number in range(24):
            path = source / f"album {number % 3}" / f"{number:02}.{('png', 'jpg')[number % 2]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            photo.rotate(number * 15).resize((640, 480)).save(path)
        (source / "broken.jpg").write_bytes(b"no picture")
        command = [sys.executable, str(HERE / "encode_folder.py"), str(source), str(target), "--cpus", "2"]
        run = subprocess.Popen(command)
        manifest = target / "manifest.jsonl"
        while run.poll() is None and len(lines(manifest)) < 4:
            time.sleep(0.05)
        victim = lines(manifest)[-1]["worker"]
        os.kill(victim, signal.SIGKILL)
        print(f"killed worker {victim} after {len(lines(manifest))} photos")
        assert run.wait() == 1, "the broken photo is a failure"
        rows = {row["source"]: row for row in lines(manifest)}
        assert len(rows) == len(lines(manifest)) == 25, len(rows)
        failed = [name for name, row in rows.items() if "error" in row]
        assert failed == ["broken.jpg"], failed
        for name, row in rows.items():
            if name not in failed:
                data = (target / row["file"]).read_bytes()
                assert hashlib.sha256(data).hexdigest() == row["sha256"] and len(data) == row["bytes"]
                assert vqz.decode(data, scale=8).shape[:2] == (60, 80)
        workers = {row["worker"] for row in rows.values()}
        print(f"24 photos by {len(workers)} workers, 1 failure that is the photo's own")
        again = subprocess.run(command, capture_output=True, text=True)
        assert json.loads(again.stdout.splitlines()[-1]) == {"done": 0, "failed": 1, "skipped": 24}, again.stdout
        print("run again: nothing is encoded twice")


if __name__ == "__main__":
    main()
