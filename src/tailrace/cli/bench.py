"""`tailrace bench`: the benchmarks of a source checkout (they are not part of the installed package)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

QUICK_ROWS = 100_000
PROGRAM = Path(__file__).parents[3] / "bench" / "run.py"


@click.command(epilog="Example: tailrace bench --quick --only inserts")
@click.option("--quick", is_flag=True, help=f"{QUICK_ROWS:,} rows, not a million.")
@click.option("--only", help="Workloads, by comma.")
@click.option("--peers", help="Peers, by comma; all without it.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def bench(*, quick: bool, only: str | None, peers: str | None, as_json: bool) -> None:
    """Measure readers of a MySQL server beside each other: rows/s, CPU, memory; writes bench/results/."""
    if not PROGRAM.exists():
        raise click.UsageError("the benchmarks are in the source checkout: clone it and use `make bench`")
    arguments = [
        *(["--rows", str(QUICK_ROWS)] if quick else []),
        *(["--only", only] if only else []),
        *(["--peers", peers] if peers else []),
        *(["--json"] if as_json else []),
    ]
    sys.exit(subprocess.run([sys.executable, str(PROGRAM), *arguments], check=False).returncode)
