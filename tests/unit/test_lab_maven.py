from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.errors import LabError
from tailrace.lab import maven

POM = "<project><version>1.2</version></project>"


@pytest.fixture
def arriving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What Maven would bring; the set `some` pins one file, `a.jar` of `good`."""
    files = {"a.jar": b"good"}

    def fetch(_name: str, folder: Path) -> None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)

    sets = tmp_path / "sets"
    fetch("some", sets)
    pins = "".join(f"{digest}  {name}\n" for name, digest in maven.checksums(sets).items())
    (sets / "some.xml").write_text(POM)
    (sets / "some.sha256").write_text(f"# Written by a tool\n{pins}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(maven, "SETS", sets)
    monkeypatch.setattr(maven, "fetch", fetch)
    return files


def test_what_is_pinned_is_fetched_once(arriving: dict[str, bytes]) -> None:
    place = maven.fetched("some")
    assert (place / "a.jar").read_bytes() == b"good"
    arriving["a.jar"] = b"never fetched"
    assert (maven.fetched("some") / "a.jar").read_bytes() == b"good"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jar", b"evil"), ("b.jar", b"unasked")],
    ids=["another content", "one more file"],
)
def test_what_is_not_pinned_is_refused_and_not_kept(arriving: dict[str, bytes], name: str, content: bytes) -> None:
    arriving[name] = content
    with pytest.raises(LabError, match=name):
        maven.fetched("some")
    del arriving[name]
    arriving["a.jar"] = b"good"
    assert sorted(file.name for file in maven.fetched("some").iterdir()) == ["a.jar", "pinned"]


def test_every_set_is_pinned_file_by_file() -> None:
    for pom in maven.SETS.glob("*.xml"):
        lines = [line for line in pom.with_suffix(".sha256").read_text().splitlines() if not line.startswith("#")]
        assert lines
        assert all(len(line.split()[0]) == 64 for line in lines)
