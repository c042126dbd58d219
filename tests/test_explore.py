"""Sliders: every position is rendered, described and reachable with and without a kernel."""

import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from audiolessons import AudioError, explore, listen


def render(frequency_hz, gain_db=0):
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.plot([0, frequency_hz])
    tone = 0.1 * np.sin(np.arange(800) * frequency_hz / 8000)
    player = listen.Player(tone, sample_rate=8000, label=f"tone at {frequency_hz} Hz")
    return f"A line up to {frequency_hz}, at {gain_db} dB.", figure, player


@pytest.fixture
def explorer():
    return explore.Explorer(render, frequency_hz=[100, 200], gain_db=[-6, 0, 6])


def test_the_static_form_holds_every_position_in_row_major_order(explorer):
    page = explorer.to_html()
    folds = re.findall(r'<details class="al-frame"( open)?><summary>(.*?)</summary>', page)
    assert [text for _, text in folds] == [
        f"{f} Hz, {g} dB" for f in (100, 200) for g in (-6, 0, 6)
    ]
    assert [bool(is_open) for is_open, _ in folds] == [True] + [False] * 5
    assert page.count("<img") == page.count("<audio") == 6


def test_the_parameters_travel_with_their_units(explorer):
    [data] = re.findall(r'data-parameters="([^"]*)"', explorer.to_html())
    parameters = json.loads(data.replace("&quot;", '"'))
    assert [p["name"] for p in parameters] == ["frequency", "gain"]
    assert parameters[0]["values"] == ["100 Hz", "200 Hz"]


def test_the_text_tells_each_position(explorer):
    lines = str(explorer).splitlines()
    assert lines[0] == "Slider: frequency, gain"
    assert lines[2] == "  100 Hz, 0 dB: A line up to 100, at 0 dB."
    assert len(lines) == 7


def test_a_figure_with_a_label_says_what_is_seen_in_its_own_words():
    def labelled(n):
        figure = plt.figure()
        figure.set_label(f"Bars that rise to the right, {n} of them." if n > 1 else "")
        return f"There are {n} bars in all.", figure

    one, two = explore.Explorer(labelled, n=[1, 2]).frames
    assert 'alt="There are 1 bars in all."' in one
    assert 'alt="Bars that rise to the right, 2 of them."' in two
    assert '<p class="al-text">There are 2 bars in all.</p>' in two


def test_ipywidgets_show_the_same_frames(explorer):
    box = explorer.to_widget()
    frequency, gain, view = box.children
    assert "at -6 dB" in view.value
    gain.value = 2
    assert "A line up to 100, at 6 dB." in view.value
    frequency.value = 1
    assert "A line up to 200, at 6 dB." in view.value
    assert view.value == explorer.frames[5]


def test_a_callback_that_fails_anywhere_fails_the_cell():
    with pytest.raises(ZeroDivisionError):
        explore.explore(lambda n: f"one over {1 / n}", n=[2, 1, 0])


@pytest.mark.parametrize(
    ("function", "parameters", "message"),
    [
        (render, {}, "no parameter"),
        (render, {"frequency_hz": [1]}, "at least two"),
        (render, {"frequency_hz": range(31)}, "31 positions"),
        (lambda n: 3, {"n": [1, 2]}, "returned int"),
        (lambda n: plt.figure(), {"n": [1, 2]}, "no text"),
    ],
)
def test_bad_use_is_one_clear_error(function, parameters, message):
    with pytest.raises(AudioError, match=message):
        explore.explore(function, **parameters)
    plt.close("all")


def test_names_and_units():
    assert explore._name_and_unit("cutoff_hz") == ("cutoff", "Hz")
    assert explore._name_and_unit("n_bits") == ("n bits", "")
    assert explore._name_and_unit("window") == ("window", "")
    assert explore._readout(0.25, "s") == "0.25 s"
    assert explore._readout("hann", "") == "hann"
