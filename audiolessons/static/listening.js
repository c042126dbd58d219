// <al-listening>: a blind listening test on the page. No kernel, no library, nothing is sent away.
// The attribute data-test holds {"kind": "abx" | "pairs" | "mushra", "label", "trials", "names",
// "places", "levels"}; the names of pairs stand pair by pair. places[i] is where the sound of names[i] stands among the <audio> elements inside
// .al-sounds, which stay as they are where scripts do not run. The order is drawn here, each time.
(() => {
  if (customElements.get("al-listening")) return;
  const { make, Part } = audioLessons;

  const WORDS = ["bad", "poor", "fair", "good", "excellent"];
  const STYLE = `
    al-listening { border: 1px solid var(--al-line, #8a94a3); border-radius: 8px; padding: .6rem 1rem; margin: 1rem 0; }
    al-listening p { margin: .5rem 0; }
    .al-row { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0; align-items: center; }
    al-listening button { min-height: 2.5rem; min-width: 4.5rem; padding: .2rem .9rem; font: inherit; font-weight: 600;
      color: inherit; background: transparent; border: 2px solid currentColor; border-radius: 6px; cursor: pointer; }
    al-listening button:hover { text-decoration: underline; }
    al-listening button[aria-pressed="true"] { box-shadow: inset 0 -.35rem 0 currentColor; }
    al-listening :is(button, input, .al-result):focus-visible { outline: 3px solid var(--pst-color-link, #2f7fc1); outline-offset: 2px; }
    .al-rating { display: grid; grid-template-columns: 11rem 1fr 8rem; gap: .3rem .8rem; align-items: center; margin: .6rem 0; }
    .al-rating input { width: 100%; min-width: 0; height: 2rem; margin: 0; accent-color: var(--pst-color-primary, #2f6f9f); }
    .al-rating output { font-variant-numeric: tabular-nums; }
    .al-line { display: block; padding: .5rem .7rem; margin: .4rem 0; border: 1px solid var(--al-line, #8a94a3); border-radius: 6px;
      font-family: monospace; color: inherit; background: transparent; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
    .al-result > .al-row > strong { min-width: 2rem; text-align: right; }
    @media (max-width: 40rem) {
      .al-rating { grid-template-columns: 1fr 8rem; }
      .al-rating input { grid-row: 2; grid-column: 1 / -1; }
    }`;

  const draw = (n) => crypto.getRandomValues(new Uint32Array(1))[0] % n;

  function shuffled(items) {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = draw(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // The chance that a fair coin shows heads at least `right` times in `n`.
  function byGuessing(right, n) {
    let term = 0.5 ** n; // of exactly k heads
    let sum = 0;
    for (let k = 0; k <= n; k++) {
      if (k >= right) sum += term;
      term *= (n - k) / (k + 1);
    }
    return sum;
  }

  class Listening extends Part {
    disconnectedCallback() {
      this.stop();
    }

    build() {
      this.test = JSON.parse(this.dataset.test);
      this.sources = this.takeSounds(this.test.names.length);
      if (!this.sources) return;
      this.look(STYLE);
      this.rounds = [];
      this.stage = make("div");
      this.append(this.stage);
      this.showCredits();
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", `Listening test: ${this.test.label}`);
      this.ownKeys((key) => this.stage.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]`));
      this.classList.add("al-ready");
      this.introduce();
    }

    show(...parts) {
      this.stop();
      this.status = make("p", { role: "status" });
      this.stage.replaceChildren(...parts, this.status);
    }

    introduce() {
      const { kind, trials, names, levels } = this.test;
      const words =
        kind === "pairs"
          ? `Each of ${trials} trials has two sounds of its own. Which one is ${this.kindOf(0)}? ` +
            "Guess where you cannot tell. Inside the test the keys 1 and 2 play the sounds."
          : kind === "abx"
          ? `Each of ${trials} trials has three sounds: A, B and X. X is one of the two: which? ` +
            "Guess where you cannot tell. Inside the test the keys a, b and x play the sounds."
          : `Rate ${names.length} hidden sounds from 0 (bad) to 100 (no different from the ` +
            "reference). One of them is the reference itself: it deserves 100.";
      this.show(
        make("p", {}, words),
        make("p", {}, `${levels} The order is drawn when you begin; nothing leaves this page.`),
        make("div", { className: "al-row" }, make("button", { type: "button", onclick: () => this.begin() }, "Begin")),
      );
    }

    begin() {
      // Every sound loads now, so that none is known by coming late. The address is read only here,
      // because JupyterLab still changes that of a file after the element has been built.
      this.sounds = this.test.places.map((place) => {
        const sound = new Audio(this.sources[place].src);
        sound.preload = "auto";
        return sound;
      });
      this[this.test.kind]();
    }

    // "Bach" of "Bach, pair 1".
    kindOf(which) {
      return this.test.names[which].replace(/, pair \d+$/, "");
    }

    stop() {
      if (!this.playing) return;
      this.playing.sound.pause();
      this.playing.button.setAttribute("aria-pressed", "false");
      this.playing = null;
    }

    // A button that plays the sound whose number `which` gives, and stops it when pressed again.
    player(text, which, heard = () => {}) {
      const button = make("button", { type: "button", "aria-pressed": "false" }, text);
      button.onclick = () => {
        const again = this.playing?.button === button;
        this.stop();
        if (again) return;
        const sound = this.sounds[which()];
        sound.currentTime = 0;
        sound.onended = () => this.stop();
        this.playing = { sound, button };
        button.setAttribute("aria-pressed", "true");
        sound.play().then(heard, (error) => {
          if (error.name === "AbortError") return; // stopped before it had begun
          this.stop();
          this.status.textContent = "This sound could not be played.";
        });
      };
      return button;
    }

    abx() {
      const n = this.test.trials;
      const truth = Array.from({ length: n }, () => draw(2));
      let trial = 0;
      let right = 0;
      let heard = false;
      const buttons = [
        this.player("Play A", () => 0),
        this.player("Play B", () => 1),
        this.player("Play X", () => truth[trial], () => (heard = true)),
      ];
      ["a", "b", "x"].forEach((key, i) => buttons[i].setAttribute("aria-keyshortcuts", key));
      const ask = () => (this.status.textContent = `Trial ${trial + 1} of ${n}: which of the two is X?`);
      const answer = (guess) => {
        if (!heard) {
          this.status.textContent = `Trial ${trial + 1} of ${n}: play X first.`;
          return;
        }
        this.stop();
        heard = false;
        right += guess === truth[trial];
        trial += 1;
        if (trial < n) return ask();
        const again = this.test.names.map((name, i) => this.player(`Play ${"AB"[i]}: ${name}`, () => i));
        this.countResult(right, make("div", { className: "al-row" }, ...again));
      };
      const answers = ["A", "B"].map((name, i) =>
        make("button", { type: "button", onclick: () => answer(i) }, `X is ${name}`),
      );
      this.show(make("div", { className: "al-row" }, ...buttons), make("div", { className: "al-row" }, ...answers));
      ask();
      buttons[0].focus();
    }

    pairs() {
      const n = this.test.trials;
      const order = shuffled(Array(n).keys());
      const truth = order.map(() => draw(2)); // 0: the one that is asked for comes first
      const answers = [];
      const heard = new Set();
      const trial = () => answers.length;
      const buttons = ["first", "second"].map((name, i) =>
        this.player(`Play the ${name}`, () => 2 * order[trial()] + (truth[trial()] ^ i), () => heard.add(i)),
      );
      buttons.forEach((button, i) => button.setAttribute("aria-keyshortcuts", String(i + 1)));
      const say = (what) => (this.status.textContent = `Trial ${trial() + 1} of ${n}: ${what}`);
      const ask = () => say(`which one is ${this.kindOf(0)}?`);
      const answer = (guess) => {
        if (heard.size < 2) return say("play both first.");
        this.stop();
        heard.clear();
        answers.push(guess === truth[trial()]);
        if (trial() < n) return ask();
        const rows = answers.map((isRight, t) => {
          const both = [0, 1].map((i) => this.player(`Play ${this.kindOf(i)}`, () => 2 * order[t] + i));
          return make("div", { className: "al-row" }, `Trial ${t + 1}: ${isRight ? "right" : "wrong"}`, ...both);
        });
        this.countResult(answers.filter(Boolean).length, ...rows);
      };
      const choices = ["first", "second"].map((name, i) =>
        make("button", { type: "button", onclick: () => answer(i) }, `It is the ${name}`),
      );
      this.show(make("div", { className: "al-row" }, ...buttons), make("div", { className: "al-row" }, ...choices));
      ask();
      buttons[0].focus();
    }

    countResult(right, ...again) {
      const { trials } = this.test;
      const chance = byGuessing(right, trials);
      const percent = chance < 0.001 ? "less than 0.1 %" : `${(100 * chance).toFixed(1)} %`;
      const verdict =
        chance < 0.05
          ? "Guessing hardly explains that: you hear a difference."
          : "Guessing explains that well enough: the test does not show that you hear a difference. That nobody does, it does not show either.";
      this.result(
        `print(al.metrics.abx_test(${right}, ${trials}))`,
        make("p", {}, make("strong", {}, `${right} of ${trials} right.`), ` By guessing, this or better happens in ${percent} of tests. ${verdict}`),
        ...again,
      );
    }

    mushra() {
      const order = shuffled(this.test.names.keys());
      const rows = order.map((which, i) => {
        const name = `Sound ${i + 1}`;
        const row = { which, name, heard: false, rated: false };
        row.input = make("input", { type: "range", min: 0, max: 100, step: 1, value: 50, "aria-label": `Rating of sound ${i + 1}` });
        const readout = make("output", {}, "not rated");
        row.input.setAttribute("aria-valuetext", "not rated");
        const rate = () => {
          row.rated = true;
          const word = WORDS[Math.min(4, Math.floor(row.input.value / 20))];
          readout.textContent = `${row.input.value}, ${word}`;
          row.input.setAttribute("aria-valuetext", readout.textContent);
        };
        row.input.oninput = rate;
        row.input.onclick = rate; // whoever clicks on the middle means 50
        row.button = this.player(`Play ${name.toLowerCase()}`, () => which, () => (row.heard = true));
        row.element = make("div", { className: "al-rating" }, row.button, row.input, readout);
        return row;
      });
      const finish = () => {
        const open = rows.find((row) => !row.heard || !row.rated);
        if (!open) return this.mushraResult(rows);
        this.status.textContent = `${open.name} is not ${open.heard ? "rated" : "heard"} yet.`;
        (open.heard ? open.input : open.button).focus();
      };
      const reference = this.player("Play the reference", () => 0);
      this.show(
        make("div", { className: "al-row" }, reference),
        ...rows.map((row) => row.element),
        make("div", { className: "al-row" }, make("button", { type: "button", onclick: finish }, "Show the result")),
      );
      reference.focus();
    }

    mushraResult(rows) {
      const { names } = this.test;
      const ratings = rows.map(({ which, input }) => [which, Number(input.value)]);
      const scores = new Map(ratings);
      this.rounds.push(`{${names.map((name, i) => `${JSON.stringify(name)}: ${scores.get(i)}`).join(", ")}}`);
      const n = this.rounds.length;
      const listeners = n > 1 ? `, listeners=[${Array(n).fill('"me"').join(", ")}]` : "";
      const hidden = scores.get(0);
      const verdict =
        hidden < 90
          ? `You gave the hidden reference ${hidden}. Who rates it under 90 too often is left out of such a test, as having missed what there is to hear.`
          : `You gave the hidden reference ${hidden}: with 90 or more, your ratings count.`;
      const table = ratings
        .sort((one, other) => other[1] - one[1])
        .map(([which, score]) =>
          make("div", { className: "al-row" }, make("strong", {}, String(score)), this.player(`Play ${names[which]}`, () => which)),
        );
      this.result(`print(al.metrics.mushra_summary([${this.rounds.join(", ")}]${listeners}))`, make("p", {}, verdict), ...table);
    }

    // `line` is Python: a cell that holds it analyses the result.
    result(line, ...parts) {
      const code = make("code", { className: "al-line" }, line);
      const copy = make("button", { type: "button" }, "Copy the line");
      copy.onclick = async () => {
        try {
          await navigator.clipboard.writeText(line);
          this.status.textContent = "Copied.";
        } catch {
          getSelection().selectAllChildren(code);
          this.status.textContent = "Selected: copy it with the keyboard.";
        }
      };
      const box = make("div", { className: "al-result", tabIndex: -1 }, ...parts, make("p", {}, "For a cell of a notebook:"), code);
      const buttons = make("div", { className: "al-row" }, copy, make("button", { type: "button", onclick: () => this.begin() }, "Do it again"));
      this.show(box, buttons);
      box.focus();
    }
  }

  customElements.define("al-listening", Listening);
})();
