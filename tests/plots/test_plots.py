"""What figures show (axes, units, curves) and what travels with them (size, alternative text)."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.stats
from matplotlib.colors import to_rgb
from PIL import Image
from scipy import signal

from audiolessons import plots
from audiolessons.errors import AudioError
from audiolessons.plots.styling import COLOURS, LINE_STYLES

RATE = 8000
ALT = "A sine of 1000 Hz, one second long."


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def tone():
    return 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)


def picture_of(html):
    payload = base64.b64decode(re.search(r'src="data:image/webp;base64,([^"]+)"', html)[1])
    return payload, Image.open(io.BytesIO(payload))


# --- show ---------------------------------------------------------------------------------------


def test_html_is_one_small_webp_with_alternative_text_and_size(tone):
    html = plots.render_html(plots.waveform(tone, sample_rate=RATE), alt='Level "0.5" < 1, a tone.')
    assert html.startswith('<figure class="al-figure"><img src="data:image/webp;base64,')
    assert html.endswith(
        'alt="Level &quot;0.5&quot; &lt; 1, a tone." width="600" height="320"></figure>'
    )
    payload, picture = picture_of(html)
    assert picture.format == "WEBP"
    assert picture.width / picture.height == pytest.approx(600 / 320)
    assert len(payload) < 30_000


def test_a_spectrogram_of_noise_stays_small():
    values = 10 * np.random.default_rng(0).standard_normal((257, 200))
    html = plots.render_html(
        plots.spectrogram(values, sample_rate=RATE, hop_length=128), alt="Noise at all frequencies."
    )
    assert len(picture_of(html)[0]) < 90_000


def test_the_same_figure_gives_the_same_bytes_without_metadata(tone):
    first, second = (
        plots.render_html(plots.waveform(tone, sample_rate=RATE), alt=ALT) for _ in range(2)
    )
    assert first == second
    payload, _ = picture_of(first)
    assert not any(tag in payload for tag in (b"EXIF", b"XMP ", b"ICCP", b"atplotlib"))


def test_pictures_are_opaque_on_a_light_ground(tone):
    _, picture = picture_of(plots.render_html(plots.waveform(tone, sample_rate=RATE), alt=ALT))
    assert picture.mode == "RGB"
    assert min(picture.getpixel((2, 2))) > 245


def test_labels_of_a_plain_figure_are_not_cut_off():
    figure, ax = plt.subplots(figsize=(4, 2))
    ax.set_xlabel("Time (s)", fontsize=20)
    plots.render_html(figure, alt="An empty pair of axes with a long label.")
    assert ax.xaxis.label.get_window_extent().y0 >= 0


def test_width_scales_the_height_along(tone):
    html = plots.render_html(plots.waveform(tone, sample_rate=RATE), alt=ALT, width_px=300)
    assert 'width="300" height="160"' in html


def test_show_prints_the_text_and_closes_the_figure(tone, capsys):
    plots.waveform(tone, sample_rate=RATE)
    plots.show(alt="A sine of 1000 Hz,\n   one second long.")
    assert capsys.readouterr().out == f"Figure: {ALT}\n"
    assert plt.get_fignums() == []


def test_a_notebook_gets_html_and_the_same_text(tone, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plots.show(plots.waveform(tone, sample_rate=RATE).figure, alt=ALT)
    assert shown[0]._repr_html_().startswith('<figure class="al-figure">')
    assert repr(shown[0]) == f"Figure: {ALT}"


@pytest.mark.parametrize(
    ("alt", "message"),
    [
        ("", "alt is ''"),
        ("  \n ", "say in a sentence"),
        (None, "alt is None"),
        ("wave.png", "a file name"),
        ("some/folder/of/figures/wave.WEBP", "a file name"),
        ("a waveform", "10 characters"),
    ],
)
def test_alternative_text_that_says_nothing_is_refused(tone, alt, message):
    with pytest.raises(AudioError, match=message):
        plots.show(plots.waveform(tone, sample_rate=RATE), alt=alt)


def test_what_is_no_figure_is_refused():
    with pytest.raises(AudioError, match="there is no figure to show"):
        plots.show(alt=ALT)
    with pytest.raises(AudioError, match="figure is list"):
        plots.show([1, 2], alt=ALT)


# --- style --------------------------------------------------------------------------------------


def test_neighbouring_lines_differ_in_lightness_and_style():
    lightness = [np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) for colour in COLOURS[:4]]
    assert np.min(np.abs(np.diff(lightness))) > 0.1  # told apart in a print in greys
    assert len(set(COLOURS)) == len(set(LINE_STYLES)) == 7


def test_text_stays_legible_on_a_phone(tone):
    """At 350 of 600 CSS pixels no text is smaller than 9 CSS pixels."""
    ax = plots.spectrogram(np.zeros((9, 9)), sample_rate=RATE, hop_length=10, title="Silence")
    texts = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels()]
    assert min(text.get_size() for text in texts) / 72 * 100 * 350 / 600 > 9


def test_drawing_leaves_the_readers_settings_alone(tone):
    before = dict(plt.rcParams)
    plots.render_html(plots.waveform(tone, sample_rate=RATE), alt=ALT)
    assert dict(plt.rcParams) == before


def test_a_narrow_figure_is_as_wide_as_asked():
    figure, _ = plots.subplots(width_px=420, height_px=210)
    assert 'width="420" height="210"' in plots.render_html(figure, alt=ALT)
    with pytest.raises(AudioError, match="width_px is 0"):
        plots.subplots(width_px=0)


def test_subplots_refuses_a_count_of_zero():
    with pytest.raises(AudioError, match="rows is 0"):
        plots.subplots(0)


DRAWINGS = {
    "waveform": lambda ax: plots.waveform(np.ones(50), sample_rate=RATE, ax=ax),
    "spectrum": lambda ax: plots.spectrum(np.ones(50), sample_rate=RATE, ax=ax),
    "spectrogram": lambda ax: plots.spectrogram(
        np.ones((5, 4)), sample_rate=RATE, hop_length=4, ax=ax
    ),
    "filter_response": lambda ax: plots.filter_response(np.ones(3), sample_rate=RATE, ax=ax),
    "confusion_matrix": lambda ax: plots.confusion_matrix(np.eye(2), labels="ab", ax=ax),
    "history": lambda ax: plots.history({"train_loss": [2, 1]}, ax=ax),
    "roc_curve": lambda ax: plots.roc_curve([0, 0, 1], [0, 1, 1], ax=ax),
    "det_curve": lambda ax: plots.det_curve([0, 0.1, 0.3, 1], [1, 0.3, 0.1, 0], ax=ax),
    "reliability": lambda ax: plots.reliability(([0.6], [0.5], [3]), ax=ax),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_every_drawing_takes_ax_returns_it_and_labels_both_axes(draw):
    _, ax = plots.subplots()
    assert draw(ax) is ax
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    new = draw(None)
    assert new is not ax
    with pytest.raises(AudioError, match="ax is ndarray: give one matplotlib Axes"):
        draw(np.array([ax, ax]))


# --- sound --------------------------------------------------------------------------------------


def test_waveform_puts_samples_at_their_times(tone):
    times, values = plots.waveform(tone[:100], sample_rate=RATE, start_s=2.0).lines[0].get_data()
    np.testing.assert_allclose(times, 2 + np.arange(100) / RATE)
    np.testing.assert_array_equal(values, tone[:100])


def test_a_long_waveform_keeps_every_peak_and_the_time_axis():
    audio = np.zeros(480_000)
    audio[[123_456, 400_001]] = 0.9, -0.7
    times, values = plots.waveform(audio, sample_rate=RATE).lines[0].get_data()
    assert len(values) < 6000
    assert (values.max(), values.min()) == (0.9, -0.7)
    assert times[np.argmax(values)] == pytest.approx(123_456 / RATE, abs=0.06)
    assert times[-1] == pytest.approx(60, abs=0.1)


def test_each_channel_is_a_named_line(tone):
    ax = plots.waveform(np.stack([tone, tone]), sample_rate=RATE)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["channel 1", "channel 2"]


def test_a_second_louder_waveform_is_not_cut_off(tone):
    ax = plots.waveform(tone, sample_rate=RATE)
    plots.waveform(1.5 * tone, sample_rate=RATE, ax=ax)
    plots.waveform(0.1 * tone, sample_rate=RATE, ax=ax)
    assert ax.get_ylim()[1] > 0.75


@pytest.mark.parametrize("n_fft", [None, 256, 801])
def test_spectrum_reads_the_level_of_a_sine(tone, n_fft):
    frequency_hz, level_db = plots.spectrum(tone, sample_rate=RATE, n_fft=n_fft).lines[0].get_data()
    assert frequency_hz[np.argmax(level_db)] == pytest.approx(1000, abs=10)
    # Half of full scale is -6.02 dBFS; between two bins a Hann window reads up to 1.42 less.
    assert -6.02 - 1.43 < level_db.max() < -6.01


def test_spectrum_agrees_with_welch():
    audio = np.random.default_rng(1).standard_normal(RATE)
    level_db = plots.spectrum(audio, sample_rate=RATE, n_fft=512).lines[0].get_ydata()
    _, power = signal.welch(audio, nperseg=512, detrend=False, scaling="spectrum")
    # scipy gives the mean square of the sine, half the square of its amplitude.
    np.testing.assert_allclose(level_db[1:-1], 10 * np.log10(2 * power[1:-1]), atol=1e-6)


def test_filter_response_agrees_for_taps_fractions_and_sections():
    sections = signal.butter(4, 1000, fs=RATE, output="sos")
    b, a = signal.butter(4, 1000, fs=RATE)
    ax = plots.filter_response(sections, sample_rate=RATE, label="sections")
    plots.filter_response(b, a, sample_rate=RATE, ax=ax)
    first, second = (line.get_data() for line in ax.lines)
    np.testing.assert_allclose(first[1][:1500], second[1][:1500], atol=1e-6)
    # A Butterworth filter is 3.01 dB down at its corner.
    assert np.interp(1000, *first) == pytest.approx(-3.01, abs=0.01)


def test_a_logarithmic_frequency_axis_has_plain_ticks(tone):
    ax = plots.spectrum(tone, sample_rate=RATE, log_frequency=True)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_xticklabels()][:3] == ["20", "50", "100"]


@pytest.mark.parametrize("axis", ["linear", "log", "mel"])
def test_a_spectrogram_draws_each_cell_where_it_belongs(axis):
    n_bins = 40 if axis == "mel" else 129
    ax = plots.spectrogram(
        np.zeros((n_bins, 20)), sample_rate=RATE, hop_length=80, frequency_axis=axis
    )
    edges = ax.collections[0].get_coordinates()  # (F + 1, N + 1, 2), seconds and hertz
    np.testing.assert_allclose((edges[0, :-1, 0] + edges[0, 1:, 0]) / 2, np.arange(20) / 100)
    if axis == "mel":
        np.testing.assert_allclose(edges[[0, -1], 0, 1], [0, 4000], atol=1e-6)
        assert np.all(np.diff(edges[:, 0, 1]) > 0)
    else:
        middle = (edges[1:-1, 0, 1] + edges[2:, 0, 1]) / 2
        np.testing.assert_allclose(middle, np.arange(1, 129) * RATE / 256)
    ax.figure.canvas.draw()
    assert all(re.fullmatch(r"\d+", text.get_text()) for text in ax.get_yticklabels())


def test_mel_bands_are_equally_high():
    ax = plots.spectrogram(np.zeros((40, 9)), sample_rate=RATE, hop_length=9, frequency_axis="mel")
    edges_hz = ax.collections[0].get_coordinates()[:, 0, 1]
    heights = np.diff(ax.transData.transform(np.column_stack([0 * edges_hz, edges_hz]))[:, 1])
    np.testing.assert_allclose(heights, heights[0], rtol=1e-3)


def test_complex_amplitude_power_and_decibels_draw_the_same_colours():
    rng = np.random.default_rng(2)
    spectrum = rng.standard_normal((9, 7)) + 1j * rng.standard_normal((9, 7))
    amplitude = np.abs(spectrum)
    options = {"sample_rate": RATE, "hop_length": 8}
    drawn = [
        plots.spectrogram(spectrum, **options),
        plots.spectrogram(amplitude, quantity="amplitude", **options),
        plots.spectrogram(amplitude**2, quantity="power", **options),
        plots.spectrogram(20 * np.log10(amplitude), **options),
    ]
    for ax in drawn:
        np.testing.assert_allclose(
            ax.collections[0].get_array(), 20 * np.log10(amplitude), atol=1e-9
        )
        assert ax.figure.axes[1].get_ylabel() == "Level (dB)"


def test_silence_can_be_drawn():
    plots.render_html(
        plots.waveform(np.zeros(100), sample_rate=RATE), alt="A line at zero: silence."
    )
    ax = plots.spectrogram(np.zeros((9, 1), complex), sample_rate=RATE, hop_length=8)
    assert np.isfinite(ax.collections[0].get_array()).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.waveform(np.zeros((2, 2, 5)), sample_rate=RATE), r"shape \(2, 2, 5\)"),
        (lambda: plots.waveform(np.zeros(5), sample_rate=-1), "sample_rate is -1 Hz"),
        (lambda: plots.waveform(np.zeros(5, int), sample_rate=RATE), "int64"),
        (lambda: plots.spectrum(np.zeros((2, 5)), sample_rate=RATE), "give one channel"),
        (lambda: plots.spectrum(np.zeros(5), sample_rate=RATE, n_fft=6), "n_fft is 6, audio has 5"),
        (lambda: plots.spectrum(np.zeros(5), sample_rate=RATE, min_hz=9e3), "min_hz is 9000"),
        (lambda: plots.filter_response(np.zeros((2, 3)), sample_rate=RATE), r"shape \(2, 3\)"),
        (
            lambda: plots.spectrogram(np.zeros((2, 3, 3)), sample_rate=RATE, hop_length=1),
            r"give one spectrogram of shape \(F, N\)",
        ),
        (
            lambda: plots.spectrogram(np.zeros((3, 3)), sample_rate=RATE, hop_length=0),
            "hop_length is 0",
        ),
        (
            lambda: plots.spectrogram(
                np.zeros((3, 3)), sample_rate=RATE, hop_length=1, frequency_axis="bark"
            ),
            "frequency_axis is 'bark'",
        ),
        (
            lambda: plots.spectrogram(np.full((3, 3), np.nan), sample_rate=RATE, hop_length=1),
            "9 values that are NaN",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(AudioError, match=message):
        call()


# --- learning -----------------------------------------------------------------------------------


def test_confusion_matrix_writes_counts_and_colours_shares_of_the_true_class():
    ax = plots.confusion_matrix([[8, 2], [0, 5]], labels=["seven", "nine"])
    assert {(t.get_position(), t.get_text()) for t in ax.texts} == {
        ((0, 0), "8"),
        ((1, 0), "2"),
        ((1, 1), "5"),
    }
    np.testing.assert_allclose(ax.images[0].get_array(), [[80, 20], [0, 100]])


def test_a_class_that_never_occurs_divides_by_nothing():
    ax = plots.confusion_matrix([[0, 0], [1, 2]], labels="ab")
    assert np.isfinite(ax.images[0].get_array()).all()


@pytest.mark.parametrize(
    ("matrix", "labels", "message"),
    [
        ([[1, 2]], "ab", r"shape \(1, 2\)"),
        ([[1, -2], [1, 1]], "ab", "at least 0"),
        ([[1, 2], [1, 1]], "abc", "3 labels for 2 classes"),
    ],
)
def test_a_bad_confusion_matrix_is_named(matrix, labels, message):
    with pytest.raises(AudioError, match=message):
        plots.confusion_matrix(matrix, labels=labels)


class Log:
    train_loss = (2.0, 1.0, 0.5)
    valid_loss = (2.0, 1.5, 1.4)
    valid_metric = (0.1, 0.5, 0.6)
    metric_name = "Accuracy"
    best_epoch = 3


def test_history_draws_loss_left_and_metric_right():
    ax = plots.history(Log())
    right = ax.figure.axes[1]
    assert right.get_ylabel() == "Accuracy"
    np.testing.assert_array_equal(right.lines[0].get_data(), [[1, 2, 3], [0.1, 0.5, 0.6]])
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[1, 2, 3], [2.0, 1.0, 0.5]])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "loss, training",
        "loss, validation",
        "accuracy, validation",
    ]


def test_a_history_that_cannot_be_drawn_is_named():
    with pytest.raises(AudioError, match="dict with none of train_loss"):
        plots.history({"loss": [1, 2]})
    with pytest.raises(AudioError, match="different lengths"):
        plots.history({"train_loss": [1, 2], "valid_loss": [1]})


# --- detectors and claims ----------------------------------------------------------------------


def test_curves_of_one_figure_differ_and_share_one_diagonal():
    ax = plots.roc_curve([0, 0.2, 1], [0, 0.8, 1], label="one")
    plots.roc_curve([0, 0.5, 1], [0, 0.6, 1], ax=ax, label="other")
    diagonal, one, other = ax.lines
    np.testing.assert_array_equal(diagonal.get_ydata(), [0, 1])
    np.testing.assert_array_equal(one.get_ydata(), [0, 0.8, 1])
    assert one.get_color() != other.get_color()
    assert one.get_linestyle() != other.get_linestyle()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "other"]


def test_normal_scores_make_a_straight_det_curve():
    distance = scipy.stats.norm.cdf(np.linspace(-3, 3, 50))  # false alarms
    misses = scipy.stats.norm.cdf(-scipy.stats.norm.ppf(distance) - 2)
    ax = plots.det_curve(distance, misses)
    x, y = ax.lines[-1].get_data()
    np.testing.assert_allclose(y, -2 - x, atol=1e-9)


def test_reliability_leaves_empty_bins_out_and_sizes_points_by_count():
    bins = ([np.nan, 0.6, 0.9], [np.nan, 0.5, 0.85], [0, 10, 30])
    ax = plots.reliability(bins)
    _, line = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), [0.6, 0.9])
    np.testing.assert_array_equal(line.get_ydata(), [0.5, 0.85])
    small, large = ax.collections[0].get_sizes()
    assert large > small


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.roc_curve([0, 1], [0]), r"\(2,\) and hits \(1,\)"),
        (lambda: plots.roc_curve([0, 1], [0, 100]), "a rate is 100"),
        (lambda: plots.det_curve([0, 1], [1]), r"\(2,\) and misses \(1,\)"),
        (lambda: plots.roc_curve([0, np.nan], [0, 1]), "a rate is nan"),
        (lambda: plots.reliability(([0.5], [0.5, 0.6], [1])), "give three arrays"),
        (lambda: plots.reliability(([np.nan], [np.nan], [0])), "all bins are empty"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, message):
    with pytest.raises(AudioError, match=message):
        call()
