// The message list: days, authors, threads, and messages that change in place.

const AVATARS = ["#e8912d", "#2bac76", "#1264a3", "#cd2553", "#7c3085", "#0b7285", "#9c6644", "#4263eb"];

function avatar(user, size) {
  const letters = user.name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  const color = AVATARS[[...user.id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7) % AVATARS.length];
  const kind = user.badge === "Workflow" ? "workflow" : user.badge === null ? "person" : "bot";
  const shown = { workflow: bolt, bot: () => letters.slice(-1), person: () => letters };
  const other = kind === "bot" && user.id !== workspace.app?.user ? "other" : "";
  const box = el("span", { class: `avatar ${size || ""} ${kind} ${other}`, "aria-hidden": "true" }, shown[kind]());
  if (kind === "person") box.style.background = color;
  return box;
}

/** The lightning bolt of Workflow Builder. */
function bolt() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  path.setAttribute("d", "M11.8 1.5 4.2 11.4h4.6L7.6 18.5l8.2-10.6h-5z");
  svg.append(path);
  return svg;
}

function timeOf(ts) {
  return new Date(Number(ts) * 1000);
}

function clockTime(ts) {
  return new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" }).format(timeOf(ts));
}

function dayName(ts) {
  const at = timeOf(ts);
  const near = { "-1": "Yesterday", 0: "Today" }[daysFromToday(at)];
  return near || formatDate(at, "{date_long}").replace(/, \d{4}$/, "");
}

/** Same author, soon after: no second name and picture. */
function continues(message, before) {
  return before && before.user === message.user && !before.ephemeral && !message.ephemeral && !before.reply_count
    && Number(message.ts) - Number(before.ts) < 300 && dayName(message.ts) === dayName(before.ts);
}

/** The list of a channel, or of a thread. */
function renderList(messages, options) {
  const nodes = [];
  messages.forEach((message, n) => {
    const before = messages[n - 1];
    if (options.days && (!before || dayName(before.ts) !== dayName(message.ts))) {
      nodes.push(el("div", { class: "day", role: "separator" }, el("span", {}, dayName(message.ts))));
    }
    nodes.push(renderMessage(message, { ...options, compact: continues(message, before) }));
  });
  return nodes;
}

function renderMessage(message, options) {
  const author = options.user(message.user);
  const when = el("time", { datetime: timeOf(message.ts).toISOString(), title: timeOf(message.ts).toString() }, clockTime(message.ts));
  // Slack does not say so of a message that is made of blocks.
  const edited = message.edited && !message.blocks.length ? el("span", { class: "edited", "data-testid": "edited" }, "(edited)") : null;
  const head = options.compact ? null : el("div", { class: "message-head" }, el("b", { class: "author" }, author.name),
    author.badge ? el("span", { class: "badge" }, author.badge) : null, when);
  const classes = ["message", options.compact && "compact", message.ephemeral && "ephemeral"].filter(Boolean).join(" ");
  return el("article", { class: classes, "data-testid": "message", "data-ts": message.ts, "data-version": message.version, id: options.anchors ? `m${message.ts}` : null,
    "aria-label": `${author.name} at ${clockTime(message.ts)}` },
  el("div", { class: "gutter" }, options.compact ? el("span", { class: "gutter-time" }, clockTime(message.ts).replace(/ [AP]M/, "")) : avatar(author)),
  el("div", { class: "message-body" },
    message.ephemeral ? el("div", { class: "only-you" }, el("span", { "aria-hidden": "true" }, "👁"), " Only visible to you") : null,
    head, renderBody(message, options, edited), renderReplies(message, options)));
}

function renderBody(message, options, edited) {
  const context = { names: options.names, people: options.people, channels: options.channels, state: null,
    act: (element, block, value) => options.act(message, element, block, value) };
  const attachments = (message.attachments || []).map((attachment) => renderAttachment(attachment, context));
  if (!message.blocks.length) {
    return el("div", { class: "text" }, mrkdwn(message.text, options.names), edited ? [" ", edited] : null, attachments);
  }
  return el("div", { class: "blocks" }, message.blocks.map((block) => renderBlock(block, context)), attachments);
}

function renderAttachment(attachment, context) {
  const box = el("div", { class: "attachment" }, attachment.pretext ? el("div", {}, mrkdwn(attachment.pretext, context.names)) : null,
    attachment.title ? el("b", {}, plainNodes(attachment.title)) : null,
    attachment.text ? el("div", {}, mrkdwn(attachment.text, context.names)) : null,
    (attachment.blocks || []).map((block) => renderBlock(block, context)));
  if (/^#?[0-9a-f]{6}$/i.test(attachment.color || "")) box.style.borderLeftColor = "#" + attachment.color.replace("#", "");
  return box;
}

function renderReplies(message, options) {
  if (!options.openThread || !message.reply_count) return null;
  const label = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return el("button", { type: "button", class: "replies", "data-testid": "replies", onclick: () => options.openThread(message.ts) }, label);
}
