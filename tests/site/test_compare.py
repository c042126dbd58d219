"""The player with a switch, in a browser: mouse, keys, touch, without a script, and in step."""

import browser_checks as checks
import numpy as np
import pytest

from audiolessons.listen import Comparison

pytestmark = pytest.mark.browser

RATE = 48000  # the rate at which browsers play: no click is smeared by another
CLICK_S = 0.1
# The machine's ears: every sample that goes to the loudspeaker, taken from a copy of the way there.
EARS = """(() => {
const ear = `registerProcessor("ear", class extends AudioWorkletProcessor {
  process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
})`;
window.heard = [];
window.AudioContext = class extends AudioContext {
  constructor() {
    super({ sampleRate: 48000 });
    this.ear = this.audioWorklet
      .addModule(URL.createObjectURL(new Blob([ear], { type: "text/javascript" })))
      .then(() => {
        const node = new AudioWorkletNode(this, "ear");
        node.port.onmessage = ({ data }) => heard.push(...data);
        return node;
      });
  }
  async decodeAudioData(bytes) {
    await this.ear; // nothing plays before it listens
    return super.decodeAudioData(bytes);
  }
};
const connect = GainNode.prototype.connect;
GainNode.prototype.connect = function (target) {
  this.context.ear.then((node) => connect.call(this, node));
  return connect.call(this, target);
};
})()"""


def clicks(height, duration_s=2.0):
    """A click every tenth of a second, as high in each version as in no other.

    No version is another upside down: in the milliseconds of a switch, in which both are heard,
    they would cancel.
    """
    audio = np.zeros(round(duration_s * RATE))
    audio[round(CLICK_S / 2 * RATE) :: round(CLICK_S * RATE)] = height
    return audio


def comparison(duration_s=2.0, **options):
    sounds = {"up": clicks(0.5, duration_s), "down": clicks(0.25, duration_s)}
    if options.pop("third", False):
        sounds["<both>"] = np.stack([sounds["up"], sounds["down"]])
    settings = {"sample_rate": RATE, "label": "Clicks", "codec": "flac", "match_levels": False}
    return Comparison(sounds, **settings, **options).to_html()


def chosen(page):
    return page.get_by_role("radio", checked=True).get_attribute("aria-label")


def said(page):
    return page.get_by_role("status").inner_text()


def position(page):
    return float(page.get_by_role("slider").input_value())


def until_it_runs(page):
    page.wait_for_function("document.querySelector('al-compare [type=range]').value > 0.05")


@pytest.mark.parametrize("built", [False, True], ids=["notebook", "site"])
def test_a_click_switches_while_it_plays_and_no_click_is_lost(open_output, built):
    with open_output(comparison(), built=built) as page:
        page.evaluate(EARS)
        page.get_by_role("button", name="Play").click()
        until_it_runs(page)
        for name in ("down", "up", "down", "up", "down"):
            page.wait_for_timeout(230)
            page.get_by_text(name, exact=True).click()
            assert said(page) == f"You hear: {name}"
        page.wait_for_timeout(300)
        page.get_by_role("button", name="Pause").click()
        samples = np.array(page.evaluate("heard"))
    at = np.flatnonzero(np.abs(samples) > 0.15)
    is_up = samples[at] > 0.375
    assert np.count_nonzero(np.diff(is_up)) == 5
    # In step: whatever was heard, clicks are a tenth of a second apart (also where it repeats),
    # with two samples for the resampling that a browser may do.
    apart_s = np.diff(at[np.r_[True, np.diff(at) > 5]]) / RATE
    assert apart_s.size >= 12
    np.testing.assert_allclose(apart_s, CLICK_S, atol=2 / RATE)


def test_number_keys_arrows_and_space_do_all_of_it(open_output):
    with open_output(comparison(third=True)) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Play"
        assert said(page) == ""
        page.keyboard.press("Space")
        until_it_runs(page)
        assert said(page) == "You hear: up"
        page.keyboard.press("3")
        assert (chosen(page), said(page)) == ("<both>", "You hear: <both>")
        page.keyboard.press("9")  # there is no ninth
        assert chosen(page) == "<both>"
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.textContent") == "Play"
        page.keyboard.press("Tab")
        page.keyboard.press("Home")
        assert position(page) == 0
        page.keyboard.press("ArrowRight")
        assert 0 < position(page) < 0.2
        page.keyboard.press("2")
        assert (chosen(page), said(page)) == ("down", "Chosen: down")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        assert chosen(page) == "<both>"
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert not page.get_by_label("Repeat").is_checked()


def test_keys_stay_inside_so_that_a_notebook_does_not_take_them_for_commands(open_output):
    with open_output(comparison()) as page:
        page.evaluate("window.taken = []; addEventListener('keydown', (e) => taken.push(e.key))")
        page.get_by_role("button", name="Play").focus()
        for key in ("1", "2", "x", "Space", "ArrowDown"):
            page.keyboard.press(key)
        assert page.evaluate("taken") == []


def test_it_starts_where_the_bar_is_and_ends_at_the_end(open_output):
    with open_output(comparison()) as page:
        page.get_by_label("Repeat").uncheck()
        page.get_by_role("slider").fill("0.8")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("document.querySelector('al-compare [type=range]').value != 0.8")
        assert 0.8 < position(page) < 1.8
        page.get_by_role("button", name="Play").wait_for()  # when it has ended
        assert position(page) == 0


def test_it_goes_on_from_where_it_was_paused(open_output):
    with open_output(comparison()) as page:
        page.get_by_role("button", name="Play").click()
        until_it_runs(page)
        page.get_by_role("button", name="Pause").click()
        paused = position(page)
        page.wait_for_timeout(300)
        assert position(page) == paused > 0
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("s => document.querySelector('[type=range]').value > s", arg=paused)


def test_one_comparison_plays_at_a_time(open_output):
    with open_output(comparison() + comparison()) as page:
        page.get_by_role("button", name="Play").first.click()
        page.get_by_role("button", name="Play").click()
        assert page.get_by_role("button").all_inner_texts() == ["Play", "Pause"]
        page.get_by_role("radio", name="down").first.check()
        assert page.get_by_role("radio", name="up").last.is_checked()  # a group of its own


def test_where_a_page_may_not_read_its_files_it_plays_in_step(browser, open_output, tmp_path):
    """As a site that is opened from the disk."""
    with open_output(comparison(10.0), built=True):
        pass  # writes the files
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.evaluate(
        """() => {
          window.sounds = [];
          const { play } = HTMLMediaElement.prototype;
          HTMLMediaElement.prototype.play = function () {
            if (!sounds.includes(this)) sounds.push(this);
            return play.call(this);
          };
        }"""
    )
    page.get_by_role("button", name="Play").click()
    until_it_runs(page)
    began = page.evaluate("performance.now() / 1000 - sounds[0].currentTime")
    for name in ("down", "up", "down"):
        page.wait_for_timeout(400)
        page.get_by_text(name, exact=True).click()
        page.wait_for_timeout(200)
        times, muted, now = page.evaluate(
            """[sounds.map((s) => s.currentTime), sounds.map((s) => s.muted),
            performance.now() / 1000]"""
        )
        assert muted == [name != "up", name != "down"]
        assert max(times) - min(times) < 0.05  # no sample is promised here
        assert times[muted.index(False)] == pytest.approx(
            now - began, abs=0.3
        )  # it did not start again
    page.close()


def test_a_sound_that_does_not_play_is_said(open_output):
    with open_output(comparison()) as page:
        page.eval_on_selector("audio", "(audio) => (audio.src = 'data:audio/flac;base64,AAAA')")
        page.get_by_role("button", name="Play").click()
        page.wait_for_selector("[role=status]:has-text('could not be played')")
        assert page.get_by_role("button", name="Play").is_visible()


def test_without_a_script_the_versions_stand_as_players_with_their_names(open_output):
    with open_output(comparison(third=True, transcript="Click."), script=False) as page:
        page.add_style_tag(content=".al-sounds { display: block !important }")
        assert checks.silent_players(page) == []
        captions = page.locator("figcaption:visible").all_inner_texts()
        assert [c.split(":")[0] for c in captions] == ["1, up", "2, down", "3, <both>"]
        assert "Says: " in page.inner_text("al-compare")


def test_recordings_that_are_not_there_leave_what_is_said_about_them(
    open_output, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    body = comparison(recording="spoken_digits/7_theo_3")
    with open_output(body, built=True) as page:
        assert page.locator(".al-credit:visible").count() == 1
        assert page.get_by_role("button", name="Play").is_visible()
    for sound in tmp_path.rglob("*.flac"):
        sound.unlink()
    with open_output(body, built=True) as page:
        assert page.get_by_role("button").count() == 0
        assert page.get_by_text("make sounds").count() == 2
        assert page.locator(".al-absent:visible").count() == 1


def test_a_phone_switches_by_touch(open_output):
    with open_output(comparison(third=True), width=390, has_touch=True, is_mobile=True) as page:
        page.get_by_role("button", name="Play").tap()
        until_it_runs(page)
        for name in ("<both>", "down"):
            target = page.get_by_text(name, exact=True)
            target.tap()
            assert chosen(page) == name
            label = page.locator("label", has=target)
            assert label.bounding_box()["height"] >= 44


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_readable_and_leaves_no_barrier(open_output, axe, width, theme):
    body = comparison(third=True, transcript="Sieben.", lang="de")
    with open_output(body, width=width, theme=theme) as page:
        assert checks.barriers(page, axe) == []
        page.get_by_role("button", name="Play").click()
        page.get_by_text("down", exact=True).click()
        assert checks.barriers(page, axe) == []
        # the room that is kept for it while the page loads
        height = page.locator("al-compare").bounding_box()["height"]
        assert 200 < height < 420
