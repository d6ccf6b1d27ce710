"""`tailrace learn`: the exercises of the course, on real servers, graded."""

from __future__ import annotations

import functools
import json
import shutil
import textwrap
import time
import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.errors import ConfigError
from tailrace.lab.server import write_private
from tailrace.learn import play
from tailrace.learn.attempt import HINT_COSTS, Attempt, Progress
from tailrace.learn.exercise import Exercise, Kind, fill, told
from tailrace.learn.exercises import EXERCISES, find
from tailrace.learn.learner import Learner, language_of
from tailrace.learn.report import page, transcript
from tailrace.learn.text import LANGUAGES, lessons, minutes, script

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_FOLDER = Path(".tailrace")
SERVED = "serve.url"
"""File in the learner's folder with the address of the pages, while they are served."""


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `learner` and `as_json`."""

    @click.option(
        "--dir",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_FOLDER,
        show_default=True,
        help="Folder of the lab and of the progress.",
    )
    @click.option("--lang", type=click.Choice(LANGUAGES), help="Language; kept for the next time.")
    @click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
    @functools.wraps(command)
    def wrapped(*, folder: Path, lang: str | None, **options: Any) -> None:
        command(Learner(folder, language_of(folder, lang)), **options)

    return wrapped


@click.group(epilog="Example: tailrace learn list && tailrace learn start one-gtid-two-places")
def learn() -> None:
    """The course: exercises on real servers that break in real ways, and a check that looks at the servers alone.

    Exit codes: 0 fine or passed, 1 not passed, 2 wrong usage, 3 a server was not reached.
    """


@learn.command("list", epilog="Example: tailrace learn list --lang ru")
@_common
def list_(learner: Learner, *, as_json: bool) -> None:
    """Lessons and exercises, and what you have done of them."""
    progress = learner.progress
    titles = {lesson.number: lesson.title for lesson in lessons(learner.language)}
    rows: list[dict[str, Any]] = [
        {
            "name": exercise.name,
            "lesson": exercise.lesson,
            "kind": exercise.kind.value,
            "title": learner.text(exercise).title,
            "abilities": list(exercise.abilities),
            **asdict(progress.standing(exercise.name)),
        }
        for exercise in EXERCISES
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    before = None
    for row in rows:
        if row["lesson"] != before:
            before = row["lesson"]
            click.echo(
                click.style(f"\n{learner.word('lesson')} {before}. {titles.get(before, '')}".rstrip(". "), bold=True)
            )
        state = learner.word(f"state-{row['state']}") + (f" {row['score']}" if row["score"] is not None else "")
        click.echo(f"  {row['name']:28} {learner.word('kind-' + row['kind']):14} {state:14} {row['title']}")


@learn.command(epilog="Example: tailrace learn start a-table-more")
@click.argument("name")
@click.option("--seed", type=int, help="The same seed draws the same values; default: new ones.")
@_common
def start(learner: Learner, name: str, seed: int | None, *, as_json: bool) -> None:
    """Begin an exercise, with values of its own, on a lab as new: what was in the lab is dropped."""
    exercise = find(name)
    learner.text(exercise)
    progress = learner.keep(
        play.start(exercise, learner.lab, learner.progress, seed=seed, tell=_teller(learner, as_json))
    )
    _show_task(learner, exercise, progress, as_json=as_json)


@learn.command(epilog="Example: tailrace learn reset")
@_common
def reset(learner: Learner, *, as_json: bool) -> None:
    """The exercise from its beginning, with the same values."""
    exercise = learner.exercise
    progress = learner.keep(play.reset(exercise, learner.lab, learner.progress, tell=_teller(learner, as_json)))
    if not as_json:
        click.echo(learner.word("reset"))
    _show_task(learner, exercise, progress, as_json=as_json)


@learn.command("next", epilog="Example: tailrace learn next")
@_common
def next_(learner: Learner, *, as_json: bool) -> None:
    """The next incident of a drill, once this one is solved, given up or late. Its clock begins with its symptom."""
    exercise = learner.exercise
    progress = learner.keep(play.advance(exercise, learner.lab, learner.progress, tell=_teller(learner, as_json)))
    _show_task(learner, exercise, progress, as_json=as_json)


@learn.command(epilog="Example: tailrace learn check --answer behind=grows")
@click.option(
    "--answer", "answers", multiple=True, metavar="NAME=VALUE", help="To a question of the exercise; repeatable."
)
@_common
def check(learner: Learner, answers: tuple[str, ...], *, as_json: bool) -> None:
    """Look at the live servers whether all is as it should be. Exits 1 where it is not."""
    exercise = learner.exercise
    progress = learner.keep(play.check(exercise, learner.lab, learner.progress, dict(map(_answer, answers))))
    attempt = progress.current
    assert attempt
    if as_json:
        came = {"solved": attempt.solved, "passed": attempt.passed, "score": attempt.score}
        click.echo(json.dumps({**asdict(attempt.checks[-1]), **came}))
    else:
        _show_check(learner, exercise, attempt)
    if not attempt.solved:
        raise SystemExit(1)


def _answer(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise ConfigError(f"not an answer: {given}", hint="--answer NAME=VALUE")
    return name.strip(), value.strip()


@learn.command(epilog="Example: tailrace learn hint")
@_common
def hint(learner: Learner, *, as_json: bool) -> None:
    """The next hint; it costs points."""
    exercise = learner.exercise
    progress = learner.keep(play.hint(learner.progress))
    attempt = progress.current
    assert attempt
    words = fill(learner.text(exercise).hints[attempt.hints - 1], attempt.values)
    if as_json:
        click.echo(json.dumps({"hint": attempt.hints, "text": words}, ensure_ascii=False))
        return
    number, cost = attempt.hints, HINT_COSTS[attempt.hints - 1]
    click.echo(click.style(learner.word("hint", number=number, all=len(HINT_COSTS), cost=cost), bold=True))
    click.echo(words)


@learn.command(epilog="Example: tailrace learn solution | bash")
@_common
def solution(learner: Learner, *, as_json: bool) -> None:
    """The commands that pass, and why. From then on the attempt is worth nothing."""
    exercise = learner.exercise
    progress = learner.keep(play.show_solution(learner.progress))
    attempt = progress.current
    assert attempt
    commands = fill(script(exercise.script_folder), attempt.values)
    why = fill(learner.text(exercise).explanation, attempt.values)
    if as_json:
        click.echo(json.dumps({"solution": commands, "explanation": why}, ensure_ascii=False))
        return
    # What is piped to a shell must be commands alone; words go where a person reads them.
    click.echo(click.style(learner.word("solution"), bold=True), err=True)
    click.echo(commands, nl=False)
    click.echo(f"\n{click.style(learner.word('explanation'), bold=True)}\n{why}", err=True)


@learn.command(epilog="Example: tailrace learn status")
@_common
def status(learner: Learner, *, as_json: bool) -> None:
    """What is being worked on: its task, hints taken, what the last check saw."""
    progress = learner.progress
    if progress.current is None:
        click.echo("null" if as_json else learner.word("nothing"))
        return
    exercise = find(progress.current.exercise)
    _show_task(learner, exercise, progress, as_json=as_json)
    if not as_json and progress.current.checks:
        _show_check(learner, exercise, progress.current)


@learn.command(epilog="Example: tailrace learn report --out transcript")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for transcript.html and transcript.json; default: this one.",
)
@_common
def report(learner: Learner, out: Path, *, as_json: bool) -> None:
    """Write the scored transcript, as HTML and as JSON."""
    told = transcript(learner.progress, learner.language)
    out.mkdir(parents=True, exist_ok=True)
    files = out / "transcript.html", out / "transcript.json"
    files[0].write_text(page(told), encoding="utf-8")
    files[1].write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(
        json.dumps(told, ensure_ascii=False) if as_json else learner.word("report", files=", ".join(map(str, files)))
    )


@learn.command(epilog="Example: tailrace learn serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8085, show_default=True, help="0: any free one.")
@click.option("--site", type=click.Path(file_okay=False, path_type=Path), help="The built site; default: site/.")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@_common
def serve(learner: Learner, port: int, site: Path | None, *, opens: bool, as_json: bool) -> None:
    """The course in the browser, with buttons that start and check exercises; until Ctrl-C. For this machine alone."""
    from tailrace.learn.desk import Desk
    from tailrace.learn.serve import listen, server, url
    from tailrace.ui.site import CHECKOUT

    folder = site or CHECKOUT
    if not (folder / "index.html").is_file():
        raise ConfigError("the site was not built", where=str(folder), hint="make site")
    with listen(port) as listener:
        address, note = url(listener), learner.folder / "learn" / SERVED
        note.parent.mkdir(parents=True, exist_ok=True)
        write_private(note, address)
        click.echo(json.dumps({"url": address}) if as_json else learner.word("serving", url=address))
        if opens:
            webbrowser.open(address)
        try:
            server(listener, Desk(learner), folder).run(sockets=[listener])
        finally:
            note.unlink(missing_ok=True)


@learn.command("open", epilog="Example: tailrace learn open 10")
@click.argument("lesson", type=int)
@_common
def open_(learner: Learner, lesson: int, *, as_json: bool) -> None:
    """A lesson in the browser, where `tailrace learn serve` runs."""
    found = next((each for each in lessons(learner.language) if each.number == lesson), None)
    if found is None:
        known = ", ".join(str(each.number) for each in lessons(learner.language))
        raise ConfigError(f"there is no lesson {lesson}", hint=f"there are: {known}")
    try:
        site = (learner.folder / "learn" / SERVED).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("nothing serves the course now", hint="tailrace learn serve") from None
    address = f"{site}{learner.language}/lessons/{found.number:02d}-{found.name}.html"
    click.echo(json.dumps({"url": address}) if as_json else address)
    if not as_json:
        webbrowser.open(address)


def _teller(learner: Learner, as_json: bool) -> Callable[[str], None]:
    def tell(what: str) -> None:
        if not as_json:
            click.echo(click.style(learner.word(what), dim=True), err=True)

    return tell


def _show_task(learner: Learner, exercise: Exercise, progress: Progress, *, as_json: bool) -> None:
    attempt, text = progress.current, learner.text(exercise)
    assert attempt
    if as_json:
        said = {"title": text.title, "task": text.told(attempt.values), "questions": dict(text.questions)}
        click.echo(json.dumps({**_document(attempt), **said}, ensure_ascii=False))
        return
    width = min(shutil.get_terminal_size().columns, 100)
    click.echo(click.style(learner.word("started", title=text.title), bold=True))
    click.echo()
    if exercise.kind is Kind.DRILL:
        _show_clock(learner, attempt)
    for paragraph in text.told(attempt.values).split("\n\n"):
        verbatim = paragraph.startswith((" ", "-", "|"))
        click.echo(paragraph if verbatim else click.wrap_text(paragraph, width))
        click.echo()
    for question in exercise.questions:
        choices = f" ({' | '.join(question.choices)})" if question.choices else ""
        asked = f"{question.name}: {text.questions[question.name]}{choices}"
        # A choice is typed as it stands, so no line breaks it.
        click.echo(textwrap.fill(asked, width, break_on_hyphens=False, initial_indent="  ", subsequent_indent="    "))
    if exercise.questions:
        answers = " ".join(f"--answer {question.name}=…" for question in exercise.questions)
        click.echo(learner.word("questions", answers=answers))
    click.echo(click.style(learner.word("addresses"), dim=True))
    click.echo(click.style(learner.word("next"), dim=True))


def _document(attempt: Attempt) -> dict[str, Any]:
    """All of it but what is hidden."""
    earlier = [_document(each) for each in attempt.earlier]
    return {**asdict(attempt), "values": told(attempt.values), "earlier": earlier}


def _show_clock(learner: Learner, attempt: Attempt) -> None:
    number, now = len(attempt.incidents), time.time()
    words = {"number": number, "all": number + attempt.ahead, "limit": minutes(attempt.limit or 0)}
    said = learner.word("clock", **words, left=minutes(attempt.left(now)))
    click.echo(f"{click.style(said, bold=True)}\n")


def _show_check(learner: Learner, exercise: Exercise, attempt: Attempt) -> None:
    text, last = learner.text(exercise), attempt.checks[-1]
    for each in last.seen:
        mark = click.style("✓", fg="green") if each.holds else click.style("✗", fg="red")
        click.echo(f"{mark} {fill(text.observations[each.name], attempt.values)}: {each.evidence}")
    over = attempt.is_over(time.time())
    if exercise.kind is Kind.DRILL and over:
        _show_drill(learner, attempt)
    elif attempt.passed:
        took = minutes(attempt.seconds or 0)
        click.echo(click.style(learner.word("passed", score=attempt.score, minutes=took), fg="green", bold=True))
    elif exercise.kind is Kind.PREDICTION:
        click.echo(learner.word("predicted_wrong", name=exercise.name))
    else:
        missing = sum(not each.holds for each in last.seen)
        click.echo(learner.word("failed", missing=missing, all=len(last.seen)))
    if over or exercise.kind is Kind.PREDICTION:
        click.echo(f"\n{click.style(learner.word('explanation'), bold=True)}\n{fill(text.explanation, attempt.values)}")


def _show_drill(learner: Learner, attempt: Attempt) -> None:
    """What became of its incidents, when the one of the moment is over."""
    for number, each in enumerate(attempt.incidents, start=1):
        if each.solved:
            took = minutes(each.seconds or 0)
            said = learner.word("solved", number=number, minutes=took, score=each.score)
            click.echo(click.style(said, fg="green"))
        else:
            click.echo(click.style(learner.word("unsolved", number=number), fg="red"))
    if attempt.ahead:
        click.echo(learner.word("go_on", ahead=attempt.ahead))
    elif attempt.passed:
        took = minutes(attempt.seconds or 0)
        click.echo(click.style(learner.word("passed", score=attempt.score, minutes=took), fg="green", bold=True))
    else:
        click.echo(learner.word("drill_failed", score=attempt.score, name=attempt.exercise))
