"""The figures that prose quotes are those of the store, and its weights are those at hand.

Prose marks a figure as `<span data-result="denoising.crn.stoi_5db">0.85</span>`; the printed
decimals decide how closely it is compared. An end of a spread is quoted as `...stoi_5db.low`.
"""

import hashlib
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from audiolessons import results
from audiolessons.datasets import data_folder
from audiolessons.errors import AudioError
from audiolessons.results import Row

BOOK = Path(__file__).parents[2] / "book"
MARK = re.compile(r"<span\s+data-result=[\"']([^\"']*)[\"']>(.*?)</span>", re.DOTALL)
NUMBER = re.compile(r"[-−+]?\d+(?:\.(\d+))?")


def texts(folder):
    """Return the prose of each notebook and page of a folder: {path: text}."""
    found = {}
    for path in sorted([*folder.rglob("*.ipynb"), *folder.rglob("*.md")]):
        if any(part.startswith((".", "_")) for part in path.relative_to(folder).parts):
            continue
        if path.suffix == ".md":
            found[path] = path.read_text(encoding="utf-8")
        else:
            cells = nbformat.read(path, as_version=4).cells
            found[path] = "\n\n".join(one.source for one in cells if one.cell_type == "markdown")
    return found


def false_quotes(book, store=None):
    """Say which marked figures differ from the store, or are not in it."""
    problems = []
    for path, text in texts(book).items():
        n_opened = text.count("data-result")
        quotes = MARK.findall(text)
        if len(quotes) != n_opened:
            problems.append(
                f"{path.name}: {n_opened} marks, of which {len(quotes)} are of the form "
                '<span data-result="bench.row">figure</span>'
            )
        for name, printed in quotes:
            number = NUMBER.fullmatch(printed.strip().removesuffix("%").strip())
            if number is None:
                problems.append(f"{path.name}: {name} is marked at {printed!r}: mark one number")
                continue
            try:
                stored = results.value(name, folder=store)
            except AudioError as problem:
                problems.append(f"{path.name}: {problem}")
                continue
            half = 0.5 * 10 ** -len(number[1] or "")
            if abs(float(number[0].replace("−", "-")) - stored) > half + 1e-9:
                problems.append(f"{path.name}: {name} is {stored:g}, and the text says {printed}")
    return problems


def other_weights(store=None, weights=None):
    """Say which stored rows were measured with weights that are not those at hand."""
    store = results.results_folder() if store is None else store
    weights = data_folder() / "weights" if weights is None else weights
    problems = []
    for path in sorted(store.glob("*.json")):
        for name, row in results.rows(path.stem, folder=store).items():
            for network, sha256 in row.get("weights", {}).items():
                file = weights / f"{network}.npz"
                if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
                    problems.append(f"{path.stem}.{name} was measured with another {network}")
    return problems


def test_the_figures_in_the_prose_are_those_of_the_store():
    problems = false_quotes(BOOK)
    assert not problems, "\n" + "\n".join(problems)


def test_the_stored_rows_were_measured_with_the_weights_at_hand():
    problems = other_weights()
    assert not problems, "\n" + "\n".join(problems)


# --- the rules do notice -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    rows = [
        Row("taste", 7.46, spread=(6.5, 8.25)),
        Row("cold", -2.5, "°C"),
        Row("share", 93.4167, "%"),
    ]
    about = {"command": "bench tea", "date": "2026-11-26"}
    results.add("tea", "green", rows, about, folder=tmp_path / "store")
    return tmp_path / "store"


def plant(tmp_path, prose, *, kind="notebook"):
    book = tmp_path / "book"
    book.mkdir(exist_ok=True)
    if kind == "notebook":
        nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(prose)]), book / "tea.ipynb")
    else:
        (book / "tea.md").write_text(prose, encoding="utf-8")
    return book


@pytest.mark.parametrize(
    "mark",
    [
        ("tea.green.taste", "7"),
        ("tea.green.taste", "7.5"),
        ("tea.green.taste", "7.46"),
        ("tea.green.taste.low", "6.5"),
        ("tea.green.taste.high", "8"),
        ("tea.green.cold", "-2.5"),
        ("tea.green.cold", "−2.5"),
        ("tea.green.share", "93.4 %"),
    ],
)
def test_a_true_quote_is_left_alone(tmp_path, store, mark):
    book = plant(tmp_path, 'It is <span data-result="{}">{}</span>.'.format(*mark))
    assert false_quotes(book, store) == []


@pytest.mark.parametrize("kind", ["notebook", "page"])
@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (("tea.green.taste", "7.4"), "tea.green.taste is 7.46, and the text says 7.4"),
        (("tea.green.taste", "8"), "the text says 8"),
        (("tea.green.taste.low", "6.6"), r"taste\.low is 6\.5"),
        (("tea.green.cold", "2.5"), "is -2.5, and the text says 2.5"),
        (("tea.green.flavour", "7"), r"tea\.green\.flavour is not stored: there is green\.taste"),
        (("coffee.taste", "7"), "python -m audiolessons bench coffee"),
        (("tea.green.cold.low", "1"), "cold has no spread"),
        (("tea.green.taste", "7.5 to 8"), "mark one number"),
        (("tea.green.taste", ""), "mark one number"),
    ],
)
def test_a_planted_quote_is_noticed(tmp_path, store, kind, mark, message):
    book = plant(tmp_path, '<span data-result="{}">{}</span>'.format(*mark), kind=kind)
    (problem,) = false_quotes(book, store)
    assert re.search(message, problem), problem


def test_a_mark_of_another_form_is_noticed(tmp_path, store):
    book = plant(tmp_path, '<span class="x" data-result="tea.green.taste">9</span>')
    (problem,) = false_quotes(book, store)
    assert "1 marks, of which 0" in problem


def test_weights_that_were_trained_again_are_noticed(tmp_path):
    (tmp_path / "leaves.npz").write_bytes(b"trained")
    entry = {"rows": {"taste": {"value": 1, "weights": {"leaves": "0" * 64}}}}
    (tmp_path / "tea.json").write_text(json.dumps({"green": entry}))
    assert other_weights(tmp_path, tmp_path) == ["tea.green.taste was measured with another leaves"]
    entry["rows"]["taste"]["weights"]["leaves"] = hashlib.sha256(b"trained").hexdigest()
    (tmp_path / "tea.json").write_text(json.dumps({"green": entry}))
    assert other_weights(tmp_path, tmp_path) == []
    (tmp_path / "leaves.npz").unlink()
    assert len(other_weights(tmp_path, tmp_path)) == 1
