"""Many who watch one room: each is told what changed, not too often, and in the end knows everything."""
import asyncio
import time

from harness.conference_info import by_sip
from harness.expectations import eventually

WATCHERS, CALLERS = 200, 50


async def subscribe(phone, uri, event='conference', expires=600):
    """-> the Call-ID of the subscription"""
    request = phone.request('SUBSCRIBE', uri, [
        ('Event', event), ('Expires', str(expires)), ('Accept', 'application/conference-info+xml')])
    phone.subscriptions[request.get('Call-ID')] = request
    assert (await phone.transact(request)).status == 200
    return request.get('Call-ID')


async def test_two_hundred_watchers_of_fifty_joins_and_leaves_all_know_the_same(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    host, watcher = await phone('host', display='Host'), await phone('watcher')
    await host.call(uri)
    seen, notify = {}, watcher._notify

    def timed(m, reply):
        seen.setdefault(m.get('Call-ID'), []).append(time.monotonic())
        notify(m, reply)
    watcher._notify = timed
    ids = await asyncio.gather(*(subscribe(watcher, uri) for _ in range(WATCHERS)))
    states = [by_sip(watcher, i, validated=n < 3) for n, i in enumerate(ids)]
    callers = [await phone('p%d' % i, display='P%d' % i) for i in range(CALLERS)]
    calls = []
    for i, c in enumerate(callers):
        calls.append(await c.call(uri))
        calls[-1].rtp.on = False
        if i % 3 == 2:
            await calls[i - 1].hang_up()
    left = 1 + CALLERS - CALLERS // 3
    await eventually(lambda: all(s.counts(left) for s in states), 60,
                     lambda: 'of %d: %s' % (left, sorted({len(s.roster.users) for s in states})))
    fetched = await subscribe(watcher, uri, expires=0)
    truth = by_sip(watcher, fetched)
    await eventually(lambda: truth.counts(left), 10)
    for s in states:
        assert s.roster.users == truth.roster.users and s.roster.parts == truth.roster.parts
        assert s.roster.details == truth.roster.details
        assert s.roster.entity == truth.roster.entity
    changes = CALLERS + CALLERS // 3
    assert max(len(t) for t in seen.values()) <= 2 * changes
    await asyncio.gather(*(c.hang_up() for i, c in enumerate(calls) if i % 3 != 1 or i == CALLERS - 1))
    await eventually(lambda: all(s.counts(1) for s in states), 60)


async def test_a_watcher_may_ask_for_fewer_notifications(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    host, often, seldom = await phone('host'), await phone('often'), await phone('seldom')
    await host.call(uri)
    await subscribe(often, uri)
    await subscribe(seldom, uri, 'conference;min-interval=3')
    await eventually(lambda: often.notifies and seldom.notifies)
    assert 'min-interval=3' in seldom.notifies[0].get('Subscription-State')
    for i in range(4):
        await (await phone('p%d' % i)).call(uri)
        await asyncio.sleep(0.3)
    await eventually(lambda: by_sip(often).counts(5))
    assert len(often.notifies) > 3 and len(seldom.notifies) == 1
    last = by_sip(seldom)
    await eventually(lambda: last.counts(5), 10)
    assert len(seldom.notifies) == 2
