#!/usr/bin/env bash
# Fuzzing, one target after the other on one core. A stopped run goes on where it was: corpus and logs are kept.
#   scripts/fuzz.sh [OPTION...] [TARGET...]     all targets, if none is named
#     --minutes N    CPU-minutes per target, those of earlier runs in the same folder included (default 1)
#     --dir DIR      where corpus, logs and findings lie (default fuzz/run)
#     --ci           in an empty folder, and fail if there is a finding (a long run keeps it and goes on)
#     --summary      no fuzzing: DIR's logs become results/fuzz.json and the table in docs/fuzzing.md
# The compiler is the stable one, told by RUSTC_BOOTSTRAP to take the flags of cargo-fuzz (coverage, AddressSanitizer).
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=1 dir=fuzz/run ci=no summary=no targets=()
while [ $# -gt 0 ]; do
    case $1 in
        --minutes) minutes=$2 && shift ;;
        --dir) dir=$2 && shift ;;
        --ci) ci=yes dir=$(mktemp -d) ;;
        --summary) summary=yes ;;
        -*) echo "unknown option $1" >&2 && exit 2 ;;
        *) targets+=("$1") ;;
    esac
    shift
done
[ $summary = no ] || exec scripts/fuzz-summary.py "$dir"

cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
mkdir -p "$dir"
dir=$(realpath "$dir")
host=$(rustc -vV | sed -n 's/^host: //p')
build=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cargo run --quiet --locked --example fuzz_seeds -- "$dir/corpus"
# A folder of its own, or the flag would have cargo compile everything else again.
RUSTC_BOOTSTRAP=1 cargo fuzz build --target-dir "$build/fuzz"
[ ${#targets[@]} -gt 0 ] || targets=(inspect prefix decode salvage model roundtrip levels)

# One thread, so that a finding repeats; little quarantine, so that memory is the target's own. Timeouts are of the clock, not of the
# processor: generous, for a machine that is shared.
export RAYON_NUM_THREADS=1 ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=0 TIMEFORMAT='cpu-seconds %U %S'
budget=$(awk "BEGIN { print int($minutes * 60 + 0.5) }")
spent() { awk '/^cpu-seconds/ { s += $2 + $3 } END { print int(s) }' "$1"; }

status=0
for target in "${targets[@]}"; do
    log=$dir/$target.log findings=$dir/findings/$target
    mkdir -p "$findings" && touch "$log"
    # In slices: a finding ends a slice, and CPU time is known after each. Some that end at once mean a finding in the corpus itself.
    ends=0
    while left=$((budget - $(spent "$log"))) && [ $left -gt 0 ] && [ $ends -lt 20 ]; do
        slice=$((left < 300 ? left : 300)) start=$SECONDS
        {
            time nice -n 19 "$build/fuzz/$host/release/$target" "$dir/corpus/$target" \
                -max_total_time=$slice -timeout=60 -report_slow_units=60 \
                -max_len=8192 -len_control=0 -rss_limit_mb=512 -use_value_profile=1 -print_final_stats=1 \
                -artifact_prefix="$findings/"
        } >>"$log" 2>&1 || true
        [ $((SECONDS - start)) -ge $((slice / 2)) ] || ends=$((ends + 1))
    done
    found=$(find "$findings" -type f | wc -l)
    echo "$target: $(spent "$log") CPU-seconds, $found findings"
    [ "$found" = 0 ] || [ $ci = no ] || { status=1 && tail -40 "$log"; }
done
exit $status
