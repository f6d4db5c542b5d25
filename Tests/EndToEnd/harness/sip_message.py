"""SIP messages as text, and a way to tell them apart in a byte stream."""


class Message:
    """A request has `method` and `uri`, a response `status` and `reason`. Headers keep their order."""

    def __init__(self, start, headers=(), body=''):
        self.start, self.headers, self.body = start, list(headers), body
        first = start.split(' ', 2)
        self.is_response = first[0] == 'SIP/2.0'
        if self.is_response:
            self.status, self.reason = int(first[1]), first[2] if len(first) > 2 else ''
        else:
            self.method, self.uri = first[0], first[1] if len(first) > 1 else ''

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b'\r\n\r\n')
        lines = head.decode('utf-8', 'replace').split('\r\n')
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(':')
            headers.append((name.strip(), value.strip()))
        return cls(lines[0], headers, body.decode('utf-8', 'replace'))

    COMPACT = {'v': 'via', 'f': 'from', 't': 'to', 'i': 'call-id', 'm': 'contact', 'l': 'content-length',
               'c': 'content-type', 's': 'subject', 'k': 'supported', 'o': 'event', 'u': 'allow-events'}

    def all(self, name):
        name = name.lower()
        return [v for n, v in self.headers if self.COMPACT.get(n.lower(), n.lower()) == name]

    def get(self, name, default=''):
        values = self.all(name)
        return values[0] if values else default

    def encode(self):
        body = self.body.encode()
        lines = [self.start] + ['%s: %s' % h for h in self.headers] + ['Content-Length: %d' % len(body), '', '']
        return '\r\n'.join(lines).encode() + body

    @property
    def cseq(self):
        number, _, method = self.get('CSeq').partition(' ')
        return int(number), method.strip()

    @property
    def branch(self):
        return parameter(self.get('Via'), 'branch')

    def __repr__(self):
        return '<%s>' % self.start


def parameter(value, name):
    """A header parameter behind the address: `tag`, `branch`."""
    rest = value.rsplit('>', 1)[-1]
    for p in rest.split(';')[1:]:
        key, _, v = p.partition('=')
        if key.strip().lower() == name:
            return v.strip() or True
    return None


def address(value):
    """The URI of From, To, Contact."""
    if '<' in value:
        return value.split('<', 1)[1].split('>', 1)[0]
    return value.split(';', 1)[0].strip()


def display_name(value):
    return value.split('<', 1)[0].strip().strip('"') if '<' in value else ''


class Framer:
    """Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3)."""

    def __init__(self):
        self.buffer = b''

    def feed(self, data):
        self.buffer += data
        while True:
            self.buffer = self.buffer.lstrip(b'\r\n')
            head, end, rest = self.buffer.partition(b'\r\n\r\n')
            if not end:
                return
            length = int(Message.parse(head).get('Content-Length', '0'))
            if len(rest) < length:
                return
            yield head + end + rest[:length]
            self.buffer = rest[length:]
