"""Tests for the review page, in Chromium and without a server."""

from review_samples import ODD_NAME, open_page, visible_titles

from pigeonhole.core.geometry import Box
from pigeonhole.curation.review_page import read_data, replace_data
from pigeonhole.faces.exclude import EXCLUDE_SETTING
from pigeonhole.photos.identity import RelativeBox
from pigeonhole.photos.list_file import EntryList


def test_untrusted_names_are_in_the_data_only(page):
    html = page.read_text()
    assert html.count("<script") == html.count("</script>") == 2
    data = read_data(html)
    names = [photo["name"] for photo in data["photos"]]
    assert names == [ODD_NAME, "b.jpg", "duplicate.jpg"]
    assert len(data["crops"]) == len(data["faces"]) == 40
    assert "36 of 40 boxes were kept, in 2 photos" in data["summary"]
    summary = data["duplicates_summary"]
    assert "All photos are kept (photos.max_hash_distance is null)." in summary
    assert "within 4 bits by chance" in summary


def save(page):
    """Save the list, and return the downloaded text."""
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    return download.value.path().read_text()


def test_without_a_server_the_list_is_downloaded(chromium, review, page):
    with open_page(chromium, page.as_uri()) as tab:
        kept = visible_titles(tab)
        # The least certain face comes first. Keys mark the second and the fourth.
        assert kept[0] == f"{ODD_NAME} 350 66 95 95"
        for key in ("ArrowRight", " ", "End", "Home", *["ArrowRight"] * 3, "Enter"):
            tab.keyboard.press(key)
        # The photo is shown with the box on the face.
        assert tab.eval_on_selector("#photo", "photo => photo.decode().then(() => 1)")
        assert tab.inner_text("#verdict") == "Marked: will be excluded"
        assert tab.eval_on_selector("#box", "box => box.style.left") == "62.5%"
        assert tab.inner_text("#credit") == "Photo by <b>Ann</b>"
        tab.keyboard.press("2")
        rejected = visible_titles(tab)
        assert rejected == ["b.jpg 90 8 40 50", "b.jpg 9 8 40 50", "b.jpg 7 8 40 50"]
        # Excluded boxes are marked from the start, and a click removes the mark.
        tab.click(f".cell[title='{rejected[0]}']")
        assert tab.inner_text("#save") == "Save 3 changes"
        text = save(tab)
        assert tab.is_disabled("#save")
    assert text.startswith("# mine\nelse.jpg 1 2 3 4\n{")
    review.exclude.write_text(text)
    _, *entries = EntryList.open(EXCLUDE_SETTING, review.exclude).checked()
    assert [entry.identity.photo for entry in entries] == [ODD_NAME] * 2
    assert [entry.box for entry in entries] == [
        RelativeBox.from_pixels(Box(x, 66, 95, 95), 512, 512) for x in (340, 320)
    ]


def test_near_duplicates_are_shown_next_to_their_originals(chromium, page):
    with open_page(chromium, page.as_uri()) as tab:
        tab.keyboard.press("3")
        assert visible_titles(tab) == [
            "duplicate.jpg duplicates b.jpg",
            "b.jpg 9 99 40 50",
        ]
        assert tab.locator(".cell.pair img").count() == 4
        assert "to match within 4 bits by chance" in tab.inner_text("#summary")
        assert tab.inner_text("#verdict") == "Dropped: near-duplicate of b.jpg"
        tab.fill("#filter", "DUPLICATE")
        assert len(visible_titles(tab)) == 1
        tab.keyboard.press("Escape")
        assert len(visible_titles(tab)) == 2


def test_crops_are_shown_if_the_photos_are_missing(chromium, review, page):
    for path in review.folder.rglob("*.jpg"):
        path.unlink()
    with open_page(chromium, page.as_uri()) as tab:
        tab.wait_for_selector("#frame.no-box")
        assert tab.eval_on_selector("#photo", "photo => photo.src").startswith("data:")


def test_of_20000_boxes_only_the_visible_ones_are_in_the_page(chromium, page):
    """On a phone, a page with 20,000 images would need too much memory."""
    data = read_data(page.read_text())
    data["faces"] = [
        [0, n % 400, n // 400, 40, 40, n / 999, 9, 1, "", "", -1] for n in range(20_000)
    ]
    data["crops"] = data["crops"][:1] * 20_000
    page.write_text(replace_data(page.read_text(), data))
    viewport = {"width": 390, "height": 780}
    with open_page(chromium, page.as_uri(), viewport=viewport) as tab:
        assert 20 < len(visible_titles(tab)) < 100
        tab.keyboard.press("End")
        tab.wait_for_selector("#cell-19999.active")
        assert 8 < len(visible_titles(tab)) < 100
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
