import asyncio
import ssl
import stat
import sys
from datetime import UTC, datetime, timedelta

import aiohttp
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from page_samples import image_message, origin_and_token, serve_page, unpack_placement

from pigeonhole.live.page import certificate
from pigeonhole.live.page.certificate import (
    CryptographyMissing,
    local_addresses,
    self_signed_certificate,
)


def read_certificate(folder):
    return x509.load_pem_x509_certificate((folder / "live.pem").read_bytes())


def names_of(certificate):
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return {str(name.value) for name in names.value}


def test_a_certificate_is_created_once_and_only_the_user_can_read_it(tmp_path):
    folder = tmp_path / "state"
    _, fingerprint = self_signed_certificate("0.0.0.0", folder)
    created = read_certificate(folder)
    _, second_fingerprint = self_signed_certificate("0.0.0.0", folder)
    assert fingerprint == second_fingerprint
    assert bytes.fromhex(fingerprint.replace(":", "")) == created.fingerprint(SHA256())
    assert stat.S_IMODE((folder / "live.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["live.pem"]
    assert {"localhost", "127.0.0.1", *local_addresses()} <= names_of(created)
    lifetime = created.not_valid_after_utc - created.not_valid_before_utc
    assert timedelta(days=300) < lifetime < timedelta(days=398)


def test_a_certificate_is_replaced_for_another_name_and_before_it_expires(
    tmp_path, monkeypatch
):
    self_signed_certificate("127.0.0.1", tmp_path)
    first = read_certificate(tmp_path)
    self_signed_certificate("pigeon.example", tmp_path)
    second = read_certificate(tmp_path)
    assert second.serial_number != first.serial_number
    assert "pigeon.example" in names_of(second)
    lifetime_left = second.not_valid_after_utc - datetime.now(UTC)
    margin = lifetime_left + timedelta(days=1)
    monkeypatch.setattr(certificate, "RENEWAL_MARGIN", margin)
    self_signed_certificate("pigeon.example", tmp_path)
    assert read_certificate(tmp_path).serial_number != second.serial_number


def test_a_damaged_certificate_is_replaced(tmp_path):
    (tmp_path / "live.pem").write_text("damaged")
    self_signed_certificate("127.0.0.1", tmp_path)
    assert read_certificate(tmp_path)


def test_a_certificate_with_a_damaged_key_is_replaced(tmp_path):
    self_signed_certificate("127.0.0.1", tmp_path)
    path, before = tmp_path / "live.pem", read_certificate(tmp_path)
    key, end_of_key, rest = path.read_text().partition("-----END PRIVATE KEY-----")
    path.write_text(key.replace("A", "B") + end_of_key + rest)
    self_signed_certificate("127.0.0.1", tmp_path)
    assert read_certificate(tmp_path) != before


def test_the_missing_package_is_reported_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(CryptographyMissing, match=r"install 'pigeonhole\[phone\]'"):
        self_signed_certificate("0.0.0.0")


def test_a_device_that_trusts_the_certificate_can_use_the_page(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    frame = np.zeros((24, 32), np.uint8)

    async def visit(page):
        origin, token = origin_and_token(page)
        trust = ssl.create_default_context(cafile=tmp_path / "pigeonhole" / "live.pem")
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(
                f"{origin}/live?token={token}",
                headers={"Origin": origin},
                ssl=trust,
            ) as socket,
        ):
            await socket.receive()
            await socket.send_bytes(image_message(frame))
            return unpack_placement((await socket.receive()).data)[1]

    with serve_page(host="0.0.0.0") as (page, _):
        assert all(url.startswith("https://") for url in page.urls)
        assert asyncio.run(visit(page)).shape == (4, 4)
    output = capsys.readouterr().err
    assert "SHA-256 fingerprint: " in output
    assert all(url in output for url in page.urls)
