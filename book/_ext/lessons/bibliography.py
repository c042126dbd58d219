"""Chapters cite with plain Markdown links, `[Smith 2007](../reference/bibliography.md#smith2007)`.

Such a link reads well in JupyterLab too. Here each entry of the bibliography page becomes known as
a target of that page, under its key in lower case.
"""

from sphinxcontrib.bibtex.nodes import bibliography


def on_doctree_read(app, doctree):
    if not any(doctree.findall(bibliography)):
        return
    docname = app.env.docname
    slugs = app.env.metadata[docname].setdefault("myst_slugs", {})
    for key, value in app.env.get_domain("cite").bibliographies.items():
        if key.docname != docname:
            continue
        for name, node in value.citation_nodes.items():
            for target in node["ids"]:
                slugs[target] = (None, target, name)


def on_page(app, pagename, templatename, context, doctree):
    """Docutils gives the list and its entries roles that do not go together."""
    if "body" in context:
        body = context["body"].replace(' role="doc-biblioentry"', "")
        context["body"] = body.replace('<div role="list" class="citation-list">', "<div>")


def setup(app):
    app.connect("html-page-context", on_page)
    app.connect("doctree-read", on_doctree_read, priority=120)
