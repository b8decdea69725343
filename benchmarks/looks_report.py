"""Write the table, the summary and the page of `benchmarks.looks`."""

from html import escape

import pandas as pd

from benchmarks.peers import OURS
from pigeonhole.imaging.codecs import read_rgb, write_jpeg

CASE = ["grid", "pool", "target"]
FAILURE = [*CASE, "program", "error"]
SHOWN = {
    "local_ssim": "local SSIM",
    "local_mae": "local MAE",
    "lowpass_ssim": "low-pass SSIM",
    "lowpass_mae": "low-pass MAE",
    "transfer": "transfer ΔE2000",
    "transfer_p95": "95th percentile",
    "contrast_kept": "contrast kept",
    "repeated_1": "repeated within 1",
    "repeated_3": "within 3",
    "repeated_6": "within 6",
    "most_used": "most used photo",
    "effective_photos": "effective photos",
    "seconds": "seconds",
    "cpu_seconds": "CPU seconds",
    "megabytes": "MB",
}
HEAD = """<!doctype html><meta charset="utf-8"><title>Looks</title>
<style>
:root { --width: 480px }
body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem }
header { position: sticky; top: 0; background: #fff; padding: .5rem 0 }
section div { display: flex; gap: .5rem; overflow-x: auto }
figure { margin: 0; flex: none; width: var(--width) }
img { width: 100%; display: block }
pre { overflow-x: auto }
</style>
<header><label>Width <input type="range" min="200" max="1400" value="480"
oninput="document.documentElement.style.setProperty('--width', this.value + 'px')">
</label> Click a mosaic for its full size.</header>
"""


def write(folder, table):
    """Write table.csv, summary.md and index.html to a folder."""
    columns = table.columns.union([*FAILURE, *SHOWN], sort=False)
    table = table.reindex(columns=columns)
    table.to_csv(folder / "table.csv", index=False)
    summary = _summary(table)
    (folder / "summary.md").write_text(summary, "utf-8")
    measured = table[table.local_ssim.notna()].groupby(CASE, sort=False)
    sections = [_section(folder, *case) for case in measured]
    page = f"{HEAD}<pre>{escape(summary)}</pre>{''.join(sections)}"
    (folder / "index.html").write_text(page, "utf-8")


def _summary(table):
    """Return the medians, and the comparisons with each peer, as Markdown."""
    parts = ["# Looks\n\nMedians over all cases:\n", _markdown(_medians(table))]
    failed = table[table.error.notna()]
    if len(failed):
        parts += ["\nPrograms that failed:\n", _markdown(failed[FAILURE])]
    measured = table[table.local_ssim.notna()]
    ours = measured[measured.program == OURS].set_index(CASE)
    peers = measured[~measured.program.str.startswith(OURS)]
    if len(ours) and len(peers):
        parts += _comparisons(ours, peers)
    return "\n".join(parts) + "\n"


def _medians(table):
    """Return the medians of each program."""
    programs = table.groupby("program", sort=False)
    medians = programs[list(SHOWN)].median()
    medians.insert(0, "mosaics", programs.local_ssim.count())
    return medians.rename(columns=SHOWN).round(3).reset_index()


def _markdown(table):
    rows = [list(table.columns), ["---"] * table.shape[1], *table.values.tolist()]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def _comparisons(ours, peers):
    """Yield lines about each peer and our default on their common cases."""
    rows, losses = [], {}
    for name, peer in peers.groupby("program", sort=False):
        pair = peer.set_index(CASE).join(ours, rsuffix="_ours", how="inner")
        better = pair[_better(pair)].index
        for case in better:
            losses.setdefault(case, []).append(name)
        medians = {
            "local SSIM, ours - peer": pair.local_ssim_ours - pair.local_ssim,
            "low-pass MAE, ours / peer": pair.lowpass_mae_ours / pair.lowpass_mae,
            "transfer, ours - peer": pair.transfer_ours - pair.transfer,
        }
        row = {"peer": name, "cases": len(pair), "peer better": len(better)}
        rows.append({**row, **{key: each.median() for key, each in medians.items()}})
    yield "\nMedians of our default compared with each peer. A peer is better in a case"
    yield "if both its local SSIM and its low-pass MAE are better, at no more transfer"
    yield "and no more repetition within 3 cells.\n"
    yield _markdown(pd.DataFrame(rows).round(3))
    share = 1 - len(losses) / len(ours)
    yield f"\nNo peer is better in {share:.1%} of {len(ours)} cases."
    yield "\nA peer is better in:\n" if losses else ""
    for case, names in losses.items():
        yield f"- {', '.join(map(str, case))}: {', '.join(names)}"


def _better(pair):
    """Return where a peer is better than our default."""
    return (
        (pair.local_ssim > pair.local_ssim_ours)
        & (pair.lowpass_mae < pair.lowpass_mae_ours)
        & (pair.transfer <= pair.transfer_ours)
        & (pair.repeated_3 <= pair.repeated_3_ours)
    )


def _section(folder, case, mosaics):
    """Return the HTML of the target and all mosaics of a case, side by side."""
    grid, pool, target = case
    figures = [_figure(folder, f"targets/{grid}-{target}.png", "target")]
    for row in mosaics.itertuples():
        caption = (
            f"{row.program}: local SSIM {row.local_ssim:.3f}, "
            f"low-pass MAE {row.lowpass_mae:.1f}, transfer {row.transfer:.1f}, "
            f"contrast kept {row.contrast_kept:.2f}, "
            f"repeated within 3 cells: {row.repeated_3:.0%}, {row.seconds:.1f} s"
        )
        figures.append(_figure(folder, f"mosaics/{row.image}", caption))
    title = f"{target}, {pool}, about {grid} cells"
    return f"<section><h2>{title}</h2><div>{''.join(figures)}</div></section>\n"


def _figure(folder, image, caption):
    """Return the HTML of an image, with a JPEG copy of it that loads faster."""
    jpeg = (folder / image).with_suffix(".jpg")
    if not jpeg.exists() or jpeg.stat().st_mtime < (folder / image).stat().st_mtime:
        write_jpeg(jpeg, read_rgb(folder / image), quality=88)
    source = escape(jpeg.relative_to(folder).as_posix())
    return (
        f'<figure><a href="{escape(image)}"><img loading="lazy" src="{source}"></a>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
