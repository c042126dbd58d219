"""One small style sheet in place of the theme's many large ones.

After the build, the style sheets that the pages link are joined into `_static/site.css`, without
the rules that cannot match: those for classes and ids that neither a page nor a script of the site
mentions. A phone then waits for some 20 kB instead of 60.
"""

import hashlib
import os
import re
from pathlib import Path

import tinycss2

LINKS = re.compile(
    r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="(?P<href>[^"]*)"[^>]*>\n?'
)
WORD = re.compile(r"[A-Za-z_][\w-]*")
FUNCTIONAL = re.compile(r":(?:not|is|where|has|host|nth-[\w-]+)\((?:[^()]|\([^()]*\))*\)")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
URL = re.compile(r"url\((?P<quote>[\"']?)(?P<path>[^)\"']+)(?P=quote)\)")
IMPORT = re.compile(r"""@import\s+(?:url\()?["'](?P<path>[^"']+)["']\)?\s*;""")
SITE = "_static/site.css"


def used_words(html_texts, script_texts):
    """Every class and id that a page has, and every word of a script, which may set one."""
    words = set()
    for text in html_texts:
        for value in re.findall(r'\b(?:class|id)="([^"]*)"', text):
            words.update(value.split())
    for text in script_texts:
        words.update(WORD.findall(text))
    return words


def can_match(selector, words):
    """Whether all classes and ids that the selector requires are among the words."""
    required = NAME.findall(FUNCTIONAL.sub("", selector))
    return all(name.replace("\\", "") in words for name in required)


def prune(css, words):
    """The style sheet without rules that cannot match."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(_pruned(rule, words) for rule in rules)


def _split(prelude):
    """The selectors of a list, split at its outer commas."""
    part = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield tinycss2.serialize(part).strip()
            part = []
        else:
            part.append(token)
    yield tinycss2.serialize(part).strip()


def _pruned(rule, words):
    if rule.type == "qualified-rule":
        kept = [s for s in _split(rule.prelude) if can_match(s, words)]
        body = tinycss2.serialize(rule.content).strip()
        return f"{','.join(kept)}{{{body}}}\n" if kept and body else ""
    if rule.type != "at-rule":
        return ""
    if rule.lower_at_keyword in {"media", "supports", "layer", "container"} and rule.content:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        body = "".join(_pruned(r, words) for r in inner)
        prelude = tinycss2.serialize(rule.prelude).strip()
        return f"@{rule.at_keyword} {prelude}{{{body}}}\n" if body else ""
    if rule.lower_at_keyword == "font-face" and "fontawesome" in rule.serialize().lower():
        return ""
    return "" if rule.lower_at_keyword == "charset" else rule.serialize() + "\n"


def _read(path, folder):
    """A style sheet with what it imports; its relative addresses are seen from `folder`."""

    def rebase(match):
        address = match["path"]
        if address.startswith(("data:", "#", "http:", "https:", "/")):
            return match[0]
        target = os.path.relpath(path.parent / address, folder)
        return f'url("{Path(target).as_posix()}")'

    text = URL.sub(rebase, path.read_text(encoding="utf-8"))
    return IMPORT.sub(lambda match: _read(path.parent / match["path"], folder), text)


def on_build_finished(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html"))}
    pages = {path: text for path, text in pages.items() if "_static" not in path.parts}
    # In the order of the first page that links them; pages left from the last build link SITE.
    sheets = {}
    for path, text in pages.items():
        for match in LINKS.finditer(text):
            sheet = (path.parent / match["href"].split("?")[0]).resolve()
            if sheet != (out / SITE).resolve():
                sheets[sheet] = None
    listed = out / "_static" / "sheets.txt"
    if sheets:
        names = [sheet.relative_to(out.resolve()).as_posix() for sheet in sheets]
        listed.write_text("\n".join(names), encoding="utf-8")
    names = listed.read_text(encoding="utf-8").split("\n")
    scripts = [path.read_text(encoding="utf-8") for path in (out / "_static").rglob("*.js")]
    words = used_words(pages.values(), scripts)
    css = "".join(prune(_read(out / name, out / "_static"), words) for name in names)
    (out / SITE).write_text(css, encoding="utf-8")
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    for path, text in pages.items():
        if not LINKS.search(text):
            continue
        depth = len(path.relative_to(out).parts) - 1
        link = f'<link rel="stylesheet" href="{"../" * depth}{SITE}?v={version}">\n'
        first = LINKS.search(text)
        changed = text[: first.start()] + link + LINKS.sub("", text[first.start() :])
        if changed != text:
            path.write_text(changed, encoding="utf-8")


def setup(app):
    # Last of all, when every page is written.
    app.connect("build-finished", on_build_finished, priority=950)
