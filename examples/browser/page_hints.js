// Hints on the page: a color is chosen, and set by a click, or from the keyboard with a cross and Enter.

const SWATCHES = {
  skin: "#d9a58c",
  wood: "#7a4a2b",
  red: "#b3282d",
  yellow: "#d8b23c",
  leaves: "#5b7f3a",
  sky: "#5d8fc9",
  navy: "#2b3f7a",
  gray: "#808080",
};

// How far an arrow key moves the cross, in shares of the photo; with Shift it moves less.
const STEP = 0.02;
const SMALL_STEP = 0.002;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const byId = (id) => document.getElementById(id);

export class Hints {
  /** What `colorsWith` takes. */
  list = [];
  #size;
  #cross = [0.5, 0.5];
  #stage;
  #changed;

  /**
   * @param stage The element that shows the photo.
   * @param changed Called when there are other hints.
   */
  constructor(stage, changed) {
    this.#stage = stage;
    this.#changed = changed;
    this.#addSwatches();
    stage.addEventListener("click", (event) => this.#click(event));
    stage.addEventListener("keydown", (event) => this.#press(event));
    byId("undo").addEventListener("click", () => this.#set(this.list.slice(0, -1)));
    byId("clear").addEventListener("click", () => this.#set([]));
  }

  /** Start without hints, for a photo of a size `[height, width]`, or for none. */
  start(size) {
    this.#size = size;
    this.list = [];
    this.#cross = [0.5, 0.5];
    this.#show();
  }

  #addSwatches() {
    const field = byId("color");
    const buttons = Object.entries(SWATCHES).map(([name, color]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "swatch";
      button.style.background = color;
      button.ariaLabel = button.title = name;
      button.addEventListener("click", () => {
        field.value = color;
        mark();
      });
      return button;
    });
    const mark = () => {
      buttons.forEach((button, i) => (button.ariaPressed = String(Object.values(SWATCHES)[i] === field.value)));
    };
    field.addEventListener("input", mark);
    byId("swatches").append(...buttons);
    mark();
  }

  #click(event) {
    const box = this.#stage.getBoundingClientRect();
    this.#add([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width]);
  }

  #press(event) {
    if (event.key in ARROWS) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      this.#cross = this.#cross.map((place, i) => Math.min(Math.max(place + step * ARROWS[event.key][i], 0), 1));
      this.#show();
    } else if (event.key === "Enter") this.#add(this.#cross);
    else return;
    event.preventDefault();
  }

  #add(place) {
    if (!this.#size) return;
    const [row, column] = place.map((share, i) => {
      return Math.min(Math.max(Math.floor(share * this.#size[i]), 0), this.#size[i] - 1);
    });
    this.#cross = place;
    const hex = byId("color").value;
    const color = [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16) / 255);
    this.#set([...this.list, { row, column, color, hex }]);
  }

  #set(list) {
    this.list = list;
    this.#show();
    this.#changed();
  }

  #show() {
    const marks = this.list.map(({ row, column, hex }) => {
      const mark = document.createElement("div");
      mark.className = "mark";
      mark.style.background = hex;
      put(mark, [(row + 0.5) / this.#size[0], (column + 0.5) / this.#size[1]]);
      return mark;
    });
    byId("marks").replaceChildren(...marks);
    put(byId("cross"), this.#cross);
    const count = this.list.length;
    byId("undo").disabled = byId("clear").disabled = count === 0;
    byId("count").textContent = ["No color is set.", "1 color is set."][count] ?? `${count} colors are set.`;
  }
}

function put(element, [down, across]) {
  element.style.top = `${100 * down}%`;
  element.style.left = `${100 * across}%`;
}
