"""A phone's side of digest authentication (RFC 7616, RFC 8760), by Python's hashlib."""
import hashlib
import re
import uuid

HASHES = {'MD5': hashlib.md5, 'SHA-256': hashlib.sha256}


def challenges(response):
    """The parameters of each WWW-Authenticate, in order."""
    found = []
    for value in response.all('WWW-Authenticate'):
        assert value.startswith('Digest ')
        found.append({k: a or b for k, a, b in re.findall(r'([\w-]+)=(?:"([^"]*)"|([^\s,]+))', value[7:])})
    return found


def authorization(challenge, method, uri, user, password, count=1):
    h = lambda text: HASHES[challenge['algorithm']](text.encode()).hexdigest()
    cnonce = uuid.uuid4().hex
    secret = h('%s:%s:%s' % (user, challenge['realm'], password))
    response = h('%s:%s:%08x:%s:auth:%s' % (secret, challenge['nonce'], count, cnonce, h('%s:%s' % (method, uri))))
    return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s, qop=auth, nc=%08x, '
            'cnonce="%s"' % (user, challenge['realm'], challenge['nonce'], uri, response, challenge['algorithm'], count,
                             cnonce))


def signed(request, response, user, password, algorithm='SHA-256', count=1):
    """The same request again, with credentials."""
    challenge = [c for c in challenges(response) if c['algorithm'] == algorithm][0]
    headers = []
    for name, value in request.headers:
        if name == 'Via':
            value = re.sub('branch=[^;]*', 'branch=z9hG4bK' + uuid.uuid4().hex, value)
        if name == 'CSeq':
            number, method = value.split()
            value = '%d %s' % (int(number) + 1, method)
        headers.append((name, value))
    headers.append(('Authorization', authorization(challenge, request.method, request.uri, user, password, count)))
    return type(request)(request.start, headers, request.body)


async def prove(phone, request, user, password, algorithm='SHA-256', **kw):
    """Sends a request, and again with credentials. -> (the challenge, the answer to the second)"""
    first = await phone.transact(request)
    assert first.status == 401, first
    return first, await phone.transact(signed(request, first, user, password, algorithm), **kw)


async def register(phone, user, password, algorithm='SHA-256', expires=300, domain='talk.localhost', headers=()):
    """-> (the challenge, the answer)"""
    address = 'sip:%s@%s' % (user, domain)
    request = phone.request('REGISTER', 'sip:' + domain, [
        ('From', '<%s>;tag=%s' % (address, uuid.uuid4().hex)), ('Expires', str(expires))] + list(headers),
        to='<%s>' % address)
    return await prove(phone, request, user, password, algorithm)
