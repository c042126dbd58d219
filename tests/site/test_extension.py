"""The parts of the Sphinx extension, each by itself."""

import base64
import html
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from lessons import api, cells, maths, media, networks, pages, styles, take
from sphinx.errors import ExtensionError

from audiolessons.serving import in_browser

STATIC = Path(__file__).parents[2] / "book" / "_static"
PICTURE = base64.b64encode(b"a picture").decode()
FORMULAE = [
    r"\sum_{n=0}^{N-1} x[n]\,e^{-2\pi i k n/N}",
    r"\frac{a+b}{\sqrt{c^2+d^2}}",
    r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
    r"\begin{align} a &= b \\ c &= d \end{align}",
    r"f(x) = \begin{cases} x^2 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
    r"\mathrm{SNR} = 10 \log_{10} \frac{P_s}{P_n}\ \mathrm{dB}",
    r"\operatorname{softmax}(z)_k, \lvert X[k] \rvert^2, \hat{x}, \bar{y}, \tilde{z}",
    r"\left( \frac{a}{b} \right)^{2} \left. \frac{\partial L}{\partial w} \right|_{w=0}",
    r"\underbrace{x_1 + \dots + x_n}_{n \text{ terms}}, \lfloor N/2 \rfloor + 1",
]


def moved(text, folder="."):
    return media.move(text, prefix="../_media/", folder=folder)


def test_a_picture_leaves_the_page():
    found = moved(f'<img src="data:image/webp;base64,{PICTURE}" alt="A line." width="7">')
    [(name, content)] = found.files.items()
    assert content == b"a picture"
    assert re.fullmatch(r"[0-9a-f]{20}\.webp", name)
    assert f'src="../_media/{name}"' in found.html
    assert 'loading="lazy"' in found.html
    assert 'alt="A line." width="7"' in found.html


def test_the_same_bytes_get_the_same_name():
    one = moved(f'<img src="data:image/webp;base64,{PICTURE}" alt="one">').files
    two = moved(f'<img src="data:image/webp;base64,{PICTURE}" alt="two">').files
    assert list(one) == list(two)


def test_a_sound_leaves_the_page_and_waits_for_a_click():
    found = moved(f'<audio controls preload="auto" src="data:audio/mpeg;base64,{PICTURE}"></audio>')
    assert next(iter(found.files)).endswith(".mp3")
    assert 'preload="none"' in found.html
    assert "auto" not in found.html


def test_an_unknown_kind_of_medium_is_an_error():
    with pytest.raises(ValueError, match="image/tiff is not among"):
        moved(f'<img src="data:image/tiff;base64,{PICTURE}">')


@pytest.mark.parametrize("name", ["compare", "explore", "listening", "map"])
def test_an_element_brings_its_script_and_first_the_one_it_builds_on(name):
    found = moved(f'<al-{name}></al-{name}><script class="al-script">one</script>')
    scripts = sorted(found.scripts, key=media.loading_order)
    assert scripts == ["element.js", f"{name}.js"]
    assert found.scripts <= pages.SCRIPTS
    definition = f'customElements.define("al-{name}"'
    assert definition in (media.STATIC / f"{name}.js").read_text(encoding="utf-8")


def test_an_element_that_makes_another_brings_that_ones_script_too():
    assert moved("<al-network></al-network>").scripts == {"element.js", "compare.js", "network.js"}


NETWORKS = {
    "bytes": 5,
    "runtime": {"script": "r.js", "binary": "r.bin"},
    "networks": {"digits": {"file": "d.bin", "rate": 8000}},
    "sounds": [{"name": 'A "four"', "file": "four.wav"}],
}


def test_an_element_is_told_where_its_networks_are():
    page = "<p>before</p><al-network>\n<p>inside</p>\n</al-network>"
    found = networks.filled(page, NETWORKS, prefix="../_networks/")
    about = json.loads(html.unescape(re.search('data-about="([^"]*)"', found)[1]))
    assert about["networks"] == {"digits": {"file": "../_networks/d.bin", "rate": 8000}}
    assert about["runtime"]["script"] == "../_networks/r.js"
    assert about["sounds"][0] == {"name": 'A "four"', "file": "../_networks/four.wav"}
    assert NETWORKS["runtime"]["script"] == "r.js"
    assert "<p>inside</p>" in found
    without = networks.filled(page, None, prefix="../_networks/")
    assert without.startswith("<p>before</p><al-network><p")
    assert "make runtime site" in without
    assert "inside" not in without


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    assert networks.what_is_missing(tmp_path) == "the runtime"
    (tmp_path / "dist").mkdir()
    for name in in_browser.RUNTIME_FILES.values():
        (tmp_path / "dist" / name).touch()
    assert networks.what_is_missing(tmp_path) == ""
    monkeypatch.setattr(networks, "find_spec", lambda name: None)
    assert networks.what_is_missing(tmp_path) == "the package onnx"


def test_pages_are_written_anew_when_the_runtime_has_come_or_gone(monkeypatch):
    env = SimpleNamespace(lessons_scripts={"book/a": {"network.js"}, "book/b": {"map.js"}})
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), env=env)
    monkeypatch.setattr(networks, "_prepared", lambda app: NETWORKS)
    states = []
    for missing in ("the runtime", "", "", "the runtime"):
        monkeypatch.setattr(networks, "what_is_missing", lambda missing=missing: missing)
        states.append(networks.on_env_updated(app, env))
    assert states == [[], ["book/a"], [], ["book/a"]]
    env.lessons_scripts.pop("book/a")
    monkeypatch.setattr(networks, "what_is_missing", lambda: "")
    networks.on_env_updated(app, env)
    assert env.lessons_networks is None  # no page asks for them


def test_the_runtime_is_pinned_and_its_licence_travels_along():
    folder = Path(networks.HERE) / "runtime"
    version = json.loads((folder / "package.json").read_text())["dependencies"]["onnxruntime-web"]
    lock = json.loads((folder / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/onnxruntime-web"]["version"] == version
    assert f"onnxruntime/blob/v{version}/" in (folder / "LICENSE").read_text()


def test_every_script_of_the_package_is_known():
    """One that is named otherwise than its element would never reach a page."""
    scripts = {path.name for path in media.STATIC.glob("*.js")} - {media.SHARED}
    for name in scripts:
        needed = {name, media.SHARED} | media.NEEDS.get(name, set())
        assert moved(f"<al-{name.removesuffix('.js')}>").scripts == needed
    assert scripts == set(media.SCRIPT_OF.values())


def test_the_slider_script_leaves_the_page_once():
    text = (
        '<al-explore data-parameters="[{&quot;values&quot;: [1]}, {&quot;values&quot;: [2]}]">'
        '</al-explore><script class="al-script">one\ntwo</script>after'
    )
    found = moved(text)
    assert found.scripts == {"element.js", "explore.js"}
    assert "script" not in found.html
    assert found.html.endswith("after")
    assert "--al-sliders:2" in found.html
    assert moved("<p>text</p>").scripts == set()


def test_a_mixture_credits_all_that_it_was_made_from():
    credits = media.credit("read_speech/LJ001-0030--environmental_sounds/5-185579-B")
    assert credits.count('class="al-credit"') == 2
    assert "LJ Speech" in credits
    assert "ESC-10" in credits


def test_a_recording_is_carried_when_it_is_there_and_explained_when_not(tmp_path):
    text = '<audio controls data-recording="examples/robin" src="../_sounds/d/7.mp3"></audio>'
    folder = tmp_path / "sound"
    folder.mkdir()
    absent = moved(text, folder)
    assert absent.files == {}
    assert "make sounds" in absent.html
    assert "<audio" not in absent.html
    (tmp_path / "_sounds" / "d").mkdir(parents=True)
    (tmp_path / "_sounds" / "d" / "7.mp3").write_bytes(b"seven")
    present = moved(text, folder)
    assert list(present.files.values()) == [b"seven"]
    assert 'data-recording="examples/robin"' in present.html
    for page in (absent, present):
        assert "Recording: InspectorJ" in page.html
        assert "CC BY 3.0" in page.html
        assert "Sorohan" not in page.html


@pytest.mark.parametrize("tex", FORMULAE)
def test_formulae_convert(tex):
    mathml = maths.to_mathml(tex, block=True)
    assert mathml.startswith("<math")
    assert "merror" not in mathml
    assert "\\" not in mathml


@pytest.mark.parametrize("tex", [r"\nosuchcommand{x}", r"\frac{a", r"\left( a", "x^"])
def test_a_broken_formula_is_an_error_that_quotes_it(tex):
    with pytest.raises(ValueError, match=re.escape(repr(tex))):
        maths.to_mathml(tex)


def test_numbers_of_formulae_are_left_to_sphinx():
    tex = r"\begin{align}\label{eq:a} a &= b \end{align}"
    assert maths.without_numbers(tex) == r"\begin{aligned} a &= b \end{aligned}"


def test_the_font_has_the_characters_of_typical_formulae():
    listed = (STATIC / "fonts" / "stix-two-math-subset.txt").read_text(encoding="utf-8").split()
    ranges = [[int(x, 16) for x in re.findall(r"[0-9A-Fa-f]{2,}", entry)] for entry in listed]
    for tex in FORMULAE:
        for character in re.sub(r"<[^>]*>|&\w+;", "", maths.to_mathml(tex)):
            code = ord(character)
            assert any(r[0] <= code <= r[-1] for r in ranges), f"U+{code:04X} in {tex}"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Exercise 1 (easy): invert", ("Exercise 1: invert", "easy")),
        ("Bug hunt (Stretch)", ("Bug hunt", "stretch")),
        ("Windows (Hann)", ("Windows (Hann)", None)),
    ],
)
def test_the_level_leaves_the_title(title, expected):
    assert cells.split_level(title) == expected


@pytest.mark.parametrize(
    ("line", "chapter"),
    [
        ("Chapter: sound/stft", "sound/stft"),
        ("    Chapter: reference/how-to-use.", "reference/how-to-use"),
        ("Chapter 3 says more", None),
    ],
)
def test_the_last_line_of_a_docstring_names_the_chapter(line, chapter):
    match = api.CHAPTER.match(line)
    assert (match["chapter"] if match else None) == chapter


def as_page(lines):
    """The kinds of elements that a docstring becomes."""
    from docutils.core import publish_doctree

    env = SimpleNamespace(docname="page", lessons_taught={}, found_docs=())
    api.on_docstring(SimpleNamespace(env=env), "function", "f", None, None, lines)
    return publish_doctree("\n".join(lines))


@pytest.mark.parametrize(
    "line",
    [
        "A. V. Oppenheim and R. W. Schafer, 1989.",
        "I. Newton, 1687.",
        "B.-H. Juang, 1985.",
        "   C. Darwin, 1859.",
    ],
)
def test_initials_of_authors_are_no_items_of_a_list(line):
    from docutils import nodes

    document = as_page(["Summary.", "", line, ""])
    assert not list(document.findall(nodes.enumerated_list))
    assert line.strip() in document.astext()


def test_lists_of_docstrings_stay_lists():
    from docutils import nodes

    document = as_page(["Summary.", "", "1. one", "2. two", "", "a. alpha", "b. beta"])
    assert len(list(document.findall(nodes.enumerated_list))) == 2


@pytest.mark.parametrize("text", ["al.spectral.stft", "al.signals.sine(440.0, duration_s=1)"])
def test_names_in_code_are_known(text):
    assert api.CODE_NAME.match(text)
    assert not api.CODE_NAME.match(f"{text} + 1")
    assert not api.CODE_NAME.match("alpha.beta")


def test_a_missing_wheel_is_an_error_with_the_command(tmp_path):
    with pytest.raises(ExtensionError, match="python -m build --wheel"):
        take.find_wheel(tmp_path)
    wheel = tmp_path / "audiolessons-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"x")
    assert take.find_wheel(tmp_path) == wheel


def test_rules_that_cannot_match_are_dropped():
    css = (
        "p{a:b} .used{a:b} .unused{a:b} .used .unused,#here{a:b} p:not(.unused){a:b}"
        "@media print{.unused{a:b}} @media print{.used{a:b}} @font-face{font-family:x}"
    )
    words = styles.used_words(['<p class="used more" id="here">'], ["x.classList.add('later')"])
    assert "later" in words
    pruned = styles.prune(css, words)
    assert ".unused{" not in pruned
    assert pruned.count(".used{") == 2
    assert "#here{a:b}" in pruned
    assert "p:not(.unused){a:b}" in pruned
    assert pruned.count("@media") == 1
    assert "@font-face" in pruned


def test_the_description_is_the_first_paragraph_cut_at_a_word():
    from docutils import nodes
    from docutils.utils import new_document

    document = new_document("x")
    document += nodes.paragraph("", "Short.")
    document += nodes.paragraph("", "word " * 60)
    text = pages.describe(document)
    assert text.endswith("word ...")
    assert len(text) < pages.DESCRIPTION_LENGTH + 5


def test_the_address_of_the_repository_reaches_the_pages(tmp_path):
    """It stands in one place, and the options of the theme must not drop it."""
    from jupyter_book.config import get_final_config

    text = (Path(__file__).parents[2] / "_config.yml").read_text(encoding="utf-8")
    assert 'url: ""' in text
    address = "https://example.org/book"
    config = tmp_path / "_config.yml"
    config.write_text(text.replace('url: ""', f'url: "{address}"'), encoding="utf-8")
    command_line = {"latex_individualpages": False}
    final, _ = get_final_config(user_yaml=config, cli_config=command_line, validate=False)
    options = final["html_theme_options"]
    assert options["repository_url"] == address
    assert options["navigation_with_keys"] is False  # of our own options


def test_a_field_without_words_of_its_own_is_left_out_of_the_reference():
    class Pair(NamedTuple):
        first: int

    left_out = [api.on_member(None, "class", "name", one, False, {}) for one in (Pair.first, Pair)]
    assert left_out == [True, None]
