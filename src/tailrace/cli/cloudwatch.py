"""What figures in CloudWatch are called: options that who publishes and who watches have alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.decorators import FC

MOST = 28
"""CloudWatch takes 30 dimensions; two are ours."""


def _dimensions(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value) or name in {"Connector", "Hop"}:
            raise click.BadParameter(f"{text!r} is no NAME=VALUE, or a name of ours (Connector, Hop)")
        found[name] = value
    if len(found) > MOST:
        raise click.BadParameter(f"CloudWatch takes {MOST} beside ours")
    return found


def namespace_options(command: FC) -> FC:
    """Gives a command `namespace: str` and `dimensions: dict[str, str]`."""
    namespace = click.option(
        "--namespace", default="Tailrace", show_default=True, help="CloudWatch: where our figures are."
    )
    dimension = click.option(
        "--dimension",
        "dimensions",
        multiple=True,
        callback=_dimensions,
        metavar="NAME=VALUE",
        help="CloudWatch: one that our figures have beside Connector and Hop; repeatable.",
    )
    return namespace(dimension(command))
