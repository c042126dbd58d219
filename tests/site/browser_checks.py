"""What must hold for a page in a browser; each function returns a list of problems."""

from contextlib import contextmanager

QUIET_LOGS = {"log", "info", "debug"}


@contextmanager
def watched_page(browser, address, *, width, theme, **options):
    """Open a page and note what goes wrong on it: yields the page and the list of problems.

    The options are those of a browser's context, such as `has_touch`.
    """
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=theme, **options)
    page = context.new_page()
    problems = []
    origin = "/".join(address.split("/")[:3])

    def on_request(request):
        if not request.url.startswith((origin, "data:", "blob:")):
            problems.append(f"request to another origin: {request.url}")

    def on_response(response):
        if response.status >= 400:
            problems.append(f"status {response.status}: {response.url}")

    def on_console(message):
        if message.type not in QUIET_LOGS:
            problems.append(f"console {message.type}: {message.text}")

    page.on("request", on_request)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    try:
        go(page, address)
        yield page, problems
    finally:
        context.close()


def go(page, address):
    """Open an address, until all is loaded and the page has nothing left to do."""
    page.goto(address, wait_until="load")
    page.evaluate("new Promise((done) => requestIdleCallback(() => done()))")


def wider_than_window(page):
    """A page that scrolls sideways, with the elements that stick out."""
    return page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          const out = [...document.body.querySelectorAll("*")]
            .filter((e) => e.getBoundingClientRect().right > width + 1)
            .map((e) => `${e.tagName.toLowerCase()}.${e.className}`);
          return [`${document.documentElement.scrollWidth} px wide: ${out.slice(0, 3)}`];
        }"""
    )


def cut_off_code(page):
    """Lines of code or print that are cut off, but for those over 100 columns (tests/book says)."""
    return page.evaluate(
        """() => {
          document.querySelectorAll("article details").forEach((fold) => (fold.open = true));
          const columns = (pre) => Math.max(...pre.textContent.split("\\n").map((l) => l.length));
          return [...document.querySelectorAll("article pre")]
            .filter((pre) => pre.scrollWidth > pre.clientWidth && columns(pre) <= 100)
            .map((pre) => `${pre.scrollWidth} px wide: ${pre.textContent.slice(0, 60)}`);
        }"""
    )


def late_start(page):
    """A chapter whose first sound or picture a phone does not show before it is scrolled."""
    return page.evaluate(
        """() => {
          const chapter = document.getElementById("hear-it-first");
          if (!chapter || document.querySelector(".tag_setup .al-sources")) return []; // older form
          const things = ".al-player audio, al-compare button, al-explore input, .al-figure img";
          const first = [...document.querySelectorAll(things)].find((e) => e.offsetParent);
          const bottom = first ? first.getBoundingClientRect().bottom + scrollY : Infinity;
          return bottom > 844 ? [`the first sound or picture ends at ${bottom} px`] : [];
        }"""
    )


def broken_pictures(page):
    """Pictures that cannot be drawn, those of a slider's other positions included."""
    return page.evaluate(
        """async () => {
          const pictures = [...document.images];
          pictures.forEach((picture) => (picture.loading = "eager"));
          const drawn = await Promise.all(
            pictures.map((picture) => picture.decode().then(() => true, () => false))
          );
          return pictures.filter((_, i) => !drawn[i]).map((p) => `${p.src}: cannot be drawn`);
        }"""
    )


def silent_players(page):
    """Players that do not play: every sound is decoded, and every visible one is played."""
    return page.evaluate(
        """async () => {
          const problems = [];
          const audios = [...document.querySelectorAll("audio")];
          const context = new OfflineAudioContext(1, 1, 44100);
          for (const address of new Set(audios.map((a) => a.src))) {
            try {
              const bytes = await (await fetch(address)).arrayBuffer();
              const sound = await context.decodeAudioData(bytes);
              if (!(sound.duration > 0)) problems.push(`${address}: lasts no time`);
            } catch (error) {
              problems.push(`${address}: ${error}`);
            }
          }
          const visible = audios.filter((a) => a.offsetParent !== null);
          await Promise.all(visible.map(async (audio) => {
            try {
              const limit = new Promise((_, no) => setTimeout(() => no("timed out"), 8000));
              const moved = new Promise((yes) => (audio.ontimeupdate = () => {
                if (audio.currentTime > 0) yes();
              }));
              await Promise.race([audio.play().then(() => moved), limit]);
              if (!(audio.duration > 0)) problems.push(`${audio.src}: no duration`);
            } catch (error) {
              problems.push(`${audio.src}: does not play: ${error}`);
            }
            audio.pause();
          }));
          return problems;
        }"""
    )


def dead_sliders(page):
    """Sliders that do not show, for every position, the frame and the readout that belong to it."""
    problems = []
    for explore in page.query_selector_all("al-explore"):
        inputs = explore.query_selector_all('input[type="range"]')
        if not inputs:
            problems.append("a slider without a control")
        for slider in inputs:
            before = _shown(explore)
            slider.evaluate(FOCUS)
            page.keyboard.press("ArrowRight")
            if _shown(explore) == before:
                problems.append("a slider that the arrow key does not move")
    problems += page.evaluate(
        """() => {
          const problems = [];
          const visible = (e) => e.offsetParent !== null && e.getClientRects().length > 0;
          document.querySelectorAll("al-explore").forEach((explore) => {
            const parameters = JSON.parse(explore.dataset.parameters);
            const inputs = [...explore.querySelectorAll('input[type="range"]')];
            const frames = [...explore.querySelectorAll(":scope > .al-frame")];
            const count = parameters.reduce((n, p) => n * p.values.length, 1);
            if (frames.length !== count) problems.push(`${frames.length} frames, not ${count}`);
            for (let position = 0; position < count; position++) {
              let rest = position;
              [...inputs].reverse().forEach((input, i) => {
                const { values } = parameters[parameters.length - 1 - i];
                input.value = rest % values.length;
                rest = Math.floor(rest / values.length);
              });
              inputs.forEach((i) => i.dispatchEvent(new Event("input", { bubbles: true })));
              const shown = frames.map(visible);
              if (!shown[position] || shown.filter(Boolean).length !== 1) {
                problems.push(`position ${position} shows another frame`);
              }
              inputs.forEach((input, i) => {
                const value = parameters[i].values[input.value];
                const readout = input.parentElement.querySelector("output");
                if (!readout || readout.textContent !== value) problems.push(`no readout ${value}`);
                if (input.getAttribute("aria-valuetext") !== value) {
                  problems.push(`value ${value} is not read out`);
                }
              });
            }
          });
          return problems;
        }"""
    )
    return problems


FOCUS = "(e) => e.focus({ preventScroll: true })"  # nothing is drawn again for it


def _shown(explore):
    return explore.evaluate(
        """(e) => [...e.querySelectorAll(":scope > .al-frame")].findIndex((f) => !f.hidden)
          + [...e.querySelectorAll("output")].map((o) => o.textContent).join()"""
    )


def stuck_folds(page):
    """Solutions and other folds that the keyboard does not open."""
    folds = page.query_selector_all("article details:not(.al-frame)")
    for fold in folds:
        focused = fold.evaluate(
            """(e) => {
              const summary = e.querySelector("summary");
              const visible = summary?.getClientRects().length > 0;
              if (visible) summary.focus({ preventScroll: true });
              return visible;
            }"""
        )
        if focused:
            page.keyboard.press("Enter")
    problems = page.evaluate(
        """(folds) => folds.filter((e) => !e.open && e.querySelector("summary")?.offsetParent)
          .map((e) => `'${e.querySelector("summary").innerText.trim().slice(0, 60)}' does not open`)
        """,
        folds,
    )
    for fold in page.query_selector_all("article div.tag_solution details.hide > summary"):
        if "solution" not in fold.inner_text():
            problems.append(f"a solution behind {fold.inner_text()!r}")
    return problems


def dead_downloads(page):
    """Downloads that the server does not give."""
    return page.evaluate(
        """async () => {
          const problems = [];
          for (const link of document.querySelectorAll("a[download]")) {
            const answer = await fetch(link.href);
            const size = (await answer.arrayBuffer()).byteLength;
            if (!answer.ok || size === 0) problems.push(`${link.href}: ${answer.status}, ${size}`);
          }
          return problems;
        }"""
    )


# Where an element stands, and what it looks like there: like places give like looks.
PLACE = """
  const place = (e) => {
    let path = "";
    for (; e; e = e.parentElement) path += [e.tagName, e.className, e.getAttribute("style"), ""];
    return path;
  };"""

# Half of a chapter's elements colour a word or set a letter of a formula. Where they say no more
# than that, the first in each place is looked at; the others become plain text until axe is done.
PLAIN_WORDS = f"""() => {{{PLACE}
  const words = [];
  for (let again = true; again; ) {{
    again = false;
    const seen = new Set();
    for (const e of document.querySelectorAll("article :is(span, em, strong, code, math *)")) {{
      const says = [...e.attributes].some(({{ name }}) => name !== "class" && name !== "style");
      if (e.childElementCount || says) continue;
      const where = place(e);
      if (seen.has(where)) {{
        const text = new Text(e.textContent);
        words.push([text, e]);
        e.replaceWith(text);
        again = true;
      }}
      seen.add(where);
    }}
  }}
  window.wholeWords = () => words.reverse().forEach(([text, e]) => text.replaceWith(e));
}}"""

# Contrast takes axe-core most of its time, and depends on the place of a text alone: of those that
# are seen in alike surroundings, the first is looked at. Rows of a table may take turns in colour.
PALE_PLACES = f"""(context) => {{{PLACE}
  const seen = new Set();
  const taken = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {{
    const text = walker.currentNode;
    const e = text.parentElement;
    if (!text.data.trim() || e.closest("table, svg") || !e.checkVisibility()) continue;
    const where = place(e);
    if (seen.has(where)) taken.push([text, text.data]);
    seen.add(where);
  }}
  taken.forEach(([text]) => (text.data = ""));
  const options = {{ runOnly: {{ type: "rule", values: ["color-contrast"] }} }};
  return axe.run(context, options).then((found) => {{
    taken.forEach(([text, data]) => (text.data = data));
    return found.violations;
  }});
}}"""


def open_folds(page):
    page.evaluate(
        "document.querySelectorAll('article details:not(.al-frame)')"
        ".forEach((e) => (e.open = true))"
    )


def barriers(page, axe, *, within="html"):
    """What axe-core finds in the elements of a selector, with the elements concerned."""
    open_folds(page)
    if page.evaluate("!window.axe"):
        page.evaluate(axe)
    page.evaluate(PLAIN_WORDS)
    found = page.evaluate(
        "([context, options]) => axe.run(context, options).then((found) => found.violations)",
        [within, {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}],
    )
    found += page.evaluate(PALE_PLACES, within)
    page.evaluate("wholeWords()")
    return [
        f"{rule['id']}: {node['html'][:160]} ({(node.get('failureSummary') or '')[:200]})"
        for rule in found
        for node in rule["nodes"]
        # axe takes a heading cell that holds nothing but a formula for an empty one
        if not (rule["id"] == "empty-table-header" and "<math" in node["html"])
    ]
