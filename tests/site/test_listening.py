"""Blind listening tests in a browser: whole tests, by mouse and keyboard, on pages of their own."""

import json
from contextlib import contextmanager

import browser_checks as checks
import numpy as np
import pytest

import audiolessons
from audiolessons import metrics
from audiolessons.listen import ListeningTest, blind
from audiolessons.listen.player import Player

pytestmark = pytest.mark.browser

# The machine's ears: the addresses of what was played, in order.
EARS = """(() => {
  window.heard = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { heard.push(this.src); return play.call(this); };
})()"""


def tone(frequency_hz):
    return 0.2 * np.sin(2 * np.pi * frequency_hz * np.arange(4000) / 16000)


def listening_test(kind, **options):
    if kind == "abx":
        sounds = {"the <low> one": tone(300), "the high one": tone(600)}
    elif kind == "pairs":
        sounds = {}
        for n in range(1, 7):
            sounds |= {f"<low>, pair {n}": tone(300 + n), f"high, pair {n}": tone(600 + n)}
    else:
        sounds = {blind.REFERENCE: tone(300), "rough": tone(400), "smooth": tone(500)}
    settings = {"n_trials": 10, "seed": 1, "match_levels": False, "recording": None, "codec": "mp3"}
    settings.update(sample_rate=16000, label="Two tones", **options)
    return ListeningTest(kind, sounds, **settings)


@pytest.fixture
def opened(open_output):
    """`opened(kind)`: a context with the page of a test; its sounds are noted in `heard`."""

    @contextmanager
    def open_page(kind, *, width=1200, theme="light", built=False, script=True, **options):
        body = listening_test(kind, **options).to_html()
        with open_output(body, width=width, theme=theme, built=built, script=script) as page:
            page.evaluate(EARS)
            yield page

    return open_page


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def hear(page, name):
    """Press a button and return the address of the sound that it plays."""
    n_before = page.evaluate("heard.length")
    press(page, name)
    page.wait_for_function("n => heard.length > n", arg=n_before)
    page.wait_for_timeout(30)  # until the sound runs
    return page.evaluate("heard.at(-1)")


def analysed(page):
    """What the line gives in a cell, before it is printed."""
    return eval(line(page).removeprefix("print"), {"al": audiolessons})


def do_abx(page, n_trials, choose):
    """Do a whole ABX test; `choose(a, b, x)` answers. Return how many answers were right."""
    right = 0
    for _ in range(n_trials):
        a, b, x = (hear(page, f"Play {name}") for name in "ABX")
        answer = choose(a, b, x)
        right += (a if answer == "A" else b) == x
        press(page, f"X is {answer}")
    return right


def line(page):
    return page.inner_text("code.al-line")


@pytest.mark.parametrize("built", [False, True], ids=["notebook", "site"])
def test_who_hears_the_difference_gets_all_of_an_abx_test_right(opened, built):
    with opened("abx", built=built) as page:
        press(page, "Begin")
        assert do_abx(page, 10, lambda a, b, x: "A" if x == a else "B") == 10
        result = page.inner_text(".al-result")
        assert "10 of 10 right. By guessing, this or better happens in less than 0.1 %" in result
        assert "you hear a difference" in result
        assert "Play A: the <low> one" in result
        assert analysed(page).p_value == 2**-10


@pytest.mark.parametrize("built", [False, True], ids=["notebook", "site"])
def test_each_trial_of_pairs_has_its_own_sounds_and_counts_what_is_known(opened, built):
    with opened("pairs", n_trials=6, built=built) as page:
        sources = page.evaluate("[...document.querySelectorAll('audio')].map((one) => one.src)")
        test = json.loads(page.get_attribute("al-listening", "data-test"))
        of_low = {sources[place] for place in test["places"][::2]}
        press(page, "Begin")
        press(page, "It is the first")
        assert page.inner_text("[role=status]") == "Trial 1 of 6: play both first."
        met = []
        for trial in range(6):
            assert "low" not in page.inner_html("al-listening > div:last-child .al-row")
            both = [hear(page, f"Play the {name}") for name in ("first", "second")]
            assert len(of_low & set(both)) == 1
            met += both
            is_first = (both[0] in of_low) != (trial == 5)  # wrong once
            press(page, f"It is the {'first' if is_first else 'second'}")
        assert sorted(met) == sorted(sources)
        result = page.inner_text(".al-result")
        assert "5 of 6 right. By guessing, this or better happens in 10.9 %" in result
        assert result.count(": right") == 5
        assert "Trial 6: wrong" in result
        assert analysed(page).n_right == 5
        again = page.get_by_role("button", name="Play <low>", exact=True)
        assert again.count() == 6
        page.evaluate("heard.length = 0")
        again.last.click()
        page.wait_for_function("heard.length")
        assert page.evaluate("heard[0]") in of_low & set(met[-2:])


def test_who_guesses_gets_what_guessing_gives(opened):
    with opened("abx", n_trials=6) as page:
        press(page, "Begin")
        right = do_abx(page, 6, lambda a, b, x: "A")
        expected = metrics.abx_test(right, 6)
        result = page.inner_text(".al-result")
        assert line(page) == f"print(al.metrics.abx_test({right}, 6))"
        percent = f"{100 * expected.p_value:.1f} %"
        assert f"{right} of 6 right. By guessing, this or better happens in {percent}" in result
        assert ("the test does not show" in result) == (expected.p_value >= 0.05)


def test_the_trials_are_drawn_anew_and_nothing_on_the_page_tells_them(opened):
    with opened("abx", n_trials=20) as page:
        tests, looks = [], set()
        for begin in ("Begin", "Do it again"):
            press(page, begin)
            drawn = []
            for trial in range(20):
                a, x = hear(page, "Play A"), hear(page, "Play X")
                drawn.append(x == a)
                markup = page.inner_html("al-listening > div:last-child")
                looks.add(markup.replace(f"Trial {trial + 1} of", "Trial _ of"))
                press(page, "X is A")
            tests.append(drawn)
        assert tests[0] != tests[1]
        assert all(any(drawn) and not all(drawn) for drawn in tests)
        assert len(looks) == 1
        [look] = looks
        assert "low" not in look
        assert "high" not in look
        assert "src" not in look


def test_an_answer_counts_only_when_x_was_heard(opened):
    with opened("abx") as page:
        press(page, "Begin")
        press(page, "X is A")
        assert page.inner_text("[role=status]") == "Trial 1 of 10: play X first."
        hear(page, "Play X")
        press(page, "X is A")
        assert page.inner_text("[role=status]").startswith("Trial 2 of 10")
        press(page, "X is A")
        assert page.inner_text("[role=status]") == "Trial 2 of 10: play X first."


def test_an_abx_test_by_keyboard_alone(opened):
    with opened("abx", n_trials=5) as page:
        for key in ("Tab", "Enter"):
            page.keyboard.press(key)
        for _ in range(5):
            for key in "abx":
                page.keyboard.press(key)
                page.wait_for_timeout(60)
            a, b, x = page.evaluate("heard.slice(-3)")
            assert x in (a, b)
            name = "X is A" if x == a else "X is B"
            while page.evaluate("document.activeElement.textContent") != name:
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            if page.query_selector(".al-result") is None:
                page.keyboard.press("Shift+Tab")
                page.keyboard.press("Shift+Tab")
        assert "5 of 5 right" in page.inner_text(".al-result")
        assert page.evaluate("document.activeElement.className") == "al-result"


def test_one_sound_plays_at_a_time_and_a_second_press_stops_it(opened):
    with opened("abx") as page:
        press(page, "Begin")
        hear(page, "Play A")
        hear(page, "Play B")
        pressed = page.locator("[aria-pressed=true]")
        assert pressed.all_inner_texts() == ["Play B"]
        press(page, "Play B")
        assert pressed.count() == 0
        hear(page, "Play A")
        page.wait_for_selector("[aria-pressed=true]", state="detached")  # when it has ended


@pytest.mark.parametrize("built", [False, True], ids=["notebook", "site"])
def test_a_whole_mushra_test(opened, built):
    with opened("mushra", built=built) as page:
        press(page, "Begin")
        for for_reference, for_others in ((100, (20, 70)), (95, (30, 60))):
            reference, others = hear(page, "Play the reference"), iter(for_others)
            for number in (1, 2, 3):
                # by ear only the hidden reference is known: the others get what comes
                is_reference = hear(page, f"Play sound {number}") == reference
                score = for_reference if is_reference else next(others)
                page.get_by_label(f"Rating of sound {number}").fill(str(score))
            press(page, "Show the result")
            result = page.inner_text(".al-result")
            assert f"You gave the hidden reference {for_reference}: with 90 or more" in result
            if for_reference == 100:
                press(page, "Do it again")
        summary = analysed(page)
        assert summary.left_out == ()
        assert [rating.n_ratings for rating in summary.ratings.values()] == [2, 2, 2]
        means = {name: rating.mean for name, rating in summary.ratings.items()}
        assert means.pop(blind.REFERENCE) == 97.5
        assert sum(means.values()) == pytest.approx(25 + 65)


def test_the_place_of_the_hidden_reference_is_drawn_anew(opened):
    with opened("mushra") as page:
        places = set()
        for _ in range(60):  # by chance two of three places only: one in ten milliards
            page.reload()
            page.evaluate(EARS)
            press(page, "Begin")
            reference = hear(page, "Play the reference")
            sources = [hear(page, f"Play sound {number}") for number in (1, 2, 3)]
            assert len(set(sources)) == 3
            places.add(sources.index(reference))
            if len(places) == 3:
                return
        raise AssertionError(f"60 times the hidden reference stood only at {places}")


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_names_belong_to_their_sounds(opened, seed):
    """Wherever the seed put them on the page."""
    test = listening_test("abx", seed=seed)
    with opened("abx", seed=seed, n_trials=5) as page:
        press(page, "Begin")
        do_abx(page, 5, lambda a, b, x: "A")
        for button, player in zip(("A: the <low>", "B: the high"), test.players, strict=True):
            assert hear(page, f"Play {button} one") == player._source


def test_mushra_by_keyboard_and_what_is_not_rated_yet(opened):
    with opened("mushra") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        press(page, "Show the result")
        assert page.inner_text("[role=status]") == "Sound 1 is not heard yet."
        for number in (1, 2, 3):
            assert page.evaluate("document.activeElement.textContent") == f"Play sound {number}"
            page.keyboard.press("Space")
            page.wait_for_timeout(60)
            if number == 1:
                press(page, "Show the result")
                assert page.inner_text("[role=status]") == "Sound 1 is not rated yet."
            else:
                page.keyboard.press("Tab")
            rating = page.get_by_label(f"Rating of sound {number}")
            assert rating.get_attribute("aria-valuetext") == "not rated"
            for key in ("Home", "ArrowRight"):
                page.keyboard.press(key)
            assert rating.get_attribute("aria-valuetext") == "1, bad"
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert "You gave the hidden reference 1. Who rates it under 90" in page.inner_text(
            ".al-result"
        )
        names = [blind.REFERENCE, "rough", "smooth"]
        scores = json.dumps(dict.fromkeys(names, 1))
        assert line(page) == f"print(al.metrics.mushra_summary([{scores}]))"


def test_the_line_can_be_copied(opened):
    with opened("abx", n_trials=5) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        press(page, "Begin")
        do_abx(page, 5, lambda a, b, x: "B")
        press(page, "Copy the line")
        page.wait_for_selector("[role=status]:has-text('Copied.')")
        assert page.evaluate("navigator.clipboard.readText()") == line(page)


def test_without_a_script_the_sounds_play_without_their_names(opened):
    for kind, n_sounds in (("abx", 2), ("mushra", 3)):
        with opened(kind, script=False) as page:
            page.add_style_tag(content=".al-sounds { display: block !important }")
            assert len(page.query_selector_all("audio")) == n_sounds
            assert checks.silent_players(page) == []
            seen = page.inner_text("al-listening")
            assert "high" not in seen
            assert "rough" not in seen
            page.click("text=Which sound is which")
            seen = page.inner_text("al-listening")
            assert "the <low> one" in seen or "rough" in seen


def test_recordings_that_are_not_there_leave_what_is_said_about_them(opened, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with opened("abx", recording="spoken_digits/7_theo_3", built=True) as page:
        sources = page.locator(".al-credit:visible")
        assert sources.count() == 1  # said once for both sounds
        assert page.get_by_role("button", name="Begin").is_visible()
    sounds = tmp_path / "_sounds"
    made = Player._store

    def lose(*arguments):
        path = made(*arguments)
        for file in sounds.rglob("*.mp3"):
            file.unlink()
        return path

    monkeypatch.setattr(Player, "_store", lose)
    with opened("abx", recording="spoken_digits/7_theo_3", built=True) as page:
        assert page.get_by_role("button", name="Begin").count() == 0
        assert "make sounds" in page.inner_text("al-listening")


WAYS = [(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark")]


@pytest.mark.parametrize("kind", ["abx", "mushra"])
@pytest.mark.parametrize(("width", "theme"), WAYS)
def test_every_stage_is_readable(opened, axe, kind, width, theme):
    with opened(kind, width=width, theme=theme, n_trials=5) as page:
        for stage in ("Begin", None):
            assert checks.barriers(page, axe) == []
            assert checks.wider_than_window(page) == []
            if stage:
                press(page, stage)
        if kind == "abx":
            do_abx(page, 5, lambda a, b, x: "A")
        else:
            for number in (1, 2, 3):
                hear(page, f"Play sound {number}")
                page.get_by_label(f"Rating of sound {number}").fill("60")
            press(page, "Show the result")
        assert checks.barriers(page, axe) == []
