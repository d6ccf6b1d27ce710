"""A place in a statement's tokens, with the few moves a parser needs."""

from __future__ import annotations

from typing import NoReturn

from tailrace.errors import SchemaError
from tailrace.history.ddl.lexer import INTERPRET_UTF8_AS_UTF8MB4, Token, tokens

HINT = "take the table's definition from the server again (a schema recovery), and report this statement"


class Cursor:
    """Reads one statement from left to right."""

    __slots__ = ("_sql", "_tokens", "place", "sql_mode")

    def __init__(self, sql: str, sql_mode: int = 0) -> None:
        self._sql = sql
        self.sql_mode = sql_mode
        self._tokens = list(tokens(sql, sql_mode))
        self.place = 0

    @property
    def token(self) -> Token:
        """The token at the place; of kind `end` after the last."""
        return self._tokens[self.place]

    @property
    def key(self) -> str:
        """The keyword or operator at the place, '' for anything quoted, a number or the end."""
        return self._tokens[self.place].key

    def at(self, *keys: str) -> bool:
        """Whether these keywords or operators come next."""
        read = self._tokens
        place = self.place
        for key in keys:
            if read[place].key != key:
                return False
            place += 1
        return True

    def at_any(self, *keys: str) -> bool:
        """Whether one of these comes next."""
        return self._tokens[self.place].key in keys

    def at_end(self) -> bool:
        """Whether the statement is over."""
        token = self._tokens[self.place]
        return token.kind == "end" or token.key == ";"

    def peek(self, ahead: int = 1) -> Token:
        """A later token, or the end."""
        return self._tokens[min(self.place + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        """The token at the place; moves behind it, but never behind the end."""
        token = self._tokens[self.place]
        if token.kind != "end":
            self.place += 1
        return token

    def take(self, first: str, *rest: str) -> bool:
        """Move behind these keywords if they come next."""
        # Most calls find another keyword: they end here.
        if self._tokens[self.place].key != first or (rest and not self.at(first, *rest)):
            return False
        self.place += 1 + len(rest)
        return True

    def take_any(self, *keys: str) -> bool:
        """Move behind one of these keywords if it comes next."""
        if self._tokens[self.place].key not in keys:
            return False
        self.place += 1
        return True

    def expect(self, first: str, *rest: str) -> None:
        """Move behind these keywords, or raise SchemaError."""
        if not self.take(first, *rest):
            self.fail(f"expected {' '.join((first, *rest))}")

    def name(self) -> str:
        """An identifier, quoted or not."""
        token = self._tokens[self.place]
        # A bare number too, for the second part of `database.1`.
        if token.kind not in ("word", "name") and not (token.kind == "number" and token.value.isdigit()):
            self.fail("expected a name")
        self.place += 1
        return token.value

    def charset_or_collation(self) -> str:
        """The name of a character set or collation, which may also stand in quotes."""
        name = self.next().value if self.token.kind == "string" else self.name()
        if self.sql_mode & INTERPRET_UTF8_AS_UTF8MB4 and name[:5].lower() in ("utf8", "utf8_"):
            return "utf8mb4" + name[4:]
        return name

    def text(self) -> str:
        """A string literal; adjacent ones are one."""
        if self.token.kind not in ("string", "national"):
            self.fail("expected a string")
        parts = []
        while self.token.kind in ("string", "national"):
            parts.append(self.next().value)
        return "".join(parts)

    def number(self) -> int:
        """A whole number."""
        token = self.token
        try:
            value = int(token.value, 16) if token.kind == "hex" else int(float(token.value))
        except ValueError:
            self.fail("expected a number")
        self.place += 1
        return value

    def skip_group(self) -> None:
        """Move behind a balanced parenthesis that begins here."""
        start = self.place
        self.expect("(")
        depth = 1
        while depth:
            token = self.next()
            if token.key == "(":
                depth += 1
            elif token.key == ")":
                depth -= 1
            elif token.kind == "end":
                self.place = start
                self.fail("a parenthesis is never closed")

    def skip_one(self) -> None:
        """Move behind one token, or behind the whole parenthesis that begins here."""
        if self.key == "(":
            self.skip_group()
        else:
            self.next()

    def skip_item(self) -> None:
        """Move to the next comma or closing parenthesis of this level, or to the end."""
        while not (self.at_any(",", ")") or self.at_end()):
            self.skip_one()

    def fail(self, why: str) -> NoReturn:
        """Raise SchemaError that shows the place."""
        token = self.token
        what = "the end of the statement" if token.kind == "end" else repr(token.value)
        near = self._sql[token.at : token.at + 40]
        raise SchemaError(
            f"cannot follow this statement: {why}, found {what}",
            where=f"character {token.at + 1} of the statement, near {near!r}",
            hint=HINT,
        )
