"""Download photos of a search, or generate demo photos, into a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Self

from pigeonhole.core.errors import SourceError
from pigeonhole.core.jit import get_num_threads
from pigeonhole.photos.cache import PhotoCache, photo_cache_dir
from pigeonhole.photos.collect import SOURCES
from pigeonhole.photos.downloads import download_cache
from pigeonhole.photos.folder_credits import read_folder_credits, write_folder_credits
from pigeonhole.photos.ledger import PhotoRow, Rejection
from pigeonhole.photos.options import PEXELS_KEY_VARIABLE, source_options
from pigeonhole.photos.sources.openverse import NoOpenPhotos
from pigeonhole.photos.sources.pexels import (
    LimitReached,
    MissingKey,
    NothingFound,
    RefusedKey,
)
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult
from pigeonhole.photos.sources.search import ServiceFailed
from pigeonhole.settings import Settings
from pigeonhole.settings.validation import validate
from pigeonhole.studio.photos.index import FileIndex, KnownFile
from pigeonhole.studio.photos.store import INDEX, read_removal_list
from pigeonhole.studio.projects.project import Project

SERVICE_NAMES = {"openverse": "Openverse", "pexels": "Pexels"}
DOWNLOAD_SIZE = "large"
"""Size of downloaded photos, which is sufficient for faces and for large prints."""
MAX_DEMO_PHOTOS = 1000


class SearchFailed(SourceError):
    """A search in the studio gives no photo."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}: {advice}.")


@dataclass(frozen=True, slots=True)
class _ProjectRequest(CollectRequest):
    """A request whose photos get credits and an entry of the index at once."""

    index: FileIndex | None = None
    credits: dict[str, PhotoRow] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=Lock)

    def save(self, row: PhotoRow, content: bytes) -> None:
        """Write a photo, unless the project has the same one already, or removed it."""
        assert self.index
        if row.sha256 in self.removal_list.sha256:
            return
        with self.lock:
            known = self.index.with_content(row.sha256)
            if (
                known
                and known.name != row.photo
                and (self.destination / known.name).is_file()
            ):
                return
            if not (self.destination / row.photo).is_file():
                self.new.append(row.photo)
            # The credit comes first, so that no photo is without it.
            if self.credits.get(row.photo) != (credit := _credit(row)):
                self.credits[row.photo] = credit
                write_folder_credits(self.destination, self.credits.values())
            # `super()` doesn't work in a dataclass with slots.
            CollectRequest.save(self, row, content)
            self.index.add(KnownFile(row.photo, row.sha256, row.width, row.height))

    def complete_credits(self) -> None:
        """Write credits again that were lost because another process removed photos."""
        with self.lock:
            listed = read_folder_credits(self.destination)
            new = {name: self.credits[name] for name in self.new}
            if new.items() - listed.items():
                write_folder_credits(self.destination, (listed | new).values())

    @classmethod
    def of_project(cls, project: Project, options: Mapping[str, Any]) -> Self:
        """Return the request for photos of a project."""
        cache = PhotoCache(photo_cache_dir(project.folder / "results"))
        folder = project.photos_folder
        history = cache.history()
        return cls(
            folder,
            options,
            cache.read(),
            read_removal_list(project),
            cache,
            download_cache(),
            get_num_threads(),
            written={row.sha256 for row in history},
            index=FileIndex(project.private_folder / INDEX),
            credits=dict(read_folder_credits(folder)),
        )


def download(project: Project, options: Mapping[str, Any]) -> dict[str, Any]:
    """
    Search for photos and download them into a project, or generate demo photos.

    Photos appear one by one, with their credits. Progress is reported to the listeners
    of `pigeonhole.core.progress`.

    Parameters
    ----------
    project : Project
    options : mapping
        source ("openverse", "pexels" or "demo"), query, count, and licenses (of
        Openverse; the default ones if empty).

    Returns
    -------
    dict
        photos, the number of new photos, and text, a sentence.

    Raises
    ------
    SourceError, SettingsError
    """
    source, query = str(options["source"]), str(options.get("query", "")).strip()
    count = int(options.get("count", 100))
    if source == "demo":
        photos: dict[str, Any] = {"demo_count": min(count, MAX_DEMO_PHOTOS)}
    elif not query:
        raise SearchFailed("The search has no words", "write what photos should show")
    else:
        photos = {"query": query, "count": count, "size": DOWNLOAD_SIZE}
        if options.get("licenses"):
            photos["licenses"] = list(options["licenses"])
    settings = validate(Settings, {"photos": {**photos, "source": source}})
    values = source_options(settings, source)
    request = _ProjectRequest.of_project(project, values)
    try:
        result = SOURCES[source](request)
    except SourceError as error:
        raise _for_studio(error, source, query) from None
    finally:
        request.complete_credits()
    text = _describe(result, request, source, query, count)
    return {"photos": len(request.new), "text": text}


def _credit(row: PhotoRow) -> PhotoRow:
    """Return the columns of a row that the file of credits has."""
    texts = (row.photographer, row.photographer_url, row.page_url)
    return PhotoRow(
        row.photo, row.source, *texts, license=row.license, sha256=row.sha256
    )


def _for_studio(error: SourceError, source: str, query: str) -> SourceError:
    """Return an error whose advice is for the page instead of the settings."""
    service = SERVICE_NAMES.get(source, source)
    match error:
        case MissingKey():
            problem = (
                f"A search at Pexels needs a key, but {PEXELS_KEY_VARIABLE} is empty"
            )
            advice = "get a free key at https://www.pexels.com/api/new/, export it and "
            advice += "start the studio again, or search Openverse, which needs no key"
        case RefusedKey():
            problem = f"Pexels refuses the key in {PEXELS_KEY_VARIABLE}"
            advice = "copy it again from https://www.pexels.com/api/key/ and start the "
            advice += "studio again, or search Openverse"
        case LimitReached():
            problem = "The request limit of Pexels is reached"
            advice = "try again in an hour, or search Openverse"
        case NothingFound() | NoOpenPhotos():
            problem = f"{service} finds no photo for {query!r}"
            advice = "try other words"
            if source == "openverse":
                advice += ", or allow more licenses"
        case ServiceFailed():
            problem = f"The request to {service} failed ({error.reason})"
            advice = "try again later; downloaded photos are kept"
        case _:
            return error
    return SearchFailed(problem, advice)


def _describe(
    result: SourceResult, request: _ProjectRequest, source: str, query: str, count: int
) -> str:
    """Return the outcome as a sentence."""
    new, found = len(request.new), len(result.rows)
    if source == "demo":
        return (
            f"Generated {_photos(new)}."
            if new
            else "The demo photos are there already."
        )
    service, removed = SERVICE_NAMES[source], 0
    removed = sum(row.reason is Rejection.REMOVED for row in result.skipped)
    if not new:
        if removed and not found:
            return f"All photos of {query!r} at {service} were removed for good."
        return (
            f"The project has all {_photos(found)} of {query!r} at {service} already: "
            "choose a larger number, or other words."
        )
    missing = count - found - removed
    more = f" {service} has no more that can be used." if missing > 0 else ""
    return f"Downloaded {_photos(new)} of {query!r} from {service}.{more}"


def _photos(count: int) -> str:
    return f"{count:,} photo{'s' * (count != 1)}"
