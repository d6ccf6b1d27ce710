"""Properties from a file or a mapping, flat: .properties, JSON (flat or Connect's), YAML, TOML, `--set k=v`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tailrace.config.properties import parse_properties
from tailrace.errors import ConfigError

FORMATS = (".properties", ".json", ".yaml", ".yml", ".toml")


def load_properties(source: Path | Mapping[str, object], overrides: Iterable[str] = ()) -> dict[str, str]:
    """Flat text properties, `overrides` (`name=value`) last. Raises ConfigError where nothing can be read."""
    where = str(source) if isinstance(source, Path) else None
    given = _read_file(source) if isinstance(source, Path) else source
    flat = _flatten(_unwrap_connect(given, where))
    return flat | dict(map(_parse_override, overrides))


def _parse_override(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        message = f"cannot read --set {name}"
        raise ConfigError(message, hint="write it as --set name=value")
    return name.strip(), value


def _read_file(path: Path) -> Mapping[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"cannot read the configuration: {reason}"
        raise ConfigError(message, where=str(path)) from None
    if path.suffix not in FORMATS:
        message = f"cannot tell the format of {path.name}"
        raise ConfigError(message, where=str(path), hint=f"name it with one of {', '.join(FORMATS)}")
    parsed = _parse(path.suffix, text, str(path))
    if not isinstance(parsed, Mapping):
        message = "the configuration must be names with values"
        raise ConfigError(message, where=str(path))
    return parsed


def _parse(suffix: str, text: str, where: str) -> Any:
    try:
        match suffix:
            case ".properties":
                return parse_properties(text)
            case ".json":
                return json.loads(text)
            case ".toml":
                import tomllib  # noqa: PLC0415 - start-up time

                return tomllib.loads(text)
            case _:
                return _parse_yaml(text, where)
    except ValueError as error:  # JSONDecodeError and TOMLDecodeError are ValueErrors
        message = f"cannot read the configuration: {error}"
        raise ConfigError(message, where=where, hint=_syntax_hint(suffix)) from None


def _parse_yaml(text: str, where: str) -> Any:
    try:
        import yaml  # noqa: PLC0415 - optional, and start-up time
    except ImportError:
        message = "YAML needs the package PyYAML"
        raise ConfigError(message, where=where, hint="pip install pyyaml, or write the file as .properties") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        message = f"cannot read the configuration: {getattr(error, 'problem', None) or 'bad YAML'}"
        raise ConfigError(message, where=where + line) from None


def _syntax_hint(suffix: str) -> str | None:
    if suffix == ".toml":
        return 'quote names of which one begins like another: "max.queue.size.in.bytes" = 1048576'
    return None


def _unwrap_connect(given: Mapping[str, object], where: str | None) -> Mapping[str, object]:
    """`{"name": …, "config": {…}}` of Kafka Connect's REST interface becomes the config with its name."""
    inner = given.get("config")
    if not isinstance(inner, Mapping):
        return given
    if strangers := set(given) - {"name", "config"}:
        message = f"beside 'config' stands {', '.join(sorted(map(str, strangers)))}"
        raise ConfigError(message, where=where, hint="put every property inside 'config'")
    return {"name": given["name"], **inner} if "name" in given else inner


def _flatten(given: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in given.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{name}.")
        elif value is not None:
            flat[name] = _text(value, name)
    return flat


def _text(value: object, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float, Path)):
        return str(value)
    if isinstance(value, (list, tuple)) and all(isinstance(item, (str, int)) for item in value):
        return ",".join(map(str, value))
    message = f"{name}: must be text, a number, true, false or a list of text"
    raise ConfigError(message)
