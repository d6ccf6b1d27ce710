"""Key stores of Java, made by keytool where it is and by cryptography otherwise; both are PKCS12."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509 import load_pem_x509_certificates

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "store-password-7"


def trust_by_cryptography(ca: Path, folder: Path) -> Path:
    """A store of the authorities in a PEM file."""
    certificates = load_pem_x509_certificates(ca.read_bytes())
    return _write(folder / "trust.p12", serialize_key_and_certificates(None, None, None, certificates, _secret()))


def trust_by_keytool(ca: Path, folder: Path) -> Path:
    """The same, as Java's users make it."""
    store = folder / "trust-of-java.p12"
    keytool("-importcert", "-noprompt", "-alias", "ca", "-file", ca, "-keystore", store, "-storepass", PASSWORD)
    return store


def keys_by_cryptography(key: Path, chain: Path, folder: Path) -> Path:
    """A store of a key and its certificate, of PEM files."""
    first, *others = load_pem_x509_certificates(chain.read_bytes())
    private = load_pem_private_key(key.read_bytes(), None)
    content = serialize_key_and_certificates(b"client", private, first, others, _secret())  # type: ignore[arg-type]  # not every kind of key
    return _write(folder / "keys.p12", content)


def keys_by_keytool(key: Path, chain: Path, folder: Path) -> Path:
    """The same; keytool takes no key in PEM, but writes anew what it reads."""
    return converted(keys_by_cryptography(key, chain, folder), folder / "keys-of-java.p12", "PKCS12")


def converted(store: Path, new: Path, kind: str) -> Path:
    """A store of another kind."""
    source = ("-srckeystore", store, "-srcstorepass", PASSWORD)
    keytool("-importkeystore", *source, "-destkeystore", new, "-deststoretype", kind, "-deststorepass", PASSWORD)
    return new


def keytool(*arguments: object) -> None:
    """Raises AssertionError with its words."""
    command = ["keytool", *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _secret() -> BestAvailableEncryption:
    return BestAvailableEncryption(PASSWORD.encode())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
