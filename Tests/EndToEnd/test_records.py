"""What is kept of calls, as `confab records` prints it."""
import asyncio
import json
import os
import subprocess
import time

import pytest

from harness import keys
from harness.expectations import eventually
from harness.server import BINARY, TOP


class Records:
    def __init__(self, stack):
        self.environment = dict(os.environ, **stack.confab.environment)

    def run(self, *arguments):
        return subprocess.run([BINARY, 'records', '--config', 'config/demo.yaml', *arguments], cwd=TOP,
                              env=self.environment, capture_output=True, text=True)

    def all(self, *arguments):
        result = self.run('--json', *arguments)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    async def ended(self, room, count=1):
        """The rows of a room, once so many have ended and have their media's counts."""
        rows = []

        def whole():
            rows[:] = [r for r in self.all('--room', room) if r.get('ended')]
            return len(rows) >= count and all('codecs' in r for r in rows if r.get('answered'))
        await eventually(whole, 10, lambda: str(self.all()))
        return rows


@pytest.fixture
def records(stack):
    return Records(stack)


def uri(room):
    return 'sip:%s@127.0.0.1' % room


async def test_a_call_by_sip(records, phone, room):
    dora = await phone('dora', display='Dora')
    before = time.time() * 1000
    call = await dora.call(uri(room), 'G722', 500)
    up = records.all('--room', room)
    assert len(up) == 1 and 'ended' not in up[0] and up[0]['answered'] >= up[0]['started']
    await asyncio.sleep(1)
    # Every tenth is lost.
    for _ in range(10):
        call.rtp.sequence += 1
        await asyncio.sleep(0.18)
    await call.hang_up()
    row, = await records.ended(room)
    assert row['protocol'] == 'sip' and row['direction'] == 'in' and row['room'] == room
    assert row['address'].startswith('dora@') and row['name'] == 'Dora'
    assert before - 1000 < row['started'] <= row['answered'] < row['ended'] < time.time() * 1000 + 1000
    assert 2000 < row['ended'] - row['answered'] < 6000
    assert row['reason'] == 'normal' and row['codecs'] == ['G722']
    assert 80 < row['packets-received'] <= call.rtp.sent and row['packets-sent'] > 0
    assert 8 <= row['packets-lost'] <= 10
    assert abs(row['loss'] - row['packets-lost'] / (row['packets-received'] + row['packets-lost'])) < 1e-4
    assert 0 <= row['jitter'] < 20


async def test_a_call_by_jingle(records, user, room):
    alice = await user('alice', tone='1000')
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(2)
    await call.terminate()
    row, = await records.ended(room)
    assert row['protocol'] == 'jingle' and row['direction'] == 'in' and row['address'].startswith('alice@localhost')
    assert row['codecs'] == ['opus'] and row['reason'] == 'normal'
    assert row['packets-received'] > 50 and row['loss'] < 0.1


async def test_who_is_put_out_and_who_is_refused(records, phone, room):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    moderator = await dora.call(uri(room))
    await emil.call(uri(room))
    assert (await moderator.say('/kick Emil')).status == 200
    rows = await records.ended(room)
    assert [(r['name'], r['reason']) for r in rows] == [('Emil', 'expelled')]
    assert (await moderator.say('/lock')).status == 200
    await emil.call(uri(room), expect=403)
    rows = await records.ended(room, 2)
    assert rows[1]['reason'] == 'locked' and 'answered' not in rows[1] and 'codecs' not in rows[1]


async def test_both_legs_of_a_bridged_call(records, phone, user):
    callee = await phone('100', port=5080)
    alice = await user('alice', tone='1000', codecs=['opus'])
    call = await alice.call('100@sip.localhost', wait=False)
    incoming = await asyncio.wait_for(callee.incoming.get(), 15)
    incoming.ring()
    incoming.answer(tone=620)
    await alice.wait_connected(call)
    await asyncio.sleep(1)
    await call.terminate()

    def legs():
        rows = [r for r in records.all() if r.get('bridge')]
        return rows if len(rows) == 2 and all('codecs' in r and r.get('ended') for r in rows) else None
    first, second = await eventually(legs, 10, lambda: str(records.all()))
    assert first['bridge'] == second['bridge'] == first['number']
    assert (first['protocol'], first['direction']) == ('jingle', 'in')
    assert (second['protocol'], second['direction']) == ('sip', 'out')
    assert first['reason'] == second['reason'] == 'normal'
    assert first['codecs'] == ['opus'] and second['codecs'] == ['PCMU']


async def test_the_table_and_the_time(records, phone, room):
    call = await keys.call(await phone('dora', display='Dora'), uri(room))
    await call.hang_up()
    await records.ended(room)
    table = records.run('--room', room).stdout.splitlines()
    assert len(table) == 2 and table[0].split()[:3] == ['number', 'started', 'seconds']
    assert room in table[1] and 'Dora' in table[1] and table[1].endswith('normal')
    assert records.all('--room', room, '--since', '1h') and not records.all('--room', room, '--since', '2999-01-01')
    wrong = records.run('--since', 'yesterday')
    assert wrong.returncode != 0 and 'is no time' in wrong.stderr


async def test_a_leg_that_was_up_when_the_server_died(stack, records, phone, room):
    dora = await phone('dora')
    await dora.call(uri(room), tone=500)
    await asyncio.sleep(0.5)
    await stack.kill_confab()
    row, = [r for r in records.all('--room', room)]
    assert row['reason'] == 'restart' and row['ended'] >= row['answered'] and 'codecs' not in row
    # Numbers go on.
    last = max(r['number'] for r in records.all())
    call = await dora.call(uri(room + '-2'))
    await call.hang_up()
    row, = await records.ended(room + '-2')
    assert row['number'] > last


async def test_what_is_up_at_the_end_has_its_counts(stack, records, phone, room):
    dora = await phone('dora')
    await dora.call(uri(room), tone=500)
    await asyncio.sleep(1)
    assert await stack.confab.stop() == 0
    row, = records.all('--room', room)
    assert row['reason'] == 'shutdown' and row['packets-received'] > 30, row
    await stack.connected(stack.confab.start)
