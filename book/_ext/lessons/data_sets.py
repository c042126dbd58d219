"""The table of data sets, made from the registry: `data/sources.json` is the one place for it."""

from sphinx.util.docutils import SphinxDirective

from audiolessons.datasets._store import registry


class DataSets(SphinxDirective):
    """`{data-sets}`: one row a set, with what is downloaded, licence and credit."""

    def run(self):
        self.env.note_dependency(str(registry.data_folder() / "sources.json"))
        return self.parse_text_to_nodes(table())


def table():
    """The table in Markdown."""
    lines = ["| set | what | download | licence | credit |", "|---|---|---|---|---|"]
    for name in registry.names():
        entry = registry.entry(name)
        address = f"https://github.com/{entry.sources[0].repository}"
        what = f"[{entry.title}]({address}): {entry.summary}"
        licence = f"[{entry.licence}]({entry.licence_url})"
        size = f"{entry.n_bytes / 1e6:.3g} MB"
        lines.append(f"| `{name}` | {what} | {size} | {licence} | {entry.credit} |")
    return "\n".join(lines)


def setup(app):
    app.add_directive("data-sets", DataSets)
