#!/usr/bin/env python3
"""What fuzzing did, from the logs of scripts/fuzz.sh.

    scripts/fuzz-summary.py DIR       logs in DIR → results/fuzz.json and the table in docs/fuzzing.md
    scripts/fuzz-summary.py --check   writes nothing; fails if the table is not that of results/fuzz.json

Standard library only.
"""
import datetime
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE = ROOT / "results/fuzz.json", ROOT / "docs/fuzzing.md"
BEGIN, END = "<!-- fuzz: begin -->\n", "<!-- fuzz: end -->"
TARGETS = ["inspect", "prefix", "decode", "salvage", "model", "roundtrip", "levels"]


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def target(folder, name):
    """Sums over the slices of one log."""
    text = (folder / f"{name}.log").read_text(errors="replace")
    numbers = lambda pattern: [int(n) for n in re.findall(pattern, text)]
    seconds = sum(float(a) + float(b) for a, b in re.findall(r"^cpu-seconds (\S+) (\S+)$", text, re.M))
    executions = sum(numbers(r"stat::number_of_executed_units: (\d+)"))
    findings = folder / "findings" / name
    return {
        "target": name,
        "cpu_minutes": round(seconds / 60, 1),
        "executions": executions,
        "executions_per_cpu_second": round(executions / max(seconds, 1)),
        "edges": max(numbers(r"cov: (\d+)"), default=0),
        "features": max(numbers(r"ft: (\d+)"), default=0),
        "corpus_files": len(list((folder / "corpus" / name).iterdir())),
        "peak_memory_mb": max(numbers(r"stat::peak_rss_mb:\s+(\d+)"), default=0),
        "findings": sum(1 for file in findings.iterdir()),
    }


def table(results):
    head = ["target", "CPU-minutes", "executions", "per CPU-second", "edges", "features", "corpus", "peak memory, MB", "findings"]
    rows = [head, ["---"] + ["--:"] * (len(head) - 1)]
    rows += [[f"`{t['target']}`"] + [f"{value:,}" for key, value in t.items() if key != "target"] for t in results["targets"]]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + f"\n\n{results['date']}, {results['processor']}.\n"


def main():
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    written = lambda results: f"{head}{BEGIN}\n{table(results)}\n{END}{tail}"
    if sys.argv[1:] == ["--check"]:
        if RESULTS.exists() and page != written(json.loads(RESULTS.read_text(encoding="utf-8"))):
            sys.exit(f"the table in {PAGE} is not that of {RESULTS}")
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    names = [name for name in TARGETS if (folder / f"{name}.log").exists()]
    results = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "targets": [target(folder, name) for name in names],
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    PAGE.write_text(written(results), encoding="utf-8")
    print(table(results), end="")


main()
