// What the elements of the book share: they are built once, with a look, keys and credits of their own.
(() => {
  if (window.audioLessons) return;

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  class Part extends HTMLElement {
    connectedCallback() {
      // The script may run while the parser still stands inside this element.
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.buildOnce(), { once: true });
      } else {
        this.buildOnce();
      }
    }

    buildOnce() {
      if (this.built) return;
      this.built = true;
      this.build();
    }

    // The looks that JupyterLab needs, too.
    look(css) {
      const id = `${this.localName}-style`;
      if (!document.getElementById(id)) document.head.append(make("style", { id }, css));
    }

    // The sounds inside .al-sounds, hidden from now on; null where this copy lacks one of `count`,
    // because it does not carry recordings: then what is said about them stays.
    takeSounds(count) {
      const box = this.querySelector(".al-sounds");
      const sounds = [...box.querySelectorAll("audio")];
      if (sounds.length !== count) {
        this.classList.add("al-plain");
        return null;
      }
      box.hidden = true;
      return sounds;
    }

    // Whose recordings they are stays visible: once for all sounds, so that it tells nothing.
    showCredits() {
      const credits = new Set([...this.querySelectorAll(".al-sounds .al-credit")].map((p) => p.textContent));
      credits.forEach((text) => this.append(make("p", { className: "al-credit" }, text)));
    }

    // A notebook has commands on letters, digits and arrows (x cuts a cell): in here they are ours.
    ownKeys(find) {
      this.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const control = find(event.key.toLowerCase());
        if (!control) return;
        event.preventDefault();
        control.click();
      });
    }
  }

  window.audioLessons = { make, Part };
})();
