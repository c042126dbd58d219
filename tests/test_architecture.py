"""The package keeps its layers, documents itself, stays readable, and imports quickly.

`LAYERS` is the table that contributors go by: a module imports from its own layer only what its
row says, and never from a layer above. Every rule is a function of a folder, so that the tests
also show it failing on a planted violation.
"""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "audiolessons"
STANDARD = sys.stdlib_module_names
NUMERIC = {"numpy", "scipy", "soundfile"}
SCORES = {"pesq", "pystoi", "speechmos"}  # optional, imported where they are used
PUBLISHED = {"transformers"}  # likewise: models that others trained
DISPLAY = {"IPython", "PIL", "cycler", "ipywidgets", "matplotlib"}


def table_of_contents():
    """Return the pages that `_toc.yml` lists, in its order."""
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*- file: (\S+)$", text, flags=re.MULTILINE)


class Layer(NamedTuple):
    """What the modules of one row of the table may import, beside the standard library."""

    modules: set
    level: int
    own: set  # modules of the package on the same level; all of the levels `below` are allowed
    below: set
    libraries: set | None  # None: whichever


BASE = {"constants", "errors", "writing"}
SOUND = {
    "adaptive",
    "autograd",
    "editing",
    "enhancement",
    "features",
    "files",
    "filters",
    "language",
    "linear_algebra",
    "matching",
    "metrics",
    "music",
    "optimisers",
    "signals",
    "spectral",
    "voice",
    "watermark",
}
TOP = {
    "__main__",
    "bench",
    "cli",
    "doctor",
    "editions",
    "exercises",
    "guarding",
    "live",
    "midi",
    "reading",
    "recipes",
    "results",
    "serving",
    "sources",
}
PADDING = {"padding"}  # lengths and masks of batches
MIDDLE = {
    "assistant", "datasets", "transforms", "models", "training", "plots", "listen", "explore",
}  # fmt: skip
LAYERS = [
    Layer(BASE, 0, own=BASE, below=set(), libraries={"numpy"}),
    Layer(SOUND, 1, own=SOUND, below=BASE, libraries=NUMERIC | SCORES),
    Layer({"datasets"}, 2, own=set(), below=BASE | SOUND, libraries=NUMERIC | {"torch", "IPython"}),
    Layer(PADDING, 2, own=set(), below=BASE, libraries={"torch"}),
    # torchaudio has ended at 2.11 and ties torch to it: nothing but the transforms may rest on it.
    Layer({"transforms"}, 2, PADDING, BASE | SOUND, libraries=NUMERIC | {"torch", "torchaudio"}),
    Layer(
        {"models"}, 2, own=PADDING, below=BASE | SOUND, libraries=NUMERIC | PUBLISHED | {"torch"}
    ),
    Layer({"training"}, 3, own=set(), below=BASE | SOUND, libraries=NUMERIC | {"torch", "IPython"}),
    Layer(
        {"assistant"}, 3, own=set(), below=BASE | SOUND | {"models"}, libraries=NUMERIC | {"torch"}
    ),
    Layer({"plots", "listen"}, 4, own=set(), below=BASE | SOUND, libraries=NUMERIC | DISPLAY),
    Layer({"explore"}, 4, own={"plots", "listen"}, below=BASE | SOUND, libraries=NUMERIC | DISPLAY),
    Layer(TOP, 5, own=TOP, below=BASE | SOUND | PADDING | MIDDLE, libraries=None),
]

# Parts whose public functions are documented with an example and the chapter that teaches them.
# Checks, commands and the machinery of the book are not taught.
TAUGHT = SOUND | MIDDLE
TYPED = BASE | PADDING | TAUGHT
# What `Chapter:` may name: a chapter of the book, or a page of it that stands beside the chapters.
PAGES = {page.removeprefix("book/") for page in table_of_contents()}

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)

MOST_LINES = 400
# Exercises follow chapters, one file each, and grow with the number of exercises and messages.
MOST_LINES_OF_EXERCISES = 900


# --- reading the source -------------------------------------------------------------------------


def python_files(package):
    return sorted(package.rglob("*.py"))


def module_name(path, package):
    """Return the dotted name below the package: signals/levels.py is `signals.levels`."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path, package):
    """Return every (line, dotted name) that a file imports, also inside functions.

    Names within the package begin with `audiolessons.`; of `from a.b import c` both a.b and a.b.c
    are given, because c may be a module.
    """
    found = []
    here = ["audiolessons", *path.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            found.append((node.lineno, base))
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def layer_violations(package):
    """Say which imports the table of layers does not allow."""
    row_of = {module: layer for layer in LAYERS for module in layer.modules}
    problems = []
    for path in python_files(package):
        part = module_name(path, package).split(".")[0]
        if part == "":  # the package's own __init__ loads modules by name when they are used
            allowed, libraries = set(), set()
        elif part not in row_of:
            problems.append(f"{path.name}: the part {part!r} stands in no layer: add it to LAYERS")
            continue
        else:
            layer = row_of[part]
            allowed, libraries = {part} | layer.own | layer.below, layer.libraries
        for line, name in imports(path, package):
            root, _, rest = name.partition(".")
            target = rest.split(".")[0]
            where = f"{path.relative_to(package)}:{line}"
            if root == "audiolessons":
                if target in row_of and target not in allowed:
                    problems.append(f"{where}: {part or 'the package'} may not import {target}")
                elif not target and takes_the_whole_package(path, line):
                    problems.append(f"{where}: import the module, not the whole package")
            elif root not in STANDARD and libraries is not None and root not in libraries:
                problems.append(f"{where}: {part or 'the package'} may not import {root}")
    return problems


def takes_the_whole_package(path, line):
    """Tell `import audiolessons`, which reaches every layer, from `from audiolessons import x`."""
    return path.read_text(encoding="utf-8").splitlines()[line - 1].strip().startswith("import ")


def circles(package):
    """Return the circles among the modules of the package, imports inside functions included."""
    modules = {module_name(path, package): path for path in python_files(package)}
    edges = {}
    for name, path in modules.items():
        targets = set()
        for _, imported in imports(path, package):
            target = imported.removeprefix("audiolessons").removeprefix(".")
            is_own = imported.startswith("audiolessons.") and target in modules
            # a package's __init__ gathers its parts: a part naming its own package is no import
            if is_own and target != name and not name.startswith(f"{target}."):
                targets.add(target)
        edges[name] = targets

    found, finished = [], set()

    def visit(name, trail):
        if name in trail:
            found.append(" -> ".join([*trail[trail.index(name) :], name]))
        elif name not in finished:
            for target in sorted(edges[name]):
                visit(target, [*trail, name])
            finished.add(name)

    for name in edges:
        visit(name, [])
    return found


def tied_recipes(package):
    """Say which recipes import another one: what two of them need belongs below both.

    A recipe is a module in a folder of `recipes`, without an underscore, that trains or measures.
    """
    paths = {module_name(path, package): path for path in python_files(package / "recipes")}
    recipes = {
        f"audiolessons.{name}"
        for name, path in paths.items()
        if not path.stem.startswith("_") and {"train", "measure"} & functions_of(path)
    }
    return [
        f"{path.relative_to(package)}:{line}: {name} is a recipe: move down what both need"
        for path in paths.values()
        for line, name in imports(path, package)
        if name in recipes
    ]


def functions_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def undocumented(package):
    """Return what the docstrings of the taught parts' public functions and classes lack."""
    problems = []
    for path in python_files(package):
        name = module_name(path, package)
        if name.split(".")[0] not in TAUGHT or any(p.startswith("_") for p in name.split(".")):
            continue
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))):
            problems.append(f"{path.relative_to(package)}: the module has no docstring")
        for node in public_definitions(path, package):
            where = f"{path.relative_to(package)}:{node.lineno} {node.name}"
            text = ast.get_docstring(node) or ""
            last = text.splitlines()[-1] if text else ""
            if not text:
                problems.append(f"{where}: no docstring")
                continue
            is_function = isinstance(node, ast.FunctionDef)  # a class shows itself in its maker's
            if is_function and "Examples\n--------\n>>> " not in text:
                problems.append(f"{where}: no section Examples that begins with >>>")
            if not last.startswith("Chapter: ") or last.removeprefix("Chapter: ") not in PAGES:
                problems.append(f"{where}: last line {last!r} is not 'Chapter: ' and a chapter")
    return problems


def unlisted(package):
    """Return where `__all__` is missing from a part, or does not say what is public there.

    In a single file that is what does not begin with an underscore; a folder gathers in its
    `__init__` what its modules make.
    """
    problems = []
    for path in python_files(package):
        where, depth = path.relative_to(package), len(path.relative_to(package).parts)
        part = module_name(path, package).split(".")[0]
        is_face = depth == 1 or (depth == 2 and path.name == "__init__.py")
        if part not in TAUGHT | BASE or not is_face:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        listed = exported_names(path)
        if not listed:
            problems.append(f"{where}: no __all__")
            continue
        made = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
        taken = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and depth == 2
            for alias in node.names
        }
        set_here = {
            getattr(target, "id", "")
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        public = {name for name in made if not name.startswith("_")}
        problems += [f"{where}: __all__ lacks {name}" for name in sorted(public - listed)]
        for name in sorted(listed - made - taken - set_here):
            problems.append(f"{where}: __all__ lists {name}, which is not there")
    return problems


def unannotated(package):
    """Return the public functions whose result, or an option given by name, has no type."""
    problems = []
    for path in python_files(package):
        name = module_name(path, package)
        if name.split(".")[0] not in TYPED or any(p.startswith("_") for p in name.split(".")):
            continue
        for node in public_definitions(path, package):
            function = constructor(node) if isinstance(node, ast.ClassDef) else node
            if function is None:
                continue
            where = f"{path.relative_to(package)}:{function.lineno} {node.name}"
            options = [a.arg for a in function.args.kwonlyargs if a.annotation is None]
            problems += [f"{where}: {option} has no type" for option in options]
            if function is node and node.returns is None:
                problems.append(f"{where}: the result has no type")
    return problems


def constructor(node):
    """Return the `__init__` that a class states, or None."""
    made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return made[0] if made else None


def public_definitions(path, package):
    """Return the functions and classes that readers reach as `al.part.name`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    definitions = [node for node in tree.body if isinstance(node, DEFINITIONS)]
    if path.parent == package:
        return [node for node in definitions if node.name in exported_names(path)]
    init = package / path.relative_to(package).parts[0] / "__init__.py"
    is_gathering = path == init
    module = module_name(path, package)
    gathered = {name for _, name in imports(init, package)}
    return [
        node
        for node in definitions
        if node.name in exported_names(init)
        and (is_gathering or f"audiolessons.{module}.{node.name}" in gathered)
    ]


def exported_names(path):
    """Return what `__all__` lists."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def too_long(package):
    problems = []
    for path in python_files(package):
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        is_exercise = path.relative_to(package).parts[0] == "exercises"
        most = MOST_LINES_OF_EXERCISES if is_exercise else MOST_LINES
        if n_lines > most:
            problems.append(f"{path.relative_to(package)}: {n_lines} lines, at most {most}")
    return problems


def without_page(package):
    """Say which taught modules the API reference leaves out."""
    folder = package.parent / "book" / "reference" / "api"
    index = (folder / "index.md").read_text(encoding="utf-8")
    there = {module_name(path, package).split(".")[0] for path in python_files(package)}
    problems = []
    for name in sorted((TAUGHT | {"errors"}) & there):
        page = folder / f"{name}.md"
        line = f".. automodule:: audiolessons.{name}\n"
        if not page.is_file() or line not in page.read_text(encoding="utf-8"):
            problems.append(f"book/reference/api/{name}.md is missing, or has no {line.strip()!r}")
        if f"({name}.md)" not in index:
            problems.append(f"book/reference/api/index.md does not lead to {name}.md")
    return problems


# --- the package --------------------------------------------------------------------------------


def test_there_is_a_package_to_read():
    names = {module_name(path, PACKAGE).split(".")[0] for path in python_files(PACKAGE)}
    assert names >= BASE | {"signals", "models", "exercises"}
    n_public = sum(len(public_definitions(p, PACKAGE)) for p in python_files(PACKAGE / "signals"))
    assert n_public > 15


@pytest.mark.parametrize(
    "rule",
    [
        layer_violations,
        circles,
        tied_recipes,
        undocumented,
        unlisted,
        unannotated,
        too_long,
        without_page,
    ],
)
def test_the_package_keeps(rule):
    problems = rule(PACKAGE)
    assert not problems, "\n" + "\n".join(problems)


def test_types_are_checked_in_the_layers_that_are_numpy_only():
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    checked = {Path(path).stem for path in settings["tool"]["mypy"]["files"]}
    there = {module_name(path, PACKAGE).split(".")[0] for path in python_files(PACKAGE)}
    assert checked == (BASE | SOUND) & there


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["IPython", "librosa", "matplotlib", "scipy", "sklearn", "soundfile", "torch"]
    code = f"import sys, audiolessons; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"


def test_every_module_that_the_package_offers_is_there():
    import audiolessons as al

    for name in al.__all__:
        assert getattr(al, name) is not None, name
    with pytest.raises(AttributeError, match=r"has no module 'singals'; it has .*signals"):
        al.singals  # noqa: B018


# --- the rules do notice ------------------------------------------------------------------------


def plant(folder, **sources):
    """Write a small package: `signals__levels="..."` becomes signals/levels.py."""
    for name, source in sources.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        if path.parent != folder:
            init = path.parent / "__init__.py"
            module = f"audiolessons.{path.parent.name}.{path.stem}"
            init.write_text(f'"""Part."""\nfrom {module} import f\n__all__ = ["f"]\n')
    return folder


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"signals": "import torch\n"}, "signals.py:1: signals may not import torch"),
        ({"signals": "def f():\n    import librosa.core\n"}, "signals.py:2.*import librosa"),
        ({"signals": "from audiolessons.plots import waveform\n"}, "may not import plots"),
        ({"signals": "from audiolessons import plots\n"}, "may not import plots"),
        ({"signals": "from .plots import waveform\n"}, "may not import plots"),
        ({"signals__levels": "from ..plots import x\n"}, "levels.py:1: signals may not .*plots"),
        ({"signals": "import audiolessons as al\n"}, "not the whole package"),
        ({"errors": "import scipy\n"}, "errors may not import scipy"),
        ({"models__cnn": "from audiolessons import datasets\n"}, "may not import datasets"),
        ({"training": "from audiolessons.models import cnn\n"}, "may not import models"),
        ({"plots": "from audiolessons import explore\n"}, "may not import explore"),
        ({"models__cnn": "import torchaudio\n"}, "models may not import torchaudio"),
        ({"gadgets": "import numpy\n"}, "'gadgets' stands in no layer"),
    ],
)
def test_a_planted_import_is_noticed(tmp_path, sources, message):
    (problem,) = set(layer_violations(plant(tmp_path, **sources)))
    assert re.search(message, problem), problem


@pytest.mark.parametrize(
    "sources",
    [
        {"signals": "import math\nimport numpy as np\nfrom scipy import fft\n"},
        {"features": "from audiolessons.signals import frame\nfrom .errors import AudioError\n"},
        {"signals__levels": "from audiolessons.signals.generate import sine\n"},
        {"explore": "import ipywidgets\nfrom audiolessons import listen\n"},
        {"bench": "import torch, librosa\nfrom audiolessons import plots, cli\n"},
    ],
)
def test_an_allowed_import_is_left_alone(tmp_path, sources):
    assert layer_violations(plant(tmp_path, **sources)) == []


def test_a_planted_circle_is_noticed(tmp_path):
    plant(
        tmp_path,
        signals="from audiolessons import filters\n",
        filters="def f():\n    from audiolessons.spectral import stft\n",
        spectral="from .signals import frame\n",
    )
    assert circles(tmp_path) == ["filters -> spectral -> signals -> filters"]
    plant(tmp_path, spectral="import numpy\n")
    assert circles(tmp_path) == []


def test_a_circle_within_a_part_is_noticed(tmp_path):
    plant(
        tmp_path,
        signals__levels="from audiolessons.signals.generate import sine\n",
        signals__generate="from audiolessons.signals import levels\n",
    )
    assert circles(tmp_path) == ["signals.generate -> signals.levels -> signals.generate"]


def test_a_recipe_that_imports_another_is_noticed(tmp_path):
    folder = tmp_path / "recipes" / "tasks"
    folder.mkdir(parents=True)
    (folder / "echo.py").write_text("def measure():\n    pass\n")
    (folder / "_rooms.py").write_text("def train():\n    pass\n")
    (folder / "editing.py").write_text("from audiolessons.recipes.tasks import _rooms\n")
    assert tied_recipes(tmp_path) == []
    for line in ("from audiolessons.recipes.tasks import echo", "from .echo import measure"):
        (folder / "editing.py").write_text(f"{line}\n")
        (problem,) = set(tied_recipes(tmp_path))
        assert "editing.py:1: audiolessons.recipes.tasks.echo is a recipe" in problem
    (folder / "_rooms.py").write_text("import audiolessons.recipes.tasks.echo\n")
    assert any("_rooms.py:1" in problem for problem in tied_recipes(tmp_path))


GOOD = '''"""Module."""

__all__ = ["f"]

def f():
    """Do it.

    Examples
    --------
    >>> f()

    Chapter: sound/signals
    """
'''


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Chapter: sound/signals\n", "\n"), "is not 'Chapter: '"),
        (("sound/signals", "sound/singals"), "'Chapter: sound/singals' is not"),
        ((">>> f()", "f()"), "no section Examples"),
        (("Examples\n    --------\n", ""), "no section Examples"),
        (('"""Module."""', ""), "the module has no docstring"),
        ((GOOD[GOOD.index('    """Do') :], "    return 1\n"), "no docstring"),
    ],
)
@pytest.mark.parametrize("name", ["signals", "signals__levels"])
def test_a_planted_docstring_is_noticed(tmp_path, name, change, message):
    package = plant(tmp_path, **{name: GOOD})
    assert undocumented(package) == []
    (problem,) = undocumented(plant(tmp_path, **{name: GOOD.replace(*change)}))
    assert message in problem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("(x, *, y: int)", "(x, *, y)"), "f: y has no type"),
        ((" -> int", ""), "f: the result has no type"),
    ],
)
@pytest.mark.parametrize("name", ["signals", "signals__levels"])
def test_a_planted_signature_is_noticed(tmp_path, name, change, message):
    source = '__all__ = ["f"]\n\ndef f(x, *, y: int) -> int:\n    return x + y\n'
    assert unannotated(plant(tmp_path, **{name: source})) == []
    (problem,) = unannotated(plant(tmp_path, **{name: source.replace(*change)}))
    assert message in problem


def test_a_planted_constructor_is_noticed(tmp_path):
    source = '__all__ = ["F"]\n\nclass F:\n    def __init__(self, *, y):\n        pass\n'
    (problem,) = unannotated(plant(tmp_path, signals=source))
    assert "F: y has no type" in problem


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f():\n    pass\n", "signals.py: no __all__"),
        ('__all__ = ["f"]\ndef f():\n    pass\ndef g():\n    pass\n', "__all__ lacks g"),
        ('__all__ = ["f", "g"]\ndef f():\n    pass\n', "lists g, which is not there"),
    ],
)
def test_a_planted_list_of_names_is_noticed(tmp_path, source, message):
    (problem,) = unlisted(plant(tmp_path, signals=source))
    assert message in problem


def test_a_folder_lists_what_it_gathers(tmp_path):
    plant(tmp_path, signals__levels="def f():\n    pass\n")
    assert unlisted(tmp_path) == []
    init = tmp_path / "signals" / "__init__.py"
    init.write_text(init.read_text().replace('["f"]', '["f", "g"]'))
    (problem,) = unlisted(tmp_path)
    assert "signals/__init__.py: __all__ lists g" in problem.replace("\\", "/")


def test_a_planted_long_file_is_noticed(tmp_path):
    (problem,) = too_long(plant(tmp_path, signals="x = 1\n" * (MOST_LINES + 1)))
    assert f"signals.py: {MOST_LINES + 1} lines" in problem


@pytest.mark.parametrize(
    ("page", "line", "message"),
    [
        (None, "- [`al.voice`](voice.md)", "api/voice.md is missing"),
        (
            ".. automodule:: audiolessons.voices\n",
            "- [`al.voice`](voice.md)",
            "voice.md is missing",
        ),
        (".. automodule:: audiolessons.voice\n", "", "index.md does not lead to voice.md"),
    ],
)
def test_a_module_without_its_page_is_noticed(tmp_path, page, line, message):
    package, api = tmp_path / "audiolessons", tmp_path / "book" / "reference" / "api"
    package.mkdir()
    api.mkdir(parents=True)
    plant(package, voice="import numpy\n")
    (api / "index.md").write_text(line)
    if page:
        (api / "voice.md").write_text(page)
    (problem,) = without_page(package)
    assert message in problem
