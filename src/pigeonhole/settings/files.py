"""Read settings from YAML or JSON files, exactly as they are written."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from pigeonhole.core.errors import PigeonholeError, reason_of

INTEGER = re.compile(r"0|-?[1-9][0-9]{0,99}")
DECIMAL = re.compile(r"-?[0-9]{1,99}\.[0-9]{1,99}")
NULL = ("", "~", "null", "Null", "NULL")
TRUTH_VALUES = {"true": True, "false": False}
TYPOGRAPHIC_QUOTES = re.compile(
    "[\u2018-\u201f\xab\xbb\u2039\u203a].*[\u2018-\u201f\xab\xbb\u2039\u203a]",
    re.DOTALL,
)
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
CONFLICT = re.compile(r"^(<<<<<<<|=======|>>>>>>>)( |$)", re.MULTILINE)
END_OF_DOCUMENT = re.compile(r"^\.\.\.", re.MULTILINE)
COMMENT = re.compile(r"(^[ \t]*|[,{}\[\]][ \t]*)(//|/\*)", re.MULTILINE)
"""A comment as in JavaScript, which some editors allow in JSON."""
DASH_WITHOUT_SPACE = re.compile(r" *-[^\s-]")
ASSIGNMENT = re.compile(r" *[\w.-]+ *=")
BEYOND_UNICODE = re.compile(r"\\U(?!000|0010)")
MERGE = "<<"
"""YAML key whose value is one or more mappings that provide defaults."""
NOT_TEXT = "it isn't a text file in UTF-8; save it as UTF-8"
TAG = "tag:yaml.org,2002:"
IMPLICIT = "str", "int", "float", "bool", "null", "timestamp", "merge", "value"
TAGS = {f"{TAG}{name}" for name in (*IMPLICIT, "map", "seq")}
"""Tags of values without a tag in the file, and those that change nothing."""


class UnreadableSettings(PigeonholeError):
    """A file of settings has a mistake at a position, or can't be read at all."""

    def __init__(self, path: Path, reason: str, mark: Mark | None = None) -> None:
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        shown = path
        with suppress(ValueError):
            shown = path.relative_to(Path.cwd())
        super().__init__(f"{shown}{', ' if mark else ': '}{place}{reason}.")
        self.detail = place + reason


def read_settings_file(path: Path) -> dict[str, Any]:
    """
    Read a mapping from a YAML or JSON file; an empty file is an empty mapping.

    Only null, true, false and numbers in their usual spelling are converted. All other
    plain values stay text, and the type of the setting decides what they mean: YAML's
    own rules would read 12:30 as 750, 010 as 8, and ``no`` as false.

    Raises
    ------
    UnreadableSettings
        The file can't be read, isn't YAML or JSON in UTF-8, isn't a mapping, or sets
        a key twice.
    """
    text = _read(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = _Converter(path).convert(node) if node else {}
    except MarkedYAMLError as error:
        raise UnreadableSettings(path, *_explain(error, text)) from None
    except ReaderError as error:
        mark = _end_of(text[: error.position])
        reason = f"the character U+{error.character:04X} isn't allowed; delete it"
        raise UnreadableSettings(path, reason, mark) from None
    except (ValueError, OverflowError):
        # PyYAML raises them only for numbers of characters.
        match = BEYOND_UNICODE.search(text)
        mark = _end_of(text[: match.start()]) if match else None
        reason = "the largest character is U+10FFFF"
        raise UnreadableSettings(path, reason, mark) from None
    except RecursionError:
        raise UnreadableSettings(path, "the sections are nested too deeply") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        reason = "settings must be written as `name: value`"
        raise UnreadableSettings(path, reason, node.start_mark)
    return content


def read_settings_files(
    paths: Iterable[Path], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Read files of settings; later ones, and at last `changes`, have precedence."""
    merged: dict[str, Any] = {}
    for content in (*map(read_settings_file, paths), changes):
        merged = _merge(merged, content)
    return merged


def _merge(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for key, new in changes.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            new = _merge(old, new)
        merged[key] = new
    return merged


def _read(path: Path) -> str:
    try:
        content = path.read_bytes().removeprefix(BOM_UTF8)
    except FileNotFoundError:
        raise UnreadableSettings(path, "there is no such file") from None
    except OSError as error:
        reason = f"it can't be read ({reason_of(error)})"
        raise UnreadableSettings(path, reason) from None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        raise UnreadableSettings(path, NOT_TEXT, _end_of(before)) from None
    if (position := text.find("\0")) >= 0:
        raise UnreadableSettings(path, NOT_TEXT, _end_of(text[:position]))
    return _json_as_yaml(text) if text.lstrip().startswith("{") else text


def _json_as_yaml(text: str) -> str:
    """
    Return JSON as YAML, with all positions unchanged, and any other text as it is.

    YAML includes JSON, but PyYAML accepts no tabs between tokens.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


class _Converter:
    """Converts nodes of a YAML file to dicts, lists, text, numbers and None."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._converted: dict[yaml.Node, Any] = {}
        self._open: set[yaml.Node] = set()

    def convert(self, node: yaml.Node) -> Any:
        """Return the value of a node; nodes with an anchor are converted once."""
        if node in self._open:
            self._fail("this value contains itself; write it out", node)
        if node not in self._converted:
            self._open.add(node)
            self._converted[node] = self._value(node)
            self._open.remove(node)
        return self._converted[node]

    def _value(self, node: yaml.Node) -> Any:
        if node.tag not in TAGS:
            self._fail("a value can't begin with !; put it in quotes", node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(item) for item in node.value]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in first:
                is_section = isinstance(value_node, yaml.MappingNode)
                advice = "move these settings there" if is_section else "keep one"
                line = first[key].start_mark.line + 1
                reason = f"{key!r} is set twice, first in line {line}; {advice}"
                self._fail(reason, key_node)
            first[key] = key_node
            if key_node.style is None and key == MERGE:
                for defaults in self._merged(value_node):
                    merged = defaults | merged
            else:
                own[key] = self.convert(value_node)
        return merged | own

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fail("the name of a setting must be text", node)
        self._check_quotes(node)
        if COMMENT.match(node.value):
            self._fail("begin comments with #", node)
        odd = [char for char in node.value if not char.isprintable()]
        if odd and node.style is None:
            reason = (
                f"this name contains the invisible character U+{ord(odd[0]):04X}; "
                "delete it, or use spaces"
            )
            self._fail(reason, node)
        return str(node.value)

    def _merged(self, node: yaml.Node) -> Iterator[dict[str, Any]]:
        """Yield the mappings of a merge key; earlier ones have precedence."""
        is_list = isinstance(node, yaml.SequenceNode)
        for part in node.value if is_list else [node]:
            mapping = self.convert(part)
            if not isinstance(mapping, dict):
                self._fail("<< must be followed by a section, such as *name", part)
            yield mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            # JSON writes a character beyond U+FFFF as two escapes.
            text = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fail("this text has half of a surrogate pair; delete it", node)
        self._check_quotes(node)
        if node.style is not None or node.tag == f"{TAG}str":
            return text
        if text in NULL:
            return None
        if text in TRUTH_VALUES:
            return TRUTH_VALUES[text]
        if INTEGER.fullmatch(text):
            return int(text)
        if DECIMAL.fullmatch(text) and repr(float(text)) == text:
            return float(text)
        return text

    def _check_quotes(self, node: yaml.ScalarNode) -> None:
        if node.style is None and TYPOGRAPHIC_QUOTES.fullmatch(node.value):
            reason = (
                f"{node.value} is in typographic quotes, which would be part of the "
                "value; use straight quotes"
            )
            self._fail(reason, node)

    def _fail(self, reason: str, node: yaml.Node) -> NoReturn:
        raise UnreadableSettings(self._path, reason, node.start_mark)


def _end_of(text: str) -> Mark:
    """Return the position after a text."""
    line, column = text.count("\n"), len(text) - text.rfind("\n") - 1
    return Mark(None, len(text), line, column, None, None)


def _explain(error: MarkedYAMLError, text: str) -> tuple[str, Mark]:
    """Return what is wrong with YAML and how to fix it, and where."""
    mark, context = error.problem_mark, error.context_mark or error.problem_mark
    found, opened = text[mark.index :][:1], text[context.index :][:1]
    line = LINE_BREAK.split(text)[mark.line]
    opened_line = LINE_BREAK.split(text)[context.line]
    conflict = CONFLICT.search(text)
    comment = COMMENT.search(text[: mark.index + 2])
    is_scanned, is_inside = isinstance(error, ScannerError), context.index < mark.index
    closing = {"[": "]", "{": "}"}.get(opened, "")
    before = LINE_BREAK.split(text[: mark.index].rstrip())[-1]
    in_comment = ", before a # that isn't in quotes" if " #" in before else ""
    start = f"the {opened} in line {context.line + 1}, column {context.column + 1}"
    colon_missing = (
        "this line is indented too far, or the one above lacks a colon and a space"
    )
    anything = (
        "this isn't valid YAML; settings of one section must begin in the same column, "
        "and nothing may follow a closing quotation mark"
    )
    # The first condition that holds explains the error.
    reasons = (
        (found == "\t", "this is a tab; use spaces", mark),
        (
            conflict,
            "git left a conflict here; resolve it",
            _end_of(text[: conflict.start() if conflict else 0]),
        ),
        (
            line.startswith("---") or (found == "{" and not is_inside),
            "this starts a second document; remove it",
            mark,
        ),
        (
            END_OF_DOCUMENT.search(text[: mark.index + 3]),
            "nothing may follow the line ..., which ends the settings",
            mark,
        ),
        (line.startswith("%"), "this isn't a directive of YAML 1.1; delete it", mark),
        (
            comment,
            "begin comments with #",
            _end_of(text[: comment.end(1) if comment else 0]),
        ),
        (found == "&" and is_inside, "this anchor is defined twice; rename it", mark),
        (found in [*"@`%*"], f"put a value that begins with {found} in quotes", mark),
        (found == "?", "put a value that contains ? in quotes", mark),
        (
            opened in [*"|>&*!"],
            f"put a value that begins with {opened} in quotes",
            context,
        ),
        (
            opened == '"' and found and "\\" in text[context.index : mark.index + 1],
            "\\ has a special meaning in double quotes; use single quotes",
            mark,
        ),
        (
            opened in [*"\"'"] and is_scanned and is_inside,
            "the closing quotation mark is missing",
            context,
        ),
        (
            DASH_WITHOUT_SPACE.match(opened_line),
            "put a space after the - of a list's entry",
            context,
        ),
        (ASSIGNMENT.match(line), "settings must be written as `name: value`", mark),
        (
            closing,
            f"a comma is missing here, or {closing} for {start}{in_comment}",
            mark,
        ),
        (found in [*",]}"], f"a value is missing before {found}", mark),
        (
            is_scanned and is_inside,
            "the colon after the name of this setting is missing",
            context,
        ),
        (
            found == ":" and re.search(r":\s", line[: mark.column]),
            "put a value that contains a colon and a space in quotes",
            mark,
        ),
        (found == ":", colon_missing, mark),
        (
            not found,
            f"a value or a closing bracket is missing at the end{in_comment}",
            mark,
        ),
        (True, anything, mark),
    )
    return next((reason, place) for holds, reason, place in reasons if holds)
