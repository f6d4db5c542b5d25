"""An Internet, a NAT and a host behind it on one machine, by network namespaces, and a TURN server out there."""
import asyncio
import base64
import contextlib
import ctypes
import hashlib
import hmac
import os
import socket
import subprocess
import time

from aiortc import RTCIceServer

from .server import BINARY, Confab, Process, holders, until

GATE, HOST = 'confab-gate', 'confab-inside'
# Here: the Internet. The NAT as it is seen from there. The host behind it.
INTERNET, OUTSIDE, INSIDE = '203.0.113.1', '203.0.113.2', '10.55.0.2'
CLONE_NEWNET = 0x40000000


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError('%s: %s' % (' '.join(command), done.stderr.strip()))


def why_not():
    """Why there can be no namespaces here; None when there can."""
    if os.geteuid() != 0:
        return 'not root'
    try:
        run('ip', 'netns', 'add', 'confab-try')
        try:
            run('ip', 'netns', 'exec', 'confab-try', 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'MASQUERADE')
        finally:
            run('ip', 'netns', 'del', 'confab-try')
    except (RuntimeError, OSError) as e:
        return str(e)


class Network:
    def up(self):
        self.down()
        for name in (GATE, HOST):
            run('ip', 'netns', 'add', name)
            run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        run('ip', 'link', 'add', 'confab-net', 'type', 'veth', 'peer', 'name', 'out', 'netns', GATE)
        run('ip', '-n', GATE, 'link', 'add', 'name', 'in', 'type', 'veth', 'peer', 'name', 'wan', 'netns', HOST)
        for where, device, address in (((), 'confab-net', INTERNET), (('-n', GATE), 'out', OUTSIDE),
                                       (('-n', GATE), 'in', '10.55.0.1'), (('-n', HOST), 'wan', INSIDE)):
            run('ip', *where, 'addr', 'add', address + '/24', 'dev', device)
            run('ip', *where, 'link', 'set', 'dev', device, 'up')
        run('ip', '-n', HOST, 'route', 'add', 'default', 'via', '10.55.0.1')
        run('ip', 'netns', 'exec', GATE, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
        return self

    def down(self):
        for name in (HOST, GATE):
            with contextlib.suppress(RuntimeError):
                run('ip', 'netns', 'del', name)
        with contextlib.suppress(RuntimeError):
            run('ip', 'link', 'del', 'confab-net')

    def lets_through(self, *rules, symmetric=False):
        """Sets the NAT up anew. `rules`: what of UDP from inside passes, as iptables says it; nothing else does."""
        def table(*arguments):
            run('ip', 'netns', 'exec', GATE, 'iptables', *arguments)
        table('-t', 'nat', '-F')
        table('-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-j', 'MASQUERADE',
              *(['--random-fully'] if symmetric else []))
        table('-F', 'FORWARD')
        for rule in rules:
            table('-A', 'FORWARD', '-i', 'in', '-p', 'udp', *rule, '-j', 'ACCEPT')
        table('-A', 'FORWARD', '-i', 'in', '-p', 'udp', '-j', 'DROP')

    @contextlib.contextmanager
    def inside(self):
        """Sockets made meanwhile are the inner host's."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open('/proc/thread-self/ns/net') as here, open('/run/netns/' + HOST) as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(here.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())

    async def forward(self, port):
        """A TCP port of the inner host's loopback that is ours. -> the server, to be closed"""
        with self.inside():
            listener = socket.create_server(('127.0.0.1', port))

        async def pipe(reader, writer):
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def serve(reader, writer):
            there = await asyncio.open_connection('127.0.0.1', port)
            await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))
        return await asyncio.start_server(serve, sock=listener)


class InnerConfab(Confab):
    """Confab on the host behind the NAT."""

    def launch_only(self):
        assert os.path.exists(BINARY), 'no %s: `make build` first' % BINARY
        self.launch('nsenter', '--net=/run/netns/' + HOST, BINARY, 'run', '--config', self.config, *self.arguments,
                    env=self.environment)


class Coturn(Process):
    """A TURN server on the Internet, for whoever knows the secret."""
    SECRET, PORTS = 'north', range(49160, 49260)

    def __init__(self, directory, certificate, key):
        super().__init__(os.path.join(directory, 'coturn.log'))
        self.directory, self.certificate, self.key = directory, certificate, key

    async def start(self):
        self.launch('turnserver', '-n', '--use-auth-secret', '--static-auth-secret=' + self.SECRET,
                    '--realm=turn.example', '--listening-ip=' + INTERNET, '--relay-ip=' + INTERNET,
                    '--listening-port=3478', '--tls-listening-port=5349', '--cert=' + self.certificate,
                    '--pkey=' + self.key, '--min-port=%d' % self.PORTS[0], '--max-port=%d' % self.PORTS[-1],
                    '--no-cli', '--fingerprint', '--log-file=stdout', '--verbose',
                    '--userdb=' + os.path.join(self.directory, 'turndb'),
                    '--pidfile=' + os.path.join(self.directory, 'coturn.pid'))
        await until(lambda: holders('udp', 3478) and holders('tcp', 5349) or not self.running, 30,
                    lambda: 'coturn does not listen: ' + self.output())
        assert self.running, 'coturn ended: ' + self.output()
        return self

    def for_clients(self):
        """As aiortc wants it, with credentials of an hour."""
        username = '%d:client' % (time.time() + 3600)
        password = base64.b64encode(hmac.digest(self.SECRET.encode(), username.encode(), hashlib.sha1)).decode()
        return [RTCIceServer('turn:%s:3478' % INTERNET, username=username, credential=password)]
