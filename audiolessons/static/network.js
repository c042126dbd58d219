// <al-network>: two networks of the book run in the reader's browser, after a click: one names a
// spoken digit, one takes noise out of a voice. What they hear stays on the page. The attribute
// data-about names their files; without it, or without scripts, what stands inside is all there is.
(() => {
  if (customElements.get("al-network")) return;
  const { make, Part } = audioLessons;
  const MODULES = new URL("modules/", document.currentScript.src);
  const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  const RECORDED_S = 4; // at most
  const MOST_S = 20;
  const LEAST_S = 0.1;
  const MOST_BYTES = 16e6; // of a file
  const OTHER_RATE = 48000; // Hz, at which what is no WAV file is decoded
  const READY = "Ready. Nothing has been heard yet.";

  const STYLE = `
    al-network p { margin: .3rem 0; }
    al-network .al-controls { display: flex; flex-wrap: wrap; gap: .5rem; margin: .6rem 0; }
    al-network :is(.al-controls button, .al-file) { position: relative; display: flex; align-items: center; box-sizing: border-box; min-height: 2.75rem; padding: .3rem .8rem;
      font: inherit; font-weight: 600; color: inherit; background: transparent; border: 2px solid currentColor; border-radius: 6px; cursor: pointer; }
    al-network button[aria-pressed="true"] { border-style: double; border-width: 4px; }
    al-network .al-file input { position: absolute; width: 1px; height: 1px; opacity: 0; }
    al-network :is(button, .al-file):hover { text-decoration: underline; }
    al-network button:focus-visible, al-network .al-file:has(:focus-visible) { outline: 3px solid var(--pst-color-link, #2f7fc1); outline-offset: 2px; }
    al-network :is(progress, .al-level) { display: block; width: 100%; height: .6rem; }
    al-network .al-level { border: 1px solid var(--al-line, #8a94a3); }
    al-network :is(.al-level, .al-chances) i { display: block; height: 100%; width: 0; background: var(--pst-color-primary, #2f7fc1); }
    al-network .al-chances { display: grid; grid-template-columns: max-content 1fr max-content; gap: .1rem .8rem; margin: .6rem 0; padding: 0; list-style: none; }
    al-network .al-chances li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; margin: 0; line-height: 1.35; }
    al-network .al-chances span { height: .7rem; }
    al-network .al-chances b { font-weight: normal; text-align: right; font-variant-numeric: tabular-nums; }
    al-network .al-chances .al-most :is(b, em) { font-weight: 700; }
    al-network .al-chances em { font-style: normal; }
    al-network [hidden] { display: none; }`;

  class Network extends Part {
    build() {
      if (!this.dataset.about) return;
      this.look(STYLE);
      this.about = JSON.parse(this.dataset.about);
      const megabytes = (this.about.bytes / 1e6).toFixed(1);
      this.loader = this.button(`Load the networks (${megabytes} MB)`, () => this.load());
      this.progress = make("progress", { max: 1, value: 0, hidden: true, "aria-label": "Loaded so far" });
      this.recorder = this.button("Say a digit", () => this.record());
      this.recorder.setAttribute("aria-pressed", "false");
      const input = make("input", { type: "file", accept: "audio/*" });
      input.onchange = () => this.take("your file", () => bytesOf(input.files[0])).finally(() => (input.value = ""));
      const ours = this.about.sounds.map(({ name, file }) => this.button(name, () => this.take(name, () => contentOf(file))));
      const file = make("label", { className: "al-file" }, input, "Take a sound file");
      this.controls = make("div", { hidden: true }, make("div", { className: "al-controls" }, this.recorder, file, ...ours));
      this.controls.append(make("p", {}, `The microphone is asked for when you press "Say a digit", and is off again when you stop, or after ${RECORDED_S} seconds. Record only people who have agreed. The digit network learned English words of five men, and errs more often with other voices.`));
      this.level = make("i");
      this.meter = make("div", { className: "al-level", hidden: true, "aria-hidden": "true" }, this.level);
      this.status = make("p", { role: "status" });
      this.answer = make("div");
      this.replaceChildren(
        make("p", {}, "Two small networks of this book can run here, on your own machine. What you say or choose stays on this page: it is sent to nobody, and gone when you leave."),
        make("div", { className: "al-controls" }, this.loader),
        this.progress,
        this.controls,
        this.meter,
        this.status,
        this.answer,
      );
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", "Networks in your browser");
      this.classList.add("al-ready");
    }

    disconnectedCallback() {
      this.stopRecording?.();
      this.worker?.terminate();
    }

    button(name, onclick) {
      return make("button", { type: "button", onclick }, name);
    }

    say(text) {
      this.status.textContent = text;
    }

    // Does one thing at a time; if it fails, says so.
    async alone(act, otherwise) {
      if (this.busy) return;
      this.busy = true;
      try {
        await act();
      } catch (error) {
        this.say(`${otherwise}: ${error.message}.`);
      } finally {
        this.busy = false;
      }
    }

    load() {
      return this.alone(async () => {
        this.say("Loading.");
        this.progress.hidden = false;
        const began = performance.now();
        try {
          this.worker = new Worker(new URL("worker.js", MODULES), { type: "module" });
          await this.ask("load", { about: absolute(this.about) });
        } catch (error) {
          this.worker?.terminate();
          throw error;
        } finally {
          this.progress.hidden = true;
        }
        const hadFocus = document.activeElement === this.loader;
        this.loader.parentElement.remove();
        this.controls.hidden = false;
        if (hadFocus) this.recorder.focus();
        this.say(`${READY} (Loaded in ${((performance.now() - began) / 1000).toFixed(1)} s.)`);
      }, "The networks did not load");
    }

    // What the worker answers; while it loads, it tells how far it is.
    ask(task, given) {
      return new Promise((done, fail) => {
        this.worker.onerror = (event) => fail(new Error(event.message || "this browser, or this way of opening the page, allows no worker: serve the site, or try a newer browser"));
        this.worker.onmessage = ({ data: { answer, error, share } }) => {
          if (share !== undefined) this.progress.value = share;
          else if (error === undefined) done(answer);
          else fail(new Error(error));
        };
        this.worker.postMessage({ task, ...given });
      });
    }

    async record() {
      if (this.stopRecording) return this.endRecording();
      await this.alone(async () => {
        this.forget();
        this.say("Waiting for the microphone.");
        const { record } = await import(new URL("microphone.js", MODULES));
        this.stopRecording = await record({
          mostSeconds: RECORDED_S,
          onLevel: (peak) => (this.level.style.width = `${Math.min(100, 100 * peak)}%`),
          onFull: () => this.endRecording(),
        });
        this.recorder.setAttribute("aria-pressed", "true");
        this.recorder.textContent = "Stop";
        this.meter.hidden = false;
        this.say("Recording: say one digit.");
      }, "No sound from a microphone");
    }

    async endRecording() {
      const stop = this.stopRecording;
      if (!stop) return; // the longest is reached while somebody ends it
      this.stopRecording = null;
      this.recorder.setAttribute("aria-pressed", "false");
      this.recorder.textContent = "Say a digit";
      this.meter.hidden = true;
      const sound = await stop(); // at once, whatever else goes on
      await this.alone(() => this.hear("your voice", sound), "Not heard");
    }

    take(name, contentOf) {
      return this.alone(async () => {
        if (this.stopRecording) throw new Error("the microphone is on; stop it first");
        this.forget();
        await this.hear(name, await decoded(await contentOf()));
      }, "Not heard");
    }

    async hear(name, sound) {
      const seconds = sound.audio.length / sound.rate;
      if (!(seconds >= LEAST_S && seconds <= MOST_S)) {
        throw new Error(`the sound lasts ${seconds.toFixed(2)} s, and ${LEAST_S} to ${MOST_S} s are taken`);
      }
      this.say("Listening.");
      const digits = await this.ask("digits", sound);
      const denoised = await this.ask("denoiser", sound);
      this.heard = { digits, denoised };
      const most = digits.chances.indexOf(Math.max(...digits.chances));
      const sure = `${percent(digits.chances[most])}, in ${digits.took.toFixed(0)} ms`;
      const known = digits.seconds > digits.longest ? "It is longer than a word: the digit network knows its beginning alone, has to name a digit, and says" : "The digit network hears";
      this.say(`${known} "${WORDS[most]}" (${sure}).`);
      const rows = WORDS.map((word, n) => {
        const bar = make("i", { style: `width: ${100 * digits.chances[n]}%` });
        const row = [make("em", {}, word), make("span", { "aria-hidden": "true" }, bar), make("b", {}, percent(digits.chances[n]))];
        return make("li", { className: n === most ? "al-most" : "" }, ...row);
      });
      const chances = make("ul", { className: "al-chances", "aria-label": "How likely each digit is, for the network" }, ...rows);
      await this.show(name, chances, denoised);
    }

    async show(name, chances, { noisy, cleaned, rate, took }) {
      const { wavOf } = await import(new URL("wav.js", MODULES));
      const top = peakOf(noisy);
      this.urls = [noisy, cleaned].map((audio) => URL.createObjectURL(wavOf(audio, rate)));
      const sounds = [noisy, cleaned].map((audio, n) => {
        const figure = make("figure", { className: "al-player" });
        figure.innerHTML = waveOf(audio, top);
        figure.append(make("audio", { src: this.urls[n], controls: true, preload: "none" }));
        return figure;
      });
      const seconds = noisy.length / rate;
      const comparison = { label: `${name}, before and after the denoiser`, names: ["as it was", "cleaned"], duration: seconds };
      const compare = make("al-compare", { "data-comparison": JSON.stringify(comparison) }, make("div", { className: "al-sounds" }, ...sounds));
      const levels = [noisy, cleaned].map((audio) => `${levelDb(audio).toFixed(1)} dB`);
      const told = make("p", {}, `The denoiser took ${took.toFixed(0)} ms for ${seconds.toFixed(1)} s. Level as it was: ${levels[0]}, cleaned: ${levels[1]}.`);
      const forget = make("div", { className: "al-controls" }, this.button("Forget it", () => {
        this.forget();
        this.say(READY);
        this.recorder.focus();
      }));
      this.answer.replaceChildren(chances, compare, told, forget);
    }

    forget() {
      this.answer.replaceChildren();
      this.urls?.forEach((url) => URL.revokeObjectURL(url));
      this.urls = this.heard = null;
    }
  }

  // The worker lies elsewhere: addresses of the page mean something else to it.
  function absolute({ runtime, networks, ...rest }) {
    const from = (file) => new URL(file, document.baseURI).href;
    const entries = Object.entries(networks).map(([name, one]) => [name, { ...one, file: from(one.file) }]);
    return { ...rest, runtime: { script: from(runtime.script), binary: from(runtime.binary) }, networks: Object.fromEntries(entries) };
  }

  async function contentOf(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`the sound is not there (status ${answer.status})`);
    return answer.arrayBuffer();
  }

  async function bytesOf(file) {
    if (!file) throw new Error("no file was chosen");
    if (file.size > MOST_BYTES) throw new Error(`the file has ${(file.size / 1e6).toFixed(0)} MB, and ${MOST_BYTES / 1e6} MB are taken`);
    return file.arrayBuffer();
  }

  // One channel. A WAV file keeps its rate: the page resamples as the Python package does.
  async function decoded(content) {
    const { wavRate } = await import(new URL("wav.js", MODULES));
    let sound;
    try {
      const rate = wavRate(content) ?? OTHER_RATE;
      sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(content);
    } catch {
      throw new Error("this is no sound file that your browser can read");
    }
    const channels = Array.from({ length: sound.numberOfChannels }, (_, n) => sound.getChannelData(n));
    const audio = channels[0].map((_, t) => channels.reduce((sum, channel) => sum + channel[t], 0) / channels.length);
    return { audio, rate: sound.sampleRate };
  }

  const percent = (chance) => `${(100 * chance).toFixed(0)} %`;
  const peakOf = (audio) => audio.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-6);
  const levelDb = (audio) => 10 * Math.log10(audio.reduce((sum, one) => sum + one * one, 1e-12) / audio.length);

  // The lowest and highest sample of each of 240 stretches, as the book's players have it.
  function waveOf(audio, top) {
    const steps = Array.from({ length: 240 }, (_, column) => {
      const [from, to] = [column, column + 1].map((edge) => Math.floor((edge * audio.length) / 240));
      const stretch = audio.subarray(from, Math.max(to, from + 1));
      const [high, low] = [Math.max(...stretch), Math.min(...stretch)].map((one) => Math.round(24 - (24 * one) / top));
      return `M${column} ${high}V${Math.max(low, high + 1)}`;
    });
    return `<svg class="al-wave" viewBox="0 0 240 48" preserveAspectRatio="none" aria-hidden="true" style="display:block;width:100%;height:3em"><path d="${steps.join("")}" stroke="currentColor" fill="none"/></svg>`;
  }

  customElements.define("al-network", Network);
})();
