"""The preview engine: its stages, newest requests, errors and the file it equals."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from pigeonhole.core import cancellation
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.mosaic import make_mosaic, prepare_target
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.settings import TileSetSettings
from pigeonhole.studio.preview import engine as preview_module
from pigeonhole.studio.preview.engine import PreviewEngine
from pigeonhole.studio.preview.stages import PreviewRequest, PreviewStages
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles.prepare import load_or_cut_tiles

TILES = TileSetSettings(cut="photos", size=Size(8, 6), variants=2)
SECONDS = 60
"""Time within which a preview must arrive."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a folder of 20 photos, a target and the tiles of the photos."""
    folder = tmp_path_factory.mktemp("preview")
    photos = folder / "photos"
    photos.mkdir()
    random = np.random.default_rng(1)
    for number in range(20):
        colors = random.integers(0, 256, (3, 4, 3), np.uint8)
        image = colors.repeat(12, axis=0).repeat(12, axis=1)
        write_png(photos / f"{number}.png", image)
    target = random.integers(0, 256, (6, 8, 3), np.uint8)
    write_png(folder / "target.png", target.repeat(8, axis=0).repeat(8, axis=1))
    tiles = load_or_cut_tiles(photos, TILES, 10**6, None).tile_set
    return SimpleNamespace(photos=photos, target=folder / "target.png", tiles=tiles)


class Receiver:
    """Collects previews, and waits for one."""

    def __init__(self):
        self.previews = []
        self.change = threading.Condition()

    def __call__(self, preview):
        with self.change:
            self.previews.append(preview)
            self.change.notify_all()

    def wait_for(self, revision, stage):
        def found():
            return [
                p for p in self.previews if (p.revision, p.stage) == (revision, stage)
            ]

        with self.change:
            assert self.change.wait_for(found, SECONDS), (revision, stage)
            return found()[0]

    def wait_for_error(self, revision):
        def found():
            return [p for p in self.previews if p.revision == revision and p.error]

        with self.change:
            assert self.change.wait_for(found, SECONDS)
            return found()[0]


@pytest.fixture
def studio(inputs, monkeypatch):
    """Return an engine with tiles, and its receiver."""
    monkeypatch.setattr(preview_module, "REST_SECONDS", 0)
    receiver = Receiver()
    engine = PreviewEngine(receiver)
    engine.set_tiles(inputs.tiles, inputs.photos)
    yield SimpleNamespace(engine=engine, receiver=receiver)
    engine.close()


def document(**mosaic):
    """Return a document of a small mosaic."""
    patch = {"mosaic": {"width": 64, **mosaic}, "tiles": TILES.model_dump()}
    return Document().changed(patch)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mirror": False, "overlay": 0.3, "histogram_matching": 0.5},
        {"layout": "brick", "repetition": {"max_uses": 6}},
        {"layout": "quadtree", "levels": 2},
        {"match": "exact", "tile_width": None},
    ],
)
def test_stages_end_with_what_the_command_writes(inputs, studio, tmp_path, changes):
    made = document(**changes)
    studio.engine.request(PreviewRequest(1, made, inputs.target))
    draft = studio.receiver.wait_for(1, "draft")
    exact = studio.receiver.wait_for(1, "exact")
    final = studio.receiver.wait_for(1, "final")
    target = prepare_target(str(inputs.target), Size(8, 6), 64, 10**6)
    mosaic = make_mosaic(target.image, inputs.tiles, made.mosaic)
    assert np.array_equal(exact.placement, mosaic.placement.ravel())
    assert np.array_equal(final.placement, exact.placement)
    assert draft.layout.size == exact.layout.size == mosaic.layout.size
    assert np.array_equal(exact.image, mosaic.image())
    assert draft.errors is None
    assert len(exact.errors) == len(exact.placement)
    assert final.summary.sentences
    assert final.image.shape[1] >= exact.image.shape[1]
    assert not any(preview.error for preview in studio.receiver.previews)
    output = tmp_path / "target.png"
    tiles = made.tile_settings("photos")
    written = mosaic_from_folder(inputs.target, inputs.photos, made.mosaic, tiles)
    written.save(output)
    assert studio.engine.png(1) == output.read_bytes()


def test_draft_image_of_a_placement_equals_the_mosaic(inputs):
    stages = PreviewStages(inputs.tiles, inputs.photos)
    made = document(color_transfer=0.7, overlay=0.25, layout="brick")
    draft = stages.draft(PreviewRequest(1, made, inputs.target))
    assert draft.image.shape[:2] == draft.layout.size[::-1]
    exact, mosaic = stages.exact(PreviewRequest(1, made, inputs.target))
    assert np.array_equal(exact.image, mosaic.mosaic.image())


def test_the_newest_request_wins(inputs, studio):
    for revision in range(1, 30):
        made = document(color_transfer=revision / 30)
        studio.engine.request(PreviewRequest(revision, made, inputs.target))
    studio.receiver.wait_for(29, "final")
    revisions = [preview.revision for preview in studio.receiver.previews]
    assert revisions == sorted(revisions)
    assert len(revisions) < 3 * 29


def test_a_request_cancels_the_work_on_the_one_before(inputs, studio, monkeypatch):
    exact, began = PreviewStages.exact, threading.Event()

    def slow(self, request):
        while request.revision == 1:
            began.set()
            cancellation.check_canceled()
            time.sleep(0.001)
        return exact(self, request)

    monkeypatch.setattr(PreviewStages, "exact", slow)
    studio.engine.request(PreviewRequest(1, document(), inputs.target))
    assert began.wait(SECONDS)
    studio.engine.request(PreviewRequest(2, document(), inputs.target))
    studio.receiver.wait_for(2, "final")
    stages = [(p.revision, p.stage) for p in studio.receiver.previews]
    assert stages == [(1, "draft"), (2, "draft"), (2, "exact"), (2, "final")]


def test_errors_are_one_sentence_and_keep_the_last_image(inputs, studio):
    studio.engine.request(PreviewRequest(1, document(), inputs.target))
    final = studio.receiver.wait_for(1, "final")
    too_few = document(repetition={"max_uses": 1})
    studio.engine.request(PreviewRequest(2, too_few, inputs.target))
    failed = studio.receiver.wait_for_error(2)
    assert "photos are missing" in failed.error
    assert failed.image is final.image
    with pytest.raises(PigeonholeError, match="photos are missing"):
        studio.engine.png(2)
    missing = inputs.target.with_name("missing.png")
    studio.engine.request(PreviewRequest(3, document(), missing))
    assert "missing.png" in studio.receiver.wait_for_error(3).error
    studio.engine.request(PreviewRequest(4, document(), inputs.target))
    studio.receiver.wait_for(4, "final")


def test_a_first_request_that_fails_has_an_empty_mosaic(inputs, studio):
    too_few = document(repetition={"max_uses": 1})
    studio.engine.request(PreviewRequest(1, too_few, inputs.target))
    failed = studio.receiver.wait_for_error(1)
    assert len(failed.layout) == len(failed.placement) == 0
    assert failed.image.shape == (1, 1, 3)


def test_the_thread_survives_mistakes_and_receivers_that_fail(
    inputs, studio, monkeypatch, caplog
):
    draft = PreviewStages.draft

    def broken(self, request):
        if request.revision == 1:
            raise RuntimeError("broken")
        return draft(self, request)

    monkeypatch.setattr(PreviewStages, "draft", broken)
    studio.engine.request(PreviewRequest(1, document(), inputs.target))
    assert "mistake in this program" in studio.receiver.wait_for_error(1).error
    assert "RuntimeError: broken" in caplog.text
    receive = studio.engine._publish

    def refuse_exact(preview):
        if preview.stage == "exact":
            raise RuntimeError("refused")
        receive(preview)

    studio.engine._publish = refuse_exact
    studio.engine.request(PreviewRequest(2, document(), inputs.target))
    studio.receiver.wait_for(2, "final")


def test_tiles_of_another_size_are_drafts_until_they_are_cut(inputs, studio):
    made = document().changed({"tiles": {"size": "4x4"}})
    studio.engine.request(PreviewRequest(1, made, inputs.target))
    draft = studio.receiver.wait_for(1, "draft")
    assert draft.layout.boxes[0].tolist() == [0, 0, 4, 4]
    settings = made.tile_settings("photos")
    tiles = load_or_cut_tiles(inputs.photos, settings, 10**6, None).tile_set
    studio.engine.set_tiles(tiles, inputs.photos)
    exact = studio.receiver.wait_for(1, "exact")
    assert [p.stage for p in studio.receiver.previews][:2] == ["draft", "draft"]
    assert exact.layout.boxes[0].tolist() == [0, 0, 4, 4]


def test_nothing_is_published_without_a_target_or_after_the_end(inputs, studio):
    studio.engine.request(PreviewRequest(1, document(), None))
    studio.engine.request(PreviewRequest(2, document(), inputs.target, draft_only=True))
    studio.receiver.wait_for(2, "draft")
    waiting = threading.Timer(0.05, studio.engine.close)
    waiting.start()
    with pytest.raises(PigeonholeError, match="ended before"):
        studio.engine.png(2)
    waiting.join()
    assert not studio.engine._thread.is_alive()
    studio.engine.request(PreviewRequest(3, document(), inputs.target))
    assert {p.revision for p in studio.receiver.previews} == {2}


def test_edits_keep_the_other_tiles_of_the_exact_result(inputs, studio, monkeypatch):
    studio.engine.request(PreviewRequest(1, document(), inputs.target))
    before = studio.receiver.wait_for(1, "final").placement
    # What is known already isn't computed again.
    for name in ("draft_selection", "select_tiles"):
        monkeypatch.setattr(f"pigeonhole.studio.preview.stages.{name}", pytest.fail)
    tile = inputs.tiles.rows[int(before[0]) % len(inputs.tiles.rows)]
    edited = document(ban=[tile.id], overlay=0.1)
    studio.engine.request(PreviewRequest(2, edited, inputs.target))
    draft = studio.receiver.wait_for(2, "draft").placement
    exact = studio.receiver.wait_for(2, "exact").placement
    assert np.array_equal(draft, exact)
    sources = inputs.tiles.sources[before % len(inputs.tiles.rows)]
    assert np.array_equal(exact != before, sources == sources[0])
