"""Links both ways between functions and the chapters that teach them.

A docstring ends with the line `Chapter: sound/stft`. In the reference that line becomes a link to
the chapter; at the end of the chapter stands the list of all functions that name it; and wherever a
page says `al.spectral.stft`, the name links to the reference.
"""

import re
from html import escape

from docutils import nodes
from sphinx.errors import NoUri

PACKAGE = "audiolessons"
CHAPTER = re.compile(r"^\s*Chapter:\s*(?P<chapter>[\w./-]+?)\.?\s*$")
# "A. V. Oppenheim" at the start of a line is an author, not item A of a list.
INITIAL = re.compile(r"^(\s*)([A-Z]\.)(?=[\s-]*[A-Z])")
CODE_NAME = re.compile(r"^al((?:\.\w+)+)(\(.*\))?$", re.DOTALL)


def on_docstring(app, what, name, obj, options, lines):
    """Remember which chapter teaches `name`, turn the line into a link, keep initials as text."""
    summary = next((line.strip() for line in lines if line.strip()), "")
    lines[:] = [INITIAL.sub(r"\1\\\2", line) for line in lines]
    for i, line in enumerate(lines):
        match = CHAPTER.match(line)
        if not match:
            continue
        docname = f"book/{match['chapter']}"
        taught = app.env.lessons_taught.setdefault(app.env.docname, {})
        if what in ("function", "class"):
            taught[name] = (docname, summary)
        if docname in app.env.found_docs:
            lines[i] = f"**Chapter:** :doc:`/{docname}`"
        else:
            lines[i] = f"**Chapter:** {match['chapter']}"
        lines[i:i] = [""]
        break


def on_member(app, what, name, obj, skip, options):
    """Leave out fields that are documented by "Alias for field number 0" alone."""
    return True if (getattr(obj, "__doc__", None) or "").startswith("Alias for field") else None


def functions_of(env, docname):
    """`{full name: summary}` of what the chapter teaches, in the order of the names."""
    pairs = (item for page in env.lessons_taught.values() for item in page.items())
    return {name: summary for name, (chapter, summary) in sorted(pairs) if chapter == docname}


def _address(app, pagename, name):
    entry = app.env.get_domain("py").objects.get(name)
    if entry is None:
        return None
    try:
        uri = app.builder.get_relative_uri(pagename, entry.docname)
    except NoUri:
        return None
    return f"{uri}#{entry.node_id}"


def taught_here(app, docname):
    """The section "Functions taught here" of a chapter, as HTML; empty where there are none."""
    items = []
    for name, summary in functions_of(app.env, docname).items():
        address = _address(app, docname, name)
        if address is None:
            continue
        short = escape("al" + name.removeprefix(PACKAGE))
        text = re.sub(r"``(.+?)``|`(.+?)`", r"<code>\1\2</code>", escape(summary, quote=False))
        items.append(f'<li><a href="{address}"><code>{short}</code></a> {text}</li>')
    if not items:
        return ""
    return (
        '<section class="al-taught" id="functions-taught-here"><h2>Functions taught here</h2>'
        f"<ul>{''.join(items)}</ul></section>"
    )


def _is_in_link_or_title(node):
    while node is not None:
        if isinstance(node, (nodes.reference, nodes.title)):
            return True
        node = node.parent
    return False


def on_doctree_resolved(app, doctree, docname):
    for literal in list(doctree.findall(nodes.literal)):
        match = CODE_NAME.match(literal.astext())
        if not match or _is_in_link_or_title(literal):
            continue
        address = _address(app, docname, PACKAGE + match[1])
        if address is None:
            continue
        link = nodes.reference("", "", internal=True, refuri=address, classes=["al-code-link"])
        literal.replace_self(link)
        link += literal


def on_missing_reference(app, env, node, contnode):
    """Docstrings say `AudioError`; the reference knows it by its full name."""
    if node.get("refdomain") != "py" or node.get("reftarget") != "AudioError":
        return None
    address = _address(app, node["refdoc"], f"{PACKAGE}.errors.AudioError")
    if address is None:
        return None
    link = nodes.reference("", "", internal=True, refuri=address)
    link += contnode
    return link


def on_env_before_read(app, env, docnames):
    if not hasattr(env, "lessons_taught"):
        env.lessons_taught = {}


def on_env_purge(app, env, docname):
    getattr(env, "lessons_taught", {}).pop(docname, None)


def on_env_merge(app, env, docnames, other):
    for docname in docnames:
        if docname in other.lessons_taught:
            env.lessons_taught[docname] = other.lessons_taught[docname]


def on_env_updated(app, env):
    """Chapters are written anew when the list of what they teach has changed."""
    before = getattr(env, "lessons_taught_written", {})
    chapters = {c for page in env.lessons_taught.values() for c, _ in page.values()} | set(before)
    now = {chapter: functions_of(env, chapter) for chapter in chapters}
    env.lessons_taught_written = now
    return [c for c in chapters if c in env.found_docs and now.get(c) != before.get(c)]


def setup(app):
    # After napoleon (500), which must not take the line into a section of its own.
    app.connect("autodoc-process-docstring", on_docstring, priority=800)
    app.connect("autodoc-skip-member", on_member)
    app.connect("env-before-read-docs", on_env_before_read)
    app.connect("env-purge-doc", on_env_purge)
    app.connect("env-merge-info", on_env_merge)
    app.connect("env-updated", on_env_updated)
    app.connect("missing-reference", on_missing_reference)
    app.connect("doctree-resolved", on_doctree_resolved)
