"""Who may come in: only pages of ours, with the token."""

import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from pigeonhole.web.requests import check_text, host_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self' {sockets}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Gate:
    """
    Checks every request: its host and origin are ours, and its token is right.

    The token comes in the part of the address behind #, which browsers send nowhere;
    the page's script puts it into its requests. The page itself holds no secret and
    comes without a token.

    Parameters
    ----------
    host : str
        The name or address that the server was told to listen on.
    """

    def __init__(self, host: str) -> None:
        name = socket.gethostname().lower()
        self.token = secrets.token_urlsafe(24)
        self._names = {host.lower(), "localhost", name, f"{name}.local"}

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Refuse what isn't ours; tell browsers how little our pages need."""
        try:
            self._check(request)
            response = await handler(request)
        except web.HTTPException as refusal:
            refusal.headers.update(_headers(request))
            raise
        if not response.prepared:
            response.headers.update(_headers(request))
        return response

    def admits(self, request: web.Request) -> bool:
        """Compare the token, in a time that tells nothing of it."""
        given = request.query.get("token", "")
        return secrets.compare_digest(given.encode(), self.token.encode())

    def guarded(self, handler: Handler) -> Handler:
        """Return a handler that wants the token."""

        async def checked(request: web.Request) -> web.StreamResponse:
            if not self.admits(request):
                raise web.HTTPForbidden(
                    text="This address lacks its token: open the one that the "
                    "program printed."
                )
            return await handler(request)

        return checked

    def _check(self, request: web.Request) -> None:
        check_text(request)
        # A name that somebody else's DNS points at us isn't ours.
        if not self._is_ours(host_of(request)):
            raise web.HTTPForbidden(text="This address isn't ours.")
        origin = request.headers.get("Origin")
        asks_for_socket = request.headers.get("Upgrade") is not None
        if origin is None and not asks_for_socket:
            # Browsers leave it out for a page's own parts, and say so.
            site = request.headers.get("Sec-Fetch-Site", "none")
            if site in ("same-origin", "none"):
                return
        elif origin == f"{request.scheme}://{host_of(request)}":
            return
        raise web.HTTPForbidden(text="Only our own page may ask for this.")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _headers(request: web.Request) -> dict[str, str]:
    scheme = "wss" if request.secure else "ws"
    # Safari doesn't take 'self' for sockets.
    policy = POLICY.format(sockets=f"{scheme}://{host_of(request)}")
    return {**HEADERS, "Content-Security-Policy": policy}
