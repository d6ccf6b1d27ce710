"""Failover drills under writes: `python bench/failover.py [--aurora] [--drills N] [--seed N] [--rate N] [--only A,B]`.

Each has a primary and a replica of its own, a shop that writes, a connector of Tailrace's worker with a JSONL sink, and
ends with the proof that the sink's events make the new primary's tables. With `--aurora` AWS promotes: the lab's double
of it, with three servers that the drills share. Results go to `bench/results`.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.aurora_drill import KINDS as AURORA_KINDS
from support.aurora_drill import AuroraDrill
from support.aws import Aurora
from support.drill import KINDS, RATE, Drill, Outcome
from support.rest import Worker

RESULTS = Path(__file__).parent / "results"


def play(drills: list[tuple[str, int]], rate: float, *, aurora: bool) -> list[Outcome]:
    """One after the other; a drill whose outcome cannot be told raises."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="tailrace-drills-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        worker = stack.enter_context(Worker(folder / "worker"))
        shared = stack.enter_context(Aurora(folder / "aurora")) if aurora else None
        for kind, seed in drills:
            began = time.monotonic()
            place = folder / f"{kind}-{seed}"
            place.mkdir()
            if shared is None:
                outcome = Drill(kind, seed, place, worker, rate).play()
            elif kind == "lost":
                with Aurora(place / "aurora") as mine:
                    outcome = AuroraDrill(kind, seed, place, worker, mine, rate).play()
            else:
                outcome = AuroraDrill(kind, seed, place, worker, shared, rate).play()
            shutil.rmtree(place)
            outcomes.append(outcome)
            print(f"{len(outcomes)}/{len(drills)} {time.monotonic() - began:.0f} s {outcome}", file=sys.stderr)
    return outcomes


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The figures that count."""
    seconds = sorted(outcome.seconds for outcome in outcomes if outcome.seconds is not None)
    return {
        "drills": len(outcomes),
        "kinds": dict(Counter(outcome.kind for outcome in outcomes)),
        "transactions": sum(outcome.transactions for outcome in outcomes),
        "tables_unequal": sum(len(outcome.unequal) for outcome in outcomes),
        "events_doubled": sum(outcome.doubled for outcome in outcomes),
        "refused_with_gtids_named": sum(bool(outcome.refused) for outcome in outcomes),
        "dead_primaries_with_transactions_of_their_own": sum(bool(outcome.lost_to_primary) for outcome in outcomes),
        "seconds_from_promotion_to_first_event": {
            "median": round(median(seconds), 3),
            "max": round(seconds[-1], 3),
            "measured": len(seconds),
        },
    }


def main() -> None:
    """Play, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE, help="transactions a second")
    parser.add_argument("--aurora", action="store_true", help="on the lab's double of AWS")
    parser.add_argument("--only", default="", help="kinds of drills, with commas")
    args = parser.parse_args()
    draw = random.Random(args.seed)  # noqa: S311 - reproducible, no secret
    kinds = args.only.split(",") if args.only else AURORA_KINDS if args.aurora else KINDS
    drills = [(kinds[n % len(kinds)], draw.randrange(10**6)) for n in range(args.drills)]
    outcomes = play(drills, args.rate, aurora=args.aurora)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    found = {"commit": commit.stdout.strip(), "seed": args.seed, "rate": args.rate, **summary(outcomes)}
    name = "failover-aurora" if args.aurora else "failover"
    file = RESULTS / f"{datetime.now(UTC):%Y-%m-%dT%H%M}-{found['commit']}-{name}.json"
    document = {**found, "outcomes": [asdict(outcome) for outcome in outcomes]}
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
