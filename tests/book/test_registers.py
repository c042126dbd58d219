"""What must stand in more than one place stands in all of them: each omission is named.

Most registers are made from the files themselves: exercises, modules, API pages, stand-ins, the
table of data sets. These rules watch over what a person has to write.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READ = ["_toc.yml", "README.md", "CHANGELOG.md", "audiolessons", "book", "data", "tests", "tools"]


def contents(root):
    """Return the files that `_toc.yml` lists, in its order."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*(?:- file|root): (\S+)$", text, flags=re.MULTILINE)


def globs(root):
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"^\s*- glob: (\S+)$", text, flags=re.MULTILINE)


def chapters(root):
    """Return part/chapter of every chapter: the notebooks of the contents outside `reference`."""
    names = [name.removeprefix("book/") for name in contents(root)]
    notebooks = [name for name in names if (root / "book" / f"{name}.ipynb").is_file()]
    return [name for name in notebooks if "/" in name and not name.startswith("reference/")]


def out_of_the_contents(root):
    listed = {path for pattern in globs(root) for path in root.glob(f"{pattern}.md")}
    problems = []
    for name in contents(root):
        found = [path for end in ("ipynb", "md") if (path := root / f"{name}.{end}").is_file()]
        problems += [] if found else [f"_toc.yml lists {name}, and there is no such file"]
        listed |= set(found)
    pages = [p for end in ("ipynb", "md") for p in (root / "book").rglob(f"*.{end}")]
    for path in sorted(set(pages) - listed):
        name = path.relative_to(root)
        if not any(part.startswith((".", "_")) for part in name.parts):
            problems.append(f"{name} stands nowhere in _toc.yml")
    return problems


def without_exercises(root):
    problems = []
    for name in chapters(root):
        part, chapter = name.split("/")
        for place in (
            f"audiolessons/exercises/{name}.py",
            f"tests/exercises/{part}/test_{chapter}.py",
        ):
            if not (root / place).is_file():
                problems.append(f"the chapter {name} has no {place}")
    for path in sorted((root / "audiolessons" / "exercises").glob("*/[!_]*.py")):
        notebook = f"book/{path.parent.name}/{path.stem}.ipynb"
        if path.parent.name != "engine" and not (root / notebook).is_file():
            problems.append(f"{path.relative_to(root)} has no {notebook}")
    return problems


def unnamed_chapters(root):
    """Every chapter stands on the front page with its title, and where readers look for it."""

    def text(place):
        return " ".join((root / place).read_text(encoding="utf-8").split()).lower()

    front = json.loads((root / "book" / "intro.ipynb").read_text(encoding="utf-8"))
    front = "\n".join("".join(cell["source"]) for cell in front["cells"])
    problems = []
    for name in chapters(root):
        title = re.search(rf"\[([^]]+)\]\({name}\.ipynb\)", front)
        if title is None:
            problems.append(f"book/intro.ipynb does not lead to {name}.ipynb")
        elif title[1].lower() not in text("CHANGELOG.md"):
            problems.append(f"CHANGELOG.md does not say {title[1]!r}")
        if f"(../{name}.ipynb)" not in text("book/reference/glossary.md"):
            problems.append(f"book/reference/glossary.md has no word from {name}")
    return problems


def leading_nowhere(root):
    """Say which links to chapters are left over, as after one was taken away."""
    problems = []
    for place in ("intro.ipynb", "reference/glossary.md", "reference/notation.md"):
        page = root / "book" / place
        for target in re.findall(r"\]\(([./\w-]+\.ipynb)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).is_file():
                problems.append(f"book/{place} leads to {target}, which is not there")
    return problems


def incomplete_sets(root):
    described = json.loads((root / "data" / "sources.json").read_text(encoding="utf-8"))
    page = (root / "book" / "reference" / "data.md").read_text(encoding="utf-8")
    miniature = (root / "tests" / "datasets" / "conftest.py").read_text(encoding="utf-8")
    sums = (root / "data" / "embedded" / "SHA256SUMS").read_text(encoding="utf-8")
    problems = []
    for name, entry in described.items():
        needed = {
            f"audiolessons/datasets/{name}.py": "SPLITS =",
            f"tools/embedded_recipes/{name}.py": "ABOUT =",
            f"data/embedded/{name}.zip": "",
        }
        forms = [entry["sources"], *entry.get("larger", {}).values()]
        needed |= {f"data/{source['hashes']}": "" for form in forms for source in form}
        for place, line in needed.items():
            if not (root / place).is_file():
                problems.append(f"the set {name} has no {place}")
            elif line and not re.search(f"^{line}", (root / place).read_text("utf-8"), flags=re.M):
                problems.append(f"{place} does not say {line!r}")
        if f"  {name}.zip" not in sums:
            problems.append(f"data/embedded/SHA256SUMS has no line for {name}.zip")
        if f"**{name.replace('_', ' ').capitalize()}.**" not in page:
            problems.append(f"book/reference/data.md does not say who is in {name}")
        if miniature.count(f'"{name}": ') < 2:
            problems.append(f"tests/datasets/conftest.py has no miniature of {name}, or only one")
    for path in sorted((root / "audiolessons" / "datasets").glob("[!_]*.py")):
        if path.stem not in described:
            problems.append(f"data/sources.json knows no set {path.stem!r}")
    return problems


RULES = [
    out_of_the_contents,
    without_exercises,
    unnamed_chapters,
    leading_nowhere,
    incomplete_sets,
]


@pytest.mark.parametrize("rule", RULES)
def test_nothing_is_left_out(rule):
    assert len(chapters(ROOT)) >= 11
    problems = rule(ROOT)
    assert not problems, "\n" + "\n".join(problems)


# --- the rules do notice ------------------------------------------------------------------------


def copy(folder):
    """Copy the files: they are linked, which is cheap, and a changed one is replaced."""
    for name in READ:
        source = ROOT / name
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__", "node_modules", "_sounds", ".*")
            shutil.copytree(source, folder / name, copy_function=link, ignore=skipped)
        else:
            shutil.copy(source, folder)
    return folder


def link(source, target):
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy(source, target)


def without(text):
    """Return a change that takes a piece of text out of a file."""

    def change(path):
        before = path.read_text(encoding="utf-8")
        assert text in before
        path.unlink()
        path.write_text(before.replace(text, ""), encoding="utf-8")

    return change


def added(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text("", encoding="utf-8")


@pytest.mark.parametrize(
    ("rule", "place", "change", "told"),
    [
        (
            out_of_the_contents,
            "_toc.yml",
            without("      - file: book/sound/stft\n"),
            "book/sound/stft.ipynb stands nowhere in _toc.yml",
        ),
        (
            out_of_the_contents,
            "book/reference/chords.md",
            added,
            "book/reference/chords.md stands nowhere in _toc.yml",
        ),
        (
            out_of_the_contents,
            "book/sound/stft.ipynb",
            Path.unlink,
            "_toc.yml lists book/sound/stft, and there is no such file",
        ),
        (
            without_exercises,
            "audiolessons/exercises/learning/rnn.py",
            Path.unlink,
            "the chapter learning/rnn has no audiolessons/exercises/learning/rnn.py",
        ),
        (
            without_exercises,
            "tests/exercises/learning/test_rnn.py",
            Path.unlink,
            "the chapter learning/rnn has no tests/exercises/learning/test_rnn.py",
        ),
        (
            without_exercises,
            "audiolessons/exercises/tasks/karaoke.py",
            added,
            "audiolessons/exercises/tasks/karaoke.py has no book/tasks/karaoke.ipynb",
        ),
        (
            unnamed_chapters,
            "book/intro.ipynb",
            without("[Filters](sound/filters.ipynb)"),
            "book/intro.ipynb does not lead to sound/filters.ipynb",
        ),
        (
            unnamed_chapters,
            "CHANGELOG.md",
            without("evaluation"),
            "CHANGELOG.md does not say 'Evaluation'",
        ),
        (
            unnamed_chapters,
            "book/reference/glossary.md",
            without("(../tasks/denoising.ipynb)"),
            "book/reference/glossary.md has no word from tasks/denoising",
        ),
        (
            leading_nowhere,
            "book/sound/stft.ipynb",
            Path.unlink,
            "book/intro.ipynb leads to sound/stft.ipynb, which is not there",
        ),
        (
            leading_nowhere,
            "book/tasks/denoising.ipynb",
            Path.unlink,
            "book/reference/glossary.md leads to ../tasks/denoising.ipynb, which is not there",
        ),
        (
            incomplete_sets,
            "audiolessons/datasets/chorales.py",
            without('SPLITS = ("train"'),
            "audiolessons/datasets/chorales.py does not say 'SPLITS ='",
        ),
        (
            incomplete_sets,
            "tools/embedded_recipes/chorales.py",
            Path.unlink,
            "the set chorales has no tools/embedded_recipes/chorales.py",
        ),
        (
            incomplete_sets,
            "data/embedded/chorales.zip",
            Path.unlink,
            "the set chorales has no data/embedded/chorales.zip",
        ),
        (
            incomplete_sets,
            "data/embedded/SHA256SUMS",
            without("  chorales.zip"),
            "data/embedded/SHA256SUMS has no line for chorales.zip",
        ),
        (
            incomplete_sets,
            "data/hashes/chorales.txt",
            Path.unlink,
            "the set chorales has no data/hashes/chorales.txt",
        ),
        (
            incomplete_sets,
            "book/reference/data.md",
            without("**Read speech.**"),
            "book/reference/data.md does not say who is in read_speech",
        ),
        (
            incomplete_sets,
            "tests/datasets/conftest.py",
            without('"chorales": embedded'),
            "tests/datasets/conftest.py has no miniature of chorales, or only one",
        ),
        (
            incomplete_sets,
            "audiolessons/datasets/knocks.py",
            added,
            "data/sources.json knows no set 'knocks'",
        ),
    ],
)
def test_an_omission_is_named(tmp_path, rule, place, change, told):
    root = copy(tmp_path)
    change(root / place)
    assert told in rule(root)


def test_every_entry_of_the_bibliography_is_closed():
    """The site says so minutes later; two chapters that land at once lose a brace easily."""
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"^(?=@)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 100
    assert [one.split(",")[0] for one in entries if one.count("{") != one.count("}")] == []
