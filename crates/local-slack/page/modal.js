// Modals: the app's, and the small one that asks first.

/** Slack's confirmation dialog. */
function askFirst(confirm, yes, names) {
  const before = document.activeElement;
  const close = () => { shade.remove(); before?.focus(); };
  const shade = el("div", { class: "shade" }, el("div", { class: "modal confirm", role: "alertdialog", "aria-modal": "true", "aria-label": confirm.title.text, "data-testid": "confirm" },
    el("header", {}, el("h2", {}, plainNodes(confirm.title.text)), closer(close)),
    el("div", { class: "modal-body" }, textObject(confirm.text, names)),
    el("footer", {},
      el("button", { type: "button", class: "button", "data-testid": "confirm-deny", onclick: close }, plainNodes(confirm.deny.text)),
      el("button", { type: "button", class: `button ${confirm.style || "primary"}`, "data-testid": "confirm-yes", onclick: () => { close(); yes(); } }, plainNodes(confirm.confirm.text)))));
  shade.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.body.append(shade);
  shade.querySelector("[data-testid=confirm-yes]").focus();
}

function closer(close) {
  return el("button", { type: "button", class: "closer", "aria-label": "Close", "data-testid": "modal-close", onclick: close }, "✕");
}

/** Shows the topmost of a person's modals; keeps what was typed where the view stays the same. */
function showModals(views, context) {
  const root = document.getElementById("modals");
  const view = views.at(-1);
  const shown = root.querySelector(".modal");
  if (!view) return root.replaceChildren();
  const typed = shown?.dataset.viewId === view.id ? typedIn(root) : {};
  if (shown?.dataset.viewId === view.id && shown.dataset.hash === view.hash) return showErrors(root, view.errors);
  const close = (all) => () => context.deed(view, { deed: "close", all });
  const { body } = view;
  const form = el("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": body.title.text, "data-testid": "modal", "data-view-id": view.id, "data-hash": view.hash, novalidate: true },
    el("header", {}, el("h2", { "data-testid": "modal-title" }, plainNodes(body.title.text)), closer(close(true))),
    el("div", { class: "modal-body" }, body.blocks.map((block) => renderBlock(block, { ...context, errors: view.errors, state: view.state,
      act: (element, from, value) => context.deed(view, { deed: "act", action_id: element.action_id, value }) }))),
    el("footer", {},
      el("button", { type: "button", class: "button", "data-testid": "modal-cancel", onclick: close(false) }, body.close ? plainNodes(body.close.text) : "Cancel"),
      body.submit ? el("button", { class: "button primary", "data-testid": "modal-submit" }, plainNodes(body.submit.text)) : null));
  form.addEventListener("submit", (event) => { event.preventDefault(); submitModal(form, view, context); });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close(false)());
  root.replaceChildren(el("div", { class: "shade" }, form));
  for (const [key, value] of Object.entries(typed)) putBack(root, key, value);
  (form.querySelector("input, select, textarea") || form.querySelector("button.primary"))?.focus();
}

async function submitModal(form, view, context) {
  const button = form.querySelector("[data-testid=modal-submit]");
  button.disabled = true;
  button.classList.add("busy");
  await context.deed(view, { deed: "submit", values: typedIn(form) });
  button.disabled = false;
  button.classList.remove("busy");
}

/** What every field of a modal holds, by block. */
function typedIn(root) {
  const fields = [...root.querySelectorAll(".block.input [data-action-id]")];
  return Object.fromEntries(fields.map((node) => [node.dataset.blockId, valueOf(node)]));
}

function putBack(root, block, value) {
  const node = root.querySelector(`.block.input [data-block-id="${CSS.escape(block)}"][data-action-id]`);
  if (!node) return;
  if (node.dataset.ticks) node.querySelectorAll("input").forEach((input) => { input.checked = value.split(",").includes(input.value); });
  else if (node.multiple) [...node.options].forEach((option) => { option.selected = value.split(",").includes(option.value); });
  else if (node.type !== "datetime-local") node.value = value;
}

function showErrors(root, errors) {
  root.querySelectorAll(".block.input").forEach((block) => {
    const error = errors[block.dataset.blockId];
    block.classList.toggle("invalid", Boolean(error));
    block.querySelector(".field-error").textContent = error || "";
  });
  root.querySelector(".block.invalid input, .block.invalid select, .block.invalid textarea")?.focus();
}
