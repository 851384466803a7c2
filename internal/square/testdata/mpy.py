"""Drives a square with Debian's python3-mastodon. Arguments: base URL, name, password, the other's name, a PNG file."""
import queue
import sys
import threading
from datetime import datetime, timezone

from mastodon import Mastodon, StreamListener, MastodonNotFoundError, MastodonUnauthorizedError

base, name, password, other, png = sys.argv[1:6]
got = queue.Queue()


class Ear(StreamListener):
    def __init__(self, label):
        self.label = label
        self.connected = threading.Event()

    def handle_heartbeat(self):
        self.connected.set()

    def on_update(self, s):
        got.put((self.label, "update", s.id))

    def on_notification(self, n):
        got.put((self.label, "notification:" + n.type, n.status.id if n.status else None))

    def on_delete(self, i):
        got.put((self.label, "delete", i))

    def on_status_update(self, s):
        got.put((self.label, "status.update", s.id))

    def on_conversation(self, c):
        got.put((self.label, "conversation", c.last_status.id))

    def on_abort(self, err):
        got.put((self.label, "abort", str(err)))


def hear(*want):
    """Waits for events in any order; nothing is timed but a hang."""
    want = list(want)
    while want:
        ev = got.get(timeout=30)
        assert ev[1] != "abort", ev
        if ev in want:
            want.remove(ev)


def client(user, pw):
    cid, secret = Mastodon.create_app("mpy test", api_base_url=base, redirect_uris=["http://127.0.0.1:1/back", "urn:ietf:wg:oauth:2.0:oob"])
    m = Mastodon(client_id=cid, client_secret=secret, api_base_url=base, ratelimit_method="throw")
    m.log_in(user, pw)
    return m


app_id, app_secret = Mastodon.create_app("signup", api_base_url=base)
fresh = Mastodon(client_id=app_id, client_secret=app_secret, api_base_url=base)
fresh.create_account(other, "pass-of-other", agreement=True, email=other + "@example.org")
assert fresh.me().username == other

m = client(name + "@example.org", password)
o = client(other, "pass-of-other")
assert m.me().acct == name and m.instance().version.startswith("4.2.0")
try:
    client(name, "wrong password")
    raise SystemExit("a wrong password was taken")
except Exception as e:
    assert "name or the password" in str(e) or "Invalid user name" in str(e), e

ears = {label: Ear(label) for label in ("user", "public", "direct", "tag")}
handles = [o.stream_user(ears["user"], run_async=True), m.stream_public(ears["public"], run_async=True),
           o.stream_direct(ears["direct"], run_async=True), m.stream_hashtag("bins", ears["tag"], run_async=True)]
for ear in ears.values():  # run_async connects in a thread of its own
    assert ear.connected.wait(30), ear.label

first = m.status_post("Hello @%s, my #Bins are full https://example.org/a" % other, idempotency_key="k-1", language="en")
assert first.visibility == "public" and first.language == "en" and isinstance(first.created_at, datetime) and first.edited_at is None
assert [x.acct for x in first.mentions] == [other] and [t.name for t in first.tags] == ["bins"]
assert m.status_post("Hello again", idempotency_key="k-1").id == first.id
hear(("user", "notification:mention", first.id), ("user", "update", first.id), ("public", "update", first.id), ("tag", "update", first.id))

answer = o.status_reply(first, "We look into it", untag=False)
assert answer.in_reply_to_id == first.id and [x.acct for x in answer.mentions] == [name]
ctx = m.status_context(first.id)
assert [s.id for s in ctx.descendants] == [answer.id] and m.status_context(answer.id).ancestors[0].id == first.id

edited = m.status_update(first.id, "Hello @%s, my #Bins are very full" % other)
assert edited.edited_at is not None and "very" in edited.content
hear(("user", "status.update", first.id))
assert m.status_source(first.id).text.endswith("very full")
assert len(m.status_history(first.id)) == 2

media = m.media_post(png, description="a bin")
assert media.url and media.description == "a bin" and media.type == "image", media
assert m.media_update(media.id, description="a full bin").description == "a full bin"
shown = m.status_post("look", media_ids=[media])
assert shown.media_attachments[0].description == "a full bin" and shown.media_attachments[0].meta.original.width > 0

dm = m.status_post("@%s my number is 12345" % other, visibility="direct")
hear(("user", "notification:mention", dm.id), ("user", "update", dm.id), ("direct", "conversation", dm.id))
conv = o.conversations()
assert len(conv) == 1 and conv[0].unread and conv[0].last_status.id == dm.id and [a.acct for a in conv[0].accounts] == [name]
assert o.conversations_read(conv[0].id).unread is False and o.conversations()[0].unread is False
stranger = client(sys.argv[6], sys.argv[7])
try:
    stranger.status(dm.id)
    raise SystemExit("a stranger reads a direct post")
except MastodonNotFoundError:
    pass
assert dm.id not in [s.id for s in stranger.timeline_home()]
assert dm.id in [s.id for s in o.timeline_home()]

o.status_favourite(first.id)
boost = o.status_reblog(first.id)
assert boost.reblog.id == first.id and o.status_bookmark(first.id).bookmarked
o.account_follow(m.me().id)
kinds = [n.type for n in m.notifications()]
assert kinds[:4] == ["follow", "reblog", "favourite", "mention"], kinds
assert [n.type for n in m.notifications(exclude_types=["follow", "mention"])] == ["reblog", "favourite"]
assert m.account_relationships(o.me().id)[0].followed_by
o.status_unfavourite(first.id)
o.status_unreblog(first.id)
assert [n.type for n in m.notifications()][:2] == ["follow", "mention"]

ids = [m.status_post("post %d" % i).id for i in range(7)]
page = m.account_statuses(m.me().id, limit=3)
seen = [s.id for s in page]
while page:
    page = m.fetch_next(page)
    seen += [s.id for s in page or []]
assert seen == sorted(seen, reverse=True) and set(ids) <= set(seen) and len(seen) == len(set(seen))
up = m.timeline_public(min_id=ids[0], limit=2)
assert [s.id for s in up] == [ids[2], ids[1]], up
later = []
while up:
    later += sorted(s.id for s in up)
    up = m.fetch_previous(up)
assert later == ids[1:], (later, ids)
assert m.fetch_remaining(m.timeline_local(limit=4))

assert [a.acct for a in m.search(other + "@" + base.split("//")[1]).accounts] == [other]
found = m.search_v2("very full")
assert [s.id for s in found.statuses] == [first.id], found
assert [s.id for s in m.timeline_hashtag("Bins")] == [first.id]

gone = o.status_delete(answer.id)
assert gone.text.endswith("We look into it"), gone
hear(("public", "delete", answer.id))
try:
    m.status(answer.id)
    raise SystemExit("a deleted post is there")
except MastodonNotFoundError:
    pass

o.notifications_dismiss(o.notifications()[0].id)
o.notifications_clear()
assert o.notifications() == []
for h in handles:
    assert h.is_alive() and h.is_receiving(), h
    h.close()

url = m.auth_request_url(redirect_uris="urn:ietf:wg:oauth:2.0:oob")
assert "/oauth/authorize" in url
o.revoke_access_token()
print("all good at", datetime.now(timezone.utc).isoformat())
