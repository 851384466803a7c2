// live.js is all of our own script. The desk works without it; with it the desk is quicker: keys, a draft that is kept while it is
// typed, and news that come in by themselves. Nothing it does moves a row under the pointer, and no key acts while one types.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (sel, from = document) => from.querySelector(sel);
  const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];
  // A submit is seen before htmx takes it; everything else after.
  const on = (type, sel, fn) =>
    document.addEventListener(type, (e) => {
      const t = e.target instanceof Element && e.target.closest(sel);
      if (t) fn(e, t);
    }, type === "submit");
  const stored = {
    get(key) {
      try { return localStorage.getItem(key); } catch { return null; }
    },
    set(key, value) {
      try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* private mode */ }
    },
  };
  const cookie = (name, value) => {
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=31536000; SameSite=Lax`;
  };
  root.dataset.js = "";
  cookie("zone", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  for (const z of $$("[data-zone]")) z.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

  // Light or dark.
  on("submit", "[data-theme-switch]", (e, form) => {
    e.preventDefault();
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    cookie("theme", root.dataset.theme);
    $("button", form).value = dark ? "dark" : "light";
  });

  // Times that pass: how long somebody has waited, how long an undo is left.
  const [NOW, MIN, HOURMIN, HOUR, DAYS, SEC] = ($('meta[name="spans"]')?.content || "").split("|");
  const span = (ms) => {
    const m = Math.floor(ms / 60000);
    if (m < 1) return NOW;
    if (m < 60) return MIN.replace("#", m);
    if (m < 240 && m % 60) return HOURMIN.replace("##", m % 60).replace("#", Math.floor(m / 60));
    if (m < 2880) return HOUR.replace("#", Math.floor(m / 60));
    return DAYS.replace("#", Math.floor(m / 1440));
  };
  // The house's clock may differ from this machine's.
  let ahead = Date.parse($('meta[name="now"]')?.content) - Date.now() || 0;
  const now = () => Date.now() + ahead;
  const write = (el, text) => { if (el.textContent !== text) el.textContent = text; };
  const ages = () => { for (const el of $$("[data-ago]")) write(el, span(now() - Date.parse(el.dataset.ago))); };
  const undos = () => {
    for (const el of $$("[data-until]")) {
      const left = Math.ceil((Date.parse(el.dataset.until) - now()) / 1000);
      write(el, left > 0 ? SEC.replace("#", left) : el.dataset.after);
      if (left <= 0) {
        const bar = el.closest(".notice");
        if (bar && !bar.dataset.over) {
          bar.dataset.over = "1";
          setTimeout(() => { bar.remove(); refresh(); }, 1200);
        }
      }
    }
  };

  // News. One stream a browser: the visible tab that holds the lock reads it and tells the others.
  const live = () => $("#live");
  const others = "BroadcastChannel" in window ? new BroadcastChannel("answerable") : null;
  let stream = null;
  let release = null;
  const openStream = () => {
    if (stream || !live()) return;
    stream = document.createElement("div");
    stream.setAttribute("data-hx-sse:connect", live().dataset.stream);
    stream.setAttribute("data-hx-swap", "none");
    live().append(stream);
    htmx.process(stream);
  };
  const closeStream = () => {
    stream?.remove();
    stream = null;
  };
  const lead = () => {
    if (!live() || document.hidden || release) return;
    if (!navigator.locks) return openStream();
    navigator.locks.request("answerable-stream", () => {
      if (document.hidden) return undefined;
      openStream();
      return new Promise((done) => { release = done; });
    });
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      // htmx would only pause; another tab must be able to take over
      closeStream();
      release?.();
      release = null;
    } else {
      lead();
      refresh();
    }
  });
  let misses = 0;
  const offline = (is) => { const bar = $("#offline"); if (bar) bar.hidden = !is; };
  addEventListener("offline", () => offline(true));
  addEventListener("online", () => { offline(false); refresh(); saveDraft(); });
  document.addEventListener("htmx:sse:error", () => { if (++misses > 1) offline(true); });
  document.addEventListener("htmx:sse:after:connection", () => {
    const again = misses > 0;
    misses = 0;
    offline(false);
    // what was said while nobody listened is read from the list, not from the stream
    refresh();
    if (again) saveDraft();
    root.dataset.stream = "open";
  });
  document.addEventListener("moved", (e) => { others?.postMessage("moved"); heard(e.detail.data); });
  others?.addEventListener("message", () => refresh());
  const heard = (data) => {
    try { ahead = JSON.parse(data).now - Date.now() || 0; } catch { /* a hint without a time */ }
    refresh();
  };

  // Reading again: at once when it is quiet, at most some five times a second when it is not.
  let timer = 0;
  let last = 0;
  let reading = false;
  const refresh = () => {
    if (timer || !live()) return;
    timer = setTimeout(async () => {
      timer = 0;
      if (reading) return refresh();
      reading = true;
      last = Date.now();
      try {
        await htmx.ajax("GET", location.pathname + location.search, { source: live(), target: live(), swap: "none", headers: { "HX-Live": "1" } });
      } finally {
        reading = false;
      }
    }, Math.max(10, last + 180 - Date.now()));
  };

  // What somebody pressed is newer than a refresh that was under way: that one is dropped, and read again.
  let pressed = 0;
  const own = (ctx) => ctx?.sourceElement === live() && ctx.request?.headers?.["HX-Live"];
  document.addEventListener("htmx:before:request", (e) => {
    const ctx = e.detail?.ctx;
    if (own(ctx)) ctx.asOf = pressed;
    else if (ctx?.sourceElement !== stream) pressed++;
  });
  document.addEventListener("htmx:before:swap", (e) => {
    const ctx = e.detail?.ctx;
    if (!own(ctx)) {
      pressed++;
    } else if (ctx.asOf !== pressed) {
      e.preventDefault();
      refresh();
    }
  });

  // The list keeps its rows where they are while somebody looks at it.
  let fresh = [];
  const news = new Set();
  const looked = () => { const l = $("#list"); return !!l && (l.matches(":hover") || l.contains(document.activeElement)); };
  const showAll = () => {
    $("#rows").replaceChildren(...fresh.map((li) => li.cloneNode(true)));
    htmx.process($("#rows"));
    news.clear();
    bar();
  };
  const bar = () => {
    const b = $("#newbar");
    if (!b) return;
    if (news.size) {
      const text = (news.size === 1 ? b.dataset.one.replace("1", "1") : b.dataset.many.replace("2", news.size)).replace("@", b.dataset.since);
      write($(".says", b), text);
    }
    b.hidden = !news.size;
  };
  const patch = (old, li) => {
    if (old.isEqualNode(li)) return;
    const a = old.firstElementChild;
    const b = li.firstElementChild.cloneNode(true);
    a.className = b.className;
    a.setAttribute("href", b.getAttribute("href"));
    b.hasAttribute("aria-current") ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current");
    a.replaceChildren(...b.childNodes);
    old.classList.remove("gone");
  };
  const merge = () => {
    const inc = $("#incoming");
    const rows = $("#rows");
    if (!inc || !inc.dataset.view || !rows) return;
    fresh = [...inc.children].map((li) => li.cloneNode(true));
    const view = inc.dataset.view;
    const empty = inc.dataset.empty;
    const clock = inc.dataset.now;
    inc.replaceChildren();
    delete inc.dataset.view;
    if (rows.dataset.view !== view || !rows.children.length) {
      rows.dataset.view = view;
      const q = $("#q");
      if (q && document.activeElement !== q) q.value = view.split("|")[1] || "";
      $("#newbar").dataset.since = clock;
      showAll();
      $("#scroll").scrollTop = 0;
    } else {
      const next = new Map(fresh.map((li) => [li.dataset.row, li]));
      for (const li of [...rows.children]) {
        const n = next.get(li.dataset.row);
        if (n) {
          patch(li, n);
          next.delete(li.dataset.row);
        } else if (looked() || $("[aria-current]", li)) {
          li.classList.add("gone");
          const c = $(".clock", li);
          if (c) c.textContent = li.dataset.gone;
        } else {
          li.remove();
        }
      }
      news.clear();
      for (const id of next.keys()) news.add(id);
      if (!rows.children.length) showAll();
      bar();
    }
    const none = $("#nothing");
    if (none) {
      none.hidden = !!rows.children.length;
      write($("p", none), empty);
    }
  };
  on("click", "#newbar", () => {
    showAll();
    $("#newbar").dataset.since = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hour12: false }).format(now());
    $("#scroll").scrollTop = 0;
    $("#rows .row")?.focus();
  });

  // What was pressed has been answered: put the pieces right.
  document.addEventListener("htmx:after:swap", (e) => {
    merge();
    ages();
    undos();
    marks();
    count();
    const ctx = e.detail?.ctx;
    if (ctx && ctx.request?.method !== "GET") {
      for (const d of $$("details.menu[open]")) d.open = false;
      if (document.activeElement === document.body) $("#main")?.focus({ preventScroll: true });
    }
    restoreDraft();
    const strip = $("#strip");
    if (strip && !strip.dataset.shown) {
      strip.dataset.shown = "1";
      strip.scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("htmx:error", () => { if (!navigator.onLine) offline(true); });

  // The draft: kept here at every letter, in the house when the fingers rest.
  const composer = () => $("#composer");
  const textarea = (c = composer()) => c && $("textarea", c);
  const says = (word) => { const s = $("#draft-state"); if (s) write(s, word ? s.dataset[word] : ""); };
  let pending = 0;
  let saving = null;
  const draftKey = (c) => "draft:" + c.dataset.conversation;
  const saveDraft = async () => {
    clearTimeout(pending);
    pending = 0;
    const c = composer();
    const mine = c && stored.get(draftKey(c));
    if (!mine || !c.dataset.draft) return;
    saving?.abort();
    saving = new AbortController();
    const sent = JSON.parse(mine);
    if (sent.key !== textarea(c).id) return stored.set(draftKey(c), null);
    try {
      const form = new FormData(c);
      form.set("key", sent.key);
      const res = await fetch(c.dataset.draft, { method: "POST", body: new URLSearchParams(form), signal: saving.signal, keepalive: sent.text.length < 20000 });
      if (!res.ok) throw new Error(String(res.status));
      const told = await res.json();
      if (stored.get(draftKey(c)) === mine) {
        stored.set(draftKey(c), null);
        says("kept");
      }
      if (told.length !== undefined && textarea(c)?.value === sent.text) length(told.length);
    } catch (err) {
      if (err.name !== "AbortError") says("lost");
    }
  };
  const typed = (c) => {
    stored.set(draftKey(c), JSON.stringify({ text: textarea(c).value, key: textarea(c).id }));
    says("keeping");
    clearTimeout(pending);
    pending = setTimeout(saveDraft, 400);
    count();
  };
  const restoreDraft = () => {
    const c = composer();
    if (!c) return;
    const mine = JSON.parse(stored.get(draftKey(c)) || "null");
    const t = textarea(c);
    if (mine && mine.key === t.id && mine.text !== t.value && document.activeElement !== t) {
      t.value = mine.text;
      typed(c);
    }
  };
  on("input", "#composer", (e, c) => {
    // a reply answers what was on the page when it was begun
    const seen = $('input[name="seen"]', c);
    if (e.target.matches("textarea") && !c.dataset.begun && !stored.get(draftKey(c)) && !e.target.defaultValue) seen.value = $("#main").dataset.newest;
    c.dataset.begun = "1";
    typed(c);
  });
  on("change", '[form="composer"]', () => composer() && typed(composer()));
  on("focusout", "#composer textarea", () => pending && saveDraft());
  addEventListener("pagehide", () => pending && saveDraft());
  on("submit", "#composer", (e, c) => {
    if (!textarea(c).value.trim()) {
      e.preventDefault();
      e.stopImmediatePropagation();
      textarea(c).focus();
      return;
    }
    clearTimeout(pending);
    pending = 0;
    saving?.abort();
    stored.set(draftKey(c), null);
  });

  // How long it is, as the channel counts; the house counts again with the draft and has the last word.
  const graphemes = "Segmenter" in Intl ? new Intl.Segmenter() : null;
  const measure = (text, how) => {
    if (how === "mastodon") text = text.replace(/https?:\/\/\S+/gi, "x".repeat(23)).replace(/(@[\w.-]+)@[\w.-]+\w/g, "$1");
    if (how === "bytes") return new TextEncoder().encode(text).length;
    return graphemes && how !== "runes" ? [...graphemes.segment(text)].length : [...text].length;
  };
  const chosen = () => $('#composer input[name="to"]:checked');
  const length = (n) => {
    const out = $("#length");
    const limit = Number(chosen()?.dataset.limit || 0);
    if (!out) return;
    out.classList.toggle("over", limit > 0 && n > limit);
    write(out, !limit ? "" : n > limit ? `${out.dataset.long} ${n - limit}` : out.dataset.of.replace("1", n).replace("2", limit));
  };
  const count = () => {
    const t = textarea();
    if (!t) return;
    length(measure(t.value, chosen()?.dataset.count));
    t.placeholder = chosen()?.dataset.reach === "note" ? t.dataset.note : t.dataset.reply;
  };

  // Keys. Single letters can be changed and switched off (WCAG 2.1.4); they never act while one types.
  const given = () => JSON.parse(stored.get("keys") || "{}");
  const keysOn = () => stored.get("keys-off") !== "1";
  const typing = (el) => el instanceof Element && el.matches('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]');
  const row = (step) => {
    const all = $$("#rows .row");
    if (!all.length) return;
    let at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex((r) => r.hasAttribute("aria-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (name) => { const el = $(`[data-key="${name}"]`); if (el && !el.disabled) el.click(); };
  const writeTo = (note) => {
    const c = composer();
    if (!c) return;
    const is = chosen()?.dataset.reach === "note";
    if (note !== is) {
      const want = $$('input[name="to"]:not(:disabled)', c).find((i) => (i.dataset.reach === "note") === note);
      if (want) {
        want.checked = true;
        want.dispatchEvent(new Event("change", { bubbles: true }));
        count();
      }
    }
    const t = textarea(c);
    t.focus();
    t.setSelectionRange(t.value.length, t.value.length);
    c.scrollIntoView({ block: "nearest" });
  };
  const acts = {
    next: () => row(1),
    prev: () => row(-1),
    reply: () => writeTo(false),
    note: () => writeTo(true),
    own: () => press("own"),
    end: () => press($("#strip") ? "accept" : "end"),
    undo: () => press("undo"),
    search: () => $("#q")?.focus(),
    keys: () => $("#keys")?.showModal(),
  };
  const bindings = () => {
    const b = {};
    for (const el of $$("[data-remap]")) b[given()[el.dataset.remap] || el.dataset.default] = el.dataset.remap;
    return b;
  };
  let goTo = 0;
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.metaKey || e.ctrlKey) && e.target.closest?.("#composer")) {
      e.preventDefault();
      $('[data-key="send"], [name="anyway"]', composer())?.click();
      return;
    }
    if (e.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) {
        menu.open = false;
        $("summary", menu).focus();
      } else if (typing(e.target)) {
        e.target.blur();
        $("#main")?.focus({ preventScroll: true });
      }
      return;
    }
    if (e.defaultPrevented || e.metaKey || e.ctrlKey || e.altKey || e.isComposing || typing(e.target) || !keysOn() || $("dialog[open]")) return;
    if (goTo) {
      clearTimeout(goTo);
      goTo = 0;
      if (e.key === "d") press("desk");
      if (e.key === "u") $('#views [data-view="unowned"]')?.click();
      return;
    }
    if (e.key === "g") {
      goTo = setTimeout(() => { goTo = 0; }, 1500);
      return;
    }
    const act = acts[bindings()[e.key]];
    if (!act) return;
    e.preventDefault();
    act();
  });
  on("click", '[data-key="note"]', (e) => {
    e.preventDefault();
    writeTo(true);
  });
  on("click", '[data-key="keys"]', () => acts.keys());

  // The list of keys, where they are changed.
  const marks = () => {
    const mac = /mac|iphone|ipad/i.test(navigator.platform);
    for (const k of $$("[data-mod]")) write(k, mac ? "⌘⏎" : "Ctrl ⏎");
    for (const el of $$("[data-remap]")) write($("kbd", el), given()[el.dataset.remap] || el.dataset.default);
    for (const box of $$("[data-keys-on]")) box.checked = keysOn();
  };
  on("change", "[data-keys-on]", (e, box) => stored.set("keys-off", box.checked ? null : "1"));
  on("click", "[data-keys-reset]", () => {
    stored.set("keys", null);
    stored.set("keys-off", null);
    marks();
  });
  on("click", "[data-remap]", (e, el) => {
    const cap = $("kbd", el);
    el.setAttribute("aria-pressed", "true");
    write(cap, el.dataset.press);
    el.addEventListener("keydown", (k) => {
      if (["Tab", "Shift", "Control", "Meta", "Alt"].includes(k.key)) return;
      k.preventDefault();
      k.stopPropagation();
      el.removeAttribute("aria-pressed");
      const taken = bindings()[k.key];
      if (k.key.length === 1 && k.key !== "g" && (!taken || taken === el.dataset.remap)) {
        stored.set("keys", JSON.stringify({ ...given(), [el.dataset.remap]: k.key }));
      } else if (k.key.length === 1) {
        write(cap, el.dataset.taken);
        setTimeout(marks, 1500);
        return;
      }
      marks();
    }, { once: true });
  });

  // Menus shut when one looks elsewhere. Words marked in a message are offered as the words of a new question.
  document.addEventListener("click", (e) => {
    for (const d of $$("details.menu[open]")) if (!d.contains(e.target)) d.open = false;
  });
  let marked = null;
  document.addEventListener("selectionchange", () => {
    const s = getSelection();
    const from = s.anchorNode?.parentElement?.closest("[data-message]");
    if (from && from.contains(s.focusNode) && String(s).trim()) marked = { id: from.dataset.message, words: String(s).trim() };
  });
  document.addEventListener("toggle", (e) => {
    if (e.target.id !== "add-question" || !e.target.open || !marked) return;
    const from = $("#add-from");
    if ([...from.options].some((o) => o.value === marked.id)) from.value = marked.id;
    $("#add-words").value = marked.words;
  }, true);

  // A picture of a phone: the newest message is what one came for.
  ages();
  marks();
  count();
  restoreDraft();
  setInterval(ages, 15000);
  setInterval(undos, 250);
  lead();
})();
