// The page itself: what it knows, what it asks of the server, and what the server tells it.

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const said = [];
let recalled = 0;
let source = null;
let workspace = { me: query.get("user") || sessionStorage.getItem("user") || "", users: [], channels: [], commands: [], modals: [] };
let open = { channel: query.get("channel"), thread: null, tab: query.get("tab") === "home" ? "home" : "messages" };

const userOf = (id) => workspace.users.find((user) => user.id === id) || { id, name: id, handle: id, badge: null };
const names = (id) => workspace.channels.find((channel) => channel.id === id)?.name || userOf(id).handle;
const people = () => workspace.users.filter((user) => user.badge === null);
const shared = () => workspace.channels.filter((channel) => !channel.is_direct);
const channel = () => workspace.channels.find((one) => one.id === open.channel);

async function ask(path, body) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: workspace.me, ...body }) });
    return await response.json();
  } catch {
    return { ok: false, failure: "the workspace does not answer" };
  }
}

async function deed(path, body) {
  const answer = await ask(path, body);
  if (answer.failure && !(path === "/page/say" || path === "/page/workflow")) toast(`The app did not take it: ${answer.failure}`);
  return answer;
}

let toasts = 0;
function toast(text) {
  const box = $("toast");
  const mine = ++toasts;
  box.textContent = text;
  box.hidden = false;
  setTimeout(() => { if (mine === toasts) box.hidden = true; }, 6000);
}

async function load() {
  const response = await fetch(`/page/state?user=${encodeURIComponent(workspace.me)}`);
  workspace = await response.json();
  sessionStorage.setItem("user", workspace.me);
  if (!channel()) open.channel = workspace.channels[0]?.id;
  render();
}

function listen() {
  source?.close();
  source = new EventSource(`/events?user=${encodeURIComponent(workspace.me)}`);
  source.onopen = load; // also after a break: whatever was missed is fetched anew
  source.onmessage = (event) => hear(JSON.parse(event.data));
}

function hear(told) {
  if (told.kind === "reload") return load();
  if (told.kind === "modals") { workspace.modals = told.modals; return renderModals(); }
  if (told.kind === "home") { workspace.home = told.home; return renderHome(); }
  const where = workspace.channels.find((one) => one.id === (told.channel || told.message.channel));
  if (!where) return load();
  if (told.kind === "gone") where.messages = where.messages.filter((message) => message.ts !== told.ts);
  else keepMessage(where, told.message);
  if (where.id !== open.channel && told.kind === "message" && !told.message.version) where.unread = true;
  renderSidebar();
  if (where.id === open.channel) renderMessages(told.message);
}

function keepMessage(where, message) {
  const at = where.messages.findIndex((known) => known.ts === message.ts);
  if (at >= 0) where.messages[at] = message;
  else where.messages.push(message);
  where.messages.sort((a, b) => Number(a.ts) - Number(b.ts));
}

function render() {
  document.title = `${channel()?.name || workspace.app.name} · ${workspace.team.name}`;
  $("team").textContent = workspace.team.name;
  $("team-icon").textContent = workspace.team.name.slice(0, 1).toUpperCase();
  $("search").textContent = `Search ${workspace.team.name}`;
  $("user").replaceChildren(...people().map((user) => el("option", { value: user.id, selected: user.id === workspace.me }, user.name)));
  $("rail-me").replaceChildren(avatar(userOf(workspace.me)));
  renderSidebar();
  renderChannel();
  renderMessages();
  renderHome();
  renderModals();
}

function renderSidebar() {
  const entry = (one, label, mark) => el("li", {}, el("button", { type: "button", "aria-current": one.id === open.channel ? "page" : null,
    class: one.unread ? "unread" : "", "data-testid": `channel-${one.id}`, onclick: () => go(one.id) }, mark, el("span", {}, label)));
  $("channels").replaceChildren(...shared().map((one) => entry(one, one.name, el("span", { class: "hash" }, "#"))));
  const app = userOf(workspace.app.user);
  const direct = workspace.channels.find((one) => one.is_direct) || { id: "app" };
  $("apps").replaceChildren(entry(direct, app.name, avatar(app, "small")));
}

async function go(id) {
  open = { channel: id, thread: null, tab: id === "app" ? "home" : "messages" };
  if (id === "app") { await openHome(); await load(); open.channel = workspace.channels.find((one) => one.is_direct)?.id || open.channel; }
  if (channel()) channel().unread = false;
  render();
}

async function openHome() {
  open.tab = "home";
  await deed("/page/home", {});
}

function renderChannel() {
  const here = channel();
  if (!here) return;
  const isDirect = here.is_direct;
  $("channel-name").replaceChildren(...(isDirect ? [avatar(userOf(workspace.app.user), "small"), workspace.app.name] : [el("span", { class: "hash" }, "#"), here.name]));
  $("channel-topic").textContent = here.topic;
  const tab = (id, label) => el("button", { type: "button", role: "tab", "aria-selected": String(open.tab === id), "data-testid": `tab-${id}`,
    onclick: async () => { open.tab = id; render(); if (id === "home") await openHome(); } }, label);
  $("tabs").hidden = !isDirect;
  $("tabs").replaceChildren(tab("home", "Home"), tab("messages", "Messages"));
  const workflow = workspace.workflow_button;
  const button = (testid) => el("button", { type: "button", class: "workflow-button", "data-testid": testid, onclick: runWorkflow }, el("span", { "aria-hidden": "true", class: "bolt" }, bolt()), workflow);
  $("bookmarks").hidden = !workflow || isDirect;
  $("bookmarks").replaceChildren(...(workflow ? [button("workflow-button")] : []));
  $("composer-workflow").replaceChildren(...(workflow && !isDirect ? [button("composer-workflow-button")] : []));
  $("input").placeholder = isDirect ? `Message ${workspace.app.name}` : `Message #${here.name}`;
  $("input").setAttribute("aria-label", $("input").placeholder);
}

async function runWorkflow(event) {
  const button = event.currentTarget;
  button.disabled = true;
  await deed("/page/workflow", {});
  button.disabled = false;
}

function listOptions() {
  return { user: userOf, names, people, channels: shared, act: (message, element, block, value) =>
    deed("/page/press", { ts: message.ts, action_id: element.action_id, value }) };
}

function renderMessages(changed) {
  const here = channel();
  if (!here) return;
  const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
  const replies = here.messages.filter(isReply);
  const tops = here.messages.filter((message) => !isReply(message)).map((message) => ({ ...message,
    reply_count: replies.filter((reply) => reply.thread_ts === message.ts).length }));
  const box = $("messages");
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !changed;
  const top = box.scrollTop;
  box.replaceChildren(greeting(here), ...renderList(tops, { ...listOptions(), days: true, anchors: true, openThread }));
  if (changed?.version) document.getElementById(`m${changed.ts}`)?.classList.add("changed");
  box.scrollTop = isAtEnd ? box.scrollHeight : top;
  if (!changed && location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  const isHome = here.is_direct && open.tab === "home";
  box.hidden = $("composer").hidden = isHome;
  $("home").hidden = !isHome;
  renderThread(here);
}

function greeting(here) {
  if (here.is_direct) return el("div", { class: "greeting" }, el("h3", {}, workspace.app.name), el("p", {}, "This is the very beginning of your direct message history with this app."));
  const commands = workspace.commands.map((command) => [el("code", {}, `${command.name} ${command.hint}`.trim()), " "]);
  return el("div", { class: "greeting" }, el("h3", {}, "# ", here.name), el("p", {}, `This is the very beginning of the #${here.name} channel. Try `, commands));
}

function openThread(ts) {
  open.thread = ts;
  renderThread(channel());
}

function renderThread(here) {
  const box = $("thread");
  const parent = here.messages.find((message) => message.ts === open.thread);
  box.hidden = !parent;
  if (!parent) return box.replaceChildren();
  const typed = box.querySelector("input")?.value || "";
  const all = here.messages.filter((message) => message.ts === parent.ts || message.thread_ts === parent.ts);
  const input = el("input", { placeholder: "Reply…", "aria-label": "Reply", "data-testid": "thread-input" });
  input.value = typed;
  const form = el("form", { class: "thread-form" }, input);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) ask("/page/say", { channel: here.id, text: input.value, thread_ts: parent.ts });
    input.value = "";
  });
  box.replaceChildren(el("header", {}, el("h2", {}, "Thread"), closer(() => openThread(null))),
    el("div", { class: "thread-list" }, renderList(all, listOptions())), form);
}

function renderHome() {
  const view = workspace.home;
  const box = $("home");
  if (!view) return box.replaceChildren(el("p", { class: "nothing" }, `${workspace.app.name} has nothing here for you yet.`));
  box.replaceChildren(...view.body.blocks.map((block) => renderBlock(block, { names, people, channels: shared, state: view.state,
    act: (element, from, value) => deed("/page/view", { view_id: view.id, deed: "act", action_id: element.action_id, value }) })));
}

function renderModals() {
  showModals(workspace.modals, { names, people, channels: shared, deed: async (view, body) => {
    const answer = await ask("/page/view", { view_id: view.id, ...body });
    if (answer.failure) toast(body.deed === "submit" ? `We had some trouble connecting. Try again? (${answer.failure})` : `The app did not take it: ${answer.failure}`);
    return answer;
  } });
}

// The composer

const input = $("input");

function resize() {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight, 220)}px`;
  document.querySelector(".send").disabled = !input.value.trim();
  suggest();
}

function suggest() {
  const box = $("suggestions");
  const offered = /^\/\S*$/.test(input.value) ? workspace.commands.filter((command) => command.name.startsWith(input.value)) : [];
  box.hidden = !offered.length;
  const take = (command) => () => { input.value = `${command.name} `; input.focus(); resize(); };
  box.replaceChildren(...offered.map((command) => el("button", { type: "button", role: "option", onclick: take(command) },
    avatar(userOf(workspace.app.user), "small"), el("b", {}, command.name), el("span", {}, command.hint))));
}

function send() {
  const text = input.value.trim();
  if (!text) return;
  said.push(text);
  recalled = said.length;
  input.value = "";
  resize();
  ask("/page/say", { channel: open.channel, text }).then((answer) => {
    if (answer.failure === "the workspace does not answer") { toast(answer.failure); input.value = text; resize(); }
  });
}

function recall(step) {
  recalled = Math.max(0, Math.min(said.length, recalled + step));
  input.value = said[recalled] || "";
  resize();
}

input.addEventListener("input", resize);
input.addEventListener("keydown", (event) => {
  const isOneLine = !input.value.includes("\n");
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  else if (event.key === "Tab" && !$("suggestions").hidden) { event.preventDefault(); $("suggestions").firstChild.click(); }
  else if (event.key === "ArrowUp" && isOneLine) { event.preventDefault(); recall(-1); }
  else if (event.key === "ArrowDown" && isOneLine) { event.preventDefault(); recall(1); }
});
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
const type = (text) => () => { input.value = text; input.focus(); resize(); };
$("slash").addEventListener("click", type("/"));
$("at").addEventListener("click", type("@aws "));
$("user").addEventListener("change", () => {
  workspace.me = $("user").value;
  sessionStorage.setItem("user", workspace.me);
  open.thread = null;
  load().then(listen);
});

load().then(() => { listen(); input.focus(); });
