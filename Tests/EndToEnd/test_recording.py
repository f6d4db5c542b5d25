"""A room is recorded: what is in the file, who may, that everybody knows, and what is left when the server dies."""
import asyncio
import os
import re
import shutil

import pytest

from harness import keys
from harness.conference_info import by_sip
from harness.expectations import eventually, hears, never
from harness.recordings import decode, decode_av, files, tags
from harness.server import Confab, Stack
from harness.tones import analyse_pcm

STARTED, STOPPED = 'being recorded, started by', 'The recording has ended'


@pytest.fixture(scope='module')
async def stack(request):
    """The demo with a folder for recordings."""
    s = Stack(request.module.__name__)
    s.folder = os.path.join(s.directory, 'recordings')
    s.confab = Confab(s.directory, {'CONFAB_RECORDING_FOLDER': s.folder, 'CONFAB_RECORDING_MINIMUM_FREE': '0'})
    async with s:
        yield s


def uri(room):
    return 'sip:%s@127.0.0.1' % room


def has_read(phone, text):
    return [m for m in phone.messages if text in m.body]


async def begin(call, phone):
    """The first in a room that is made on use is its moderator."""
    assert (await call.say('/record')).status == 200
    await eventually(lambda: has_read(phone, STARTED), 10, 'nobody said that it is recorded')


async def end(call, phone):
    before = len(has_read(phone, STOPPED))
    assert (await call.say('/record stop')).status == 200
    await eventually(lambda: len(has_read(phone, STOPPED)) > before, 10, 'nobody said that it is over')


async def only_file(stack, room):
    """The room's recording, once it is whole."""
    found = [p for p in files(stack.folder) if os.path.basename(p).startswith(room + '-2')]
    assert len(found) == 1, files(stack.folder)
    await eventually(lambda: found[0] + ':' in stack.confab.output(), 5, 'the file is never closed')
    return found[0]


def part(sound, start, stop=None):
    x, rate = sound
    return analyse_pcm(x[int(start * rate):None if stop is None else int(stop * rate)], rate)


async def test_everybody_is_recorded_at_their_level(stack, phone, user, room):
    dora, emil = await phone('dora', display='Dora'), await phone('emil')
    first = await dora.call(uri(room), tone=500)
    await emil.call(uri(room), 'G722', 900, -18)
    alice = await user('alice', tone='1400')
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(1)
    await begin(first, dora)
    # The announcement is over after two seconds.
    await asyncio.sleep(5)
    await end(first, dora)
    path = await only_file(stack, room)
    assert re.fullmatch(re.escape(room) + r'-\d{8}T\d{6}Z\.opus', os.path.basename(path)), path
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert tags(path)['TITLE'] == room
    sound = decode(path)
    seconds = len(sound[0]) / sound[1]
    assert 4.5 < seconds < 7, seconds
    hears('the recording', part(sound, 2.5, 4.5), {500: -12, 900: -18, 1400: -12})
    hears('the recording, by FFmpeg', part(decode_av(path), 2.5, 4.5), {500: -12, 900: -18, 1400: -12})


async def test_one_who_talks_alone_in_opus_is_recorded(stack, baresip, phone, room):
    dora = await phone('dora')
    talker = await baresip('lonely', 440)
    first = await dora.call(uri(room))
    await talker.call(uri(room))
    await asyncio.sleep(2)
    await begin(first, dora)
    await asyncio.sleep(5)
    await end(first, dora)
    hears('the recording', part(decode(await only_file(stack, room)), 2.5, 4.5), {440: talker.SINE_LEVEL})


async def test_one_opus_phone_alone_in_a_room_is_recorded(stack, user, room):
    alice = await user('alice', tone='1000')
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    alice.say(room + '@talk.localhost', '/record')
    assert await alice.message('being recorded, started by')
    await asyncio.sleep(5)
    alice.say(room + '@talk.localhost', '/record stop')
    assert await alice.message('The recording has ended')
    hears('the recording', part(decode(await only_file(stack, room)), 2.5, 4.5), {1000: -12})


async def test_silence_takes_its_time(stack, phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    first = await dora.call(uri(room))
    second = await emil.call(uri(room), tone=500)
    first.rtp.on = second.rtp.on = False
    await asyncio.sleep(0.5)
    await begin(first, dora)
    await asyncio.sleep(6)
    second.rtp.on = True
    await asyncio.sleep(1.5)
    await end(first, dora)
    sound = decode(await only_file(stack, room))
    assert 7 < len(sound[0]) / sound[1] < 9, len(sound[0]) / sound[1]
    assert part(sound, 3, 5.5)['rms'] < -60
    hears('the end of the recording', part(sound, 6.8, 7.4), {500: -12})


async def test_a_kill_leaves_what_was_said_until_then(stack, phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    first = await dora.call(uri(room))
    await emil.call(uri(room), 'G722', 900)
    await begin(first, dora)
    await asyncio.sleep(6)
    await stack.kill_confab()
    found = [p for p in files(stack.folder) if room in p]
    assert len(found) == 1
    sound = decode(found[0])
    assert 5 < len(sound[0]) / sound[1] < 7, len(sound[0]) / sound[1]
    hears('what is left', part(sound, 2.5, 5), {900: -12})
    hears('what is left, by FFmpeg', part(decode_av(found[0]), 2.5, 5), {900: -12})
    # Also where a page is cut in the middle.
    cut = found[0] + '.cut'
    with open(found[0], 'rb') as f, open(cut, 'wb') as g:
        g.write(f.read()[:-1500])
    hears('what was cut', part(decode(cut), 2.5, 4), {900: -12})


async def test_everybody_knows(stack, phone, user, room):
    muc = room + '@rooms.localhost'
    dora, emil, fritz = await phone('dora', display='Dora'), await phone('emil'), await phone('fritz')
    first = await dora.call(uri(room))
    listener = await emil.call(uri(room))
    carol = await user('carol')
    carol.join(muc, 'Carol')
    await eventually(lambda: [e for e in carol.events if e['ev'] == 'presence' and e['sender'].startswith(muc)])
    assert (await emil.subscribe(uri(room))).status == 200
    await emil.until(lambda: emil.notifies)
    assert 'free-text' not in emil.notifies[-1].body
    heard = asyncio.ensure_future(listener.heard(2))
    await begin(first, dora)
    assert (await heard)['rms'] > -45, 'nothing is said'
    assert await carol.message('This room is being recorded, started by Dora.', type='groupchat')
    await eventually(lambda: has_read(emil, STARTED))
    await eventually(lambda: '<free-text>This conference is being recorded.</free-text>' in emil.notifies[-1].body)
    by_sip(emil)

    await asyncio.sleep(1)
    late = await fritz.call(uri(room))
    assert (await late.heard(2))['rms'] > -45, 'nothing is said to who comes later'
    await eventually(lambda: has_read(fritz, 'This room is being recorded.'))
    alice = await user('alice')
    alice.join(muc, 'Alice')
    assert await alice.message('This room is being recorded.')

    await end(first, dora)
    assert await carol.message('The recording has ended, ended by Dora.')
    await eventually(lambda: 'conference-description' in emil.notifies[-1].body
                     and 'free-text' not in emil.notifies[-1].body)


async def test_only_moderators_record_and_a_key_does_it(stack, phone, room):
    dora, emil = await phone('dora', display='Dora'), await phone('emil')
    first = await keys.call(dora, uri(room), tone=500)
    second = await keys.call(emil, uri(room))
    assert (await second.say('/record')).status == 200
    await eventually(lambda: has_read(emil, 'Only moderators may do that.'))
    await keys.press(second, '*8')
    await never(lambda: has_read(emil, STARTED))
    await keys.press(first, '*8')
    await eventually(lambda: has_read(emil, STARTED))
    await asyncio.sleep(1)
    await keys.press(first, '*8')
    await eventually(lambda: has_read(emil, STOPPED))
    assert len(decode(await only_file(stack, room))[0]) > 48000


async def test_the_last_call_ends_the_recording(stack, phone, room):
    dora = await phone('dora')
    call = await dora.call(uri(room), tone=500)
    await begin(call, dora)
    await asyncio.sleep(1)
    await call.hang_up()
    path = await only_file(stack, room)
    with open(path, 'rb') as f:
        last = f.read().rindex(b'OggS')
        f.seek(last + 5)
        assert f.read(1) == b'\4', 'the last page does not end the stream'


async def test_a_folder_that_is_gone_is_told_and_the_call_goes_on(stack, phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    call = await dora.call(uri(room), tone=500)
    listener = await emil.call(uri(room))
    moved = stack.folder + '.moved'
    shutil.move(stack.folder, moved)
    try:
        assert (await call.say('/record')).status == 200
        await eventually(lambda: has_read(emil, 'Recording is not possible: No such file or directory.'))
    finally:
        shutil.move(moved, stack.folder)
    await asyncio.sleep(3)
    hears('emil', await listener.heard(1), {500: -12})
    await begin(call, dora)


async def test_a_room_name_is_no_path(stack, phone):
    dora = await phone('dora')
    call = await dora.call('sip:b%C3%B6se..x@127.0.0.1')
    await begin(call, dora)
    await call.hang_up()
    path = await only_file(stack, 'b_se..x')
    assert tags(path)['TITLE'] == 'böse..x'


@pytest.mark.parametrize('settings, answer', [
    ({}, 'the server has no folder for recordings'),
    ({'CONFAB_RECORDING_MINIMUM_FREE': '1000000'}, 'no space is left'),
], ids=['no folder', 'no space'])
async def test_what_cannot_be_recorded_is_refused(tmp_path, settings, answer):
    from harness.sip_phone import Phone
    environment = {'CONFAB_SIP_PORT': '5090', 'CONFAB_MEDIA_ICE_PORT': '10090', **settings}
    if settings:
        environment['CONFAB_RECORDING_FOLDER'] = str(tmp_path / 'made/recordings')
    confab = Confab(str(tmp_path), environment, ['--no-xmpp'])
    await confab.start()
    try:
        async with Phone('dora', server=('127.0.0.1', 5090)) as dora:
            call = await dora.call('sip:here@127.0.0.1:5090')
            assert (await call.say('/record')).status == 200
            await eventually(lambda: has_read(dora, answer), 10, lambda: str([m.body for m in dora.messages]))
    finally:
        await confab.stop()
