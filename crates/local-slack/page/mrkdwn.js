"use strict";
// Slack's mrkdwn as DOM nodes. Text only ever becomes text nodes: nothing here parses HTML.

/** A new element; `children` are nodes or strings. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", warning: "⚠️", no_entry: "⛔",
  rotating_light: "🚨", hourglass: "⌛", hourglass_flowing_sand: "⏳", alarm_clock: "⏰", stopwatch: "⏱️",
  timer_clock: "⏲️", clock1: "🕐", clock3: "🕒", calendar: "📅", date: "📅", rocket: "🚀", tada: "🎉", sparkles: "✨", zap: "⚡",
  lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", key: "🔑", shield: "🛡️", performing_arts: "🎭", dna: "🧬",
  wastebasket: "🗑️", broom: "🧹", mag: "🔍", eyes: "👀", bulb: "💡", information_source: "ℹ️", link: "🔗", package: "📦",
  floppy_disk: "💾", card_file_box: "🗃️", bar_chart: "📊", memo: "📝", page_facing_up: "📄", gear: "⚙️", wrench: "🔧",
  hammer_and_wrench: "🛠️", construction: "🚧", octagonal_sign: "🛑", red_circle: "🔴", large_yellow_circle: "🟡",
  large_green_circle: "🟢", large_blue_circle: "🔵", large_orange_circle: "🟠", white_circle: "⚪", black_circle: "⚫",
  white_large_square: "⬜", white_small_square: "▫️", black_small_square: "▪️", small_blue_diamond: "🔹",
  arrow_right: "➡️", arrows_counterclockwise: "🔄", repeat: "🔁", fast_forward: "⏩", heavy_minus_sign: "➖", heavy_plus_sign: "➕",
  bell: "🔔", mailbox: "📫", moneybag: "💰", wave: "👋", "+1": "👍", thumbsup: "👍", raised_hand: "✋", no_entry_sign: "🚫",
  busts_in_silhouette: "👥", bust_in_silhouette: "👤", robot_face: "🤖", ghost: "👻", seedling: "🌱", recycle: "♻️",
  sheep: "🐑", twisted_rightwards_arrows: "🔀", question: "❓", exclamation: "❗", hammer: "🔨", scissors: "✂️", seal: "🦭",
};

/** Slack's three escapes, undone. */
function unescapeText(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function emojify(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] || whole);
}

/** Text with `:emoji:` and line breaks. */
function plainNodes(text) {
  const lines = emojify(unescapeText(text)).split("\n");
  return lines.flatMap((line, n) => (n === 0 ? [line] : [el("br"), line]));
}

/** The whole of a mrkdwn text. */
function mrkdwn(text, names) {
  return String(text ?? "").split(/```/).flatMap((part, n, all) => {
    const isCode = n % 2 === 1 && n < all.length - 1;
    if (isCode) return [el("pre", {}, unescapeText(part.replace(/^\n|\n$/g, "")))];
    return quotes(n % 2 === 1 ? "```" + part : part, names);
  });
}

function quotes(text, names) {
  const nodes = [];
  let quote = null;
  for (const line of text.split("\n")) {
    const quoted = /^&gt; ?/.test(line);
    if (quoted && !quote) nodes.push(quote = el("blockquote", {}));
    else if (quoted) quote.append(el("br"));
    else if (nodes.length && !quote) nodes.push(el("br"));
    if (!quoted) quote = null;
    (quote ? (...more) => quote.append(...more) : (...more) => nodes.push(...more))(...inline(line.replace(/^&gt; ?/, ""), names));
  }
  return nodes;
}

const INLINE = [
  [/`([^`]+)`/, (match) => [el("code", {}, unescapeText(match[1]))]],
  [/<([^<>]+)>/, (match, names) => [token(match[1], names)]],
  [/(?<![\p{L}\p{N}*])\*(?=\S)([^*]*[^\s*])\*(?![\p{L}\p{N}*])/u, (match, names) => [el("b", {}, inline(match[1], names))]],
  [/(?<![\p{L}\p{N}_])_(?=\S)([^_]*[^\s_])_(?![\p{L}\p{N}_])/u, (match, names) => [el("i", {}, inline(match[1], names))]],
  [/(?<![\p{L}\p{N}~])~(?=\S)([^~]*[^\s~])~(?![\p{L}\p{N}~])/u, (match, names) => [el("s", {}, inline(match[1], names))]],
];

function inline(text, names) {
  let first = null;
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return plainNodes(text);
  const { match, make } = first;
  return [...plainNodes(text.slice(0, match.index)), ...make(match, names), ...inline(text.slice(match.index + match[0].length), names)];
}

/** What stands between < and >. */
function token(inside, names) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? null : unescapeText(inside.slice(bar + 1));
  if (target.startsWith("@")) return el("span", { class: "mention" }, "@" + (label || names(target.slice(1))));
  if (target.startsWith("#")) return el("span", { class: "mention" }, "#" + (label || names(target.slice(1))));
  if (target.startsWith("!date^")) return dateToken(target, label);
  if (target.startsWith("!subteam^")) return el("span", { class: "mention" }, label || "@group");
  if (target.startsWith("!")) return el("span", { class: "mention" }, label || "@" + target.slice(1));
  const url = unescapeText(target);
  if (!/^(https?|mailto|tel|slack):/i.test(url)) return document.createTextNode("<" + unescapeText(inside) + ">");
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
}

function dateToken(target, fallback) {
  const [, seconds, format, link] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(at.getTime())) return document.createTextNode(fallback || "");
  const text = formatDate(at, format);
  const shown = el("time", { datetime: at.toISOString(), title: at.toString() }, text);
  return link && /^https?:/.test(link) ? el("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, shown) : shown;
}

/** Slack's date tokens, in the browser's time zone. */
function formatDate(at, format) {
  const part = (options) => new Intl.DateTimeFormat("en-US", options).format(at);
  const two = (number) => String(number).padStart(2, "0");
  const day = at.getDate();
  const suffix = day % 10 === 1 && day !== 11 ? "st" : day % 10 === 2 && day !== 12 ? "nd" : day % 10 === 3 && day !== 13 ? "rd" : "th";
  const long = `${part({ month: "long" })} ${day}${suffix}, ${at.getFullYear()}`;
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[daysFromToday(at)];
  const tokens = {
    date_num: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(day)}`,
    date_slash: part({ month: "2-digit", day: "2-digit", year: "numeric" }),
    date: long,
    date_short: part({ month: "short", day: "numeric", year: "numeric" }),
    date_long: `${part({ weekday: "long" })}, ${long}`,
    time: part({ hour: "numeric", minute: "2-digit" }),
    time_secs: part({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: ago(at),
  };
  for (const name of ["date", "date_short", "date_long"]) tokens[name + "_pretty"] = near || tokens[name];
  const shown = format.replace(/\{(\w+)\}/g, (whole, name) => tokens[name] || whole);
  return shown.charAt(0) === format.charAt(0) ? shown : shown.charAt(0).toUpperCase() + shown.slice(1);
}

function daysFromToday(at) {
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
}

function ago(at) {
  const minutes = Math.round((Date.now() - at.getTime()) / 60_000);
  const size = Math.abs(minutes);
  const [count, unit] = size < 60 ? [size, "minute"] : size < 1440 ? [Math.round(size / 60), "hour"] : [Math.round(size / 1440), "day"];
  const amount = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return minutes < 0 ? `in ${amount}` : `${amount} ago`;
}
