"""`${env:NAME}`, `${file:path:key}` and `${directory:path:file}` inside values, as Kafka Connect's config providers
write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tailrace.config.properties import parse_properties

_REFERENCE = re.compile(r"\$\{(?P<provider>[a-z]+):(?P<rest>[^}]*)\}")

ReadFile = Callable[[Path], str]


def expand(text: str, environment: Mapping[str, str], read_file: ReadFile) -> str:
    """The text with every reference replaced, once. Raises ValueError that names the reference, never its value."""

    def replace(match: re.Match[str]) -> str:
        return _look_up(match["provider"], match["rest"], environment, read_file)

    return _REFERENCE.sub(replace, text)


def _look_up(provider: str, rest: str, environment: Mapping[str, str], read_file: ReadFile) -> str:
    match provider:
        case "env":
            name = rest.removeprefix(":")
            if name not in environment:
                message = f"the environment has no {name}"
                raise ValueError(message)
            return environment[name]
        case "file":
            path, _, key = rest.rpartition(":")
            return _from_file(Path(path), key, read_file)
        case "directory":
            path, _, name = rest.rpartition(":")
            # The line end that editors and `echo` leave is no part of a secret.
            return _read(Path(path) / name, read_file).removesuffix("\n").removesuffix("\r")
        case _:
            message = f"${{{provider}:…}} is not known; env, file and directory are"
            raise ValueError(message)


def _from_file(path: Path, key: str, read_file: ReadFile) -> str:
    values = parse_properties(_read(path, read_file))
    if key not in values:
        message = f"{path} has no {key}"
        raise ValueError(message)
    return values[key]


def _read(path: Path, read_file: ReadFile) -> str:
    try:
        return read_file(path)
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}"
        raise ValueError(message) from None
