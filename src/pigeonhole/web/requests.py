"""What all our servers do with requests, whoever sends them."""

import logging
import re

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


def host_of(request: web.Request) -> str:
    """Return the host that is asked for, if it looks like one: it goes into headers."""
    # The request's own attribute would ask the network for this machine's name.
    host = request.headers.get("Host", "")
    return host if re.fullmatch(r"[0-9A-Za-z._:\[\]-]+", host) else ""


def check_text(request: web.Request) -> None:
    """Refuse addresses and headers that aren't UTF-8: they break what repeats them."""
    try:
        "".join([request.path_qs, *request.headers, *request.headers.values()]).encode()
    except UnicodeEncodeError:
        raise web.HTTPBadRequest(text="That isn't text.") from None
    if not request.headers.get("Sec-WebSocket-Key", "").isascii():
        raise web.HTTPBadRequest(text="That isn't a key.")


def tell_only_faults(logger: logging.Logger) -> None:
    """Keep out of a server's log what isn't HTTP, and requests that break off."""
    others = (HttpProcessingError, ConnectionError)
    logger.addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], others))
    )
