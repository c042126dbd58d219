"""Take it with you: each chapter's page offers its student notebook and the package's wheel.

The notebook without solutions is made while the site is built; the wheel is taken from
`_build/dist`, where `make book` puts it.
"""

import shutil
from html import escape
from pathlib import Path

import nbformat
from sphinx.errors import ExtensionError

from . import api

FOLDER = "_take"
LINK = '<p class="al-take-link d-print-none"><a href="#take-it-with-you">Take it with you</a></p>'


def is_chapter(app, pagename):
    """A notebook of the contents, other than the front page."""
    if pagename not in app.env.found_docs or pagename == app.config.master_doc:
        return False
    return Path(app.env.doc2path(pagename)).suffix == ".ipynb"


def find_wheel(folder):
    """The newest wheel in the folder; an error with the command that makes one if there is none."""
    wheels = sorted(Path(folder).glob("audiolessons-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        raise ExtensionError(
            f"no wheel of audiolessons in {folder}: make it with "
            "`python -m build --wheel --outdir _build/dist` (or `make book`, which does)"
        )
    return wheels[-1]


def student_edition(source):
    """Text of the notebook without solutions."""
    from audiolessons import editions

    notebook = nbformat.read(source, as_version=4)
    return nbformat.writes(editions.student(notebook)) + "\n"


def box(*, prefix, notebook, wheel):
    """The box at the end of a chapter, as HTML."""
    name = Path(notebook).name
    return f"""
<section class="al-take" id="take-it-with-you">
<h2>Take it with you</h2>
<ul>
<li><a href="{prefix}{escape(notebook)}" download="{escape(name)}">Notebook of this chapter</a>:
every exercise is open, the solutions are left out</li>
<li><a href="{prefix}{escape(wheel)}" download>Package <code>audiolessons</code></a>: put it into
the same folder</li>
</ul>
<p>Then, in that folder:</p>
<pre class="al-command"><code>python -m pip install "./{escape(wheel)}[lab]"
jupyter lab {escape(name)}</code></pre>
</section>
"""


def on_builder_inited(app):
    if app.builder.format == "html":
        app.lessons_wheel = find_wheel(Path(app.srcdir) / "_build" / "dist")


def on_page(app, pagename, templatename, context, doctree):
    if "body" not in context or not is_chapter(app, pagename):
        return
    prefix = "../" * pagename.count("/") + f"{FOLDER}/"
    notebook = pagename.removeprefix("book/") + ".ipynb"
    body = context["body"].replace("</h1>", "</h1>\n" + LINK, 1)
    ending = api.taught_here(app, pagename)
    ending += box(prefix=prefix, notebook=notebook, wheel=app.lessons_wheel.name)
    context["body"] = body + ending


def on_build_finished(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copyfile(app.lessons_wheel, target / app.lessons_wheel.name)
    for docname in sorted(app.env.found_docs):
        if is_chapter(app, docname):
            path = target / (docname.removeprefix("book/") + ".ipynb")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(student_edition(app.env.doc2path(docname)), encoding="utf-8")


def setup(app):
    app.connect("builder-inited", on_builder_inited)
    app.connect("html-page-context", on_page)
    app.connect("build-finished", on_build_finished)
