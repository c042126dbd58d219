"""Every check of the site is seen to fail on a page with the fault that it looks for."""

import json

import pytest
import site_checks as checks

PAGE = """<!DOCTYPE html><html lang="en"><head><title>T</title>
<meta name="description" content="d"></head><body><article>{}</article></body></html>"""


@pytest.fixture
def page(tmp_path):
    def write(body, whole=PAGE):
        path = tmp_path / "page.html"
        path.write_text(whole.replace("{}", body), encoding="utf-8")
        return path

    return write


GOOD = (
    '<h1 id="top">T</h1><p>Text with <code>:::</code>.</p><a href="#top">up</a>'
    '<img src="a.webp" alt="A waveform."><audio aria-label="A tone" preload="none" src="b.mp3">'
    "</audio>"
)
FAULTS = [
    (checks.foreign_resources, '<script src="https://cdn.example.org/x.js"></script>'),
    (checks.foreign_resources, '<img alt="x y" src="//example.org/x.png">'),
    (checks.foreign_resources, '<link rel="stylesheet" href="https://example.org/x.css">'),
    (checks.foreign_resources, "<style>@import url(x.css);</style>"),
    (checks.data_payloads, '<img alt="x y" src="data:image/png;base64,AAAA">'),
    (checks.data_payloads, '<audio src="data:audio/mpeg;base64,AAAA"></audio>'),
    (checks.pictures_without_text, '<img src="a.webp">'),
    (checks.pictures_without_text, '<img src="a.webp" alt="">'),
    (checks.pictures_without_text, '<img src="a.webp" alt="../_images/figure_3.png">'),
    (checks.sounds_without_text, '<audio src="a.mp3"></audio>'),
    (checks.raw_markup, "<p>{ref}`stft`</p>"),
    (checks.raw_markup, "<p>:::note</p>"),
    (checks.raw_markup, "<p>```{note}</p>"),
    (checks.raw_markup, "<p>as in {cite}</p>"),
    (checks.raw_markup, "<p>$$x$$</p>"),
    (checks.raw_markup, r"<p>\frac{1}{2}</p>"),
    (checks.failed_formulae, '<span class="al-math-error">formula</span>'),
    (checks.failed_formulae, "<math><merror>x</merror></math>"),
    (checks.repeated_scripts, '<script src="a.js?v=1"></script><script src="a.js"></script>'),
]


@pytest.mark.parametrize(
    ("rule", "body"), FAULTS, ids=[f"{r.__name__}-{i}" for i, (r, _) in enumerate(FAULTS)]
)
def test_a_fault_is_found(page, rule, body):
    assert rule(page(GOOD)) == []
    assert rule(page(GOOD + body))


@pytest.mark.parametrize("whole", ["<html><head></head></html>", "<html lang='en'></html>"])
def test_a_head_that_says_nothing_is_found(page, whole):
    assert checks.missing_head(page(GOOD)) == []
    assert checks.missing_head(page("", whole))


@pytest.mark.parametrize("href", ["gone.html", "#gone", "other.html#gone", "folder/"])
def test_a_broken_link_is_found(page, tmp_path, href):
    (tmp_path / "other.html").write_text('<p id="here">x</p>')
    assert checks.broken_links(tmp_path, page(f'{GOOD}<a href="other.html#here">x</a>')) == []
    assert len(checks.broken_links(tmp_path, page(f'{GOOD}<a href="{href}">x</a>'))) == 1


def test_a_missing_resource_is_found(page, tmp_path):
    (tmp_path / "a.webp").write_bytes(b"x")
    (tmp_path / "b.mp3").write_bytes(b"x")
    assert checks.missing_resources(tmp_path, page(GOOD)) == []
    (tmp_path / "b.mp3").unlink()
    assert checks.missing_resources(tmp_path, page(GOOD)) == ["b.mp3: no such file"]


def test_a_foreign_address_in_a_style_sheet_is_found():
    assert checks.foreign_styles('a{background:url("x.svg")}') == []
    assert checks.foreign_styles("a{background:url(https://example.org/x.svg)}")


def test_a_heavy_page_is_found(page, tmp_path):
    (tmp_path / "a.webp").write_bytes(b"x" * 1000)
    light = checks.weight_bytes(tmp_path, page(GOOD))
    frame = '<details class="al-frame"{}><img src="big.webp" alt="A big one."></details>'
    (tmp_path / "big.webp").write_bytes(b"x" * 2_600_000)
    assert checks.too_heavy(tmp_path, page(GOOD + frame.format(""))) == []
    assert checks.weight_bytes(tmp_path, page(GOOD + frame.format(" open"))) > light + 2_500_000
    assert len(checks.too_heavy(tmp_path, page(GOOD + frame.format(" open")))) == 1


def test_missing_downloads_are_found(page, tmp_path):
    def notebook(*tags):
        cells = [{"cell_type": "code", "source": "", "metadata": {"tags": list(tags)}}]
        (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))

    box = '<div class="al-take"><a href="n.ipynb">n</a><a href="p.whl">p</a></div>'
    notebook("exercise")
    (tmp_path / "p.whl").write_bytes(b"x")
    assert checks.missing_downloads(tmp_path, page(box)) == []
    assert checks.missing_downloads(tmp_path, page(GOOD)) == ["no box of downloads"]
    notebook("solution")
    assert checks.missing_downloads(tmp_path, page(box)) == ["n.ipynb: holds solutions"]
    (tmp_path / "p.whl").unlink()
    assert "p.whl: not there" in checks.missing_downloads(tmp_path, page(box))
