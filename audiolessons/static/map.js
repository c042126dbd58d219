// <al-map>: plays the sound of a point that is pressed or pointed at. No kernel, no library.
// Each .al-point of the drawing names in data-sound which of the <audio> elements below is its own.
(() => {
  if (customElements.get("al-map")) return;
  const { Part } = audioLessons;

  const STYLE = `
    al-map .al-point { cursor: pointer; outline: none; }
    al-map .al-point:is(:hover, :focus-visible) circle { stroke: #1a1a1a; }
    al-map .al-point.al-on circle { fill: #8a3c00; }
    al-map .al-said { margin: .3rem 0; min-height: 1.5em; font-weight: 600; }`;

  class SoundMap extends Part {
    build() {
      this.audios = [...this.querySelectorAll("audio")];
      this.said = this.querySelector(".al-said");
      this.said.textContent = "Press a circle to hear it. Afterwards pointing at one is enough.";
      this.look(STYLE);
      this.points = [...this.querySelectorAll(".al-point")];
      this.points.forEach((point) => {
        point.addEventListener("click", () => this.play(point));
        // Browsers play nothing before the reader has pressed something.
        point.addEventListener("pointerenter", (event) => {
          if (this.awake && event.pointerType === "mouse") this.play(point);
        });
        point.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation(); // Enter is a command of the notebook
          this.play(point);
        });
      });
    }

    play(point) {
      this.awake = true;
      this.audios.forEach((audio) => audio.pause());
      this.points.forEach((other) => other.classList.toggle("al-on", other === point));
      const audio = this.audios[Number(point.dataset.sound)];
      this.said.textContent = point.getAttribute("aria-label");
      audio.currentTime = 0;
      audio.play()?.catch(() => {}); // another point was pressed meanwhile
    }
  }

  customElements.define("al-map", SoundMap);
})();
