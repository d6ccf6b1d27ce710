"""What the modes cost: `python bench/modes.py [--rows N] [--rounds N]`, each beside the default in the same rounds."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import tempfile
from pathlib import Path

from peer_runs import Result, tailrace
from source import source
from workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results"
MODES: dict[str, dict[str, str]] = {
    "default": {},
    "decimal string, time isostring": {"decimal.handling.mode": "string", "time.precision.mode": "isostring"},
    "decimal double, time connect": {"decimal.handling.mode": "double", "time.precision.mode": "connect"},
    "hex, precise, nanoseconds": {
        "binary.handling.mode": "hex",
        "bigint.unsigned.handling.mode": "precise",
        "time.precision.mode": "nanoseconds",
    },
    "columns left out": {"column.exclude.list": r"bench\.events\.(note|extra)"},
    "digest of two columns": {"column.mask.hash.v2.SHA-256.with.salt.pepper": r"bench\.events\.(email|note)"},
    "transaction metadata": {"provide.transaction.metadata": "true"},
    "unwrap": {"transforms": "u", "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState"},
    "route": {
        "transforms": "r",
        "transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter",
        "transforms.r.topic.regex": r"(.*)\.events",
        "transforms.r.topic.replacement": "$1.all",
    },
    "records": {"sink.format": "record"},
}


def main() -> None:
    """Prints rows/s and the ratio to the default; writes bench/results/<date>T<time>-<commit>-modes.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MODES), help="modes, by comma")
    args = parser.parse_args()
    chosen = {name: properties for name, properties in MODES.items() if name in args.only or name == "default"}
    found: dict[str, list[Result]] = {name: [] for name in chosen}
    with source(WORKLOADS["inserts"], args.rows) as filled:
        for _ in range(args.rounds):
            for name, properties in chosen.items():
                with tempfile.TemporaryDirectory() as scratch:
                    found[name].append(tailrace("sink", properties=properties)(filled, Path(scratch)))
    rates = {name: sorted(run.rows / run.seconds for run in runs) for name, runs in found.items()}
    medians = {name: each[len(each) // 2] for name, each in rates.items()}
    report = {
        name: {"rows_per_second": round(rate), "to_default": round(rate / medians["default"], 3)}
        for name, rate in medians.items()
    }
    for name, line in report.items():
        print(f"{name:32} {line['rows_per_second']:>10,} rows/s  {line['to_default']:.2f} of the default")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    name = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%dT%H%M}-{commit.stdout.strip() or 'none'}-modes.json"
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"rows": args.rows, "rounds": args.rounds, "modes": report}, indent=1)
    (RESULTS / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
