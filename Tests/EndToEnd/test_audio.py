"""Everyone hears the others at the level they send, and not themselves."""
import asyncio

from harness.expectations import all_heard, each_hears, eventually, hears
from harness.baresip import Baresip

SETTLE = 1.5


async def test_two_phones_and_a_jingle_caller_hear_each_other(baresip, user):
    opus = await baresip('opus', 440)
    pcmu = await baresip('pcmu', 700, codec='PCMU/8000/1')
    alice = await user('alice', tone='1000', level=-12)
    await opus.call('sip:demo@127.0.0.1')
    await pcmu.call('sip:demo@127.0.0.1')
    call = await alice.call('demo@talk.localhost')
    assert call.connected.is_set(), call.reason
    assert any(e['what'] == 'proceed' for e in alice.events if e['ev'] == 'jmi')

    await asyncio.sleep(SETTLE)
    loud = Baresip.SINE_LEVEL
    await each_hears(3, ('baresip, Opus,', opus, {700: loud, 1000: -12}, [440]),
                     ('baresip, PCMU,', pcmu, {440: loud, 1000: -12}, [700]),
                     ('Jingle, Opus,', call, {440: loud, 700: loud}, [1000]))


async def test_every_codec_of_sip_and_two_ways_of_jingle_meet(baresip, phone, user, room):
    uri = 'sip:%s@127.0.0.1' % room
    tones = dict(opus=(440, Baresip.SINE_LEVEL), g722=(620, -24), pcma=(850, -24), pcmu=(1130, -24), alice=(1450, -24),
                 bob=(1900, -24))
    opus = await baresip('opus', tones['opus'][0])
    phones = [await phone(n) for n in ('g722', 'pcma', 'pcmu')]
    alice = await user('alice', tone=str(tones['alice'][0]), level=-24)
    bob = await user('bob', tone=str(tones['bob'][0]), level=-24)
    await opus.call(uri)
    calls = [await p.call(uri, p.name.upper(), *tones[p.name]) for p in phones]
    calls.append(await alice.call(room + '@talk.localhost'))
    calls.append(await bob.call(room + '@talk.localhost', direct=True))
    assert all(c.connected.is_set() for c in calls[3:]), [c.reason for c in calls[3:]]

    await asyncio.sleep(SETTLE)
    await each_hears(3, *((who, listener, {f: l for n, (f, l) in tones.items() if n != who}, [tones[who][0]])
                          for who, listener in zip(tones, [opus, *calls])))


async def test_a_direct_session_initiate_needs_no_proposal(phone, user, room):
    dora = await phone('dora')
    sip = await dora.call('sip:%s@talk.localhost' % room, 'G722', 620)
    alice = await user('alice', tone='1000')
    call = await alice.call(room + '@talk.localhost', direct=True)
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(SETTLE)
    await each_hears(2, ('G.722', sip, {1000: -12}, [620]), ('Jingle', call, {620: -12}, [1000]))


async def test_candidates_may_stand_in_the_description(phone, user, room):
    dora = await phone('dora')
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)
    alice = await user('alice', tone='1000', no_trickle=True, plain=True)
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(SETTLE)
    await each_hears(2, ('PCMU', sip, {1000: -12}, [620]), ('Jingle', call, {620: -12}, [1000]))


async def test_a_jingle_caller_may_choose_another_codec_than_opus(phone, user, room):
    dora = await phone('dora')
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)
    alice = await user('alice', tone='1000', codecs=['PCMU'], plain=True)
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(SETTLE)
    await each_hears(2, ('PCMU', sip, {1000: -12}, [620]), ('Jingle, PCMU', call, {620: -12}, [1000]))


async def test_rooms_do_not_hear_each_other(phone, room):
    calls = []
    for name, where, tone in (('dora', room, 500), ('emil', room, None), ('fritz', room + '-2', 900),
                              ('gina', room + '-2', None)):
        calls.append(await (await phone(name)).call('sip:%s@127.0.0.1' % where, tone=tone))
    await asyncio.sleep(SETTLE)
    heard = await all_heard(2, calls[1], calls[3])
    hears('emil', heard[0], {500: -12}, absent=[900])
    hears('gina', heard[1], {900: -12}, absent=[500])


async def test_the_sum_of_many_loud_voices_neither_wraps_nor_clips_hard(phone, room):
    tones = (500, 650, 810, 990)
    calls = [await (await phone('loud%d' % i)).call('sip:%s@127.0.0.1' % room, 'G722', f, -1.0)
             for i, f in enumerate(tones)]
    listener = await (await phone('listener')).call('sip:%s@127.0.0.1' % room, 'G722')
    assert len(calls) == 4
    await asyncio.sleep(SETTLE)
    report = await listener.heard(2)
    heard = [l for f in tones for g, l in report['peaks'] if abs(f - g) < 6]
    assert len(heard) == 4 and max(heard) - min(heard) < 3, report['peaks']
    strays = [p for p in report['peaks'] if all(abs(p[0] - f) > 6 for f in tones)]
    assert all(l < max(heard) - 25 for _, l in strays), report['peaks']


async def test_each_direction_keeps_one_source_and_names_who_is_heard(phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    a = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room)
    await eventually(lambda: b.rtp.received > 100)
    assert len(b.rtp.sources) == 1
    assert a.rtp.ssrc in b.rtp.contributors, (a.rtp.ssrc, b.rtp.contributors)
