"""Builds the site: docs and course, in Russian and in English, into site/. Warnings are errors, and links are checked.

    make site
    python tools/site/build.py --out site --sphinx .venv/site/bin/sphinx-build

Sphinx has an environment of its own (tools/site/requirements.lock).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sources
from links import external, problems
from mermaid import mermaid

from tailrace.learn.text import LANGUAGES

HERE = Path(__file__).parent
ENTRY = (HERE / "templates" / "entry.html").read_text(encoding="utf-8")


def build(out: Path, sphinx: Path) -> list[str]:
    """What is wrong; nothing: `out` has the site."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        made, static, locales = work / "made", work / "static", work / "locales"
        shutil.copytree(mermaid(), static / "mermaid")
        _locales(locales, sphinx)
        try:
            for language in LANGUAGES:
                sources.write(language, work / language)
        except (sources.BrokenLink, ValueError) as error:
            return [str(error)]
        with ThreadPoolExecutor() as both:
            said = list(both.map(lambda each: _sphinx(each, work, made, sphinx), LANGUAGES))
        wrong = [line for each in said for line in each]
        if wrong:
            return wrong
        for language in LANGUAGES:
            _without_eval(made / language / "_static")
        (made / "index.html").write_text(ENTRY, encoding="utf-8")
        wrong = problems(made)
        if not wrong:
            shutil.rmtree(out, ignore_errors=True)
            shutil.move(made, out)
        return wrong


def _locales(folder: Path, sphinx: Path) -> None:
    """What Sphinx and its theme say, where they have no Russian of their own."""
    place = folder / "ru/LC_MESSAGES"
    place.mkdir(parents=True)
    command = [sphinx.with_name("pybabel"), "-q", "compile", "-i", HERE / "locale/ru.po", "-o", place / "sphinx.mo"]
    subprocess.run(command, check=True)


def _without_eval(static: Path) -> None:
    """Sphinx makes the choice of plurals out of a text, which a page that runs files alone may not: here it is code."""
    translations, script = static / "translations.js", static / "doctools.js"
    found = re.search(r'"plural_expr": "([^"]*)"', translations.read_text("utf-8")) if translations.exists() else None
    text = script.read_text(encoding="utf-8")
    begin = text.index("new Function(")
    end = text.index(");", begin)
    plural = f"(n) => Number({found[1]}" if found else "(n) => Number(n !== 1"
    script.write_text(f"{text[:begin]}{plural}{text[end:]}", encoding="utf-8")


def _sphinx(language: str, work: Path, made: Path, sphinx: Path) -> list[str]:
    environment = {
        **os.environ,
        "SITE_LANGUAGE": language,
        "SITE_STATIC": str(work / "static"),
        "SITE_LOCALES": str(work / "locales"),
    }
    command = [sphinx, "-q", "-W", "--keep-going", "-c", HERE, "-d", work / f"{language}.cache", "-b", "html"]
    done = subprocess.run(
        [*command, work / language, made / language], env=environment, check=False, capture_output=True, text=True
    )
    lines = [line.replace(f"{work}/", "") for line in done.stderr.splitlines() if line.strip()]
    return lines or ([f"sphinx-build of {language} exits {done.returncode}"] if done.returncode else [])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="The site: docs and course, in Russian and in English.")
    parser.add_argument("--out", type=Path, default=sources.ROOT / "site")
    parser.add_argument("--sphinx", type=Path, default=sources.ROOT / ".venv/site/bin/sphinx-build")
    parser.add_argument("--external", action="store_true", help="list the links that leave the site")
    given = parser.parse_args()
    began = time.monotonic()
    wrong = build(given.out, given.sphinx)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(f"The site was not built: {len(wrong)} lines above say why.")
    leaving = external(given.out)
    print(f"{given.out}/index.html: built in {time.monotonic() - began:.0f} s; {len(leaving)} links leave the site")
    if given.external:
        print("\n".join(leaving))


if __name__ == "__main__":
    main()
