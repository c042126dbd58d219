// <al-compare>: versions of one sound run in step, and one is heard. No kernel, no library.
// The attribute data-comparison holds {"label", "names", "duration" in s}; the sounds are the
// <audio> elements inside .al-sounds, which stay as they are where scripts do not run.
(() => {
  if (customElements.get("al-compare")) return;
  const { make, Part } = audioLessons;

  const STYLE = `
    al-compare { border: 1px solid var(--al-line, #8a94a3); border-radius: 8px; padding: .6rem 1rem; margin: 1rem 0; max-width: 40rem; }
    al-compare p { margin: .3rem 0; }
    al-compare .al-wave { color: var(--pst-color-primary, #2f7fc1) !important; }
    al-compare .al-transport { display: grid; grid-template-columns: auto 1fr auto; gap: .4rem .8rem; align-items: center; margin: .4rem 0; }
    al-compare button { min-height: 2.75rem; min-width: 6rem; font: inherit; font-weight: 600; color: inherit;
      background: transparent; border: 2px solid currentColor; border-radius: 6px; cursor: pointer; }
    al-compare input { accent-color: var(--pst-color-primary, #2f7fc1); }
    al-compare [type="range"] { width: 100%; min-width: 0; height: 2.75rem; margin: 0; }
    al-compare .al-time { font-variant-numeric: tabular-nums; }
    al-compare fieldset { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; border: 0; }
    al-compare label { display: flex; align-items: center; gap: .5rem; min-height: 2.75rem; padding: 0 .8rem; cursor: pointer; }
    al-compare fieldset label { border: 2px solid var(--al-line, #8a94a3); border-radius: 6px; }
    al-compare fieldset label:has(:checked) { border-color: currentColor; font-weight: 600; }
    al-compare :is(button, label):hover { text-decoration: underline; }
    al-compare kbd { font: inherit; opacity: .8; background: none; color: inherit; border: 0; padding: 0; box-shadow: none; }
    al-compare :is(button, [type="range"]):focus-visible, al-compare label:has(:focus-visible) {
      outline: 3px solid var(--pst-color-link, #2f7fc1); outline-offset: 2px; }
    @media (hover: none) { al-compare kbd { display: none; } }`;

  const SOON = 0.05; // s: until all versions are ready to begin at one and the same sample
  const FADE = 0.004; // s: the time constant of a switch, so that it does not click
  const APART = 0.005; // s: media elements that differ by more are brought into step again
  let context; // one for the page: browsers allow only a few
  let running; // the comparison that plays: one at a time
  let count = 0;

  // Decoded versions, which begin at one sample and differ in their gain alone.
  class Decoded {
    static async load(addresses, duration) {
      const decode = async (address) => {
        const answer = await fetch(address);
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return context.decodeAudioData(await answer.arrayBuffer());
      };
      const deck = new Decoded();
      deck.buffers = await Promise.all(addresses.map(decode));
      deck.duration = Math.min(duration, ...deck.buffers.map((buffer) => buffer.duration));
      return deck;
    }

    async play(position, which, repeat) {
      this.pause();
      const start = context.currentTime + SOON;
      this.tracks = this.buffers.map((buffer, i) => {
        const source = new AudioBufferSourceNode(context, { buffer, loop: repeat, loopEnd: this.duration });
        const gain = new GainNode(context, { gain: Number(i === which) });
        source.connect(gain).connect(context.destination);
        source.start(start, position);
        return { source, gain };
      });
      this.tracks[0].source.onended = () => this.onended();
      this.began = start - position;
      this.from = position; // until the sound begins, a moment after the click
    }

    hear(which) {
      this.tracks?.forEach(({ gain }, i) => gain.gain.setTargetAtTime(Number(i === which), context.currentTime, FADE));
    }

    repeat(on) {
      this.tracks?.forEach(({ source }) => (source.loop = on));
    }

    get position() {
      return Math.max(this.from ?? 0, context.currentTime - this.began) % this.duration;
    }

    pause() {
      if (!this.tracks) return;
      this.tracks[0].source.onended = null;
      this.tracks.forEach(({ source }) => source.stop());
      this.tracks = null;
    }
  }

  // Where a page may not read its own files (file:), media elements do it: all run, one is not muted.
  class Streamed {
    static async load(addresses) {
      const deck = new Streamed();
      deck.sounds = addresses.map((address) => new Audio(address));
      deck.sounds[0].onended = () => deck.onended();
      await deck.all((sound) => {
        sound.preload = "auto";
        return sound.readyState < HTMLMediaElement.HAVE_ENOUGH_DATA && "canplaythrough";
      });
      return deck;
    }

    // Does it to all sounds, and waits for the event that it names for each.
    all(act) {
      const waits = (sound) =>
        new Promise((done, fail) => {
          sound.onerror = () => fail(sound.error);
          const event = act(sound);
          if (event) sound.addEventListener(event, done, { once: true });
          else done();
        });
      return Promise.all(this.sounds.map(waits));
    }

    async play(position, which, repeat) {
      this.pause();
      this.repeat(repeat);
      this.which = which;
      const move = (sound) => {
        sound.muted = sound !== this.sounds[which];
        if (sound.currentTime === position) return null;
        sound.currentTime = position;
        return "seeked";
      };
      const turn = (this.turn = {});
      await this.all(move);
      if (turn !== this.turn) return; // paused or moved meanwhile
      await Promise.all(this.sounds.map((sound) => sound.play()));
    }

    hear(which) {
      this.which = which;
      this.sounds.forEach((sound, i) => (sound.muted = i !== which));
      this.keepStep();
    }

    // Elements start one after the other; those that nobody hears run faster or slower for a moment.
    keepStep() {
      this.sounds.forEach((sound) => {
        const behind = sound.muted ? this.position - sound.currentTime : 0;
        sound.playbackRate = Math.abs(behind) > APART ? Math.min(2, Math.max(0.5, 1 + 5 * behind)) : 1;
      });
    }

    repeat(on) {
      this.sounds.forEach((sound) => (sound.loop = on));
    }

    get position() {
      return this.sounds[this.which].currentTime;
    }

    pause() {
      this.turn = null;
      this.sounds.forEach((sound) => sound.pause());
    }
  }

  class Compare extends Part {
    build() {
      Object.assign(this, JSON.parse(this.dataset.comparison));
      this.sources = this.takeSounds(this.names.length);
      if (!this.sources) return;
      this.look(STYLE);
      this.which = 0;
      this.position = 0; // s, where it goes on
      this.waves = [...this.querySelectorAll(".al-sounds .al-wave")];
      this.button = make("button", { type: "button", onclick: () => (this.wanted ? this.pause() : this.play()) }, "Play");
      this.seek = make("input", { type: "range", min: 0, max: this.duration, step: "any", value: 0, "aria-label": "Position" });
      this.seek.oninput = () => this.go(Number(this.seek.value));
      this.time = make("span", { className: "al-time" });
      const group = `al-compare-${count++}`;
      this.choices = this.names.map((name, i) =>
        make("input", { type: "radio", name: group, checked: i === 0, onchange: () => this.hear(i), "aria-keyshortcuts": String(i + 1), "aria-label": name }),
      );
      const labels = this.names.map((name, i) => make("label", {}, this.choices[i], make("kbd", {}, String(i + 1)), make("span", {}, name)));
      const versions = make("fieldset", { role: "radiogroup", "aria-label": "Version that is heard" }, ...labels);
      this.repeat = make("input", { type: "checkbox", checked: true, onchange: () => this.deck?.repeat(this.repeat.checked) });
      this.status = make("p", { role: "status" });
      const foot = make("div", { className: "al-transport" }, make("label", {}, this.repeat, "Repeat"), this.status);
      const stage = make("div", {}, ...this.waves, make("div", { className: "al-transport" }, this.button, this.seek, this.time), versions, foot);
      this.querySelector(".al-sounds").after(stage);
      this.showCredits();
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", `Comparison: ${this.label}`);
      this.ownKeys((key) => this.choices[Number(key) - 1]);
      this.classList.add("al-ready");
      this.show();
    }

    disconnectedCallback() {
      if (this.wanted) this.pause();
    }

    async play() {
      running?.pause();
      running = this;
      this.wanted = true;
      this.button.textContent = "Pause";
      this.say();
      try {
        context ??= new AudioContext();
        context.resume(); // within the reader's click, as browsers ask; it is awaited by nobody
        this.deck ??= await this.load();
        if (!this.wanted) return;
        await this.deck.play(this.position, this.which, this.repeat.checked);
        this.follow();
      } catch (error) {
        if (error.name === "AbortError") return; // paused before it had begun
        this.pause();
        this.status.textContent = "This sound could not be played.";
      }
    }

    // The addresses are read only here: JupyterLab changes that of a file after the element is built.
    load() {
      const addresses = this.sources.map((audio) => audio.src);
      this.loading ??= Decoded.load(addresses, this.duration)
        .catch(() => Streamed.load(addresses))
        .then((deck) => Object.assign(deck, { onended: () => this.end() }));
      return this.loading;
    }

    pause() {
      this.wanted = false;
      if (running === this) running = null;
      this.button.textContent = "Play";
      if (!this.deck) return;
      this.deck.pause();
    }

    end() {
      this.pause();
      this.position = 0;
      this.show();
    }

    go(position) {
      this.position = Math.min(position, this.duration - 0.001);
      this.show();
      if (this.wanted && this.deck) this.deck.play(this.position, this.which, this.repeat.checked);
    }

    hear(which) {
      this.which = which;
      if (this.wanted) this.deck?.hear(which);
      this.show();
      this.say();
    }

    say() {
      this.status.textContent = `${this.wanted ? "You hear" : "Chosen"}: ${this.names[this.which]}`;
    }

    // While it plays, the bar runs along.
    follow() {
      if (!this.wanted) return;
      this.position = Math.min(this.deck.position, this.duration);
      this.deck.keepStep?.();
      this.show();
      requestAnimationFrame(() => this.follow());
    }

    show() {
      this.waves.forEach((wave, i) => (wave.style.display = i === this.which ? "block" : "none"));
      this.seek.value = this.position;
      const [now, all] = [this.position, this.duration].map((s) => s.toFixed(1));
      this.time.textContent = `${now} / ${all} s`;
      this.seek.setAttribute("aria-valuetext", `${now} of ${all} s`);
    }
  }

  customElements.define("al-compare", Compare);
})();
