"""Writes src/tailrace/config/debezium.py from a JSON list of Debezium's properties (name, default).

Usage: python tools/debezium_properties.py properties.json > src/tailrace/config/debezium.py
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

LINE = 120
HEAD = '''"""Every property of Debezium's MySQL connector with its default. Generated: tools/debezium_properties.py."""

from __future__ import annotations

'''


def main() -> None:
    """Names with a placeholder become prefixes; one that would start with the placeholder says nothing and is left."""
    entries = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names: dict[str, str | None] = {}
    prefixes: set[str] = set()
    for entry in sorted(entries, key=lambda entry: str(entry["name"])):
        stem = re.split(r"[<*]", entry["name"])[0]
        if stem == entry["name"]:
            names[stem] = entry["default"]
        elif stem and stem != "database.":
            prefixes.add(stem)
    out = [HEAD, "DEFAULTS: dict[str, str | None] = {\n"]
    out += [_entry(name, default) for name, default in names.items()]
    out += ["}\n", '"""None: no default."""\n\n', "PREFIXES = (\n"]
    out += [f"    {_literal(prefix)},\n" for prefix in sorted(prefixes)]
    out += [")\n", '"""Families of properties whose names go on with something of the user\'s."""\n']
    sys.stdout.write("".join(out))


def _entry(name: str, default: str | None) -> str:
    line = f"    {_literal(name)}: {_literal(default)},"
    return line + ("  # noqa: E501 - one value\n" if len(line) > LINE else "\n")


def _literal(text: str | None) -> str:
    return "None" if text is None else json.dumps(text)


if __name__ == "__main__":
    main()
