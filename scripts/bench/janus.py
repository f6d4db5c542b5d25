"""Janus AudioBridge as Debian packages it, with plain-RTP participants joined by its API.

It runs as a process of its own: no plugin but AudioBridge, no transport but a Unix socket, nothing under /etc read.
"""
import glob
import json
import os
import shutil
import socket
import subprocess
import time

from process import Process

LIBRARY = '/usr/lib/*/janus'


class JanusError(RuntimeError):
    pass


class JanusSession:
    """The API over a Unix socket: a request and its reply are datagrams, told apart by their transaction."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.replies, self.count = {}, 0
        self.session = self.request({'janus': 'create'})['data']['id']

    def send(self, request):
        self.count += 1
        transaction = 't%d' % self.count
        self.socket.send(json.dumps({**request, 'transaction': transaction}).encode())
        return transaction

    def receive(self, transaction):
        """The final reply to a request; an `ack` only says that one will come."""
        while transaction not in self.replies:
            try:
                message = json.loads(self.socket.recv(1 << 20))
            except TimeoutError:
                raise JanusError('Janus does not answer') from None
            if message.get('janus') != 'ack' and 'transaction' in message:
                self.replies[message['transaction']] = message
        return self.replies.pop(transaction)

    def request(self, request):
        reply = self.receive(self.send(request))
        if reply['janus'] == 'error':
            raise JanusError(reply['error']['reason'])
        return reply

    def attach(self):
        return self.request({'janus': 'attach', 'session_id': self.session, 'plugin': 'janus.plugin.audiobridge'})[
            'data']['id']

    def ask(self, handle, body):
        return self.send({'janus': 'message', 'session_id': self.session, 'handle_id': handle, 'body': body})

    def answer(self, transaction):
        reply = self.receive(transaction)
        if reply['janus'] == 'error':
            raise JanusError(reply['error']['reason'])
        data = reply['plugindata']['data']
        if 'error' in data:
            raise JanusError(data['error'])
        return data


class Janus:
    """One run of Janus."""

    name = 'Janus AudioBridge'
    securities = ('plain',)
    codecs = ('opus', 'pcmu', 'pcma')
    rests = {'nothing': 'dtx'}
    """Janus sends nothing to a participant it never had a packet from: those who send nothing send Opus DTX instead."""

    @staticmethod
    def version():
        """The version, or None where Janus is not installed."""
        if not shutil.which('janus') or not glob.glob(LIBRARY + '/plugins/libjanus_audiobridge.so'):
            return None
        found = subprocess.run(['dpkg-query', '-W', '-f=${Version}', 'janus'], capture_output=True, text=True)
        return 'janus %s (Debian)' % found.stdout.strip() if found.returncode == 0 else 'janus'

    def __init__(self, directory, core, rtp_ports, security='plain', bitrate=24000):
        self.rtp_ports, self.bitrate = rtp_ports, bitrate
        self.directory = os.path.abspath(os.path.join(directory, 'janus'))
        self.configure()
        self.api = None
        while self.api is None:
            self.process = Process(
                [shutil.which('janus'), '--configs-folder=' + self.directory], core, self.directory + '/janus.log')
            self.api = self._connect()

    def configure(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        for folder in ('plugins', 'transports', 'none'):
            os.makedirs(os.path.join(self.directory, folder))
        library = glob.glob(LIBRARY)[0]
        for part in ('plugins/libjanus_audiobridge.so', 'transports/libjanus_pfunix.so'):
            os.symlink(os.path.join(library, part), os.path.join(self.directory, part))
        self.path = os.path.relpath(os.path.join(self.directory, 'api'))
        files = {
            'janus.jcfg': '''general: {
    configs_folder = "%(directory)s"
    plugins_folder = "%(directory)s/plugins"
    transports_folder = "%(directory)s/transports"
    events_folder = "%(directory)s/none"
    loggers_folder = "%(directory)s/none"
    debug_level = 2
    session_timeout = 0
}
''',
            'janus.transport.pfunix.jcfg':
                'general: {\n    enabled = true\n    json = "compact"\n    path = "%(path)s"\n}\n',
            'janus.plugin.audiobridge.jcfg':
                'general: {\n    rtp_port_range = "%(ports)s"\n    local_ip = "127.0.0.1"\n}\n',
        }
        for name, text in files.items():
            with open(os.path.join(self.directory, name), 'w') as out:
                out.write(text % {'directory': self.directory, 'path': self.path, 'ports': self.rtp_ports})

    def _connect(self, timeout=10):
        """The API, or None when Janus lost a race with itself: its socket thread now and then looks whether the
        transport is set up before it is, and ends; Janus then finds no transport and ends too."""
        end = time.monotonic() + timeout
        while True:
            try:
                return JanusSession(self.path)
            except (OSError, JanusError):
                if not self.process.running and 'No Janus API transport' in self.process.output():
                    return None
                if not self.process.running or time.monotonic() > end:
                    raise JanusError('Janus did not start: ' + self.process.last_words()) from None
                time.sleep(0.1)

    def join(self, addresses, load):
        """Brings the generator's local addresses, in their order, into rooms; -> the generator's endpoints.

        `default_bitrate` 0 would leave the rate to libopus; ours is the 24 kbit/s Confab encodes with. Everything else
        is as Janus has it by default: complexity 4, six packets of buffer, audio levels on.
        """
        control = self.api.attach()
        size = load.rooms_of or len(addresses)
        rate = 48000 if load.codec == 'opus' else 8000
        for room in range(-(-len(addresses) // size)):
            self.api.answer(self.api.ask(control, {
                'request': 'create', 'room': room + 1, 'description': str(room + 1), 'sampling_rate': rate,
                'default_bitrate': self.bitrate, 'allow_rtp_participants': True, 'audiolevel_event': False}))
        endpoints = []
        for index, (host, port) in enumerate(addresses):
            room = index // size + 1
            payload_type = {'opus': 100, 'pcmu': 0, 'pcma': 8}[load.codec]
            answer = self.api.answer(self.api.ask(self.api.attach(), {
                'request': 'join', 'room': room, 'id': index + 1, 'codec': load.codec, 'bitrate': self.bitrate,
                'rtp': {'ip': host, 'port': port, 'payload_type': payload_type, 'audiolevel_ext': 1}}))
            remote = answer['rtp']['ip'], answer['rtp']['port']
            endpoints.append({'remote': '%s:%d' % remote, 'payload-type': payload_type})
        return endpoints

    def stop(self):
        self.api.socket.close()
        self.process.stop()
