// <al-explore>: turns frames that were rendered beforehand into sliders. No kernel, no library.
// Each direct child with class "al-frame" is a fold with one position (without a script the folds
// stay as they are), row-major over the parameters that the attribute data-parameters names: [{"name": "frequency", "values": ["100 Hz", "200 Hz"], "start": 0}].
(() => {
  if (customElements.get("al-explore")) return;
  const { make, Part } = audioLessons;
  let count = 0;

  class Explore extends Part {
    build() {
      this.parameters = JSON.parse(this.dataset.parameters);
      this.frames = this.querySelectorAll(":scope > .al-frame");
      const first = this.parameters.map((p) => p.start);
      const box = make("div", { className: "al-sliders" });
      this.inputs = this.parameters.map((parameter, i) => {
        const id = `al-slider-${count++}`;
        const max = parameter.values.length - 1;
        const input = make("input", { id, type: "range", min: 0, max, step: 1, value: first[i] });
        input.addEventListener("input", () => this.show());
        box.append(
          make("div", { className: "al-slider" }, make("label", { htmlFor: id }, parameter.name), input, make("output", { for: id })),
        );
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
