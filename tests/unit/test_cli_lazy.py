from __future__ import annotations

import subprocess
import sys

import click
import pytest

from tailrace.cli import cli
from tailrace.cli.lab import lab
from tailrace.cli.lazy import LazyGroup

TABLES = {"tailrace": cli, "tailrace lab": lab}


@pytest.mark.parametrize("group", TABLES.values(), ids=TABLES)
def test_a_name_of_the_table_leads_to_its_command(group: click.Group) -> None:
    assert isinstance(group, LazyGroup)
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    assert {name: command and command.name for name, command in found.items()} == {name: name for name in found}


@pytest.mark.parametrize("arguments", [["--help"], ["lab", "--help"]])
def test_a_list_of_commands_imports_none_of_them(arguments: list[str]) -> None:
    code = f"import sys; from tailrace.cli import cli; cli({arguments}, standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "click" in loaded
    assert not {"pymysql", "cryptography", "pyarrow", "tailrace.lab", "tailrace.engine"} & set(loaded)
