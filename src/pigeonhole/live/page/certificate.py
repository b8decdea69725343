"""A certificate of our own, since phones give a page their camera only over TLS."""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_state_path

from pigeonhole.core.errors import LiveError

DAYS = 397
"""Browsers trust no certificate for longer."""
SPARE = timedelta(days=7)
"""So long before its end a certificate is made anew."""


class NoCryptography(LiveError):
    """The package that makes certificates isn't there."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"live.host is {host!r}: other devices need TLS, and TLS the package "
            "cryptography: pip install 'pigeonhole[phone]', or take 127.0.0.1."
        )


def own_certificate(
    host: str, folder: Path | None = None
) -> tuple[ssl.SSLContext, str]:
    """
    Return a TLS context and the fingerprint of its certificate.

    The certificate signs itself. It is kept in the user's state folder, readable for
    the user alone, so that a phone that trusted it once asks no more; it is made anew
    before it ends and where this machine's addresses have changed.

    Parameters
    ----------
    host : str
        A name or address that it has to hold for.
    folder : Path, optional
        Where it is kept; the user's state folder by default.

    Raises
    ------
    NoCryptography
    """
    if not find_spec("cryptography"):
        raise NoCryptography(host)
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    folder = folder or user_state_path("pigeonhole")
    path = folder / "live.pem"
    names = {host, *addresses(), socket.gethostname(), "localhost", "127.0.0.1"}
    names -= {"0.0.0.0", "::"}  # noqa: S104 - any address is no name
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not (path.is_file() and _still_good(path, context, names)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_private(path, _made(sorted(names)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def addresses() -> list[str]:
    """Return this machine's own addresses on its networks, the likeliest first."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only chooses the way out.
            probe.connect(("192.0.2.1", 9))
            found.append(probe.getsockname()[0])
        except OSError:
            pass
    try:
        infos = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        found += [str(info[4][0]) for info in infos]
    except OSError:
        pass
    return [name for name in dict.fromkeys(found) if not name.startswith("127.")]


def _still_good(path: Path, context: ssl.SSLContext, names: set[str]) -> bool:
    """Load a certificate and its key, and tell whether they may be used."""
    from cryptography import x509

    try:
        # Without a password OpenSSL would ask the terminal for one.
        context.load_cert_chain(path, password=str)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        held = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except (ssl.SSLError, ValueError, x509.ExtensionNotFound):
        return False
    known = {str(name.value) for name in held}
    return (
        names <= known and certificate.not_valid_after_utc > datetime.now(UTC) + SPARE
    )


def _made(names: list[str]) -> bytes:
    """Return a new key and its certificate, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pigeonhole")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Phones' clocks differ.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DAYS - 1))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str):  # type: ignore[no-untyped-def]
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _keep_private(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_bytes(content)
    draft.replace(path)
