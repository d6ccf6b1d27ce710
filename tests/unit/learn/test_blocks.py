"""Blocks of a lesson are taken for what they are marked as."""

from __future__ import annotations

import pytest

from tailrace.learn.blocks import Block, Mark, blocks, lab_parts, said_as

LESSON = """# A lesson
<!-- lab: worker,kafka -->

```sh
tailrace lab status
```

```text
primary … reachable
```

```sql replica
SELECT 1;
```

```json file=shop.json
{}
```

```sh why="needs an account of AWS"
aws rds describe-db-clusters
```
"""


def test_each_mark_is_understood() -> None:
    assert blocks(LESSON) == (
        Block(Mark.SHELL, "tailrace lab status\n"),
        Block(Mark.SAID, "primary … reachable\n"),
        Block(Mark.SQL, "SELECT 1;\n", replica=True),
        Block(Mark.FILE, "{}\n", file="shop.json"),
        Block(Mark.SHELL, "aws rds describe-db-clusters\n", why="needs an account of AWS"),
    )
    assert lab_parts(LESSON) == "worker,kafka"


def test_a_mark_that_nobody_knows_is_no_code_that_silently_never_runs() -> None:
    with pytest.raises(ValueError, match="bash"):
        blocks("```bash\ntrue\n```\n")


@pytest.mark.parametrize(
    ("shown", "said", "missing"),
    [
        ("primary … reachable", "primary   127.0.0.1:3306 reachable", ""),
        ("primary … reachable", "primary 127.0.0.1:3306 stopped", "primary … reachable"),
        ("a\n…\nc", "a\nb\nc", ""),
        ("c\na", "a\nc", "a"),
        ("  indented", "indented", ""),
    ],
)
def test_what_a_lesson_shows_is_held_against_what_was_said(shown: str, said: str, missing: str) -> None:
    assert said_as(shown, said) == missing
