"""Java's key stores: PKCS12, which keytool makes since Java 9, read into the PEM that every other library takes.

`name` is the property that names the file, for errors: every function raises ConfigError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.config.field import Password
from tailrace.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates
    from cryptography.x509 import Certificate

_OLD = {b"\xfe\xed\xfe\xed": "JKS", b"\xce\xce\xce\xce": "JCEKS"}
"""By their first bytes."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a client shows of itself."""

    chain: str
    """PEM: its certificate, then those of who signed it."""
    key: Password
    """PEM, PKCS8; encrypted where a passphrase was asked for."""


def is_pem(path: Path, name: str) -> bool:
    """Whether the file needs no reading here."""
    return _read(path, name).lstrip().startswith(b"-----BEGIN")


def authorities(path: Path, password: Password | None, name: str) -> str:
    """Every certificate of a trust store, PEM."""
    store = _open(path, password, name)
    found = [entry.certificate for entry in store.additional_certs]
    if store.cert is not None:
        found.append(store.cert.certificate)
    if not found:
        hint = "keytool -list -keystore … must show a trustedCertEntry"
        raise ConfigError(f"{name}: the store has no certificate", where=str(path), hint=hint)
    return _pem(found)


def identity(path: Path, password: Password | None, name: str, passphrase: Password | None = None) -> Identity:
    """Key and certificates of a key store; the key is encrypted with `passphrase`, where given."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - start-up time
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    store = _open(path, password, name)
    if store.key is None or store.cert is None:
        hint = "keytool -list -keystore … must show a PrivateKeyEntry"
        raise ConfigError(f"{name}: the store has no key with its certificate", where=str(path), hint=hint)
    encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.reveal().encode())
    key = store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    chain = _pem([store.cert.certificate, *(entry.certificate for entry in store.additional_certs)])
    return Identity(chain, Password(key.decode("ascii")))


def _open(path: Path, password: Password | None, name: str) -> PKCS12KeyAndCertificates:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12  # noqa: PLC0415 - start-up time

    content = _read(path, name)
    if (old := _OLD.get(content[:4])) is not None:
        new = f"{path.with_suffix('')}.p12"
        hint = f"keytool -importkeystore -srckeystore {path} -destkeystore {new} -deststoretype PKCS12"
        raise ConfigError(f"{name}: {old} stores cannot be read, PKCS12 can", where=str(path), hint=hint)
    try:
        return load_pkcs12(content, password.reveal().encode() if password is not None else None)
    except (ValueError, TypeError):
        message = f"{name}: the store cannot be opened: the password is wrong or missing, or it is no PKCS12 store"
        raise ConfigError(message, where=str(path)) from None


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{name}: the store cannot be read: {error.strerror}", where=str(path)) from None


def _pem(certificates: Iterable[Certificate]) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - start-up time

    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates).decode("ascii")
