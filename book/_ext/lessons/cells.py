"""Cells on the page: folds say what is in them, headings of exercises carry their level."""

import re

from docutils import nodes

# What is folded, by the tag of its cell; other code is "the code".
FOLDED = {"tag_solution": "solution", "tag_setup": "the set-up"}
LEVEL = re.compile(r"\s*\((?P<level>easy|core|stretch)\)", re.IGNORECASE)


def split_level(text):
    """`"Exercise 1 (easy): name"` -> `("Exercise 1: name", "easy")`; level None without one."""
    match = LEVEL.search(text)
    if not match:
        return text, None
    return text[: match.start()] + text[match.end() :], match["level"].lower()


def on_doctree_read(app, doctree):
    for cell in doctree.findall(nodes.container):
        for tag in FOLDED.keys() & set(cell.get("classes", ())):
            cell["prompt_show"], cell["prompt_hide"] = f"Show {FOLDED[tag]}", f"Hide {FOLDED[tag]}"
    for title in doctree.findall(nodes.title):
        for text in list(title.findall(nodes.Text)):
            shown, level = split_level(text.astext())
            if level:
                text.parent.replace(text, nodes.Text(shown))
                title += nodes.Text(" ")
                title += nodes.inline(level, level, classes=["al-level", f"al-{level}"])
                break


def setup(app):
    # Before the table of contents is collected, so that it shows the same titles.
    app.connect("doctree-read", on_doctree_read, priority=110)
