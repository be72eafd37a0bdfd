// What the pages can do besides links and forms: live update, keys, completion. All else works without this file.
//
// The templates say what is what: [data-focus="/"] takes the focus by its key, a[data-go="t"] is a page behind `g`,
// [data-row] is a row of a list, [data-open] its link, [data-action="log"] a form, a link, or a drop-down with a form,
// and [data-complete] a field that is completed.
"use strict";

// Live: when the vault changes, the page asks for itself again and puts the new <main> in the place of the old.
// The server says "changed" and no more (server/changes.py); data-mark is what the page was drawn at.

let source = null;
let latest = document.body.dataset.mark;
let isDrawing = false;

function listen() {
  const isWanted = !document.hidden && latest !== undefined;
  if (isWanted && source === null) {
    source = new EventSource("/changes");
    source.onmessage = (event) => {
      latest = event.data;
      redraw();
    };
    source.onerror = () => source?.readyState === EventSource.CLOSED && notice("No live update any more: is ptcrm serve still running?");
  } else if (!isWanted && source !== null) {
    source.close(); // a browser has few connections, and nobody looks
    source = null;
  }
}

async function redraw() {
  if (isDrawing || latest === document.body.dataset.mark) return;
  if (isHalfTyped()) return notice("Changed on disk. What you have typed here stays until you show it anew.");
  const asked = latest;
  isDrawing = true;
  const page = await fetched(location.href).catch(() => null);
  isDrawing = false;
  if (page === null) return;
  if (isHalfTyped()) return redraw();
  swap(page.querySelector("main"));
  document.title = page.title;
  document.body.dataset.mark = page.body.dataset.mark ?? asked; // a page of an error has none
  if (latest !== asked) redraw();
}

async function fetched(address) {
  const answer = await fetch(address, { cache: "no-store" });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function isHalfTyped() {
  const fields = [...document.querySelectorAll("main :is(input, textarea, select)")];
  return fields.some(isTouched) || document.activeElement?.matches("main select");
}

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.type !== "hidden" && field.value !== field.defaultValue;
  const first = field.querySelector("option[selected]") ?? field.options[0];
  return field.selectedOptions[0] !== first;
}

function notice(words) {
  document.getElementById("notice")?.remove();
  const box = document.createElement("div");
  box.id = "notice";
  box.className = "note";
  box.role = "status";
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Show it anew";
  const line = document.createElement("p");
  line.append(`${words} `, link);
  box.append(line);
  document.querySelector("main").prepend(box);
}

// A part of the page is known again by what it is and says, and by how many such come before it.

const PARTS = "a, button, input, textarea, select, summary, [tabindex]";

function named(part) {
  const row = part.closest("[data-row]")?.querySelector("a")?.getAttribute("href");
  const words = part.getAttribute("aria-label") ?? (part.matches("a, button, summary") ? part.textContent.trim() : "");
  return [part.tagName, part.id, part.name, part.getAttribute("href"), part.form?.getAttribute("action"), row, words].join("\n");
}

function find(main, name, count) {
  return [...main.querySelectorAll(PARTS)].filter((one) => named(one) === name)[count];
}

function swap(fresh) {
  const old = document.querySelector("main");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const kept = focused && known(old, focused);
  const open = [...old.querySelectorAll("details[open] > summary")].map((one) => known(old, one));
  const top = focused?.getBoundingClientRect().top;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const row = rows().indexOf(focused?.closest("[data-row]"));
  old.replaceWith(fresh);
  for (const one of open) find(fresh, ...one)?.parentElement.setAttribute("open", "");
  prepare(fresh);
  if (focused === null) return;
  const again = find(fresh, ...kept) ?? rows()[Math.min(row, rows().length - 1)] ?? fresh;
  again.focus({ preventScroll: true });
  if (selection?.[0] != null) again.setSelectionRange?.(...selection);
  scrollBy(0, again.getBoundingClientRect().top - top);
}

function known(main, part) {
  const name = named(part);
  const alike = [...main.querySelectorAll(PARTS)].filter((one) => named(one) === name);
  return [name, alike.indexOf(part)];
}

// Shortcuts: `?` lists them, from the page /help, which says the same without this file.

const ACTIONS = { l: "log", d: "done", s: "snooze", m: "move", e: "edit", u: "undo" };
let isGoing = false;

function rows() {
  return [...document.querySelectorAll("main [data-row]")];
}

function currentRow() {
  return document.activeElement?.closest("main [data-row]") ?? null;
}

function walk(step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function act(name) {
  const scope = (name !== "undo" && currentRow()) || document.querySelector("main");
  const found = scope.querySelector(`[data-action="${name}"]`);
  if (found === null || (scope.tagName === "MAIN" && found.closest("[data-row]"))) return;
  if (found.matches("details")) {
    found.open = false;
    found.querySelector("summary").click();
  } else if (found.matches("form")) {
    const field = found.querySelector("textarea, input:not([type=hidden])");
    if (field === null) return found.requestSubmit();
    typeInto(field);
  } else {
    found.click();
  }
}

async function help() {
  const page = await fetched("/help");
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "help-title");
  const close = document.createElement("form");
  close.method = "dialog";
  const button = document.createElement("button");
  button.textContent = "Close";
  close.append(button);
  dialog.append(...page.querySelector("main").childNodes, close);
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}

function press(key) {
  if (isGoing) {
    isGoing = false;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
  } else if (key === "g") {
    isGoing = true;
  } else if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
  } else if (key === "?") {
    help();
  } else if (key === "Enter" && document.activeElement?.matches("[data-row]")) {
    document.activeElement.querySelector("[data-open]")?.click();
  } else if (key in ACTIONS) {
    act(ACTIONS[key]);
  } else {
    const field = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
    field?.focus();
    field?.select();
    return field !== null;
  }
  return key !== "Enter";
}

function leave(field) {
  const drop = field.closest("details[open]");
  if (drop !== null) drop.open = false;
  (field.closest("[data-row]") ?? drop?.querySelector("summary") ?? document.querySelector("main")).focus();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") !== null) return;
  const isTyping = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (event.key === "Escape" && (isTyping || event.target.closest("details[open]"))) leave(event.target);
  else if (!isTyping && press(event.key)) event.preventDefault();
});

// A panel that opens takes the focus. Ctrl+Enter sends the form of a text.

document.addEventListener("click", (event) => {
  const drop = event.target.closest("summary")?.closest("details.drop");
  if (!drop) return;
  event.preventDefault(); // its own way opens it a moment later, when letters were typed already
  drop.open = !drop.open;
  const field = drop.open && drop.querySelector("textarea, input:not([type=hidden])");
  if (field) typeInto(field);
});

function typeInto(field) {
  field.focus();
  if (field.matches("textarea")) field.setSelectionRange(field.value.length, field.value.length);
  else field.select(); // a proposal, in the place of which another is typed
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
});

// A form is sent once. Afterwards the row that has come up in the place of its own has the focus.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  const row = rows().indexOf(form.closest("[data-row]"));
  if (row >= 0) sessionStorage.setItem("row", `${row} ${location.pathname}`);
});

function returnToRow() {
  const [row, path] = (sessionStorage.getItem("row") ?? "").split(" ");
  sessionStorage.removeItem("row");
  if (path !== location.pathname) return;
  const all = rows();
  all[Math.min(Number(row), all.length - 1)]?.focus();
}

// Completion: a combobox with a list (ARIA Authoring Practices), filled by the address in data-complete.

function combobox(input) {
  const list = document.createElement("ul");
  list.id = `${input.id}-list`;
  list.className = "completions";
  list.role = "listbox";
  list.setAttribute("aria-label", "Completions");
  list.hidden = true;
  input.after(list);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  let found = [];
  let at = -1;
  let asked = 0;

  function show(completions) {
    found = completions;
    at = -1;
    list.replaceChildren(...found.map(option));
    list.hidden = found.length === 0;
    list.style.left = `${input.offsetLeft}px`;
    list.style.top = `${input.offsetTop + input.offsetHeight}px`;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function option(one, number) {
    const item = document.createElement("li");
    item.id = `${list.id}-${number}`;
    item.role = "option";
    item.setAttribute("aria-selected", "false");
    const word = document.createElement("span");
    word.textContent = one.query;
    const means = document.createElement("span");
    means.className = "quiet";
    means.textContent = one.meaning;
    item.append(word, " ", means);
    item.onmousedown = (event) => event.preventDefault(); // the field keeps the focus
    item.onclick = () => take(one);
    return item;
  }

  function choose(number) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = (number + found.length) % found.length;
    list.children[at].setAttribute("aria-selected", "true");
    list.children[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", list.children[at].id);
  }

  function take(one) {
    input.value = one.query;
    show([]);
    if (one.query.endsWith(":")) ask();
  }

  async function ask() {
    const number = ++asked;
    const query = new URLSearchParams({ q: input.value });
    const answer = await fetch(`${input.dataset.complete}?${query}`).catch(() => null);
    const words = answer?.ok ? (await answer.json()).words : [];
    if (number === asked && document.activeElement === input) show(words);
  }

  input.addEventListener("input", ask);
  input.addEventListener("blur", () => show([]));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) ask();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at < 0 ? -1 : at - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(found[at]);
    else if (event.key === "Escape") show([]);
    else return;
    event.preventDefault();
  });
}

function prepare(part) {
  part.querySelectorAll("input[data-complete]").forEach(combobox);
}

document.addEventListener("visibilitychange", listen);
window.addEventListener("pagehide", () => { source?.close(); source = null; });
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  listen();
});
prepare(document);
returnToRow();
