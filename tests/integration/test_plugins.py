"""The example of docs/how-to/converters-and-transforms.md, as its readers run it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
PACKAGE = DOCS / "examples" / "shop-plugins"
DATABASE = "plugins"


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.orders (id INT PRIMARY KEY, total DECIMAL(9,2) DEFAULT 1.5, note TEXT)")
    mysql.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY, plain DECIMAL(9,3) DEFAULT 0.125)")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip makes of the package's entry points."""
    points = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    metadata = tmp_path / "installed" / "shop_plugins-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-plugins\nVersion: 1.0\n", encoding="utf-8")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {to}\n" for name, to in found.items()) for group, found in points.items()
    )
    (metadata / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    path = (str(PACKAGE), str(metadata.parent), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("transforms", [True, False], ids=["with a transform", "alone"])
@pytest.mark.parametrize("line", ["value", "record"])
def test_a_converter_and_a_transform_of_ones_own(
    line: str, transforms: bool, server: lab.Server, tmp_path: Path
) -> None:
    properties: dict[str, object] = {"converters": "money", "money__type": "shop.Cents", "sink__format": line}
    if transforms:
        properties |= {
            "transforms": "hide",
            "transforms__hide__type": "shop.LeaveOut",
            "transforms__hide__column": "note",
            "transforms__hide__value": "test",
        }
    connector = Connector(tmp_path / "connector", server, DATABASE, **properties)
    server.execute(f"INSERT INTO {DATABASE}.orders VALUES (1, 12.34, 'snapshot')")
    connector.start()
    connector.await_streaming()
    server.execute(f"INSERT INTO {DATABASE}.orders VALUES (2, -0.05, 'stream'), (3, NULL, 'test'), (4, DEFAULT, 'end')")
    server.execute(f"UPDATE {DATABASE}.orders SET total = 20 WHERE id = 1")
    server.execute(f"INSERT INTO {DATABASE}.marker (id) VALUES (1)")
    connector.await_text(b'"plain":"fQ=="')
    assert connector.stop() == 0
    lines = [event.get("value", event) for event in connector.lines()]
    found = [
        [image and image["total"] for image in (value["before"], value["after"])]
        for value in lines
        if value.get("source", {}).get("table") == "orders" and "op" in value
    ]
    hidden = [] if transforms else [[None, None]]
    assert found == [[None, 1234], [None, -5], *hidden, [None, 150], [1234, 2000]]


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (DOCS / "converters-and-transforms.md").read_text(encoding="utf-8")
    code = (PACKAGE / "shop_plugins.py").read_text(encoding="utf-8")
    for block in page.split("```python\n")[1:]:
        lines = [line for line in block.partition("```")[0].splitlines() if line.strip()]
        missing = [
            line for line in lines if line not in code.replace("  # noqa: ARG001 - the same for every table", "")
        ]
        assert not missing, f"the page shows what the example does not have: {missing}"
