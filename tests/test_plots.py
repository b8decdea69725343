"""The figures say what their tables hold, and give the same bytes twice."""

import matplotlib as mpl
import numpy as np
import pytest

from pigeonhole.birthday import trials
from pigeonhole.birthday.dicts import dict_seconds
from pigeonhole.figures import save_figure
from pigeonhole.plots import FIGURES


def columns(rows):
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def tables():
    swept = [trials.sweep(1, 30, bits) for bits in (2, 4, 6)]
    rates = columns([row for rows, _ in swept for row in rows])
    seconds = columns([row for _, rows in swept for row in rows])
    return {
        "people": columns(trials.people(1, 200)),
        "curve": columns(trials.curve(1, 200)),
        "first_byte": columns(trials.first_byte(1, 10)),
        "root": columns(trials.root(1, 50)),
        # The same columns as get_uid, which takes too long uncompiled.
        "get_uid": columns(trials.root(2, 50)),
        "sweep": rates,
        "sweep_seconds": {**rates, **seconds},
        "dict_seconds": columns(dict_seconds(1, (4, 16, 64))),
    }


def test_there_is_a_figure_for_every_table(tables):
    assert FIGURES.keys() == tables.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_have_title_labels_and_legend(name, tables):
    figure = FIGURES[name](tables[name])
    assert figure.get_suptitle()
    assert figure.axes[-1].get_xlabel()
    assert figure.axes[0].get_title(loc="left")
    assert any(axes.get_legend() for axes in figure.axes)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_same_bytes_twice(name, tables, tmp_path):
    for run in ("one", "two"):
        save_figure(
            FIGURES[name](tables[name]),
            tmp_path / f"{run}.svg",
            tmp_path / f"{run}.png",
        )
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes()[:4] == b"\x89PNG"
    assert b"<dc:date>" not in (tmp_path / "one.svg").read_bytes()


def test_a_persons_own_style_changes_nothing(tables, tmp_path):
    save_figure(FIGURES["root"](tables["root"]), tmp_path / "a.svg", tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        save_figure(
            FIGURES["root"](tables["root"]), tmp_path / "b.svg", tmp_path / "b.png"
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_points_of_the_sweep_are_those_of_the_table(tables):
    (axes,) = FIGURES["sweep"](tables["sweep"]).axes
    points = axes.containers[0]
    np.testing.assert_array_equal(points[0].get_xdata(), [2, 4, 6])
    np.testing.assert_array_equal(points[0].get_ydata(), tables["sweep"]["share"])
    bars = points[2][0].get_segments()
    np.testing.assert_allclose([bar[0][1] for bar in bars], tables["sweep"]["low"])
    np.testing.assert_allclose([bar[1][1] for bar in bars], tables["sweep"]["high"])


def test_the_tutorials_count_and_the_exact_spread_are_marked(tables):
    (axes,) = FIGURES["root"](tables["root"]).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "What chance gives (exact 38.03 %)" in labels
    assert "The tutorial's 391 of 1,000" in labels
    assert "It would give for 50 %,\nwhich needs 20 draws" in labels
    spread = axes.get_lines()[0]
    heights = np.asarray(spread.get_ydata())
    assert heights.sum() / 50 == pytest.approx(1, abs=1e-3)
    assert spread.get_xdata()[heights.argmax()] == pytest.approx(0.38)
