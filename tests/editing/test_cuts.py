"""Cut lists as text, and joints."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import editing, signals
from audiolessons.editing import Cut
from audiolessons.errors import AudioError

RATE = 8000
CUTS = st.lists(
    st.tuples(st.integers(0, 1200), st.integers(1, 300)).map(
        lambda pair: Cut(pair[0] / RATE, (pair[0] + pair[1]) / RATE)
    ),
    max_size=5,
)


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).standard_normal(n_samples)


def kept(cuts, n_samples):
    is_kept = np.ones(n_samples, dtype=bool)
    for start_s, end_s, _ in cuts:
        is_kept[round(start_s * RATE) : round(end_s * RATE)] = False
    return is_kept


@given(CUTS)
def test_without_a_crossfade_just_the_rest_stays(cuts):
    audio = noise(2000)
    joined = editing.apply_cuts(audio, cuts, sample_rate=RATE, crossfade_s=0)
    np.testing.assert_array_equal(joined, audio[kept(cuts, 2000)])


@given(CUTS, st.lists(st.integers(1, 1999), max_size=5), st.sampled_from([0, 0.001, 0.01]))
def test_a_stream_gives_what_the_whole_gives(cuts, places, crossfade_s):
    audio = np.stack([noise(2000), noise(2000, seed=1)])
    whole = editing.apply_cuts(audio, cuts, sample_rate=RATE, crossfade_s=crossfade_s)
    stream = editing.CutStream(cuts, sample_rate=RATE, crossfade_s=crossfade_s)
    parts = [stream.push(part) for part in np.split(audio, sorted(places), axis=-1)]
    parts.append(stream.flush())
    np.testing.assert_allclose(np.concatenate(parts, axis=-1), whole, atol=1e-12)
    assert whole.shape[-1] == kept(cuts, 2000).sum()


def test_a_joint_of_two_tones_does_not_click():
    tone = signals.sine(200, duration_s=1.0, sample_rate=RATE)
    cut = [Cut(0.3, 0.30625)]  # one period and a quarter: the two sides do not fit
    hard = editing.apply_cuts(tone, cut, sample_rate=RATE, crossfade_s=0)
    soft = editing.apply_cuts(tone, cut, sample_rate=RATE, crossfade_s=0.005)
    steepest = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(hard)).max() > 4 * steepest
    assert np.abs(np.diff(soft)).max() < 1.7 * steepest


def test_noise_keeps_its_level_through_a_joint():
    audio = np.stack([noise(3000, seed=seed) for seed in range(2000)])
    joined = editing.apply_cuts(audio, [Cut(0.1, 0.2)], sample_rate=RATE, crossfade_s=0.02)
    around = joined[:, 800 - 160 : 800]
    assert np.sqrt(np.mean(around**2, axis=0)) == pytest.approx(1.0, abs=0.08)


def test_a_beginning_that_was_cut_off_fades_in():
    joined = editing.apply_cuts(np.ones(800), [Cut(0, 0.05)], sample_rate=RATE, crossfade_s=0.01)
    assert joined[0] < 0.05
    assert joined[-1] == 1.0
    whole = editing.apply_cuts(np.ones(800), [], sample_rate=RATE)
    np.testing.assert_array_equal(whole, np.ones(800))


def test_pauses_keep_their_ends():
    cuts = editing.cuts_between([[0.1, 1.0], [1.35, 2.0]], duration_s=4.0, keep_s=0.15)
    assert [(round(c.start_s, 6), c.end_s, c.why) for c in cuts] == [(2.15, 4.0, "silence")]
    assert editing.cuts_between([], duration_s=4.0) == [Cut(0.0, 4.0)]


def test_a_list_comes_back_as_it_was_written(tmp_path):
    cuts = [Cut(0.5, 0.75), Cut(1.0, 2.25, "a cough, twice")]
    editing.write_cuts(tmp_path / "a.txt", cuts)
    assert editing.read_cuts(tmp_path / "a.txt") == cuts
    (tmp_path / "b.txt").write_text("\n1.5\t2\n\n", encoding="utf-8-sig")
    assert editing.read_cuts(tmp_path / "b.txt") == [Cut(1.5, 2.0, "silence")]


def test_a_list_that_is_there_stays_unless_it_may_go(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(AudioError, match="is there already"):
        editing.write_cuts(path, [Cut(0, 1)])
    assert path.read_text(encoding="utf-8") == "mine"
    editing.write_cuts(path, [Cut(0, 1)], replace=True)
    assert editing.read_cuts(path) == [Cut(0, 1)]
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("0.5 0.75", "line 1 of .* write start and end in seconds"),
        ("0.5\t1.0\n2.0\t1.0\tcough", "line 2 of .* goes from 2.0 to 1.0 s"),
        ("-1\t1.0", "a cut starts at 0 or later"),
        ("nan\t1.0", "a cut starts at 0 or later"),
    ],
)
def test_a_list_with_a_mistake_names_the_line(tmp_path, text, match):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(AudioError, match=match):
        editing.read_cuts(tmp_path / "a.txt")


def test_what_cannot_be_cut_is_refused(tmp_path):
    with pytest.raises(AudioError, match="holds no cut list"):
        editing.read_cuts(tmp_path / "gone.txt")
    with pytest.raises(AudioError, match="cover all of the 800 samples"):
        editing.apply_cuts(np.ones(800), [Cut(0, 1)], sample_rate=RATE)
    with pytest.raises(AudioError, match="a cut goes from 2 to 1 s"):
        editing.apply_cuts(np.ones(800), [Cut(2, 1)], sample_rate=RATE)
    with pytest.raises(AudioError, match="crossfade_s is -1 s"):
        editing.apply_cuts(np.ones(800), [], sample_rate=RATE, crossfade_s=-1)
