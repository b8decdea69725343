"""Figures show what their tables contain and have the same bytes every time."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from first_collision_samples import draw_times

from pigeonhole.birthday.experiments import sweep, trials
from pigeonhole.birthday.experiments.dict_times import time_dicts
from pigeonhole.birthday.experiments.exhaustive_count import count_shard, merge_counts
from pigeonhole.birthday.experiments.first_collision import TimedShard
from pigeonhole.birthday.experiments.real_birthdays import real_birthdays
from pigeonhole.birthday.hash_tests import EffectiveBitsTest, RepeatsTest
from pigeonhole.birthday.ids import SCHEMES, Scheme, report_ids
from pigeonhole.core.tables import write_table
from pigeonhole.plots.hashes import effective_bits, hashes
from pigeonhole.plots.ids import ids
from pigeonhole.plots.registry import FIGURES, draw_figure
from pigeonhole.plots.save import save_figure

LENGTHS = (4, 6, 8)
REPEATS = [
    RepeatsTest("key%d", name, bits, 1000, 10, 10.5, z, 0.5, flagged)
    for name, z, flagged in (("crc32", -9.5, True), ("md5", 0.3, False))
    for bits in (24, 32)
]
EFFECTIVE = [
    EffectiveBitsTest(keys, name, 16, 100, bits, 15.9, high, 0.5, flagged)
    for keys in ("key%d", "counters")
    for name, bits, high, flagged in (
        ("md5", 16.01, 16.1, False),
        ("crc32", np.inf, np.inf, True),
    )
]


def columns(rows):
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def tables():
    shards = [[TimedShard(draw_times(bits, 20, 1), 1.0)] for bits in LENGTHS]
    swept = sweep.sweep_tables(LENGTHS, shards)
    rates, seconds = columns(swept.rates), columns(swept.seconds)
    return {
        "people": columns(trials.people(1, 200)),
        "curve": columns(trials.curve(1, 200)),
        "first_byte": columns(trials.first_byte(1, 10)),
        "root": columns(trials.root(1, 50)),
        # The experiment of get_uid has the same columns but takes too long uncompiled.
        "get_uid": columns(trials.root(2, 50)),
        "sweep": rates,
        "sweep_seconds": {**rates, **seconds},
        "density": columns(swept.density),
        "safe_draws": {},
        "birthdays": columns(real_birthdays(1, 200)),
        "census": columns(merge_counts(8, [count_shard(8, 0, 1)])),
        "dict_seconds": columns(time_dicts(1, (4, 16, 64))),
    }


def test_every_table_has_a_figure(tables):
    assert FIGURES.keys() == tables.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_have_titles_and_labels(name, tables):
    figure = FIGURES[name](tables[name])
    assert figure.get_suptitle()
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert panels[-1].get_xlabel()
    assert figure.axes[0].get_title(loc="left")
    plots = figure.axes
    assert figure.legends or any(axes.get_legend() or axes.texts for axes in plots)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_reproducible(name, tables, tmp_path):
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


def test_figures_do_not_depend_on_the_matplotlibrc(tables, tmp_path):
    save_figure(FIGURES["root"](tables["root"]), tmp_path / "a.svg", tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        save_figure(
            FIGURES["root"](tables["root"]), tmp_path / "b.svg", tmp_path / "b.png"
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_figures_are_drawn_from_files(tables, tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, trials.root(1, 50))
    assert draw_figure("root", [path]).get_suptitle()
    assert draw_figure("safe_draws", []).get_suptitle()
    write_table(path, [test.row() for test in REPEATS])
    assert draw_figure("hashes", [path]).get_suptitle()
    write_table(path, [test.row() for test in EFFECTIVE])
    assert draw_figure("effective_bits", [path]).get_suptitle()


def test_points_of_the_sweep_equal_the_table(tables):
    (axes,) = FIGURES["sweep"](tables["sweep"]).axes
    points = axes.containers[0]
    assert "Simultaneous 99% band" in axes.get_legend_handles_labels()[1]
    np.testing.assert_array_equal(points[0].get_xdata(), LENGTHS)
    np.testing.assert_array_equal(points[0].get_ydata(), tables["sweep"]["share"])
    bars = points[2][0].get_segments()
    np.testing.assert_allclose([bar[0][1] for bar in bars], tables["sweep"]["low"])
    np.testing.assert_allclose([bar[1][1] for bar in bars], tables["sweep"]["high"])


def legend_texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_shares_show_the_tutorial_and_the_exact_distribution(tables):
    figure = FIGURES["root"](tables["root"])
    (axes,), labels = figure.axes, legend_texts(figure)
    assert "Exact 38.03%" in labels
    assert "Tutorial: 391 in 1,000\n(trials with a collision)" in labels
    assert "With a probability of 50%,\nwhich needs 20 draws" in labels
    distribution = axes.get_lines()[0]
    heights = np.asarray(distribution.get_ydata())
    assert heights.sum() / 50 == pytest.approx(1, abs=1e-3)
    assert distribution.get_xdata()[heights.argmax()] == pytest.approx(0.38)


def test_the_figure_of_get_uid_compares_repeats_with_repeats():
    rows = [{"trials": 1000, "hits": 393, "share": 0.393, "low": 0.36, "high": 0.42}]
    rows[0] |= {"draws": 4096, "space": 2**24, "exact": 0.39342, "repeats": 503}
    figure = FIGURES["get_uid"](columns(rows))
    labels = legend_texts(figure)
    assert "Tutorial: 497 in 1,000\n(repeats, one line each)" in labels
    assert "Repeats per run: exact 0.4998" in labels
    assert "Repeats per run: sample 0.5030" in labels
    line = next(
        line
        for line in figure.axes[0].get_lines()
        if "exact 0.4998" in line.get_label()
    )
    x, heights = np.asarray(line.get_data())
    assert x[heights.argmax()] == pytest.approx(0.4998, abs=0.001)
    assert np.trapezoid(heights, x) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("z", "text"), [(-9.5, "\N{MINUS SIGN}9.5"), (187, "+187"), (89_241, "+89k")]
)
def test_deviations_of_any_size_fit_into_a_cell(z, text):
    test = replace(REPEATS[0], z=z, key_set="/home/someone/a-long-name-of-keys.txt")
    axes = hashes([test]).axes[0]
    assert axes.texts[0].get_text() == text
    assert axes.get_title(loc="left") == "a-long-na…keys.txt"


def test_the_heat_map_frames_flagged_cells():
    axes = hashes(REPEATS).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["crc32", "md5"]
    assert len(axes.patches) == 2
    assert [text.get_text() for text in axes.texts][:2] == ["\N{MINUS SIGN}9.5"] * 2


def test_effective_bits_beyond_the_axis_are_shown_as_text():
    (axes,) = effective_bits(EFFECTIVE).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["md5", "crc32"]
    assert [text.get_text() for text in axes.texts] == ["no repeat"] * 2
    labels = axes.get_legend_handles_labels()[1]
    assert {"key%d", "counters", "Significant", "Random values"} == set(labels)


def test_the_figure_of_ids_marks_the_safe_number():
    report = report_ids(SCHEMES["get_uid"], 4096, 0.5)
    (axes,) = ids(report).axes
    labels = axes.get_legend_handles_labels()[1]
    assert "Largest safe number: 4,822" in labels
    assert "4,096 ids: 0.3934" in labels
    assert axes.get_title(loc="left").startswith("Up to 4,822 ids, the probability")


def test_the_figure_of_tenants_shows_ids_per_tenant():
    report = report_ids(SCHEMES["xxh64"], 10**9, 0.01, tenants=1000)
    (axes,) = ids(report).axes
    assert axes.get_xlabel() == "Number of ids per tenant"
    assert "10⁶ ids: 2.71·10⁻⁵" in axes.get_legend_handles_labels()[1]
    # Both axes show logarithms.
    numbers, probabilities = (np.asarray(xs) for xs in axes.get_lines()[0].get_data())
    at_safe = np.interp(np.log10(report.safe), numbers, probabilities)
    assert at_safe == pytest.approx(-2, abs=0.01)


@pytest.mark.parametrize(
    ("scheme", "arguments"),
    [
        ("uuid7", {"ids": 31_557_600_000, "seconds": 31_557_600}),
        ("ulid", {"ids": 10**9, "seconds": 60, "tenants": 500}),
        ("ksuid", {"ids": 10**15}),
        ("sha512", {"ids": 10**70, "tenants": 3}),
    ],
)
def test_the_point_of_a_number_of_ids_is_on_the_curve(scheme, arguments):
    (axes,) = ids(report_ids(SCHEMES[scheme], **arguments)).axes
    curve, _, *points = (line.get_data() for line in axes.get_lines())
    assert len(points) == 2
    for (x,), (y,) in points:
        assert np.interp(x, *curve) == pytest.approx(y, abs=0.02)


@pytest.mark.parametrize(
    ("bits", "number"), [(1, 10**9), (10_000, 10**1000), (8, None)]
)
def test_the_figure_of_ids_of_any_length(bits, number):
    report = report_ids(Scheme("random ids", 2, bits), number)
    (axes,) = ids(report).axes
    for line in axes.get_lines():
        assert np.isfinite(np.asarray(line.get_data(), float)).all()


def test_caches_are_marked_where_a_dict_fills_them(tables):
    size, dict_bytes = (tables["dict_seconds"][name] for name in ("size", "bytes"))
    caches = {"cache_1_bytes": dict_bytes[1], "cache_2_bytes": 1e9, "cache_3_bytes": 0}
    filled = {name: np.full(3, float(value)) for name, value in caches.items()}
    (axes,) = FIGURES["dict_seconds"]({**tables["dict_seconds"], **filled}).axes
    (line,) = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    assert line.get_xdata()[0] == pytest.approx(size[1])
    assert [text.get_text().split(" (")[0] for text in axes.texts] == ["L1 cache full"]
