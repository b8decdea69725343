"""Check the prose of the project: comments, docstrings, texts, pages and docs.

Prints each sentence that uses a banned word, with what to write instead, and exits
with 1 if there is any. `python tools/prose.py [FILE ...]`; without files, all that
git tracks.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

BANNED = {
    r"tells?|telling|told": "show, report, return, describe",
    r"says?|said|saying": "state, show, report",
    r"hears?|heard": "receive, learn",
    r"mend(s|ed|ing)?": "fix, repair",
    r"anew|made again|makes? again": "from scratch, rebuilt",
    r"lest": "so that ... not",
    r"so (many|few)(?! that)": "this many, at most N",
    r"ways? out": "fix, remedy",
    r"whoever|who asks": "anyone who ...",
    r"to whom": "who ... to",
    r"(tak(e|es|en|ing)|took) out": "remove",
    r"forgotten|forgets?": "removed, removal list",
    r"from afar|(far|near) looks?": "low-pass error, local error",
    r"to be had": "available",
    r"beside": "next to, compared with",
    r"goes on with|goes on|go on": "continues, resumes",
    r"a person|persons?": "the user, people",
    r"wish(ed|es)?": "requested",
    r"lies|lay|lain": "is, is stored",
    r"stands?( still)?|stood": "is",
    r"hangs? (on|together)": "depends on",
    r"alike": "near-duplicates, similar",
    r"of (its|their) own accord": "automatically",
    r"till|thereby|whereby|thereof|wherein|hereby": "a plain word",
    r"gone through": "loop over",
    r"yours to": "your responsibility",
    r"thousand million": "billion",
    r"pictures?": "image, photo, target, mosaic",
    r"misspelt|learnt|spelt|whilst|amongst": "American spelling",
    r"(col|behavi|neighb|hon|fav|harb)our\w*": "American -or",
    r"grey\w*": "gray",
    r"licence\w*": "license",
    r"\w*(?<!para)(?<!peri)metres?": "meter",
    r"cent(re|red|ring)s?": "center",
    r"\w+(ogni|gani|[tn]imi|rmali|mmari|itiali)s(e|es|ed|ing|ation)": "American -ize",
    r"artefacts?|catalogues?|towards|cancelled|labelled": "American spelling",
}
"""Words of the old dialect, as patterns, and what to write instead."""

OPENINGS = {
    *("What", "How", "Whether", "Where", "Who", "Which", "Of", "See"),
    *("Take", "Takes", "Give", "Gives", "Tell", "Let", "Lets", "Say", "Lay", "Bring"),
}
"""First words of docstrings that are no imperative and no noun phrase."""

WORDS = re.compile(
    "|".join(rf"(?P<w{i}>\b(?:{word})\b)" for i, word in enumerate(BANNED)), re.I
)
INSTEAD = list(BANNED.values())
CODE = re.compile(r"``.*?``|`[^`\n]*`|https?://\S+|\]\([^)]*\)", re.S)
"""Names and addresses are not prose."""
SKIPPED = (
    "tests/corpus/",
    "requirements",
    "tools/prose.py",
    "tests/test_prose.py",
    "LICENSE",
)
BINARY = (".jpg", ".png", ".gif", ".svg", ".csv", ".lock", ".json")


def main(names: list[str]) -> int:
    """Check files and return the exit status."""
    faults = [fault for name in names or _tracked() for fault in check(Path(name))]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return int(bool(faults))


def check(path: Path) -> Iterator[str]:
    """Yield each fault as ``file:line: word -> instead: text``."""
    if str(path).startswith(SKIPPED) or path.suffix in BINARY or not path.is_file():
        return
    text = path.read_text("utf-8")
    for line, piece in READERS.get(path.suffix or path.name, _whole)(text):
        prose = CODE.sub(lambda code: "\n" * code[0].count("\n"), piece)
        for found in WORDS.finditer(prose):
            where = line + prose[: found.start()].count("\n")
            instead = INSTEAD[int(str(found.lastgroup)[1:])]
            near = " ".join(
                prose[max(0, found.start() - 30) : found.end() + 30].split()
            )
            yield f"{path}:{where}: {found[0]!r} -> {instead}: ... {near} ..."
    if path.suffix == ".py" and not str(path).startswith("tests/"):
        yield from _openings(path, text)


def _tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.check_output(command, text=True).splitlines()


def _python(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments, and strings that hold a space: names and keys don't."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type == tokenize.STRING and " " in token.string.strip():
            yield token.start[0], re.sub(r"\{[^{}]*\}", "", token.string)


def _openings(path: Path, text: str) -> Iterator[str]:
    """Yield docstrings that begin with a noun clause or a private verb."""
    for node in ast.walk(ast.parse(text)):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, kinds) and (doc := ast.get_docstring(node)):
            first = doc.split(maxsplit=1)[0]
            if first in OPENINGS:
                line = doc.splitlines()[0]
                where = getattr(node, "lineno", 1)
                yield f"{path}:{where}: docstring begins with {first!r}: {line}"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments and quoted texts of files without a parser here."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in re.finditer(r"#.*$|\"[^\"]* [^\"]*\"|'[^']* [^']*'", line):
            yield number, re.sub(r"\{[^{}]*\}", "", found[0])


def _script(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments and texts of JavaScript and CSS."""
    pattern = r"/\*.*?\*/|(?<![:\"'])//[^\n]*|\"[^\"\n]* [^\"\n]*\"|`[^`]* [^`]*`"
    for found in re.finditer(pattern, text, re.S):
        line = text[: found.start()].count("\n") + 1
        yield line, re.sub(r"\$?\{[^{}]*\}", "", found[0]).replace("`", " ")


def _whole(text: str) -> Iterator[tuple[int, str]]:
    """Yield all of a document but its code blocks, tags and styles."""
    blank = r"^```.*?^```|<(script|style)\b.*?</\1>|<[^>]*>"
    yield 1, re.sub(blank, lambda f: "\n" * f[0].count("\n"), text, flags=re.S | re.M)


READERS = {
    ".py": _python,
    **dict.fromkeys(
        (".smk", "Snakefile", ".yaml", ".yml", ".toml", "Makefile"), _lines
    ),
    **dict.fromkeys((".js", ".css"), _script),
}
"""Functions that yield the prose of a file, by suffix or name."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
