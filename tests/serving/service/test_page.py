"""The page of the service in a browser: a microphone that is faked from a file, and a file."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from services import PATIENCE_S, file_of, served, tone

from audiolessons import files

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--mute-audio",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
AXE = Path(__file__).parents[2] / "site" / "node_modules" / "axe-core" / "axe.min.js"


class Echo:
    """Networks that give back what they are given, and hear one word."""

    def __init__(self):
        self.heard = []

    def denoise(self, sounds):
        return list(sounds)

    def recognise(self, sounds):
        from audiolessons.serving.service.networks import Word

        self.heard += sounds
        return [[Word("four", 0.0, 0.1)] for _ in sounds]


@pytest.fixture
def opened(tmp_path, playwright):
    """The page, with a microphone that hears 440 Hz; what the networks heard; and all requests."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium browser found: install chromium to run the page in it")
    spoken = tmp_path / "spoken.wav"
    files.save(spoken, tone(3.0, sample_rate=48000).astype(np.float32), sample_rate=48000)
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={spoken}"]
    networks = Echo()
    with served(lambda: networks) as (address, _):
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page()
        page.set_default_timeout(1000 * PATIENCE_S)
        said, asked = [], []
        page.on("console", lambda one: said.append(one.text))
        page.on("pageerror", lambda one: said.append(str(one)))
        page.on("request", lambda one: asked.append(one.url))
        page.goto(address)
        yield page, networks, asked
        browser.close()
    said = [one for one in said if "status of 422" not in one]  # the browser tells of refusals
    assert said == []
    assert all(one.startswith((address, "blob:", "data:")) for one in asked)


def test_a_voice_is_recorded_after_a_click_and_answered(opened):
    page, networks, asked = opened
    assert not any("recorder.js" in one for one in asked)
    assert "forgotten" in page.inner_text("section")
    page.click("#record")
    page.wait_for_selector("#record:text('Stop')")
    page.wait_for_selector("#meter div")  # visible: it has a width. Its policy lets no text be run
    page.wait_for_timeout(1500)
    page.click("#record")
    page.wait_for_selector("#answer:not([hidden])")
    assert page.inner_text("#heard") == "four"
    (sound,) = networks.heard
    assert 0.5 < len(sound) / 8000 <= 30
    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 8000 / len(middle) == pytest.approx(440, abs=5)
    assert page.get_attribute("#after", "src").startswith("blob:")
    page.click("#forget")
    assert page.is_hidden("#answer")
    assert page.get_attribute("#after", "src") is None


def test_a_second_click_asks_for_no_second_microphone(opened):
    page, _, _ = opened
    page.evaluate("""() => {
        const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
        window.streams = [];
        devices.getUserMedia = async (wish) => {
            const stream = await ask(wish);
            window.streams.push(stream);
            return stream;
        };
        document.querySelector("#record").click();
        document.querySelector("#record").click();
    }""")
    page.wait_for_selector("#record:text('Stop')")
    page.wait_for_selector("#meter div")  # visible: it has a width. Its policy lets no text be run
    page.click("#record")
    page.wait_for_selector("#answer:not([hidden])")
    states = page.evaluate("streams.map((one) => one.getTracks()[0].readyState)")
    assert states == ["ended"]


def test_a_file_is_answered_and_what_is_none_is_said(opened):
    page, networks, _ = opened
    good = {"name": "a.wav", "mimeType": "audio/wav", "buffer": file_of(tone())}
    page.set_input_files("#file", good)
    page.wait_for_selector("#answer:not([hidden])")
    assert len(networks.heard[0]) == 4000
    page.set_input_files("#file", {**good, "buffer": b"RIFF    WAVEfmt "})
    page.wait_for_selector("#state:text('Not answered')")
    assert "damaged or cut off" in page.inner_text("#state")
    assert page.is_hidden("#answer")


def test_nothing_bars_the_way_and_it_fits_a_phone(opened):
    page, _, _ = opened
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci --prefix tests/site`")
    page.evaluate("document.querySelector('#answer').hidden = false")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then((all) => all.violations.map((one) => one.id))")
        assert found == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
