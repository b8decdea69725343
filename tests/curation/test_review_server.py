"""Tests for the server of the review page."""

import json
import os

import pytest
import requests
from review_samples import ODD_NAME, open_page, serve_review, visible_titles

from pigeonhole.cli.main import main
from pigeonhole.curation.review_page import read_data
from pigeonhole.faces import read_faces
from pigeonhole.tiles import TileSet


def test_the_server_accepts_lists_only_from_its_own_page(review, page):
    before = review.exclude.read_text()
    good = {"add": [37], "remove": []}
    with serve_review(page.parents[1], "--results", page.parents[1]) as address:
        origin, _, query = address.partition("/?")
        save_url = f"{origin}/exclusions?{query}"

        def post(body, url=save_url, **headers):
            headers = {"Origin": origin, **headers}
            return requests.post(url, data=body, headers=headers, timeout=5)

        refused = [
            post(json.dumps(good), Origin="http://evil.example"),
            post(json.dumps(good), url=f"{origin}/exclusions"),
            post(json.dumps(good), url=f"{origin}/exclusions?token=x"),
            post(json.dumps(good), Host="evil.example"),
            requests.post(save_url, json=good, timeout=5),
            requests.get(f"{origin}/", timeout=5),
            requests.get(f"{origin}/photo/0", timeout=5),
        ]
        assert {response.status_code for response in refused} == {403}
        for body in (
            "",
            "[]",
            "{}",
            '{"add": 1, "remove": []}',
            '{"add": [40], "remove": []}',
            '{"add": [-1], "remove": []}',
            '{"add": [true], "remove": []}',
            '{"add": [[]], "remove": []}',
        ):
            assert post(body).status_code == 400, body
        assert post(b"x" * (17 * 2**20)).status_code == 413
        for path in ("/photo/99", "/photo/-1", "/photo/0/../../x", "/etc/passwd"):
            url = f"{origin}{path}?{query}"
            assert requests.get(url, timeout=5).status_code == 404
        assert review.exclude.read_text() == before
        response = requests.get(address, timeout=5)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        photo = requests.get(f"{origin}/photo/0?{query}", timeout=5)
        assert photo.content == (review.folder / ODD_NAME).read_bytes()

        response = post(json.dumps(good))
        assert response.text.startswith(f"Saved {review.exclude.name} with 3 boxes.")
        # The line by hand is completed, so that it holds in another size.
        mine, other, *lines = review.exclude.read_text().splitlines()
        assert before.startswith(f"{mine}\n{other}\n")
        assert [json.loads(line)["box"][0] for line in lines] == [0.017578, 0.175781]
        # A page that is loaded now contains the new list.
        data = read_data(requests.get(address, timeout=5).text)
        assert [faces for _, faces in data["list_lines"]] == [[], [], [37], [38]]
        # Other faces of a photo with an odd name come and go.
        for number in (3, 5):
            assert post(json.dumps({"add": [number], "remove": []})).ok
        assert post(json.dumps({"add": [4], "remove": [3, 38]})).ok
        data = read_data(requests.get(address, timeout=5).text)
        assert [faces for _, faces in data["list_lines"]] == [[], [], [37], [5], [4]]
        # A damaged line is reported and stays.
        review.exclude.write_bytes(b"broken\n\xff\n")
        response = post(json.dumps({"add": [37], "remove": []}))
        assert response.ok
        assert "exclude.txt line 1 is 'broken': it must be a line" in response.text
        assert review.exclude.read_bytes().startswith(b"broken\n\xff\n{")
        # A page that shows removed faces, or other ones, isn't served any more.
        content = page.read_text()
        for change in (page.unlink, lambda: page.write_text(f"{content} ")):
            change()
            response = requests.get(address, timeout=5)
            assert response.status_code == 409
            assert response.text.endswith("Start the review again.")
        assert post(json.dumps({"add": [36], "remove": []})).ok
        page.write_text(content)
        assert requests.get(address, timeout=5).ok
        # What can't be written is an error.
        review.exclude.unlink()
        review.exclude.mkdir()
        assert post(json.dumps(good)).status_code == 409
        assert requests.get(address, timeout=5).status_code == 409


@pytest.mark.parametrize(
    "text",
    [None, "<p>old", '<script type="application/json" id="data">[]</script>'],
)
def test_a_missing_or_invalid_page_is_an_error(text, tmp_path, capsys):
    page = tmp_path / "faces" / "review.html"
    page.parent.mkdir()
    if text:
        page.write_text(text)
    assert main(["review", "--results", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    reason = "isn't a review page" if text else "doesn't exist"
    assert f"{page} {reason}: run `snakemake --cores 4`" in err
    assert err.count("\n") == 1


def test_a_port_that_is_not_available_is_an_error(page, capsys):
    results = str(page.parents[1])
    assert main(["review", "--results", results, "--port", "99999"]) == 1
    assert "Port 99999 isn't available" in capsys.readouterr().err


@pytest.mark.workflow
def test_faces_marked_in_the_browser_are_removed_from_the_tiles(
    finished, chromium, tmp_path
):
    workflow = finished.copy(tmp_path / "pigeonhole")
    results = workflow.folder / "results"
    before = TileSet.load(results / "tiles/faces.npz")
    assert_links_are_relative(results / "faces/review.html", workflow.folder)

    with serve_review(workflow.folder) as address, open_page(chromium, address) as tab:
        marked = visible_titles(tab)[:3]
        for line in marked:
            tab.click(f".cell[title='{line}']")
        assert tab.eval_on_selector("#photo", "photo => photo.decode().then(() => 1)")
        tab.click("#save")
        tab.wait_for_selector("#notice:not([hidden])")
        notice = tab.inner_text("#notice")
    assert notice.startswith("Saved faces-exclude.txt with 3 boxes.")

    workflow.run("results/tiles/faces.npz", "results/faces/review.html")
    faces = read_faces(results / "faces/faces.csv")
    assert set(marked) <= {face.line for face in faces if not face.kept}
    after = TileSet.load(results / "tiles/faces.npz")
    assert after.sources.max() == before.sources.max() - 3
    removed = {row.id for row in before.rows} - {row.id for row in after.rows}
    # All variants of the three faces, and of no other.
    faces_of_removed = {row.source_id for row in before.rows if row.id in removed}
    assert len(faces_of_removed) == 3
    assert not faces_of_removed & {row.source_id for row in after.rows}
    assert "Nothing to be done" in workflow.run("results/tiles/faces.npz")


def assert_links_are_relative(page, folder):
    data = read_data(page.read_text())
    links = [photo["href"] for photo in data["photos"]]
    assert links == [f"../photos/demo-{number:03d}.jpg" for number in range(3)]
    assert os.fspath(folder) not in page.read_text()
