"""Who may come in, who may speak, and what keys and commands do."""
import asyncio

import pytest

from harness import keys
from harness.conference_info import by_sip
from harness.expectations import eventually, hears, never, silence
from harness.server import Confab, Stack, demo_with
from harness.tones import level

POLICIES = """
  announce: tone
  policies:
    board: {pin: "1234", moderator-pin: "98765"}
    info: {pin: "1234"}
    inband: {pin: "1234"}
    wrong: {pin: "1234"}
    lobby: {moderator-pin: "98765", waiting-room: moderator}
    knock: {moderator-pin: "98765", waiting-room: admission}
    small: {maximum-participants: 1}
    quiet: {muted-on-entry: true}
"""


@pytest.fixture(scope='module')
async def stack(request):
    """The demo with rooms that have PINs and waiting rooms, and with tones when somebody comes or goes."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, config=demo_with(s.directory, POLICIES))
    async with s:
        yield s


def uri(room):
    return 'sip:%s@127.0.0.1' % room


async def watch(phone, room):
    assert (await phone.subscribe(uri(room))).status == 200
    return by_sip(phone)


async def watch_from_within(phone, room, pin):
    """Rooms with a PIN are watched by who is in alone."""
    call = await keys.call(phone, uri(room))
    assert (await phone.subscribe(uri(room))).status == 403
    assert (await call.say('/pin ' + pin)).status == 200
    return await watch(phone, room)


def status_of(watcher, name):
    return [e['status'] for u in watcher.look().users.values() if u['name'] == name for e in u['endpoints'].values()]


def media_of(watcher, name):
    return [e['media'] for u in watcher.look().users.values() if u['name'] == name for e in u['endpoints'].values()]


async def is_spoken_to(call, seconds=2):
    report = await call.heard(seconds)
    assert report['rms'] > -45, report


async def settle():
    """Until prompts and tones are over."""
    await asyncio.sleep(3)


# -- the door

@pytest.mark.parametrize('room, events, press', [
    ('board', True, keys.press), ('info', False, keys.press_info), ('inband', False, keys.press_tones),
], ids=['telephone-event', 'INFO', 'in band'])
async def test_a_pin_is_asked_for_and_opens_the_room(phone, room, events, press):
    emil, dora = await phone('emil', display='Emil'), await phone('dora', display='Dora')
    watcher = await watch_from_within(emil, room, '1234')
    call = await keys.call(dora, uri(room), events=events)
    await is_spoken_to(call)
    assert watcher.look().names() == ['Emil']
    await press(call, '1234#')
    await eventually(lambda: status_of(watcher, 'Dora') == ['connected'], 10, lambda: str(watcher.look().users))


async def test_a_wrong_pin_is_said_and_the_third_ends_the_call(phone):
    dora = await phone('dora')
    call = await keys.call(dora, uri('wrong'))
    for _ in range(2):
        await keys.press(call, '1111#')
        await is_spoken_to(call, 1)
        assert not call.ended.is_set()
    await keys.press(call, '1111#')
    await is_spoken_to(call, 1)
    await asyncio.wait_for(call.ended.wait(), 12)


async def test_a_pin_may_be_written(phone):
    emil, dora = await phone('emil', display='Emil'), await phone('dora', display='Dora')
    watcher = await watch_from_within(emil, 'board', '1234')
    call = await keys.call(dora, uri('board'))
    assert (await call.say('/pin 1234')).status == 200
    await eventually(lambda: status_of(watcher, 'Dora') == ['connected'])
    assert await dora.until(lambda: [m for m in dora.messages if 'You are in' in m.body])


async def test_who_waits_hears_nobody_until_the_moderator_comes(phone):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    waiting = await keys.call(dora, uri('lobby'), tone=500)
    await is_spoken_to(waiting)
    moderator = await keys.call(emil, uri('lobby'), tone=900)
    await settle()
    silence('who waits', await waiting.heard(1))
    await keys.press(moderator, '98765')
    await settle()
    first, second = await asyncio.gather(waiting.heard(1.5), moderator.heard(1.5))
    hears('who waited', first, {900: -12}, absent=[500])
    hears('the moderator', second, {500: -12}, absent=[900])


async def test_a_moderator_reads_who_waits_and_admits_him(phone):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    moderator = await keys.call(emil, uri('knock'), tone=900)
    await keys.press(moderator, '98765')
    waiting = await keys.call(dora, uri('knock'))
    assert await emil.until(lambda: [m for m in emil.messages if '/admit Dora' in m.body])
    await settle()
    silence('who waits', await waiting.heard(1))
    assert (await moderator.say('/admit Dora')).status == 200
    await settle()
    hears('who was admitted', await waiting.heard(1), {900: -12})


async def test_a_room_has_a_maximum_of_its_own(phone):
    await keys.call(await phone('dora'), uri('small'))
    response = await keys.call(await phone('emil'), uri('small'), expect=486)
    assert response.get('Retry-After')


# -- in the room

async def test_a_locked_room_refuses_and_an_open_one_does_not(phone, room):
    emil, dora = await phone('emil'), await phone('dora')
    call = await keys.call(dora, uri(room))
    watcher = await watch(emil, room)
    await keys.press(call, '*9')
    await eventually(lambda: '<locked>true' in dora_locked(emil))
    await keys.call(await phone('frank'), uri(room), expect=403)
    await keys.press(call, '*9')
    await eventually(lambda: '<locked>false' in dora_locked(emil))
    await keys.call(await phone('gina', display='Gina'), uri(room))
    await eventually(lambda: 'Gina' in watcher.look().names())


def dora_locked(watcher):
    """The last document that tells whether the room is locked."""
    return next((m.body for m in reversed(watcher.notifies) if '<locked>' in m.body), '')


@pytest.mark.parametrize('press', [keys.press, keys.press_info], ids=['telephone-event', 'INFO'])
async def test_a_key_mutes_oneself_and_everybody_sees_it(phone, room, press):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    talker = await keys.call(dora, uri(room), tone=700)
    listener = await keys.call(emil, uri(room))
    watcher = await watch(emil, room)
    await settle()
    hears('before', await listener.heard(1), {700: -12})
    await press(talker, '*6')
    await eventually(lambda: status_of(watcher, 'Dora') == ['muted-via-focus'])
    assert media_of(watcher, 'Dora') == ['recvonly']
    await asyncio.sleep(0.5)
    silence('while she is muted', await listener.heard(1.5))
    await press(talker, '*6')
    await eventually(lambda: status_of(watcher, 'Dora') == ['connected'])
    await asyncio.sleep(1)
    hears('after', await listener.heard(1), {700: -12})


async def test_moderators_mute_and_kick_from_sip_and_xmpp_and_others_do_not(phone, user, room):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    alice = await user('alice')
    moderator = await keys.call(dora, uri(room))
    talker = await keys.call(emil, uri(room), tone=700)
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    watcher = await watch(dora, room)
    talk = room + '@talk.localhost'

    alice.say(talk, '/mute Emil')
    assert await alice.message('Only moderators')
    await moderator.say('/mute Emil')
    await eventually(lambda: status_of(watcher, 'Emil') == ['muted-via-focus'])
    await asyncio.sleep(0.5)
    assert level(await moderator.heard(1), 700) < -45
    await moderator.say('/unmute emil')
    await eventually(lambda: status_of(watcher, 'Emil') == ['connected'])

    await eventually(lambda: any(n.lower().startswith('alice') for n in watcher.look().names()))
    name = next(n for n in watcher.look().names() if n.lower().startswith('alice'))
    await moderator.say('/moderator ' + name)
    alice.say(talk, '/mute all')
    await eventually(lambda: status_of(watcher, 'Emil') == ['muted-via-focus'])
    assert status_of(watcher, 'Dora') == ['connected']
    alice.say(talk, '/kick Emil')
    await asyncio.wait_for(talker.ended.wait(), 5)
    await eventually(lambda: 'Emil' not in watcher.look().names())


async def test_a_key_mutes_all_but_moderators(phone, room):
    dora, emil, gina = [await phone(n, display=n.title()) for n in ('dora', 'emil', 'gina')]
    moderator = await keys.call(dora, uri(room))
    first, _ = await keys.call(emil, uri(room)), await keys.call(gina, uri(room))
    watcher = await watch(dora, room)
    await keys.press(first, '*7')
    await never(lambda: 'muted-via-focus' in status_of(watcher, 'Gina'), 1)
    await keys.press(moderator, '*7')
    await eventually(lambda: status_of(watcher, 'Emil') == status_of(watcher, 'Gina') == ['muted-via-focus'])
    assert status_of(watcher, 'Dora') == ['connected']


async def test_a_moderator_kicks_in_the_muc_and_all_are_told(user, phone, room):
    alice, bob = await user('alice'), await user('bob')
    muc = room + '@rooms.localhost'
    alice.join(muc, 'Alice')
    await alice.wait_event(lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)
    bob.join(muc, 'Bob')
    await bob.wait_event(lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)
    alice.say(muc, '/kick Bob', 'groupchat')
    gone = await bob.wait_event(lambda e: e['ev'] == 'presence' and '307' in (e.get('muc') or {}).get('status', ()), 10)
    assert gone['sender'] == muc + '/Bob'


async def test_who_comes_is_heard_as_a_tone(phone, room):
    first = await keys.call(await phone('dora'), uri(room))
    await is_spoken_to(first)
    await settle()
    listening = asyncio.ensure_future(first.bursts(2, 587.3, 880))
    await asyncio.sleep(0.3)
    second = await keys.call(await phone('emil'), uri(room))
    assert min(await listening) > -35
    listening = asyncio.ensure_future(first.bursts(2, 587.3, 880))
    await asyncio.sleep(0.3)
    await second.hang_up()
    assert min(await listening) > -35


async def test_who_comes_to_a_quiet_room_is_muted_until_he_wants_to_speak(phone):
    emil, dora = await phone('emil'), await phone('dora', display='Dora')
    call = await keys.call(dora, uri('quiet'))
    watcher = await watch(emil, 'quiet')
    await eventually(lambda: status_of(watcher, 'Dora') == ['muted-via-focus'])
    await keys.press(call, '*6')
    await eventually(lambda: status_of(watcher, 'Dora') == ['connected'])
