"""Requests of clients that others wrote, as files: recorded (`tools/record_rest_client.py`) or read in their source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rest_compat.questions import Question

CLIENTS = Path(__file__).parent / "clients"
ENDING = ".requests.json"
LABEL = "{client}: {method} {path}"
"""Of a question, for differences; one that is asked again has a number behind it."""


def names() -> list[str]:
    """Of the clients."""
    return sorted(file.name.removesuffix(ENDING) for file in CLIENTS.glob(f"*{ENDING}"))


def requests(client: str, config: Mapping[str, Any]) -> list[Question]:
    """What the client asks, `{property}` replaced by the configuration's."""
    found: list[Question] = []
    for given in json.loads((CLIENTS / f"{client}{ENDING}").read_text(encoding="utf-8"))["requests"]:
        label = LABEL.format(client=client, **{name: given[name] for name in ("method", "path")})
        times = sum(1 for question in found if question.name.partition(" #")[0] == label)
        name = f"{label} #{times + 1}" if times else label
        when = tuple(given["when"]) if given.get("when") else None
        headers = {name.replace("-", "_"): value for name, value in given["headers"].items()}
        body, until = filled(given.get("body"), config), given.get("until", "")
        found.append(Question(name, given["method"], given["path"], body, headers, when, until))
    return found


def filled(text: str | None, config: Mapping[str, Any]) -> str | None:
    """A text with the values of `{property}`."""
    for name, value in config.items() if text else ():
        text = text.replace(f"{{{name}}}", str(value)) if text else text
    return text
