"""Measure the peers: `python bench/run.py [--rows N] [--rounds N] [--only WORKLOAD] [--peers NAME,…] [--json]`."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from latency import latency
from peer_runs import SNAPSHOT, STREAM, MissingError, Result
from source import source
from workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results"
LATENCY = "latency"
"""Not a workload to be read afterwards: commits at a set rate, each timed on its way."""
LIMITS = {"stream": "mysqlbinlog --raw", "snapshot": "SELECT *"}


def measured(rows: int, only: list[str], peers: list[str], rounds: int) -> list[dict[str, object]]:
    """One record for each peer, workload and kind of reading: of `rounds` runs, the one with the median rate."""
    records: list[dict[str, object]] = []
    for workload in (WORKLOADS[name] for name in only if name != LATENCY):
        with source(workload, rows) as filled:
            runs = {("stream", name): run for name, run in STREAM.items()}
            # The table's contents are the same after any workload of its shape: one snapshot is enough.
            if workload.name == "inserts":
                runs |= {("snapshot", name): run for name, run in SNAPSHOT.items()}
            found: dict[tuple[str, str], list[Result]] = {}
            # Round after round, not peer after peer: a machine that is slower for a minute is so for all of them.
            for _ in range(rounds):
                for key in [key for key in runs if not peers or key[1] in peers]:
                    with tempfile.TemporaryDirectory() as scratch:
                        try:
                            found.setdefault(key, []).append(runs[key](filled, Path(scratch)))
                        except MissingError as missing:
                            print(f"left out: {key[1]}: {missing}", file=sys.stderr)
                            del runs[key]
            for (kind, name), results in found.items():
                if results:
                    median = sorted(results, key=lambda result: result.seconds)[len(results) // 2]
                    rates = sorted(round(result.rows / result.seconds) for result in results)
                    records.append(
                        {"workload": workload.name, "kind": kind, "peer": name, **asdict(median), "rates": rates}
                    )
    return records


def table(records: list[dict[str, object]]) -> str:
    """The records as a Markdown table, each beside the limit and Debezium of the same workload."""
    lines = [
        "| workload | kind | peer | rows/s | of limit | to Debezium | CPU s/M rows | peak MB | first event s |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    rates = {(r["workload"], r["kind"], r["peer"]): _rate(r) for r in records}
    for record in records:
        place = (record["workload"], record["kind"])
        rate = _rate(record)
        limit = rates.get((*place, LIMITS[str(record["kind"])]))
        debezium = rates.get((*place, "debezium"))
        result = _result(record)
        first = f"{result.first_event:.2f}" if result.first_event is not None else ""
        lines.append(
            f"| {record['workload']} | {record['kind']} | {record['peer']} | {rate:,.0f} |"
            f" {rate / limit if limit else 0:.3f} | {rate / debezium if debezium else 0:.2f} |"
            f" {result.cpu / result.rows * 1e6:.2f} | {result.peak / 1e6:.0f} | {first} |"
        )
    return "\n".join(lines)


def _result(record: dict[str, object]) -> Result:
    return Result(**{name: record[name] for name in Result.__dataclass_fields__})  # type: ignore[arg-type]


def _rate(record: dict[str, object]) -> float:
    result = _result(record)
    return result.rows / result.seconds


def main() -> None:
    """Measure, print, and write bench/results/<date>T<time>-<commit>.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each peer; the median counts")
    parser.add_argument("--only", default=",".join([*WORKLOADS, LATENCY]), help="workloads, by comma")
    parser.add_argument("--peers", default="", help="peers, by comma; all without it")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    only, peers = args.only.split(","), [p for p in args.peers.split(",") if p]
    if unknown := (set(only) - {*WORKLOADS, LATENCY}) | (set(peers) - set(STREAM) - set(SNAPSHOT)):
        parser.error(
            f"not known: {', '.join(sorted(unknown))}; there are {', '.join([*WORKLOADS, LATENCY, *STREAM, *SNAPSHOT])}"
        )
    records = measured(args.rows, only, peers, args.rounds)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system()}
    timed = None
    if LATENCY in only:
        with tempfile.TemporaryDirectory() as scratch:
            timed = asdict(latency(Path(scratch)))
    report = {
        "rows": args.rows,
        "rounds": args.rounds,
        "commit": commit.stdout.strip(),
        **machine,
        "latency_ms": timed,
        "results": records,
    }
    RESULTS.mkdir(exist_ok=True)
    name = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%dT%H%M}-{commit.stdout.strip() or 'none'}.json"
    (RESULTS / name).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.json:
        print(json.dumps(report, indent=1))
        return
    if records:
        print(table(records))
    if timed:
        print("commit to sink: {median:.1f} ms median, {p99:.1f} ms p99 at {rate:.0f} transactions/s".format(**timed))


if __name__ == "__main__":
    main()
