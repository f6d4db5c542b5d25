"""`make run` as people use it: what it opens, what it says, and that it leaves nothing behind."""
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

from harness.server import BINARY, CONTRACT, TOP, Confab, Process, holders, must_be_free, until
from harness.sip_phone import Phone
from harness.xmpp_client import JingleClient, Options

CERTIFICATE = os.path.join(TOP, 'var/demo/localhost.crt')
# SwiftPM reads all manifests anew in an environment that it has not seen, and pytest has a variable that tells the test.
OURS = {k: v for k, v in os.environ.items() if k != 'PYTEST_CURRENT_TEST'}
# A network that would be noticed if it were used.
NO_NETWORK = {k: 'http://127.0.0.1:9' for k in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY')}


class Run(Process):
    """`make run` in a session of its own, as a terminal would have it."""

    def __init__(self, directory, *variables, environment=(), taken=None):
        super().__init__(os.path.join(directory, 'run.log'))
        must_be_free([p for p in CONTRACT if p[1] != taken])
        self.mark, self.started = 0, time.monotonic()
        with open(self.log, 'wb') as out:
            self.child = subprocess.Popen(
                ['make', '--no-print-directory', 'run', *variables], cwd=TOP, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True, env=dict(OURS, **dict(environment)))

    async def ready(self, timeout=120):
        await until(lambda: 'Ctrl-C ends everything' in self.output() or not self.running, timeout, self.output)
        assert self.running, self.output()
        return time.monotonic() - self.started

    def left(self):
        """Processes of its session that still live."""
        command = ['ps', '-o', 'pid=,stat=,args=', '-s', str(self.child.pid)]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        return [line for line in lines if line.split()[1][0] != 'Z']

    def interrupt(self):
        """Ctrl-C: the terminal tells the whole foreground group."""
        os.killpg(self.child.pid, signal.SIGINT)

    async def gone(self, timeout=20):
        await asyncio.to_thread(self.child.wait, timeout)
        await until(lambda: not self.left(), 5, lambda: 'left running: %s' % self.left())
        for protocol, port in CONTRACT:
            assert not holders(protocol, port), holders(protocol, port)
        return self.child.returncode

    def clean_up(self):
        for line in self.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)


@pytest.fixture
def run(tmp_path):
    made = []

    def start(*variables, **kw):
        made.append(Run(str(tmp_path), *variables, **kw))
        return made[-1]
    yield start
    for r in made:
        r.clean_up()


def listening(protocol, port):
    out = holders(protocol, port)
    return {line.split()[3].rsplit(':', 1)[0].strip('[]') for line in out.splitlines()}


async def test_run_opens_what_the_contract_says_and_ctrl_c_ends_it(run):
    r = run()
    await r.ready()
    for protocol, port in CONTRACT:
        assert listening(protocol, port) == {'127.0.0.1', '::1'}, holders(protocol, port)
    for said in ('sip:demo@127.0.0.1', 'demo@talk.localhost', 'demo@rooms.localhost', 'alice@localhost', '5222',
                 'Ctrl-C'):
        assert said in r.output(), said

    phone = await Phone('dora').start()
    assert (await phone.options('sip:demo@127.0.0.1')).status == 200
    await phone.stop()
    for name in ('alice', 'bob', 'carol'):
        user = JingleClient(name + '@localhost', 'demo', Options(ca=CERTIFICATE))
        await user.login('127.0.0.1', 5222)
        await user.shutdown()

    r.interrupt()
    await r.gone()
    assert 'Confab has stopped.' in r.output()


async def test_a_second_run_needs_seconds_and_no_network(run):
    first = run(environment=NO_NETWORK)
    await first.ready()
    first.interrupt()
    await first.gone()
    with open(CERTIFICATE) as f:
        certificate = f.read()
    second = run(environment=NO_NETWORK)
    assert await second.ready() < 30
    with open(CERTIFICATE) as f:
        assert f.read() == certificate
    second.child.terminate()
    await second.gone()


async def test_run_without_xmpp(run):
    r = run('XMPP=no')
    await r.ready()
    assert listening('udp', 5060) and not listening('tcp', 5222) and not listening('tcp', 5347)
    assert 'localhost:5222' not in r.output() and 'XMPP' not in r.output().partition('Confab is running')[2]
    r.interrupt()
    await r.gone()


async def test_run_on_the_network(run):
    r = run('LISTEN=0.0.0.0')
    await r.ready()
    assert listening('udp', 5060) == listening('tcp', 5060) == listening('tcp', 5222) == {'0.0.0.0'}
    assert listening('tcp', 5347) == {'127.0.0.1', '::1'}
    r.interrupt()
    await r.gone()


@pytest.mark.parametrize('victim', ['confab', 'prosody'])
async def test_when_one_ends_the_other_does_too(run, victim):
    r = run()
    await r.ready()
    pid = next(line.split()[0] for line in r.left() if 'release/confab run' in line) if victim == 'confab' else \
        next(line.split()[0] for line in r.left() if 'prosody -F' in line)
    os.kill(int(pid), signal.SIGKILL)
    assert await r.gone() != 0


@pytest.mark.parametrize('port', [5060, 5222, 5280, 5347])
async def test_a_port_in_use_is_named(run, port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', port))
        s.listen()
        r = run(taken=port)
        status = await asyncio.to_thread(r.child.wait, 60)
    assert status != 0 and str(port) in r.output() and 'in use' in r.output(), r.output()
    assert str(os.getpid()) in r.output(), 'who holds it is not said'
    await r.gone()


@pytest.mark.parametrize('protocol, port, setting', [
    (socket.SOCK_DGRAM, 15060, 'CONFAB_SIP_PORT'), (socket.SOCK_STREAM, 15060, 'CONFAB_SIP_PORT'),
    (socket.SOCK_DGRAM, 15100, 'CONFAB_MEDIA_ICE_PORT')])
async def test_confab_itself_names_a_port_in_use(tmp_path, protocol, port, setting):
    settings = {'CONFAB_SIP_PORT': '15061', 'CONFAB_MEDIA_ICE_PORT': '15101', 'CONFAB_MEDIA_RTP_PORTS': '15200-15400'}
    settings[setting] = str(port)
    with socket.socket(socket.AF_INET, protocol) as s:
        s.bind(('127.0.0.1', port))
        if protocol == socket.SOCK_STREAM:
            s.listen()
        confab = Confab(str(tmp_path), settings, ['--no-xmpp'])
        confab.launch_only()
        status = await asyncio.to_thread(confab.child.wait, 20)
    assert status not in (0, None) and str(port) in confab.output() and 'in use' in confab.output(), confab.output()
    assert 'Fatal' not in confab.output() and status > 0


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
async def test_confab_ends_cleanly_on_a_signal(tmp_path, number):
    confab = Confab(str(tmp_path), {'CONFAB_SIP_PORT': '15060', 'CONFAB_MEDIA_ICE_PORT': '15100',
                                    'CONFAB_MEDIA_RTP_PORTS': '15200-15400'}, ['--no-xmpp'])
    await confab.start()
    phone = await Phone('dora', server=('127.0.0.1', 15060)).start()
    call = await phone.call('sip:demo@127.0.0.1', tone=500)
    assert await confab.stop(number) == 0
    assert await phone.until(call.ended.is_set, 5), 'a call that stood was not ended'
    await phone.stop()


async def test_a_mistake_in_the_configuration_is_named(tmp_path):
    path = tmp_path / 'confab.yaml'
    path.write_text('sip:\n  port: 123456\n')
    command = [BINARY, 'run', '--config', str(path)]
    result = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert result.returncode > 0 and 'sip.port' in result.stderr and '123456' in result.stderr, result.stderr
