"""MySQL's lexical rules: SQL text to tokens (sql/sql_lex.cc; manual, "Language Structure")."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tailrace.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSI_QUOTES: Final = 1 << 2
"""Bits of sql_mode as binlog query events carry them (sql/system_variables.h)."""
REAL_AS_FLOAT: Final = 1 << 0
NO_BACKSLASH_ESCAPES: Final = 1 << 20
INTERPRET_UTF8_AS_UTF8MB4: Final = 1 << 33

NEWEST_VERSION: Final = 90799
"""Versioned comments up to this server version are part of the statement."""

Kind = Literal["word", "name", "string", "national", "number", "hex", "bit", "op", "end"]


class Token(NamedTuple):
    """One lexical element; `key` is what keywords and operators are matched by: '' for everything quoted."""

    kind: Kind
    value: str
    key: str
    at: int


_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE: Final = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_COMMENT_PART: Final = re.compile(r"/\*|\*/")


@lru_cache(maxsize=4)
def _pattern(*, backslash: bool) -> re.Pattern[str]:
    inside = r"\\." if backslash else r"(?!)"
    stop = r"\\" if backslash else ""
    single = rf"'(?:[^'{stop}]++|{inside}|'')*+'"
    double = rf'"(?:[^"{stop}]++|{inside}|"")*+"'
    return re.compile(
        rf"""
        \s*+(?:
          (?P<space>   \#[^\n]* | --(?=[\s\x00-\x1f]|\Z)[^\n]* | /\*(?!!).*?\*/ )
        | (?P<version> /\*!(?:\d{{5,6}})? )
        | (?P<hex>     [xX]'[0-9a-fA-F]*' | 0x[0-9a-fA-F]+(?![\w$]) )
        | (?P<bit>     [bB]'[01]*' | 0b[01]+(?![\w$]) )
        | (?P<national> [nN]{single} )
        | (?P<number>  (?: \d+(?:\.\d*)? | (?<![\w$`"])\.\d+ )(?:[eE][+-]?\d+)?(?![\w$]) )
        | (?P<word>    [0-9A-Za-z_$\u0080-\U0010ffff]+ )
        | (?P<string>  {single} )
        | (?P<double>  {double} )
        | (?P<name>    `(?:[^`]|``)*` )
        | (?P<op>      \*/ | [^'"`] )
        )
        """,
        re.VERBOSE | re.DOTALL,
    )


def _unescape(match: re.Match[str]) -> str:
    escaped = match.group(1)
    return match.group()[0] if escaped is None else _ESCAPES.get(escaped, escaped)


def _text(quoted: str, *, backslash: bool) -> str:
    """A string literal's value; the quote inside is doubled, backslashes escape unless the mode forbids it."""
    quote, body = quoted[0], quoted[1:-1]
    if backslash and "\\" in body:
        # The other quote is never doubled inside this one, so a doubled one stands for itself twice.
        other = '""' if quote == "'" else "''"
        return _ESCAPE.sub(lambda match: other if match.group() == other else _unescape(match), body)
    return body.replace(quote * 2, quote) if quote in body else body


def _skip_comment(sql: str, at: int) -> int:
    """End of a comment whose inside begins at `at`; comments inside a skipped versioned comment nest."""
    depth = 1
    for match in _COMMENT_PART.finditer(sql, at):
        depth += 1 if match.group() == "/*" else -1
        if not depth:
            return match.end()
    return len(sql)


def tokens(  # noqa: C901, PLR0912 - one branch a kind of token
    sql: str, sql_mode: int = 0
) -> Iterator[Token]:
    """Tokens of a statement, then one of kind `end`. Raises SchemaError for a quote that is never closed."""
    backslash = not sql_mode & NO_BACKSLASH_ESCAPES
    ansi = bool(sql_mode & ANSI_QUOTES)
    match_at = _pattern(backslash=backslash).match
    sql = sql.rstrip()
    at = 0
    open_versions = 0
    while at < len(sql):
        match = match_at(sql, at)
        if match is None:
            near = sql[at : at + 40]
            raise SchemaError(f"a quoted text is never closed: {near!r}", where=f"character {at + 1} of the statement")
        kind, at = match.lastgroup, match.end()
        if kind == "space":
            continue
        assert kind is not None
        text, start = match[kind], match.start(kind)
        if kind == "word":
            yield Token("word", text, text.upper(), start)
        elif kind == "op":
            if text == "*/":
                if open_versions:
                    open_versions -= 1
                continue
            yield Token("op", text, text, start)
        elif kind == "name":
            yield Token("name", text[1:-1].replace("``", "`"), "", start)
        elif kind in ("string", "double"):
            if kind == "double" and ansi:
                yield Token("name", text[1:-1].replace('""', '"'), "", start)
            else:
                yield Token("string", _text(text, backslash=backslash), "", start)
        elif kind == "number":
            yield Token("number", text, "", start)
        elif kind == "version":
            digits = text[3:]
            if digits and int(digits) > NEWEST_VERSION:
                at = _skip_comment(sql, at)
            else:
                open_versions += 1
        elif kind == "national":
            yield Token("national", _text(text[1:], backslash=backslash), "", start)
        else:
            digits = text[2:-1] if text[1] == "'" else text[2:]
            yield Token("hex" if kind == "hex" else "bit", digits, "", start)
    yield Token("end", "", "", len(sql))
