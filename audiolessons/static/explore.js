// <al-explore>: turns frames that were rendered beforehand into sliders. No kernel, no library.
// Each direct child with class "al-frame" is a fold with one position (without a script the folds
// stay as they are), row-major over the parameters that the attribute data-parameters names: [{"name": "frequency", "values": ["100 Hz", "200 Hz"], "start": 0}].
(() => {
  if (customElements.get("al-explore")) return;
  let count = 0;

  class Explore extends HTMLElement {
    connectedCallback() {
      if (this.querySelector(".al-sliders")) return;
      // The script may run while the parser still stands inside this element.
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.build(), { once: true });
      } else {
        this.build();
      }
    }

    build() {
      if (this.querySelector(".al-sliders")) return;
      this.parameters = JSON.parse(this.dataset.parameters);
      this.frames = this.querySelectorAll(":scope > .al-frame");
      const first = this.parameters.map((p) => p.start);
      const box = document.createElement("div");
      box.className = "al-sliders";
      this.inputs = this.parameters.map((parameter, i) => {
        const label = document.createElement("label");
        const input = document.createElement("input");
        const readout = document.createElement("output");
        input.type = "range";
        input.min = 0;
        input.max = parameter.values.length - 1;
        input.step = 1;
        input.value = first[i];
        input.id = `al-slider-${count++}`;
        label.htmlFor = input.id;
        label.textContent = parameter.name;
        readout.htmlFor = input.id;
        input.addEventListener("input", () => this.show());
        const row = document.createElement("div");
        row.className = "al-slider";
        row.append(label, input, readout);
        box.append(row);
        return input;
      });
      this.frames.forEach((frame) => (frame.querySelector("summary").hidden = true));
      this.prepend(box);
      this.show();
    }

    show() {
      let position = 0;
      this.inputs.forEach((input, i) => {
        const { values } = this.parameters[i];
        position = position * values.length + Number(input.value);
        const shown = values[input.value];
        input.setAttribute("aria-valuetext", shown);
        input.parentElement.querySelector("output").textContent = shown;
      });
      this.frames.forEach((frame, i) => {
        frame.hidden = i !== position;
        frame.open = !frame.hidden;
        if (frame.hidden) frame.querySelectorAll("audio").forEach((audio) => audio.pause());
      });
    }
  }

  customElements.define("al-explore", Explore);
})();
