"""The transcript of a learner: what was done, when, with how many hints, what each check saw; and which abilities are
shown. As values for JSON, and as one HTML page that needs nothing else.
"""

from __future__ import annotations

import html
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tailrace.learn.exercises import EXERCISES
from tailrace.learn.incident import CAUSE
from tailrace.learn.text import exercise_text, minutes, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailrace.learn.attempt import Attempt, Progress

ABILITIES: Final = tuple(f"R{number}" for number in range(1, 18))


def transcript(progress: Progress, language: str) -> dict[str, Any]:
    """Of all exercises that were tried, and the best score by ability (None: no exercise of it passed)."""
    tried = [(exercise, progress.best(exercise.name)) for exercise in EXERCISES]
    return {
        "language": language,
        "abilities": {
            ability: max(
                (best.score for exercise, best in tried if best and best.passed and ability in exercise.abilities),
                default=None,
            )
            for ability in ABILITIES
        },
        "exercises": [
            {
                "name": exercise.name,
                "lesson": exercise.lesson,
                "kind": exercise.kind.value,
                "title": exercise_text(exercise.name, language).title,
                "passed": best.passed,
                "score": best.score,
                "attempts": [_attempt(each) for each in progress.attempts if each.exercise == exercise.name],
            }
            for exercise, best in tried
            if best
        ],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    if attempt.limit is None:
        return _one(attempt)
    incidents = [_incident(each) for each in attempt.incidents]
    return {
        **_one(attempt),
        "began": incidents[0]["began"],
        "hints": sum(each["hints"] for each in incidents),
        "solution_shown": any(each["solution_shown"] for each in incidents),
        "checks": [check for each in incidents for check in each["checks"]],
        "limit": attempt.limit,
        "ahead": attempt.ahead,
        "incidents": incidents,
    }


def _incident(attempt: Attempt) -> dict[str, Any]:
    """Of a drill. The cause is told only where nothing can be won by it any more."""
    cause = attempt.values[CAUSE] if attempt.is_over(time.time()) else None
    held = {seen.name: seen.holds for seen in attempt.checks[-1].seen} if attempt.checks else {}
    return {
        **_one(attempt),
        "cause": cause,
        "solved": attempt.solved,
        "named": held.get("cause", False),
        "repaired": held.get("running", False) and held.get("gone", False),
        "whole": held.get("complete", False),
    }


def _one(attempt: Attempt) -> dict[str, Any]:
    return {
        "began": _when(attempt.began),
        "seconds": attempt.seconds,
        "seed": attempt.seed,
        "hints": attempt.hints,
        "solution_shown": attempt.shown,
        "score": attempt.score,
        "checks": [
            {
                "at": _when(check.at),
                "answers": check.answers,
                "seen": [{"name": e.name, "holds": e.holds, "evidence": e.evidence} for e in check.seen],
            }
            for check in attempt.checks
        ],
    }


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def page(told: dict[str, Any]) -> str:
    """The transcript as HTML."""
    said = words(told["language"])
    abilities = "".join(
        f"<li class={'no' if score is None else 'yes'}><b>{ability}</b> {'—' if score is None else score}</li>"
        for ability, score in told["abilities"].items()
    )
    rows = "".join(_row(exercise, said) for exercise in told["exercises"])
    head = "".join(
        f"<th scope=col>{said[name]}</th>" for name in ("lesson", "exercise", "score", "time", "hints", "checks")
    )
    return (
        f'<!doctype html><html lang="{told["language"]}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{said["transcript"]}</title>'
        f"<style>{_STYLE}</style><main><h1>{said['transcript']}</h1>"
        f"<h2>{said['abilities']}</h2><ul>{abilities}</ul>"
        f"<h2>{said['attempts']}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></main></html>\n"
    )


def _row(exercise: dict[str, Any], said: Mapping[str, str]) -> str:
    best = max(exercise["attempts"], key=lambda attempt: attempt["score"])
    seconds = best["seconds"]
    cells: Iterable[object] = (
        exercise["lesson"],
        f"{exercise['title']} ({said['kind-' + exercise['kind']]})",
        exercise["score"] if exercise["passed"] or "incidents" in best else "—",
        "—" if seconds is None else minutes(seconds),
        best["hints"],
        len(best["checks"]),
    )
    row = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    seen = "".join(
        f"<li class={'yes' if each['holds'] else 'no'}>{html.escape(each['name'] + ': ' + each['evidence'])}</li>"
        for each in (best["checks"][-1]["seen"] if best["checks"] else ())
    )
    detail = f"<details><summary>{said['evidence']}</summary><ul>{seen}</ul></details>" if seen else ""
    if "incidents" in best:
        detail = _drill(best["incidents"], said)
    return f"<tr>{row}</tr><tr><td></td><td colspan=5>{detail}</td></tr>"


def _drill(incidents: Sequence[dict[str, Any]], said: Mapping[str, str]) -> str:
    """A line for each incident: what it was, what of it was done, in what time."""
    names = ("incident", "cause", "named", "repaired", "whole", "time", "score")
    head = "".join(f"<th scope=col>{said[name]}</th>" for name in names)
    rows = []
    for number, each in enumerate(incidents, start=1):
        marks = [said["holds" if each[name] else "missing"] for name in ("named", "repaired", "whole")]
        seconds = "—" if each["seconds"] is None else minutes(each["seconds"])
        cells = number, each["cause"] or "—", *marks, seconds, each["score"]
        kind = "yes" if each["solved"] else "no"
        rows.append(f"<tr class={kind}>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


_STYLE: Final = """
:root { color-scheme: light dark; --yes: #18794e; --no: #6b7280 }
@media (prefers-color-scheme: dark) { :root { --yes: #4cc38a; --no: #9ba1a6 } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 } main { max-width: 60rem; margin: auto; padding: 1rem }
ul { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; padding: 0; list-style: none }
.yes { color: var(--yes) } .no { color: var(--no) }
table { border-collapse: collapse; width: 100% } th, td { text-align: start; padding: .25rem .5rem }
thead { border-bottom: 2px solid currentColor } details ul { flex-direction: column }
@media (max-width: 40rem) { table, tbody, tr, td { display: block } thead, td:empty { display: none } }
"""
