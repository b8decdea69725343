"""Render the HTML templates in `web/templates`."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps

from pigeonhole.web.bundle import bundle_script, read_static

_JSON_OPTIONS: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
_ENVIRONMENT = Environment(
    loader=PackageLoader("pigeonhole.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.globals.update(static=read_static, script=bundle_script)
# The options of the filter `tojson`.
_ENVIRONMENT.policies["json.dumps_kwargs"] = _JSON_OPTIONS


def render_template(name: str, **context: object) -> str:
    """
    Return a template filled with values.

    Values are escaped for HTML unless the template marks them with the filter `safe`.
    A template that uses a missing value raises `jinja2.UndefinedError`.
    """
    return _ENVIRONMENT.get_template(name).render(context)


def json_for_html(value: object) -> str:
    """Return compact JSON that is safe inside a `<script>` element."""
    return str(htmlsafe_json_dumps(value, **_JSON_OPTIONS))
