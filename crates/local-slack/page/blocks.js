// Block Kit as DOM nodes. `act(element, block, value)` is called when a person presses or chooses something.

/** A text object. */
function textObject(text, names) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, names) : plainNodes(String(text.text ?? "").replaceAll("&", "&amp;"));
}

/** One block; what this page does not know it says by name. */
function renderBlock(block, context) {
  const { names } = context;
  const shell = (name, ...children) => el("div", { class: `block ${name}`, "data-block-id": block.block_id }, ...children);
  switch (block.type) {
    case "header": return shell("header", el("h3", {}, textObject(block.text, names)));
    case "divider": return el("hr", { class: "block" });
    case "section": return renderSection(block, context, shell);
    case "context": return shell("context", block.elements.map((element) => element.type === "image"
      ? el("img", { src: element.image_url, alt: element.alt_text }) : el("span", {}, textObject(element, names))));
    case "actions": return shell("actions", block.elements.map((element) => renderElement(element, block, context)));
    case "image": return shell("image", block.title ? el("div", { class: "image-title" }, textObject(block.title, names)) : null,
      el("img", { src: block.image_url, alt: block.alt_text }));
    case "input": return renderInput(block, context, shell);
    case "markdown": return shell("section", plainNodes(block.text));
    case "rich_text": return shell("section", richText(block.elements, context));
    default: return shell("unknown", `(${block.type})`);
  }
}

function renderSection(block, context, shell) {
  const { names } = context;
  const text = block.text ? el("div", { class: "section-text" }, textObject(block.text, names)) : null;
  const fields = block.fields ? el("div", { class: "fields" }, block.fields.map((field) =>
    el("div", { class: "field" }, textObject(field, names)))) : null;
  const accessory = block.accessory ? el("div", { class: "accessory" }, renderElement(block.accessory, block, context)) : null;
  return shell(accessory ? "section with-accessory" : "section", el("div", { class: "section-main" }, text, fields), accessory);
}

function renderInput(block, context, shell) {
  const id = `field-${block.block_id}`;
  const error = context.errors?.[block.block_id];
  return shell(error ? "input invalid" : "input",
    el("label", { for: id }, plainNodes(block.label.text), block.optional ? el("span", { class: "optional" }, " (optional)") : null),
    renderElement(block.element, block, { ...context, id, label: block.label.text, required: !block.optional }),
    el("div", { class: "field-error", role: "alert", "data-testid": `error-${block.block_id}` }, error || ""),
    block.hint ? el("div", { class: "field-hint" }, plainNodes(block.hint.text)) : null);
}

/** One interactive element (or image). */
function renderElement(element, block, context) {
  const acts = block.type !== "input" || block.dispatch_action;
  const act = (value) => acts && context.act(element, block, value);
  const common = {
    id: context.id, "data-action-id": element.action_id, "data-block-id": block.block_id,
    "data-testid": context.id ? `field-${block.block_id}` : `action-${element.action_id}`,
    "aria-required": context.required ? "true" : undefined,
  };
  const state = context.state?.[block.block_id]?.[element.action_id] || {};
  switch (element.type) {
    case "image": return el("img", { src: element.image_url, alt: element.alt_text });
    case "button": return renderButton(element, common, act, context);
    case "overflow": return chooser(element, { ...common, class: "overflow", "aria-label": "More actions" }, "⋯", null, act, context);
    case "plain_text_input": return textInput(element, common, state, act);
    case "number_input": return field("number", element, { ...common, step: element.is_decimal_allowed ? "any" : "1" }, state.value ?? element.initial_value, act);
    case "email_text_input": return field("email", element, common, state.value ?? element.initial_value, act);
    case "url_text_input": return field("url", element, common, state.value ?? element.initial_value, act);
    case "datepicker": return field("date", element, common, state.selected_date ?? element.initial_date, act);
    case "timepicker": return field("time", element, common, state.selected_time ?? element.initial_time, act);
    case "datetimepicker": return dateTimeInput(element, common, state, act);
    case "radio_buttons": return ticks("radio", element, common, [state.selected_option ?? element.initial_option], act, context);
    case "checkboxes": return ticks("checkbox", element, common, state.selected_options ?? element.initial_options ?? [], act, context);
    default: return renderSelect(element, common, state, act, context);
  }
}

function renderButton(element, common, act, context) {
  const press = () => {
    if (element.url) window.open(element.url, "_blank", "noopener");
    act(undefined);
  };
  const style = element.style ? `button ${element.style}` : "button";
  const pressed = () => (element.confirm ? askFirst(element.confirm, press, context.names) : press());
  return el("button", { ...common, type: "button", class: style, "aria-label": element.accessibility_label, onclick: pressed },
    plainNodes(element.text.text));
}

function textInput(element, common, state, act) {
  const value = state.value ?? element.initial_value;
  if (!element.multiline) return field("text", element, { ...common, maxlength: element.max_length }, value, act);
  const area = el("textarea", { ...common, rows: "4", maxlength: element.max_length, placeholder: element.placeholder?.text,
    onchange: (event) => act(event.target.value) });
  area.value = value ?? "";
  return area;
}

function field(type, element, common, value, act) {
  const input = el("input", { ...common, type, placeholder: element.placeholder?.text, min: element.min_value, max: element.max_value,
    onchange: (event) => act(event.target.value) });
  input.value = value ?? "";
  return input;
}

function dateTimeInput(element, common, state, act) {
  const seconds = state.selected_date_time ?? element.initial_date_time;
  const input = el("input", { ...common, type: "datetime-local", onchange: () => act(valueOf(input)) });
  if (seconds) {
    const at = new Date(seconds * 1000);
    input.value = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }
  return input;
}

function renderSelect(element, common, state, act, context) {
  const isMulti = element.type.startsWith("multi_");
  const offered = optionsOf(element, context);
  const initial = state.selected_option?.value ?? state.selected_user ?? state.selected_channel ?? state.selected_conversation
    ?? element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation;
  const initials = (state.selected_options ?? element.initial_options ?? []).map((option) => option.value)
    .concat(state.selected_users ?? element.initial_users ?? []);
  const select = el("select", { ...common, multiple: isMulti, onchange: () => act(valueOf(select)) },
    isMulti ? null : el("option", { value: "", disabled: context.required }, element.placeholder?.text || "Choose an option"),
    offered.map((group) => group.label ? el("optgroup", { label: group.label }, group.options) : group.options));
  for (const option of select.options) option.selected = isMulti ? initials.includes(option.value) : option.value === (initial ?? "");
  return select;
}

/** Groups of `<option>`s: those offered, or the workspace's people and channels. */
function optionsOf(element, context) {
  const made = (option) => el("option", { value: option.value }, emojify(option.text.text));
  if (element.option_groups) {
    return element.option_groups.map((group) => ({ label: group.label.text, options: group.options.map(made) }));
  }
  if (element.options) return [{ options: element.options.map(made) }];
  const all = element.type.includes("users") ? context.people() : context.channels();
  return [{ options: all.map(({ id, name }) => el("option", { value: id }, name)) }];
}

/** A menu that acts as soon as something is chosen. */
function chooser(element, common, label, initial, act, context) {
  const select = el("select", { ...common, onchange: () => { const value = select.value; select.value = ""; act(value); } },
    el("option", { value: "" }, label), optionsOf(element, context).map((group) => group.options));
  return select;
}

function ticks(type, element, common, chosen, act, context) {
  const values = chosen.filter(Boolean).map((option) => option.value);
  const box = el("div", { ...common, class: "ticks", "aria-label": context.label, role: type === "radio" ? "radiogroup" : "group", "data-ticks": type,
    onchange: () => act(valueOf(box)) },
  element.options.map((option) => el("label", {},
    el("input", { type, name: `${element.action_id}-${context.id || ""}`, value: option.value, checked: values.includes(option.value) }),
    el("span", {}, textObject(option.text, context.names),
      option.description ? el("small", {}, textObject(option.description, context.names)) : null))));
  return box;
}

/** What an input element holds, as text; several choices parted by commas. */
function valueOf(node) {
  if (node.dataset.ticks) return [...node.querySelectorAll("input:checked")].map((input) => input.value).join(",");
  if (node.multiple) return [...node.selectedOptions].map((option) => option.value).join(",");
  if (node.type === "datetime-local") return node.value ? String(Math.floor(new Date(node.value).getTime() / 1000)) : "";
  return node.value;
}

/** Rich text, as far as plain styles go. */
function richText(elements, context) {
  return (elements || []).map((element) => {
    const inner = () => richText(element.elements, context);
    const style = Object.keys(element.style || {}).join(" ");
    switch (element.type) {
      case "text": return el("span", { class: `rich ${style}` }, plainNodes(element.text.replaceAll("&", "&amp;")));
      case "link": return token(`${element.url}|${element.text || element.url}`, context.names);
      case "user": return token(`@${element.user_id}`, context.names);
      case "channel": return token(`#${element.channel_id}`, context.names);
      case "emoji": return EMOJI[element.name] || `:${element.name}:`;
      case "rich_text_preformatted": return el("pre", {}, inner());
      case "rich_text_quote": return el("blockquote", {}, inner());
      case "rich_text_list": return el(element.style === "ordered" ? "ol" : "ul", {}, (element.elements || []).map((item) => el("li", {}, richText([item], context))));
      default: return el("div", {}, inner());
    }
  });
}
