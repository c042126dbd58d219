"""Every page: a description, few scripts and none that blocks, nothing from other origins."""

import html
import re
from pathlib import Path

from docutils import nodes
from markupsafe import Markup
from sphinx.util import logging

import audiolessons

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
STATIC = Path(audiolessons.__file__).parent / "static"
# Scripts that something on a page uses; whatever else theme and extensions add is dropped.
SCRIPTS = {
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "clipboard.min.js",
    "copybutton.js",
    "scripts/sphinx-book-theme.js",
    "lessons.js",
    *(path.name for path in STATIC.glob("*.js")),
}
DESCRIPTION_LENGTH = 155
# Names, punctuation and space have the colour of all code: without elements of their own a chapter
# has half as many, and a phone lays it out sooner.
PLAIN_CODE = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')
# The theme measures every block of code one by one when a page has loaded, which holds a long
# chapter up; lessons.js gives the same blocks to the keyboard without that.
THEME_SCRIPT = "_static/scripts/pydata-sphinx-theme.js"
SLOW_START = '"complete"===document.readyState?I():window.addEventListener("load",I)'
REPORT_PAGE = "book/reference/report-an-error"
NOT_FOUND = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="This page of Audio Lessons does not exist.">
{base}<title>Page not found - Audio Lessons</title>
<link rel="icon" href="_static/favicon.svg" type="image/svg+xml">
<style>
:root {{ font: 1.1rem/1.6 system-ui, sans-serif; background: #fff; color: #222 }}
body {{ max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}
a {{ color: #0f5c94 }}
@media (prefers-color-scheme: dark) {{
  :root {{ background: #121212; color: #eee }}
  a {{ color: #8cc4f0 }}
}}
</style>
</head>
<body>
<main>
<h1>This page does not exist</h1>
<p>Perhaps a chapter has moved. The <a href="index.html">front page</a> lists all of them.</p>
</main>
</body>
</html>
"""
FRONT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={target}">
<meta name="description" content="Audio Lessons: deep learning for sound, speech and music.">
<title>Audio Lessons</title>
<link rel="canonical" href="{target}">
<link rel="icon" href="_static/favicon.svg" type="image/svg+xml">
</head>
<body><main><h1>Audio Lessons</h1><p><a href="{target}">To the front page</a></p></main></body>
</html>
"""


def on_doctree_read(app, doctree):
    """The page on errors gives the address, where the book has a public repository."""
    address = app.config.html_theme_options.get("repository_url")
    if app.env.docname != REPORT_PAGE or not address:
        return
    issues = f"{address.rstrip('/')}/issues"
    paragraph = nodes.paragraph("", "Open an issue at ")
    paragraph += nodes.reference("", issues, refuri=issues)
    doctree.next_node(nodes.title).parent.append(paragraph)


def describe(doctree):
    """The first paragraph of the page, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) < 20:
            continue
        if len(text) <= DESCRIPTION_LENGTH:
            return text
        return text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " ..."
    return ""


def on_config_inited(app, config):
    config.templates_path = [str(HERE / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(STATIC)]
    has_repository = bool(config.html_theme_options.get("repository_url"))
    for button in ("use_repository_button", "use_issues_button"):
        config.html_theme_options[button] = has_repository
    if not has_repository:
        config.html_theme_options.pop("repository_url", None)


def on_page(app, pagename, templatename, context, doctree):
    title = html.unescape(re.sub(r"<[^>]*>", "", context.get("title") or "Audio Lessons"))
    text = describe(doctree) if doctree is not None else ""
    text = text or f"{title}: a page of Audio Lessons, deep learning for sound, speech and music."
    tags = {"og:title": title, "og:type": "article", "og:site_name": "Audio Lessons"}
    meta = [f'<meta name="description" content="{html.escape(text)}">']
    meta += [
        f'<meta property="{name}" content="{html.escape(value)}">'
        for name, value in {**tags, "og:description": text}.items()
    ]
    context["metatags"] = "\n".join([context.get("metatags", ""), *meta])
    if "body" in context:  # the empty corner of a table is no heading
        body = context["body"].replace('<th class="head"><p></p></th>', "<td></td>")
        context["body"] = PLAIN_CODE.sub(r"\1", body)


def on_page_last(app, pagename, templatename, context, doctree):
    kept = []
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script) or "")
        if name.removeprefix("_static/") in SCRIPTS:
            script.attributes["defer"] = "defer"
            kept.append(script)
    context["script_files"] = kept
    original = context.get("generate_toctree_html")
    if original:
        # The arrows beside the parts of the contents have no name of their own.
        named = '<summary aria-label="Show the pages of this part">'
        context["generate_toctree_html"] = lambda *args, **options: Markup(
            str(original(*args, **options)).replace("<summary>", named)
        )


def on_build_finished(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    base = app.config.html_baseurl
    tag = f'<base href="{html.escape(base.rstrip("/"))}/">\n' if base else ""
    (out / "404.html").write_text(NOT_FOUND.format(base=tag), encoding="utf-8")
    target = app.builder.get_target_uri(app.config.master_doc)
    (out / "index.html").write_text(FRONT.format(target=target), encoding="utf-8")
    script = out / THEME_SCRIPT
    text = script.read_text(encoding="utf-8")
    if SLOW_START not in text and "al-without-slow-start" not in text:
        logger.warning("the theme's script has changed: look again at SLOW_START in pages.py")
    script.write_text(text.replace(SLOW_START, '"al-without-slow-start"'), encoding="utf-8")
    # What the theme copies and no page loads any more.
    for pattern in ("**/*.map", "scripts/fontawesome.js*", "scripts/bootstrap.js*", "vendor"):
        for path in (out / "_static").glob(pattern):
            if path.is_file():
                path.unlink()


def setup(app):
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it, nothing here uses it
    app.add_js_file("lessons.js")
    app.connect("config-inited", on_config_inited, priority=900)
    app.connect("doctree-read", on_doctree_read)
    app.connect("html-page-context", on_page)
    app.connect("html-page-context", on_page_last, priority=950)
    app.connect("build-finished", on_build_finished)
