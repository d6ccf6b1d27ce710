"""One property as a frozen value: what validation, the reference page and the console's form are made from."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_NOTHING: Mapping[str, str] = MappingProxyType({})

Importance = Literal["high", "medium", "low"]
Label = Literal["STRING", "INT", "LONG", "BOOLEAN", "LIST", "PASSWORD", "CLASS"]
"""Kafka Connect's type names, as `/connector-plugins/{plugin}/config/validate` answers them."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How the text of a property becomes a value. `parse` raises ValueError with the reason in words."""

    label: Label
    parse: Callable[[str], T]
    choices: tuple[str, ...] = ()
    """The values allowed, where there are few."""


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One property. `validator` says what is wrong with a parsed value, or None."""

    name: str
    type: Kind[T]
    default: T | None
    doc: str
    validator: Callable[[T], str | None] = lambda _: None
    importance: Importance = "medium"
    required: bool = False

    def read(self, text: str) -> T:
        """Raises ValueError with the reason in words."""
        value = self.type.parse(text)
        if problem := self.validator(value):
            raise ValueError(problem)
        return value


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """Properties whose names hold something of the user's: `column.mask.with.<n>.chars`."""

    name: str
    """As documentation shows it."""
    pattern: re.Pattern[str]
    """Of the whole name; its groups are what the user put there."""
    type: Kind[T]
    doc: str
    importance: Importance = "medium"


class Password:
    """A secret. Only `reveal()` gives it away: neither print, format, repr, pickle nor an error message does."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._secret

    def __str__(self) -> str:
        """Masked."""
        return "********"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        """Equal to a Password of the same secret, never to a str."""
        return isinstance(other, Password) and other._secret == self._secret

    def __hash__(self) -> int:
        """Consistent with equality."""
        return hash(("Password", self._secret))

    def __reduce__(self) -> tuple[object, ...]:
        """Refuses to be written anywhere."""
        message = "a Password is never serialised"
        raise TypeError(message)


class Values:
    """Parsed properties, looked up by the field itself, so that the type of the answer is the field's."""

    __slots__ = ("_families", "_parsed")

    def __init__(
        self,
        parsed: Mapping[Field[Any], object],
        families: Mapping[str, tuple[tuple[tuple[str, ...], object], ...]] | None = None,
    ) -> None:
        self._parsed = {field.name: value for field, value in parsed.items()}
        self._families = families or {}

    def get(self, field: Field[T]) -> T | None:
        """The value given, else the default, else None."""
        value: Any = self._parsed.get(field.name, field.default)
        found: T | None = value
        return found

    def __getitem__(self, field: Field[T]) -> T:
        """The value of a field that is required or has a default."""
        value = self.get(field)
        if value is None:
            raise KeyError(field.name)
        return value

    def family(self, family: Family[T]) -> tuple[tuple[tuple[str, ...], T], ...]:
        """(groups of the name, value) of each property of the family, as they were given."""
        given: Any = self._families.get(family.name, ())
        found: tuple[tuple[tuple[str, ...], T], ...] = given
        return found


def _boolean(text: str) -> bool:
    if (lowered := text.lower()) in ("true", "false"):
        return lowered == "true"
    message = "must be true or false"
    raise ValueError(message)


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        message = "must be a whole number"
        raise ValueError(message)
    return int(text)


def split_list(text: str) -> tuple[str, ...]:
    r"""Items of a comma-separated list, trimmed; `\,` is a comma inside an item (Debezium's rule)."""
    items = (re.sub(r"\\,", ",", item).strip() for item in re.split(r"(?<!\\),", text))
    return tuple(item for item in items if item)


def _patterns(text: str) -> tuple[re.Pattern[str], ...]:
    compiled = []
    for item in split_list(text):
        try:
            compiled.append(re.compile(item, re.IGNORECASE))
        except re.error as error:
            message = f"{item!r} is not a regular expression: {error}"
            raise ValueError(message) from None
    return tuple(compiled)


STRING = Kind("STRING", str)
INT = Kind("INT", _integer)
LONG = Kind("LONG", _integer)
BOOLEAN = Kind("BOOLEAN", _boolean, ("true", "false"))
LIST = Kind("LIST", split_list)
PATTERNS = Kind("LIST", _patterns)
PASSWORD = Kind("PASSWORD", Password)
CLASS = Kind("CLASS", str)


def one_of(options: type[E], refused: Mapping[str, str] = _NOTHING) -> Kind[E]:
    """One of the words of an enum, in any case; `refused`: words of Debezium's, each with why not and what to give."""
    words = tuple(option.value for option in options)

    def parse(text: str) -> E:
        word = text.lower()
        if word in refused:
            raise ValueError(refused[word])
        try:
            return options(word)
        except ValueError:
            near = difflib.get_close_matches(word, words, n=1)
            suggestion = f"; did you mean {near[0]}?" if near else ""
            message = f"must be one of {', '.join(words)}{suggestion}"
            raise ValueError(message) from None

    return Kind("STRING", parse, words)


def between(low: int, high: int) -> Callable[[int], str | None]:
    """A validator: low ≤ value ≤ high."""
    return lambda value: None if low <= value <= high else f"must be between {low} and {high}"


def at_least(low: int) -> Callable[[int], str | None]:
    """A validator: value ≥ low."""
    return lambda value: None if value >= low else f"must be at least {low}"


def matching(pattern: str, words: str) -> Callable[[str], str | None]:
    """A validator: the whole value matches; `words` says so to people."""
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else words
