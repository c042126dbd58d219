"""A score: where heads lie, which way stems point, what a beam joins."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from audiolessons.errors import AudioError
from audiolessons.music import key_of
from audiolessons.plots import score


@pytest.fixture
def draw():
    def drawn(music, **options):
        ax = score(music, **({"key": key_of("C")} | options))
        ax.figure.canvas.draw()
        return ax

    yield drawn
    plt.close("all")


def heads(ax):
    """Return (pitch, x, y) of the heads, from left to right."""
    found = [(int(p.get_gid().split()[1]), *p.get_center()) for p in ax.patches
             if str(p.get_gid()).startswith("head")]  # fmt: skip
    return sorted(found, key=lambda head: head[1])


def stems(ax):
    return sorted(str(line.get_gid())[5:] for line in ax.lines if "stem" in str(line.get_gid()))


def test_heads_lie_on_their_lines(draw):
    ax = draw(np.repeat([64, 67, 71, 74, 77, 60], 4)[:, None])  # E G B D F: the five lines; C below
    assert [y for _, _, y in heads(ax)] == [0, 1, 2, 3, 4, -1]


def test_time_runs_to_the_right_and_what_sounds_together_stands_together(draw):
    voices = np.repeat([[72, 67, 60, 48], [74, 67, 59, 43], [76, 67, 60, 48]], 4, axis=0)
    found = heads(draw(voices))
    by_pitch = {pitch: x for pitch, x, _ in found}
    assert (
        by_pitch[72] == by_pitch[67] < by_pitch[74] == by_pitch[59] == by_pitch[43] < by_pitch[76]
    )


def test_four_voices_have_their_stems_up_and_down_in_turn(draw):
    ax = draw(np.repeat([[60, 59, 57, 55]], 8, axis=0))  # however low they are
    assert stems(ax) == ["55 down", "57 up", "59 down", "60 up"]


def test_a_voice_alone_has_its_stems_away_from_the_edges(draw):
    ax = draw(np.repeat([65, 69, 71, 77], 4)[:, None])  # F, A below the middle line; B on it
    assert stems(ax) == ["65 up", "69 up", "71 down", "77 down"]


def test_whole_notes_have_no_stem(draw):
    assert stems(draw(np.full((16, 1), 67))) == []


def test_seconds_stand_side_by_side(draw):
    found = heads(draw(np.repeat([[69, 67, 48, 36]], 4, axis=0)))
    x = {pitch: x for pitch, x, _ in found}
    assert x[67] - x[69] > 1
    assert x[48] == x[36] == x[69]


def test_eighths_of_a_beat_are_joined_and_others_have_flags(draw):
    joined = draw(np.repeat([67, 69], 2)[:, None])
    apart = draw(np.repeat([67, 69, 69, 71], [2, 4, 2, 8])[:, None])
    beams = [sum(type(p).__name__ == "Polygon" for p in ax.patches) for ax in (joined, apart)]
    assert beams[0] == beams[1] + 2  # a beam, and the half rest that fills the bar


def test_a_tie_over_the_end_of_a_line_is_drawn_on_both_lines(draw):
    def ties(ax):
        ends = [p.get_path().vertices for p in ax.patches if p.get_gid() == "tie"]
        return sorted((round(x[:, 0].min(), 1), round(x[:, 0].max(), 1)) for x in ends)

    held = np.full((32, 1), 67)
    [(begin, end)] = ties(draw(held, key=key_of("C")))
    assert end - begin < 40
    before, after = ties(draw(held, key=key_of("C"), bars_a_line=1))
    assert before[1] - before[0] == pytest.approx(1.6)
    assert after[1] == 66


def test_the_signature_stands_at_every_line(draw):
    voice = np.full((16 * 5, 1), 67)
    none, three = (
        sum(type(p).__name__ == "PathPatch" for p in draw(voice, key=key_of(tonic)).patches)
        for tonic in ("C", "A")
    )
    assert three - none == 3 * 2 + 1  # three sharps on two lines, and a natural before the G


def test_a_tune_is_drawn_in_the_key_that_it_has(draw):
    ax = draw(np.repeat([62, 66, 69, 74, 73, 74], 4)[:, None], key=None)  # D major
    assert not [p for p in ax.patches if "accidental" in str(p.get_gid())]


def test_more_voices_than_two_staves_hold_are_refused():
    with pytest.raises(AudioError, match="5 voices"):
        score(np.full((4, 5), 60))
