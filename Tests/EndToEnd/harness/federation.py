"""Two Prosodys that find each other by a name server of ours and speak over loopback: that of the demo, and another."""
import os
import subprocess

from .dns_server import NameServer
from .server import Process, holders, must_be_free, until

DOMAIN, C2S, S2S, NAMES = 'other.test', 5322, 5370, 15353

# What both have, each after what else it has.
COMMON = '''
s2s_require_encryption = false
s2s_secure_auth = false
s2s_interfaces = { "127.0.0.1" }
s2s_ports = { %d }
use_ipv6 = false
unbound = { resolvconf = false; hoststxt = false; forward = "127.0.0.1@%d"; options = {
    ["do-not-query-localhost:"] = "no"; ["domain-insecure:"] = "test"; ["local-zone:"] = "test. transparent" } }
'''

OTHER = COMMON % (S2S, NAMES) + '''
run_as_root = true
pidfile = "%(directory)s/prosody.pid"
data_path = "%(directory)s/data"
admin_socket = "%(directory)s/prosody.sock"
c2s_interfaces = { "127.0.0.1" }
c2s_ports = { %(c2s)d }
modules_enabled = { "roster"; "saslauth"; "tls"; "disco"; "ping"; "posix"; "s2s"; "dialback" }
authentication = "internal_plain"
storage = "internal"
ssl = { certificate = "%(directory)s/other.crt"; key = "%(directory)s/other.key" }
log = { info = "%(directory)s/prosody.log" }
VirtualHost "%(domain)s"
'''


class Federation:
    """The other server, with the user juliet (password demo); `environment` is for the demo's own."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, 'other')
        os.makedirs(os.path.join(self.directory, 'data', DOMAIN.replace('.', '%2e'), 'accounts'))
        self.certificate = os.path.join(self.directory, 'other.crt')
        include = os.path.join(self.directory, 'include.cfg.lua')
        with open(include, 'w') as out:
            out.write(COMMON % (5269, NAMES))
        self.environment = {'PROSODY_MODULES': 's2s dialback', 'PROSODY_INCLUDE': include}
        self.process, self.names = Process(os.path.join(self.directory, 'prosody.out')), NameServer(port=NAMES)

    async def start(self):
        must_be_free([('tcp', C2S), ('tcp', S2S)])
        self.names.add('_xmpp-server._tcp.' + DOMAIN, 'SRV', '0 0 %d host.%s.' % (S2S, DOMAIN))
        self.names.add('host.' + DOMAIN, 'A', '127.0.0.1')
        await self.names.start()
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-days', '30', '-subj', '/CN=' + DOMAIN, '-addext', 'subjectAltName=DNS:' + DOMAIN, '-addext',
                        'extendedKeyUsage=serverAuth', '-keyout', os.path.join(self.directory, 'other.key'), '-out',
                        self.certificate], check=True, capture_output=True)
        with open(os.path.join(self.directory, 'data', DOMAIN.replace('.', '%2e'), 'accounts/juliet.dat'), 'w') as out:
            out.write('return { ["password"] = "demo" };\n')
        config = os.path.join(self.directory, 'prosody.cfg.lua')
        with open(config, 'w') as out:
            out.write(OTHER % dict(directory=self.directory, c2s=C2S, domain=DOMAIN))
        self.process.launch('prosody', '-F', '--config', config)
        for port in (C2S, S2S):
            await until(lambda: holders('tcp', port) or not self.process.running, 30, 'no Prosody on %d' % port)
            assert self.process.running, self.process.output()

    async def stop(self):
        await self.process.stop()
        self.names.stop()
