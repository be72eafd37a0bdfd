// What the pages can do besides links and forms. Without it everything but keys still works.
//
// The templates say what is what: [data-focus="/"] takes the focus by its key, a[data-go="t"] is a page behind `g`,
// [data-row] is a row of a list, [data-open] its link, [data-complete] a field with a query, [data-action="log|done|snooze|undo"] a form, or a drop-down
// with one.
"use strict";

// A panel takes the focus as soon as it opens; Escape closes it.
document.addEventListener("click", (event) => {
  const drop = event.target.closest("summary")?.closest("details.drop");
  if (!drop) return;
  event.preventDefault();
  drop.open = !drop.open;
  const field = drop.open && drop.querySelector("textarea, input:not([type=hidden])");
  if (!field) return;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
});

document.addEventListener("keydown", (event) => {
  const drop = event.key === "Escape" && event.target.closest?.("details.drop[open]");
  if (drop) {
    drop.open = false;
    drop.querySelector("summary").focus();
  }
});

// A form is sent once, and by Ctrl+Enter from its text.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
});

// A field with [data-complete] has a list of what its query may go on with, which the server knows.
for (const field of document.querySelectorAll("[data-complete]")) {
  const list = document.getElementById(field.dataset.complete);
  let asked = "";
  field.addEventListener("input", async () => {
    const query = asked = field.value;
    const answer = await fetch(`/complete?${new URLSearchParams({q: query})}`).catch(() => null);
    if (!answer?.ok || query !== asked) return;
    const {words} = await answer.json();
    list.replaceChildren(...words.map(({query: value, meaning}) => new Option(meaning, value)));
  });
}
