// The list of those who are in the room, and the chat.

import { label } from "/symbols.js";

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export class PeoplePanel {
  // `act` carries out a wish: its type and fields.
  constructor(panel, act) {
    this.panel = panel;
    this.act = act;
    this.rows = new Map();
    this.title = make("h2");
    this.list = make("ul", { className: "people" });
    this.panel.replaceChildren(this.title, this.list);
  }

  show({ people, me, isHost, speaker, room }, pinned) {
    const all = [...people.values()].filter((person) => person.kind !== "view");
    const watching = people.size - all.length;
    this.title.textContent = `People (${all.length}${watching ? ` and ${watching} watching` : ""})`;
    for (const [id, row] of this.rows) if (!people.has(id) || people.get(id).kind === "view") { row.remove(); this.rows.delete(id); }
    for (const person of all) {
      let row = this.rows.get(person.id);
      // What has not changed keeps its place, and the focus that is on it.
      const state = JSON.stringify([{ ...person, age: 0 }, isHost, speaker === person.id, pinned, room?.pinned]);
      if (row?.dataset.state === state) continue;
      const focused = row?.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
      if (!row) { row = make("li"); this.rows.set(person.id, row); this.list.append(row); }
      row.dataset.state = state;
      row.classList.toggle("speaks", speaker === person.id);
      const marks = [];
      if (person.id === me) marks.push("you");
      if (person.role) marks.push(person.role);
      if (speaker === person.id) marks.push("speaking");
      if (person.isMuted) marks.push(person.mutedByHost.includes("audio") ? "muted by a host" : "muted");
      if (person.sharesScreen) marks.push("shares the screen");
      if (person.hasPoorNetwork) marks.push("poor connection");
      if (person.presence === "lost") marks.push("connection lost");
      else if (person.presence === "joining") marks.push("joining");
      else if (person.isFrozen) marks.push("picture stopped");
      if (room?.pinned === person.id) marks.push("pinned for all");
      const words = make("div", {}, make("strong", { textContent: person.name, dir: "auto" }), make("span", { className: "quiet", textContent: marks.join(", ") }));
      const buttons = make("div", { className: "wishes" });
      const add = (action, symbol, text, type, fields, options) => {
        const button = make("button", { type: "button", className: "small", title: text });
        button.dataset.action = action;
        label(button, symbol, `${text}: ${person.name}`, options);
        button.addEventListener("click", () => this.act(type, fields));
        buttons.append(button);
      };
      const isPinned = pinned === person.id;
      add("pin", "pin", isPinned ? "Unpin" : "Pin", "pin", person.id, { pressed: isPinned });
      if (isHost && person.id !== me) {
        const muted = person.mutedByHost.includes("audio");
        add("mute", "microphone", muted ? "Allow to speak" : "Mute", "mute", { participant: person.id, media: "audio", muted: !muted }, { off: muted, pressed: muted });
        add("remove", "leave", "Remove", "remove", { participant: person.id });
      }
      row.replaceChildren(words, buttons);
      if (focused) row.querySelector(`[data-action="${focused}"]`)?.focus();
    }
  }
}

export class ChatPanel {
  constructor(panel, send) {
    this.panel = panel;
    this.list = make("ol", { className: "chat", tabIndex: 0 });
    this.list.setAttribute("role", "log");
    this.list.setAttribute("aria-label", "Messages");
    this.input = make("input", { maxLength: 2000, autocomplete: "off", placeholder: "Message to all", id: "chat-text" });
    this.input.setAttribute("aria-label", "Message to all");
    this.trouble = make("p", { className: "trouble" });
    this.trouble.setAttribute("role", "alert");
    const form = make("form", {}, this.input, make("button", { type: "submit", className: "primary", textContent: "Send" }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return;
      this.trouble.textContent = "";
      try {
        await send(text);
        if (this.input.value.trim() === text) this.input.value = "";
      } catch (error) { this.trouble.textContent = error.message; }
    });
    this.panel.replaceChildren(make("h2", { textContent: "Chat" }), this.list, this.trouble, form);
  }

  clear() { this.list.replaceChildren(); this.input.value = ""; }

  add({ name, text, time }, isMine) {
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    const when = new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    this.list.append(make("li", { className: isMine ? "mine" : "" },
      make("span", { className: "quiet", textContent: `${isMine ? "You" : name}, ${when}` }), make("p", { textContent: text, dir: "auto" })));
    if (this.list.children.length > 500) this.list.firstChild.remove();
    if (isAtEnd || isMine) this.list.scrollTop = this.list.scrollHeight;
  }
}
