"""Captions in the report use only params that their rules have."""

import ast
import re


def test_params_in_captions_exist(root):
    """A missing param would be rendered as nothing."""
    files = sorted((root / "workflow/rules").glob("*.smk"))
    rules = "".join(path.read_text() for path in files)
    blocks = {
        name: block
        for block in re.split(r"^rule ", rules, flags=re.MULTILINE)
        for name in re.findall(r'caption="../report/(\w+)\.rst"', block)
    }
    assert blocks.keys() >= {"claims", "collisions", "mosaic"}
    for name, block in blocks.items():
        caption = (root / f"workflow/report/{name}.rst").read_text()
        for param in re.findall(r"snakemake\.params\.(\w+)", caption):
            assert re.search(rf"^        {param}=", block, re.MULTILINE), (name, param)


def test_settings_in_captions_of_figures_exist(root):
    rules = (root / "workflow/rules/plots.smk").read_text()
    source = re.search(r"^FIGURES = (\{.*?^\})", rules, re.MULTILINE | re.DOTALL)[1]
    table = ast.parse(source, mode="eval").body
    assert len(table.keys) > 10
    for key, figure in zip(table.keys, table.values, strict=True):
        settings = set(ast.literal_eval(figure.args[2])) if figure.args[2:] else set()
        caption = (root / f"workflow/report/{key.value}.rst").read_text()
        used = set(re.findall(r"snakemake\.params\.settings\[.(\w+).\]", caption))
        assert used == settings, key.value
