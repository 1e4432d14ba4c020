// The choice of a layout, each with a small picture of it.

import { element } from "/symbols.js";

// Tiles on a canvas of 100 x 56, as the built-in layouts place five participants.
const tiles = {
  grid: [[1, 4, 32, 24], [34, 4, 32, 24], [67, 4, 32, 24], [18, 29, 32, 24], [50, 29, 32, 24]],
  speaker: [[1, 1, 79, 54], [81, 7, 18, 10], [81, 18, 18, 10], [81, 29, 18, 10], [81, 40, 18, 10]],
  presentation: [[1, 4, 79, 48, "slide"], [81, 7, 18, 10], [81, 18, 18, 10], [81, 29, 18, 10], [81, 40, 18, 10]],
  pip: [[0, 0, 100, 56], [76, 42, 22, 12, "over"]],
  "side-by-side": [[1, 1, 48, 44], [51, 1, 48, 44], [25, 46, 16, 9], [42, 46, 16, 9], [59, 46, 16, 9]],
  single: [[0, 0, 100, 56]],
  filmstrip: [[10, 1, 79, 45], [18, 47, 15, 8], [34, 47, 15, 8], [50, 47, 15, 8], [67, 47, 15, 8]],
  interview: [[1, 1, 49, 54], [51, 1, 23, 26], [76, 1, 23, 26], [51, 29, 23, 26], [76, 29, 23, 26]],
  "audio-only": [[9, 1, 27, 26, "voice"], [37, 1, 27, 26, "voice"], [64, 1, 27, 26, "voice"], [23, 29, 27, 26, "voice"], [50, 29, 27, 26, "voice"]],
};

const words = { pip: "picture in picture" };
// The first are the ones most people want; others follow as the service lists them. One is for measuring only.
const order = ["grid", "speaker", "presentation", "filmstrip"];
const unlisted = ["plain-grid"];

function picture(name) {
  const drawn = element("svg", { viewBox: "0 0 100 56", "aria-hidden": "true" });
  for (const [x, y, width, height, kind = ""] of tiles[name] ?? []) {
    drawn.append(element("rect", { x, y, width, height, rx: 2, class: `tile ${kind}` }));
    if (kind === "slide") {
      drawn.append(element("path", { d: `M${x + 10} ${y + 14}h38M${x + 10} ${y + 24}h54M${x + 10} ${y + 34}h46`, class: "lines" }));
      continue;
    }
    const size = Math.min(width, height), middle = x + width / 2;
    drawn.append(element("circle", { cx: middle, cy: y + height * 0.42, r: size * 0.16, class: "person" }));
    if (kind !== "voice") {
      drawn.append(element("path", {
        d: `M${middle - size * 0.3} ${y + height}a${size * 0.3} ${size * 0.32} 0 0 1 ${size * 0.6} 0Z`, class: "person",
      }));
    }
  }
  return drawn;
}

export class LayoutPicker {
  // `choose` is asked to change the layout; if it throws, the choice goes back. With `forAll`, if it is set.
  constructor(panel, choose) {
    this.panel = panel;
    this.choose = choose;
    this.forAll = document.createElement("input");
    this.forAll.type = "checkbox";
    this.forAllField = document.createElement("label");
    this.forAllField.className = "check";
    this.forAllField.hidden = true;
    this.forAllField.append(this.forAll, " For everybody in the room");
  }

  // Hosts choose for all as well.
  set isHost(isHost) {
    this.forAllField.hidden = !isHost;
    if (!isHost) this.forAll.checked = false;
  }

  // Until the room's layout is known none is chosen, unless one's own is.
  async load(current) {
    this.current = current;
    this.known = await fetch("/v1/layouts").then((response) => response.json()).catch(() => []);
    this.draw();
  }

  draw() {
    const names = [...new Set([...order.filter((name) => this.known.includes(name)), ...this.known])]
      .filter((name) => name === this.current || !unlisted.includes(name));
    const set = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = "Layout of my picture";
    set.append(legend);
    for (const name of names) {
      const label = document.createElement("label"), input = document.createElement("input"), text = document.createElement("span");
      Object.assign(input, { type: "radio", name: "layout", value: name, checked: name === this.current });
      text.textContent = words[name] ?? name.replaceAll("-", " ");
      label.append(input, picture(name), text);
      set.append(label);
    }
    set.addEventListener("change", async ({ target }) => {
      const before = this.current;
      this.current = target.value;
      try {
        await this.choose(target.value, this.forAll.checked);
      } catch {
        this.select(before);
      }
    });
    this.panel.replaceChildren(set, this.forAllField);
  }

  select(name) {
    this.current = name;
    const inputs = [...this.panel.querySelectorAll("input[name=layout]")];
    if (this.known?.includes(name) && !inputs.some((input) => input.value === name)) return this.draw();
    for (const input of inputs) input.checked = input.value === name;
  }
}
