"""The HTML templates."""

import json

import pytest
from jinja2 import UndefinedError

from pigeonhole.web.templates import json_for_html, render_template

UNSAFE = "</script><!--&'\u2028"


def test_missing_values_are_an_error():
    with pytest.raises(UndefinedError):
        render_template("credits.html")


def test_values_are_escaped():
    link = {"text": UNSAFE, "url": ""}
    section = {"service": None, "photographer": link, "license": link, "photos": []}
    page = render_template("credits.html", tile_sets=[], sections=[section])
    assert UNSAFE not in page
    assert "&lt;/script&gt;&lt;!--&amp;&#39;" in page


def test_json_for_html_cannot_end_a_script_element():
    text = json_for_html({"name": UNSAFE})
    assert not set("<>&'") & set(text)
    assert json.loads(text) == {"name": UNSAFE}
