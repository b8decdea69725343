"""A replaced file is noticed, even if it is older than the results."""

import os

from pigeonhole.pipeline.user_files import content_digests, file_states


def test_contents_decide_and_not_names_or_times(tmp_path):
    same, copied, other = (tmp_path / name for name in ("a", "b", "c"))
    for path, text in ((same, "1"), (copied, "1"), (other, "2")):
        path.write_text(text)
        os.utime(path, (1000, 1000))
    os.utime(copied, (2000, 2000))
    digests = content_digests([same, str(copied), other])
    assert digests[0] == digests[1] != digests[2]
    assert content_digests([tmp_path / "missing", tmp_path, None]) == [None] * 3


def test_sizes_and_times_of_many_files(tmp_path):
    path = tmp_path / "photo.jpg"
    seen = set()
    for text, time in (("1", 1000), ("12", 1000), ("12", 900)):
        path.write_text(text)
        os.utime(path, (time, time))
        seen.add(file_states([path]))
    path.unlink()
    seen |= {file_states([path]), file_states([])}
    assert len(seen) == 5
    # A copy on a file system that keeps no fractions of a second.
    for ns in (5 * 10**9, 5 * 10**9 + 999):
        path.write_text("1")
        os.utime(path, ns=(ns, ns))
        seen.add(file_states([path]))
    assert len(seen) == 6
