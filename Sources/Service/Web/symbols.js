// Symbols of buttons, drawn on a square of 24, and what stands beside them.

const shapes = {
  microphone: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  camera: "M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM15 11l6-3.5v9L15 13",
  screen: "M3 5h18v11H3ZM8 20h8M12 16v4M9 10.5l3-3 3 3M12 7.5v6",
  layout: "M3 4h11v16H3ZM17 4h4v7h-4ZM17 14h4v6h-4Z",
  record: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z",
  quality: "M4 20v-5M9.3 20v-9M14.7 20V7M20 20V4",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.6c2.1.8 3.5 2.8 3.5 5.4",
  chat: "M4 5h16v11H10l-4 4v-4H4ZM8 9h8M8 12h5",
  pin: "M9 4h6l-.8 6 3.3 3.5h-11L9.8 10ZM12 13.5V20",
  leave: "M3 15.5c5-5 13-5 18 0l-2.5 2.5-3.5-1.5v-2.6a10 10 0 0 0-6 0v2.6L5.5 18Z",
};
const drawing = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(drawing, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Gives a button its symbol, crossed out if `off`, and its words.
export function label(button, symbol, words, { off = false, pressed } = {}) {
  const picture = element("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, element("path", { d: shapes[symbol] }));
  if (off) picture.append(element("path", { d: "M4 4l16 16", class: "cross" }));
  const text = document.createElement("span");
  text.textContent = words;
  button.replaceChildren(picture, text);
  button.setAttribute("aria-label", words);
  if (pressed !== undefined) button.setAttribute("aria-pressed", pressed);
}
