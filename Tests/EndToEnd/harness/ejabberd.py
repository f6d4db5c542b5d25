"""ejabberd as a process, in the place of Prosody: the same ports, users and certificate.

What Confab needs of it stands in docs/getting-started.md, and is taken from there as it is written. It runs as whoever runs
the tests, without Erlang's distribution, so that nothing of it (epmd) stays behind.
"""
import asyncio
import glob
import json
import os
import re
import subprocess
import urllib.request

from .server import TOP, Process, CONTRACT, holders, must_be_free, until

CONFIG = '''# Written anew at every start.
hosts: [localhost]
loglevel: info
log_rotate_count: 0
certfiles: ["%(certificate)s"]
auth_method: internal
auth_password_format: plain
acl:
  loopback: {ip: [127.0.0.0/8, "::1/128"]}
api_permissions:
  "the tests": {who: {ip: 127.0.0.1/8}, what: [register]}
modules:
  mod_roster: {}
  mod_offline: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_caps: {}
  mod_ping: {}
  mod_pubsub: {plugins: [flat, pep]}
  mod_vcard: {}
  mod_stream_mgmt: {}
  mod_mam: {default: always}
%(modules)slisten:
  - {port: 5222, ip: 127.0.0.1, module: ejabberd_c2s, starttls_required: true}
  - {port: 5280, ip: 127.0.0.1, module: ejabberd_http, request_handlers: {/api: mod_http_api}}
%(service)s'''


def documented():
    """The listener of docs/getting-started.md, for the tests' domain and secret."""
    with open(os.path.join(TOP, 'docs/getting-started.md')) as f:
        block = re.search(r'```yaml\nlisten:\n((?:.*\n)*?)```', f.read())[1]
    assert 'ejabberd_service' in block
    return block.replace('example.org', 'localhost').replace('"a long secret"', 'demo')


class Ejabberd(Process):
    def __init__(self, directory, modules=''):
        """`modules`: more of them, as lines of its configuration"""
        super().__init__(os.path.join(directory, 'ejabberd.out'))
        self.environment, self.modules = {}, modules
        self.directory, self.spool = directory, os.path.join(directory, 'ejabberd')
        self.path = os.path.join(directory, 'ejabberd.log')

    @property
    def certificate(self):
        return os.path.join(self.directory, 'localhost.crt')

    async def start(self):
        must_be_free([p for p in CONTRACT if p[1] != 5060])
        known = os.path.exists(self.certificate)
        if not known:
            self._prepare()
        libraries = os.path.dirname(os.path.dirname(glob.glob('/usr/lib/*/ejabberd-*/ebin')[0]))
        self.launch('erl', '-noinput', '-mnesia', 'dir', '"%s"' % self.spool, '-s', 'ejabberd', env={
            'ERL_LIBS': libraries, 'EJABBERD_CONFIG_PATH': os.path.join(self.directory, 'ejabberd.yml'),
            'EJABBERD_LOG_PATH': self.path, 'ERL_INETRC': os.path.join(self.directory, 'inetrc'),
            'HOME': self.directory})
        for port in (5222, 5280, 5347):
            await until(lambda: holders('tcp', port) or not self.running, 60,
                        lambda: 'ejabberd does not listen on %d: %s' % (port, self.output()))
            assert self.running, 'ejabberd ended: ' + self.output()
        if not known:
            for user in ('alice', 'bob', 'carol'):
                await asyncio.to_thread(self._register, user)

    def _prepare(self):
        os.makedirs(self.spool)
        key = os.path.join(self.directory, 'localhost.key')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-days', '30', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
                        '-addext', 'extendedKeyUsage=serverAuth', '-keyout', key, '-out', self.certificate],
                       check=True, capture_output=True)
        both = os.path.join(self.directory, 'localhost.pem')
        with open(both, 'w') as out:
            for path in (key, self.certificate):
                with open(path) as f:
                    out.write(f.read())
        with open(os.path.join(self.directory, 'inetrc'), 'w') as out:
            out.write('{lookup, [file]}.\n{host, {127,0,0,1}, ["localhost"]}.\n')     # nobody is to be asked for names
        with open(os.path.join(self.directory, 'ejabberd.yml'), 'w') as out:
            out.write(CONFIG % {'certificate': both, 'service': documented(), 'modules': self.modules})

    def _register(self, user):
        request = urllib.request.Request(
            'http://127.0.0.1:5280/api/register', headers={'Content-Type': 'application/json'},
            data=json.dumps({'user': user, 'host': 'localhost', 'password': 'demo'}).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200, answer.read()

    def authenticated(self):
        """How many component connections there have been, in this directory's whole life."""
        if not os.path.exists(self.path):
            return 0
        with open(self.path) as f:
            return f.read().count('Accepted external component handshake authentication')
