import numpy as np
from live_samples import FRAME_SIZE, make_session

from pigeonhole.live.frame_queue import FrameQueue
from pigeonhole.live.loop import run
from pigeonhole.live.sources.source import Source, open_source


def test_images_put_into_the_queue_are_frames_until_it_is_released():
    frame_queue = FrameQueue()
    image = np.zeros((24, 32, 3), np.uint8)
    image[..., 0] = 200
    with Source(frame_queue, FRAME_SIZE, realtime=True) as source:
        frames = iter(source)
        frame_queue.put(image)
        np.testing.assert_array_equal(next(frames).image, image)
        frame_queue.release()
        assert list(frames) == []


def test_frames_from_the_page_are_the_source_of_all_sinks():
    session = make_session(source="browser", sink="page")
    image = np.zeros((48, 64, 3), np.uint8)
    image[..., 2] = 90
    written = []

    class PuttingSink:
        has_viewers = True

        def write(self, matched):
            written.append(matched)

        def is_open(self):
            session.frame_queue.put(image)
            return len(written) < 2

        def close(self):
            pass

    with open_source(session.settings, session.frame_queue) as source:
        run(source, session, [PuttingSink()])
        session.frame_queue.release()
    np.testing.assert_array_equal(written[0].frame.image, image[:24, :32])
