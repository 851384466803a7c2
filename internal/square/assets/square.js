// The page works without this file. With it, times are told in the reader's own words, characters are counted and posts come in live.
"use strict";

const posts = document.getElementById("posts");
const fresh = document.getElementById("fresh");
const waiting = [];

function tell(root) {
  for (const t of root.querySelectorAll("time")) {
    const at = new Date(t.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    t.title = at.toLocaleString();
    t.textContent = today ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
      : at.toLocaleDateString([], { day: "numeric", month: "short" }) + " " + at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
}

function parse(html) {
  const t = document.createElement("template");
  t.innerHTML = html; // the server's own page, escaped there
  tell(t.content);
  return t.content.firstElementChild;
}

function add(el) {
  document.querySelector("#posts .empty")?.remove();
  if (document.body.dataset.order === "oldest") posts.append(el);
  else posts.prepend(el);
}

// A new post never moves what is being read: away from the top it waits behind a button.
function put(id, html) {
  const old = document.getElementById("p-" + id);
  const el = parse(html);
  if (old) {
    el.classList.toggle("focus", old.classList.contains("focus"));
    old.replaceWith(el);
    return;
  }
  if (fresh && document.body.dataset.order === "newest" && window.scrollY > 120) {
    waiting.push(el);
    fresh.hidden = false;
    fresh.textContent = waiting.length === 1 ? "1 new post" : waiting.length + " new posts";
    return;
  }
  add(el);
}

fresh?.addEventListener("click", () => {
  for (const el of waiting.splice(0)) add(el);
  fresh.hidden = true;
  window.scrollTo({ top: 0 });
});

async function again() {
  const page = await fetch(location.href);
  if (!page.ok) return;
  const doc = new DOMParser().parseFromString(await page.text(), "text/html");
  const now = doc.getElementById("posts");
  if (now) {
    waiting.length = 0;
    if (fresh) fresh.hidden = true;
    posts.replaceChildren(...now.childNodes);
    tell(posts);
  }
}

if (posts && document.body.dataset.live) {
  const live = new EventSource(document.body.dataset.live);
  let lost = false;
  live.addEventListener("post", (e) => { const m = JSON.parse(e.data); put(m.id, m.html); });
  live.addEventListener("gone", (e) => { document.getElementById("p-" + JSON.parse(e.data).id)?.remove(); });
  live.addEventListener("error", () => { lost = true; document.body.dataset.state = "lost"; });
  live.addEventListener("open", () => {
    document.body.dataset.state = "live";
    if (lost) { lost = false; again(); } // what came meanwhile was missed
  });
}

for (const area of document.querySelectorAll("textarea[data-max]")) {
  const left = area.form.querySelector(".left");
  const count = () => {
    const words = area.value.replace(/https?:\/\/[^\s<>"]+/g, "x".repeat(23)).replace(/(@[A-Za-z0-9_]+)@[A-Za-z0-9.:-]+/g, "$1");
    const n = Number(area.dataset.max) - [...words].length;
    left.textContent = n;
    left.classList.toggle("over", n < 0);
  };
  area.addEventListener("input", count);
  area.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) area.form.requestSubmit(); });
  count();
  if (location.hash === "#write" || !area.form.querySelector("[name=in_reply_to_id]")) {
    area.focus({ preventScroll: location.hash !== "#write" });
    area.setSelectionRange(area.value.length, area.value.length);
  }
}

tell(document);
