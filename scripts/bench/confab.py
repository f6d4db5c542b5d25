"""Confab: the release binary with a configuration of its own, one media thread, all of it on one core."""
import os
import shutil
import socket
import subprocess
import time

from machine import free_port
from process import Process

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
BINARY = os.environ.get('CONFAB_BINARY') or os.path.join(TOP, '.build/release/confab')
SECRET = 'bench'
DOMAIN = 'talk.bench.localhost'

CONFIGURATION = '''listen: ["127.0.0.1"]
sip:
  port: %(sip)d
  maximum-calls: 100000
xmpp:
  enabled: %(xmpp)s
  server: 127.0.0.1
  port: %(component)d
  secret: %(secret)s
  talk: %(domain)s
  rooms: rooms.bench.localhost
  gateway: sip.bench.localhost
rooms:
  create-on-use: true
  maximum-participants: 100000
media:
  addresses: ["127.0.0.1"]
  loopback: true
  ice-port: %(ice)d
  rtp-ports: %(ports)s
  workers: 1
storage:
  path: %(directory)s/confab.sqlite
log:
  level: warning
'''


class ConfabError(RuntimeError):
    pass


class Confab:
    """One run of Confab. Participants come by SIP, or by Jingle where the media is DTLS-SRTP."""

    name = 'Confab'
    securities = ('plain', 'sdes', 'dtls')
    codecs = ('opus', 'pcmu', 'pcma', 'g722')
    configuration = CONFIGURATION
    rests = {}
    """What the rest of the participants send instead of what a load says."""

    @staticmethod
    def version():
        if not os.path.exists(BINARY):
            return None
        said = subprocess.run([BINARY, '--version'], capture_output=True, text=True).stdout.strip()
        revision = subprocess.run(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True)
        return ' '.join(filter(None, ['confab', said, revision.stdout.strip()]))

    def __init__(self, directory, core, rtp_ports, security='plain', env=(), prefix=()):
        self.directory = os.path.abspath(os.path.join(directory, 'confab'))
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.sip = free_port()
        self.component = free_port(socket.SOCK_STREAM, self.sip + 1)
        configuration = os.path.join(self.directory, 'confab.yaml')
        with open(configuration, 'w') as out:
            out.write(self.configuration % {
                'sip': self.sip, 'component': self.component, 'ice': free_port(first=self.sip + 2), 'ports': rtp_ports,
                'xmpp': 'true' if security == 'dtls' else 'false', 'secret': SECRET, 'domain': DOMAIN,
                'directory': self.directory})
        self.process = Process(
            [*prefix, BINARY, 'run', '--config', configuration], core, self.directory + '/confab.log', env=env)
        self._until_it_answers()

    def _until_it_answers(self, timeout=20):
        """Sends OPTIONS until there is an answer."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(('127.0.0.1', 0))
            phone.connect(('127.0.0.1', self.sip))
            phone.settimeout(0.2)
            port = phone.getsockname()[1]
            request = '\r\n'.join([
                'OPTIONS sip:127.0.0.1:%d SIP/2.0' % self.sip,
                'Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK-%d;rport' % (port, time.monotonic_ns()),
                'Max-Forwards: 70', 'From: <sip:bench@127.0.0.1>;tag=bench', 'To: <sip:127.0.0.1>',
                'Call-ID: ready-%d@127.0.0.1' % time.monotonic_ns(), 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', ''])
            end = time.monotonic() + timeout
            while time.monotonic() < end and self.process.running:
                try:
                    phone.send(request.encode())
                    if phone.recv(4096).startswith(b'SIP/2.0'):
                        return
                except OSError:
                    time.sleep(0.05)
        words = self.process.last_words()
        self.process.stop()
        raise ConfabError('Confab did not answer: ' + words)

    def generator(self, load, room='bench'):
        """What confab-load is to be called with, before the load itself."""
        if load.security == 'dtls':
            return ['jingle', '--listen', '127.0.0.1:%d' % self.component, '--secret', SECRET, '--domain', DOMAIN,
                    '--room', room + '-%d']
        return ['sip', '--target', 'sip:%s-%%d@127.0.0.1:%d' % (room, self.sip)]

    def stop(self):
        self.process.stop()
