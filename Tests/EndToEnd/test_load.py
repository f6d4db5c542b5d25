"""confab-load against the server: everybody who joins gets sound, whatever it is protected with."""
import asyncio
import json
import os

import pytest

from harness.server import TOP

BINARY = os.environ.get('CONFAB_LOAD_BINARY') or os.path.join(TOP, '.build/release/confab-load')


async def load(path, room, *options):
    child = await asyncio.create_subprocess_exec(
        BINARY, 'sip', '--target', 'sip:%s@127.0.0.1:5060' % room, '--json', str(path), '--ramp', '20', '--warm-up', '1',
        '--duration', '3', '--quiet', *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0, output.decode()
    with open(path) as found:
        return json.load(found)


@pytest.mark.parametrize('security', ['plain', 'sdes', 'dtls'])
async def test_a_room_of_many_gets_every_packet(security, stack, room, tmp_path):
    report = await load(tmp_path / 'load.json', room, '--participants', '20', '--talkers', '3', '--rest', 'levels',
                        '--security', security)
    assert report['participants']['joined'] == 20, report['participants']
    assert report['received']['per-participant-per-s']['min'] > 49, report['received']
    assert report['gaps']['share-over-60-ms'] < 0.01, report['gaps']


async def test_bad_input_of_one_does_not_reach_the_others(stack, room, tmp_path):
    report = await load(tmp_path / 'load.json', room, '--participants', '20', '--talkers', '3', '--rest', 'levels',
                        '--bad', 'flood=0.05,forge=0.05,type=0.02,jump=0.02,long=0.02,stereo=0.02')
    assert report['participants']['joined'] == 20, report['participants']
    assert report['received']['per-participant-per-s']['mean'] > 48, report['received']
