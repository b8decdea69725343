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
from live_samples import tiles_of
from page_samples import message, serving, split, unpack

from pigeonhole.live.page import certificate
from pigeonhole.live.page.certificate import NoCryptography, own_certificate


def made(path):
    return x509.load_pem_x509_certificate((path / "live.pem").read_bytes())


def names_of(found):
    held = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in held}


def test_a_certificate_is_made_once_and_kept_for_the_user_alone(tmp_path):
    folder = tmp_path / "state"
    _, fingerprint = own_certificate("0.0.0.0", folder)
    first = made(folder)
    _, again = own_certificate("0.0.0.0", folder)
    assert fingerprint == again
    assert bytes.fromhex(again.replace(":", "")) == first.fingerprint(SHA256())
    assert stat.S_IMODE((folder / "live.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["live.pem"]
    assert {"localhost", "127.0.0.1", *certificate.addresses()} <= names_of(first)
    lifetime = first.not_valid_after_utc - first.not_valid_before_utc
    assert timedelta(days=300) < lifetime < timedelta(days=398)


def test_a_certificate_is_made_anew_for_another_name_or_near_its_end(
    tmp_path, monkeypatch
):
    own_certificate("127.0.0.1", tmp_path)
    first = made(tmp_path).serial_number
    own_certificate("pigeon.example", tmp_path)
    second = made(tmp_path)
    assert second.serial_number != first
    assert "pigeon.example" in names_of(second)
    left = second.not_valid_after_utc - datetime.now(UTC)
    monkeypatch.setattr(certificate, "SPARE", left + timedelta(days=1))
    own_certificate("pigeon.example", tmp_path)
    assert made(tmp_path).serial_number != second.serial_number


def test_a_damaged_certificate_is_made_anew(tmp_path):
    (tmp_path / "live.pem").write_text("damaged")
    own_certificate("127.0.0.1", tmp_path)
    assert made(tmp_path)


def test_a_certificate_whose_key_is_damaged_is_made_anew(tmp_path):
    own_certificate("127.0.0.1", tmp_path)
    path, before = tmp_path / "live.pem", made(tmp_path)
    key, mark, rest = path.read_text().partition("-----END PRIVATE KEY-----")
    path.write_text(key.replace("A", "B") + mark + rest)
    own_certificate("127.0.0.1", tmp_path)
    assert made(tmp_path) != before


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(NoCryptography, match=r"pip install 'pigeonhole\[phone\]'"):
        own_certificate("0.0.0.0")


def test_a_phone_that_trusts_the_certificate_sees_the_mosaic(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    frame = np.zeros((24, 32), np.uint8)

    async def look(page):
        origin, token = split(page)
        trust = ssl.create_default_context(cafile=tmp_path / "pigeonhole" / "live.pem")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{origin}/live?token={token}",
                headers={"Origin": origin},
                ssl=trust,
            ) as socket,
        ):
            await socket.receive()
            await socket.send_bytes(message(frame))
            return unpack((await socket.receive()).data)[1]

    with serving(tiles_of(), host="0.0.0.0") as (page, _):
        assert all(address.startswith("https://") for address in page.addresses)
        assert asyncio.run(look(page)).shape == (4, 4)
    told = capsys.readouterr().err
    assert "SHA-256 fingerprint: " in told
    assert all(address in told for address in page.addresses)
