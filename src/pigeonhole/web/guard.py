"""Request guard of all servers: host, origin, token, size and rate limits, headers."""

import asyncio
import ipaddress
import logging
import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from time import perf_counter
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class RequestGuard:
    """
    Rejects requests that don't come from the server's own page.

    Every request must name this server in its Host header, so that a foreign domain
    name that resolves to this machine (DNS rebinding) is rejected. It must also come
    from the server's own origin, so that other sites are rejected. Handlers that return
    private data or change anything require the query parameter `token` as well.

    Parameters
    ----------
    host : str
        Name or address that the server listens on.
    policy : str
        Directives of the Content-Security-Policy that allow the page's resources.
        ``{sockets}`` is replaced by the address of the server's own WebSockets.
    port : int, optional
        Accept only the Host header ``host:port``. By default, all addresses and names
        of this machine are accepted, with any port, for other devices.
    max_bytes : int
        Maximum size of a request body that is read as a whole.
    token : str, optional
        Secret of an earlier server; by default, a new one.
    """

    def __init__(
        self,
        host: str,
        policy: str,
        *,
        port: int | None = None,
        max_bytes: int = 2**20,
        token: str | None = None,
    ) -> None:
        name = socket.gethostname().lower()
        self.token = token or secrets.token_urlsafe(24)
        self._policy = (
            f"default-src 'none'; {policy}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        self._only_host = f"{host}:{port}" if port is not None else None
        self._names = {host.lower(), "localhost", name, f"{name}.local"}
        self._max_bytes = max_bytes

    def application(self) -> web.Application:
        """Return an application whose requests this guard checks."""
        return web.Application(
            middlewares=[self.middleware], client_max_size=self._max_bytes
        )

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Check a request and add security headers to the response."""
        try:
            self._check(request)
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(self._headers(request))
            raise
        # Headers of a WebSocket have already been sent.
        if not response.prepared:
            response.headers.update(self._headers(request))
        return response

    def require_token(self, handler: Handler) -> Handler:
        """Wrap a handler so that it rejects requests without the token."""

        async def checked(request: web.Request) -> web.StreamResponse:
            token = request.query.get("token", "")
            # Compare in constant time so that response times don't leak the token.
            if not secrets.compare_digest(token.encode(), self.token.encode()):
                raise web.HTTPForbidden(
                    text="The address has no valid token: open the complete address "
                    "that the program printed."
                )
            return await handler(request)

        return checked

    def _check(self, request: web.Request) -> None:
        _check_encoding(request)
        if not self._is_own_host(_host_header(request)):
            raise web.HTTPForbidden(
                text="The server doesn't accept this host name: open the address that "
                "the program printed."
            )
        if not _is_same_origin(request):
            raise web.HTTPForbidden(text="Requests from other sites are rejected.")

    def _is_own_host(self, host: str) -> bool:
        if self._only_host is not None:
            return host == self._only_host
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name not in self._names:
                ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _headers(self, request: web.Request) -> dict[str, str]:
        # Safari doesn't apply 'self' to WebSockets.
        scheme = "wss" if request.secure else "ws"
        policy = self._policy.format(sockets=f"{scheme}://{_host_header(request)}")
        return {**HEADERS, "Content-Security-Policy": policy}


class RateLimiter:
    """A token bucket: `burst` events at once, in the long run `rate` per second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens, self._updated_at = float(burst), perf_counter()

    async def wait(self) -> None:
        """Wait until there is a token and use it up."""
        now = perf_counter()
        refill = (now - self._updated_at) * self._rate
        self._tokens = min(self._burst, self._tokens + refill) - 1
        self._updated_at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._rate)


def log_only_server_errors(logger: logging.Logger) -> None:
    """Drop log records of a server about invalid HTTP and aborted requests."""
    # A logger holds a filter only once, no matter how often it is added.
    logger.addFilter(_is_server_error)


def _is_server_error(record: logging.LogRecord) -> bool:
    client_errors = (HttpProcessingError, ConnectionError)
    return not (record.exc_info and isinstance(record.exc_info[1], client_errors))


def _host_header(request: web.Request) -> str:
    """Return the Host header if it is well-formed, so that it is safe to repeat."""
    # `request.host` would look up this machine's name if the header is missing.
    host = request.headers.get("Host", "")
    return host if re.fullmatch(r"[0-9A-Za-z._:\[\]-]+", host) else ""


def _check_encoding(request: web.Request) -> None:
    """Raise HTTPBadRequest if the address or a header isn't valid UTF-8."""
    try:
        "".join([request.path_qs, *request.headers, *request.headers.values()]).encode()
    except UnicodeEncodeError:
        raise web.HTTPBadRequest(text="The request isn't valid UTF-8.") from None
    if not request.headers.get("Sec-WebSocket-Key", "").isascii():
        raise web.HTTPBadRequest(text="Invalid Sec-WebSocket-Key header.")


def _is_same_origin(request: web.Request) -> bool:
    """Return whether a request comes from the server's own page or from the user."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == f"{request.scheme}://{_host_header(request)}"
    # Browsers always send an origin for WebSockets and for POST.
    if "Upgrade" in request.headers or request.method not in ("GET", "HEAD"):
        return False
    # They omit it for a page's own resources and for addresses that the user opens.
    if request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
        return True
    # A link on another site, for example in a web chat, opens the page as a whole. The
    # other site can't read or embed it.
    return (
        request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )
