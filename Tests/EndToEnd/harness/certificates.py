"""Certificates made by openssl for one run: an authority, and whom it vouches for."""
import os
import ssl
import subprocess


class Authority:
    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.certificate = os.path.join(directory, 'authority.crt')
        self.key = os.path.join(directory, 'authority.key')
        self._openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Test authority',
                      '-keyout', self.key, '-out', self.certificate)

    def _openssl(self, *arguments):
        subprocess.run(('openssl',) + arguments, check=True, capture_output=True, cwd=self.directory)

    def issue(self, name, *subjects):
        """For `subjects` as subjectAltName has them: `DNS:a.example`, `IP:::1`, `URI:sip:a.example`.
        -> (certificate, key)"""
        path = os.path.join(self.directory, name)
        with open(path + '.ext', 'w') as f:
            f.write('subjectAltName=%s\nbasicConstraints=CA:FALSE\n' % ','.join(subjects))
        self._openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=' + name, '-keyout', path + '.key',
                      '-out', path + '.csr')
        self._openssl('x509', '-req', '-in', path + '.csr', '-CA', self.certificate, '-CAkey', self.key,
                      '-CAcreateserial', '-days', '2', '-extfile', path + '.ext', '-out', path + '.crt')
        return path + '.crt', path + '.key'

    def client(self):
        """Trusts who was vouched for, by name or address."""
        return ssl.create_default_context(cafile=self.certificate)

    def server(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context
