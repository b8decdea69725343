"""A self-signed certificate: phones give pages camera access only over TLS."""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_state_path

from pigeonhole.core.errors import LiveError

VALID_DAYS = 397
"""Maximum lifetime that browsers accept."""
RENEWAL_MARGIN = timedelta(days=7)
"""Time before expiry from which a certificate is replaced."""


class CryptographyMissing(LiveError):
    """The package cryptography isn't installed."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"the host {host!r} admits other devices over TLS, which needs the package "
            "cryptography: run `pip install 'pigeonhole[phone]'`, or use the host "
            "127.0.0.1."
        )


def self_signed_certificate(
    host: str, folder: Path | None = None
) -> tuple[ssl.SSLContext, str]:
    """
    Return a TLS context for a host and the SHA-256 fingerprint of its certificate.

    The certificate is stored in a folder, by default the user's state folder, readable
    only for the user, so that a phone asks for trust only once. It is replaced before
    it expires and if this machine's addresses change.
    """
    if not find_spec("cryptography"):
        raise CryptographyMissing(host)
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    folder = folder or user_state_path("pigeonhole")
    path = folder / "live.pem"
    names = {host, *local_addresses(), socket.gethostname(), "localhost", "127.0.0.1"}
    names -= {"0.0.0.0", "::"}  # noqa: S104 - wildcard addresses aren't names
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not (path.is_file() and _load_valid(path, context, names)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(path, _create(sorted(names)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def local_addresses() -> list[str]:
    """Return this machine's IPv4 addresses, the one of the default route first."""
    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # This sends nothing; it only selects the outgoing interface. The address
            # is reserved for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            addresses.append(probe.getsockname()[0])
        except OSError:
            pass
    try:
        infos = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        addresses += [str(info[4][0]) for info in infos]
    except OSError:
        pass
    return [name for name in dict.fromkeys(addresses) if not name.startswith("127.")]


def _load_valid(path: Path, context: ssl.SSLContext, names: set[str]) -> bool:
    """Load a certificate into a context and return whether it can be used."""
    from cryptography import x509

    try:
        # Pass an empty password so that OpenSSL doesn't prompt for one.
        context.load_cert_chain(path, password=str)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        alternative_names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except (ssl.SSLError, ValueError, x509.ExtensionNotFound):
        return False
    certified = {str(name.value) for name in alternative_names}
    expiry = certificate.not_valid_after_utc
    return names <= certified and expiry > datetime.now(UTC) + RENEWAL_MARGIN


def _create(names: list[str]) -> bytes:
    """Return a new key and its certificate in PEM format."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pigeonhole")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Start in the past: the clocks of phones may be slow.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS - 1))
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
    private_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private_key + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str):  # type: ignore[no-untyped-def]
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_private(path: Path, content: bytes) -> None:
    """Replace a file atomically; only the user can read it at any time."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600, exist_ok=False)
    temporary.write_bytes(content)
    temporary.replace(path)
