"""How keys and values become bytes: JSON, or Avro with a schema registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tailrace.config.field import BOOLEAN, CLASS, LIST, PASSWORD, STRING, Field, Password, Values

_JSON = "org.apache.kafka.connect.json.JsonConverter"
_AVRO = "io.confluent.connect.avro.AvroConverter"

Side = Literal["key", "value"]


def _one_of(*allowed: str) -> Any:
    return lambda value: None if value in allowed else f"must be {' or '.join(allowed)}"


def _web(urls: tuple[str, ...]) -> str | None:
    strangers = [url for url in urls if not url.startswith(("http://", "https://"))]
    return f"must begin with http:// or https://, not {', '.join(strangers)}" if strangers else None


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """A schema registry that speaks Confluent's REST interface."""

    urls: tuple[str, ...]
    """Tried in this order."""
    user_info: Password | None = None
    """`user:password`"""
    token: Password | None = None
    register: bool = True
    """Whether new schemas are registered; if not, they must be there."""


@dataclass(frozen=True, slots=True)
class DocumentConfig:
    """How a key or a value is written."""

    schemas: bool = False
    """With JSON: whether the schema is part of it."""
    null_becomes_default: bool = False
    registry: RegistryConfig | None = None
    """Written as Avro with this registry; None: as JSON."""


PLAIN = DocumentConfig()


@dataclass(frozen=True, slots=True)
class Converter:
    """The properties `key.converter*`, or `value.converter*`."""

    kind: Field[str]
    schemas: Field[bool]
    null_default: Field[bool]
    url: Field[tuple[str, ...]]
    credentials: Field[str]
    user_info: Field[Password]
    bearer: Field[str]
    token: Field[Password]
    register: Field[bool]
    keep_null: Field[bool]

    @property
    def fields(self) -> tuple[Field[Any], ...]:
        """All of them."""
        return (
            self.kind, self.schemas, self.null_default, self.url, self.credentials, self.user_info, self.bearer,
            self.token, self.register, self.keep_null,
        )  # fmt: skip

    def read(self, values: Values) -> DocumentConfig:
        """Connect's JSON converter writes schemas unless told otherwise; without one named, events are plain."""
        kind = values.get(self.kind)
        if kind == _AVRO:
            registry = RegistryConfig(
                values[self.url], values.get(self.user_info), values.get(self.token), values[self.register]
            )
            return DocumentConfig(null_becomes_default=not values[self.keep_null], registry=registry)
        given = values.get(self.schemas)
        return DocumentConfig(
            schemas=kind is not None if given is None else given, null_becomes_default=values[self.null_default]
        )

    def problems(self, values: Values) -> list[str]:
        """Options of the other converter, and what Avro needs."""
        avro = values.get(self.kind) == _AVRO
        if avro and not values.get(self.url):
            return [f"{self.url.name}: is missing ({self.kind.name} is Avro)"]
        if avro and values.get(self.schemas):
            return [f"{self.schemas.name}: only JSON carries its schema; Avro's is in the registry"]
        strangers: tuple[Field[Any], ...] = () if avro else (self.url, self.user_info, self.token)
        return [f"{field.name}: only with {self.kind.name}={_AVRO}" for field in strangers if values.get(field)]


def _converter(side: Side) -> Converter:
    name = f"{side}.converter"
    return Converter(
        kind=Field(name, CLASS, None, f"{_JSON} or {_AVRO}.", _one_of(_JSON, _AVRO), "low"),
        schemas=Field(
            f"{name}.schemas.enable",
            BOOLEAN,
            None,
            f"JSON {side}s carry their schema. Default: true if {name} is given, as in Connect, else false.",
        ),
        null_default=Field(
            f"{name}.replace.null.with.default",
            BOOLEAN,
            default=False,
            doc=f"With JSON: write a column's DEFAULT in {side}s where it is NULL, as Connect does by its own default.",
            importance="low",
        ),
        url=Field(
            f"{name}.schema.registry.url", LIST, None, "URLs of the registry, tried in this order; for Avro.", _web
        ),
        credentials=Field(
            f"{name}.basic.auth.credentials.source",
            STRING,
            "USER_INFO",
            "Accepted as it is: the user is in basic.auth.user.info.",
            _one_of("USER_INFO"),
            "low",
        ),
        user_info=Field(f"{name}.basic.auth.user.info", PASSWORD, None, "`user:password` for the registry."),
        bearer=Field(
            f"{name}.bearer.auth.credentials.source",
            STRING,
            "STATIC_TOKEN",
            "Accepted as it is: the token is in bearer.auth.token.",
            _one_of("STATIC_TOKEN"),
            "low",
        ),
        token=Field(f"{name}.bearer.auth.token", PASSWORD, None, "A token for the registry."),
        register=Field(
            f"{name}.auto.register.schemas",
            BOOLEAN,
            default=True,
            doc="Register schemas that the registry does not have; false: they must be there.",
        ),
        keep_null=Field(
            f"{name}.ignore.default.for.nullables",
            BOOLEAN,
            default=True,
            doc=f"With Avro: write NULL in {side}s where a column is NULL, not its DEFAULT (Confluent: false).",
            importance="low",
        ),
    )


KEY = _converter("key")
VALUE = _converter("value")
FIELDS: tuple[Field[Any], ...] = (*KEY.fields, *VALUE.fields)


def problems(values: Values) -> list[str]:
    """Of both converters."""
    return [*KEY.problems(values), *VALUE.problems(values)]
