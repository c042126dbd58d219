"""Sliders, players and checks in a real JupyterLab with a real kernel, driven by a browser."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat.v4 as v4
import pytest

from audiolessons import editions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow("starts JupyterLab, its kernel and a browser"),
    pytest.mark.timeout(240),
]

SLIDER = """
import numpy as np
import audiolessons as al
import matplotlib.pyplot as plt

def render(frequency_hz):
    tone = 0.2 * np.sin(2 * np.pi * frequency_hz * np.arange(8000) / 8000)
    figure, ax = plt.subplots(figsize=(4, 2))
    ax.plot(tone[:200])
    player = al.listen.Player(tone, sample_rate=8000, label=f"sine of {frequency_hz} Hz")
    return f"A sine wave of {frequency_hz} Hz over 25 ms.", figure, player

al.explore.explore(render, frequency_hz=[100, 200, 400])
"""
RECORDING = """
al.listen.play(0.2 * np.ones(8000), sample_rate=8000, label="from a recording", recording="set/one")
"""
LISTENING = """
tones = [0.2 * np.sin(2 * np.pi * hz * np.arange(8000) / 8000) for hz in (300, 330)]
al.listen.abx(*tones, sample_rate=8000, label="Two tones", n_trials=5)
"""
COMPARISON = """
versions = dict(zip(("low", "high"), tones))
al.listen.compare(versions, sample_rate=8000, label="Two", recording="set/two")
"""
CHECK = 'al.exercises.check("signals.rms", lambda audio: np.mean(audio**2))'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_session(address):
    """Start the notebook's kernel beforehand: JupyterLab asks for one that is slow to come."""
    wanted = {"path": "chapter.ipynb", "name": "chapter.ipynb", "type": "notebook"}
    body = json.dumps({**wanted, "kernel": {"name": "python3"}}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{address}/api/sessions", data=body), timeout=60)


@pytest.fixture
def lab(tmp_path):
    """Serve a folder with one executed notebook from JupyterLab; yield its address."""
    folder = tmp_path / "class"
    folder.mkdir()
    cells = [
        v4.new_code_cell(source) for source in (SLIDER, RECORDING, LISTENING, COMPARISON, CHECK)
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    (folder / "chapter.ipynb").write_text(
        json.dumps(v4.new_notebook(cells=cells, metadata=v4.new_notebook().metadata))
    )
    editions.rerun(folder / "chapter.ipynb")
    port = free_port()
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    environment["JUPYTER_DATA_DIR"] = str(tmp_path / "data")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.token=", "--ServerApp.password="]
    command += ["--ServerApp.disable_check_xsrf=True"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None"]
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1)
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "lab.log").read_text()
                time.sleep(0.5)
        start_session(address)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def test_a_slider_a_player_and_a_check_work_in_jupyterlab(lab, browser):
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    page.goto(f"{lab}/lab/tree/chapter.ipynb", timeout=90_000)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    # stored outputs, nobody has run anything: no broken widget is left behind
    page.wait_for_selector(".jp-OutputArea-output", timeout=30_000)
    assert "Error displaying widget" not in page.inner_text(".jp-Notebook")
    page.click(".lm-MenuBar-itemLabel:has-text('Run')")
    page.click(".lm-Menu-itemLabel:has-text('Run All Cells')")
    slider = page.wait_for_selector(".widget-slider .noUi-handle", timeout=60_000)
    page.wait_for_selector(".al-text:has-text('sine wave of 100 Hz'):visible")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".al-text:has-text('sine wave of 200 Hz'):visible", timeout=10_000)
    assert page.inner_text(".widget-readout") == "200 Hz"
    player = "audio[aria-label='sine of 200 Hz']"
    assert plays(page, player) == pytest.approx(1.0, abs=0.1)
    assert plays(page, "audio[data-recording='set/one']") == pytest.approx(1.0, abs=0.1)
    assert "the root is missing" in page.inner_text(".al-report")
    hear_and_answer(page)
    switch_by_keys(page)
    page.close()


def hear_and_answer(page):
    """Do a listening test by its keys, which are commands of the notebook outside of it."""
    n_cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.get_by_role("button", name="Begin").click()
    for _ in range(5):
        for key in ("a", "b", "x"):
            page.keyboard.press(key)
            page.wait_for_selector(f"[aria-keyshortcuts={key}][aria-pressed=true]")
        page.get_by_role("button", name="X is A").click()
        page.keyboard.press("ArrowDown")
    page.wait_for_selector(".al-result:has-text('of 5 right')")
    assert page.inner_text("code.al-line").startswith("print(al.metrics.abx_test(")
    assert page.locator(".jp-Notebook .jp-Cell").count() == n_cells


def switch_by_keys(page):
    """The number keys, which make headings of a notebook's cells, choose versions."""
    n_cells = page.locator(".jp-Notebook .jp-CodeCell").count()
    compared = page.locator("al-compare")
    compared.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('al-compare [type=range]').value > 0.05")
    for key, name in (("2", "high"), ("1", "low"), ("2", "high")):
        page.keyboard.press(key)
        assert compared.get_by_role("status").inner_text() == f"You hear: {name}"
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == n_cells


def plays(page, selector):
    """Play a sound in the page and return its duration in seconds."""
    page.wait_for_selector(selector, state="attached")
    return page.eval_on_selector(
        selector, "async (audio) => { await audio.play(); audio.pause(); return audio.duration; }"
    )
