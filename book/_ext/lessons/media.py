"""Sounds and pictures leave the page for files that load when they come into view.

Notebook outputs carry their media as `data:` addresses, so that they work everywhere without other
files. On the site each becomes `_media/HASH.ext`: the page stays small, the same sound on two pages
loads once, and the same input always gives the same names.
"""

import base64
import hashlib
import html
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

import audiolessons
from audiolessons.datasets import examples
from audiolessons.datasets._store import registry

STATIC = Path(audiolessons.__file__).parent / "static"
logger = logging.getLogger(__name__)

EXTENSIONS = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/ogg": "ogg",
}
TAG = re.compile(r"<(?P<tag>img|audio|source)\b(?P<attributes>[^>]*)>", re.IGNORECASE)
DATA = re.compile(r'\bsrc="data:(?P<type>[\w/+.-]+);base64,(?P<payload>[^"]*)"')
SCRIPT = re.compile(r'<script class="al-script">.*?</script>', re.DOTALL)
RECORDING = re.compile(
    r'<audio\b(?P<attributes>[^>]*\bdata-recording="(?P<recording>[^"]*)"[^>]*)></audio>'
)
EXPLORE = re.compile(r"<al-explore\b(?P<attributes>[^>]*)>")
# Each element is named like its script, beside the one that they share; the site carries each once.
SHARED = "element.js"
SCRIPT_OF = {f"<al-{path.stem}": path.name for path in STATIC.glob("*.js") if path.name != SHARED}
NEEDS = {"network.js": {"compare.js"}}  # of another element, which it makes
ABSENT = (
    '<p class="al-absent">The recording itself is not carried here: run <code>make sounds</code> '
    "in a copy of the project to hear it.</p>"
)


def credit(recording):
    """Whose recording it is ("examples/robin") and under which licence, one line for each.

    A mixture names all that it was made from, with two hyphens between them.
    """
    return "".join(map(_credit, recording.split("--")))


def _credit(recording):
    name, _, piece = recording.partition("/")
    entry = registry.entry(name)
    text = f"{entry.title}, {entry.credit}; {entry.licence}"
    if name == "examples":  # each of them has rights of its own
        _, licence, author = examples.PIECES[piece]
        text = f"{author}; {licence}"
    return f'<p class="al-credit">Recording: {html.escape(text)}</p>'


@dataclass
class Moved:
    """What became of one piece of HTML."""

    html: str
    files: dict = field(default_factory=dict)  # name -> bytes
    scripts: set = field(default_factory=set)  # names of the scripts that the piece needs


def loading_order(script):
    """Sort scripts by this: the one that the others build on comes first."""
    return script != SHARED, script


def _name(content, extension):
    return f"{hashlib.sha256(content).hexdigest()[:20]}.{extension}"


def _with_attribute(attributes, name, value):
    """The attributes of a tag with one set; a tag says `/` last when it closes itself."""
    attributes = re.sub(rf'\s{name}(="[^"]*")?(?=[\s/]|$)', "", attributes)
    return f'{attributes.rstrip(" /")} {name}="{value}"'


def _with_slider_count(match):
    """The page keeps room for the sliders before the script builds them, so that nothing jumps."""
    n_sliders = html.unescape(match["attributes"]).count('"values"')
    attributes = _with_attribute(match["attributes"], "style", f"--al-sliders:{n_sliders}")
    return f"<al-explore{attributes}>"


def move(text, *, prefix, folder):
    """Take media and scripts out of a piece of HTML.

    `prefix` leads from the page to the folder of the files; `folder` is where the notebook lies,
    from which references to recordings are resolved.
    """
    moved = Moved(text)

    def keep(content, extension):
        name = _name(content, extension)
        moved.files[name] = content
        return f'src="{prefix}{name}"'

    def leave(match):
        tag, attributes = match["tag"].lower(), match["attributes"]
        data = DATA.search(attributes)
        if not data:
            return match[0]
        if data["type"] not in EXTENSIONS:
            raise ValueError(f"{data['type']} is not among {', '.join(EXTENSIONS)}")
        source = keep(base64.b64decode(data["payload"]), EXTENSIONS[data["type"]])
        attributes = attributes[: data.start()] + source + attributes[data.end() :]
        if tag == "img":
            attributes = _with_attribute(attributes, "loading", "lazy")
            attributes = _with_attribute(attributes, "decoding", "async")
        if tag == "audio":
            attributes = _with_attribute(attributes, "preload", "none")
        return f"<{tag}{attributes}>"

    def recording(match):
        source = re.search(r'\bsrc="([^"]*)"', match["attributes"])
        path = Path(folder) / html.unescape(source[1]) if source else None
        if path is None or not path.is_file():
            return ABSENT + credit(match["recording"])
        reference = keep(path.read_bytes(), path.suffix.lstrip("."))
        attributes = match["attributes"].replace(source[0], reference)
        player = f"<audio{_with_attribute(attributes, 'preload', 'none')}></audio>"
        return player + credit(match["recording"])

    text = RECORDING.sub(recording, text)
    text = TAG.sub(leave, text)
    text = EXPLORE.sub(_with_slider_count, text)
    moved.html = SCRIPT.sub("", text)
    moved.scripts = {script for tag, script in SCRIPT_OF.items() if tag in moved.html}
    moved.scripts |= {needed for script in moved.scripts for needed in NEEDS.get(script, ())}
    if moved.scripts:
        moved.scripts.add(SHARED)
    return moved


def _store(app):
    # Beside the doctrees, so that a deleted output folder can be filled again without reading.
    return Path(app.doctreedir) / "media"


def on_doctree_read(app, doctree):
    env = app.env
    docname = env.docname
    prefix = "../" * docname.count("/") + "_media/"
    folder = Path(app.srcdir, docname).parent
    store = _store(app)
    store.mkdir(parents=True, exist_ok=True)
    names = set()
    scripts = set()
    for node in doctree.findall(nodes.raw):
        if node.get("format") != "html":
            continue
        for reference in re.findall(r'data-recording="[^"]*" src="([^"]*)"', node.astext()):
            env.note_dependency(str((folder / reference).resolve()))
        try:
            moved = move(node.astext(), prefix=prefix, folder=folder)
        except ValueError as error:
            logger.warning("medium that cannot leave the page: %s", error, location=docname)
            continue
        for name, content in moved.files.items():
            (store / name).write_bytes(content)
        names.update(moved.files)
        scripts |= moved.scripts
        if moved.html != node.astext():
            node.rawsource = moved.html
            node.children = [nodes.Text(moved.html)]
    env.lessons_media[docname] = names
    env.lessons_scripts[docname] = scripts


def on_env_before_read(app, env, docnames):
    for name in ("lessons_media", "lessons_scripts"):
        if not hasattr(env, name):
            setattr(env, name, {})


def on_env_purge(app, env, docname):
    for name in ("lessons_media", "lessons_scripts"):
        getattr(env, name, {}).pop(docname, None)


def on_env_merge(app, env, docnames, other):
    for name in ("lessons_media", "lessons_scripts"):
        for docname in docnames:
            getattr(env, name)[docname] = getattr(other, name)[docname]


def on_page(app, pagename, templatename, context, doctree):
    scripts = getattr(app.env, "lessons_scripts", {}).get(pagename, ())
    for script in sorted(scripts, key=loading_order):
        app.add_js_file(script, loading_method="defer")


def on_build_finished(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_media"
    target.mkdir(exist_ok=True)
    wanted = set().union(*app.env.lessons_media.values()) if app.env.lessons_media else set()
    for path in target.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name in sorted(wanted):
        if not (target / name).exists():
            shutil.copyfile(_store(app) / name, target / name)


def setup(app):
    app.connect("env-before-read-docs", on_env_before_read)
    app.connect("env-purge-doc", on_env_purge)
    app.connect("env-merge-info", on_env_merge)
    app.connect("doctree-read", on_doctree_read, priority=100)
    app.connect("html-page-context", on_page)
    app.connect("build-finished", on_build_finished)
