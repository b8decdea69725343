"""Preview mosaics in a thread of their own: first a draft, then the exact result.

The newest request wins: work on an older one, except its draft, ends at its next step.
Previews are published from the thread of the engine.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from pigeonhole.core.cancellation import Canceled, cancelable, check_canceled
from pigeonhole.core.errors import PigeonholeError, RenderError
from pigeonhole.mosaic.edits import NoSuchCell
from pigeonhole.mosaic.from_folder import FolderMosaic
from pigeonhole.studio.preview.stages import (
    Preview,
    PreviewRequest,
    PreviewStages,
    empty_preview,
    warm_up,
)
from pigeonhole.tiles import TileSet

REST_SECONDS = 0.12
"""Time without a new request after which the exact result is computed."""
CLOSE_SECONDS = 1.0
"""Time to wait on `close` for the step that is running."""

log = logging.getLogger(__name__)

Publish = Callable[[Preview], None]
Result = tuple[int, FolderMosaic | PigeonholeError | None]
"""A revision with its mosaic, or with the reason why there is none."""


class PreviewStopped(RenderError):
    """A preview ended before its mosaic was made."""

    def __init__(self) -> None:
        super().__init__("The preview ended before the mosaic was made; try again.")


class PreviewFailed(RenderError):
    """A preview failed because of a mistake in this program."""

    def __init__(self) -> None:
        super().__init__(
            "The preview failed because of a mistake in this program. Change a setting "
            "to try again; the log of the server has the details."
        )


class PreviewEngine:
    """
    Previews the newest request, better and better while no other one arrives.

    Parameters
    ----------
    publish : callable
        Receives each `Preview`, in the thread of the engine.
    """

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._change = threading.Condition()
        self._request: PreviewRequest | None = None
        self._stages: PreviewStages | None = None
        self._version = 0
        self._result: Result = (-1, None)
        self._last: Preview | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)
        self._thread.start()

    def set_tiles(self, tile_set: TileSet, folder: Path) -> None:
        """Preview the newest request with other tiles, cut from photos in `folder`."""
        with self._change:
            self._stages = PreviewStages(tile_set, folder)
            self._result = -1, None
            self._restart()

    def request(self, request: PreviewRequest) -> None:
        """Preview a request as soon as possible, instead of the one before."""
        with self._change:
            self._request = request
            self._restart()

    def png(self, revision: int) -> bytes:
        """
        Return the PNG that the command would write, once the mosaic is made.

        Parameters
        ----------
        revision : int
            Number of a request; if there is a newer one, its mosaic is returned.

        Raises
        ------
        PigeonholeError
            There is no mosaic with these settings, or it can't be rendered.
        """
        with self._change:
            self._change.wait_for(lambda: self._closed or self._result[0] >= revision)
            result = self._result[1]
        if result is None:
            raise PreviewStopped
        if isinstance(result, PigeonholeError):
            raise result
        with TemporaryDirectory(prefix="pigeonhole-") as folder:
            path = Path(folder, f"{Path(result.source).stem}.png")
            result.write(path)
            return path.read_bytes()

    def close(self) -> None:
        """Stop; the step that is running may end a little later."""
        with self._change:
            self._closed = True
            self._restart()
        self._thread.join(CLOSE_SECONDS)

    def _restart(self) -> None:
        self._version += 1
        self._change.notify_all()

    def _run(self) -> None:
        done = 0
        self._warm_up()
        while not self._closed:
            with self._change:
                self._wait_for_change(done)
                done = self._version
                request, stages = self._request, self._stages
            if request and request.target and stages:
                self._preview(request, stages, done)

    def _warm_up(self) -> None:
        """Compile the kernels; what fails here is reported by the first preview."""
        try:
            with cancelable(lambda: self._closed):
                warm_up()
        except Canceled:
            pass
        except Exception:
            log.exception("The kernels of the preview can't be prepared.")

    def _wait_for_change(self, version: int, seconds: float | None = None) -> None:
        """Wait for a newer request, other tiles or the end."""
        self._change.wait_for(lambda: self._version != version, seconds)

    def _preview(
        self, request: PreviewRequest, stages: PreviewStages, version: int
    ) -> None:
        """Publish all stages of a request, unless a newer one arrives."""
        try:
            # Requests of a dragged slider would cancel each other's drafts, and none
            # would be seen: a draft ends even if a newer request waits.
            with cancelable(lambda: self._closed):
                self._show(stages.draft(request))
            with cancelable(lambda: self._version != version):
                self._refine(request, stages, version)
        except Canceled:
            pass
        except PigeonholeError as error:
            self._fail(request, error)
        except Exception:
            log.exception("The preview failed.")
            self._fail(request, PreviewFailed())

    def _refine(
        self, request: PreviewRequest, stages: PreviewStages, version: int
    ) -> None:
        """Publish the exact and the final preview after the draft."""
        if request.draft_only or not stages.fits(request):
            return
        with self._change:
            self._wait_for_change(version, REST_SECONDS)
        check_canceled()
        exact, mosaic = stages.exact(request)
        self._finish(request, mosaic)
        self._show(exact)
        self._show(stages.final(exact, mosaic))

    def _finish(
        self, request: PreviewRequest, result: FolderMosaic | PigeonholeError
    ) -> None:
        with self._change:
            self._result = request.revision, result
            self._change.notify_all()

    def _fail(self, request: PreviewRequest, error: PigeonholeError) -> None:
        last = self._last or empty_preview()
        pins = error.pins if isinstance(error, NoSuchCell) else ()
        failed = last._replace(revision=request.revision, error=str(error))
        self._show(failed._replace(lost_pins=pins))
        self._finish(request, error)

    def _show(self, preview: Preview) -> None:
        """Publish a preview; errors of the receiver don't end the thread."""
        check_canceled()
        if not preview.error:
            self._last = preview
        try:
            self._publish(preview)
        except Exception:
            log.exception("A preview can't be published.")
