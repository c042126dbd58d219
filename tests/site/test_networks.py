"""Networks in the reader's browser: they hear what Python hears, after a click, and tell nobody."""

import base64
import io
import shutil
from contextlib import contextmanager

import browser_checks as checks
import numpy as np
import pytest
import soundfile
import torch
from lessons import media, networks

from audiolessons import datasets, signals
from audiolessons.recipes import _held_out_voices as voices
from audiolessons.serving import in_browser

pytestmark = pytest.mark.browser
N_SOUNDS = 60
TOLERANCE = 1e-3
LONGEST_S = 0.6  # of a sound that is asked for
RATES = (None, 44100, 48000)  # of what a page may be given; None is that of the data set
WITHIN = "under/a/path"
INSIDE = "<al-network>\n<p>Two networks run here.</p>\n</al-network>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, runtime, page_of):
    """A small site, and in it pages that hold the element."""
    root = tmp_path_factory.mktemp("site")
    site = root / WITHIN
    made = in_browser.write_for_browser(site / networks.FOLDER, runtime=runtime)
    shutil.copytree(media.STATIC, site / "_static")
    moved = media.move(INSIDE, prefix="", folder=root)
    scripts = "".join(
        f'<script defer src="../_static/{name}"></script>'
        for name in sorted(moved.scripts, key=media.loading_order)
    )
    (site / "book").mkdir()
    for theme in ("light", "dark"):
        for name, about in (("page", made), ("without", None)):
            body = networks.filled(moved.html, about, prefix=f"../{networks.FOLDER}/")
            text = page_of(body, theme=theme, head=scripts)
            (site / "book" / f"{name}-{theme}.html").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def address(folder, serve):
    return f"{serve(folder)}/{WITHIN}"


@pytest.fixture
def opened(browser, address):
    """`opened()`: a context with the page, whose requests are noted in `page.asked`."""

    @contextmanager
    def open_page(name="page", *, width=1200, theme="light", using=browser, **options):
        place = f"{address}/book/{name}-{theme}.html"
        with checks.watched_page(using, place, width=width, theme=theme, **options) as both:
            page, problems = both
            page.set_default_timeout(60_000)
            page.asked = []
            page.on("request", lambda one: page.asked.append(one.url))
            page.reload()
            yield page
            problems += checks.wider_than_window(page)
            assert problems == []

    return open_page


def load(page):
    page.get_by_role("button", name="Load the networks").click()
    page.wait_for_selector("al-network [role=status]:text('Ready')")


def heard(page):
    """What the page says when it has heard a sound."""
    page.wait_for_selector("al-network .al-chances")
    return page.inner_text("al-network [role=status]")


def wav_of(audio, rate, subtype="FLOAT"):
    file = io.BytesIO()
    soundfile.write(file, audio.T, rate, format="WAV", subtype=subtype)
    return {"name": "a.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}


def chosen(one_set, n_sounds):
    """Some sounds of a set, each with its rate: a third as it is, a third at each other rate."""
    found = []
    for n, row in enumerate(np.linspace(0, len(one_set) - 1, n_sounds).astype(int)):
        one, rate = one_set[row], RATES[n % len(RATES)]
        audio = one.audio[: int(LONGEST_S * one.sample_rate)].astype(np.float32)
        if rate is not None:
            audio = signals.resample(audio, from_rate=one.sample_rate, to_rate=rate)
        found.append((audio, rate or one.sample_rate))
    return found


def ask(page, task, audio, rate):
    """What the page answers to a sound: {name: values}."""
    packed = base64.b64encode(audio.astype("<f4").tobytes()).decode()
    return page.evaluate(
        """async ([task, packed, rate]) => {
          const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
          const sound = { audio: new Float32Array(bytes.buffer), rate };
          const answer = await document.querySelector("al-network").ask(task, sound);
          const arrays = Object.entries(answer).filter(([, one]) => one.length);
          return Object.fromEntries(arrays.map(([name, one]) => [name, [...one]]));
        }""",
        [task, packed, rate],
    )


def apart(ours, theirs):
    ours = ours.numpy().ravel()
    assert len(ours) == len(theirs)
    return float(np.abs(ours - theirs).max())


@pytest.mark.data
def test_sixty_digits_are_heard_as_python_hears_them(opened):
    """Features and answers: of recorded digits where they are, and of machines."""
    from audiolessons.recipes.large.efficiency import efficiency

    network = efficiency.trained("student")
    sounds = chosen(datasets.load("spoken_digits", split="test"), N_SOUNDS // 2)
    sounds += chosen(datasets.load("spoken_digits", stand_ins=True), N_SOUNDS // 2)
    assert len(sounds) == N_SOUNDS
    with opened() as page, torch.no_grad():
        load(page)
        for audio, rate in sounds:
            answer = ask(page, "digits", audio, rate)
            bands = voices.bands_of(audio, sample_rate=rate)
            logits = network(bands)
            assert apart(bands, answer["bands"]) <= TOLERANCE
            assert apart(logits, answer["logits"]) <= TOLERANCE
            assert apart(logits.softmax(-1), answer["chances"]) <= TOLERANCE


@pytest.mark.data
def test_sixty_sentences_are_cleaned_as_python_cleans_them(opened):
    """Of 16 kHz, as the network learned: of sounds of 8 kHz, whose upper half is rounding alone,
    one in sixty differs by more (`serving.export` says why)."""
    from audiolessons.recipes.tasks.denoising import voices_in_noise

    network = voices_in_noise.trained()
    with opened() as page, torch.no_grad():
        load(page)
        for audio, rate in chosen(datasets.load("many_voices", split="test"), N_SOUNDS):
            noisy = torch.from_numpy(signals.resample(audio, from_rate=rate, to_rate=16000))
            answer = ask(page, "denoiser", audio, rate)
            assert apart(noisy, answer["noisy"]) <= TOLERANCE
            assert apart(network(noisy[None]), answer["cleaned"]) <= TOLERANCE


def test_nothing_loads_before_the_click_and_then_from_the_site_alone(opened, address):
    with opened() as page:
        page.wait_for_selector("al-network.al-ready")
        page.wait_for_timeout(300)
        scripts = {one.rsplit("/", 1)[1] for one in page.asked if one.endswith(".js")}
        assert scripts == {"element.js", "compare.js", "network.js"}
        assert not any(networks.FOLDER in one for one in page.asked)
        page.asked.clear()
        load(page)
        assert all(one.startswith(f"{address}/") for one in page.asked)
        bins = [one for one in page.asked if one.endswith(".bin")]
        assert len(bins) == len(set(bins)) == 3
        asked = page.evaluate("document.querySelector('al-network').about.bytes")
        assert 1e6 < asked < 10e6


def test_a_machine_says_four(opened, axe):
    with opened() as page:
        load(page)
        assert checks.barriers(page, axe) == []
        page.asked.clear()
        page.get_by_role("button", name="A machine says four").click()
        assert 'The digit network hears "four"' in heard(page)
        rows = page.locator("al-network .al-chances li").all_inner_texts()
        assert [row.split()[0] for row in rows][:5] == ["zero", "one", "two", "three", "four"]
        assert sum(int(row.split()[1]) for row in rows) in range(97, 104)
        assert page.locator("al-network .al-most").inner_text().startswith("four")
        page.wait_for_selector("al-compare.al-ready")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("document.querySelector('al-compare').position > 0.1")
        assert all(one.startswith(("blob:", page.url.split("/book/")[0])) for one in page.asked)
        assert checks.barriers(page, axe) == []
        page.get_by_role("button", name="Forget it").click()
        assert page.locator("al-network :is(al-compare, .al-chances)").count() == 0
        assert page.evaluate("document.querySelector('al-network').heard") is None
        assert page.evaluate("document.activeElement.textContent") == "Say a digit"


def test_noise_is_taken_out(opened):
    with opened() as page:
        load(page)
        page.get_by_role("button", name="A voice in noise").click()
        assert "It is longer than a word" in heard(page)
        levels = page.evaluate("""() => {
          const { noisy, cleaned } = document.querySelector("al-network").heard.denoised;
          const power = (audio) => audio.reduce((sum, one) => sum + one * one, 0) / audio.length;
          const quiet = (audio) => power(audio.subarray(0, 1600)); // before the voice
          return [noisy, cleaned].map(quiet);
        }""")
        assert levels[1] < levels[0] / 10


def test_the_page_stays_awake_while_networks_compute(opened):
    with opened() as page:
        load(page)
        longest, whole = page.evaluate("""async () => {
          const beats = [performance.now()];
          const heart = setInterval(() => beats.push(performance.now()), 10);
          const audio = Float32Array.from({ length: 8 * 16000 }, () => Math.random() - 0.5);
          await document.querySelector("al-network").hear("noise", { audio, rate: 16000 });
          clearInterval(heart);
          beats.push(performance.now());
          const gaps = beats.slice(1).map((one, n) => one - beats[n]);
          return [Math.max(...gaps), beats.at(-1) - beats[0]];
        }""")
        assert longest < whole / 2


def test_by_keyboard_alone(opened):
    with opened() as page:
        page.wait_for_selector("al-network.al-ready")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("al-network [role=status]:text('Ready')")
        assert page.evaluate("document.activeElement.textContent") == "Say a digit"
        for _ in range(2):  # past the file
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert '"four"' in heard(page)


WRONG = {
    "no sound": (b"GIF89a, a picture", "no sound file that your browser can read"),
    "cut off in its head": (b"RIFF    WAVEfmt ", "no sound file that your browser can read"),
    "silence": (np.zeros(8000), "the sound is silent"),
    "long": (np.zeros(21 * 8000), "lasts 21.00 s, and 0.1 to 20 s are taken"),
    "short": (np.zeros(40), "lasts 0.01 s"),
    "large": (bytes(17_000_000), "the file has 17 MB, and 16 MB are taken"),
}


def test_what_cannot_be_heard_is_said_and_the_next_sound_is_heard(opened):
    with opened() as page:
        load(page)
        for content, message in WRONG.values():
            wrong = wav_of(content, 8000) if isinstance(content, np.ndarray) else None
            wrong = wrong or {"name": "a.wav", "mimeType": "audio/wav", "buffer": content}
            page.set_input_files("al-network input", wrong)
            page.wait_for_selector(f"al-network [role=status]:text('{message}')")
            assert page.inner_text("al-network [role=status]").startswith("Not heard: ")
            assert page.locator("al-network .al-chances").count() == 0
        tone = np.stack([signals.sine(440, duration_s=0.5, sample_rate=22050)] * 2)
        page.set_input_files("al-network input", wav_of(tone, 22050, "PCM_24"))
        heard(page)


def test_a_file_that_is_lost_is_named(browser, address, folder):
    place = f"{address}/book/page-light.html"
    with checks.watched_page(browser, place, width=390, theme="light") as (page, problems):
        page.route("**/denoiser-*.bin", lambda route: route.fulfill(status=404))
        page.get_by_role("button", name="Load the networks").click()
        page.wait_for_selector("al-network [role=status]:text('did not load')")
        said = page.inner_text("al-network [role=status]")
        assert "denoiser" in said
        assert "status 404" in said
        page.unroute("**/denoiser-*.bin")
        load(page)  # tried again
        assert all("404" in one for one in problems)


@pytest.fixture(scope="module")
def with_microphone(start_browser, tmp_path_factory):
    """A browser whose microphone hears a machine say four, once, after half a second."""
    digit = in_browser.our_sounds()["A machine says four"]
    audio, rate = soundfile.read(io.BytesIO(digit))
    audio = signals.resample(audio, from_rate=rate, to_rate=48000)
    spoken = tmp_path_factory.mktemp("microphone") / "four.wav"
    soundfile.write(spoken, np.pad(audio, 24000), 48000, subtype="PCM_16")
    return start_browser(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}%noloop",
    )


def test_a_digit_is_said_into_the_microphone_after_a_click(opened, with_microphone):
    with opened(using=with_microphone) as page:
        page.evaluate("""() => {
          const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
          window.streams = [];
          devices.getUserMedia = async (wish) => {
            streams.push(await ask(wish));
            return streams.at(-1);
          };
        }""")
        load(page)
        assert "Record only people who have agreed" in page.inner_text("al-network")
        assert page.evaluate("streams.length") == 0
        button = page.get_by_role("button", name="Say a digit")
        button.click()
        page.wait_for_selector("al-network button[aria-pressed=true]:text('Stop')")
        page.wait_for_function("parseFloat(document.querySelector('.al-level i').style.width) > 3")
        page.wait_for_timeout(900)
        page.get_by_role("button", name="Stop").click()
        assert 'The digit network hears "four"' in heard(page)
        states = page.evaluate("streams.map((one) => one.getTracks()[0].readyState)")
        assert states == ["ended"]
        assert button.get_attribute("aria-pressed") == "false"


def test_who_gives_no_microphone_is_told_so(opened):
    with opened() as page:
        load(page)
        page.evaluate("""() => {
          navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
        }""")
        page.get_by_role("button", name="Say a digit").click()
        page.wait_for_selector(
            "al-network [role=status]:text('No sound from a microphone: Permission denied')"
        )
        page.get_by_role("button", name="A machine says four").click()
        heard(page)


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1200, "dark")])
def test_it_fits_and_nothing_bars_the_way(opened, axe, width, theme):
    with opened(width=width, theme=theme) as page:
        load(page)
        page.get_by_role("button", name="A machine says four").click()
        page.wait_for_selector("al-compare.al-ready")
        assert checks.barriers(page, axe) == []
        assert checks.wider_than_window(page) == []


def test_a_site_without_the_runtime_says_how_to_have_it(opened):
    with opened("without") as page:
        assert "make runtime site" in page.inner_text("al-network")
        assert page.locator("al-network button").count() == 0
        assert not any(networks.FOLDER in one or "modules" in one for one in page.asked)


def test_what_stands_inside_stays_where_scripts_do_not_run(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/book/page-light.html")
    assert page.inner_text("al-network") == "Two networks run here."
    context.close()


def test_the_chapter_holds_them(site_address, browser, runtime):
    place = f"{site_address}/book/large/serving.html"
    with checks.watched_page(browser, place, width=390, theme="light") as (page, problems):
        page.set_default_timeout(60_000)
        load(page)
        page.get_by_role("button", name="A machine says four").click()
        assert '"four"' in heard(page)
        assert problems + checks.wider_than_window(page) == []
