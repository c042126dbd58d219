"""Networks in the reader's browser: what `<al-network>` loads after a click, from the site itself.

The runtime, ONNX Runtime Web (MIT licence), comes from npm into `runtime/node_modules`; the
networks are exported from the stored weights when the site is built. Without the runtime the site
is built all the same, and the page says how to have it.
"""

import hashlib
import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import audiolessons
from audiolessons.datasets._store import registry
from audiolessons.serving import in_browser

HERE = Path(__file__).parent
RUNTIME = HERE / "runtime" / "node_modules" / "onnxruntime-web"
FOLDER = "_networks"
SCRIPT = "network.js"
ELEMENT = re.compile(r"<al-network>.*?</al-network>", re.DOTALL)
ABSENT = (
    '<p class="al-absent">Two networks could run here, in your browser. This copy of the site was '
    "built without what runs them: in a copy of the project, with npm installed, "
    "<code>make runtime site</code> adds it.</p>"
)


def what_is_missing(runtime=RUNTIME):
    """What the networks need and this machine lacks; nothing if all is there."""
    if not all((runtime / "dist" / name).is_file() for name in in_browser.RUNTIME_FILES.values()):
        return "the runtime"
    return "" if find_spec("onnx") else "the package onnx"


def source_state(runtime=RUNTIME):
    """A hash of all that the files are made from."""
    weights = [
        registry.data_folder() / "weights" / f"{name}.json" for name in in_browser.NETWORKS.values()
    ]
    code = sorted((Path(audiolessons.__file__).parent / "serving").glob("*.py"))
    paths = [*weights, *code, Path(__file__), runtime / "package.json"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _store(app):
    return Path(app.doctreedir) / "networks"  # beside the doctrees, as the media are


def _prepared(app):
    """What a page must know of the files, which are written unless an earlier build left them."""
    store, state = _store(app), source_state()
    about = store / "about.json"
    if about.is_file():
        known = json.loads(about.read_text(encoding="utf-8"))
        if known["state"] == state:
            return known["made"]
    shutil.rmtree(store, ignore_errors=True)
    made = in_browser.write_for_browser(store, runtime=RUNTIME)
    shutil.copyfile(HERE / "runtime" / "LICENSE", store / "runtime-LICENSE.txt")
    about.write_text(json.dumps({"state": state, "made": made}), encoding="utf-8")
    return made


def filled(body, made, *, prefix):
    """The body of a page whose elements know where their files are, or say that there are none."""
    if made is None:
        return ELEMENT.sub(f"<al-network>{ABSENT}</al-network>", body)
    about = in_browser.addressed(made, prefix)
    text = json.dumps(about).replace("&", "&amp;").replace('"', "&quot;")
    return body.replace("<al-network>", f'<al-network data-about="{text}">')


def on_env_updated(app, env):
    """Pages with the element are written anew when what it loads has changed."""
    pages = [name for name, scripts in env.lessons_scripts.items() if SCRIPT in scripts]
    before = getattr(env, "lessons_networks", None)
    wanted = app.builder.format == "html" and pages and not what_is_missing()
    env.lessons_networks = _prepared(app) if wanted else None
    return pages if env.lessons_networks != before else []


def on_page(app, pagename, templatename, context, doctree):
    if "<al-network>" in context.get("body", ""):
        prefix = "../" * pagename.count("/") + f"{FOLDER}/"
        context["body"] = filled(context["body"], app.env.lessons_networks, prefix=prefix)


def on_build_finished(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    if app.env.lessons_networks:
        shutil.copytree(_store(app), target, ignore=shutil.ignore_patterns("about.json"))


def setup(app):
    app.connect("env-updated", on_env_updated)
    app.connect("html-page-context", on_page)
    app.connect("build-finished", on_build_finished)
