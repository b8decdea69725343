"""An HTTP client that asks politely."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError

from pigeonhole.core.text import parse_json
from pigeonhole.pipeline.script import log

USER_AGENT = "pigeonhole/0.1 (photo mosaics; python-requests)"
TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and between two bytes."""
WHOLE = 180.0
"""Seconds for a whole answer: a server that drips doesn't hold us for ever."""
MOST_BYTES = 100_000_000
"""A longer answer isn't read."""
CHUNK = 64 * 1024
TRIES = 5
PATIENCE = 120.0
"""We don't wait longer than this between two tries, in seconds."""
HOPS = 5
"""How many redirects are followed."""
NOWHERE = "it sends us to an address that is none"
PASSING = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses that may go away."""

Sleep = Callable[[float], None]
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a server: what ``requests`` gives, read to its end."""

    status_code: int
    headers: Headers
    content: bytes

    @property
    def ok(self) -> bool:
        """Tell whether the answer is what was asked for."""
        return self.status_code < 400

    def json(self) -> Any:
        """Read the answer as JSON; it may be anything."""
        return parse_json(self.content)


class Refusal(requests.RequestException):
    """We don't take what a server offers; asking again would change nothing."""


class Client:
    """
    Ask politely: with a name, with time limits, and again where that may help.

    Parameters
    ----------
    sleep : callable
        Waits for so many seconds.
    jitter : callable
        Gives a number from 0 to 1, by which waiting times are spread.
    whole : float
        Seconds for a whole answer.
    """

    def __init__(
        self,
        sleep: Sleep = time.sleep,
        jitter: Callable[[], float] = random.random,
        whole: float = WHOLE,
    ) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._whole = whole
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT

    def connections(self, number: int) -> None:
        """Keep so many connections to a host open."""
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=number)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def get(
        self, url: str, headers: Headers | None = None, *, anywhere: bool = False
    ) -> Answer:
        """
        Return the last answer, good or bad, after as many tries as are sensible.

        Parameters
        ----------
        url : str
        headers : mapping, optional
        anywhere : bool
            Follow redirects to other hosts, too.

        Raises
        ------
        requests.RequestException
            The last try ended without an answer.
        """
        for attempt in range(TRIES - 1):
            # Spread, so that those who failed together don't come back together.
            wait = 2.0**attempt * (0.75 + self._jitter() / 2)
            try:
                answer = self._try(url, headers, anywhere)
            except Refusal:
                raise
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                reason = reason_of(error)
            else:
                asked = retry_after(answer)
                if answer.status_code not in PASSING or (asked or 0) > PATIENCE:
                    return answer
                reason = f"HTTP {answer.status_code}"
                wait = wait if asked is None else asked + self._jitter()
            host = urlsplit(url).hostname
            log.warning("%s: %s; trying again in %.1f s", host, reason, wait)
            self._sleep(wait)
        return self._try(url, headers, anywhere)

    def _try(self, url: str, headers: Headers | None, anywhere: bool) -> Answer:  # noqa: FBT001
        for _ in range(HOPS):
            answer = self._once(url, headers)
            target = answer.headers.get("Location")
            if answer.status_code not in {301, 302, 303, 307, 308} or not target:
                return answer
            try:
                target = urljoin(url, target)
                goes, host = urlsplit(target)[:2], urlsplit(target).hostname
            except ValueError:
                raise Refusal(NOWHERE) from None
            if not anywhere and goes != urlsplit(url)[:2]:
                raise Refusal(f"it sends us to another host ({host})")
            url = target
        raise Refusal("it sends us from address to address")

    def _once(self, url: str, headers: Headers | None) -> Answer:
        end = time.monotonic() + self._whole
        with self._asked(url, headers) as answer:
            parts, size = [], 0
            for part in _parts(answer):
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES:
                    raise Refusal(f"the answer is longer than {MOST_BYTES} bytes")
                if time.monotonic() > end:
                    raise requests.Timeout
            return Answer(answer.status_code, answer.headers, b"".join(parts))

    def _asked(self, url: str, headers: Headers | None) -> requests.Response:
        try:
            return self._session.get(
                url,
                headers=headers,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise
        # The library looks at where it is sent even if it isn't to go there.
        except ValueError:
            raise Refusal(NOWHERE) from None


def _parts(answer: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes in, however little; errors are those of requests."""
    try:
        # Its own iterator waits until a piece is full: for ever, where a server drips.
        while part := answer.raw.read1(CHUNK, decode_content=True):
            yield part
    except ReadTimeoutError:
        raise requests.Timeout from None
    except (ProtocolError, DecodeError):
        raise requests.exceptions.ChunkedEncodingError from None


def retry_after(answer: Answer) -> float | None:
    """Return for how many seconds a server asks us to wait, if it does."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdecimal():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    # The latter two of days that are none or that no clock reaches.
    except (ValueError, TypeError, OverflowError):
        return None


def reason_of(error: requests.RequestException) -> str:
    """Tell an error of requests in a few words, without addresses or objects."""
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "it takes too long to answer"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection"
    return f"the request fails ({type(error).__name__})"
