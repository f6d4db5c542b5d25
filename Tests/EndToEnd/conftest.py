import os
import uuid

import pytest

from harness import expectations
from harness.baresip import Baresip
from harness.media import set_ice_hosts
from harness.server import Stack
from harness.sip_phone import Phone
from harness.xmpp_client import JingleClient, Options


@pytest.fixture(scope='module')
async def stack(request):
    """Prosody and Confab on the demo's ports, with empty storage, for one file of tests."""
    async with Stack(request.module.__name__) as s:
        yield s


@pytest.fixture
def room():
    """A room of the test's own, made on first use."""
    return 'room-' + uuid.uuid4().hex[:8]


@pytest.fixture
async def phone(stack):
    """Makes SIP phones of our own, in code."""
    made = []

    async def make(name, **kw):
        made.append(await Phone(name, **kw).start())
        return made[-1]
    yield make
    for p in made:
        await p.stop()


@pytest.fixture
async def baresip(stack):
    """Makes baresips, each on a port of its own."""
    made = []

    async def make(name, tone, codec='opus/48000/2', port=None, **kw):
        made.append(Baresip(name, port or 5100 + 10 * len(made), tone, codec, **kw))
        return await made[-1].start()
    yield make
    for b in made:
        await b.stop()


@pytest.fixture
async def user(stack):
    """Logs XMPP users in. Whatever Conversations would end a call for fails the test."""
    made = []
    set_ice_hosts(['127.0.0.1'])

    async def make(name, resource='phone', **kw):
        c = JingleClient('%s@localhost/%s' % (name, resource), 'demo', Options(ca=stack.prosody.certificate, **kw))
        made.append(c)
        await c.login('127.0.0.1', 5222)
        return c
    yield make
    for c in made:
        await c.shutdown()
    for c in made:
        assert not c.violations, c.violations
        assert not c.failures, c.failures


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What Confab said meanwhile stands beside a failure."""
    outcome = yield
    report = outcome.get_result()
    s = getattr(item, 'funcargs', {}).get('stack')
    if report.failed and s is not None:
        log = s.confab.output()
        report.sections.append(('Confab, the last of its log', log[-6000:]))


def pytest_terminal_summary(terminalreporter):
    if expectations.measured:
        terminalreporter.section('levels heard, dBFS (sent)')
        for line in expectations.measured:
            terminalreporter.write_line(line)
    terminalreporter.write_line('logs: ' + os.path.relpath('var/end-to-end'))


@pytest.fixture
async def keep():
    """Stops what it is given."""
    made = []

    async def start(phone):
        await phone.start()
        made.append(phone)
        return phone
    yield start
    for p in made:
        await p.stop()
