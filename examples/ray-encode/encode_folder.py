#!/usr/bin/env python3
"""Encodes a tree of photos to .vqz files on all machines of a Ray cluster (or all cores of this one).

    encode_folder.py SOURCE TARGET [--quality 60] [--address auto] [--cpus N] [--retries 3]

SOURCE and TARGET must be the same folders on every machine. TARGET/manifest.jsonl gets a line per photo: what became of it, sizes, SHA-256 of both files. A photo
whose worker dies is encoded again, by another one; files appear under their names when they are whole. Run again, it does what is not done yet.
Exits with 1 if a photo could not be encoded; the manifest says why.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import sys
import time

import ray

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"}
# Tasks that wait at a time, for each core: so the list of photos may be as long as it likes.
WAITING = 4


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()


def encode(source, target, quality):
    """Encodes a photo; returns its line of the manifest. What is wrong with the photo is no reason to try again."""
    from PIL import Image

    import vqz
    import vqz.pillow

    vqz.pillow.register()
    begin = time.monotonic()
    line = {"worker": os.getpid(), "machine": os.uname().nodename}
    # Of this attempt alone: one that was taken for dead may still be writing.
    part = pathlib.Path(f"{target}.{os.getpid()}.part")
    try:
        line |= {"source_bytes": os.path.getsize(source), "source_sha256": sha256(source)}
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(source) as picture:
            line |= {"width": picture.width, "height": picture.height}
            exif = picture.info.get("exif")
            # One thread: there are as many tasks as cores.
            picture.save(part, "VQZ", quality=quality, exif=exif, xmp=picture.info.get("xmp"), threads=1)
        line |= {"bytes": part.stat().st_size, "sha256": sha256(part)}
        part.replace(target)
    except (vqz.Error, OSError, ValueError, SyntaxError) as error:
        part.unlink(missing_ok=True)
        line["error"] = f"{type(error).__name__}: {error}"
    line["seconds"] = round(time.monotonic() - begin, 3)
    return line


def finished(manifest, target):
    """The photos that are done, by the manifest of an earlier run, and whose files are still there."""
    done = set()
    if manifest.exists():
        for text in manifest.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue  # The last line of a run that was killed.
            file = target / line.get("file", "")
            if "sha256" in line and file.is_file() and file.stat().st_size == line["bytes"]:
                done.add(line["source"])
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--quality", type=float, default=60)
    parser.add_argument("--address", help="of a Ray cluster; without it, this machine's cores")
    parser.add_argument("--cpus", type=int, help="how many cores of this machine")
    parser.add_argument("--retries", type=int, default=3, help="how often a photo is tried again whose worker died")
    options = parser.parse_args()
    source, target = options.source.resolve(), options.target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    manifest = target / "manifest.jsonl"
    done = finished(manifest, target)
    photos = (path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())
    waiting = iter([path for path in photos if str(path.relative_to(source)) not in done])

    local = {"num_cpus": options.cpus, "include_dashboard": False} if options.address is None else {}
    ray.init(address=options.address, log_to_driver=False, **local)
    task = ray.remote(max_retries=options.retries)(encode)
    window = max(1, int(ray.cluster_resources().get("CPU", 1))) * WAITING
    running, counts = {}, {"done": 0, "failed": 0, "skipped": len(done)}
    torn = manifest.exists() and manifest.read_bytes()[-1:] not in (b"", b"\n")
    with manifest.open("a", encoding="utf-8") as lines:
        lines.write("\n" if torn else "")
        while True:
            for path in waiting:
                name = path.relative_to(source)
                # The whole name stays, so that a.png and a.jpg do not meet.
                file = name.with_name(name.name + ".vqz")
                running[task.remote(path, target / file, options.quality)] = {"source": str(name), "file": str(file)}
                if len(running) >= window:
                    break
            if not running:
                break
            (ready,), _ = ray.wait(list(running), num_returns=1)
            line = running.pop(ready)
            try:
                line |= ray.get(ready)
            except ray.exceptions.RayError as error:
                line["error"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            counts["failed" if "error" in line else "done"] += 1
            lines.write(json.dumps(line) + "\n")
            lines.flush()
    print(json.dumps(counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
