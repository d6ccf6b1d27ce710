"""`tailrace lab workload`: an order shop that writes to the lab's primary."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tailrace.cli.lab_options import answer, common
from tailrace.lab import Lab, background


@click.group(epilog="Example: tailrace lab workload start --rate 500")
def workload() -> None:
    """An order shop that writes to the primary: inserts, updates, deletes, and DDL now and then."""


@workload.command(epilog="Example: tailrace lab workload start --rate 500 --seed 7")
@common
@click.option("--rate", type=click.FloatRange(0.1), default=100.0, show_default=True, help="Transactions a second.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same statements.")
@click.option("--ddl-every", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds; 0 for no DDL.")
def start(folder: Path, rate: float, seed: int, ddl_every: float, *, as_json: bool) -> None:
    """Start the workload in the background."""
    begun = background.start(Lab(folder), rate=rate, seed=seed, ddl_every=ddl_every)
    answer(asdict(begun), begun.words, as_json=as_json)


@workload.command(epilog="Example: tailrace lab workload stop")
@common
def stop(folder: Path, *, as_json: bool) -> None:
    """Stop the workload after its last whole transaction."""
    ended = background.stop(Lab(folder))
    answer(asdict(ended) if ended else None, ended.words if ended else "never started", as_json=as_json)


@workload.command("status", epilog="Example: tailrace lab workload status")
@common
def workload_status(folder: Path, *, as_json: bool) -> None:
    """What the workload has done. Exits 1 where it does not run."""
    now = background.state(Lab(folder))
    answer(asdict(now) if now else None, now.words if now else "never started", as_json=as_json)
    if not (now and now.running):
        raise SystemExit(1)
