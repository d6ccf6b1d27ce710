from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workers import TailraceWorker

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def tailrace_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TailraceWorker]:
    """A worker of ours, shared as `connect` is: delete the connectors that you make."""
    with TailraceWorker(tmp_path_factory.mktemp("worker")) as made:
        yield made
