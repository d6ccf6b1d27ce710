"""The MySQL server's own test suite as a corpus of table DDL: fetch it, extract the statements, replay them.

`python tools/ddl_corpus.py fetch` downloads the Debian package once (340 MB), keeps only the statements (1 MB) in the
user's cache, and deletes the package. `... measure PORT` replays them on a server and prints how often the model and
information_schema agree; every difference is printed with its file.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pymysql

from tailrace.errors import LabError, SchemaError
from tailrace.history.charset import by_name, collation_id
from tailrace.history.ddl.effect import Context, apply
from tailrace.history.ddl.lexer import ANSI_QUOTES, INTERPRET_UTF8_AS_UTF8MB4, NO_BACKSLASH_ESCAPES, REAL_AS_FLOAT
from tailrace.history.ddl.parser import Ddl, classify
from tailrace.history.from_server import SCHEMATA, SYSTEM_DATABASES, read_tables
from tailrace.history.tables import Tables
from tailrace.lab import cache, debian, provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tailrace.model.table import Table

PACKAGE: Final = "mysql-testsuite"
VERSION: Final = "9.7.4-2"
SHA256: Final = "6dac6445cbad5adb07f783dcf0dd26c469df0483a0d6ed7c47138d60e2dce546"

_KEPT: Final = re.compile(
    r"(create|alter|drop)\s+(table|tables|database|schema|index|unique|fulltext|spatial)\b|rename\s+tables?\b|truncate\b|use\s"
    r"|set\s+(session\s+|@@(session\.)?|local\s+)?(sql_mode|character_set_server|collation_server|explicit_defaults_for_timestamp"
    r"|foreign_key_checks|default_collation_for_utf8mb4)\b",
    re.IGNORECASE,
)
_FORBIDDEN: Final = re.compile(
    r"\b(mysql|sys|performance_schema|information_schema)\b`?\s*\.|\$|\bdirectory\b", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"^\s*(#|--)")
_MODES: Final = {
    "REAL_AS_FLOAT": REAL_AS_FLOAT,
    "ANSI_QUOTES": ANSI_QUOTES,
    "NO_BACKSLASH_ESCAPES": NO_BACKSLASH_ESCAPES,
    "INTERPRET_UTF8_AS_UTF8MB4": INTERPRET_UTF8_AS_UTF8MB4,
}
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`", re.DOTALL)


def cache_file() -> Path:
    """Where the extracted statements are kept."""
    return cache.folder() / f"ddl-corpus-{VERSION}.json.gz"


def load() -> list[tuple[str, list[str]]]:
    """(file of the suite, its statements in order) for every file that has any; fetched on first use.

    Raises LabError where the package cannot be had.
    """
    target = cache_file()
    with cache.only_one("ddl-corpus"):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache.folder()) as folder:
                files = extract(fetch(Path(folder)))
            fresh = target.with_suffix(".new")
            fresh.write_bytes(gzip.compress(json.dumps(files).encode(), mtime=0))
            fresh.rename(target)
    found: list[tuple[str, list[str]]] = [(name, sql) for name, sql in json.loads(gzip.decompress(target.read_bytes()))]
    return found


def fetch(folder: Path) -> Path:
    """Download the package with apt, as an ordinary user and without touching the system's lists; checks its sum."""
    (folder / "lists/partial").mkdir(parents=True)
    address, suite = debian.archive().address, provider.DEBIAN.suite
    (folder / "sources.list").write_text(f"deb [signed-by={debian.KEYRING}] {address} {suite} main\n")
    (folder / "status").touch()
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder,
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in settings.items())]
    for command in (["update"], ["download", f"{PACKAGE}={VERSION}"]):
        done = subprocess.run([*apt, *command], check=False, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise LabError(f"apt-get {command[0]} failed: {done.stderr.strip()[-300:]}")
    (package,) = folder.glob("*.deb")
    with package.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != SHA256:
        raise LabError(f"{package.name} has sha256 {found}, expected {SHA256}")
    return package


def extract(package: Path) -> list[tuple[str, list[str]]]:
    """The statements of each .test file of a package."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacked:
        assert unpacked.stdout is not None
        return sorted(_files(unpacked.stdout))


def _files(stream: IO[bytes]) -> Iterator[tuple[str, list[str]]]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".test") and (content := archive.extractfile(member)):
                kept = [sql for sql in statements(_text(content.read())) if keep(sql)]
                if kept:
                    yield member.name.split("mysql-test/", 1)[-1], kept


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def keep(sql: str) -> bool:
    """Whether a statement belongs to the corpus: table DDL, and the settings that change what it means."""
    return bool(_KEPT.match(sql)) and not _FORBIDDEN.search(sql)


def statements(text: str) -> Iterator[str]:
    """SQL of a mysqltest file: its own commands, comments and `$variables` are left out (client/mysqltest.cc)."""
    delimiter = ";"
    pending = ""
    for line in text.splitlines():
        if not pending:
            stripped = line.strip()
            if word := re.match(r"(?:--\s*)?delimiter\s+(\S+)", stripped, re.IGNORECASE):
                old = delimiter
                delimiter = word[1].removesuffix(old) or word[1]
                continue
            if not stripped or _COMMENT.match(line) or stripped[0] in "{}":
                continue
        elif _COMMENT.match(line):
            continue
        pending += line + "\n"
        while True:
            masked = _QUOTED.sub(lambda match: "x" * len(match.group()), pending)
            at = masked.find(delimiter)
            if at < 0:
                break
            yield pending[:at].strip()
            pending = pending[at + len(delimiter) :].lstrip()
        if pending.strip() == "":
            pending = ""


@dataclass(slots=True)
class Tally:
    """What replaying came to."""

    accepted: int = 0
    followed: int = 0
    equal: int = 0
    queries: int = 0
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    """(file, statement, what differs)."""


def replay(connect: Callable[[], pymysql.Connection[Any]], file: str, sql: Sequence[str], tally: Tally) -> None:
    """Run a file's statements on a server and follow them; after each accepted one compare what it changed."""
    connection = connect()
    with connection, connection.cursor() as cursor:

        def query(text: str, arguments: Sequence[str]) -> Sequence[Any]:
            cursor.execute(text, arguments)
            rows: Sequence[Any] = cursor.fetchall()
            return rows

        _clean(query)
        cursor.execute("USE test")
        tables = read_tables(query, ["test"])
        for statement in sql:
            context = _context(query)
            try:
                cursor.execute(statement)
            except (pymysql.Error, UnicodeError):
                continue
            if context.database not in SYSTEM_DATABASES and isinstance(classify(statement, context.sql_mode), Ddl):
                tables = _compare(query, file, statement, context, tables, tally)


def _clean(query: Callable[[str, Sequence[str]], Sequence[Any]]) -> None:
    query("SET foreign_key_checks = 0", ())
    for (name,) in query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA", ()):
        if name not in SYSTEM_DATABASES:
            query(f"DROP DATABASE `{name.replace('`', '``')}`", ())
    query("CREATE DATABASE test", ())
    query("SET foreign_key_checks = 1", ())


def _context(query: Callable[[str, Sequence[str]], Sequence[Any]]) -> Context:
    ((database, mode, collation, of_server, timestamps),) = query(
        "SELECT DATABASE(), @@sql_mode, @@collation_database, @@collation_server, @@explicit_defaults_for_timestamp", ()
    )
    server = by_name(None, of_server)
    assert server is not None
    bits = sum(_MODES.get(word, 0) for word in mode.split(","))
    return Context(database or "", bits, collation_id(collation), server, bool(timestamps))


def _compare(  # noqa: PLR0917 - what a statement ran with
    query: Callable[[str, Sequence[str]], Sequence[Any]],
    file: str,
    statement: str,
    context: Context,
    tables: Tables,
    tally: Tally,
) -> Tables:
    """Tables as the server has them after a statement; the model's answer is counted right or wrong."""
    try:
        after, changes = apply(tables, context, statement)
    except SchemaError as error:
        if "CREATE TABLE ... SELECT" in error.message:
            tally.queries += 1
        else:
            tally.accepted += 1
            tally.differences.append((file, statement, error.message))
        return read_tables(query)
    tally.accepted += 1
    tally.followed += 1
    ids = sorted({name for change in changes for name in (change.id, change.previous_id) if name})
    server = read_tables(lambda text, a: () if text == SCHEMATA else query(text, a), tables=ids) if ids else tables
    wrong = [text for name in ids for text in difference(after.get(name), server.get(name))]
    if after.databases != server.databases and not ids:
        server = read_tables(query)
        ours = {name: charset for name, charset in after.databases.items() if name in server.databases}
        if any(server.databases[name] != charset for name, charset in ours.items()):
            wrong.append("database default")
        after = Tables.of(after, server.databases)
    if not wrong:
        tally.equal += 1
        return after
    tally.differences.append((file, statement, "; ".join(wrong)))
    return read_tables(query)


def difference(ours: Table | None, server: Table | None) -> list[str]:
    """In words, every property in which two definitions differ."""
    if ours is None or server is None:
        return [] if ours is server else [f"table is {'unknown' if ours is None else 'known'} here, not on the server"]
    names = [column.name for column in ours.columns]
    if names != [column.name for column in server.columns]:
        return [f"columns {names} here, {[column.name for column in server.columns]} on the server"]
    return [
        *_properties(dataclasses.replace(ours, columns=()), dataclasses.replace(server, columns=()), "table"),
        *(text for a, b in zip(ours.columns, server.columns, strict=True) for text in _properties(a, b, a.name)),
    ]


def _properties(ours: Any, server: Any, name: str) -> list[str]:
    pairs = ((f.name, getattr(ours, f.name), getattr(server, f.name)) for f in dataclasses.fields(ours))
    return [f"{name}.{key}: {a!r} here, {b!r} on the server" for key, a, b in pairs if a != b]


def distinct(files: Sequence[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """The files that hold a statement no file before them holds."""
    seen: set[str] = set()
    found = []
    for file, sql in files:
        if set(sql) - seen:
            found.append((file, sql))
        seen.update(sql)
    return found


def main(command: str, *arguments: str) -> None:
    """`fetch`, or `measure PORT`."""
    files = distinct(load())
    if command == "fetch":
        print(f"{sum(len(sql) for _, sql in files)} statements of {len(files)} files in {cache_file()}")
        return
    tally = Tally()
    for file, sql in files:
        replay(
            lambda: pymysql.connect(host="127.0.0.1", port=int(arguments[0]), user="root", autocommit=True),
            file,
            sql,
            tally,
        )
    for file, statement, what in tally.differences:
        print(f"{file}\n  {statement}\n  {what}")
    print(f"accepted {tally.accepted}, followed {tally.followed}, equal {tally.equal}; with a query {tally.queries}")


if __name__ == "__main__":
    main(*sys.argv[1:])
