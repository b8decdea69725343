"""An HTTP client that asks politely."""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from pigeonhole.job import log

USER_AGENT = "pigeonhole/0.1 (photo mosaics; python-requests)"
TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and between two bytes."""
TRIES = 5
PATIENCE = 120.0
"""We don't wait longer than this between two tries, in seconds."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses that may go away."""

Sleep = Callable[[float], None]


class Client:
    """
    Ask politely: with a name, with time limits, and again where that may help.

    Parameters
    ----------
    sleep : callable
        Waits for so many seconds.
    """

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT

    def get(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """
        Return the last answer, good or bad, after as many tries as are sensible.

        Raises
        ------
        requests.RequestException
            The last try ended without an answer.
        """
        for attempt in range(TRIES - 1):
            wait = 2.0**attempt
            try:
                answer = self._try(url, headers)
            except (requests.ConnectionError, requests.Timeout) as error:
                reason = reason_of(error)
            except requests.exceptions.ChunkedEncodingError:
                reason = "the answer broke off"
            else:
                asked = retry_after(answer)
                if answer.status_code not in PASSING or (asked or 0) > PATIENCE:
                    return answer
                reason = f"HTTP {answer.status_code}"
                wait = wait if asked is None else asked
            host = urlsplit(url).hostname
            log.warning("%s: %s; trying again in %.0f s", host, reason, wait)
            self._sleep(wait)
        return self._try(url, headers)

    def _try(self, url: str, headers: Mapping[str, str] | None) -> requests.Response:
        return self._session.get(url, headers=headers, timeout=TIMEOUT)


def retry_after(answer: requests.Response) -> float | None:
    """Return for how many seconds a server asks us to wait, if it does."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None


def reason_of(error: requests.RequestException) -> str:
    """Tell an error of requests in a few words, without addresses or objects."""
    if isinstance(error, requests.Timeout):
        return "it takes too long to answer"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection"
    return f"the request fails ({type(error).__name__})"
