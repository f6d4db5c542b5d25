"""Prosody and Confab as processes: started, watched, ended."""
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time

from .baresip import die_with_parent

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../..'))
BINARY = os.environ.get('CONFAB_BINARY') or os.path.join(TOP, '.build/release/confab')
CONTRACT = [('udp', 5060), ('tcp', 5060), ('tcp', 5222), ('tcp', 5280), ('tcp', 5347)]


def holders(protocol, port):
    """What `ss` says of who listens on a port; empty when nobody does."""
    out = subprocess.run(['ss', '-Hln%sp' % protocol[0], 'sport = :%d' % port], capture_output=True, text=True).stdout
    return out.strip()


def must_be_free(ports):
    for protocol, port in ports:
        if who := holders(protocol, port):
            raise RuntimeError('port %d (%s), which these tests need, is in use: %s' % (port, protocol, who))


async def until(what, timeout, why):
    """Polls a condition on something outside."""
    end = time.monotonic() + timeout
    while not (value := what()):
        assert time.monotonic() < end, why() if callable(why) else why
        await asyncio.sleep(0.1)
    return value


class Process:
    """A child with its output in a file. It dies with us."""

    def __init__(self, log):
        self.log, self.child = log, None

    def launch(self, *command, env=()):
        self.mark = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, 'ab') as out:
            self.child = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env=dict(os.environ, **dict(env)), preexec_fn=die_with_parent)

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    def output(self):
        """What it has printed since it was last started."""
        with open(self.log, 'rb') as f:
            f.seek(self.mark)
            return f.read().decode(errors='replace')

    async def kill(self):
        """What a power cut does."""
        self.child.kill()
        await asyncio.to_thread(self.child.wait)

    async def stop(self, signal_number=signal.SIGTERM, timeout=15):
        """-> the exit status"""
        if self.running:
            self.child.send_signal(signal_number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return await asyncio.to_thread(self.child.wait, timeout)
            self.child.kill()
            self.child.wait()
            raise AssertionError('did not end on signal %d' % signal_number)
        return self.child.returncode if self.child else None


class Prosody(Process):
    def __init__(self, directory):
        super().__init__(os.path.join(directory, 'prosody.out'))
        self.directory, self.environment = directory, {}

    @property
    def certificate(self):
        return os.path.join(self.directory, 'localhost.crt')

    async def start(self):
        must_be_free([p for p in CONTRACT if p[1] != 5060])
        self.launch('scripts/prosody.sh', self.directory, env=self.environment)
        for port in (5222, 5280, 5347):
            await until(lambda: holders('tcp', port) or not self.running, 30, 'Prosody does not listen on %d' % port)
            assert self.running, 'Prosody ended: ' + self.output()

    def authenticated(self):
        """How many component connections there have been, in this directory's whole life."""
        path = os.path.join(self.directory, 'prosody.log')
        if not os.path.exists(path):
            return 0
        with open(path) as f:
            return f.read().count('External component successfully authenticated')


class Confab(Process):
    def __init__(self, directory, environment=(), arguments=(), config='config/demo.yaml'):
        super().__init__(os.path.join(directory, 'confab.log'))
        # As many as can be: six callers speak at once in one of the tests.
        self.environment = dict({'CONFAB_STORAGE_PATH': os.path.join(directory, 'confab.sqlite'),
                                 'CONFAB_MEDIA_LOUDEST': '6'}, **dict(environment))
        self.arguments, self.config = arguments, config
        self.port = int(self.environment.get('CONFAB_SIP_PORT', 5060))

    def launch_only(self):
        assert os.path.exists(BINARY), 'no %s: `make build` first' % BINARY
        self.launch(BINARY, 'run', '--config', self.config, *self.arguments, env=self.environment)

    async def start(self):
        must_be_free([('udp', self.port), ('tcp', self.port)])
        self.launch_only()
        await until(lambda: 'confab is ready' in self.output() or not self.running, 30,
                    lambda: 'Confab is not ready: ' + self.output())
        assert self.running, 'Confab ended: ' + self.output()


def demo_with(directory, rooms):
    """The demo's configuration, with more in its section `rooms`, as a file in that directory. -> its path"""
    with open(os.path.join(TOP, 'config/demo.yaml')) as f:
        text = f.read()
    place = '  maximum-participants: 1000\n'
    assert text.count(place) == 1
    path = os.path.join(directory, 'demo.yaml')
    with open(path, 'w') as f:
        f.write(text.replace(place, place + rooms.lstrip('\n')))
    return path


class Stack:
    """The demo, with its contract's ports and a directory of its own; on another XMPP server, if that is to be."""

    def __init__(self, name, server=Prosody):
        self.directory = os.path.join(TOP, 'var/end-to-end', name)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.prosody, self.confab = server(self.directory), Confab(self.directory)

    async def start(self):
        await self.prosody.start()
        await self.connected(self.confab.start)
        return self

    async def __aenter__(self):
        try:
            return await self.start()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(self, *_):
        await self.stop()

    async def connected(self, action):
        """Does something after which the three components connect anew, and waits until they have."""
        before = self.prosody.authenticated()
        await action()
        await until(lambda: self.prosody.authenticated() >= before + 3, 90,
                    lambda: 'the components are not connected: ' + self.confab.output()[-3000:])

    async def restart_prosody(self):
        await self.prosody.stop()
        await self.connected(self.prosody.start)

    async def kill_confab(self):
        """kill -9, and up again."""
        await self.confab.kill()
        await self.connected(self.confab.start)

    async def stop(self):
        try:
            status = await self.confab.stop()
            assert status in (0, None), 'Confab ended with status %s: %s' % (status, self.confab.output()[-3000:])
        finally:
            await self.prosody.stop()
