from contextlib import closing
from typing import get_args

from live_samples import make_session

from pigeonhole.live import page
from pigeonhole.live.sinks import camera, window
from pigeonhole.live.sinks.file import Recorder
from pigeonhole.live.sinks.null import NullSink
from pigeonhole.live.sinks.registry import open_sinks
from pigeonhole.live.sources.source import open_source
from pigeonhole.settings import LiveSettings


def test_every_sink_of_the_settings_can_be_opened(tmp_path, monkeypatch):
    for module, name in (
        (camera, "VirtualCameraSink"),
        (page, "PageSink"),
        (window, "WindowSink"),
    ):
        monkeypatch.setattr(module, name, lambda *_, name=name: name)
    [literal, _] = get_args(LiveSettings.model_fields["sink"].annotation)
    for sink in get_args(literal):
        session = make_session(sink=sink, record=str(tmp_path / "a.webm"))
        source = open_source(session.settings, session.frame_queue)
        recorder, *others = open_sinks(session, source)
        recorder.close()
        assert len(others) == (sink != "file")


def test_sinks_are_opened_once_and_there_is_always_one_recorder(tmp_path):
    record = str(tmp_path / "a.webm")
    for sink in ("none", "none,file,none"):
        session = make_session(sink=sink, record=record)
        source = open_source(session.settings, session.frame_queue)
        [recorder, null_sink] = open_sinks(session, source)
        with closing(recorder), closing(null_sink):
            assert isinstance(recorder, Recorder)
            assert recorder.recording == ("file" in sink)
            assert isinstance(null_sink, NullSink)
    assert list(tmp_path.iterdir()) == []
