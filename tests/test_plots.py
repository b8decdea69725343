"""The figures say what their tables hold, and give the same bytes twice."""

import matplotlib as mpl
import numpy as np
import pytest

from pigeonhole.birthday.experiments import first_collision as first
from pigeonhole.birthday.experiments import trials
from pigeonhole.birthday.experiments.census import census_part, census_rows
from pigeonhole.birthday.experiments.days import real_birthdays
from pigeonhole.birthday.experiments.dicts import dict_seconds
from pigeonhole.birthday.ids import SCHEMES, answer
from pigeonhole.plots import FIGURES, OF_HASHES
from pigeonhole.plots.ids import ids
from pigeonhole.plots.save import save_figure


def columns(rows):
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def tables():
    timed = {bits: first.timed_part(1, bits, 20) for bits in (2, 4, 6)}
    swept = [first.sweep_rows(bits, *part) for bits, part in timed.items()]
    rates = columns(first.with_band([rate for rate, _ in swept]))
    seconds = columns([timing for _, timing in swept])
    times = {bits: found for bits, (found, _) in timed.items()}
    return {
        "people": columns(trials.people(1, 200)),
        "curve": columns(trials.curve(1, 200)),
        "first_byte": columns(trials.first_byte(1, 10)),
        "root": columns(trials.root(1, 50)),
        # The same columns as get_uid, which takes too long uncompiled.
        "get_uid": columns(trials.root(2, 50)),
        "sweep": rates,
        "sweep_seconds": {**rates, **seconds},
        "density": columns(first.density_rows(times, 10)),
        "safe_draws": {},
        "birthdays": columns(real_birthdays(1, 200)),
        "census": columns(census_rows(8, [census_part(8, 0, 1)])),
        "dict_seconds": columns(dict_seconds(1, (4, 16, 64))),
    }


def test_there_is_a_figure_for_every_table(tables):
    assert FIGURES.keys() == tables.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_have_title_labels_and_names(name, tables):
    figure = FIGURES[name](tables[name])
    assert figure.get_suptitle()
    drawn = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert drawn[-1].get_xlabel()
    assert figure.axes[0].get_title(loc="left")
    assert any(axes.get_legend() or axes.texts for axes in figure.axes)


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
    assert "Simultaneous 99 % band" in axes.get_legend_handles_labels()[1]
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


def test_the_heat_map_names_and_frames_what_is_flagged():
    rows = [
        {"key_set": "key%d", "algorithm": name, "bits": bits, "z": z, "flagged": flag}
        for name, z, flag in (("crc32", "-9.5", "1"), ("md5", "0.3", "0"))
        for bits in ("24", "32")
    ]
    figure = OF_HASHES["hashes"](rows)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["crc32", "md5"]
    assert len(axes.patches) == 2
    assert [text.get_text() for text in axes.texts][:2] == ["-9.5", "-9.5"]


def test_the_figure_of_ids_marks_the_safe_number():
    found = answer(SCHEMES["get_uid"], 4096, 0.5)
    (axes,) = ids(found).axes
    labels = axes.get_legend_handles_labels()[1]
    assert "Largest safe number, 4822" in labels
    assert "4096 ids: 0.393" in labels


def test_the_figure_of_tenants_is_that_of_each():
    found = answer(SCHEMES["xxh64"], 10**9, 0.01, tenants=1000)
    (axes,) = ids(found).axes
    assert axes.get_xlabel() == "Number of ids of each tenant"
    assert "1e+06 ids: 2.71e-05" in axes.get_legend_handles_labels()[1]
    numbers, chances = (np.asarray(xs) for xs in axes.get_lines()[0].get_data())
    near = np.abs(numbers - found.safe).argmin()
    assert chances[near] == pytest.approx(0.01, rel=0.2)


def test_caches_are_marked_where_a_dict_outgrows_them(tables):
    size, held = (tables["dict_seconds"][name] for name in ("size", "bytes"))
    filled = {"cache_1_bytes": held[1], "cache_2_bytes": 1e9, "cache_3_bytes": 0}
    marked = {name: np.full(3, float(value)) for name, value in filled.items()}
    (axes,) = FIGURES["dict_seconds"]({**tables["dict_seconds"], **marked}).axes
    (mark,) = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    assert mark.get_xdata()[0] == pytest.approx(size[1])
    assert [text.get_text().split(",")[0] for text in axes.texts] == ["L1"]


def test_effective_bits_are_drawn_with_what_is_flagged():
    rows = [
        {
            "key_set": keys,
            "algorithm": name,
            "bits": "16",
            "effective_bits": bits,
            "bits_low": "15.9",
            "bits_high": high,
            "flagged": flag,
        }
        for keys in ("key%d", "counters")
        for name, bits, high, flag in (
            ("md5", "16.01", "16.1", "0"),
            ("crc32", "inf", "inf", "1"),
        )
    ]
    (axes,) = OF_HASHES["effective_bits"](rows).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["md5", "crc32"]
    assert [text.get_text() for text in axes.texts] == ["no repeat"] * 2
    labels = axes.get_legend_handles_labels()[1]
    assert {"key%d", "counters", "Not by chance", "A perfect hash"} == set(labels)
