"""The bundler of JavaScript modules."""

import pytest

from pigeonhole.web import bundle
from pigeonhole.web.bundle import bundle_script, read_static


@pytest.fixture
def modules(monkeypatch):
    """Replace the static files by modules from a dictionary."""
    sources = {}
    monkeypatch.setattr(bundle, "read_static", lambda name: sources[name])
    bundle_script.cache_clear()
    yield sources
    bundle_script.cache_clear()


def test_imported_modules_come_first_and_only_once(modules):
    modules["page/main.js"] = (
        'import { a } from "../shared/a.js";\nimport {\n  b,\n} from "./b.js";\na(b);\n'
    )
    modules["page/b.js"] = (
        'import { a } from "../shared/a.js";\nexport const b = a();\n'
    )
    modules["shared/a.js"] = "export function a() {}\nexport class Unused {}\n"
    script = bundle_script("page/main.js")
    names = ["shared_a_js", "page_b_js", "page_main_js"]
    places = [script.index(f"const {name} =") for name in names]
    assert places == sorted(places)
    assert script.count("function a()") == 1
    assert "const { a } = shared_a_js;\n" in script
    assert "return { a, Unused };" in script
    assert "import" not in script
    assert "export" not in script


@pytest.mark.parametrize(
    "source",
    [
        "export default 1;\n",
        "export { a };\n",
        'import * as a from "./a.js";\n',
        'import a from "./a.js";\n',
        'import { a } from "a";\n',
        'const a = "</script>";\n',
    ],
)
def test_unsupported_syntax_is_an_error(modules, source):
    modules["main.js"] = source
    with pytest.raises(ValueError, match=r"main\.js: the bundler doesn't support"):
        bundle_script("main.js")


def test_circular_imports_are_an_error(modules):
    modules["a.js"] = 'import { b } from "./b.js";\n'
    modules["b.js"] = 'import { a } from "./a.js";\n'
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        bundle_script("a.js")


@pytest.mark.parametrize("entry", ["viewer/main.js", "review/main.js"])
def test_the_pages_can_be_bundled(entry):
    assert bundle_script(entry)


def test_styles_are_joined_in_order():
    styles = read_static("shared/tokens.css", "shared/base.css")
    assert styles.index("--color-accent:") < styles.index("var(--color-accent)")
