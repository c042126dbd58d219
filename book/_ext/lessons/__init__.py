"""Sphinx extension of the book: one module for each thing that the site does differently.

- `media`: sounds and pictures leave the page
- `maths`: TeX becomes MathML when the site is built
- `cells`: solutions fold, exercises carry their level
- `api`: links between functions and chapters
- `bibliography`: each entry is a target of plain Markdown links
- `data_sets`: the table of data sets
- `ways`: which chapter needs which, what each costs, reading paths
- `take`: what can be downloaded from each chapter's page
- `networks`: what runs the networks of a page in the reader's browser
- `pages`: what every page's head carries, and nothing from other origins
- `styles`: one small style sheet in place of many large ones
"""

from . import (
    api,
    bibliography,
    cells,
    data_sets,
    maths,
    media,
    networks,
    pages,
    styles,
    take,
    ways,
)


def setup(app):
    first = (media, networks, maths, cells, api, bibliography, data_sets, ways, take)
    for part in (*first, pages, styles):
        part.setup(app)
    # env_version: another number makes Sphinx read again what an older extension has read
    abilities = {"parallel_read_safe": True, "parallel_write_safe": True}
    return {"version": "1", "env_version": 4, **abilities}
