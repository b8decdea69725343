"""An HTTP client with retries, time limits and size limits."""

import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.models import REDIRECT_STATI
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError

from pigeonhole.core.untrusted_json import parse_json

log = logging.getLogger(__name__)

USER_AGENT = "pigeonhole/0.1 (photo mosaics; python-requests)"
REQUEST_TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and between two bytes."""
RESPONSE_TIMEOUT = 180.0
"""Seconds for a complete response, so that a slow server can't block forever."""
MAX_RESPONSE_BYTES = 100_000_000
"""Largest response to read."""
READ_SIZE = 64 * 1024
REQUEST_TRIES = 5
MAX_RETRY_WAIT = 120.0
"""Longest wait between two tries, in seconds."""
MAX_REDIRECTS = 5
INVALID_URL = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
INVALID_URL_REASON = "its URL is invalid"
MAX_SHOWN_WAIT = 31 * 86_400.0
"""Longest wait, in seconds, that a service can mean: its quota is for a month."""
RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses of temporary failures."""

Sleep = Callable[[float], None]
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP response."""

    status_code: int
    headers: Headers
    content: bytes

    @property
    def ok(self) -> bool:
        """True unless the status is an error."""
        return self.status_code < 400

    @property
    def is_web_page(self) -> bool:
        """True if the content is HTML, as that of proxies and bot protections."""
        kind = self.headers.get("Content-Type", "").lower()
        return "html" in kind or self.content.lstrip()[:1] == b"<"

    def json(self) -> Any:
        """Parse the content as JSON of any type; raise ValueError if it isn't JSON."""
        return parse_json(self.content)


class ResponseRejected(requests.RequestException):
    """A response can't be used, and a retry can't help."""


class Client:
    """
    An HTTP client that retries temporary failures.

    `sleep` waits for a number of seconds, `jitter` returns a random number from 0 to 1,
    and a complete response may take `total_timeout` seconds.
    """

    def __init__(
        self,
        sleep: Sleep = time.sleep,
        jitter: Callable[[], float] = random.random,
        total_timeout: float = RESPONSE_TIMEOUT,
    ) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._total_timeout = total_timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT

    def set_pool_size(self, connections: int) -> None:
        """Set how many connections to a host stay open."""
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=connections)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def get(
        self, url: str, headers: Headers | None = None, *, cross_host: bool = False
    ) -> Response:
        """
        Return the response to a GET request, retrying temporary failures.

        The response of the last try is returned even if it is an error. Redirects to
        other hosts are followed only with `cross_host`.

        Raises
        ------
        requests.RequestException
            The last try ended without a response.
        """
        for attempt in range(REQUEST_TRIES - 1):
            # Jitter keeps clients that failed together from returning together.
            wait = 2.0**attempt * (0.75 + self._jitter() / 2)
            try:
                response = self._try(url, headers, cross_host)
            except ResponseRejected:
                raise
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                reason = describe_error(error)
            else:
                requested = retry_after(response)
                if (
                    response.status_code not in RETRY_STATUSES
                    or (requested or 0) > MAX_RETRY_WAIT
                ):
                    return response
                reason = f"HTTP {response.status_code}"
                wait = wait if requested is None else requested + self._jitter()
            host = urlsplit(url).hostname
            log.warning("%s: %s; trying again in %.1f s", host, reason, wait)
            self._sleep(wait)
        return self._try(url, headers, cross_host)

    def _try(self, url: str, headers: Headers | None, cross_host: bool) -> Response:  # noqa: FBT001
        """Return the response after redirects."""
        for _ in range(MAX_REDIRECTS):
            response = self._request(url, headers)
            target = response.headers.get("Location")
            if response.status_code not in REDIRECT_STATI or not target:
                return response
            try:
                target = urljoin(url, target)
                origin, host = urlsplit(target)[:2], urlsplit(target).hostname
            except ValueError:
                raise ResponseRejected("it redirects to an invalid URL") from None
            if not cross_host and origin != urlsplit(url)[:2]:
                raise ResponseRejected(f"it redirects to another host ({host})")
            url = target
        raise ResponseRejected("it redirects too many times")

    def _request(self, url: str, headers: Headers | None) -> Response:
        deadline = time.monotonic() + self._total_timeout
        with self._open(url, headers) as response:
            chunks, size = [], 0
            for chunk in _read_chunks(response):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_RESPONSE_BYTES:
                    raise ResponseRejected(
                        f"the response is longer than {MAX_RESPONSE_BYTES:,} bytes"
                    )
                if time.monotonic() > deadline:
                    raise requests.Timeout
            content = b"".join(chunks)
            return Response(response.status_code, response.headers, content)

    def _open(self, url: str, headers: Headers | None) -> requests.Response:
        try:
            return self._session.get(
                url,
                headers=headers,
                timeout=REQUEST_TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise
        # requests parses the target of a redirect, too, even if it doesn't follow it.
        except ValueError:
            raise ResponseRejected(INVALID_URL_REASON) from None


def _read_chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives; raise only errors of requests."""
    try:
        # `iter_content` waits until a chunk is full, which can take forever.
        while chunk := response.raw.read1(READ_SIZE, decode_content=True):
            yield chunk
    except ReadTimeoutError:
        raise requests.Timeout from None
    except (ProtocolError, DecodeError):
        raise requests.exceptions.ChunkedEncodingError from None


def retry_after(response: Response) -> float | None:
    """Return the seconds of a Retry-After header, or None."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    # Dates that don't exist, or that the platform can't represent.
    except (ValueError, TypeError, OverflowError):
        return None


def describe_wait(seconds: float | None) -> str:
    """Return when to try again; a wait that no service can mean is in an hour."""
    if not seconds or not 0 < seconds <= MAX_SHOWN_WAIT:
        return "in an hour"
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds > 2 * size:
            return f"in {math.ceil(seconds / size)} {unit}s"
    return f"in {math.ceil(seconds)} second{'s' * (seconds > 1)}"


def describe_error(error: requests.RequestException) -> str:
    """Return a short description of an error, without URLs or objects."""
    if isinstance(error, ResponseRejected):
        return str(error)
    if isinstance(error, INVALID_URL):
        return INVALID_URL_REASON
    if isinstance(error, requests.Timeout):
        return "it takes too long to respond"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the response is incomplete"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return f"the request failed ({type(error).__name__})"
