"""confab-load across the gateway: calls of two phones, relayed and transcoded."""
import asyncio
import json
import re

import pytest

from harness.server import Stack
from test_load import BINARY


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.confab.environment.update(CONFAB_ACCOUNTS_USERS='callee:secret', CONFAB_SIP_AUTHENTICATION='none')
    async with s:
        yield s


@pytest.mark.parametrize('callee, work', [('opus', 'relayed'), ('pcmu', 'decoded')])
async def test_all_packets_of_bridged_calls_arrive(stack, tmp_path, callee, work):
    path = tmp_path / 'load.json'
    child = await asyncio.create_subprocess_exec(
        BINARY, 'gateway', '--target', 'sip:callee@127.0.0.1:5060', '--password', 'secret', '--participants', '12',
        '--codec', 'opus', '--callee-codec', callee, '--marker', '--json', str(path), '--ramp', '20', '--warm-up', '1',
        '--duration', '3', '--quiet', stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0, output.decode()
    with open(path) as found:
        report = json.load(found)
    assert report['participants']['joined'] == 12, report['participants']
    assert report['setup']['callee-codec'] == callee
    assert report['received']['per-participant-per-s']['min'] > 49, report['received']
    assert report['loss']['packets'] == 0, report['loss']
    assert report['delay-ms']['count'] > 0, report['delay-ms']
    counts = re.findall(r'(\d+) %s' % work, stack.confab.output())
    assert len(counts) >= 12 and all(int(count) > 100 for count in counts[-12:]), counts
